//! Checks that need the whole file: totals, indices between tables, addresses of the small parts.

use std::collections::HashMap;

use super::format::WireAddress;
use super::{Allocations, CodeLine, ReadError, ReadErrorKind, Segment, ShapeTally, Snapshot};

impl Snapshot {
    /// What was read must be what the dumper says it wrote: a file that lost a part is refused.
    pub(super) fn check_totals(&self, objects: u64, references: u64, texts: Option<u64>) -> Result<(), ReadError> {
        let end = &self.end;
        for (name, said, read) in [
            ("objects", Some(end.objects), Some(objects)),
            ("references", Some(end.references), Some(references)),
            ("texts", end.texts, texts),
            ("types", end.types, Some(self.types.len() as u64)),
            ("shapes", end.shapes, Some(self.shapes.len() as u64)),
            ("roots", end.roots, Some(self.roots.len() as u64)),
        ] {
            if let (Some(said), Some(read)) = (said, read)
                && said != read
            {
                let place = format!("the totals (end, {name})");
                return Err(damaged(place, format!("{read}, as many as the file holds"), said.to_string()));
            }
        }
        Ok(())
    }

    /// Every index into a table must be inside it.
    pub(super) fn check_tables(&mut self) -> Result<(), ReadError> {
        let types = self.types.len();
        for (index, record) in self.types.iter().enumerate() {
            if let Some(base) = record.base
                && base as usize >= types
            {
                let place = format!("types, entry {index} ({}), base", &*record.name);
                return Err(damaged(place, below(types), base.to_string()));
            }
        }
        for (index, shape) in self.shapes.iter().enumerate() {
            if shape.type_index as usize >= types {
                return Err(damaged(
                    format!("shapes, entry {index}, type"),
                    below(types),
                    shape.type_index.to_string(),
                ));
            }
            if let Some(early) = shape.slots.iter().rev().skip(1).find(|segment| segment.takes_the_rest()) {
                let place = format!("shapes, entry {index}, slots");
                let expected = "only the last segment to take all that are left";
                return Err(damaged(place, expected, format!("{early:?} before another segment")));
            }
        }
        self.oddities.unknown_segments =
            self.shapes.iter().filter(|shape| shape.slots.contains(&Segment::Unknown)).count() as u64;
        Ok(())
    }

    /// Turns the relative addresses of types, the dumper's objects, roots, frames and locals into absolute ones.
    pub(super) fn resolve_addresses(&mut self, base: u64) -> Result<(), ReadError> {
        let resolve = |place: &dyn Fn() -> String, address: &mut WireAddress| match address.resolve(base) {
            Some(absolute) => {
                *address = absolute;
                Ok(())
            }
            None => {
                Err(damaged(place(), "an address from 0 to 2^64 - 1", format!("address_base {base} and {address:?}")))
            }
        };
        for (index, record) in self.types.iter_mut().enumerate() {
            if let Some(address) = &mut record.address {
                resolve(&|| format!("types, entry {index}, address"), address)?;
            }
        }
        for address in &mut self.own {
            resolve(&|| "own".to_owned(), address)?;
        }
        self.own.sort_unstable_by_key(|address| address.absolute());
        for (index, root) in self.roots.iter_mut().enumerate() {
            resolve(&|| format!("roots, entry {index}, address"), &mut root.address)?;
        }
        for (index, thread) in self.threads.iter_mut().enumerate() {
            let place = || format!("threads, entry {index}");
            for frame in &mut thread.frames {
                let locals = frame.locals.iter_mut().map(|local| &mut local.address);
                for address in
                    frame.address.iter_mut().chain(&mut frame.namespace).chain(locals).chain(&mut frame.stack)
                {
                    resolve(&place, address)?;
                }
            }
        }
        Ok(())
    }

    /// Counts the objects whose number of references their shape can't name.
    pub(super) fn count_misfits(&mut self) {
        let fits: Vec<_> = self.shapes.iter().map(|shape| shape.fits()).collect();
        let counts = self.objects.reference_count.iter().zip(&self.objects.shape);
        self.oddities.misfitting_objects =
            counts.filter(|(count, shape)| !fits[**shape as usize].holds(**count)).count() as u64;
    }
}

/// Checks the tables of files and functions, and puts the rows of the table `tracebacks` beside them.
pub(super) fn tables_of_allocations(allocations: &mut Allocations, rows: Vec<Vec<u32>>) -> Result<(), ReadError> {
    let files = allocations.files.len();
    let check = |place: &dyn Fn() -> String, file: u32| {
        if (file as usize) < files { Ok(()) } else { Err(damaged(place(), below(files), file.to_string())) }
    };
    for (index, row) in allocations.functions.iter().enumerate() {
        check(&|| format!("functions, entry {index}, file"), row.file)?;
    }
    for (index, row) in rows.into_iter().enumerate() {
        let place = || format!("tracebacks, entry {index}");
        if row.is_empty() || row.len() % 2 != 0 {
            return Err(damaged(place(), "pairs of a file and a line", format!("{} numbers", row.len())));
        }
        for pair in row.chunks_exact(2) {
            check(&place, pair[0])?;
        }
        allocations.push(row.chunks_exact(2).map(|pair| CodeLine { file: pair[0], line: pair[1] }));
    }
    Ok(())
}

/// Objects and bytes of each row of a table, while the number of rows is not yet known.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// Of the rows with the first indices, which are nearly all.
    first: Vec<ShapeTally>,
    /// Of the others, so that a claimed index allocates nothing.
    others: HashMap<u32, ShapeTally>,
}

const FIRST: u32 = 1 << 16;

impl Tallies {
    pub fn add(&mut self, row: u32, size: u64) {
        let tally = if row < FIRST {
            if self.first.len() <= row as usize {
                self.first.resize(row as usize + 1, ShapeTally::default());
            }
            &mut self.first[row as usize]
        } else {
            self.others.entry(row).or_default()
        };
        tally.objects += 1;
        tally.shallow_bytes = tally.shallow_bytes.saturating_add(size);
    }

    /// One tally per row of the table that `column` points into; an index that is not in it is an error.
    pub fn of_table(self, column: &str, length: usize) -> Result<Vec<ShapeTally>, ReadError> {
        let first = (0..).zip(self.first).filter(|(_, tally)| tally.objects > 0);
        let mut all: Vec<(u32, ShapeTally)> = first.chain(self.others).collect();
        all.sort_unstable_by_key(|(row, _)| *row);
        if let Some((row, tally)) = all.iter().find(|(row, _)| *row as usize >= length) {
            let place = format!("chunks, column {column} ({} objects)", tally.objects);
            return Err(damaged(place, below(length), row.to_string()));
        }
        let mut tallies = vec![ShapeTally::default(); length];
        for (row, tally) in all {
            tallies[row as usize] = tally;
        }
        Ok(tallies)
    }
}

/// Which numbers of references a shape can name.
struct Fit {
    fixed: u64,
    rest: Rest,
}

enum Rest {
    Nothing,
    Any,
    Pairs,
}

impl Fit {
    fn holds(&self, count: u32) -> bool {
        match (u64::from(count).checked_sub(self.fixed), &self.rest) {
            (None, _) => false,
            (Some(left), Rest::Nothing) => left == 0,
            (Some(left), Rest::Pairs) => left % 2 == 0,
            (Some(_), Rest::Any) => true,
        }
    }
}

impl super::ShapeRecord {
    fn fits(&self) -> Fit {
        let fixed = self.slots.iter().map(|segment| match segment {
            Segment::Fields(names) => names.len() as u64,
            Segment::UnnamedCount(count) => u64::from(*count),
            _ => 0,
        });
        let rest = match self.slots.last() {
            Some(Segment::Mapping) => Rest::Pairs,
            Some(segment) if segment.takes_the_rest() => Rest::Any,
            _ => Rest::Nothing,
        };
        Fit { fixed: fixed.sum(), rest }
    }
}

impl Segment {
    /// Whether the segment takes all references that are left.
    pub fn takes_the_rest(&self) -> bool {
        !matches!(self, Segment::Fields(_) | Segment::UnnamedCount(_))
    }
}

fn below(length: usize) -> String {
    format!("an index below {length}")
}

fn damaged(place: String, expected: impl Into<String>, found: String) -> ReadError {
    ReadError::new(ReadErrorKind::Damaged, place, expected, found)
}
