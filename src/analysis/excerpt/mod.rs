//! Which small part of the heap is worth drawing around some objects.
//!
//! A picture is small by construction, and what is left out is counted. In order: `gather` what is around the targets, seen
//! through a `lens` that merges each object with its `__dict__` and sets `housekeeping` aside; [fold](super::fold) what is
//! alike; `choose` within the limits what is drawn; `join` it with links and count the rest.

mod choose;
mod gather;
mod housekeeping;
mod join;
mod lens;
#[cfg(test)]
mod tests;

pub use housekeeping::Housekeeping;

use crate::graph::{HeapGraph, Object, Reference, RootKind, TypeId};

use super::explored::Explored;
use super::gc_roots::GcRoot;

/// Which way an excerpt grows from its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// To the objects that refer to them: why are they alive?
    Referrers,
    /// To the objects that they refer to: what do they hold?
    Referents,
}

/// How much is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of references from a target. The shortest path to a GC root is drawn beyond it.
    pub depth: u32,
    /// Draw, where the depth ends and there is room, also the shortest ways on to GC roots.
    pub on_to_roots: bool,
    /// Largest number of boxes drawn as neighbours of one box; what is beyond is counted.
    pub too_many: usize,
    /// Largest number of boxes in all.
    pub max_boxes: usize,
}

impl Default for Limits {
    /// What is drawn where nobody asks for more.
    fn default() -> Self {
        Limits { depth: 3, on_to_roots: true, too_many: 10, max_boxes: 60 }
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The direction.
    pub towards: Towards,
    /// How much.
    pub limits: Limits,
    /// See the heap as it is: an object's `__dict__` apart from it, and housekeeping like everything else.
    pub expand: bool,
    /// Draw alike objects as one box, and long runs as one box.
    pub fold: bool,
    /// For each type of the heap, by [`TypeId`], whether its objects may be drawn; those beyond the list may. Targets and paths to GC
    /// roots are drawn whatever their types.
    pub may_draw: Vec<bool>,
    /// For each type whether its objects are to stand out; those beyond the list don't.
    pub highlight: Vec<bool>,
}

impl Wish {
    /// Everything folded, nothing filtered.
    pub fn new(towards: Towards, limits: Limits) -> Self {
        Wish { towards, limits, expand: false, fold: true, may_draw: Vec::new(), highlight: Vec::new() }
    }

    fn may_draw(&self, of: TypeId) -> bool {
        self.may_draw.get(of.index()).copied().unwrap_or(true)
    }

    /// Whether objects of a type are to stand out.
    pub fn highlights(&self, of: TypeId) -> bool {
        self.highlight.get(of.index()).copied().unwrap_or(false)
    }
}

/// A box of an excerpt: an object with its `__dict__`, or several objects that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its objects, never empty; the first stands for all. Of a run: from the target's end on.
    pub objects: Vec<Object>,
    /// What the objects have in common.
    pub fold: Fold,
    /// References from the nearest target; 0 for a target.
    pub distance: u32,
    /// The `__dict__` that is drawn as a part of the object; `None` for several objects.
    pub dict: Option<Object>,
    /// The GC root that the object is and where its shortest path begins; `None` for all others.
    pub root: Option<GcRoot>,
}

/// Why the objects of a member are one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// It is one object.
    One,
    /// They have the same type and the same role.
    Alike,
    /// They have the same type and follow each other.
    Run,
    /// They follow each other on the path to a GC root.
    Stretch,
}

/// The references from one member to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Index of the referrer in [`Excerpt::members`].
    pub from: usize,
    /// Index of the referent in [`Excerpt::members`]; the same for a reference to itself, or within a fold.
    pub to: usize,
    /// The first references of different names, at most [`MAX_NAMED`]: of the path to a GC root, then strong ones, then in slot order.
    pub names: Vec<SlotName>,
    /// How many references have other names than these.
    pub more: u64,
    /// How many references there are in all.
    pub references: u64,
    /// Whether all of them are weak.
    pub weak: bool,
    /// Part of the shortest path to a GC root.
    pub on_path: bool,
}

/// What a reference of a link is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotName {
    /// The reference.
    pub reference: Reference,
    /// The referrer of `reference` is drawn as the `__dict__` of the link's referrer.
    pub through_dict: bool,
}

/// How many parallel references of a link are told apart.
pub const MAX_NAMED: usize = 3;

/// A local variable of a running frame that holds a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Index of the member.
    pub at: usize,
    /// Index in [`HeapGraph::roots`].
    pub root: u32,
    /// The shortest path to a GC root begins here.
    pub on_path: bool,
}

/// Why neighbours of a member are not in the excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// The member has more than `too_many`.
    TooMany,
    /// The excerpt is full.
    Full,
    /// The reader filtered them out.
    Filtered,
    /// The depth was reached, or the end of a path that is drawn beyond it.
    Depth,
    /// There are more objects than can be looked at.
    Crowd,
    /// The member holds by weak references only: whoever holds it keeps nothing else alive.
    BehindWeak,
    /// The member is a GC root, alive by itself.
    BehindRoot,
}

/// Neighbours of a member that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the member.
    pub at: usize,
    /// How many different objects.
    pub objects: u64,
    /// Why.
    pub cut: Cut,
}

/// Housekeeping at a member: counted, not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// Index of the member.
    pub at: usize,
    /// Which kind.
    pub kind: Housekeeping,
    /// How many different objects are at the other end.
    pub objects: u64,
}

/// How the targets are kept alive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alive {
    /// Targets to which no GC root leads.
    pub unreachable: u64,
    /// Targets whose path to a GC root isn't drawn for want of room.
    pub paths_not_drawn: u64,
}

/// A small part of the heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The direction in which it was collected.
    pub towards: Towards,
    /// Its boxes: targets first, then by distance.
    pub members: Vec<Member>,
    /// All references between members that are seen, by `from` then `to`.
    pub links: Vec<Link>,
    /// Variables that hold members, by member. None towards referents.
    pub variables: Vec<Variable>,
    /// What is missing, by member and reason.
    pub left_out: Vec<LeftOut>,
    /// For each reason how many different objects are missing; an object may be missing for several.
    pub missing: Vec<(Cut, u64)>,
    /// Housekeeping by member and kind.
    pub set_aside: Vec<SetAside>,
    /// For each kind of housekeeping how many different objects are at the other ends.
    pub set_aside_in_all: Vec<(Housekeeping, u64)>,
    /// What was found about the targets' own lives. Nothing towards referents.
    pub alive: Alive,
}

impl Excerpt {
    /// Collects what surrounds `targets` (duplicates count once).
    ///
    /// Towards referrers, the shortest path from a GC root to each target is always drawn when it fits. A named GC root is drawn but not
    /// followed beyond, and neither is who holds a target by weak references alone. Where there are too many neighbours, those nearest to
    /// a GC root are drawn, towards referents those that retain most; ties go to larger folds, then to lower addresses.
    ///
    /// Asks the heap for paths towards referrers only, for retained sizes only when referents have to be chosen.
    pub fn around(heap: &Explored<'_>, targets: &[Object], wish: &Wish) -> Excerpt {
        let lens = lens::Lens::new(heap.graph, targets, wish.towards, wish.expand);
        let gathered = gather::gather(&lens, heap, targets, wish);
        let folded = gathered.fold(&lens, wish);
        let chosen = choose::choose(&lens, heap, &gathered, &folded, wish);
        join::join(&lens, &heap.roots, &gathered, chosen, wish)
    }

    /// Number of objects in all boxes, a `__dict__` drawn with its owner not counted.
    pub fn object_count(&self) -> u64 {
        self.members.iter().map(|member| member.objects.len() as u64).sum()
    }
}

/// Whether the object is a module in `sys.modules`.
pub fn is_module_root(graph: &HeapGraph, object: Object) -> bool {
    graph.roots_of(object).iter().any(|root| root.module().is_some())
}

/// Whether a kind of root is a variable of a frame: it holds its object from outside.
pub fn is_variable(kind: RootKind) -> bool {
    matches!(kind, RootKind::FrameLocal | RootKind::FrameStack | RootKind::Debugger)
}
