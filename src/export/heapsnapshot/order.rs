//! The nodes of the file: the root, one for each kind of GC root, and the objects, in the order in which a search by breadth
//! from the root meets them.

use crate::analysis::dominators::{garbage_entries, reachable_from};
use crate::analysis::gc_roots::{GcRootKind, GcRoots};
use crate::analysis::object_set::ObjectSet;
use crate::analysis::reference_view::ReferenceView;
use crate::graph::{HeapGraph, Object};
use crate::report::root_words;

use super::edges::EdgeKind;
use super::strings::Strings;

/// A node that is no object.
pub(super) struct Group {
    /// Its name, an index into the strings.
    pub name: u32,
    pub edges: Vec<GroupEdge>,
}

/// An edge from such a node.
pub(super) struct GroupEdge {
    pub kind: EdgeKind,
    pub name: u32,
    /// The code of the node that it leads to.
    pub to: u32,
}

/// All nodes. A node has a code: the groups have the first ones, in their order, then come the objects in theirs.
pub(super) struct Nodes {
    groups: Vec<Group>,
    /// Codes in the order of the file.
    pub order: Vec<u32>,
    /// By code the place in the file.
    place: Vec<u32>,
    alive: ObjectSet,
    /// Edges of all nodes.
    pub edges: u64,
}

const ROOT: usize = 0;
/// The node of this name is where memlab begins.
const GC_ROOTS: usize = 1;

impl Nodes {
    /// Linear; keeps 8 bytes per object.
    pub fn of(graph: &HeapGraph, roots: &GcRoots, strings: &mut Strings) -> Nodes {
        let view = ReferenceView::exact(graph);
        let alive = reachable_from(&view, &roots.objects(graph));
        let groups = groups(graph, roots, &garbage_entries(&view, &alive), strings);
        let count = groups.len() + graph.object_count();
        let mut nodes =
            Nodes { groups, order: Vec::with_capacity(count), place: vec![u32::MAX; count], alive, edges: 0 };
        nodes.meet(ROOT as u32);
        let mut next = 0;
        while let Some(&code) = nodes.order.get(next) {
            next += 1;
            match nodes.object(code) {
                None => {
                    for edge in 0..nodes.group(code).edges.len() {
                        let to = nodes.group(code).edges[edge].to;
                        nodes.edges += 1;
                        nodes.meet(to);
                    }
                }
                Some(object) => {
                    for referent in graph.referents(object) {
                        nodes.edges += 1;
                        nodes.meet(nodes.code(referent));
                    }
                }
            }
        }
        debug_assert_eq!(nodes.order.len(), count, "every object hangs on a root or is garbage");
        nodes
    }

    fn meet(&mut self, code: u32) {
        let place = &mut self.place[code as usize];
        if *place == u32::MAX {
            *place = self.order.len() as u32;
            self.order.push(code);
        }
    }

    /// The object of a code; `None` of a group.
    pub fn object(&self, code: u32) -> Option<Object> {
        code.checked_sub(self.groups.len() as u32).map(Object)
    }

    /// The group of a code.
    pub fn group(&self, code: u32) -> &Group {
        &self.groups[code as usize]
    }

    pub fn code(&self, object: Object) -> u32 {
        self.groups.len() as u32 + object.0
    }

    /// Where the node of a code stands in the file.
    pub fn place(&self, code: u32) -> u32 {
        self.place[code as usize]
    }

    /// Whether a GC root reaches the object.
    pub fn is_alive(&self, object: Object) -> bool {
        self.alive.contains(object)
    }
}

/// The root, below it all GC roots by kind, and garbage. What the program names hangs on the root itself as well: viewers count
/// their distances from there.
fn groups(graph: &HeapGraph, roots: &GcRoots, garbage: &[Object], strings: &mut Strings) -> Vec<Group> {
    let mut groups = vec![
        Group { name: strings.fixed(""), edges: Vec::new() },
        Group { name: strings.fixed("(GC roots)"), edges: Vec::new() },
    ];
    let code_of_first = 2 + GcRootKind::ALL.iter().filter(|kind| has_any(roots, **kind)).count() as u32;
    let code_of_first = code_of_first + u32::from(!garbage.is_empty());
    let edge = |kind, name, to| GroupEdge { kind, name, to };
    groups[ROOT].edges.push(edge(EdgeKind::Element, 1, GC_ROOTS as u32));
    let mut by_kind: Vec<Group> = Vec::new();
    for kind in GcRootKind::ALL.into_iter().filter(|kind| has_any(roots, *kind)) {
        let mut group = Group { name: strings.fixed(&format!("({})", kind.label())), edges: Vec::new() };
        for root in roots.roots.iter().filter(|root| root.kind == kind) {
            let to = code_of_first + root.object.0;
            match root.named(graph) {
                None => group.edges.push(edge(EdgeKind::Element, group.edges.len() as u32, to)),
                Some(named) => {
                    let name = strings.fixed(&root_words::name(&named.place));
                    group.edges.push(edge(EdgeKind::Property, name, to));
                    if matches!(
                        kind,
                        GcRootKind::Module | GcRootKind::FrameLocal | GcRootKind::Interpreter | GcRootKind::Thread
                    ) {
                        groups[ROOT].edges.push(edge(EdgeKind::Property, name, to));
                    }
                }
            }
        }
        by_kind.push(group);
    }
    if !garbage.is_empty() {
        let edges = (0..).zip(garbage).map(|(at, object)| edge(EdgeKind::Element, at, code_of_first + object.0));
        by_kind.push(Group { name: strings.fixed("(garbage)"), edges: edges.collect() });
    }
    for group in by_kind {
        let (name, to) = (group.name, groups.len() as u32);
        groups[GC_ROOTS].edges.push(edge(EdgeKind::Property, name, to));
        groups.push(group);
    }
    groups
}

fn has_any(roots: &GcRoots, kind: GcRootKind) -> bool {
    roots.roots.iter().any(|root| root.kind == kind)
}
