//! Dumps of PyHeap: files written here by its format, damaged ones, and those of its own dumper where that runs.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};

use heapgraph::analysis::dominators::DominatorTree;
use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::retained::RetainedSizes;
use heapgraph::graph::{HeapGraph, Object};
use heapgraph::report::slot_label;
use heapgraph::snapshot::{ReadErrorKind, Snapshot, Wanted};
use heapgraph::units::Address;

use crate::pythons::interpreters;
use crate::random_heap::Rng;

/// Writes the format: big-endian numbers, texts with their lengths.
#[derive(Default)]
struct Encoder(Vec<u8>);

impl Encoder {
    fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn i16(&mut self, number: i16) -> &mut Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend((text.len() as u16).to_be_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    fn addresses(&mut self, addresses: &[u64]) -> &mut Self {
        addresses.iter().for_each(|&address| _ = self.u64(address));
        self
    }

    /// An object: address, type, size, what its container holds, its other referents, its attributes, what `str` makes of it.
    fn object(
        &mut self,
        [address, type_address]: [u64; 2],
        size: u32,
        content: Option<&[u64]>,
        others: &[u64],
        attributes: Option<&[(&str, u64)]>,
        text: Option<&str>,
    ) -> &mut Self {
        self.u64(address).u64(type_address).u32(size);
        if let Some(content) = content {
            let entries = if type_address == DICT { content.len() / 2 } else { content.len() };
            self.u32(entries as u32).addresses(content);
        }
        self.u32(others.len() as u32).addresses(others);
        if let Some(attributes) = attributes {
            self.u32(attributes.len() as u32);
            for (name, value) in attributes {
                match FREQUENT.iter().position(|frequent| frequent == name) {
                    Some(at) => self.i16(-1 - at as i16),
                    None => self.i16(name.len() as i16),
                };
                if !FREQUENT.contains(name) {
                    self.0.extend(name.as_bytes());
                }
                self.u64(*value);
            }
        }
        if let Some(text) = text {
            self.text(text);
        }
        self
    }
}

const FREQUENT: [&str; 3] = ["__class__", "__dict__", "__module__"];
const LIST: u64 = 0x100;
const TUPLE: u64 = 0x110;
const DICT: u64 = 0x120;
const SET: u64 = 0x130;
const STR: u64 = 0x140;
const INT: u64 = 0x150;
const TYPE: u64 = 0x160;
const MODULE_TYPE: u64 = 0x200;
const FUNCTION: u64 = 0x210;
const CODE: u64 = 0x220;
const SESSION: u64 = 0x230;
const CLASS_DICT: u64 = 0x3000;
const ORDER: u64 = 0x3010;
const BASES: u64 = 0x3020;
const OBJECT: u64 = 0x3030;
const OBJECT_DICT: u64 = 0x3040;
const OBJECT_ORDER: u64 = 0x3050;
const LIMIT_KEY: u64 = 0x3060;
const MODULES: u64 = 0x1000;
const APP: u64 = 0x1010;
const NAMES: u64 = 0x1020;
const SESSIONS: u64 = 0x1030;
const KEY: u64 = 0x1040;
const FIRST: u64 = 0x1050;
const FIRST_DICT: u64 = 0x1060;
const USER: u64 = 0x1070;
const RUN: u64 = 0x1080;
const RUN_CODE: u64 = 0x1090;
const JOB: u64 = 0x10A0;
const DATA: u64 = 0x10B0;
const APP_KEY: u64 = 0x2000;
const SESSIONS_KEY: u64 = 0x2010;
const RUN_KEY: u64 = 0x2020;
const USER_KEY: u64 = 0x2030;
const MODULE_NAME: u64 = 0x2040;

/// `sys.modules['app'].SESSIONS[7].user`, a function of the module, a local variable `job`.
fn fixture() -> Vec<u8> {
    let mut file = Encoder::default();
    file.u64(123_000_321).u32(1).text("2025-03-04T05:06:07.890+01:00").u64(1);
    let known =
        [("list", LIST), ("tuple", TUPLE), ("dict", DICT), ("set", SET), ("str", STR), ("int", INT), ("type", TYPE)];
    file.u32(known.len() as u32);
    known.iter().for_each(|(name, address)| _ = file.text(name).u64(*address));
    file.u32(1).text("MainThread");
    file.0.extend([1, 0]);
    file.u32(1).text("/srv/app.py").u32(12).text("main").u32(1).text("job").u64(JOB);
    file.u32(FREQUENT.len() as u32);
    FREQUENT.iter().for_each(|name| _ = file.text(name));
    file.u32(5);
    for common in [LIST, DICT, SET, STR, INT] {
        file.u64(common).u32(1).i16(-1).u64(TYPE);
    }
    file.u32(27);
    let none: Option<&[(&str, u64)]> = None;
    file.object([MODULES, DICT], 232, Some(&[APP_KEY, APP]), &[], none, None);
    let of_module: &[(&str, u64)] = &[("SESSIONS", SESSIONS), ("__dict__", 0x999), ("run", RUN)];
    file.object([APP, MODULE_TYPE], 72, None, &[NAMES], Some(of_module), Some("<module 'app' from '/srv/app.py'>"));
    file.object([NAMES, DICT], 232, Some(&[SESSIONS_KEY, SESSIONS, RUN_KEY, RUN]), &[], none, None);
    file.object([SESSIONS, DICT], 360, Some(&[KEY, FIRST]), &[], none, None);
    file.object([KEY, INT], 28, None, &[], none, Some("7"));
    let of_session: &[(&str, u64)] =
        &[("__class__", 0x998), ("__dict__", 0x999), ("__module__", MODULE_NAME), ("user", USER)];
    let text = "<app.Session object at 0x1050>";
    file.object([FIRST, SESSION], 48, None, &[FIRST_DICT, SESSION], Some(of_session), Some(text));
    file.object([FIRST_DICT, DICT], 104, Some(&[USER_KEY, USER]), &[], none, None);
    file.object([USER, STR], 52, None, &[], none, Some("ann"));
    let of_run: &[(&str, u64)] = &[("__class__", 0x998), ("__code__", 0x997)];
    let text = "<function run at 0x1080>";
    file.object([RUN, FUNCTION], 136, None, &[NAMES, RUN_CODE, RUN_KEY], Some(of_run), Some(text));
    let text = "<code object run at 0x1090, file \"/srv/app.py\", line 3>";
    file.object([RUN_CODE, CODE], 170, None, &[], Some(&[]), Some(text));
    file.object([JOB, TUPLE], 56, Some(&[DATA, DATA]), &[], Some(&[]), None);
    file.object([DATA, SET], 216, Some(&[KEY]), &[], none, None);
    let of_class: &[(&str, u64)] = &[("__module__", MODULE_NAME), ("limit", KEY)];
    let of_a_class = &[CLASS_DICT, ORDER, BASES, OBJECT];
    file.object([SESSION, TYPE], 1064, None, of_a_class, Some(of_class), Some("<class 'app.Session'>"));
    file.object([MODULE_TYPE, TYPE], 416, None, &[], Some(&[]), Some("<class 'module'>"));
    file.object([CLASS_DICT, DICT], 232, Some(&[LIMIT_KEY, KEY]), &[], none, None);
    file.object([ORDER, TUPLE], 56, Some(&[SESSION, OBJECT]), &[], Some(&[]), None);
    file.object([BASES, TUPLE], 48, Some(&[OBJECT]), &[], Some(&[]), None);
    file.object([OBJECT, TYPE], 416, None, &[OBJECT_DICT, OBJECT_ORDER], Some(&[]), Some("<class 'object'>"));
    file.object([OBJECT_DICT, DICT], 64, Some(&[]), &[], none, None);
    file.object([OBJECT_ORDER, TUPLE], 48, Some(&[OBJECT]), &[], Some(&[]), None);
    file.object([INT, TYPE], 416, None, &[], Some(&[]), Some("<class 'int'>"));
    for (address, text) in [
        (LIMIT_KEY, "limit"),
        (APP_KEY, "app"),
        (SESSIONS_KEY, "SESSIONS"),
        (RUN_KEY, "run"),
        (USER_KEY, "user"),
        (MODULE_NAME, "app"),
    ] {
        file.object([address, STR], 49 + text.len() as u32, None, &[], none, Some(text));
    }
    let types = [(MODULE_TYPE, "module"), (FUNCTION, "function"), (CODE, "code"), (SESSION, "Session")];
    file.u32((types.len() + known.len()) as u32);
    types.iter().for_each(|(address, name)| _ = file.u64(*address).text(name));
    known.iter().for_each(|(name, address)| _ = file.u64(*address).text(name));
    file.u64(123_000_321);
    file.0
}

fn graph(file: &[u8]) -> HeapGraph {
    HeapGraph::build(Snapshot::read(file, Wanted::References).unwrap())
}

fn at(graph: &HeapGraph, address: u64) -> Object {
    graph.object_at(Address(address)).unwrap()
}

fn slots(graph: &HeapGraph, address: u64) -> Vec<String> {
    let object = at(graph, address);
    graph.references(object).map(|reference| slot_label(graph, graph.slot(reference))).collect()
}

fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").output().unwrap()
}

#[test]
fn what_the_format_tells_is_read() {
    let graph = graph(&fixture());
    assert_eq!((graph.object_count(), graph.anomalies.dangling_references), (27, 0));
    assert_eq!(graph.header.capture.time.as_deref(), Some("2025-03-04T04:06:07Z"));
    let name = |address| graph.type_name(graph.type_id(at(&graph, address)));
    assert_eq!(
        (name(FIRST).as_str(), name(SESSIONS).as_str(), name(RUN).as_str()),
        ("app.Session", "dict", "function")
    );
    assert_eq!(graph.type_of(at(&graph, FIRST)).is_heap_type(), Some(true));
    assert_eq!(graph.type_of(at(&graph, KEY)).is_heap_type(), Some(false));
    // What is in a container, in its order; what attributes tell; what can be one thing only.
    assert_eq!(slots(&graph, SESSIONS), ["key", "[7]"]);
    assert_eq!(slots(&graph, JOB), ["[0]", "[1]"]);
    assert_eq!(slots(&graph, DATA), ["member"]);
    assert_eq!(slots(&graph, FIRST), [".__class__", ".__dict__"]);
    assert_eq!(slots(&graph, APP), [".__dict__"]);
    assert_eq!(slots(&graph, RUN), [".__code__", ".__globals__", "?"]);
    assert_eq!(slots(&graph, SESSION), [".__dict__", ".__mro__", ".__bases__", ".__base__"]);
    let modules: Vec<_> = graph.modules().map(|(root, name)| (name, root.file.as_deref())).collect();
    assert_eq!(modules, [("app", Some("/srv/app.py"))]);
    let text = |address| graph.text(at(&graph, address)).map(|known| known.text);
    assert_eq!((text(RUN_CODE), text(RUN), text(FIRST)), (Some("run (/srv/app.py:3)"), Some("run"), None));
    let tree = DominatorTree::of(&graph, &GcRoots::of(&graph));
    let retained = RetainedSizes::of(&graph, &tree);
    // With its dictionary, the key and the value there, the class that it alone holds, and the base of that.
    assert_eq!(retained.bytes(at(&graph, FIRST)), 48 + 104 + 52 + 53 + (1064 + 232 + 54 + 56 + 48) + (416 + 64 + 48));
}

#[test]
fn every_command_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old.pyheap"), fixture()).unwrap();
    let why = heapgraph(folder.path(), &["why", "old.pyheap", "--id", "0x1070"]);
    let text = String::from_utf8(why.stdout).unwrap();
    assert!(text.contains("sys.modules['app'].SESSIONS[7].user"), "{text}{}", String::from_utf8_lossy(&why.stderr));
    assert!(text.contains("a dump of PyHeap has no reference counts"), "{text}");
    for command in ["common", "dominators", "places", "suspects", "cycles", "info"] {
        let answer = heapgraph(folder.path(), &[command, "old.pyheap"]);
        assert!(answer.status.success(), "{command}: {}", String::from_utf8_lossy(&answer.stderr));
    }
    // A census keeps no references, and counts the same.
    let count = |text: &str| -> HashMap<String, u64> {
        let rows: serde_json::Value = serde_json::from_str(text).unwrap();
        let rows = rows["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["type"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap())).collect()
    };
    let json = |arguments: &[&str]| {
        let answer =
            heapgraph(folder.path(), &[arguments, &["old.pyheap", "--format", "json", "--limit", "0"]].concat());
        count(&String::from_utf8(answer.stdout).unwrap())
    };
    let census = json(&["common"]);
    assert_eq!(census, json(&["common", "--sort", "retained"]));
    assert_eq!((census["app.Session"], census["str"]), (1, 7));
}

#[test]
fn a_file_that_is_cut_gets_one_clear_error() {
    let file = fixture();
    for length in 8..file.len() {
        for wanted in [Wanted::Objects, Wanted::References] {
            let error = Snapshot::read(&file[..length], wanted).unwrap_err();
            assert_eq!(error.kind, ReadErrorKind::CutOff, "at {length}: {error}");
        }
    }
    let mut longer = file.clone();
    longer.push(0);
    assert_eq!(Snapshot::read(longer.as_slice(), Wanted::References).unwrap_err().kind, ReadErrorKind::Damaged);
    let mut other = file;
    other[11] = 2;
    let error = Snapshot::read(other.as_slice(), Wanted::References).unwrap_err();
    assert!(
        error.to_string().starts_with("byte 8 (version): expected version 1 of .pyheap files, found version 2"),
        "{error}"
    );
}

#[test]
fn damaged_files_are_refused_or_read_and_never_by_claim() {
    let file = fixture();
    let mut rng = Rng::new(7);
    for _ in 0..4000 {
        let mut damaged = file.clone();
        for _ in 0..=rng.below(3) {
            let at = 8 + rng.below(file.len() as u64 - 8) as usize;
            damaged[at] = [0, 1, 0x7F, 0x80, 0xFF][rng.below(5) as usize] ^ rng.below(2) as u8;
        }
        let _ = Snapshot::read(damaged.as_slice(), Wanted::Objects);
        if let Ok(snapshot) = Snapshot::read(damaged.as_slice(), Wanted::References) {
            let graph = HeapGraph::build(snapshot);
            DominatorTree::of(&graph, &GcRoots::of(&graph));
        }
    }
    // Four billion objects in a file of a kilobyte.
    let count = file.windows(4).rposition(|four| four == 27_u32.to_be_bytes()).unwrap();
    let mut claims = file.clone();
    claims[count..count + 4].fill(0xFF);
    assert!(Snapshot::read(claims.as_slice(), Wanted::References).is_err());
}

/// A program that dumps itself with PyHeap's dumper, then with ours.
const PROGRAM: &str = "
import sys

class Session:
    def __init__(self, user):
        self.user = user
        self.history = [user, 'visited']

SESSIONS = {'user-%d' % number: Session(number) for number in range(300)}

def dump():
    source = open(sys.argv[1]).read()
    space = {'heap_file': 'x.pyheap', 'str_repr_len': 1000, 'progress_file': '', '__file__': '<pyheap>', '__name__': 'x'}
    exec(compile(source, '<string>', 'exec'), space)
    assert not space['result_error'], space['result_error']

dump()
import snapshot_dumper
snapshot_dumper.dump('x.json', text='all')
";

/// `HEAPGRAPH_TEST_PYHEAP` names `dumper_inferior.py` of PyHeap.
#[test]
fn a_real_dump_agrees_with_our_own_snapshot() {
    let Some(dumper) = std::env::var_os("HEAPGRAPH_TEST_PYHEAP") else {
        println!("skipped: HEAPGRAPH_TEST_PYHEAP names no dumper of PyHeap");
        return;
    };
    for interpreter in interpreters() {
        let minor: u32 = interpreter.version.split('.').nth(1).unwrap().parse().unwrap();
        if minor > 12 {
            println!("skipped: PyHeap's dumper does not run on Python {}", interpreter.version);
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("program.py"), PROGRAM).unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
        let mut python = Command::new(&interpreter.program);
        python.args(["-B", "program.py"]).arg(&dumper).current_dir(folder.path()).env("PYTHONPATH", ours);
        assert!(python.status().unwrap().success(), "Python {}", interpreter.version);
        let [theirs, ours] =
            ["x.pyheap", "x.json"].map(|name| graph(&std::fs::read(folder.path().join(name)).unwrap()));
        let version = &interpreter.version;
        let of_type = |graph: &HeapGraph, name: &str| -> Vec<u64> {
            let objects = graph.objects().filter(|&object| graph.type_name(graph.type_id(object)) == name);
            objects.map(|object| graph.address(object).0).collect()
        };
        // The same objects of the program's own, in slots of the same names.
        let sessions = of_type(&theirs, "__main__.Session");
        assert_eq!((sessions.len(), &sessions), (300, &of_type(&ours, "__main__.Session")), "{version}");
        let (their_roots, our_roots) = (GcRoots::of(&theirs), GcRoots::of(&ours));
        let retained = |graph: &HeapGraph, roots: &GcRoots| RetainedSizes::of(graph, &DominatorTree::of(graph, roots));
        let (their_sizes, our_sizes) = (retained(&theirs, &their_roots), retained(&ours, &our_roots));
        for &address in &sessions {
            let history = |graph: &HeapGraph| {
                let session = at(graph, address);
                let holder = graph.field(session, ".__dict__").and_then(|field| field.referent).unwrap_or(session);
                let list = graph.referents(holder).find(|&held| graph.type_name(graph.type_id(held)) == "list");
                graph.address(list.unwrap())
            };
            assert_eq!(history(&theirs), history(&ours), "{version}");
            let session = |graph| at(graph, address);
            // Sizes are those of `sys.getsizeof`, which leaves out the values of attributes since 3.11; and a dump of PyHeap has less
            // references, so that what two share in ours may be one's there.
            let (theirs, ours) = (their_sizes.bytes(session(&theirs)), our_sizes.bytes(session(&ours)));
            assert!(theirs <= ours * 4 && ours <= theirs * 4, "{version}: {theirs} and {ours}");
        }
        // By the same way from the same module.
        let why = heapgraph(folder.path(), &["why", "x.pyheap", "--id", &sessions[0].to_string()]);
        let text = String::from_utf8(why.stdout).unwrap();
        let ours = heapgraph(folder.path(), &["why", "x.json", "--id", &sessions[0].to_string()]);
        let line = |text: &str| text.lines().find(|line| line.contains(".SESSIONS['user-")).map(str::to_owned);
        assert!(line(&text).is_some(), "{version}: {text}");
        assert_eq!(line(&text), line(&String::from_utf8(ours.stdout).unwrap()), "{version}");
    }
}
