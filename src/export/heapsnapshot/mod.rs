//! `.heapsnapshot`: a heap as the tools for V8 read it, Chrome's Memory panel, VS Code and memlab.
//!
//! The format is a graph of numbered nodes with one root, and says nothing of Python. So that retained sizes there are ours, the
//! graph is that of our exact view: every GC root hangs on the root, of garbage the first of each group does, and a reference that keeps
//! nothing alive is a weak edge: a weak reference, and one from garbage to what is alive. What readers demand beyond the format: nodes in
//! the order in which a search by breadth meets them (VS Code), none that no edge reaches (all), numbers below 2^32, and the
//! name of a class in the table of strings once (Chrome).

mod edges;
mod identity;
mod order;
mod strings;
mod traces;

use std::io::{self, Write};

use crate::analysis::gc_roots::GcRoots;
use crate::graph::{HeapGraph, Object};

use edges::Edges;
use identity::Identity;
use order::Nodes;
use strings::Strings;
use traces::Traces;

/// Chrome reads the table of strings as one string, which has at most 2^29 − 24 characters.
const LONGEST_STRINGS: u64 = (1 << 29) - 24;
/// Fields of a node: an edge names its target by the place of its first field.
const NODE_FIELDS: u32 = 6;

/// Types of nodes by their place in `node_types`, which is V8's.
#[derive(Debug, Clone, Copy)]
enum NodeKind {
    String = 2,
    Object = 3,
    Code = 4,
    Closure = 5,
    Synthetic = 9,
}

const META: &str = concat!(
    r#"{"node_fields":["type","name","id","self_size","edge_count","trace_node_id"],"#,
    r#""node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","#,
    r#""concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number"],"#,
    r#""edge_fields":["type","name_or_index","to_node"],"#,
    r#""edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"#,
    r#""trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"#,
    r#""trace_node_fields":["id","function_info_index","count","size","children"],"#,
    r#""sample_fields":["timestamp_us","last_assigned_id"],"#,
    r#""location_fields":["object_index","script_id","line","column"]}"#,
);

/// What a reader of the file should know of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Nodes: the objects, the root, and one for each kind of GC root.
    pub nodes: u64,
    /// Edges: the references that lead to an object of the snapshot, and those of the roots.
    pub edges: u64,
    /// Objects of 4 GiB and more: the format has no larger number.
    pub capped_sizes: u64,
    /// The table of strings is longer than Chrome can read.
    pub has_too_many_strings: bool,
    /// Objects that are not in the file before, where there was one.
    pub new_objects: Option<u64>,
}

/// Writes one heap, or several after each other in which an object has the same number.
///
/// An object of a later heap has the number of the one that was at its address, unless it is another for certain
/// ([`crate::analysis::since`]): what can't be told from it has the same number, too.
#[derive(Debug, Default)]
pub struct HeapSnapshotWriter {
    identity: Identity,
}

impl HeapSnapshotWriter {
    /// For one heap, or the first of several.
    pub fn new() -> Self {
        HeapSnapshotWriter::default()
    }

    /// Writes a heap; `is_last` spares what would be kept for the next one. Linear; takes about 16 bytes per object, and 24 more
    /// for what is kept.
    ///
    /// # Errors
    /// Those of `out`, and when a number would not fit the format.
    ///
    /// ```
    /// use heapgraph::export::heapsnapshot::HeapSnapshotWriter;
    /// use heapgraph::graph::Sketch;
    ///
    /// let mut sketch = Sketch::new();
    /// sketch.object("app", "module", 72).object("user", "app.User", 48).refer("app", ".user", "user").module_root("app");
    /// let mut file = Vec::new();
    /// let written = HeapSnapshotWriter::new().write(&sketch.build().graph, true, &mut file)?;
    /// // The two objects, the root, its group of roots and that of modules.
    /// assert_eq!((written.nodes, written.edges), (5, 5));
    /// assert!(file.starts_with(b"{\"snapshot\":{\"meta\":{"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write(&mut self, graph: &HeapGraph, is_last: bool, out: &mut dyn Write) -> io::Result<Written> {
        let (ids, new_objects) = self.identity.of(graph, is_last)?;
        let mut strings = Strings::new();
        let nodes = Nodes::of(graph, &GcRoots::of(graph), &mut strings);
        let edges = Edges::of(graph, &mut strings);
        let traces = Traces::of(graph, &mut strings);
        let types = strings.types(graph);
        let count = nodes.order.len() as u64;
        if count * u64::from(NODE_FIELDS) > u64::from(u32::MAX) || nodes.edges * 3 > u64::from(u32::MAX) {
            return Err(io::Error::other(format!(
                "expected at most {} objects and {} references, as the format has numbers below 2^32; found {count} and {}",
                u32::MAX / NODE_FIELDS,
                u32::MAX / 3,
                nodes.edges
            )));
        }
        let mut written = Written { nodes: count, edges: nodes.edges, new_objects, ..Written::default() };

        let mut out = Numbers::new(out);
        out.text(&format!(
            "{{\"snapshot\":{{\"meta\":{META},\"node_count\":{count},\"edge_count\":{},\"trace_function_count\":{}}},\n",
            nodes.edges,
            traces.function_count()
        ))?;
        out.text("\"nodes\":[")?;
        for &code in &nodes.order {
            let row = match nodes.object(code) {
                None => {
                    let group = nodes.group(code);
                    [NodeKind::Synthetic as u32, group.name, 2 * code + 1, 0, group.edges.len() as u32, 0]
                }
                Some(object) => {
                    let (kind, name) = strings.node(graph, object, &types);
                    let size = u32::try_from(graph.size(object)).unwrap_or_else(|_| {
                        written.capped_sizes += 1;
                        u32::MAX
                    });
                    let edge_count = graph.referents(object).count() as u32;
                    [kind as u32, name, ids.of(object), size, edge_count, traces.of_object(graph, object)]
                }
            };
            out.row(&row)?;
        }
        out.text("],\n\"edges\":[")?;
        out.starts_list();
        for &code in &nodes.order {
            match nodes.object(code) {
                None => {
                    for edge in &nodes.group(code).edges {
                        out.row(&[edge.kind as u32, edge.name, nodes.place(edge.to) * NODE_FIELDS])?;
                    }
                }
                Some(object) => {
                    let is_garbage = !nodes.is_alive(object);
                    for reference in graph.references(object) {
                        let Some(referent) = reference.referent else { continue };
                        let keeps_alive = graph.is_strong(reference) && !(is_garbage && nodes.is_alive(referent));
                        let (kind, name) = edges.edge(graph, reference, keeps_alive, &mut strings);
                        out.row(&[kind as u32, name, nodes.place(nodes.code(referent)) * NODE_FIELDS])?;
                    }
                }
            }
        }
        out.text("],\n")?;
        traces.write(&mut out)?;
        out.text("\"samples\":[],\n\"locations\":[],\n\"strings\":[")?;
        drop(nodes);
        let length = strings.write(graph, &mut out)?;
        written.has_too_many_strings = length > LONGEST_STRINGS;
        out.text("]}\n")?;
        out.finish()?;
        Ok(written)
    }
}

/// The numbers of the objects of one file: odd, and from 129 on, as the roots have those below.
#[derive(Debug)]
struct Ids {
    /// Empty where they follow the order of addresses.
    numbers: Vec<u32>,
}

impl Ids {
    fn of(&self, object: Object) -> u32 {
        2 * (FIRST_NUMBER + self.numbers.get(object.index()).copied().unwrap_or(object.0)) + 1
    }
}

/// The roots have the numbers below.
const FIRST_NUMBER: u32 = 64;

/// Writes lists of numbers in large pieces.
struct Numbers<'w> {
    out: &'w mut dyn Write,
    buffer: Vec<u8>,
    has_row: bool,
}

/// So much is written at once.
const PIECE: usize = 1 << 18;

impl<'w> Numbers<'w> {
    fn new(out: &'w mut dyn Write) -> Self {
        Numbers { out, buffer: Vec::with_capacity(PIECE + (PIECE >> 2)), has_row: false }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.pass_on()
    }

    /// The next row has no comma in front of it.
    fn starts_list(&mut self) {
        self.has_row = false;
    }

    /// One row of a list, in a line of its own.
    fn row(&mut self, numbers: &[u32]) -> io::Result<()> {
        if std::mem::replace(&mut self.has_row, true) {
            self.buffer.extend_from_slice(b",\n");
        }
        let mut digits = itoa::Buffer::new();
        for (place, &number) in numbers.iter().enumerate() {
            if place > 0 {
                self.buffer.push(b',');
            }
            self.buffer.extend_from_slice(digits.format(number).as_bytes());
        }
        self.pass_on()
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if self.buffer.len() >= PIECE {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()
    }
}
