//! What classes say about their instances, as far as their dictionaries are in the snapshot.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, TypeId};

/// What is known of an attribute of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// The first class of the method resolution order that has it, has this.
    Is(Object),
    /// No class of the method resolution order has it.
    Absent,
    /// Not in the snapshot: no dictionary, or keys without a text.
    Unknown,
}

/// The classes of a heap.
#[derive(Debug)]
pub struct Classes<'g> {
    graph: &'g HeapGraph,
    by_object: HashMap<Object, TypeId>,
}

impl<'g> Classes<'g> {
    /// Looks the classes up. Linear in the types.
    pub fn of(graph: &'g HeapGraph) -> Self {
        let by_object = graph.types.iter().zip(0..).filter_map(|(of, id)| Some((of.object?, TypeId(id)))).collect();
        Classes { graph, by_object }
    }

    /// The heap.
    pub fn graph(&self) -> &'g HeapGraph {
        self.graph
    }

    /// The type that an object is; `None` when it is no type, or none with instances in the snapshot.
    pub fn type_of_class(&self, class: Object) -> Option<TypeId> {
        self.by_object.get(&class).copied()
    }

    /// Whether a type is, or derives from, the type of this full name; `false` when its bases are unknown.
    pub fn derives_from(&self, id: TypeId, full_name: &str) -> bool {
        let mut next = Some(id);
        // A crafted file may have bases in a circle.
        for _ in 0..=self.graph.types.len() {
            let Some(id) = next else { return false };
            if self.graph.type_name(id) == full_name {
                return true;
            }
            next = self.graph.types[id.index()].base;
        }
        false
    }

    /// Looks an attribute up in the classes of a type's method resolution order, as Python does. Linear in their attributes.
    pub fn attribute(&self, id: TypeId, name: &str) -> Attribute {
        let Some(classes) = self.method_resolution_order(id) else { return Attribute::Unknown };
        for class in classes {
            match self.own_attribute(class, name) {
                Attribute::Absent => {}
                found => return found,
            }
        }
        Attribute::Absent
    }

    /// Whether instances of a type are known to have a finalizer, as [`Classes::finalizers`] says it. Linear in the attributes
    /// of its classes.
    pub fn has_finalizer(&self, id: TypeId) -> bool {
        matches!(self.attribute(id, "__del__"), Attribute::Is(method) if self.is_python(method))
    }

    /// Whether a method is more than a wrapper of a function in C.
    fn is_python(&self, method: Object) -> bool {
        self.graph.type_of(method).name != "wrapper_descriptor"
    }

    /// For each type whether its instances have a finalizer written in Python (`__del__`); `None` where that is unknown.
    /// What built-in types do at the end of their instances' lives (a wrapper of a C function) does not count.
    ///
    /// Linear in the attributes of all classes and in the lengths of their method resolution orders.
    pub fn finalizers(&self) -> Vec<Option<bool>> {
        let mut known: HashMap<Object, Attribute> = HashMap::new();
        let mut types = Vec::with_capacity(self.graph.types.len());
        for id in (0..self.graph.types.len() as u32).map(TypeId) {
            let classes = self.method_resolution_order(id);
            types.push(classes.and_then(|classes| {
                let mut found = Some(false);
                for class in classes {
                    match *known.entry(class).or_insert_with(|| self.own_attribute(class, "__del__")) {
                        Attribute::Is(method) => {
                            return Some(self.is_python(method));
                        }
                        Attribute::Absent => {}
                        Attribute::Unknown => found = None,
                    }
                }
                found
            }));
        }
        types
    }

    /// The classes in which Python looks for attributes, in order; `None` when unknown.
    fn method_resolution_order(&self, id: TypeId) -> Option<Vec<Object>> {
        let class = self.graph.types[id.index()].object?;
        match self.graph.field(class, ".__mro__").and_then(|order| order.referent) {
            Some(order) => {
                let classes: Vec<Object> = self.graph.referents(order).collect();
                // The tuple's own reference to its class, where there is one, does no harm: `tuple` has none of the names.
                (!classes.is_empty()).then_some(classes)
            }
            None => None,
        }
    }

    fn own_attribute(&self, class: Object, name: &str) -> Attribute {
        let Some(dict) = self.graph.field(class, ".__dict__").and_then(|dict| dict.referent) else {
            // The dictionaries of built-in types are not always written; none of the names asked for is theirs.
            let is_built_in =
                self.type_of_class(class).is_some_and(|id| self.graph.types[id.index()].module == "builtins");
            return if is_built_in { Attribute::Absent } else { Attribute::Unknown };
        };
        let mut is_certain = true;
        for (key, value) in self.graph.entries(dict) {
            match key.and_then(|key| self.graph.text(key)) {
                Some(known) if known.is_whole && known.text == name => {
                    return value.map_or(Attribute::Unknown, Attribute::Is);
                }
                Some(known) => is_certain &= known.is_whole || !name.starts_with(known.text),
                None => is_certain = false,
            }
        }
        if is_certain { Attribute::Absent } else { Attribute::Unknown }
    }
}
