//! Heaps of live programs read from outside: nothing is missing, nothing is wrong, and the program does not notice.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "outside/as_from_within.rs"]
mod as_from_within;
#[path = "outside/cases.rs"]
mod cases;
#[path = "outside/slots.rs"]
mod slots;
#[path = "outside/states.rs"]
mod states;
mod targets;
#[path = "outside/untouched.rs"]
mod untouched;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use heapgraph::graph::{HeapGraph, Object, Reference};
use heapgraph::snapshot::{Snapshot, Wanted};

use targets::Interpreter;

/// The tool, in `folder`.
fn heapgraph(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the tool, which must succeed and complain of nothing; what it printed.
fn succeed(arguments: &[&str], folder: &Path, label: &str) -> String {
    let Output { status, stdout, stderr } = heapgraph(arguments, folder).output().unwrap();
    assert!(status.success(), "{label}: {status}\n{}", text(&stderr));
    assert_eq!(text(&stderr), "", "{label}");
    text(&stdout)
}

/// `heapgraph dump --pid` into `snap.json` in `folder`; what it printed.
fn dump(pid: u32, folder: &Path, label: &str) -> String {
    let report = succeed(&["dump", "--pid", &pid.to_string(), "-o", "snap.json", "--quiet"], folder, label);
    assert!(report.contains("read from outside"), "{label}: {report}");
    report
}

/// A snapshot for questions.
struct Heap {
    graph: HeapGraph,
}

impl Heap {
    fn read(path: &Path) -> Self {
        let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { graph: HeapGraph::build(Snapshot::read(file, Wanted::References).unwrap()) }
    }

    fn type_name(&self, object: Object) -> String {
        self.graph.type_of(object).full_name()
    }

    /// The objects of a type (full name).
    fn of_type(&self, name: &str) -> Vec<Object> {
        let is_it: Vec<bool> = self.graph.types.iter().map(|kind| kind.full_name() == name).collect();
        self.graph.objects().filter(|&object| is_it[self.graph.type_id(object).index()]).collect()
    }

    fn count(&self, type_name: &str) -> usize {
        self.of_type(type_name).len()
    }

    fn slot(&self, reference: Reference) -> String {
        heapgraph::report::slot_label(&self.graph, self.graph.slot(reference))
    }

    /// Names of the slots of the referrers, with the type of the referrer.
    fn holders(&self, object: Object) -> Vec<String> {
        let mut referrers: Vec<Object> = self.graph.referrers(object).collect();
        referrers.dedup();
        let slots = referrers.into_iter().flat_map(|referrer| {
            self.graph
                .references_between(referrer, object)
                .map(move |reference| format!("{} {}", self.type_name(referrer), self.slot(reference)))
        });
        slots.collect()
    }

    /// What the roots that have a name, and the running frames, keep alive. Roots that are only inferred count for nothing.
    fn reachable(&self) -> Vec<bool> {
        let mut queue: Vec<Object> = self.graph.roots.iter().map(|root| root.object).collect();
        let mut reached = vec![false; self.graph.object_count()];
        while let Some(object) = queue.pop() {
            if !std::mem::replace(&mut reached[object.index()], true) {
                queue.extend(self.graph.strong_referents(object));
            }
        }
        reached
    }

    /// Whether all objects of a type are kept alive by something that has a name.
    fn all_reachable(&self, type_name: &str) -> bool {
        let reached = self.reachable();
        self.of_type(type_name).iter().all(|object| reached[object.index()])
    }
}

/// A program of `tests/targets/` that prints a line when it is ready and answers lines, ended when dropped. It is alone in
/// its process group, where copies of it would be seen.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pid: u32,
    label: String,
    /// Whatever is left there is found.
    temporary: tempfile::TempDir,
}

impl Program {
    fn start(interpreter: &Interpreter, script: &str, arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(&interpreter.program)
            .arg("-B")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets").join(script))
            .args(arguments)
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let label = format!("{} {}", interpreter.version, arguments.join(" "));
        Self { pid: child.id(), child, input, output, label, temporary }
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "{}: no answer: {:?}", self.label, self.child.try_wait());
        line.trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        // In one piece: who reads at once would take two pieces for two questions.
        self.input.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.read_line()
    }

    fn dump(&self, folder: &Path) -> String {
        dump(self.pid, folder, &self.label)
    }

    /// Waits until its process group holds only those of `its_own` number, its children by its own making included; nor is
    /// there a file.
    fn nothing_is_left(&self, its_own: usize) {
        assert_eq!(std::fs::read_dir(self.temporary.path()).unwrap().count(), 0, "{}", self.label);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let others = in_group(self.pid);
            if others.len() == its_own {
                return;
            }
            assert!(Instant::now() < deadline, "{}: left behind: {others:?}", self.label);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processes, zombies too, in the process group.
fn in_group(group: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| {
        let _: u32 = process.file_name().to_str()?.parse().ok()?;
        std::fs::read_to_string(process.path().join("stat")).ok()
    });
    let is_in = |stat: &String| {
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(2) == Some(&group.to_string())
    };
    stats.filter(is_in).map(|stat| stat.chars().take(60).collect()).collect()
}

/// Runs `work` for each of `jobs` on two threads: programs wait part of the time. All that fail are told.
fn for_all<J: Sync>(jobs: &[J], label: impl Fn(&J) -> String + Sync, work: impl Fn(&J) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let run = std::panic::AssertUnwindSafe(|| work(job));
                    if std::panic::catch_unwind(run).is_err() {
                        failures.lock().unwrap().push(label(job));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} failed: {failures:?}", failures.len(), jobs.len());
}
