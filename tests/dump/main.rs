//! `heapgraph dump` and `heapgraph run` on real Python programs.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod cores;
mod failures;
mod live;
mod namespaces;
mod program;
#[path = "../pythons/mod.rs"]
mod pythons;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use heapgraph::analysis::common::{Counts, Grouping};
use heapgraph::snapshot::{Snapshot, Wanted};

use pythons::{Interpreter, interpreters};

/// The tool.
fn heapgraph(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs the tool and expects it to succeed; what it printed.
fn succeed(mut command: Command, label: &str) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{label}: {}\n{}", output.status, text(&output.stderr));
    output
}

/// Runs the tool and expects it to fail with one line of error and exit code 1; that line.
fn fail(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    let error = text(&output.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("heapgraph: error: "), "{error}");
    error
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How many objects of a type (full name) a snapshot has.
fn count(snapshot: &Path, type_name: &str) -> u64 {
    let file = std::fs::File::open(snapshot).unwrap_or_else(|error| panic!("{}: {error}", snapshot.display()));
    let snapshot = Snapshot::read(file, Wanted::Objects).unwrap();
    let counts = Counts::of(&snapshot, Grouping::Type);
    counts.groups.get(type_name).map_or(0, |tally| tally.count)
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn newest() -> Option<Interpreter> {
    interpreters().into_iter().next_back()
}

fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        println!("skipped: needs root");
    }
    root
}

/// A program of ours that holds 777 objects of a class and answers lines; ended when dropped.
struct Target {
    child: Child,
    /// PID of the Python process, as seen from here.
    pid: u32,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    label: String,
    /// Where the target makes temporary files.
    temporary: tempfile::TempDir,
}

/// Reads a line, answers it; `%s` is what the program does besides.
const PROGRAM: &str = "
import sys, threading
class Thing:
    def __init__(self): self.secret = 'top-' 'secret'
things = [Thing() for _ in range(777)]
%s
while True:
    line = sys.stdin.readline()
    if not line: break
    print('pong', line.strip(), len(things), flush=True)
";

/// Keeps another thread busy, in a function with local variables.
const BUSY: &str = "
def work(step):
    row = []
    while True: row = [step * n for n in range(1000)]
threading.Thread(target=work, args=(3,), daemon=True).start()
";

impl Target {
    fn start(interpreter: &Interpreter, besides: &str) -> Self {
        Self::start_by(Command::new(&interpreter.program), interpreter, besides)
    }

    fn start_by(mut command: Command, interpreter: &Interpreter, besides: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        command.args(["-c", &PROGRAM.replace("%s", besides)]).env("TMPDIR", temporary.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let label = interpreter.version.clone();
        let mut target = Self { pid: child.id(), child, input, output, label, temporary };
        target.ask();
        target
    }

    /// Panics when the target doesn't answer.
    fn ask(&mut self) {
        writeln!(self.input, "ping").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "pong ping 777\n", "{}", self.label);
    }

    /// Ends it by the end of its input.
    fn end(mut self) {
        let (child, input) = (&mut self.child, std::mem::replace(&mut self.input, spare_input()));
        drop(input);
        child.wait().unwrap();
    }

    /// `heapgraph dump --pid … -o snap.json` in `folder`.
    fn dump(&self, folder: &Path, more: &[&str]) -> Command {
        let pid = self.pid.to_string();
        heapgraph(&[&["dump", "--pid", &pid, "-o", "snap.json"], more].concat(), folder)
    }

    /// Checks that it lives and that nothing is left of a dump.
    fn check(&mut self) {
        self.ask();
        if let Some(left) = names_in(self.temporary.path()).first() {
            let inside = names_in(&self.temporary.path().join(left));
            panic!("{}: {left} is left, with {inside:?}", self.label);
        }
    }
}

/// An input of nobody, to take the place of one that is closed.
fn spare_input() -> ChildStdin {
    let mut child = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    child.wait().unwrap();
    input
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
