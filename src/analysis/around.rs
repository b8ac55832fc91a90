//! What else holds an object, when some of its holders are left aside.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::graph::Object;

use super::explored::Explored;
use super::root_paths::{Hop, RootPath, strong_reference};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Around {
    /// A path that leads through none of what is left aside.
    Path(RootPath),
    /// Every path leads through it: without it the object is garbage.
    Nothing,
    /// So many objects were looked at, and there may be a path beyond.
    Unknown(u64),
}

/// A path to the object that avoids others. Walks backwards from the object, those nearest to a root first, until the shortest
/// path of one is free of them; looks at `limit` objects at most. Where one object alone is avoided, the dominator tree says when
/// there is none.
pub fn path_around(heap: &Explored<'_>, target: Object, avoided: &[Object], limit: usize) -> Around {
    let graph = heap.graph;
    let found = heap.reachability();
    if avoided.iter().any(|&one| one == target || heap.dominated().dominates(one, target)) {
        return Around::Nothing;
    }
    // A path over one of these, or over the target itself, explains nothing.
    let mut is_free: FxHashMap<Object, bool> = avoided.iter().map(|&one| (one, false)).collect();
    let own_root = heap.roots.of_object(target).next().copied();
    if let Some(root) = own_root {
        return Around::Path(RootPath { root, hops: Vec::new() });
    }
    is_free.insert(target, false);
    // Where each object was come upon from.
    let mut towards: FxHashMap<Object, Object> = FxHashMap::default();
    let mut left = BinaryHeap::new();
    let mut looked_at = 0;
    let mut next = Some(target);
    while let Some(object) = next {
        for holder in graph.referrers(object) {
            looked_at += 1;
            let is_new = holder != target && !avoided.contains(&holder) && found.is_reached(holder);
            if is_new && !towards.contains_key(&holder) && strong_reference(graph, holder, object).is_some() {
                towards.insert(holder, object);
                left.push(Reverse((found.rank(holder), found.cost(holder), holder)));
            }
        }
        if looked_at > limit {
            return Around::Unknown(looked_at as u64);
        }
        let Some(Reverse((_, _, holder))) = left.pop() else { return Around::Nothing };
        if is_path_free(heap, holder, &mut is_free) {
            return path_over(heap, holder, target, &towards).map_or(Around::Nothing, Around::Path);
        }
        next = Some(holder);
    }
    Around::Nothing
}

/// Whether the shortest path to an object meets nothing that is not free. What was walked once is known.
fn is_path_free(heap: &Explored<'_>, object: Object, is_free: &mut FxHashMap<Object, bool>) -> bool {
    let mut walked = Vec::new();
    let mut at = object;
    let free = loop {
        if let Some(&known) = is_free.get(&at) {
            break known;
        }
        walked.push(at);
        match heap.reachability().last_reference(heap.graph, at) {
            Some(reference) => at = reference.referrer,
            None => break true,
        }
    };
    is_free.extend(walked.into_iter().map(|one| (one, free)));
    free
}

/// The shortest path to `over`, and from there to the target.
fn path_over(
    heap: &Explored<'_>,
    over: Object,
    target: Object,
    towards: &FxHashMap<Object, Object>,
) -> Option<RootPath> {
    let mut path = heap.path(over)?;
    let mut at = over;
    while at != target {
        let next = *towards.get(&at)?;
        path.hops.push(Hop { reference: strong_reference(heap.graph, at, next)?, object: next });
        at = next;
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{DrawnHeap, Sketch};

    /// A module that holds a job by a list, and by a dictionary in a cell.
    fn heap() -> DrawnHeap {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 10).object("list", "list", 20).object("cell", "cell", 5).module_root("app");
        sketch.object("dict", "dict", 30).object("job", "app.Job", 40).object("part", "app.Part", 2);
        sketch.refer("app", ".list", "list").refer("app", ".cell", "cell").refer("cell", ".contents", "dict");
        sketch.refer("list", "[0]", "job").refer("dict", "['job']", "job").refer("job", ".part", "part");
        sketch.refer("part", ".job", "job");
        sketch.build()
    }

    fn around(avoided: &[&str], target: &str) -> Option<Vec<String>> {
        let drawn = heap();
        let heap = Explored::of(&drawn.graph);
        let avoided: Vec<Object> = avoided.iter().map(|name| drawn.get(name)).collect();
        match path_around(&heap, drawn.get(target), &avoided, 100) {
            Around::Path(path) => Some(path.objects().map(|object| drawn.name(object).to_owned()).collect()),
            Around::Nothing => None,
            Around::Unknown(_) => panic!("it is a small heap"),
        }
    }

    #[test]
    fn what_else_holds_it_is_found_step_by_step() {
        let path = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(around(&[], "job"), path(&["app", "list", "job"]));
        assert_eq!(around(&["list"], "job"), path(&["app", "cell", "dict", "job"]));
        assert_eq!(around(&["list", "dict"], "job"), None);
        assert_eq!(around(&["list", "cell"], "job"), None);
        assert_eq!(around(&["app"], "job"), None);
        assert_eq!(around(&["list"], "part"), path(&["app", "cell", "dict", "job", "part"]));
        assert_eq!(around(&["job"], "part"), None);
    }

    #[test]
    fn a_limit_is_no_answer() {
        let drawn = heap();
        let heap = Explored::of(&drawn.graph);
        let found = path_around(&heap, drawn.get("job"), &[drawn.get("list")], 0);
        assert!(matches!(found, Around::Unknown(_)), "{found:?}");
    }
}
