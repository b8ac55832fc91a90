//! The Python expressions of root paths, evaluated in the live process that the snapshot is of: each must be the object.

mod pythons;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use heapgraph::analysis::explored::Explored;
use heapgraph::graph::{HeapGraph, Object};
use heapgraph::snapshot::{Snapshot, Wanted};
use pythons::{Interpreter, few_interpreters};

/// Runs a program as `__main__` up to its last dump, then evaluates one expression per line. The main thread waits in the frame
/// that called the dumper, so that the frames are those of the snapshot; another thread answers.
const HARNESS: &str = r#"
import _thread, sys, snapshot_dumper
real, go, done = snapshot_dumper.dump, _thread.allocate_lock(), _thread.allocate_lock()
path, last, source = sys.argv[1], sys.argv[2], None

def answer():
    go.acquire()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        imports, expected, expression = line.rstrip("\n").split("\t")
        try:
            found = eval(expression, {name: __import__(name) for name in imports.split(",") if name})
            text = "ok" if id(found) == int(expected) else "another object, %s" % type(found)
            found = None
        except BaseException as error:
            text = "%s: %s" % (type(error).__name__, error)
        sys.stdout.write(text.replace("\n", " ") + "\n")
        sys.stdout.flush()
    done.release()

def dump(name="snap.json", **options):
    real(name, **options)
    if name == last:
        go.release()
        done.acquire()

go.acquire()
done.acquire()
snapshot_dumper.dump = dump
_thread.start_new_thread(answer, ())
with open(path) as file:
    source = compile(file.read(), path, "exec")
exec(source)
"#;

/// The dumper, and what PYTHONPATH has: that is how packages of a virtual environment are had.
fn path_of(dumper: &Path) -> std::ffi::OsString {
    let others = std::env::var_os("PYTHONPATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(dumper.to_owned()).chain(std::env::split_paths(&others))).unwrap()
}

/// A program that waits after its dump.
struct Live {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Live {
    fn start(interpreter: &Interpreter, program: &Path, last: &str) -> Live {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("harness.py"), HARNESS).unwrap();
        let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
        let mut command = Command::new(&interpreter.program);
        command.arg("harness.py").arg(program).arg(last).current_dir(&folder).env("PYTHONPATH", path_of(&dumper));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let mut live = Live { output: BufReader::new(child.stdout.take().unwrap()), child, input, folder };
        assert_eq!(live.line(), "ready", "{} {}", interpreter.version, program.display());
        live
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What is wrong with an expression; `None` when it is the object.
    fn ask(&mut self, imports: &[&str], address: u64, expression: &str) -> Option<String> {
        writeln!(self.input, "{}\t{address}\t{expression}", imports.join(",")).unwrap();
        let answer = self.line();
        (answer != "ok").then_some(answer)
    }

    fn end(self) {
        let Live { mut child, input, output, folder } = self;
        drop(input);
        assert!(child.wait().unwrap().success());
        drop((output, folder));
    }
}

/// Evaluates the expressions of `objects`; returns how many were objects, and what was wrong with the others.
fn evaluate(live: &mut Live, heap: &Explored<'_>, objects: &[Object]) -> (usize, Vec<String>) {
    let (mut right, mut wrong) = (0, Vec::new());
    for &object in objects {
        let Some(path) = heap.path(object) else { continue };
        let expression = heap.expression(&path);
        // A line of the protocol; such expressions are legal, and rare.
        let Some(text) = expression.text.filter(|text| !text.contains(['\n', '\t'])) else { continue };
        match live.ask(&expression.imports, heap.graph.address(object).0, &text) {
            None => right += 1,
            Some(answer) => {
                let of = heap.graph.type_of(object).full_name();
                let slots: Vec<String> = path
                    .hops
                    .iter()
                    .map(|hop| {
                        let slot = heapgraph::report::slot_label(heap.graph, heap.graph.slot(hop.reference));
                        format!("{}{slot}", heap.graph.type_of(hop.reference.referrer).full_name())
                    })
                    .collect();
                wrong.push(format!("{of}: {text}\n    {answer}\n    by {}", slots.join(" → ")));
            }
        }
    }
    (right, wrong)
}

/// So many objects of each example are asked for, spread over the heap, besides all that the example's classes made.
const SAMPLE: usize = 1500;

fn check(interpreter: &Interpreter, folder: &str, example: &str, last: &str, sample: usize) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(example).with_extension("py");
    let mut live = Live::start(interpreter, &program, last);
    let file = std::fs::File::open(live.folder.path().join(last)).unwrap();
    let graph = HeapGraph::build(Snapshot::read(file, Wanted::References).unwrap());
    let heap = Explored::of(&graph);
    // What searches all objects takes long: few of these.
    let stride = (graph.object_count() / sample).max(1);
    let mut searches = 0;
    let frames = graph.threads.iter().flat_map(|thread| &thread.frames);
    let running: Vec<_> = frames.filter_map(|frame| Some(frame.address?.absolute())).collect();
    let objects: Vec<Object> = graph
        .objects()
        .filter(|object| object.index() % stride == 0 || graph.type_of(*object).module == "__main__")
        .filter(|&object| heap.reachability().is_reached(object))
        // A lock with which a thread waits lives as long as the wait.
        .filter(|&object| graph.type_of(object).full_name() != "_thread.lock")
        // A frame that ran ends with its function, perhaps before it is asked for.
        .filter(|&object| !running.contains(&graph.address(object)))
        .filter(|&object| {
            let text = heap.path(object).and_then(|path| heap.expression(&path).text).unwrap_or_default();
            let is_search = text.contains("gc.get_objects()");
            searches += usize::from(is_search);
            !is_search || searches <= 50
        })
        .collect();
    let (right, wrong) = evaluate(&mut live, &heap, &objects);
    live.end();
    let at = format!("{example} on Python {}", interpreter.version);
    println!("{at}: {right} of {} objects found by their expressions", objects.len());
    assert!(wrong.is_empty(), "{at}: {} wrong, {right} right\n{}", wrong.len(), wrong.join("\n"));
    assert!(right * 5 > objects.len() * 2, "{at}: only {right} of {} have an expression", objects.len());
}

macro_rules! examples {
    ($($name:ident: $last:literal,)*) => {$(
        #[test]
        fn $name() {
            for interpreter in few_interpreters() {
                check(&interpreter, "examples", stringify!($name), $last, SAMPLE);
            }
        }
    )*};
}

examples! {
    unbounded_lru_cache: "snap.json",
    kept_exception: "snap.json",
    finished_tasks: "snap.json",
    mutable_default: "snap.json",
    closure_over_self: "snap.json",
    bound_methods: "snap.json",
    finalizer_cycle: "snap.json",
    thread_local: "snap.json",
    leaky_cache: "after.json",
    who_holds_x: "snap.json",
}

/// So many objects of each larger program.
const LARGE_SAMPLE: usize = 2500;

/// Larger programs, and the package without which they are skipped. PYTHONPATH may have them, with the Python in HEAPGRAPH_TEST_PYTHON.
const PROGRAMS: [(&str, &str); 5] = [
    ("zoo", "sys"),
    ("asyncio_server", "asyncio"),
    ("django_models", "django"),
    ("pandas_frames", "pandas"),
    ("sqlalchemy_models", "sqlalchemy"),
];

/// With each run other objects are asked for: a wide net for changes of expressions, not a gate.
/// `cargo test --test live_expressions -- --ignored`
#[test]
#[ignore = "a random sample, best in an environment with the packages"]
fn expressions_of_larger_programs_are_the_objects() {
    for interpreter in few_interpreters() {
        for (program, package) in PROGRAMS {
            let question = format!("import {package}");
            let has = Command::new(&interpreter.program).args(["-c", &question]).stderr(Stdio::null()).status();
            if has.is_ok_and(|status| status.success()) {
                check(&interpreter, "tests/targets/programs", program, "snap.json", LARGE_SAMPLE);
            } else {
                println!("skipped: {program} on Python {}, which has no {package}", interpreter.version);
            }
        }
    }
}
