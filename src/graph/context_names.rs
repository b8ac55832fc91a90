//! Names that the values of context variables get in a snapshot that was taken from within, where the tree of a context is
//! nodes that know no names.

use std::collections::HashMap;

use crate::snapshot::{Segment, ShapeRecord};

use super::slot::Shape;
use super::{HeapGraph, Object, TypeId};

/// Nodes with entries; a third kind has nodes alone.
const NODES: [&str; 2] = ["hamt_bitmap_node", "hamt_collision_node"];
/// A node has at most 32 entries, of two references each. What claims to have more is none.
const MOST_REFERENCES: usize = 64;
/// A longer name of a variable is not taken over, and only so many combinations of names get a shape of their own: a file can't
/// make us allocate more than in proportion to it.
const LONGEST_NAME: usize = 200;
const MOST_SHAPES: usize = 1 << 12;

impl HeapGraph {
    /// Names the values in the trees of contexts, `context variable request`, as they are named where the heap was read from
    /// outside. A node reports its entries from the last to the first, the value before the variable.
    pub(super) fn name_context_variables(&mut self) {
        let is_node: Vec<bool> =
            self.types.iter().map(|of| of.module == "builtins" && NODES.contains(&of.name.as_str())).collect();
        if !is_node.contains(&true) {
            return;
        }
        let mut made: HashMap<(TypeId, Vec<String>), u32> = HashMap::new();
        let mut changed: Vec<(Object, u32)> = Vec::new();
        for object in 0..self.object_count() as u32 {
            let node = Object(object);
            let type_id = self.type_id(node);
            if !is_node[type_id.index()] {
                continue;
            }
            let Some(names) = self.names_of_entries(node) else { continue };
            let next = self.shapes.len() as u32;
            let shape = match made.get(&(type_id, names.clone())) {
                Some(&shape) => shape,
                None if made.len() >= MOST_SHAPES => break,
                None => {
                    let fields = Segment::Fields(names.iter().map(|name| name.as_str().into()).collect());
                    self.shapes
                        .push(Shape::new(ShapeRecord { type_index: type_id.index() as u32, slots: vec![fields] }));
                    made.insert((type_id, names), next);
                    next
                }
            };
            changed.push((node, shape));
        }
        // No name of an entry depends on the shape of another node.
        changed.into_iter().for_each(|(node, shape)| self.shape.set(node.index(), shape));
    }

    /// What the references of a node are called; `None` when it has no variable whose name is known.
    fn names_of_entries(&self, node: Object) -> Option<Vec<String>> {
        if self.references_of(node) as usize > MOST_REFERENCES {
            return None;
        }
        let referents: Vec<Option<Object>> = self.references(node).map(|reference| reference.referent).collect();
        let variable = |at: usize| {
            let referent = (*referents.get(at)?)?;
            (self.type_of(referent).name == "ContextVar").then_some(referent)
        };
        let mut names = Vec::with_capacity(referents.len());
        let mut is_known = false;
        while names.len() < referents.len() {
            let is_below = referents[names.len()].is_some_and(|below| self.type_of(below).name.starts_with("hamt_"));
            match variable(names.len() + 1).filter(|_| !is_below) {
                Some(of) => {
                    let name = self.text(of).or_else(|| self.text(self.field(of, ".name")?.referent?));
                    let name = name.filter(|known| known.text.len() <= LONGEST_NAME);
                    is_known |= name.is_some();
                    names.push(name.map_or("value of a context variable".to_owned(), |known| {
                        format!("context variable {}", known.text)
                    }));
                    names.push("variable".to_owned());
                }
                None => names.push("node".to_owned()),
            }
        }
        is_known.then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Sketch, Slot};

    #[test]
    fn values_are_told_by_the_name_of_their_variable() {
        let mut sketch = Sketch::new();
        sketch.object("node", "hamt_bitmap_node", 64).object("below", "hamt_collision_node", 64);
        for (variable, value) in [("request", "user"), ("locale", "request value")] {
            let (of, name) = (format!("{variable} variable"), format!("{variable} name"));
            sketch.object(&of, "_contextvars.ContextVar", 64).object(&name, "str", 50).text(&name, variable);
            sketch.refer(&of, ".name", &name).object(value, "dict", 64);
        }
        // The last entry first; a value that is a variable itself; a node between them.
        sketch.refer("node", "", "request value").refer("node", "", "locale variable");
        sketch.refer("node", "", "below");
        sketch.refer("node", "", "locale variable").refer("node", "", "request variable");
        sketch.refer("below", "", "user").refer("below", "", "user");
        let heap = sketch.build();
        let names = |of: &str| -> Vec<String> {
            let slots = heap.graph.references(heap.get(of)).map(|reference| match heap.graph.slot(reference) {
                Slot::Field(name) => name.to_owned(),
                other => format!("{other:?}"),
            });
            slots.collect()
        };
        let expected = ["context variable locale", "variable", "node", "context variable request", "variable"];
        assert_eq!(names("node"), expected);
        assert!(names("below").iter().all(|name| !name.contains("variable")));
    }

    #[test]
    fn a_name_as_long_as_a_file_is_not_copied_into_every_node() {
        let mut sketch = Sketch::new();
        sketch.object("variable", "_contextvars.ContextVar", 64).text("variable", &"x".repeat(1 << 20));
        sketch.object("value", "dict", 64).object("node", "hamt_bitmap_node", 64);
        sketch.refer("node", "", "value").refer("node", "", "variable");
        let heap = sketch.build();
        let slots = heap.graph.references(heap.get("node")).map(|reference| heap.graph.slot(reference));
        assert!(slots.into_iter().all(|slot| matches!(slot, Slot::Field(name) if name.len() < 300)));
    }
}
