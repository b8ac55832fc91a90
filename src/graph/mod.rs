//! The reference graph of one snapshot: objects, references in both directions, their slots. Immutable once built.
//!
//! Compact arrays (compressed sparse rows) numbered by ascending address, so that the order of the file never shows in a
//! result. `visit` lends it to petgraph's algorithms.

mod allocations;
mod build;
mod context_names;
mod given_names;
mod literal;
mod lookup;
mod names;
mod python_syntax;
mod roots;
mod select;
mod sketch;
mod slot;
mod source;
mod stored;
mod visit;

pub use allocations::MadeAt;
pub use literal::{MAX_LITERAL, python_str};
pub use names::{TypeNames, short_name};
pub use python_syntax::is_identifier;
pub use roots::{FramePlace, Root, RootKind, RootPlace, ThreadPlace, debugger_frames, is_of_a_debugger};
pub use select::{SelectError, TypePattern};
pub use sketch::{DrawnHeap, Sketch};
pub use slot::{ElementKind, Slot};
pub use source::SourcePlace;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::sections::{Column, CompactColumn, IndexColumn, RowStarts, Sections};
pub use crate::snapshot::RefCount;
use crate::snapshot::{Allocations, EndRecord, Header, Oddities, RefCounts, Thread};
use crate::units::Address;
use lookup::AddressIndex;
use slot::Shape;

/// One CPython object of a [`HeapGraph`]: its place in the order of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Object(pub u32);

impl Object {
    /// For indexing arrays over all objects.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Index of a type in [`HeapGraph::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeId(pub u32);

impl TypeId {
    /// For indexing arrays over all types.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A Python type of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Type {
    /// `__module__`.
    pub module: String,
    /// `__qualname__`.
    pub name: String,
    /// The type object itself; `None` when it isn't in the snapshot.
    pub object: Option<Object>,
    /// `__base__`; `None` for `object` and when unknown.
    pub base: Option<TypeId>,
    /// `__flags__`; `None` when unknown.
    pub flags: Option<u64>,
}

impl Type {
    /// Whether it was made while the program ran, by a class statement or an extension, and is on the heap itself; `None` when its
    /// flags are unknown.
    pub fn is_heap_type(&self) -> Option<bool> {
        /// `Py_TPFLAGS_HEAPTYPE`.
        const HEAP_TYPE: u64 = 1 << 9;
        self.flags.map(|flags| flags & HEAP_TYPE != 0)
    }
}

/// One reference: the slot of a referrer that holds it, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The holder.
    pub referrer: Object,
    /// Which of the holder's references it is, from 0, in slot order.
    pub position: u32,
    /// What is held; `None` when the reference is dangling.
    pub referent: Option<Object>,
}

/// The heap of one snapshot as a graph. 12 to 14 bytes per object and 4 per reference, 4 more for each once
/// [`HeapGraph::referrers`] is asked; texts and tables apart. 4 bytes per object more when the process traced its allocations.
/// Of an index that is mapped only what is looked at is read.
#[derive(Debug)]
pub struct HeapGraph {
    /// Who wrote the snapshot, of which process, when and how.
    pub header: Header,
    /// Totals and cost, as the dumper said them.
    pub end: EndRecord,
    /// Threads with their frames; addresses are absolute.
    pub threads: Vec<Thread>,
    /// What was odd, counted.
    pub anomalies: Anomalies,
    /// All types, in file order.
    pub types: Vec<Type>,
    /// GC roots that the snapshot names, in a fixed order, duplicates removed.
    pub roots: Vec<Root>,
    shapes: Vec<Shape>,
    addresses: AddressIndex,
    shape: IndexColumn,
    size: CompactColumn,
    refcount: RefCounts,
    mark: Column<u8>,
    first_reference: RowStarts,
    referent: Column<u32>,
    /// Turned around when somebody first asks: many questions never do.
    referrers: OnceLock<Referrers>,
    texts: Column<TextSpan>,
    /// UTF-8.
    text_arena: Column<u8>,
    external: Vec<(Object, u64)>,
    allocations: Allocations,
    /// Empty when allocations were not traced.
    allocated_at: Column<u32>,
    /// The index that the graph is of, which may have answers of analyses, too; `None` when it was built.
    index: Option<Arc<Sections>>,
}

/// The references turned around: where each object's row starts, and the referrers, row after row.
#[derive(Debug)]
struct Referrers {
    first: RowStarts,
    referrer: Column<u32>,
}

/// A text of an object: a range of the arena that ends where the next one starts.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct TextSpan {
    object: u32,
    start: u32,
    end: u32,
    whole_length: u32,
}

/// A referent that is not in the snapshot.
const DANGLING: u32 = u32::MAX;

/// What was odd in a snapshot; all zero in a good one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomalies {
    /// Oddities of the file.
    pub file: Oddities,
    /// References to addresses that are not in the snapshot.
    pub dangling_references: u64,
    /// Roots and locals whose object is not in the snapshot.
    pub dangling_roots: u64,
}

/// A text of an object as the snapshot knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectText<'g> {
    /// The text, perhaps shortened.
    pub text: &'g str,
    /// Whether `text` is all of it.
    pub is_whole: bool,
    /// Characters of the whole text.
    pub whole_length: u64,
}

impl HeapGraph {
    /// Number of objects.
    pub fn object_count(&self) -> usize {
        self.shape.len()
    }

    /// Number of references, dangling ones included.
    pub fn reference_count(&self) -> usize {
        self.referent.len()
    }

    /// All objects, by ascending address.
    pub fn objects(&self) -> impl DoubleEndedIterator<Item = Object> + ExactSizeIterator + use<> {
        (0..self.object_count() as u32).map(Object)
    }

    /// The object at an address; `None` when there is none. Logarithmic in the objects near it.
    pub fn object_at(&self, address: Address) -> Option<Object> {
        self.addresses.find(address.0)
    }

    /// `id(obj)`. Logarithmic in the pages of memory that have objects.
    pub fn address(&self, object: Object) -> Address {
        Address(self.addresses.address(object))
    }

    /// All addresses, ascending: those of [`HeapGraph::objects`].
    pub fn addresses(&self) -> impl Iterator<Item = u64> + '_ {
        self.addresses.addresses()
    }

    /// Reads what walks through all references look at from the index into memory: 6 bytes per object and 4 per reference. Linear, and
    /// nothing for a graph that was built.
    pub fn bring_in(&mut self) {
        self.shape.bring_in();
        self.first_reference.bring_in();
        self.referent.bring_in();
    }

    /// The index that the graph was taken from; `None` when it was built from a snapshot.
    pub(crate) fn index(&self) -> Option<&Arc<Sections>> {
        self.index.as_ref()
    }

    /// Index of the object's type.
    pub fn type_id(&self, object: Object) -> TypeId {
        self.shape_of(object).type_id
    }

    /// The object's type.
    pub fn type_of(&self, object: Object) -> &Type {
        &self.types[self.type_id(object).index()]
    }

    /// Shallow size in bytes.
    pub fn size(&self, object: Object) -> u64 {
        self.size.get(object.index())
    }

    /// The shallow sizes of all objects, in their order.
    pub fn sizes(&self) -> impl Iterator<Item = u64> + '_ {
        self.size.iter()
    }

    /// Bytes held outside the Python heap, beyond the shallow size; 0 when the snapshot knows of none.
    pub fn external_bytes(&self, object: Object) -> u64 {
        match self.external.binary_search_by_key(&object, |entry| entry.0) {
            Ok(found) => self.external[found].1,
            Err(_) => 0,
        }
    }

    /// Whether the snapshot knows of any bytes outside the Python heap.
    pub fn has_external_bytes(&self) -> bool {
        !self.external.is_empty()
    }

    /// Sum of all shallow sizes.
    pub fn total_size(&self) -> u64 {
        self.size.iter().fold(0, u64::saturating_add)
    }

    /// What all objects take, and what they are known to hold outside the Python heap; saturates.
    pub fn total_bytes(&self) -> u64 {
        self.external.iter().fold(self.total_size(), |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// The reference count when the snapshot was taken.
    pub fn refcount(&self, object: Object) -> RefCount {
        self.refcount.get(object.index())
    }

    /// Whether the object was there when the mark was set by which this snapshot tells objects apart
    /// ([`Collector::marked_since`](crate::snapshot::Collector)). `Some(false)`: the collector tracks it only since then. `None`:
    /// unknown, as there is no mark, or the collector does not track the object.
    pub fn was_marked(&self, object: Object) -> Option<bool> {
        match self.marks(object) & 3 {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        }
    }

    /// Whether the collector tracked the object when the mark was set that begins with this snapshot.
    pub fn begins_marked(&self, object: Object) -> bool {
        self.marks(object) & 4 != 0
    }

    fn marks(&self, object: Object) -> u8 {
        if self.mark.is_empty() { 0 } else { self.mark.get(object.index()) }
    }

    /// The object's references in slot order.
    pub fn references(&self, referrer: Object) -> impl Iterator<Item = Reference> + '_ {
        self.row(referrer).iter().zip(0..).map(move |(&referent, position)| Reference {
            referrer,
            position,
            referent: (referent != DANGLING).then_some(Object(referent)),
        })
    }

    /// How many references the object has, dangling ones included.
    pub fn references_of(&self, referrer: Object) -> u32 {
        self.row(referrer).len() as u32
    }

    /// The objects referred to, in slot order, once per reference; dangling references are left out.
    pub fn referents(&self, referrer: Object) -> impl Iterator<Item = Object> + '_ {
        self.row(referrer).iter().filter(|&&referent| referent != DANGLING).map(|&referent| Object(referent))
    }

    /// The referents that the object keeps alive: [`HeapGraph::referents`] without weak references.
    pub fn strong_referents(&self, referrer: Object) -> impl Iterator<Item = Object> + '_ {
        let shape = self.shape_of(referrer);
        let row = self.row(referrer).iter().zip(0..);
        row.filter(|&(&referent, position)| referent != DANGLING && !shape.is_weak(position))
            .map(|(&referent, _)| Object(referent))
    }

    /// The one rule of what keeps alive: every reference does, but a weak one.
    pub fn is_strong(&self, reference: Reference) -> bool {
        !self.shape_of(reference.referrer).is_weak(reference.position)
    }

    /// The first strong reference in slot `from` or later, dangling ones left out; `None` when there is none. A walk that
    /// keeps `position + 1` can go on where it stopped.
    pub fn next_strong_reference(&self, referrer: Object, from: u32) -> Option<(u32, Object)> {
        let row = self.row(referrer);
        let mut position = from;
        while let Some(&referent) = row.get(position as usize) {
            if referent != DANGLING && !self.shape_of(referrer).is_weak(position) {
                return Some((position, Object(referent)));
            }
            position += 1;
        }
        None
    }

    /// Whether some reference of the object is weak, so that its references have to be looked at one by one.
    pub fn has_weak_slots(&self, referrer: Object) -> bool {
        self.shape_of(referrer).has_weak_slots()
    }

    /// The objects that refer to this one, by ascending address, once per reference, weak ones included. The first call for a
    /// heap is linear in all its references.
    pub fn referrers(&self, referent: Object) -> impl DoubleEndedIterator<Item = Object> + ExactSizeIterator + '_ {
        self.referrer_row(referent).iter().map(|&referrer| Object(referrer))
    }

    /// All references from one object to another, in slot order. Linear in the references of `referrer`.
    pub fn references_between(&self, referrer: Object, referent: Object) -> impl Iterator<Item = Reference> + '_ {
        let row = self.row(referrer).iter().zip(0..);
        row.filter(move |&(&other, _)| other == referent.0).map(move |(_, position)| Reference {
            referrer,
            position,
            referent: Some(referent),
        })
    }

    /// What the slot of a reference is called.
    pub fn slot(&self, reference: Reference) -> Slot<'_> {
        self.shape_of(reference.referrer).slot(reference.position, self.row(reference.referrer))
    }

    /// The reference in a slot that has a fixed name, e.g. `.__dict__`; `None` when the object has no such slot.
    pub fn field(&self, referrer: Object, name: &str) -> Option<Reference> {
        self.reference_at(referrer, self.shape_of(referrer).position_of(name)?)
    }

    /// The reference at a place in slot order; `None` when the object has fewer.
    pub fn reference_at(&self, referrer: Object, position: u32) -> Option<Reference> {
        let &referent = self.row(referrer).get(position as usize)?;
        Some(Reference { referrer, position, referent: (referent != DANGLING).then_some(Object(referent)) })
    }

    /// The number of a reference among all of the heap, below [`HeapGraph::reference_count`]: 4 bytes stand for it.
    pub fn reference_number(&self, referrer: Object, position: u32) -> u32 {
        self.first_reference.get(referrer.index()) + position
    }

    /// The numbers of all references of an object, in slot order.
    #[inline]
    pub fn reference_numbers(&self, referrer: Object) -> Range<u32> {
        self.first_reference.row(referrer.index())
    }

    /// What the reference with a number leads to; `None` when it is dangling.
    ///
    /// # Panics
    ///
    /// When no reference has this number.
    #[inline]
    pub fn referent_numbered(&self, number: u32) -> Option<Object> {
        let referent = self.referent.get(number as usize);
        (referent != DANGLING).then_some(Object(referent))
    }

    /// The reference with a number. Logarithmic in the objects.
    ///
    /// # Panics
    ///
    /// When no reference has this number.
    pub fn reference_numbered(&self, number: u32) -> Reference {
        let referrer = self.first_reference.row_of(number);
        Reference {
            referrer: Object(referrer as u32),
            position: number - self.first_reference.get(referrer),
            referent: self.referent_numbered(number),
        }
    }

    /// The GC roots that name this object; empty for most.
    pub fn roots_of(&self, object: Object) -> &[Root] {
        let first = self.roots.partition_point(|root| root.object < object);
        let end = self.roots.partition_point(|root| root.object <= object);
        &self.roots[first..end]
    }

    /// What the snapshot knows of the object's text; see FORMAT.md for what is a text. `None` when unknown.
    pub fn text(&self, object: Object) -> Option<ObjectText<'_>> {
        let at = self.texts.partition_point(|span| span.object < object.0);
        let span = (at < self.texts.len()).then(|| self.texts.get(at)).filter(|span| span.object == object.0)?;
        let text = self.text_arena.slice(span.start as usize..span.end as usize);
        let text = std::str::from_utf8(text).unwrap_or_else(|_| crate::sections::give_up());
        let length = text.chars().count() as u64;
        let whole_length = u64::from(span.whole_length).max(length);
        Some(ObjectText { text, is_whole: whole_length == length, whole_length })
    }

    /// The objects whose text, as far as the snapshot knows it, contains a part; by ascending address. Linear in all texts.
    pub fn objects_with_text<'g>(&'g self, part: &str) -> impl Iterator<Item = Object> + 'g {
        let finder = memchr::memmem::Finder::new(part).into_owned();
        let (texts, arena) = (self.texts.all().iter(), self.text_arena.all());
        texts
            .filter(move |span| finder.find(&arena[span.start as usize..span.end as usize]).is_some())
            .map(|span| Object(span.object))
    }

    /// Number of shapes; see [`HeapGraph::shape_index`].
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }

    /// The object's shape: objects of one shape have one type and the same fixed slots. Below [`HeapGraph::shape_count`].
    pub fn shape_index(&self, object: Object) -> usize {
        self.shape.get(object.index()) as usize
    }

    /// The type that all objects of a shape have.
    pub fn type_of_shape(&self, shape: usize) -> TypeId {
        self.shapes[shape].type_id
    }

    /// The objects whose shape this holds for, by ascending address: it is asked once for each shape. Linear, and several times faster
    /// than asking each object for its type.
    pub fn objects_of_shapes(&self, holds: impl Fn(usize) -> bool) -> Box<dyn Iterator<Item = Object> + '_> {
        let fits: Vec<bool> = (0..self.shape_count()).map(holds).collect();
        Box::new(self.shape.positions(fits).map(|index| Object(index as u32)))
    }

    /// The objects of these types, by ascending address; `fits` has an entry for each type. As
    /// [`HeapGraph::objects_of_shapes`].
    pub fn objects_of_types(&self, fits: &[bool]) -> Box<dyn Iterator<Item = Object> + '_> {
        self.objects_of_shapes(|shape| fits[self.type_of_shape(shape).index()])
    }

    /// Positions and names of a shape's fixed slots, ascending; those without a name are left out.
    pub fn fields_of_shape(&self, shape: usize) -> impl Iterator<Item = (u32, &str)> {
        self.shapes[shape].named_fields()
    }

    #[inline]
    fn shape_of(&self, object: Object) -> &Shape {
        &self.shapes[self.shape.get(object.index()) as usize]
    }

    /// The references turned around.
    fn referrers_of_all(&self) -> &Referrers {
        let turn = || build::transpose(self.object_count(), &self.first_reference, self.referent.all());
        self.referrers.get_or_init(turn)
    }

    /// Numbers of the referrers, ascending.
    fn referrer_row(&self, referent: Object) -> &[u32] {
        let Referrers { first, referrer } = self.referrers_of_all();
        let row = first.row(referent.index());
        referrer.slice(row.start as usize..row.end as usize)
    }

    /// Numbers of the referents, in slot order, [`DANGLING`] ones included.
    #[inline]
    fn row(&self, referrer: Object) -> &[u32] {
        let row = self.first_reference.row(referrer.index());
        self.referent.slice(row.start as usize..row.end as usize)
    }
}
