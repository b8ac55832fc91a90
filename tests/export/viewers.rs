//! The viewers' own readers on files of real programs. `HEAPGRAPH_TEST_NODE_MODULES` names a folder with the packages
//! `chrome-devtools-frontend`, `esbuild`, `@vscode/v8-heap-parser` and `memlab`; without it, and without Node, they are left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use heapgraph::analysis::dominated::DominatedObjects;
use heapgraph::analysis::dominators::DominatorTree;
use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::retained::RetainedSizes;
use heapgraph::analysis::retained_groups::retained_by_group;
use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{Snapshot, Wanted};
use serde_json::Value;

use crate::pythons::interpreters;

/// A program with leaks, references from garbage, weak references and threads, that takes a snapshot, works, and takes another.
const PROGRAM: &str = "
import gc, threading, weakref
import snapshot_dumper

class Session:
    def __init__(self, user):
        self.user, self.history = user, [user]

class Knot:
    pass

gc.disable()
SESSIONS, WEAK = {}, weakref.WeakValueDictionary()

def visit(number):
    session = SESSIONS['user-%d' % number] = Session(number)
    WEAK[number] = session
    knot = Knot()
    knot.me, knot.held = knot, session

snapshot_dumper.mark('a.json')
for number in range(200):
    visit(number)
waiting = threading.Event()
thread = threading.Thread(target=lambda kept: waiting.wait(), args=([Session(-1)],), daemon=True)
thread.start()
snapshot_dumper.dump('b.json')
waiting.set()
";

fn modules() -> Option<PathBuf> {
    let Some(modules) = std::env::var_os("HEAPGRAPH_TEST_NODE_MODULES").map(PathBuf::from) else {
        println!("skipped: HEAPGRAPH_TEST_NODE_MODULES names no folder with the viewers' packages");
        return None;
    };
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: Node is not installed");
        return None;
    }
    Some(modules)
}

/// Runs one of the scripts beside this file; `None` where its package is missing.
fn script(modules: &Path, package: &str, arguments: &[&str]) -> Option<Value> {
    if !modules.join(package).is_dir() {
        println!("skipped: {package} is not in the folder of Node's packages");
        return None;
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export");
    let output = Command::new("node").arg(scripts.join(arguments[0])).args(&arguments[1..]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// What we say of a class: objects, their bytes, what they retain without counting twice, and each on its own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Class {
    count: u64,
    bytes: u64,
    retained: u64,
    each: u64,
}

fn ours(graph: &HeapGraph) -> HashMap<String, Class> {
    let tree = DominatorTree::of(graph, &GcRoots::of(graph));
    let retained = RetainedSizes::of(graph, &tree);
    let dominated = DominatedObjects::of(&tree, &retained);
    // Viewers show texts that are known apart.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let group: Vec<usize> = graph
        .objects()
        .map(|object| {
            let name = graph.type_name(graph.type_id(object));
            let name = match name.as_str() {
                "str" if graph.text(object).is_some() => "(string)".to_owned(),
                "function" => "Function".to_owned(),
                "code" => "(compiled code)".to_owned(),
                _ => name,
            };
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        })
        .collect();
    let sums = retained_by_group(graph, dominated.walk(), &retained, numbers.len(), |object| group[object.index()]);
    let mut each = vec![0; numbers.len()];
    graph.objects().for_each(|object| each[group[object.index()]] += retained.bytes(object));
    let class = |at: usize| Class {
        count: sums[at].count,
        bytes: sums[at].shallow_bytes,
        retained: sums[at].retained_bytes,
        each: each[at],
    };
    numbers.into_iter().map(|(name, at)| (name, class(at))).collect()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value}"))
}

#[test]
fn viewers_count_and_retain_what_we_do() {
    let Some(modules) = modules() else { return };
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("program.py"), PROGRAM).unwrap();
        let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
        let ran = Command::new(&interpreter.program)
            .args(["-B", "program.py"])
            .current_dir(folder.path())
            .env("PYTHONPATH", dumper)
            .status();
        assert!(ran.unwrap().success());
        let exported = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
            .args(["export", "a.json", "b.json", "-o", "x.heapsnapshot"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let snapshot = std::fs::File::open(at("b.json")).unwrap();
        let classes = ours(&HeapGraph::build(Snapshot::read(snapshot, Wanted::References).unwrap()));
        let version = &interpreter.version;
        let (modules_folder, bundle) = (modules.to_str().unwrap(), at("devtools.mjs"));

        if script(&modules, "chrome-devtools-frontend", &["bundle.mjs", modules_folder, &bundle]).is_some() {
            let arguments = ["devtools.mjs", &bundle, &at("x.1.heapsnapshot"), &at("x.2.heapsnapshot")];
            let read = script(&modules, "chrome-devtools-frontend", &arguments).unwrap();
            assert_eq!(read["problems"], serde_json::json!([]), "{version}");
            let file = &read["files"][1];
            assert_eq!(number(file, "noDistance"), 0, "{version}: no node is unreachable");
            for (name, class) in &classes {
                let theirs = &file["classes"][name];
                let theirs = Class {
                    count: number(theirs, "count"),
                    bytes: number(theirs, "self"),
                    retained: number(theirs, "retained"),
                    each: number(theirs, "each"),
                };
                assert_eq!(theirs, *class, "{version}: {name}");
            }
            let session = &read["comparisons"][0]["__main__.Session"];
            assert_eq!((number(session, "added"), number(session, "removed")), (201, 0), "{version}");
        }
        if let Some(read) = script(&modules, "memlab", &["memlab.mjs", modules_folder, &at("x.2.heapsnapshot")]) {
            assert_eq!(number(&read, "unreached"), 0, "{version}");
            for (name, class) in &classes {
                let kind = match name.as_str() {
                    "Function" => "(closure)",
                    "(compiled code)" => "(code)",
                    name => name,
                };
                let theirs = &read["classes"][kind];
                let theirs = (number(theirs, "count"), number(theirs, "self"), number(theirs, "each"));
                assert_eq!(theirs, (class.count, class.bytes, class.each), "{version}: {name}");
            }
        }
        let arguments = ["vscode.mjs", modules_folder, &at("x.2.heapsnapshot")];
        if let Some(read) = script(&modules, "@vscode/v8-heap-parser", &arguments) {
            for (name, class) in &classes {
                let theirs = &read["classes"][if name == "Function" { "(closure)" } else { name }];
                assert_eq!((number(theirs, "count"), number(theirs, "self")), (class.count, class.bytes), "{version}");
                // It passes on a change of a dominator one step only, and so counts a little with an object that others hold, too.
                let each = number(theirs, "each");
                assert!(
                    each >= class.each && each - class.each <= class.each / 100,
                    "{version}: {name}: {theirs}, {class:?}"
                );
            }
        }
    }
}
