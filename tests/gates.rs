//! `check` and `watch` on live programs: exit codes as documented, nothing left behind.

#![cfg(target_os = "linux")]

mod pythons;

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pythons::few_interpreters;

/// Leaks users for ever, and sessions that two containers hold.
const PROGRAM: &str = "
import threading, time
class User:
    def __init__(self, number): self.tags = ['tag %d' % number * 3]
LEAK, ALSO, SETTINGS = {}, [], {'a': 1}
print('READY', flush=True)
number = 0
while True:
    for _ in range(20):
        number += 1
        LEAK[number] = User(number)
        ALSO.append(LEAK[number])
    time.sleep(0.001)
";

struct Program(Child);

impl Program {
    fn start() -> Option<Program> {
        let interpreter = few_interpreters().pop()?;
        let mut child =
            Command::new(&interpreter.program).args(["-c", PROGRAM]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "READY");
        Some(Program(child))
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// It runs, and nobody traces it or has stopped it.
    fn assert_untouched(&mut self) {
        assert!(self.0.try_wait().unwrap().is_none());
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        assert!(status.contains("TracerPid:\t0"), "{status}");
        assert!(!status.contains("State:\tT") && !status.contains("State:\tt"), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_leak_has_its_verdict_and_the_program_goes_on() {
    let Some(mut program) = Program::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["watch", "--pid", &program.pid(), "--every", "0.3", "--min", "1K"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let verdict = text.lines().find(|line| line.starts_with("Verdict: ")).unwrap_or_default();
    assert!(verdict.starts_with("Verdict: leak: `__main__.LEAK`, +"), "{text}");
    assert!(verdict.contains(" steps on the average, ") && verdict.contains("/min"), "{text}");
    assert!(text.contains("`__main__.LEAK` are also held by `__main__.ALSO`"), "{text}");
    let steps = String::from_utf8(output.stderr).unwrap();
    // A verdict needs three steps; one more line for the first snapshot.
    assert!(steps.lines().filter(|line| line.contains("note: snapshot ")).count() >= 4, "{steps}");
    assert_eq!(names(folder.path()), [""; 0], "no file unless asked for");
    program.assert_untouched();
}

#[test]
fn limits_of_a_build_are_kept_or_not() {
    let Some(program) = Program::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let kept = ["watch", "--pid", &program.pid(), "--every", "0.1", "--count", "2", "--keep", "a.json", "--quiet"];
    assert_eq!(run(folder.path(), &kept).status.code(), Some(0));
    assert_eq!(names(folder.path()), ["a.1.json", "a.2.json"]);
    let check = |limits: &[&str]| {
        let output = run(folder.path(), &[&["check", "a.1.json", "a.2.json"], limits].concat());
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, text) = check(&["--max-growth", "__main__.User=0", "--junit", "check.xml"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("at `__main__.LEAK[…]`: cut there"), "{text}");
    assert!(text.contains("also held by `__main__.ALSO`: cut both"), "{text}");
    assert!(text.contains("one of them: sys.modules['__main__'].LEAK["), "{text}");
    let xml = std::fs::read_to_string(folder.path().join("check.xml")).unwrap();
    assert!(xml.contains(r#"tests="1" failures="1""#) && xml.contains("__main__.LEAK[…]"), "{xml}");
    let (code, text) = check(&["--max", "__main__.SETTINGS=1", "--max-retained", "__main__.SETTINGS=1K"]);
    assert_eq!(code, Some(0), "{text}");
    // A place is limited as a type is, from a file beside the project, too.
    std::fs::write(folder.path().join("heapgraph.toml"), "[check.max]\n\"__main__.LEAK\" = 1\n").unwrap();
    let (code, text) = check(&[]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("`__main__.LEAK`: ") && text.contains("entries; at most 1 allowed"), "{text}");
    assert_eq!(check(&["--max", "nothing"]).0, Some(2));
    assert_eq!(check(&["--config", "nowhere.toml"]).0, Some(1));
}

/// The example of the README, as it is and with its leak; called as pytest does.
#[test]
fn the_test_of_the_readme_fails_when_sessions_stay() {
    let Some(interpreter) = few_interpreters().pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("examples/test_no_leak.py")).unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let test = &text[text.find("def test_visits").unwrap()..];
    assert!(readme.contains(test.trim_end()), "README shows another test than the example");
    let leaking = text.replace("    del SESSIONS[user]", "    pass");
    assert_ne!(leaking, text);
    let binaries = Path::new(env!("CARGO_BIN_EXE_heapgraph")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(binaries.to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    for (name, text, passes) in [("no_leak", &text, true), ("leak", &leaking, false)] {
        std::fs::write(folder.path().join(format!("{name}.py")), text).unwrap();
        let call = format!("import pathlib, {name}; {name}.test_visits_leave_nothing_behind(pathlib.Path('.'))");
        let mut python = Command::new(&interpreter.program);
        python.args(["-c", &call]).current_dir(folder.path()).env("PATH", &path);
        let output = python.env("PYTHONPATH", root.join("snapshot-dumper")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), passes, "{told}");
        assert_eq!(told.contains("leak.SESSIONS[…]`: cut there"), !passes, "{told}");
    }
}

#[test]
fn nothing_is_left_behind_after_an_interrupt() {
    let Some(mut program) = Program::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut watch = command(folder.path(), &["watch", "--pid", &program.pid(), "--every", "3600"]);
    let mut watch = watch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(watch.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("snapshot 1"), "{line}");
    kill(Pid::from_raw(watch.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(watch.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
    assert_eq!(names(folder.path()), [""; 0]);
    program.assert_untouched();
}
