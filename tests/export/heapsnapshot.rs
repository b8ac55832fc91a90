//! `.heapsnapshot` by a reader that knows the format alone: order, reachability, sizes, numbers, lines.

use std::collections::{HashMap, HashSet, VecDeque};

use heapgraph::analysis::dominators::DominatorTree;
use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::retained::RetainedSizes;
use heapgraph::export::heapsnapshot::{HeapSnapshotWriter, Written};
use heapgraph::graph::{HeapGraph, Object, Sketch};
use heapgraph::snapshot::{Segment, Snapshot, Wanted};
use serde_json::Value;

use crate::random_heap::RandomHeap;

/// A function, its file, and a line.
type TracedLine = (String, String, u64);

pub struct Node {
    pub kind: String,
    pub name: String,
    pub id: u64,
    pub self_size: u64,
    pub trace: u64,
    pub edges: Vec<Edge>,
}

pub struct Edge {
    pub kind: String,
    pub name: String,
    pub to: usize,
}

/// A file as its own header describes it.
pub struct Read {
    pub nodes: Vec<Node>,
    document: Value,
}

fn numbers(value: &Value) -> Vec<u64> {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is no plain number"));
    value.as_array().unwrap().iter().map(number).collect()
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

impl Read {
    pub fn of(file: &[u8]) -> Read {
        let document: Value = serde_json::from_slice(file).unwrap();
        let meta = &document["snapshot"]["meta"];
        let fields = names(&meta["node_fields"]);
        let field = |name: &str| fields.iter().position(|field| field == name).unwrap();
        let kinds = names(&meta["node_types"][0]);
        let edge_kinds = names(&meta["edge_types"][0]);
        let strings = names(&document["strings"]);
        let rows = numbers(&document["nodes"]);
        let edges = numbers(&document["edges"]);
        assert!(rows.iter().chain(&edges).all(|&number| number < 1 << 32), "numbers are stored in 32 bits");
        assert_eq!(rows.len() as u64, document["snapshot"]["node_count"].as_u64().unwrap() * fields.len() as u64);
        assert_eq!(edges.len() as u64, document["snapshot"]["edge_count"].as_u64().unwrap() * 3);
        let mut edges = edges.chunks_exact(3).map(|edge| {
            let kind = edge_kinds[edge[0] as usize].clone();
            assert_eq!(edge[2] % fields.len() as u64, 0, "an edge leads to the beginning of a node");
            let name = if kind == "element" { edge[1].to_string() } else { strings[edge[1] as usize].clone() };
            Edge { kind, name, to: edge[2] as usize / fields.len() }
        });
        let nodes: Vec<Node> = rows
            .chunks_exact(fields.len())
            .map(|row| Node {
                kind: kinds[row[field("type")] as usize].clone(),
                name: strings[row[field("name")] as usize].clone(),
                id: row[field("id")],
                self_size: row[field("self_size")],
                trace: row[field("trace_node_id")],
                edges: edges.by_ref().take(row[field("edge_count")] as usize).collect(),
            })
            .collect();
        assert!(edges.next().is_none(), "every edge belongs to a node");
        Read { nodes, document }
    }

    /// What the root reaches by edges that `counts`, without entering `without`: the nodes in the order of breadth.
    fn reached(&self, counts: impl Fn(&Edge) -> bool, without: Option<usize>) -> Vec<usize> {
        let mut met = vec![false; self.nodes.len()];
        let mut order = Vec::new();
        let mut left = VecDeque::from([0]);
        met[0] = true;
        while let Some(node) = left.pop_front() {
            order.push(node);
            for edge in self.nodes[node].edges.iter().filter(|edge| counts(edge)) {
                if Some(edge.to) != without && !std::mem::replace(&mut met[edge.to], true) {
                    left.push_back(edge.to);
                }
            }
        }
        order
    }

    /// The sum of sizes that are reached no more without a node: its retained size by definition.
    fn retained(&self, node: usize) -> u64 {
        let size = |nodes: Vec<usize>| nodes.into_iter().map(|node| self.nodes[node].self_size).sum::<u64>();
        let keeps = |edge: &Edge| edge.kind != "weak";
        size(self.reached(keeps, None)) - size(self.reached(keeps, Some(node)))
    }

    /// The node of an object of a heap that is alone in its file.
    fn node_of(&self, object: Object) -> usize {
        self.nodes.iter().position(|node| node.id == 2 * (64 + u64::from(object.0)) + 1).unwrap()
    }

    /// What every reader asks for.
    pub fn check(&self) {
        let all: Vec<usize> = (0..self.nodes.len()).collect();
        assert_eq!(self.reached(|_| true, None), all, "VS Code reads nodes in the order of breadth alone");
        assert_eq!(self.reached(|edge| edge.kind != "weak", None).len(), all.len(), "every node is held by something");
        let ids: HashSet<u64> = self.nodes.iter().map(|node| node.id).collect();
        assert_eq!(ids.len(), all.len(), "every node has a number of its own");
        assert!(ids.iter().all(|id| id % 2 == 1), "even numbers are those of native nodes");
        let strings = names(&self.document["strings"]);
        let classes: HashSet<&str> =
            self.nodes.iter().filter(|node| node.kind == "object").map(|node| node.name.as_str()).collect();
        for class in classes {
            assert_eq!(strings.iter().filter(|string| *string == class).count(), 1, "{class} stands once");
        }
    }
}

pub fn written(graph: &HeapGraph) -> (Read, Written) {
    let mut file = Vec::new();
    let written = HeapSnapshotWriter::new().write(graph, true, &mut file).unwrap();
    let mut again = Vec::new();
    HeapSnapshotWriter::new().write(graph, true, &mut again).unwrap();
    assert!(file == again, "the same heap is the same file");
    (Read::of(&file), written)
}

pub fn golden(name: &str) -> HeapGraph {
    let path = format!("{}/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    HeapGraph::build(Snapshot::read(std::fs::File::open(path).unwrap(), Wanted::References).unwrap())
}

#[test]
fn retained_sizes_in_the_file_are_ours() {
    const LARGEST: u64 = u32::MAX as u64;
    for seed in 0..600 {
        let graph = RandomHeap::new(seed).graph();
        let (file, written) = written(&graph);
        file.check();
        assert_eq!(written.nodes, file.nodes.len() as u64);
        let capped = graph.objects().filter(|&object| graph.size(object) > LARGEST).count() as u64;
        assert_eq!(written.capped_sizes, capped, "seed {seed}");
        let sizes = graph.objects().map(|object| graph.size(object).min(LARGEST)).collect();
        let tree = DominatorTree::of(&graph, &GcRoots::of(&graph));
        let retained = RetainedSizes::of_sizes(&tree, sizes);
        for object in graph.objects() {
            let node = file.node_of(object);
            assert_eq!(file.nodes[node].self_size, graph.size(object).min(LARGEST));
            assert_eq!(file.nodes[node].name, graph.type_name(graph.type_id(object)));
            assert_eq!(file.retained(node), retained.bytes(object), "seed {seed}, {object:?}");
        }
    }
}

#[test]
fn every_reference_is_an_edge_with_the_name_of_its_slot() {
    let mut sketch = Sketch::new();
    sketch.object("app", "module", 72).object("names", "dict", 64).object("CACHE", "dict", 232);
    sketch.object("key", "str", 50).text("key", "CACHE").object("id", "int", 28).text("id", "7");
    sketch.object("user", "app.User", 48).object("list", "list", 72).object("weak", "weakref.ReferenceType", 72);
    sketch.object("f", "function", 136).text("f", "app.f").object("odd", "str", 60).object("cell", "cell", 40);
    sketch.refer("app", ".__dict__", "names").elements("names", Segment::Mapping);
    sketch.refer("names", "", "key").refer("names", "", "CACHE").module_root("app");
    sketch.elements("CACHE", Segment::Mapping).refer("CACHE", "", "id").refer("CACHE", "", "user");
    sketch.refer("CACHE", "", "odd").refer("CACHE", "", "list");
    sketch.refer("user", ".friends", "list").refer("user", "~()", "weak").refer("user", "value stack", "cell");
    sketch
        .elements("list", Segment::Sequence)
        .refer("list", "", "f")
        .refer("list", "", "nowhere")
        .refer("list", "", "weak");
    let heap = sketch.build();
    let (file, _) = written(&heap.graph);
    file.check();
    let edges = |name: &str| {
        let node = &file.nodes[file.node_of(heap.get(name))];
        let edges = node.edges.iter().map(|edge| (edge.kind.as_str(), edge.name.as_str()));
        edges.collect::<Vec<_>>()
    };
    assert_eq!(edges("app"), [("property", "__dict__")]);
    assert_eq!(edges("names"), [("internal", "key"), ("property", "'CACHE'")]);
    assert_eq!(
        edges("CACHE"),
        [("internal", "key"), ("property", "7"), ("internal", "key"), ("internal", "value of an unknown key")]
    );
    assert_eq!(edges("user"), [("property", "friends"), ("weak", "()"), ("internal", "value stack")]);
    assert_eq!(edges("list"), [("element", "0"), ("element", "2")], "what is not in the snapshot is left out");
    let node = |name: &str| {
        let node = &file.nodes[file.node_of(heap.get(name))];
        (node.kind.as_str(), node.name.as_str())
    };
    assert_eq!((node("f"), node("key")), (("closure", "app.f"), ("string", "CACHE")));
    assert_eq!(node("odd"), ("object", "str"), "texts that are unknown are not equal");
    let root = &file.nodes[0];
    assert!(root.edges.iter().any(|edge| (edge.kind.as_str(), edge.name.as_str()) == ("property", "app")));
    assert_eq!(file.nodes[root.edges[0].to].name, "(GC roots)", "memlab begins there");
}

#[test]
fn names_that_viewers_read_otherwise_are_written_otherwise() {
    let mut sketch = Sketch::new();
    for (name, of) in [("a", "Object"), ("b", "<frozen thing>"), ("c", "app.Object"), ("d", "(string)")] {
        sketch.object(name, of, 16);
    }
    let heap = sketch.build();
    let (file, _) = written(&heap.graph);
    let names = ["a", "b", "c", "d"].map(|name| file.nodes[file.node_of(heap.get(name))].name.as_str());
    assert_eq!(names, ["builtins.Object", "type <frozen thing>", "app.Object", "type (string)"]);
}

#[test]
fn an_object_has_one_number_in_all_files_of_a_series() {
    let heaps = ["since.in/a.json", "since.in/b.json"].map(golden);
    let mut writer = HeapSnapshotWriter::new();
    let mut files = Vec::new();
    for (at, graph) in heaps.iter().enumerate() {
        let mut file = Vec::new();
        let written = writer.write(graph, at == 1, &mut file).unwrap();
        files.push((Read::of(&file), written));
    }
    files.iter().for_each(|(file, _)| file.check());
    let ids = |file: &Read, class: &str| -> HashSet<u64> {
        file.nodes.iter().filter(|node| node.name == class).map(|node| node.id).collect()
    };
    let [before, after] = [&files[0].0, &files[1].0];
    let (users_before, users_after) = (ids(before, "app.User"), ids(after, "app.User"));
    // The mark tells that 15 are others than those that were at their addresses, and 40 more are at addresses of their own.
    assert_eq!(users_after.difference(&users_before).count(), 55);
    assert_eq!((users_before.len(), users_after.len()), (20, 60));
    assert_eq!(files[0].1.new_objects, None);
    assert_eq!(files[1].1.new_objects, Some(165), "{:?}", files[1].1);

    // Another process has other objects, whatever their addresses.
    let other = golden("since.in/other.json");
    let mut writer = HeapSnapshotWriter::new();
    writer.write(&heaps[0], false, &mut Vec::new()).unwrap();
    let written = writer.write(&other, true, &mut Vec::new()).unwrap();
    assert_eq!(written.new_objects, Some(other.object_count() as u64));
}

#[test]
fn lines_that_made_objects_are_allocation_traces() {
    let graph = golden("lines.in/snap.json");
    let (file, _) = written(&graph);
    file.check();
    let infos = numbers(&file.document["trace_function_infos"]);
    let strings = names(&file.document["strings"]);
    let line = |at: u64| {
        let row = &infos[at as usize * 6..][..6];
        (strings[row[1] as usize].clone(), strings[row[2] as usize].clone(), row[4])
    };
    assert_eq!(line(0).0, "(root)");
    // Number of the trace: its lines, the innermost first, and what they made.
    let mut traces: HashMap<u64, (Vec<TracedLine>, u64, u64)> = HashMap::new();
    let mut left = vec![(&file.document["trace_tree"], Vec::new())];
    while let Some((rows, above)) = left.pop() {
        for row in rows.as_array().unwrap().chunks_exact(5) {
            let mut lines = above.clone();
            lines.insert(0, line(row[1].as_u64().unwrap()));
            traces
                .insert(row[0].as_u64().unwrap(), (lines.clone(), row[2].as_u64().unwrap(), row[3].as_u64().unwrap()));
            left.push((&row[4], lines));
        }
    }
    assert_eq!(traces[&1].0.len(), 1);
    let names_of_lines = graph.allocations().functions_of_lines();
    let mut made = 0;
    for object in graph.objects() {
        let node = &file.nodes[file.node_of(object)];
        let Some(at) = graph.made_at(object) else {
            assert_eq!(node.trace, 0, "nobody knows who made it");
            continue;
        };
        made += 1;
        let expected: Vec<(String, String, u64)> = at
            .frames
            .iter()
            .map(|frame| {
                let name = names_of_lines.get(frame).copied().unwrap_or("(unknown function)");
                (name.to_owned(), at.file(*frame).to_owned(), u64::from(frame.line))
            })
            .collect();
        let (lines, ..) = &traces[&node.trace];
        assert_eq!(lines[..lines.len() - 1], expected[..]);
    }
    assert!(made > 0, "the snapshot has lines");
    assert_eq!(traces.values().map(|(_, objects, _)| objects).sum::<u64>(), made);
    let bytes: u64 =
        graph.objects().filter(|&object| graph.made_at(object).is_some()).map(|object| graph.size(object)).sum();
    assert_eq!(traces.values().map(|(_, _, bytes)| bytes).sum::<u64>(), bytes);
}

#[test]
fn a_chain_of_a_hundred_thousand_objects_is_written() {
    let mut sketch = Sketch::new();
    for at in 0..100_000 {
        sketch.object(&at.to_string(), "app.Link", 16);
        if at > 0 {
            sketch.refer(&(at - 1).to_string(), ".next", &at.to_string());
        }
    }
    sketch.module_root("0");
    let mut file = Vec::new();
    let written = HeapSnapshotWriter::new().write(&sketch.build().graph, true, &mut file).unwrap();
    assert_eq!(written.nodes, 100_003);
}
