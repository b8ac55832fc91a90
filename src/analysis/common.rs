//! How many objects of each type there are, with their shallow bytes.

use std::collections::BTreeMap;

use crate::graph::{HeapGraph, Object};
use crate::snapshot::{Allocations, Interpreter, Snapshot};

use super::origin::{Folders, Origin, Origins};

/// Objects and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Number of objects.
    pub count: u64,
    /// Sum of their shallow sizes; saturates at 2^64 − 1.
    pub shallow_bytes: u64,
}

impl Tally {
    /// Counts others, too.
    pub fn add(&mut self, other: Tally) {
        self.count += other.count;
        self.shallow_bytes = self.shallow_bytes.saturating_add(other.shallow_bytes);
    }
}

/// What objects are counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The full name of their type.
    Type,
    /// The module that defines their type.
    Module,
    /// The line that made them.
    Line,
    /// The function that made them.
    Function,
    /// The source file that made them.
    File,
}

impl Grouping {
    /// Whether it asks where objects were made, which not every snapshot knows.
    pub fn is_of_allocations(self) -> bool {
        matches!(self, Grouping::Line | Grouping::Function | Grouping::File)
    }
}

/// The name of the group of objects of which nobody knows where they were made.
pub const UNKNOWN: &str = "";
/// What stands between the file and the function in the name of a group.
pub const FUNCTION_MARK: &str = ": ";

/// In which order groups come. Ties are broken by the other number, then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Most objects first.
    Count,
    /// Most bytes first.
    Size,
    /// By name.
    Name,
}

/// Objects and bytes per group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// What the keys of `groups` are.
    pub grouping: Grouping,
    /// Per full type name, or per module; per `FILE:LINE`, `FILE: FUNCTION` (`FILE: ` where the function is not known) or
    /// `FILE`, with [`UNKNOWN`]. Distinct types of the same full name are one group.
    pub groups: BTreeMap<String, Tally>,
    /// Whose the modules of `groups` are; of distinct ones of one name the application's first.
    pub origins: BTreeMap<String, Origin>,
    /// By [`Grouping::Line`], the functions of the lines, as far as they are known.
    pub functions: BTreeMap<String, String>,
    /// All objects.
    pub total: Tally,
}

/// The name of each traceback's group, and of the line's function where the group does not have it.
fn names_of_tracebacks(allocations: &Allocations, grouping: Grouping) -> Vec<(String, Option<String>)> {
    let functions = allocations.functions_of_lines();
    let name = |frames: &[crate::snapshot::CodeLine]| {
        let Some(at) = frames.first() else { return (UNKNOWN.to_owned(), None) };
        let (file, function) = (allocations.file(*at), functions.get(at).copied());
        match grouping {
            Grouping::File => (file.to_owned(), None),
            Grouping::Function => (format!("{file}{FUNCTION_MARK}{}", function.unwrap_or("")), None),
            _ => (format!("{file}:{}", at.line), function.map(str::to_owned)),
        }
    };
    allocations.tracebacks().map(name).collect()
}

/// The groups of the objects of a graph, by number.
#[derive(Debug)]
pub struct Groups {
    /// Their names, ascending.
    pub names: Vec<String>,
    grouping: Grouping,
    /// The group of each type, or of each traceback.
    of: Vec<usize>,
    unknown: usize,
}

impl Groups {
    /// The groups of a graph. O(n log n) in its types or tracebacks.
    pub fn of(graph: &HeapGraph, grouping: Grouping) -> Groups {
        let of: Vec<String> = match grouping {
            Grouping::Type => graph.types.iter().map(|of| of.full_name()).collect(),
            Grouping::Module => graph.types.iter().map(|of| of.module.clone()).collect(),
            _ => names_of_tracebacks(graph.allocations(), grouping).into_iter().map(|(name, _)| name).collect(),
        };
        let mut names = of.clone();
        if grouping.is_of_allocations() {
            names.push(UNKNOWN.to_owned());
        }
        names.sort();
        names.dedup();
        let place = |name: &String| names.partition_point(|other| other < name);
        let of = of.iter().map(place).collect();
        let unknown = place(&UNKNOWN.to_owned());
        Groups { names, grouping, of, unknown }
    }

    /// The group of an object: an index into [`Groups::names`].
    pub fn group(&self, graph: &HeapGraph, object: Object) -> usize {
        if self.grouping.is_of_allocations() {
            graph.traceback_of(object).map_or(self.unknown, |traceback| self.of[traceback as usize])
        } else {
            self.of[graph.type_id(object).index()]
        }
    }
}

impl Counts {
    /// Counts the objects of a snapshot, which may have been read without its references. Linear in its shapes.
    pub fn of(snapshot: &Snapshot, grouping: Grouping) -> Counts {
        let mut counts = Counts::empty(grouping);
        if grouping.is_of_allocations() {
            let tally = |objects, shallow_bytes| Tally { count: objects, shallow_bytes };
            let all = snapshot.tallies.iter().fold(Tally::default(), |mut all, one| {
                all.add(tally(one.objects, one.shallow_bytes));
                all
            });
            let tallies = snapshot.allocation_tallies.iter().map(|one| tally(one.objects, one.shallow_bytes));
            counts.add_allocations(&snapshot.allocations, &snapshot.header.interpreter, tallies, all);
            return counts;
        }
        let origins = Origins::of_snapshot(snapshot);
        for (shape, tally) in snapshot.shapes.iter().zip(&snapshot.tallies).filter(|(_, tally)| tally.objects > 0) {
            let tally = Tally { count: tally.objects, shallow_bytes: tally.shallow_bytes };
            let record = &snapshot.types[shape.type_index as usize];
            let name = if grouping == Grouping::Module { record.module.0.clone() } else { record.full_name() };
            counts.add(name, tally, origins.of_module(&record.module));
        }
        counts
    }

    /// Counts the objects of a graph. Linear in its objects.
    pub fn of_graph(graph: &HeapGraph, grouping: Grouping) -> Counts {
        let one = |object| Tally { count: 1, shallow_bytes: graph.size(object) };
        if grouping.is_of_allocations() {
            let mut counts = Counts::empty(grouping);
            let mut tallies = vec![Tally::default(); graph.allocations().len()];
            let mut all = Tally::default();
            for object in graph.objects() {
                all.add(one(object));
                if let Some(traceback) = graph.traceback_of(object) {
                    tallies[traceback as usize].add(one(object));
                }
            }
            counts.add_allocations(graph.allocations(), &graph.header.interpreter, tallies.into_iter(), all);
            return counts;
        }
        let mut by_type = vec![Tally::default(); graph.types.len()];
        for object in graph.objects() {
            by_type[graph.type_id(object).index()].add(one(object));
        }
        let mut counts = Counts::empty(grouping);
        let origins = Origins::of(graph);
        for (of, tally) in graph.types.iter().zip(by_type).filter(|(_, tally)| tally.count > 0) {
            let name = if grouping == Grouping::Module { of.module.clone() } else { of.full_name() };
            counts.add(name, tally, origins.of_type(of));
        }
        counts
    }

    fn empty(grouping: Grouping) -> Counts {
        Counts {
            grouping,
            groups: BTreeMap::new(),
            origins: BTreeMap::new(),
            functions: BTreeMap::new(),
            total: Tally::default(),
        }
    }

    /// Adds what each traceback made, and the rest of `all` as made nobody knows where.
    fn add_allocations(
        &mut self,
        allocations: &Allocations,
        interpreter: &Interpreter,
        tallies: impl Iterator<Item = Tally>,
        all: Tally,
    ) {
        let folders = Folders::of(interpreter);
        let mut rest = all;
        let names = names_of_tracebacks(allocations, self.grouping);
        for (((name, function), frames), tally) in names.into_iter().zip(allocations.tracebacks()).zip(tallies) {
            if tally.count == 0 {
                continue;
            }
            rest.count = rest.count.saturating_sub(tally.count);
            rest.shallow_bytes = rest.shallow_bytes.saturating_sub(tally.shallow_bytes);
            let origin = frames.first().map_or(Origin::Unknown, |at| folders.origin(allocations.file(*at)));
            if let Some(function) = function {
                self.functions.insert(name.clone(), function);
            }
            self.add(name, tally, origin);
        }
        if rest.count > 0 {
            self.add(UNKNOWN.to_owned(), rest, Origin::Unknown);
        }
    }

    fn add(&mut self, name: String, tally: Tally, origin: Origin) {
        let known = self.origins.entry(name.clone()).or_insert(origin);
        *known = origin.min(*known);
        self.groups.entry(name).or_default().add(tally);
        self.total.add(tally);
    }

    /// All groups in this order.
    pub fn ranked(&self, order: Order) -> Vec<(&str, Tally)> {
        let mut groups: Vec<(&str, Tally)> = self.groups.iter().map(|(name, tally)| (name.as_str(), *tally)).collect();
        // The map gives names in order and sorting is stable, so names break what ties are left.
        match order {
            Order::Count => groups.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.count, tally.shallow_bytes))),
            Order::Size => groups.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.shallow_bytes, tally.count))),
            Order::Name => {}
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    fn sketch() -> Snapshot {
        let mut sketch = Sketch::new();
        sketch.object("a", "dict", 64).object("b", "app.User", 48).object("c", "dict", 232).object(
            "d",
            "app.Order",
            280,
        );
        sketch.object("e", "app.Audit", 48);
        sketch.snapshot()
    }

    #[test]
    fn counts_objects_and_bytes_per_type() {
        let counts = Counts::of(&sketch(), Grouping::Type);
        assert_eq!(counts.groups["dict"], Tally { count: 2, shallow_bytes: 296 });
        assert_eq!(counts.total, Tally { count: 5, shallow_bytes: 672 });
    }

    #[test]
    fn ties_are_broken_by_the_other_number_then_by_name() {
        let counts = Counts::of(&sketch(), Grouping::Type);
        let names = |order| counts.ranked(order).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Order::Count), ["dict", "app.Order", "app.Audit", "app.User"]);
        assert_eq!(names(Order::Size), ["dict", "app.Order", "app.Audit", "app.User"]);
        assert_eq!(names(Order::Name), ["app.Audit", "app.Order", "app.User", "dict"]);
    }

    #[test]
    fn modules_gather_their_types() {
        let counts = Counts::of(&sketch(), Grouping::Module);
        assert_eq!(counts.groups["app"], Tally { count: 3, shallow_bytes: 376 });
        assert_eq!(counts.groups["builtins"].count, 2);
    }
}
