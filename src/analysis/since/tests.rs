//! Histories in which each object has an identity: whatever the snapshots show, what is said of it must be so.

use super::*;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::places::PlacedHeap;
use crate::graph::{DrawnHeap, Sketch};
use crate::snapshot::Segment;
use crate::units::Address;

const TYPES: [&str; 5] = ["app.Session", "app.Order", "dict", "int", "str"];

/// An object of a history; an address may be used again, an identity is not.
#[derive(Debug, Clone, Copy)]
struct Living {
    identity: u32,
    address: u64,
    of: usize,
    size: u64,
    is_tracked: bool,
    is_immortal: bool,
    /// Whether it was tracked when the mark was set.
    is_marked: bool,
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

struct History {
    rng: Rng,
    living: Vec<Living>,
    made: u32,
}

impl History {
    fn make(&mut self) {
        let free: Vec<u64> = (0..24)
            .map(|place| 0x1000 + 16 * place)
            .filter(|address| self.living.iter().all(|one| one.address != *address))
            .collect();
        let Some(&address) = free.get(self.rng.below(free.len().max(1) as u64) as usize) else { return };
        let of = self.rng.below(TYPES.len() as u64) as usize;
        self.made += 1;
        self.living.push(Living {
            identity: self.made,
            address,
            of,
            size: 16 * (1 + self.rng.below(2)),
            // A dictionary is tracked only when it holds something.
            is_tracked: of < 2 || of == 2 && self.rng.below(2) == 0,
            is_immortal: of > 2 && self.rng.below(3) == 0,
            is_marked: false,
        });
    }

    fn go_on(&mut self) {
        for _ in 0..self.rng.below(30) {
            let at = self.rng.below(self.living.len().max(1) as u64) as usize;
            match self.rng.below(5) {
                0 | 1 => self.make(),
                2 if self.living.get(at).is_some_and(|one| !one.is_immortal) => {
                    self.living.swap_remove(at);
                }
                // It gets another class, it grows, it is tracked from now on.
                3 if at < self.living.len() && self.living[at].of < 2 => self.living[at].of = 1 - self.living[at].of,
                4 if at < self.living.len() && self.living[at].of == 2 => {
                    self.living[at].is_tracked = true;
                    self.living[at].size += 8;
                }
                _ => {}
            }
        }
    }

    /// What a snapshot shows; `set` and `since` are names of marks.
    fn snapshot(&self, set: Option<&str>, since: Option<&str>) -> HeapGraph {
        let mut sketch = Sketch::new();
        for one in &self.living {
            let name = one.identity.to_string();
            sketch.object_at(&name, TYPES[one.of], one.size, one.address);
            // A text never changes.
            if one.of > 2 {
                sketch.text(&name, if one.identity.is_multiple_of(3) { "a" } else { "b" });
            }
            sketch.refcount(&name, if one.is_immortal { -1 } else { 1 });
        }
        let mut snapshot = sketch.snapshot();
        for of in &mut snapshot.types {
            of.flags = Some(if &*of.module == "app" { 1 << 9 } else { 0 });
        }
        snapshot.header.process.pid = Some(7);
        snapshot.header.gc.mark_set = set.map(Into::into);
        snapshot.header.gc.marked_since = since.map(Into::into);
        if set.is_some() || since.is_some() {
            let of = |one: &Living| match (since.is_some() && one.is_tracked, one.is_marked) {
                (true, true) => 1,
                (true, false) => 2,
                (false, _) => 4 * u8::from(set.is_some() && one.is_tracked),
            };
            snapshot.objects.mark = self.living.iter().map(of).collect();
        }
        HeapGraph::build(snapshot)
    }
}

#[test]
fn what_is_certain_is_so_and_the_bounds_contain_the_truth() {
    let mut exact = [0_u32; 2];
    for seed in 0..6000 {
        let is_marked = seed % 2 == 0;
        let mut history = History { rng: Rng(seed), living: Vec::new(), made: 0 };
        history.go_on();
        let before: Vec<u32> = history.living.iter().map(|one| one.identity).collect();
        let set = is_marked.then_some("mark");
        let earlier = Earlier::of(&history.snapshot(set, None));
        if is_marked {
            history.living.iter_mut().for_each(|one| one.is_marked = one.is_tracked);
        }
        history.go_on();
        let graph = history.snapshot(None, set);
        assert!(earlier.is_of_one_process_with(&graph));
        let since = earlier.since(&graph);
        let mut truth = vec![Tally::default(); graph.types.len()];
        for one in &history.living {
            let object = graph.object_at(Address(one.address)).unwrap();
            let is_new = !before.contains(&one.identity);
            if is_new {
                truth[graph.type_id(object).index()].add(Tally { count: 1, shallow_bytes: one.size });
            }
            match since.age(object) {
                Age::New => assert!(is_new, "seed {seed}: {one:?} was there"),
                Age::Old => assert!(!is_new, "seed {seed}: {one:?} was not there"),
                Age::Unknown => assert!(
                    !is_marked || !one.is_tracked || one.of == 2,
                    "seed {seed}: {one:?} is tracked, and there is a mark"
                ),
            }
        }
        let bounds = since.bounds(&graph, graph.types.len(), |object| graph.type_id(object).index());
        for (bounds, truth) in bounds.iter().zip(&truth) {
            let Bounds { least, most } = bounds;
            assert!(least.count <= truth.count && truth.count <= most.count, "seed {seed}: {bounds:?}, {truth:?}");
            assert!(
                least.shallow_bytes <= truth.shallow_bytes && truth.shallow_bytes <= most.shallow_bytes,
                "seed {seed}: {bounds:?}, {truth:?}"
            );
        }
        exact[usize::from(is_marked)] += u32::from(since.all(&graph).is_exact());
    }
    assert!(exact[1] > exact[0], "a mark must tell more: {exact:?}");
}

#[test]
fn what_was_made_between_two_snapshots_and_is_alive_in_a_third() {
    for seed in 0..3000 {
        let mut history = History { rng: Rng(seed), living: Vec::new(), made: 0 };
        history.go_on();
        let made_before_first = history.made;
        let first = Earlier::of(&history.snapshot(None, None));
        history.go_on();
        let made_before_second = history.made;
        let set = (seed % 2 == 0).then_some("mark");
        let second = Earlier::of(&history.snapshot(set, None));
        history.living.iter_mut().for_each(|one| one.is_marked = set.is_some() && one.is_tracked);
        history.go_on();
        let graph = history.snapshot(None, set);
        let (since_first, since_second) = (first.since(&graph), second.since(&graph));
        let found = since_first.born_before(&since_second, &graph, 1, |_| 0)[0];
        let born = |one: &&Living| one.identity > made_before_first && one.identity <= made_before_second;
        let is_certain = |one: &&Living| since_first.age(graph.object_at(Address(one.address)).unwrap()) == Age::New;
        let all = history.living.iter().filter(born).count() as u64;
        let at_new_addresses = history.living.iter().filter(born).filter(is_certain).count() as u64;
        assert!(found.least.count <= all && at_new_addresses <= found.most.count, "seed {seed}: {found:?}");
    }
}

/// A cache of so many users, of a process of its own.
fn cache(pid: u64, users: usize, has_orders: bool) -> DrawnHeap {
    let mut sketch = Sketch::new();
    let base = 0x10_0000 * pid;
    sketch.object_at("app", "module", 8, base).object_at("names", "dict", 64, base + 16);
    sketch.object_at("CACHE", "dict", 64, base + 32).object_at("key", "str", 50, base + 48).text("key", "CACHE");
    sketch.refer("app", ".__dict__", "names").module_root("app").elements("names", Segment::Mapping);
    sketch.refer("names", "", "key").refer("names", "", "CACHE").elements("CACHE", Segment::Sequence);
    for user in 0..users {
        let name = format!("user {user}");
        sketch.object_at(&name, "app.User", 100 + user as u64, base + 64 + 16 * user as u64).refer("CACHE", "", &name);
    }
    if has_orders {
        sketch.object_at("order", "app.Order", 70, base + 0xF000).refer("CACHE", "", "order");
    }
    sketch.build()
}

#[test]
fn of_different_processes_it_is_known_how_many_are_more_at_a_place() {
    let (before, after) = (cache(1, 10, false), cache(2, 25, true));
    let earlier = EarlierPlaces::of(PlacedHeap::of(&before.graph, &GcRoots::of(&before.graph)));
    let placed = PlacedHeap::of(&after.graph, &GcRoots::of(&after.graph));
    let since = earlier.since(&placed);
    assert_eq!(since.age(after.get("order")), Age::New);
    assert_eq!(since.age(after.get("user 3")), Age::Unknown);
    assert_eq!(since.age(after.get("CACHE")), Age::Old);
    let all = since.all(&after.graph);
    assert_eq!((all.least.count, all.most.count), (16, 16));
    // Any fifteen of the users.
    let sum = |users: std::ops::Range<u64>| users.map(|user| 100 + user).sum::<u64>() + 70;
    assert!(all.least.shallow_bytes <= sum(0..15) && sum(10..25) <= all.most.shallow_bytes);
    let same = EarlierPlaces::of(PlacedHeap::of(&after.graph, &GcRoots::of(&after.graph))).since(&placed);
    assert_eq!(same.all(&after.graph), Bounds::default());
}

#[test]
fn another_number_beginning_or_command_line_is_another_process() {
    let with = |pid: Option<u64>, time: &str, seconds: f64, argv: &str| {
        let mut snapshot = Sketch::new().snapshot();
        snapshot.header.process.pid = pid;
        snapshot.header.process.real_seconds = Some(seconds);
        snapshot.header.process.argv = Some(vec![argv.into()]);
        snapshot.header.capture.time = Some(time.into());
        HeapGraph::build(snapshot)
    };
    let earlier = Earlier::of(&with(Some(7), "2026-01-01T00:00:10Z", 10.0, "app.py"));
    let is_same = |graph: &HeapGraph| earlier.is_of_one_process_with(graph);
    assert!(is_same(&with(Some(7), "2026-01-01T00:01:00Z", 60.2, "app.py")));
    assert!(!is_same(&with(Some(8), "2026-01-01T00:01:00Z", 60.2, "app.py")));
    assert!(!is_same(&with(None, "2026-01-01T00:01:00Z", 60.2, "app.py")));
    assert!(!is_same(&with(Some(7), "2026-01-01T00:01:00Z", 6.0, "app.py")));
    assert!(!is_same(&with(Some(7), "2026-01-01T00:01:00Z", 60.2, "other.py")));
    // A forked child has the mark of its parent.
    let mut marked = Sketch::new().snapshot();
    marked.header.gc.mark_set = Some("7-1".into());
    let mut child = Sketch::new().snapshot();
    (child.header.process.pid, child.header.gc.marked_since) = (Some(9), Some("7-1".into()));
    assert!(Earlier::of(&HeapGraph::build(marked)).is_of_one_process_with(&HeapGraph::build(child)));
}
