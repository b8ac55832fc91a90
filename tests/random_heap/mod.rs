//! Small random heaps: cycles, shared and unreachable parts, many roots, parallel and weak references, dangling ones.

use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{RootRecord, Segment, ShapeRecord, Snapshot, Text, TypeRecord, WireAddress};

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same on every machine.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Clone)]
pub struct RandomHeap {
    objects: Vec<RandomObject>,
    roots: Vec<(&'static str, u64)>,
}

#[derive(Clone)]
struct RandomObject {
    address: u64,
    type_index: u32,
    size: u64,
    refcount: i64,
    referents: Vec<u64>,
    has_weak: bool,
}

impl RandomHeap {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let count = 1 + rng.below(24);
        let address = |index: u64| 0x1000 + 16 * index;
        // From sparse trees to dense tangles.
        let density = 1 + rng.below(4);
        let mut objects: Vec<RandomObject> = (0..count)
            .map(|index| {
                let references = rng.below(density + 1) + u64::from(rng.below(3) == 0);
                let has_weak = rng.below(6) == 0;
                let mut referents: Vec<u64> = (0..references + u64::from(has_weak))
                    .map(|_| if rng.below(30) == 0 { 0xDEAD_0000 } else { address(rng.below(count)) })
                    .collect();
                if rng.below(5) == 0 {
                    referents.extend(referents.last().copied());
                }
                RandomObject {
                    address: address(index),
                    type_index: rng.below(4) as u32,
                    size: 1 << rng.below(40),
                    refcount: 0,
                    referents,
                    has_weak,
                }
            })
            .collect();
        for index in 0..objects.len() {
            let own = objects[index].address;
            let held = |object: &RandomObject| {
                object.referents.iter().skip(usize::from(object.has_weak)).filter(|&&referent| referent == own).count()
            };
            let found: usize = objects.iter().map(held).sum();
            objects[index].refcount = match rng.below(40) {
                0 => -1,
                1 => -2,
                2 => found as i64 + 1,
                _ => found as i64,
            };
        }
        let kinds = ["module", "interpreter", "other"];
        let roots = (0..rng.below(4)).map(|_| (kinds[rng.below(3) as usize], address(rng.below(count)))).collect();
        RandomHeap { objects, roots }
    }

    #[allow(dead_code, reason = "each test crate uses its own part of this module")]
    /// The same heap, its objects and roots in another order.
    pub fn shuffled(&self, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut heap = self.clone();
        for last in (1..heap.objects.len()).rev() {
            heap.objects.swap(last, rng.below(last as u64 + 1) as usize);
        }
        heap.roots.reverse();
        heap
    }

    pub fn graph(&self) -> HeapGraph {
        HeapGraph::build(self.snapshot())
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for name in ["A", "B", "C", "D"] {
            snapshot.types.push(TypeRecord { module: "app".into(), name: name.into(), ..TypeRecord::default() });
        }
        for type_index in 0..4 {
            snapshot.shapes.push(ShapeRecord { type_index, slots: vec![Segment::Sequence] });
        }
        for type_index in 0..4 {
            let weak = Segment::Fields(vec!["~()".into()]);
            snapshot.shapes.push(ShapeRecord { type_index, slots: vec![weak, Segment::Sequence] });
        }
        for object in &self.objects {
            let columns = &mut snapshot.objects;
            columns.address.push(object.address);
            columns.shape.push(object.type_index + if object.has_weak { 4 } else { 0 });
            columns.size.push(object.size);
            assert!(columns.refcount.push(object.refcount));
            columns.reference_count.push(object.referents.len() as u32);
            columns.referent.extend(object.referents.iter().copied());
        }
        let record = |&(kind, address): &(&str, u64)| RootRecord {
            kind: Text::from(kind),
            name: Text(format!("r{address:x}")),
            address: WireAddress::at(address),
            file: None,
        };
        snapshot.roots = self.roots.iter().map(record).collect();
        snapshot
    }
}
