//! Diagrams that are excerpts of heaps, real ones and from seeds: shared by tests and benches.
#![allow(dead_code)]

use std::fs;
use std::path::Path;

use heapgraph::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, TargetEnd};
use heapgraph::units::Address;
use serde_json::Value;

/// A small generator of numbers (SplitMix64): the same seed gives the same heap everywhere.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const TYPES: [&str; 12] = [
    "dict",
    "list",
    "tuple",
    "set",
    "app.models.Session",
    "app.cache.LRUCache",
    "function",
    "cell",
    "module",
    "asyncio.Task",
    "collections.OrderedDict",
    "app.handlers.RequestHandler",
];
const SLOTS: [&str; 12] = [
    "['user']",
    ".__dict__",
    "[0]",
    "[17]",
    ".next",
    ".cell_contents",
    "['session_id']",
    ".callbacks",
    "['a']",
    ".__globals__",
    "[1024]",
    "['connection_pool']",
];

pub fn object(numbers: &mut Numbers, index: usize, distance: u32) -> DiagramBox {
    let heading = (*numbers.pick(&TYPES)).to_owned();
    DiagramBox {
        address: Some(Address(0x7f00_0000_1000 + 64 * index as u64)),
        role: if index == 0 { BoxRole::Target } else { BoxRole::Object },
        heading,
        lines: vec![format!("{} items · {:#x}", numbers.below(2000), 0x7f00_0000_1000u64 + 64 * index as u64)],
        facts: vec![format!("object {index}")],
        distance,
        objects: 1,
        root: None,
        highlighted: false,
        series: Vec::new(),
        finalizer: false,
    }
}

pub fn arrow(numbers: &mut Numbers, from: usize, to: usize) -> Arrow {
    let labels = if numbers.one_in(8) { vec![] } else { vec![(*numbers.pick(&SLOTS)).to_owned()] };
    Arrow { from, to, labels, unnamed_more: 0, weak: numbers.one_in(40), emphasised: false }
}

/// Referrers of a target, breadth first: most objects have one or two, some are held by many; a few references go across,
/// skip a level or lead back; roots at the far end.
pub fn excerpt(seed: u64, boxes: usize) -> Diagram {
    let mut numbers = Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ boxes as u64);
    let mut diagram = Diagram {
        title: "Who refers to 0x7f0000001000 (app.models.Session)".to_owned(),
        target_end: TargetEnd::Last,
        ..Diagram::default()
    };
    diagram.boxes.push(object(&mut numbers, 0, 0));
    let mut open = 0;
    while diagram.boxes.len() < boxes {
        // The next box to get referrers; sometimes the last one, which makes chains.
        let to = if numbers.one_in(5) { diagram.boxes.len() - 1 } else { open };
        let referrers = match numbers.below(20) {
            0..=9 => 1,
            10..=14 => 2,
            15..=17 => 3,
            18 => 5,
            _ => 4 + numbers.below(12),
        };
        let distance = diagram.boxes[to].distance + 1;
        for _ in 0..referrers {
            if diagram.boxes.len() >= boxes {
                break;
            }
            let from = diagram.boxes.len();
            diagram.boxes.push(object(&mut numbers, from, distance));
            let arrow = arrow(&mut numbers, from, to);
            diagram.arrows.push(arrow);
        }
        open = (open + 1).min(diagram.boxes.len() - 1);
    }
    // Further references among those shown, mostly to objects nearer to the target.
    for _ in 0..boxes / 5 {
        let (a, b) = (numbers.below(boxes), numbers.below(boxes));
        let near = diagram.boxes[a].distance.abs_diff(diagram.boxes[b].distance) <= 2;
        if a == b || (!near && !numbers.one_in(6)) {
            continue;
        }
        let towards = diagram.boxes[a].distance >= diagram.boxes[b].distance;
        let (from, to) = if towards != numbers.one_in(7) { (a, b) } else { (b, a) };
        if !diagram.arrows.iter().any(|arrow| (arrow.from, arrow.to) == (from, to)) {
            let arrow = arrow(&mut numbers, from, to);
            diagram.arrows.push(arrow);
        }
    }
    if numbers.one_in(6) {
        let at = numbers.below(boxes);
        let arrow = arrow(&mut numbers, at, at);
        diagram.arrows.push(arrow);
    }
    let mut has_referrer = vec![false; boxes];
    diagram.arrows.iter().for_each(|arrow| has_referrer[arrow.to] = true);
    for (index, _) in has_referrer.iter().enumerate().skip(1).filter(|(_, has)| !**has) {
        match numbers.below(4) {
            0 => {
                diagram.boxes[index].role = BoxRole::Root;
                diagram.boxes[index].heading = "module".to_owned();
                diagram.boxes[index].root = Some(format!("module app.part{index}"));
            }
            1 => {
                let more = 1 + numbers.below(2000) as u64;
                diagram.boxes[index] = DiagramBox {
                    address: None,
                    role: BoxRole::More,
                    heading: format!("{more} more"),
                    lines: vec![],
                    facts: vec![],
                    objects: more,
                    ..diagram.boxes[index].clone()
                };
            }
            _ => {}
        }
    }
    diagram
}

/// The sizes of the corpus, 5 to 500 boxes, small ones more often as in life.
pub const SIZES: [usize; 12] = [5, 8, 10, 15, 20, 30, 45, 70, 100, 150, 300, 500];

/// The whole corpus: `rounds` seeds of every size.
pub fn corpus(rounds: u64) -> impl Iterator<Item = (u64, usize, Diagram)> {
    (0..rounds).flat_map(|seed| SIZES.into_iter().map(move |size| (seed, size, excerpt(seed, size))))
}

/// The excerpts of real heaps in `real/`, by name; `real_excerpts.py` made them.
pub fn real() -> Vec<(String, Diagram)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/real");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), diagram_of(&document))
        })
        .collect()
}

/// Boxes are `[role, heading, lines, distance, objects, root]`, arrows `[from, to, labels, unnamed_more, weak, emphasised]`.
fn diagram_of(document: &Value) -> Diagram {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let texts = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    let number = |value: &Value| value.as_u64().unwrap();
    let boxes = document["boxes"].as_array().unwrap().iter().enumerate().map(|(index, described)| DiagramBox {
        address: Some(Address(0x7f00_0000_1000 + 64 * index as u64)),
        role: match described[0].as_str().unwrap() {
            "target" => BoxRole::Target,
            "root" => BoxRole::Root,
            "object" => BoxRole::Object,
            "fold" => BoxRole::Fold,
            "more" => BoxRole::More,
            other => panic!("no role: {other}"),
        },
        heading: text(&described[1]),
        lines: texts(&described[2]),
        facts: vec![],
        distance: number(&described[3]) as u32,
        objects: number(&described[4]),
        root: described[5].as_str().map(str::to_owned),
        highlighted: false,
        series: Vec::new(),
        finalizer: false,
    });
    let arrows = document["arrows"].as_array().unwrap().iter().map(|arrow| Arrow {
        from: number(&arrow[0]) as usize,
        to: number(&arrow[1]) as usize,
        labels: texts(&arrow[2]),
        unnamed_more: number(&arrow[3]),
        weak: arrow[4].as_bool().unwrap(),
        emphasised: arrow[5].as_bool().unwrap(),
    });
    Diagram {
        title: text(&document["title"]),
        notes: vec![],
        target_end: if document["target_end"] == "first" { TargetEnd::First } else { TargetEnd::Last },
        boxes: boxes.collect(),
        arrows: arrows.collect(),
    }
}

/// A diagram of plain objects joined as the pairs say, the first being the target.
pub fn plain(boxes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Diagram {
    let mut numbers = Numbers(7);
    Diagram {
        boxes: (0..boxes).map(|index| object(&mut numbers, index, 1)).collect(),
        arrows: pairs.into_iter().map(|(from, to)| arrow(&mut Numbers((from * 31 + to) as u64), from, to)).collect(),
        ..Diagram::default()
    }
}

/// Two-way links between neighbours; the target at one end.
pub fn doubly_linked(boxes: usize) -> Diagram {
    plain(boxes, (1..boxes).flat_map(|index| [(index, index - 1), (index - 1, index)]))
}

/// Everything refers to the target.
pub fn star(leaves: usize) -> Diagram {
    plain(leaves + 1, (1..=leaves).map(|index| (index, 0)))
}

/// `side` objects refer to all of `side` others, which all refer to the target.
pub fn bipartite(side: usize) -> Diagram {
    let upper = (1..=side).flat_map(move |from| (side + 1..=2 * side).map(move |to| (from, to)));
    plain(2 * side + 1, upper.chain((side + 1..=2 * side).map(|from| (from, 0))))
}

/// Two objects with so many references between them, each an arrow of its own.
pub fn parallel(references: usize) -> Diagram {
    plain(2, (0..references).map(|_| (1, 0)))
}
