//! A graph as sections of an index, and back.

use std::io::{self, Seek, Write};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::sections::{CompactColumn, IndexColumn, RowStarts, SectionWriter, Sections};
use crate::snapshot::{Allocations, EndRecord, Header, RefCounts, Thread};

use super::lookup::AddressIndex;
use super::slot::Shape;
use super::{Anomalies, HeapGraph, Object, Referrers, Root, Type};

/// What is no column. Borrowed when it is written, owned when it is read.
#[derive(Serialize)]
struct Tables<'g> {
    header: &'g Header,
    end: &'g EndRecord,
    threads: &'g [Thread],
    anomalies: &'g Anomalies,
    types: &'g [Type],
    roots: &'g [Root],
    shapes: &'g [Shape],
    external: &'g [(Object, u64)],
    allocations: &'g Allocations,
}

#[derive(Deserialize)]
struct OwnTables {
    header: Header,
    end: EndRecord,
    threads: Vec<Thread>,
    anomalies: Anomalies,
    types: Vec<Type>,
    roots: Vec<Root>,
    shapes: Vec<Shape>,
    external: Vec<(Object, u64)>,
    allocations: Allocations,
}

impl HeapGraph {
    /// Writes the graph, in both directions. Linear.
    pub(crate) fn write_sections<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> io::Result<()> {
        let HeapGraph { header, end, threads, anomalies, types, roots, shapes, external, allocations, .. } = self;
        out.value("tables", &Tables { header, end, threads, anomalies, types, roots, shapes, external, allocations })?;
        self.addresses.write(out)?;
        self.shape.write(out, "shape")?;
        self.size.write(out, "size")?;
        self.refcount.write(out, "refcount")?;
        out.column("mark", self.mark.all())?;
        self.first_reference.write(out, "reference.row")?;
        out.column("reference", self.referent.all())?;
        let referrers = self.referrers_of_all();
        referrers.first.write(out, "referrer.row")?;
        out.column("referrer", referrers.referrer.all())?;
        out.column("text", self.texts.all())?;
        out.column("text.arena", self.text_arena.all())?;
        out.column("allocated_at", self.allocated_at.all())
    }

    /// The graph of an index; `None` when it is not there, or its parts do not fit together. Takes time in proportion to the
    /// tables alone.
    ///
    /// # Panics
    /// Where numbers of the index contradict each other beyond that, when these are looked at; with
    /// [`Damaged`](crate::sections::Damaged) where a byte is not as it was written.
    pub fn of_sections(sections: &Arc<Sections>) -> Option<HeapGraph> {
        let OwnTables { header, end, threads, anomalies, types, roots, shapes, external, allocations } =
            sections.value("tables")?;
        let first = RowStarts::of(sections, "referrer.row")?;
        let graph = HeapGraph {
            header,
            end,
            threads,
            anomalies,
            types,
            roots,
            shapes,
            addresses: AddressIndex::of_sections(sections)?,
            shape: IndexColumn::of(sections, "shape")?,
            size: CompactColumn::of(sections, "size")?,
            refcount: RefCounts::of(sections, "refcount")?,
            mark: sections.column("mark")?,
            first_reference: RowStarts::of(sections, "reference.row")?,
            referent: sections.column("reference")?,
            referrers: OnceLock::from(Referrers { first, referrer: sections.column("referrer")? }),
            texts: sections.column("text")?,
            text_arena: sections.column("text.arena")?,
            external,
            allocations,
            allocated_at: sections.column("allocated_at")?,
            index: Some(Arc::clone(sections)),
        };
        graph.fits_together().then_some(graph)
    }

    fn fits_together(&self) -> bool {
        let count = self.object_count();
        let is_object = |object: Object| object.index() < count;
        let is_whole_or_empty = |length: usize| length == 0 || length == count;
        self.addresses.len() == count
            && count < u32::MAX as usize
            && self.size.len() == count
            && self.refcount.len() == count
            && is_whole_or_empty(self.mark.len())
            && is_whole_or_empty(self.allocated_at.len())
            && self.first_reference.len() == count + 1
            && self.first_reference.get(count) as usize == self.referent.len()
            && self.referrers_of_all().first.len() == count + 1
            && self.referrers_of_all().first.get(count) as usize == self.referrers_of_all().referrer.len()
            && self
                .types
                .iter()
                .all(|of| of.object.is_none_or(is_object) && of.base.is_none_or(|base| base.index() < self.types.len()))
            && self.shapes.iter().all(|shape| shape.type_id.index() < self.types.len() && shape.fits_together())
            && self.roots.iter().all(|root| is_object(root.object))
            && self.external.iter().all(|entry| is_object(entry.0))
    }
}
