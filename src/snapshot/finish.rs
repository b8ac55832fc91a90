//! Checks that need the whole file: totals, indices between tables, addresses of the small parts.

use std::collections::HashMap;

use super::format::WireAddress;
use super::{ReadError, ReadErrorKind, Segment, ShapeTally, Snapshot};

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

/// Objects and bytes of each shape, while the number of shapes is not yet known.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// Of the shapes with the first indices, which are nearly all.
    first: Vec<ShapeTally>,
    /// Of the others, so that a claimed index allocates nothing.
    others: HashMap<u32, ShapeTally>,
}

const FIRST: u32 = 1 << 16;

impl Tallies {
    pub fn add(&mut self, shape: u32, size: u64) {
        let tally = if shape < FIRST {
            if self.first.len() <= shape as usize {
                self.first.resize(shape as usize + 1, ShapeTally::default());
            }
            &mut self.first[shape as usize]
        } else {
            self.others.entry(shape).or_default()
        };
        tally.objects += 1;
        tally.shallow_bytes = tally.shallow_bytes.saturating_add(size);
    }

    /// One tally per shape; an object of a shape that is not in the table is an error.
    pub fn of_shapes(self, shapes: usize) -> Result<Vec<ShapeTally>, ReadError> {
        let first = (0..).zip(self.first).filter(|(_, tally)| tally.objects > 0);
        let mut all: Vec<(u32, ShapeTally)> = first.chain(self.others).collect();
        all.sort_unstable_by_key(|(shape, _)| *shape);
        if let Some((shape, tally)) = all.iter().find(|(shape, _)| *shape as usize >= shapes) {
            let place = format!("chunks, column shape ({} objects)", tally.objects);
            return Err(damaged(place, below(shapes), shape.to_string()));
        }
        let mut tallies = vec![ShapeTally::default(); shapes];
        for (shape, tally) in all {
            tallies[shape as usize] = tally;
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
