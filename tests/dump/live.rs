//! `heapgraph dump --pid` of programs in all their states, by all ways in.

use super::pythons::interpreters;
use super::{BUSY, Target, count, heapgraph, names_in, newest, succeed, text};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

#[test]
fn sleeping_and_busy_programs_of_every_version() {
    for interpreter in interpreters() {
        for (state, besides) in [("sleeping", ""), ("busy", BUSY)] {
            let folder = tempfile::tempdir().unwrap();
            let snapshot = folder.path().join("snap.json");
            let mut target = Target::start(&interpreter, besides);
            let label = format!("{} {state}", interpreter.version);
            for round in ["first", "second"] {
                let output = succeed(target.dump(folder.path(), &[]), &label);
                let report = text(&output.stdout);
                for expected in ["snap.json: ", "read from outside", "next: heapgraph suspects snap.json"] {
                    assert!(report.contains(expected), "{label}: {report}");
                }
                assert_eq!(text(&output.stderr), "", "{label}");
                assert_eq!(count(&snapshot, "__main__.Thing"), 777, "{label}, {round}");
                target.check();
            }
            let metadata = std::fs::metadata(&snapshot).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{label}");
            assert_eq!(metadata.uid(), nix::unistd::geteuid().as_raw(), "{label}");
            assert_eq!(names_in(folder.path()), ["snap.json"], "{label}");
        }
    }
}

/// Nothing of ours is in either of two snapshots, and nothing else has changed.
#[test]
fn the_dump_does_not_show_itself() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let mut target = Target::start(&interpreter, "import asyncio, operator");
        for name in ["a.json", "b.json"] {
            succeed(target.dump(folder.path(), &["--text", "all"]), &target.label);
            std::fs::rename(folder.path().join("snap.json"), folder.path().join(name)).unwrap();
        }
        for name in ["a.json", "b.json"] {
            let written = std::fs::read_to_string(folder.path().join(name)).unwrap();
            for ours in ["<heapgraph>", "<snapshot_dumper>", "snapshot_dumper", "find_hidden_dicts"] {
                assert!(!written.contains(ours), "{}: {ours} is in {name}", target.label);
            }
        }
        let changed = changes(folder.path());
        assert!(changed <= 4, "{}: {changed} objects more or fewer", target.label);
        target.check();
    }
}

/// Sum of what the types have grown or shrunk by from a.json to b.json.
fn changes(folder: &Path) -> i64 {
    let output =
        succeed(super::heapgraph(&["diff", "a.json", "b.json", "--format", "json", "--limit", "0"], folder), "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["rows"].as_array().unwrap().iter().map(|row| row["count_growth"].as_i64().unwrap().abs()).sum()
}

#[test]
fn frozen_by_the_collector_many_threads_and_imports() {
    let Some(interpreter) = newest() else { return };
    let threads = "
import time
for n in range(200): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
";
    let imports = "
def load():
    while True:
        for name in ('decimal', 'json', 'csv', 'calendar', 'xml.dom.minidom'):
            sys.modules.pop(name, None); __import__(name)
threading.Thread(target=load, daemon=True).start()
";
    for (label, besides) in [("frozen", "import gc; gc.freeze()"), ("threads", threads), ("imports", imports)] {
        let folder = tempfile::tempdir().unwrap();
        let mut target = Target::start(&interpreter, besides);
        for _ in 0..3 {
            succeed(target.dump(folder.path(), &[]), label);
            assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777, "{label}");
            target.check();
        }
    }
}

#[test]
fn texts_are_written_as_far_as_asked_for() {
    let Some(interpreter) = newest() else { return };
    let target = Target::start(&interpreter, "table = {'a-key-of-' 'a-dictionary': 1}");
    let folder = tempfile::tempdir().unwrap();
    for (level, name, key, value) in [
        ("none", false, false, false),
        ("names", true, false, false),
        ("keys", true, true, false),
        ("all", true, true, true),
    ] {
        succeed(target.dump(folder.path(), &["--text", level]), level);
        let written = std::fs::read_to_string(folder.path().join("snap.json")).unwrap();
        let has = |text: &str| written.contains(text);
        assert_eq!(has("builtins.print"), name, "{level}");
        assert_eq!(has("a-key-of-a-dictionary"), key, "{level}");
        assert_eq!(has("top-secret"), value, "{level}");
    }
}

#[test]
fn compressed_by_its_name() {
    let Some(interpreter) = newest() else { return };
    let target = Target::start(&interpreter, "");
    let folder = tempfile::tempdir().unwrap();
    let pid = target.pid.to_string();
    let command = super::heapgraph(&["dump", "--pid", &pid, "-o", "snap.json.gz"], folder.path());
    succeed(command, "gz");
    assert_eq!(std::fs::read(folder.path().join("snap.json.gz")).unwrap()[..2], [0x1f, 0x8b]);
    assert_eq!(count(&folder.path().join("snap.json.gz"), "__main__.Thing"), 777);
}

#[test]
fn by_a_signal_that_the_program_has_armed() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let armed = folder.path().join("armed.json");
    let dumper = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshot-dumper");
    let besides = format!(
        "sys.path.insert(0, {dumper:?})\nimport snapshot_dumper\nsnapshot_dumper.install('SIGUSR2', {armed:?})"
    );
    let mut target = Target::start(&interpreter, &besides);
    let armed = armed.to_str().unwrap();
    let arguments = ["--via", "signal", "--signal", "USR2", "--armed-file", armed];
    let mut command = target.dump(folder.path(), &arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777);
    target.ask();
    // A signal without a handler would have ended it.
    let error = super::fail(target.dump(folder.path(), &["--via", "signal", "--armed-file", armed]));
    assert!(error.contains("no handler"), "{error}");
    target.ask();
}

/// A question of a process needs no file, and its next step asks the process again.
#[test]
fn a_question_of_a_process() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let mut target = Target::start(&interpreter, BUSY);
        let pid = target.pid.to_string();
        for command in ["common", "suspects", "info", "dominators", "cycles"] {
            let output = succeed(super::heapgraph(&[command, "--pid", &pid, "--quiet"], folder.path()), &target.label);
            assert!(!output.stdout.is_empty(), "{command}");
        }
        let why = ["why", "--pid", &pid, "--type", "Thing"];
        let report = text(&succeed(super::heapgraph(&why, folder.path()), &target.label).stdout);
        assert!(report.contains("things"), "{}: {report}", target.label);
        assert_eq!(names_in(folder.path()), [""; 0]);
        target.check();
    }
}

/// A prefork server: a file for each process, and a word for the child that is no Python.
#[test]
fn a_tree_of_processes() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let children = "
import os, subprocess
workers = []
for n in range(2):
    worker = os.fork()
    if worker == 0:
        import signal; signal.pause()
    workers.append(worker)
sleeper = subprocess.Popen(['sleep', '1000'])
import atexit, signal
@atexit.register
def end():
    sleeper.kill()
    for worker in workers: os.kill(worker, signal.SIGKILL)
";
    let target = Target::start(&interpreter, children);
    let output = succeed(target.dump(folder.path(), &["--tree"]), "tree");
    let report = text(&output.stdout);
    assert!(report.contains("3 snapshots"), "{report}");
    assert!(report.contains("was skipped"), "{report}");
    let files = names_in(folder.path());
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(count(&folder.path().join(file), "__main__.Thing"), 777);
    }
    // Its end of input lets the program end its children.
    target.end();
}

#[test]
fn memory_that_is_no_python_object_is_told_first() {
    const BUFFER: &str = "
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
size = 200 << 20
buffer = libc.malloc(ctypes.c_size_t(size))
libc.memset(ctypes.c_void_p(buffer), 1, ctypes.c_size_t(size))
";
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let target = Target::start(&interpreter, BUFFER);
    let pid = target.pid.to_string();
    for command in ["common", "suspects"] {
        let report = text(&succeed(heapgraph(&[command, "--pid", &pid], folder.path()), &target.label).stdout);
        let found = report.find("Python objects explain").unwrap_or_else(|| panic!("{report}"));
        // Before any table or finding.
        assert!(report[..found].lines().count() <= 3, "{report}");
        assert!(report.contains("of resident memory. Of the rest, "), "{report}");
        assert!(report.contains("No snapshot shows whose that is; memray"), "{report}");
    }
    // What an object is known to hold outside of the Python heap is explained, in a file that is only counted too.
    const MAPPED: &str = "
import mmap
mapped = mmap.mmap(-1, 200 << 20)
for page in range(0, 200 << 20, 4096): mapped[page] = 1
";
    for besides in ["", MAPPED] {
        let target = Target::start(&interpreter, besides);
        succeed(target.dump(folder.path(), &[]), &target.label);
        for command in ["common", "suspects"] {
            let report = text(&succeed(heapgraph(&[command, "snap.json"], folder.path()), &target.label).stdout);
            assert!(!report.contains("Python objects explain"), "{besides}: {report}");
        }
    }
}
