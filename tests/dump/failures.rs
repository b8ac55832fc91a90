//! What can't be done is said in one line, leaves no file, and leaves the target running.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{BUSY, Target, count, fail, heapgraph, is_root, names_in, newest, succeed, text};

/// A user without rights.
const NOBODY: u32 = 65534;

/// 600,000 objects: their dump takes seconds.
const LARGE: &str = "large = [[n] for n in range(300000)]";

#[test]
fn what_is_no_python_process() {
    let folder = tempfile::tempdir().unwrap();
    let dump = |pid: u32| fail(heapgraph(&["dump", "--pid", &pid.to_string()], folder.path()));
    let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
    let error = dump(sleeper.id());
    assert!(error.contains("sleep") && error.contains("no Python"), "{error}");
    let pid = sleeper.id();
    sleeper.kill().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(dump(pid).contains("zombie"));
    sleeper.wait().unwrap();
    assert!(dump(pid).contains(&format!("there is no process {pid}")));
    assert!(dump(std::process::id()).contains("no Python"));
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["dump"][..], "`heapgraph dump --pid PID`"),
        (&["dump"], "heapgraph dump -- python app.py"),
        (&["dump", "--pid", "1", "--", "python", "x.py"], "cannot be used with"),
        (&["dump", "--pid", "1", "--every", "3"], "cannot be used with"),
        (&["dump", "--via", "signal", "--", "python", "x.py"], "cannot be used with"),
        (&["dump", "--core", "core", "--pid", "1"], "cannot be used with"),
        (&["dump", "--exe", "python", "--pid", "1"], "cannot be used with"),
        (&["dump", "--pid", "1", "--collect"], "nothing of ours runs"),
        (&["dump", "--in-process", "--", "python", "x.py"], "unexpected argument"),
        (&["dump", "--pid", "1", "--timeout", "0"], "more than 0"),
        (&["run"], "PROGRAM"),
        (&["run", "ls"], "is no Python"),
        (&["run", "--at-rss", "much", "python", "x.py"], "500M"),
        (&["run", "--on-signal", "KILL", "python", "x.py"], "no program can handle"),
        (&["dump", "--pid", "1", "--via", "signal", "--collect"], "nothing of ours runs"),
    ] {
        let output = heapgraph(arguments, folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn files_that_cannot_be_written() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut target = Target::start(&interpreter, "");
    let pid = target.pid.to_string();
    let error = fail(heapgraph(&["dump", "--pid", &pid, "-o", "none/snap.json"], folder.path()));
    assert!(error.contains("none/snap.json: can't be written: its folder does not exist"), "{error}");
    let error = fail(heapgraph(&["dump", "--pid", &pid, "-o", "."], folder.path()));
    assert!(error.contains("is a folder"), "{error}");
    target.check();
}

/// As another user: its own process, in a folder that it may not write to; another user's process.
#[test]
fn other_users() {
    if !is_root() {
        return;
    }
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // Interpreter and tool may be where only root comes; then they are brought.
    let tool = folder.path().join("heapgraph");
    std::fs::copy(env!("CARGO_BIN_EXE_heapgraph"), &tool).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new(&tool);
        command.args(arguments).current_dir(folder.path()).uid(NOBODY).gid(NOBODY).stdin(Stdio::null());
        command
    };
    let mut ours = Target::start(&interpreter, "");
    let error = fail(as_nobody(&["dump", "--pid", &ours.pid.to_string(), "-o", "/dev/null"]));
    assert!(error.contains("it belongs to user 0 and the tool runs as user 65534"), "{error}");
    assert!(error.contains("run the tool as that user"), "{error}");
    ours.check();

    let mut python = Command::new(&interpreter.program);
    python.uid(NOBODY).gid(NOBODY);
    if python.args(["-c", ""]).status().is_err() {
        println!("skipped: another user may not run {}", interpreter.program.display());
        return;
    }
    let mut python = Command::new(&interpreter.program);
    python.uid(NOBODY).gid(NOBODY);
    let mut theirs = Target::start_by(python, &interpreter, "");
    let output = succeed(theirs.dump(folder.path(), &[]), "root");
    assert!(text(&output.stdout).contains("snap.json"));
    let snapshot = folder.path().join("snap.json");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&snapshot).unwrap()), 0);
    assert_eq!(count(&snapshot, "__main__.Thing"), 777);
    let error = fail(as_nobody(&["dump", "--pid", &theirs.pid.to_string(), "-o", "mine.json"]));
    assert!(error.contains("mine.json: can't be written: no permission"), "{error}");
    assert!(!folder.path().join("mine.json").exists());
    theirs.check();
}

#[test]
fn a_full_disk() {
    if !is_root() {
        return;
    }
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs", place]).status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: no file system can be mounted");
        return;
    }
    let mut target = Target::start(&interpreter, "");
    let error = std::panic::catch_unwind(|| fail(target.dump(folder.path(), &[])));
    let error = error.unwrap_or_else(|_| {
        unmount(folder.path());
        panic!("a full disk was not noticed")
    });
    assert!(error.contains("snap.json") && error.contains("no storage space"), "{error}");
    assert_eq!(names_in(folder.path()), [""; 0]);
    unmount(folder.path());
    assert_eq!(copies(target.pid).len(), 1);
    target.check();
}

fn unmount(folder: &Path) {
    let _ = Command::new("umount").arg(folder).status();
}

/// The processes with the command line of `pid`, itself included.
fn copies(pid: u32) -> Vec<i32> {
    let line = |pid: i32| std::fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|line| !line.is_empty());
    let wanted = line(pid as i32);
    let environment = |pid: i32| std::fs::read(format!("/proc/{pid}/environ")).ok();
    let of_target = environment(pid as i32);
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|other| line(*other) == wanted && environment(*other) == of_target).collect()
}

/// Wherever it is, nothing of a killed dump has the snapshot's name, and the target answers.
#[test]
fn the_tool_is_killed_at_any_moment() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut target = Target::start(&interpreter, BUSY);
    let began = Instant::now();
    succeed(target.dump(folder.path(), &[]), "the first");
    let whole = began.elapsed();
    std::fs::remove_file(folder.path().join("snap.json")).unwrap();
    let mut unfinished = 0;
    for moment in 0..25 {
        let mut tool = target.dump(folder.path(), &[]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(moment) / 25.0));
        tool.kill().unwrap();
        tool.wait().unwrap();
        target.ask();
        match std::fs::metadata(folder.path().join("snap.json")) {
            Err(_) => unfinished += 1,
            Ok(_) => assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777),
        }
        let _ = std::fs::remove_file(folder.path().join("snap.json"));
        // A copy ends with the tool.
        let deadline = Instant::now() + Duration::from_secs(10);
        while copies(target.pid).len() > 1 {
            assert!(Instant::now() < deadline, "the copy goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(unfinished > 10, "only {unfinished} of 25 were killed half-way");
    succeed(target.dump(folder.path(), &[]), "the last");
    assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777);
}

#[test]
fn interrupted_by_the_user() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut target = Target::start(&interpreter, LARGE);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // Nobody reads what it writes: it waits, whatever the machine does.
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let reader = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let pid = target.pid.to_string();
        let mut command = heapgraph(&["dump", "--pid", &pid, "-o", "pipe"], folder.path());
        let mut tool = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut first = [0; 1];
        std::io::Read::read_exact(&mut &reader, &mut first).unwrap();
        kill(Pid::from_raw(tool.id() as i32), signal).unwrap();
        let status = tool.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32));
        std::fs::remove_file(&pipe).unwrap();
        assert_eq!(names_in(folder.path()), [""; 0]);
        target.check();
    }
}
