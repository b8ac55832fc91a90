//! What a reference is called: the slot of its referrer.

use serde::{Deserialize, Serialize};

use crate::snapshot::{Segment, ShapeRecord};

use super::python_syntax::is_access;
use super::{DANGLING, HeapGraph, Object, TypeId};

/// What the elements of a container are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// Items of a sequence or of an array, entries of a mapping.
    Item,
    /// Members of a set.
    Member,
}

/// The named place in a referrer that holds a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'g> {
    /// A fixed place. A name that begins with `.`, `[` or `(` is a Python expression suffix.
    Field(&'g str),
    /// An element of a sequence.
    Index(u32),
    /// An element of an array of any number of dimensions, counted over all of them as `.flat` does.
    Flat(u32),
    /// A key of a mapping.
    Key,
    /// The value behind a key; `None` when the key itself is not in the snapshot.
    Value(Option<Object>),
    /// A member of a set.
    Member,
    /// Nobody knows what holds it.
    Unnamed,
}

/// A shape, prepared for look-ups.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Shape {
    pub type_id: TypeId,
    /// The first references, run by run.
    fields: Vec<Field>,
    /// Where the run of `fields` at the same place ends; ascending.
    ends: Vec<u32>,
    rest: Rest,
    /// The named fields by name, each name once.
    by_name: Box<[u32]>,
    /// Positions of weak references, ascending.
    weak: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Field {
    /// One reference.
    Named(Box<str>),
    /// A run of references without a name: one entry, so that a count in a file can't make us allocate.
    Unnamed,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Rest {
    Sequence,
    Flat,
    Mapping,
    Set,
    Unnamed,
}

impl Shape {
    pub fn new(record: ShapeRecord) -> Self {
        let mut shape = Shape {
            type_id: TypeId(record.type_index),
            fields: Vec::new(),
            ends: Vec::new(),
            rest: Rest::Unnamed,
            by_name: Box::default(),
            weak: Vec::new(),
        };
        for segment in record.slots {
            match segment {
                Segment::Fields(names) => names.into_iter().for_each(|name| shape.push(&name)),
                Segment::UnnamedCount(count) => {
                    shape.ends.push(shape.fixed().saturating_add(count));
                    shape.fields.push(Field::Unnamed);
                }
                Segment::Sequence => shape.rest = Rest::Sequence,
                Segment::Flat => shape.rest = Rest::Flat,
                Segment::Mapping => shape.rest = Rest::Mapping,
                Segment::Set => shape.rest = Rest::Set,
                Segment::Unnamed | Segment::Unknown => shape.rest = Rest::Unnamed,
            }
        }
        let is_named = |field: &u32| matches!(shape.fields[*field as usize], Field::Named(_));
        let mut by_name: Vec<u32> = (0..shape.fields.len() as u32).filter(is_named).collect();
        by_name.sort_by_key(|&field| shape.name_of(field));
        by_name.dedup_by(|later, first| shape.name_of(*later) == shape.name_of(*first));
        shape.by_name = by_name.into();
        shape
    }

    fn push(&mut self, name: &str) {
        let position = self.fixed();
        let name = match name.strip_prefix('~') {
            Some(name) => {
                self.weak.push(position);
                name
            }
            None => name,
        };
        self.fields.push(Field::Named(name.into()));
        self.ends.push(position.saturating_add(1));
    }

    /// How many references have a fixed place.
    fn fixed(&self) -> u32 {
        self.ends.last().copied().unwrap_or(0)
    }

    pub fn position_of(&self, name: &str) -> Option<u32> {
        let at = self.by_name.binary_search_by_key(&name, |&field| self.name_of(field)).ok()?;
        Some(self.ends[self.by_name[at] as usize] - 1)
    }

    /// Whether the numbers of a shape that was read from an index are places in it.
    pub fn fits_together(&self) -> bool {
        self.ends.len() == self.fields.len() && self.by_name.iter().all(|&field| (field as usize) < self.fields.len())
    }

    fn name_of(&self, field: u32) -> &str {
        match &self.fields[field as usize] {
            Field::Named(name) => name,
            Field::Unnamed => "",
        }
    }

    pub fn has_weak_slots(&self) -> bool {
        !self.weak.is_empty()
    }

    /// Positions and names of the fixed places that have a name, ascending.
    pub fn named_fields(&self) -> impl Iterator<Item = (u32, &str)> {
        self.fields.iter().zip(&self.ends).filter_map(|(field, end)| match field {
            Field::Named(name) => Some((end - 1, &**name)),
            Field::Unnamed => None,
        })
    }

    pub fn is_weak(&self, position: u32) -> bool {
        !self.weak.is_empty() && self.weak.binary_search(&position).is_ok()
    }

    /// The slot of the reference at `position` in `row`, the referrer's referents. Logarithmic in the fields.
    pub fn slot(&self, position: u32, row: &[u32]) -> Slot<'_> {
        match self.fields.get(self.ends.partition_point(|&end| end <= position)) {
            Some(Field::Named(name)) => return Slot::Field(name),
            Some(Field::Unnamed) => return Slot::Unnamed,
            None => {}
        }
        let place = position - self.fixed();
        match self.rest {
            Rest::Sequence => Slot::Index(place),
            Rest::Flat => Slot::Flat(place),
            Rest::Mapping if place.is_multiple_of(2) => Slot::Key,
            Rest::Mapping => match row[position as usize - 1] {
                DANGLING => Slot::Value(None),
                key => Slot::Value(Some(Object(key))),
            },
            Rest::Set => Slot::Member,
            Rest::Unnamed => Slot::Unnamed,
        }
    }

    /// Elements, entries or members behind the fixed places, for an object with `references` references.
    fn elements(&self, references: u32) -> Option<(u32, ElementKind)> {
        let left = references.saturating_sub(self.fixed());
        match self.rest {
            Rest::Sequence | Rest::Flat => Some((left, ElementKind::Item)),
            Rest::Mapping => Some((left / 2, ElementKind::Item)),
            Rest::Set => Some((left, ElementKind::Member)),
            Rest::Unnamed => None,
        }
    }
}

impl HeapGraph {
    /// Keys and values of a mapping, in its order; `None` where one is dangling. Nothing for other objects.
    pub fn entries(&self, mapping: Object) -> impl Iterator<Item = (Option<Object>, Option<Object>)> + '_ {
        let shape = self.shape_of(mapping);
        let row = self.row(mapping);
        let first =
            if matches!(shape.rest, Rest::Mapping) { (shape.fixed() as usize).min(row.len()) } else { row.len() };
        let known = |object: u32| (object != DANGLING).then_some(Object(object));
        row[first..].chunks_exact(2).map(move |entry| (known(entry[0]), known(entry[1])))
    }

    /// How many elements a container has, and of which kind they are; `None` when it is no container.
    pub fn elements(&self, object: Object) -> Option<(u32, ElementKind)> {
        self.shape_of(object).elements(self.references_of(object))
    }

    /// Whether objects of a shape are containers: those for which [`HeapGraph::elements`] is not `None`.
    pub fn shape_has_elements(&self, shape: usize) -> bool {
        self.shapes[shape].elements(u32::MAX).is_some()
    }

    /// The suffix of a Python expression that leads from the referrer to the referent inside the process; `None` when no
    /// such expression is known (keys, set members, shortened or unknown key texts, slots that Python doesn't reach).
    pub fn slot_expression(&self, slot: Slot<'_>) -> Option<String> {
        match slot {
            Slot::Field(name) if is_access(name) => Some(name.to_owned()),
            Slot::Index(index) => Some(format!("[{index}]")),
            Slot::Flat(index) => Some(format!(".flat[{index}]")),
            Slot::Value(Some(key)) => self.exact_literal(key).map(|literal| format!("[{literal}]")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Shape {
        Shape::new(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn fields_come_first_and_the_rest_is_counted_from_zero() {
        let shape = shape(r#"{"type":0,"slots":[{"fields":[".__class__","~()"]},{"unnamed":2},"sequence"]}"#);
        let row = [1, 2, 3, 4, 5, 6];
        let slots: Vec<_> = (0..6).map(|position| shape.slot(position, &row)).collect();
        assert_eq!(slots[..2], [Slot::Field(".__class__"), Slot::Field("()")]);
        assert_eq!(slots[2..4], [Slot::Unnamed, Slot::Unnamed]);
        assert_eq!(slots[4..], [Slot::Index(0), Slot::Index(1)]);
        assert!(shape.is_weak(1) && !shape.is_weak(0) && !shape.is_weak(4));
        assert_eq!(shape.position_of(".__class__"), Some(0));
        assert_eq!(shape.elements(6), Some((2, ElementKind::Item)));
    }

    #[test]
    fn elements_of_arrays_are_counted_over_all_dimensions() {
        let shape = shape(r#"{"type":0,"slots":[{"fields":[".dtype"]},"flat"]}"#);
        assert_eq!(shape.slot(2, &[1, 2, 3]), Slot::Flat(1));
        assert_eq!(shape.elements(3), Some((2, ElementKind::Item)));
        let mut sketch = crate::graph::Sketch::new();
        sketch.object("grid", "numpy.ndarray", 1).object("one", "app.One", 1).object("two", "app.Two", 1);
        sketch.elements("grid", Segment::Flat).refer("grid", "", "one").refer("grid", "", "two");
        let heap = sketch.build();
        let slots: Vec<_> = heap.graph.references(heap.get("grid")).map(|held| heap.graph.slot(held)).collect();
        let expressions: Vec<_> = slots.into_iter().map(|slot| heap.graph.slot_expression(slot).unwrap()).collect();
        assert_eq!(expressions, [".flat[0]", ".flat[1]"]);
    }

    #[test]
    fn a_value_is_named_by_the_key_before_it() {
        let shape = shape(r#"{"type":0,"slots":["mapping"]}"#);
        let row = [7, 8, DANGLING, 9];
        let slots: Vec<_> = (0..4).map(|position| shape.slot(position, &row)).collect();
        assert_eq!(slots, [Slot::Key, Slot::Value(Some(Object(7))), Slot::Key, Slot::Value(None)]);
    }

    #[test]
    fn a_claimed_run_of_unnamed_references_costs_nothing() {
        let shape = shape(r#"{"type":0,"slots":[{"unnamed":4294967295},{"fields":[".x"]}]}"#);
        assert_eq!(shape.slot(5, &[0; 6]), Slot::Unnamed);
    }
}
