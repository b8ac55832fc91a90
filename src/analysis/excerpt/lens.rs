//! How an excerpt looks at the heap: an object and its `__dict__` are one, housekeeping is set aside.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::analysis::debugger::debugger_objects;
use crate::analysis::object_set::ObjectSet;
use crate::graph::{HeapGraph, Object, Reference, RootKind, Slot};

use super::Towards;
use super::housekeeping::{self, Housekeeping};

/// What is seen of the heap.
pub(super) struct Lens<'g> {
    pub graph: &'g HeapGraph,
    pub towards: Towards,
    targets: ObjectSet,
    /// What is there for a debugger only, the targets aside.
    debugger: ObjectSet,
    /// Everything is seen as it is: nothing merged, nothing set aside.
    expand: bool,
    /// For each shape its housekeeping slots.
    special: Vec<Vec<(u32, Housekeeping)>>,
    owners: RefCell<HashMap<Object, Option<Object>>>,
}

/// A neighbour of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Neighbour {
    /// Seen. `weak`: by weak references alone.
    Seen { object: Object, weak: bool },
    /// Set aside.
    Aside { object: Object, kind: Housekeeping },
}

/// A reference as it is seen: from an object or from its own `__dict__`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenReference {
    pub reference: Reference,
    /// The object seen at the other end.
    pub to: Object,
    /// The referrer is the `__dict__` of the object from which it is seen.
    pub through_dict: bool,
    pub housekeeping: Option<Housekeeping>,
}

impl<'g> Lens<'g> {
    pub fn new(graph: &'g HeapGraph, targets: &[Object], towards: Towards, expand: bool) -> Self {
        let special = |shape: usize| -> Vec<(u32, Housekeeping)> {
            let fields = graph.fields_of_shape(shape);
            fields.filter_map(|(place, name)| Some((place, housekeeping::of_field(name, towards)?))).collect()
        };
        let debugger = debugger_objects(graph);
        Lens {
            graph,
            towards,
            debugger: match expand || targets.iter().any(|&target| debugger.contains(target)) {
                true => ObjectSet::empty(graph),
                false => debugger,
            },
            targets: ObjectSet::of(graph, targets.iter().copied()),
            expand,
            special: if expand { Vec::new() } else { (0..graph.shape_count()).map(special).collect() },
            owners: RefCell::default(),
        }
    }

    /// Whether a variable of a frame is told: a debugger's are not.
    pub fn tells_variable(&self, kind: RootKind) -> bool {
        super::is_variable(kind) && (self.expand || kind != RootKind::Debugger)
    }

    pub fn is_target(&self, object: Object) -> bool {
        self.targets.contains(object)
    }

    /// The dictionary that is seen as a part of the object; `None` when it has none, or one that others hold, too.
    pub fn own_dict(&self, object: Object) -> Option<Object> {
        let dict = self.graph.field(object, ".__dict__")?.referent?;
        (self.owner(dict) == Some(object)).then_some(dict)
    }

    /// What an object is seen as: a `__dict__` as its owner, everything else as itself.
    pub fn seen_as(&self, object: Object) -> Object {
        self.owner(object).unwrap_or(object)
    }

    /// The one object whose `__dict__` this is, when nothing but housekeeping refers to the dictionary besides.
    fn owner(&self, dict: Object) -> Option<Object> {
        let of = self.graph.type_of(dict);
        if self.expand || of.name != "dict" || of.module != "builtins" || self.is_target(dict) {
            return None;
        }
        if let Some(&known) = self.owners.borrow().get(&dict) {
            return known;
        }
        let owner = self.find_owner(dict);
        self.owners.borrow_mut().insert(dict, owner);
        owner
    }

    fn find_owner(&self, dict: Object) -> Option<Object> {
        let is_held = |kind| super::is_variable(kind) && kind != RootKind::Debugger;
        if self.graph.roots_of(dict).iter().any(|root| is_held(root.kind())) {
            return None;
        }
        let mut owner = None;
        // A row of referrers names each once per reference: a second one of the owner is another slot.
        for referrer in self.graph.referrers(dict) {
            if self.graph.field(referrer, ".__dict__").is_some_and(|field| field.referent == Some(dict)) {
                if owner.replace(referrer).is_some() {
                    return None;
                }
            } else if !self.debugger.contains(referrer)
                && !self.special_slots(referrer).any(|(reference, _)| reference.referent == Some(dict))
            {
                return None;
            }
        }
        owner
    }

    /// The object's fixed slots that are housekeeping by their names.
    fn special_slots(&self, object: Object) -> impl Iterator<Item = (Reference, Housekeeping)> + '_ {
        let slots = self.special.get(self.graph.shape_index(object)).map_or(&[][..], Vec::as_slice);
        slots.iter().filter_map(move |&(position, kind)| Some((self.graph.reference_at(object, position)?, kind)))
    }

    /// The neighbours in the direction of the excerpt, each once for each way of being one: referrers by address, those of
    /// the object before those of its `__dict__`; referents in slot order.
    pub fn neighbours(&self, object: Object) -> Vec<Neighbour> {
        match self.towards {
            Towards::Referrers => {
                let mut found = Vec::new();
                self.add_referrers(object, object, &mut found);
                if let Some(dict) = self.own_dict(object) {
                    self.add_referrers(dict, object, &mut found);
                }
                found
            }
            Towards::Referents => {
                let mut found: Vec<Neighbour> = Vec::new();
                let mut places: HashMap<(Object, Option<Housekeeping>), usize> = HashMap::new();
                self.each_reference(object, |seen| {
                    if seen.to == object {
                        return;
                    }
                    let is_weak = !self.graph.is_strong(seen.reference);
                    let place = *places.entry((seen.to, seen.housekeeping)).or_insert_with(|| {
                        found.push(match seen.housekeeping {
                            Some(kind) => Neighbour::Aside { object: seen.to, kind },
                            None => Neighbour::Seen { object: seen.to, weak: true },
                        });
                        found.len() - 1
                    });
                    if let Neighbour::Seen { weak, .. } = &mut found[place] {
                        *weak &= is_weak;
                    }
                });
                found
            }
        }
    }

    /// Adds who refers to `part`, which is `whole` or its `__dict__`.
    fn add_referrers(&self, part: Object, whole: Object, found: &mut Vec<Neighbour>) {
        let mut last = None;
        for referrer in self.graph.referrers(part) {
            if last.replace(referrer) == Some(referrer) {
                continue;
            }
            let object = self.seen_as(referrer);
            if object == whole {
                continue;
            }
            found.push(match self.set_aside(referrer, part) {
                Some(kind) => Neighbour::Aside { object, kind },
                None => Neighbour::Seen { object, weak: self.is_weak(referrer, part) },
            });
        }
    }

    fn is_weak(&self, referrer: Object, referent: Object) -> bool {
        self.graph.has_weak_slots(referrer)
            && !self.graph.references_between(referrer, referent).any(|reference| self.graph.is_strong(reference))
    }

    /// Whether all references between two objects are housekeeping. The row of a long list is not read for each of its
    /// elements: only of what is housekeeping at some slot all slots are looked at.
    fn set_aside(&self, referrer: Object, referent: Object) -> Option<Housekeeping> {
        if self.expand {
            return None;
        }
        if self.debugger.contains(referrer) {
            return Some(Housekeeping::Debugger);
        }
        let at_slot = self.special_slots(referrer).find(|(reference, _)| reference.referent == Some(referent));
        let may_be_element = self.graph.field(referent, ".__mro__").is_some();
        if at_slot.is_none() && !may_be_element {
            return None;
        }
        let mut kind = None;
        for reference in self.graph.references_between(referrer, referent) {
            kind = Some(self.housekeeping(reference)?);
        }
        kind
    }

    /// What kind of housekeeping a reference is; `None` when it is seen.
    pub fn housekeeping(&self, reference: Reference) -> Option<Housekeeping> {
        if self.expand {
            return None;
        }
        if self.debugger.contains(reference.referrer) {
            return Some(Housekeeping::Debugger);
        }
        let special = self.special.get(self.graph.shape_index(reference.referrer))?;
        let of_slot = special.iter().find(|(position, _)| *position == reference.position).map(|&(_, kind)| kind);
        let kind = of_slot.or_else(|| housekeeping::of_element(self.graph, reference, self.towards))?;
        let is_wanted = housekeeping::explains_a_target(kind)
            && reference.referent.is_some_and(|referent| self.is_target(referent))
            // A class's own table refers to the class only because the class refers to it.
            && of_slot.is_some();
        (!is_wanted).then_some(kind)
    }

    /// Every reference that is seen from an object: its own and those of its `__dict__`, in slot order.
    pub fn each_reference(&self, object: Object, mut visit: impl FnMut(SeenReference)) {
        let dict = self.own_dict(object);
        for reference in self.graph.references(object) {
            let Some(referent) = reference.referent else { continue };
            if Some(referent) == dict && self.graph.slot(reference) == Slot::Field(".__dict__") {
                continue;
            }
            let housekeeping = self.housekeeping(reference);
            visit(SeenReference { reference, to: self.seen_as(referent), through_dict: false, housekeeping });
        }
        for reference in dict.into_iter().flat_map(|dict| self.graph.references(dict)) {
            let Some(referent) = reference.referent else { continue };
            let housekeeping = self.housekeeping(reference);
            visit(SeenReference { reference, to: self.seen_as(referent), through_dict: true, housekeeping });
        }
    }
}
