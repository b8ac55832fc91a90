//! The dominator tree of a large heap, next to petgraph's `simple_fast` on the same graph.
//!
//! The heap is synthetic: users with profiles, orders, sessions, callbacks, closures, in a registry, and a long chain, about
//! three objects with leaves for each tracked one. `HEAPGRAPH_BENCH_SNAPSHOT=FILE cargo bench --bench dominators` takes a
//! real one instead; `HEAPGRAPH_BENCH_TRACKED=N` sets the size of the synthetic one (100,000).

use std::hint::black_box;

use cpu_time::ProcessTime;
use heapgraph::analysis::cycles::cycles;
use heapgraph::analysis::dominated::DominatedObjects;
use heapgraph::analysis::dominators::{Dominator, DominatorTree};
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::reachability::Reachability;
use heapgraph::analysis::reference_view::ReferenceView;
use heapgraph::analysis::retained::RetainedSizes;
use heapgraph::graph::{HeapGraph, Object};
use heapgraph::snapshot::{RootRecord, Segment, ShapeRecord, Snapshot, TypeRecord, Wanted, WireAddress};
use peak_alloc::PeakAlloc;
use petgraph::algo::dominators::simple_fast;
use petgraph::visit::{GraphBase, IntoNeighbors, VisitMap, Visitable};

/// The heap under one virtual root, as petgraph sees it. Strong references only.
struct Rooted<'g> {
    graph: &'g HeapGraph,
    roots: Vec<Object>,
}

/// The virtual root.
const ROOT: Object = Object(u32::MAX);

impl GraphBase for Rooted<'_> {
    type NodeId = Object;
    type EdgeId = u32;
}

/// One bit per object, one more for the virtual root.
struct Met(Vec<u64>, bool);

impl VisitMap<Object> for Met {
    fn visit(&mut self, object: Object) -> bool {
        if object == ROOT {
            return !std::mem::replace(&mut self.1, true);
        }
        let word = &mut self.0[object.index() / 64];
        let bit = 1 << (object.0 % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn is_visited(&self, object: &Object) -> bool {
        if *object == ROOT { self.1 } else { self.0[object.index() / 64] & (1 << (object.0 % 64)) != 0 }
    }

    fn unvisit(&mut self, _: Object) -> bool {
        unreachable!("dominators never unvisit")
    }
}

impl Visitable for Rooted<'_> {
    type Map = Met;

    fn visit_map(&self) -> Met {
        Met(vec![0; self.graph.object_count().div_ceil(64)], false)
    }

    fn reset_map(&self, map: &mut Met) {
        *map = self.visit_map();
    }
}

/// Strong referents, or the roots.
enum Neighbours<'g> {
    Roots(std::slice::Iter<'g, Object>),
    Referents { graph: &'g HeapGraph, of: Object, from: u32 },
}

impl Iterator for Neighbours<'_> {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        match self {
            Neighbours::Roots(roots) => roots.next().copied(),
            Neighbours::Referents { graph, of, from } => {
                let (position, referent) = graph.next_strong_reference(*of, *from)?;
                *from = position + 1;
                Some(referent)
            }
        }
    }
}

impl<'g> IntoNeighbors for &'g Rooted<'_> {
    type Neighbors = Neighbours<'g>;

    fn neighbors(self, object: Object) -> Neighbours<'g> {
        match object {
            ROOT => Neighbours::Roots(self.roots.iter()),
            of => Neighbours::Referents { graph: self.graph, of, from: 0 },
        }
    }
}

/// A heap in the making: objects of 64 bytes, all slots in sequence.
#[derive(Default)]
struct Making {
    rows: Vec<Vec<u64>>,
}

impl Making {
    fn object(&mut self, referents: &[u64]) -> u64 {
        self.rows.push(referents.to_vec());
        self.rows.len() as u64 - 1
    }

    fn leaves(&mut self, count: u64) -> Vec<u64> {
        (0..count).map(|_| self.object(&[])).collect()
    }

    /// One user with about 28 tracked objects and twice as many leaves.
    fn user(&mut self, class: u64, shared: &[u64], seed: u64) -> (u64, u64, u64) {
        let user = self.object(&[class]);
        let mut slots = self.leaves(3);
        let tags = self.leaves(2);
        slots.push(self.object(&[tags[0], shared[seed as usize % shared.len()]]));
        let mut profile = self.leaves(4);
        for _ in 0..4 {
            let values = self.leaves(5);
            profile.push(self.object(&values));
        }
        slots.push(self.object(&profile));
        let address = self.leaves(4);
        slots.push(self.object(&[address[0], address[1], user]));
        for _ in 0..2 {
            let order = self.object(&[user, class]);
            let items: Vec<u64> = (0..2)
                .map(|_| {
                    let item = self.leaves(3);
                    self.object(&item)
                })
                .collect();
            let list = self.object(&items);
            let leaves = self.leaves(2);
            self.rows[order as usize].extend([list, leaves[0], leaves[1]]);
            slots.push(order);
        }
        let session = self.leaves(4);
        slots.push(self.object(&[&session[..], &[user, class]].concat()));
        slots.push(self.object(&[user, class]));
        self.rows[user as usize].extend(slots);
        let cell = self.object(&[user]);
        let cache = self.object(&[]);
        let cache_cell = self.object(&[cache]);
        let closure = self.object(&[cell, cache_cell]);
        let handler = self.object(&[closure, class]);
        let event_leaves = self.leaves(3);
        let event = self.object(&[event_leaves[0], user, event_leaves[1]]);
        (user, handler, event)
    }
}

fn synthetic(tracked: u64) -> HeapGraph {
    let mut making = Making::default();
    let module = making.object(&[]);
    let registry = making.object(&[]);
    let class = making.object(&[registry]);
    making.rows[module as usize] = vec![registry, class];
    let shared = making.leaves(1000);
    let mut lists = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for seed in 0..tracked * 8 / 10 / 28 {
        let (user, handler, event) = making.user(class, &shared, seed * 7919);
        let key = making.object(&[]);
        lists[0].extend([key, user]);
        lists[1].push(handler);
        lists[2].push(event);
        lists[3].push(user);
    }
    let mut next = making.object(&[]);
    for _ in 0..tracked / 10 {
        let value = making.object(&[]);
        next = making.object(&[value, next]);
    }
    for list in lists {
        let list = making.object(&list);
        making.rows[registry as usize].push(list);
    }
    making.rows[registry as usize].push(next);
    build(&making.rows)
}

fn build(rows: &[Vec<u64>]) -> HeapGraph {
    let address = |index: u64| 0x7f00_0000_0000 + 48 * index;
    let mut snapshot = Snapshot::default();
    snapshot.types.push(TypeRecord { module: "app".into(), name: "Thing".into(), ..TypeRecord::default() });
    snapshot.shapes.push(ShapeRecord { type_index: 0, slots: vec![Segment::Sequence] });
    let mut refcounts = vec![0; rows.len()];
    rows.iter().flatten().for_each(|&referent| refcounts[referent as usize] += 1);
    let objects = &mut snapshot.objects;
    for (index, row) in rows.iter().enumerate() {
        objects.address.push(address(index as u64));
        objects.shape.push(0);
        objects.size.push(64);
        assert!(objects.refcount.push(refcounts[index]));
        objects.reference_count.push(row.len() as u32);
        objects.referent.extend(row.iter().map(|&referent| address(referent)));
    }
    let (kind, name) = ("module".into(), "app".into());
    snapshot.roots.push(RootRecord { kind, name, address: WireAddress::at(address(0)), file: None });
    HeapGraph::build(snapshot)
}

fn heap() -> HeapGraph {
    match std::env::var_os("HEAPGRAPH_BENCH_SNAPSHOT") {
        Some(path) => {
            let file = std::fs::File::open(path).expect("the snapshot of HEAPGRAPH_BENCH_SNAPSHOT can be opened");
            HeapGraph::build(Snapshot::read(file, Wanted::References).expect("it is a snapshot"))
        }
        None => {
            let tracked = std::env::var("HEAPGRAPH_BENCH_TRACKED").ok().and_then(|count| count.parse().ok());
            synthetic(tracked.unwrap_or(100_000))
        }
    }
}

/// Every allocation of the bench, to know the peak of each step.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Prints CPU time and peak memory of one step, what was there before not counted; the median of three runs.
fn measure<R>(name: &str, step: impl Fn() -> R) {
    let mut times = Vec::new();
    let mut peak = 0;
    for _ in 0..3 {
        MEMORY.reset_peak_usage();
        let (before, begin) = (MEMORY.current_usage(), ProcessTime::now());
        let result = black_box(step());
        times.push(begin.elapsed());
        peak = MEMORY.peak_usage() - before;
        drop(result);
    }
    times.sort();
    println!("| {name} | {:.2} | {:.0} MiB |", times[1].as_secs_f64(), peak as f64 / f64::from(1 << 20));
}

fn main() {
    let graph = heap();
    let graph = &graph;
    let roots = GcRoots::of(graph);
    let rooted = Rooted { graph, roots: roots.objects(graph) };
    let tree = DominatorTree::of(graph, &roots);
    let retained = RetainedSizes::of(graph, &tree);
    let expected = simple_fast(&rooted, ROOT);
    for object in graph.objects().filter(|&object| expected.dominators(object).is_some()) {
        let found = match tree.dominator(object) {
            Dominator::Object(holder) => holder,
            _ => ROOT,
        };
        assert_eq!(expected.immediate_dominator(object), Some(found));
    }
    drop(expected);

    println!("{} objects, {} references\n", graph.object_count(), graph.reference_count());
    println!("| step | CPU seconds | peak memory |\n|---|---:|---:|");
    measure("dominator tree", || DominatorTree::of(graph, &roots));
    measure("dominator tree by petgraph's `simple_fast`", || simple_fast(&rooted, ROOT));
    measure("retained sizes", || RetainedSizes::of(graph, &tree));
    measure("what each object dominates", || DominatedObjects::of(&tree, &retained));
    measure("GC roots", || GcRoots::of(graph));
    measure("paths to GC roots", || Reachability::of(graph, &roots));
    let view = ReferenceView::exact(graph);
    let garbage = Explored::of(graph);
    let garbage = garbage.garbage();
    measure("reference cycles", || cycles(&view, garbage));
}
