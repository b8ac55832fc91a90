//! The walk: every object that the collectors know, and the closure of what they refer to, as columns of a snapshot.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::{Equivalent, IndexMap};
use rustc_hash::FxBuildHasher;

use super::TextLevel;
use super::layout::ABSENT;
use super::names::{NameId, Names, UNNAMED};
use super::python::{AddressMap, END_OF_MEMORY, Entry, Python, flag};
use super::seen::Seen;
use super::tracing::Tracing;
use super::types::{Kind, Plan, Types};
use crate::snapshot::{ErrorCount, RefCount, Segment, ShapeRecord, ShapeTally, Snapshot, Text, UnnamedCount};

/// Bytes of the address space more that are kept for each object and reference: together with the columns and the ledger 60
/// bytes per object and 16 per reference.
const CACHE_PER_OBJECT: usize = 20;
const CACHE_PER_REFERENCE: usize = 8;
/// What is kept for each object that a collector looks after, before the columns fill: each has two references and more, and
/// the list of all takes 8 of the 92.
pub(super) const CACHE_PER_TRACKED: usize = 84;
/// Blocks of a deque, children of an element, nodes of a trie that are followed.
pub(super) const MOST_STEPS: u64 = 1 << 26;

/// What the references of an object are, after the named ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tail {
    None,
    Sequence,
    Flat,
    Mapping,
    Set,
    Unnamed,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ShapeKey {
    index: u32,
    tail: Tail,
    names: Box<[NameId]>,
}

/// The same, borrowed.
#[derive(Hash)]
struct ShapeQuery<'n> {
    index: u32,
    tail: Tail,
    names: &'n [NameId],
}

impl Equivalent<ShapeKey> for ShapeQuery<'_> {
    fn equivalent(&self, key: &ShapeKey) -> bool {
        self.index == key.index && self.tail == key.tail && self.names == &*key.names
    }
}

/// An object some references of which are only probable; written when everything else is known.
#[derive(Debug)]
pub(super) struct Deferred {
    pub object: u64,
    pub(super) plan: Rc<Plan>,
    pub(super) size: u64,
    pub(super) refcount: i64,
    pub(super) names: Vec<NameId>,
    pub(super) row: Vec<u64>,
    pub(super) tail: Tail,
    pub(super) tail_row: Vec<u64>,
    /// Words in the body that look like references.
    pub candidates: Vec<u64>,
    /// Blocks of memory that the body points to.
    pub blocks: Vec<u64>,
}

impl Deferred {
    /// Referents that are known.
    pub fn known(&self) -> impl Iterator<Item = u64> {
        self.row.iter().chain(&self.tail_row).copied()
    }

    /// One reference more.
    pub fn accept(&mut self, name: NameId, referent: u64) {
        self.names.push(name);
        self.row.push(referent);
    }
}

/// The state of one walk.
pub(super) struct Walk<'s> {
    pub(super) python: Python<'s>,
    pub(super) types: Types,
    pub(super) names: Names,
    pub(super) snapshot: Snapshot,
    pub(super) text_level: TextLevel,
    /// Objects that are in the snapshot, or in the queue.
    pub(super) seen: Seen,
    pub(super) texts_noted: Seen,
    pub(super) queue: Vec<u64>,
    shapes: IndexMap<ShapeKey, (), FxBuildHasher>,
    pub(super) slot_of_text: AddressMap<NameId>,
    pub(super) slots_of_keys: AddressMap<Rc<[NameId]>>,
    pub(super) errors: HashMap<(&'static str, String), u64>,
    pub(super) unnamed: HashMap<u32, u64>,
    pub(super) deferred: Vec<Deferred>,
    /// There can't be more references than words that can be read.
    pub(super) most_references: usize,
    /// Dictionaries that hold their contents weakly: interned texts.
    pub(super) weak_dicts: Vec<u64>,
    /// Static types that were written, to be told as roots.
    pub(super) static_types: Vec<u64>,
    pub(super) tracing: Tracing,
    pub(super) positions: Vec<NameId>,
    pub(super) class_name: NameId,
    pub(super) annotations_name: NameId,
    pub(super) self_name: NameId,
    pub(super) task_name: NameId,
    pub(super) row: Vec<u64>,
    pub(super) row_names: Vec<NameId>,
    pub(super) tail_row: Vec<u64>,
    pub(super) words: Vec<u64>,
    pub(super) items: Vec<Entry>,
}

impl<'s> Walk<'s> {
    pub fn new(python: Python<'s>, text_level: TextLevel) -> Self {
        let mut names = Names::default();
        let ranges = python.image.space().ranges();
        let readable: u64 = ranges.iter().filter(|range| range.readable).map(|range| range.end - range.start).sum();
        let most_references = usize::try_from(readable / 8).unwrap_or(usize::MAX).min(u32::MAX as usize);
        Walk {
            class_name: names.id(".__class__"),
            annotations_name: names.id(".__annotations__"),
            self_name: names.id(".__self__"),
            task_name: names.id(".get_name()"),
            python,
            types: Types::default(),
            names,
            snapshot: Snapshot::default(),
            text_level,
            seen: Seen::default(),
            texts_noted: Seen::default(),
            queue: Vec::new(),
            shapes: IndexMap::default(),
            slot_of_text: AddressMap::default(),
            slots_of_keys: AddressMap::default(),
            errors: HashMap::new(),
            unnamed: HashMap::new(),
            deferred: Vec::new(),
            most_references,
            weak_dicts: Vec::new(),
            static_types: Vec::new(),
            tracing: Tracing::default(),
            positions: Vec::new(),
            row: Vec::new(),
            row_names: Vec::new(),
            tail_row: Vec::new(),
            words: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Queues an object that is met for the first time.
    #[inline]
    pub fn meet(&mut self, object: u64) {
        if object & 7 == 0 && object != 0 && object < END_OF_MEMORY && self.seen.insert(object) {
            self.queue.push(object);
        }
    }

    /// Writes `objects`, all of which the collector knows, and what they lead to.
    ///
    /// Each is followed at once by what only it has led to: what was made together lies together, and is read together.
    pub fn run_over(&mut self, mut objects: Vec<u64>) {
        objects.retain(|&object| self.seen.insert(object));
        for object in objects {
            self.visit(object);
            self.run();
        }
    }

    /// Writes all that is queued, and what it leads to. No recursion: the queue is a list.
    pub fn run(&mut self) {
        while let Some(object) = self.queue.pop() {
            self.visit(object);
        }
    }

    pub fn plan_of(&mut self, object: u64) -> Option<Rc<Plan>> {
        let kind = self.python.type_of(object)?;
        self.types.plan(&mut self.python, &mut self.names, kind)
    }

    pub fn count_error(&mut self, what: &'static str, key: &str) {
        *self.errors.entry((what, key.to_owned())).or_default() += 1;
    }

    pub(super) fn refcount(&mut self, object: u64) -> i64 {
        let Some(word) = self.python.field(object, self.python.at.object.refcnt) else { return -2 };
        match self.python.minor {
            0..=10 if word < 1 << 62 => word.cast_signed(),
            11 if word < 1 << 29 => word.cast_signed(),
            0..=11 => -1,
            // The lower half counts; its highest bit says that nobody does.
            _ if word & 1 << 31 != 0 => -1,
            _ => i64::from(word as u32),
        }
    }

    /// The shape of an object with `self.row_names`, then `tail`.
    fn shape(&mut self, plan: &Plan, tail: Tail) -> u32 {
        // All instances without fixed slots have the one tail of their kind, but for containers that could not be read.
        let is_usual = tail != Tail::Unnamed && (plan.is_atom || tail != Tail::None);
        let is_plain = is_usual && self.row_names.is_empty();
        if is_plain && plan.plain_shape.get() != u32::MAX {
            return plan.plain_shape.get();
        }
        let unnamed = self.row_names.iter().filter(|&&name| name == UNNAMED).count() as u64
            + if tail == Tail::Unnamed { self.tail_row.len() as u64 } else { 0 };
        if unnamed > 0 {
            *self.unnamed.entry(plan.index).or_default() += unnamed;
        }
        let query = ShapeQuery { index: plan.index, tail, names: &self.row_names };
        let shape = match self.shapes.get_index_of(&query) {
            Some(shape) => shape as u32,
            None => {
                let key = ShapeKey { index: plan.index, tail, names: self.row_names.clone().into_boxed_slice() };
                self.shapes.insert_full(key, ()).0 as u32
            }
        };
        if is_plain {
            plan.plain_shape.set(shape);
        }
        shape
    }

    /// Writes one object: `self.row` with `self.row_names`, then `self.tail_row`. All referents are met.
    pub(super) fn write(&mut self, plan: &Plan, object: u64, size: u64, refcount: i64, tail: Tail) {
        let references = self.snapshot.objects.referent.len() + self.row.len() + self.tail_row.len();
        let tail = if references > self.most_references {
            // Each reference takes a word somewhere: beyond that the heap contradicts itself.
            self.count_error("has more references than the memory can hold", plan.key());
            self.tail_row.clear();
            self.row.clear();
            self.row_names.clear();
            Tail::Unnamed
        } else {
            tail
        };
        let shape = self.shape(plan, tail);
        for place in 0..self.row.len() {
            self.meet(self.row[place]);
        }
        for place in 0..self.tail_row.len() {
            self.meet(self.tail_row[place]);
        }
        self.python.image.grow(CACHE_PER_OBJECT + CACHE_PER_REFERENCE * (self.row.len() + self.tail_row.len()));
        let objects = &mut self.snapshot.objects;
        objects.address.push(object);
        objects.shape.push(shape);
        objects.size.push(size);
        if !objects.refcount.push(refcount) {
            let _ = objects.refcount.push(-2);
        }
        objects.reference_count.push((self.row.len() + self.tail_row.len()) as u32);
        objects.referent.extend(self.row.iter().chain(&self.tail_row).copied());
        if let Some(traceback) = self.allocated_at(object, plan.header_size) {
            self.snapshot.objects.allocated_at.push(traceback);
        }
    }

    /// Writes an object that waited.
    pub fn write_deferred(&mut self, deferred: Deferred) {
        self.row_names = deferred.names;
        self.row = deferred.row;
        self.tail_row = deferred.tail_row;
        self.write(&deferred.plan, deferred.object, deferred.size, deferred.refcount, deferred.tail);
    }

    /// Adds to an object that waits the candidates that turned out to be references, named where anything tells.
    pub fn name_candidates(&mut self, deferred: &mut Deferred, accepted: &[u64]) {
        let guesses: Vec<Option<&'static str>> = accepted
            .iter()
            .map(|&referent| {
                let kinds = self.plan_of(referent).map(|plan| plan.keys.clone()).unwrap_or_default();
                deferred.plan.keys.iter().find_map(|own| kinds.iter().find_map(|kind| super::fields::guess(own, kind)))
            })
            .collect();
        for (&referent, guess) in accepted.iter().zip(&guesses) {
            let name = match guess {
                None => UNNAMED,
                // Of several that may be the attribute, which one is it?
                Some(name) if guesses.iter().filter(|other| *other == guess).count() > 1 => {
                    self.names.id(name.trim_start_matches('.'))
                }
                Some(name) => self.names.id(name),
            };
            deferred.accept(name, referent);
        }
    }

    /// Words in the unknown part of a body that may be references, and those that are addresses of blocks of memory.
    pub(super) fn candidates(&mut self, plan: &Plan, object: u64) -> (Vec<u64>, Vec<u64>) {
        let mut found = (Vec::new(), Vec::new());
        for &offset in &plan.unknown {
            self.candidate(object, object + u64::from(offset), &mut found);
        }
        if plan.kind == Kind::Module
            && let Some(state) = self.python.pointer(object, self.python.at.module.state)
        {
            let at = self.python.at;
            let size = if at.module.state_size != ABSENT {
                self.python.field(object, at.module.state_size)
            } else {
                let definition = self.python.pointer(object, at.module.def);
                definition.and_then(|definition| self.python.field(definition, at.module_def.state_size))
            };
            for offset in (0..size.unwrap_or(0).min(1 << 16)).step_by(8) {
                self.candidate(object, state + offset, &mut found);
            }
        }
        found
    }

    fn candidate(&mut self, object: u64, place: u64, (references, blocks): &mut (Vec<u64>, Vec<u64>)) {
        let Some(word) = self.python.image.word(place).filter(|&word| word != object) else { return };
        if self.is_plausible(word) {
            references.push(word);
        } else if self.is_block(word) {
            blocks.push(word);
        }
    }

    /// Whether a word may be the address of an object: it is one already, or looks like one.
    pub fn is_plausible(&mut self, word: u64) -> bool {
        if word & 7 != 0 || !(1 << 16..1 << 47).contains(&word) {
            return false;
        }
        if self.seen.contains(word) {
            return true;
        }
        let refcount = self.refcount(word);
        if refcount == 0 || refcount == -2 || refcount > 1 << 31 {
            return false;
        }
        let Some(plan) = self.plan_of(word) else { return false };
        // What the collector looks after is known already, unless it has been taken out: a tuple, a dictionary.
        plan.flags & flag::HAVE_GC == 0 && self.is_sound(word, &plan)
            || plan.kind == Kind::Type
            || !self.python.is_tracked(word) && matches!(plan.kind, Kind::Tuple | Kind::Dict)
            || plan.kind == Kind::Frame
    }

    /// Whether all named fields of an object hold objects, or nothing: what was freed and is memory for something else by now may
    /// still have the look of an object, but not all of its referents have.
    fn is_sound(&mut self, object: u64, plan: &Plan) -> bool {
        plan.fields.iter().all(|field| match self.python.field(object, field.offset) {
            Some(0) => true,
            Some(referent) => {
                referent & 7 == 0
                    && referent < END_OF_MEMORY
                    && (self.seen.contains(referent)
                        || !matches!(self.refcount(referent), 0 | -2) && self.plan_of(referent).is_some())
            }
            None => false,
        })
    }

    /// Whether a word is the address of an object that the snapshot shows, other than a type: those are held everywhere.
    pub(super) fn is_shown(&mut self, word: u64) -> bool {
        self.is_plausible(word)
            && self.plan_of(word).is_some_and(|plan| !matches!(plan.kind, Kind::ContextNode | Kind::Type))
    }

    /// Whether the garbage collector looks after an object.
    pub(super) fn is_collected(&mut self, object: u64) -> bool {
        self.plan_of(object).is_some_and(|plan| plan.flags & flag::HAVE_GC != 0)
    }

    /// For each shape so far, which of the first positions are weak; empty when none is.
    pub fn weak_positions(&self) -> Vec<Vec<bool>> {
        self.shapes.keys().map(|key| super::ledger::weak_positions(&shape_record(key, &self.names).slots)).collect()
    }

    /// What the reference count of an object says.
    pub fn refcount_of(&mut self, object: u64) -> RefCount {
        match self.refcount(object) {
            -1 => RefCount::Immortal,
            count => u64::try_from(count).map_or(RefCount::Unknown, RefCount::Known),
        }
    }

    /// Names and values of the attributes of an instance; its dictionary where it has one.
    pub fn attribute_slots(&mut self, object: u64) -> Option<Vec<(String, u64)>> {
        let plan = self.plan_of(object)?;
        self.row.clear();
        self.row_names.clear();
        self.push_attributes(&plan, object);
        let names = &self.names;
        Some(self.row_names.iter().map(|&name| names.text(name).to_owned()).zip(self.row.iter().copied()).collect())
    }

    /// Turns tables into those of the snapshot, and its totals.
    pub fn finish(mut self) -> Snapshot {
        self.keep_traced_functions();
        let names = &self.names;
        let snapshot = &mut self.snapshot;
        snapshot.types = std::mem::take(&mut self.types.records);
        snapshot.shapes = self.shapes.keys().map(|key| shape_record(key, names)).collect();
        let mut tallies = vec![ShapeTally::default(); snapshot.shapes.len()];
        for (index, &shape) in snapshot.objects.shape.iter().enumerate() {
            tallies[shape as usize].objects += 1;
            let bytes = &mut tallies[shape as usize].shallow_bytes;
            *bytes = bytes.saturating_add(snapshot.objects.size.get(index));
        }
        snapshot.tallies = tallies;
        let mut made = vec![ShapeTally::default(); snapshot.allocations.len()];
        for (index, &traceback) in snapshot.objects.allocated_at.iter().enumerate() {
            if let Some(tally) = made.get_mut(traceback as usize) {
                tally.objects += 1;
                tally.shallow_bytes = tally.shallow_bytes.saturating_add(snapshot.objects.size.get(index));
            }
        }
        snapshot.allocation_tallies = made;
        let end = &mut snapshot.end;
        end.objects = snapshot.objects.address.len() as u64;
        end.references = snapshot.objects.referent.len() as u64;
        end.texts = Some(snapshot.texts.len() as u64);
        end.types = Some(snapshot.types.len() as u64);
        end.shapes = Some(snapshot.shapes.len() as u64);
        end.roots = Some(snapshot.roots.len() as u64);
        let mut errors: Vec<_> = self.errors.into_iter().collect();
        errors.sort();
        end.errors = errors
            .into_iter()
            .map(|((what, key), count)| ErrorCount {
                what: Text(what.to_owned()),
                type_name: (!key.is_empty()).then_some(Text(key)),
                count,
            })
            .collect();
        let mut unnamed: Vec<_> = self.unnamed.into_iter().collect();
        unnamed.sort_unstable();
        end.unnamed = unnamed
            .into_iter()
            .map(|(index, count)| UnnamedCount { type_name: Text(snapshot.types[index as usize].full_name()), count })
            .collect();
        self.snapshot
    }
}

fn shape_record(key: &ShapeKey, names: &Names) -> ShapeRecord {
    let mut slots: Vec<Segment> = Vec::new();
    for &name in &*key.names {
        match (slots.last_mut(), name == UNNAMED) {
            (Some(Segment::UnnamedCount(count)), true) => *count += 1,
            (Some(Segment::Fields(fields)), false) => fields.push(Text(names.text(name).to_owned())),
            (_, true) => slots.push(Segment::UnnamedCount(1)),
            (_, false) => slots.push(Segment::Fields(vec![Text(names.text(name).to_owned())])),
        }
    }
    slots.extend(match key.tail {
        Tail::None => None,
        Tail::Sequence => Some(Segment::Sequence),
        Tail::Flat => Some(Segment::Flat),
        Tail::Mapping => Some(Segment::Mapping),
        Tail::Set => Some(Segment::Set),
        Tail::Unnamed => Some(Segment::Unnamed),
    });
    ShapeRecord { type_index: key.index, slots }
}
