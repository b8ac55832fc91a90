//! Where objects were made, as V8's allocation traces: a tree of lines, the outermost callers first.

use std::collections::HashMap;
use std::io;

use crate::graph::{HeapGraph, Object};
use crate::snapshot::CodeLine;

use super::Numbers;
use super::strings::Strings;

/// So many frames of a traceback are written, the innermost: readers of JSON refuse what is nested deeper than 128.
const MOST_FRAMES: usize = 100;
const NO_NODE: u32 = u32::MAX;

/// The lines of a heap, and the tree of how they call each other; empty when allocations were not traced.
#[derive(Default)]
pub(super) struct Traces {
    lines: Vec<Line>,
    nodes: Vec<TraceNode>,
    /// By traceback the node that it ends in.
    of_traceback: Vec<u32>,
}

/// What the format calls a function.
struct Line {
    name: u32,
    file: u32,
    script: u32,
    line: u32,
}

struct TraceNode {
    line: u32,
    objects: u64,
    bytes: u64,
    first_below: u32,
    next: u32,
}

impl Traces {
    /// Linear in the frames of all tracebacks and in the objects.
    pub fn of(graph: &HeapGraph, strings: &mut Strings) -> Traces {
        if !graph.has_allocations() {
            return Traces::default();
        }
        let allocations = graph.allocations();
        let names = allocations.functions_of_lines();
        let root = Line { name: strings.fixed("(root)"), file: strings.fixed(""), script: 0, line: 0 };
        let unknown = strings.fixed("(unknown function)");
        let mut traces = Traces { lines: vec![root], nodes: vec![TraceNode::at(0)], of_traceback: Vec::new() };
        let mut numbers: HashMap<CodeLine, u32> = HashMap::new();
        let mut below: HashMap<(u32, u32), u32> = HashMap::new();
        for frames in allocations.tracebacks() {
            let mut node = 0;
            for &at in frames[..frames.len().min(MOST_FRAMES)].iter().rev() {
                let line = *numbers.entry(at).or_insert_with(|| {
                    traces.lines.push(Line {
                        name: names.get(&at).map_or(unknown, |name| strings.fixed(name)),
                        file: strings.fixed(allocations.file(at)),
                        script: at.file + 1,
                        line: at.line,
                    });
                    traces.lines.len() as u32 - 1
                });
                node = *below.entry((node, line)).or_insert_with(|| {
                    let new = traces.nodes.len() as u32;
                    let next = std::mem::replace(&mut traces.nodes[node as usize].first_below, new);
                    traces.nodes.push(TraceNode { next, ..TraceNode::at(line) });
                    new
                });
            }
            traces.of_traceback.push(node);
        }
        for object in graph.objects() {
            if let Some(traceback) = graph.traceback_of(object) {
                let node = &mut traces.nodes[traces.of_traceback[traceback as usize] as usize];
                node.objects += 1;
                node.bytes = node.bytes.saturating_add(graph.size(object));
            }
        }
        traces
    }

    pub fn function_count(&self) -> usize {
        self.lines.len()
    }

    /// The node of the traceback with which an object was made; 0 when nobody knows.
    pub fn of_object(&self, graph: &HeapGraph, object: Object) -> u32 {
        graph.traceback_of(object).map_or(0, |traceback| self.of_traceback[traceback as usize] + 1)
    }

    /// `trace_function_infos` and `trace_tree`.
    pub fn write(&self, out: &mut Numbers<'_>) -> io::Result<()> {
        out.text("\"trace_function_infos\":[")?;
        out.starts_list();
        for (number, line) in (0_u32..).zip(&self.lines) {
            out.row(&[number, line.name, line.file, line.script, line.line, 0])?;
        }
        out.text("],\n\"trace_tree\":[")?;
        // Depth first, without recursion: the node to write next, and what comes after those that were begun.
        let mut next = if self.nodes.is_empty() { NO_NODE } else { 0 };
        let mut begun: Vec<u32> = Vec::new();
        let mut is_first = true;
        loop {
            if next == NO_NODE {
                out.text("]")?;
                match begun.pop() {
                    Some(after) => next = after,
                    None => break,
                }
                is_first = false;
                continue;
            }
            let node = &self.nodes[next as usize];
            let comma = if is_first { "" } else { "," };
            out.text(&format!("{comma}{},{},{},{},[", next + 1, node.line, node.objects, node.bytes))?;
            begun.push(node.next);
            next = node.first_below;
            is_first = true;
        }
        out.text(",\n")
    }
}

impl TraceNode {
    fn at(line: u32) -> TraceNode {
        TraceNode { line, objects: 0, bytes: 0, first_below: NO_NODE, next: NO_NODE }
    }
}
