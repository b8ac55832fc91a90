//! `heapgraph dump -- PROGRAM`: the program sees what it would see, and its snapshots are there.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::pythons::{Interpreter, interpreters};
use super::{count, heapgraph, names_in, newest, text};

const SCRIPT: &str = "
import os, sys
class Thing: pass
things = [Thing() for _ in range(123)]
import json
hidden = {'_', 'OLDPWD'}
print(json.dumps({
    'argv': sys.argv, 'name': __name__, 'file': __file__, 'path': sys.path, 'flags': str(sys.flags),
    'environment': sorted(k + '=' + v for k, v in os.environ.items() if k not in hidden),
    'modules': sorted(m for m in sys.modules if 'dumper' in m or 'heapgraph' in m or m == 'sitecustomize'),
    'main': sorted(vars(sys.modules['__main__'])), 'prefix': sys.prefix,
}, sort_keys=True), flush=True)
if 'sleep' in sys.argv:
    import time
    end = time.time() + 20
    while time.time() < end: time.sleep(0.01)
if 'fail' in sys.argv: raise ValueError('on purpose')
sys.exit(7)
";

fn python(interpreter: &Interpreter) -> &str {
    interpreter.program.to_str().unwrap()
}

/// What [`SCRIPT`] has printed.
fn facts(output: &[u8]) -> serde_json::Value {
    serde_json::from_slice(output).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

fn folder_with_script() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), SCRIPT).unwrap();
    folder
}

#[test]
fn the_program_sees_what_it_would_see() {
    for interpreter in interpreters() {
        let folder = folder_with_script();
        for words in [&["app.py", "a", "--b"][..], &["-m", "app", "x"], &["-B", "-X", "dev", "./app.py"]] {
            let plain = Command::new(python(&interpreter)).args(words).current_dir(folder.path()).output().unwrap();
            let mut command = heapgraph(&["dump", "--", python(&interpreter)], folder.path());
            let dumped = command.args(words).output().unwrap();
            let label = format!("{} {words:?}", interpreter.version);
            assert_eq!(dumped.status.code(), Some(7), "{label}: {}", text(&dumped.stderr));
            let (plain, seen) = (facts(&plain.stdout), facts(&dumped.stdout));
            for (key, value) in plain.as_object().unwrap() {
                assert_eq!(*value, seen[key], "{label}: {key}");
            }
            let said = text(&dumped.stderr);
            for expected in ["snap.json: ", "real ", "user ", "sys ", "peak RSS ", "Next: heapgraph common snap.json"] {
                assert!(said.contains(expected), "{label}: {said}");
            }
            assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 123, "{label}");
        }
    }
}

#[test]
fn a_program_that_fails() {
    let Some(interpreter) = newest() else { return };
    let folder = folder_with_script();
    let plain =
        Command::new(python(&interpreter)).args(["app.py", "fail"]).current_dir(folder.path()).output().unwrap();
    let dumped = heapgraph(&["run", "-q", python(&interpreter), "app.py", "fail"], folder.path()).output().unwrap();
    assert_eq!(dumped.status.code(), Some(1));
    assert_eq!(text(&plain.stderr), text(&dumped.stderr), "the traceback is the program's own");
    assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 123);
}

#[test]
fn a_virtual_environment_and_its_scripts() {
    let Some(interpreter) = newest() else { return };
    let folder = folder_with_script();
    let made = Command::new(python(&interpreter))
        .args(["-m", "venv", "--without-pip", "env"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(made.success());
    let in_env = folder.path().join("env/bin/python");
    let script = folder.path().join("env/bin/tool");
    std::fs::write(&script, format!("#!{}\n{SCRIPT}", in_env.display())).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for words in [&["env/bin/python", "app.py"][..], &["env/bin/tool", "x"]] {
        let plain = Command::new(folder.path().join(words[0])).args(&words[1..]).current_dir(folder.path()).output();
        let mut command = heapgraph(&["run"], folder.path());
        let dumped = command.args(words).output().unwrap();
        assert_eq!(dumped.status.code(), Some(7), "{}", text(&dumped.stderr));
        let (plain, dumped) = (facts(&plain.unwrap().stdout), facts(&dumped.stdout));
        for key in ["path", "prefix", "modules", "environment"] {
            assert_eq!(plain[key], dumped[key], "{words:?}: {key}");
        }
        assert!(dumped["prefix"].as_str().unwrap().ends_with("/env"), "{dumped}");
    }
}

/// Waits until the tool's child has printed its line.
fn start(arguments: &[&str], folder: &Path) -> std::process::Child {
    let mut tool = heapgraph(arguments, folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(tool.stdout.as_mut().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    tool
}

fn wait_for(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} does not appear", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn signals_are_passed_on() {
    let Some(interpreter) = newest() else { return };
    let folder = folder_with_script();
    let tool = start(&["run", "--on-signal", "usr1", python(&interpreter), "app.py", "sleep"], folder.path());
    kill(Pid::from_raw(tool.id() as i32), Signal::SIGUSR1).unwrap();
    wait_for(&folder.path().join("snap.json"));
    assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 123);
    kill(Pid::from_raw(tool.id() as i32), Signal::SIGTERM).unwrap();
    let output = tool.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(128 + 15), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("(--on-signal)"), "{}", text(&output.stderr));
}

#[test]
fn intervals_and_the_last_files() {
    let Some(interpreter) = newest() else { return };
    let folder = folder_with_script();
    let arguments = ["run", "--every", "0.3", "--keep", "2", "--no-exit", python(&interpreter), "app.py", "sleep"];
    let tool = start(&arguments, folder.path());
    wait_for(&folder.path().join("snap.4.json"));
    kill(Pid::from_raw(tool.id() as i32), Signal::SIGTERM).unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(text(&output.stderr).contains("snap.1.json"), "{}", text(&output.stderr));
    let kept: Vec<String> = names_in(folder.path())
        .into_iter()
        .filter(|name| name.starts_with("snap.") && name.ends_with(".json"))
        .collect();
    assert!((1..=3).contains(&kept.len()), "{kept:?}");
    assert!(!kept.contains(&"snap.1.json".to_owned()), "{kept:?}");
    assert!(text(&output.stderr).contains("Next: heapgraph"), "{}", text(&output.stderr));
}

/// The snapshot at the end shows what is left: it takes no place among those that are kept, and is not compared.
#[test]
fn the_end_comes_besides_what_is_kept() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let code = "import os, time\nwhile not os.path.exists('snap.3.json'): time.sleep(0.01)";
    let arguments = ["run", "--every", "0.5", "--keep", "2", python(&interpreter), "-c", code];
    let output = heapgraph(&arguments, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let kept: Vec<String> = names_in(folder.path()).into_iter().filter(|name| name.starts_with("snap.")).collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    let next = format!("Next: heapgraph diff {} {}", kept[0], kept[1]);
    assert!(text(&output.stderr).contains(&next), "{next}: {}", text(&output.stderr));
}

/// Threads of the program that go on while it is read from within would move what is read: so it is read from outside.
#[test]
fn snapshots_of_a_clock_are_read_from_outside_and_compressed_by_the_tool() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let code = "
import os, threading
class Thing: pass
things = [Thing() for _ in range(77)]
wrong = []
def work():
    while not wrong:
        try: tuple([n, {'n': n}] for n in range(500))
        except BaseException as error: wrong.append(error)
for _ in range(2): threading.Thread(target=work, daemon=True).start()
def taken():
    return max([int(name.split('.')[1]) for name in os.listdir('.') if name.endswith('.json.gz')] or [0])
# The one that is under way may have begun before all this was there.
first = taken() + 1
print(first, flush=True)
while taken() < first + 2 and not wrong: pass
assert not wrong, wrong
os._exit(3)";
        let arguments =
            ["run", "--every", "0.2", "--keep", "9", "-o", "snap.json.gz", python(&interpreter), "-c", code];
        let output = heapgraph(&arguments, folder.path()).output().unwrap();
        let label = format!("{}: {}", interpreter.version, text(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{label}");
        let names = names_in(folder.path());
        assert!(names.iter().all(|name| name.starts_with("snap.") && name.ends_with(".json.gz")), "{names:?}");
        let first: u64 = text(&output.stdout).trim().parse().unwrap();
        let number = |name: &str| name.split('.').nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap();
        let of_the_whole: Vec<String> = names.into_iter().filter(|name| number(name) > first).collect();
        assert!(of_the_whole.len() >= 2, "{label}");
        for name in of_the_whole {
            let path = folder.path().join(&name);
            assert_eq!(std::fs::read(&path).unwrap()[..2], [0x1f, 0x8b], "{name}");
            assert_eq!(count(&path, "__main__.Thing"), 77, "{label}: {name}");
            let info = heapgraph(&["info", "--format", "json", &name], folder.path()).output().unwrap();
            assert!(text(&info.stdout).contains("\"memory\""), "{label}: {}", text(&info.stdout));
        }
    }
}

/// What the program writes at its end gets its name, and is compressed, by the tool.
#[test]
fn the_snapshot_of_the_end_is_compressed_by_the_tool() {
    let Some(interpreter) = newest() else { return };
    let folder = folder_with_script();
    let arguments = ["run", "-o", "end.json.gz", python(&interpreter), "app.py"];
    let output = heapgraph(&arguments, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(names_in(folder.path()).len(), 2, "{:?}", names_in(folder.path()));
    let path = folder.path().join("end.json.gz");
    assert_eq!(std::fs::read(&path).unwrap()[..2], [0x1f, 0x8b]);
    assert_eq!(count(&path, "__main__.Thing"), 123);
}

#[test]
fn the_dumper_can_be_had_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = heapgraph(&["dump", "--print-dumper"], folder.path()).output().unwrap();
    let dumper = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshot-dumper/snapshot_dumper.py");
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(output.stdout, std::fs::read(dumper).unwrap());
    let both = heapgraph(&["dump", "--print-dumper", "--pid", "1"], folder.path()).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn memory_thresholds() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let code = "import time; time.sleep(0.5); big = bytearray(200 << 20); time.sleep(2)";
    let arguments = ["run", "--at-rss", "150M", "--no-exit", python(&interpreter), "-c", code];
    let output = heapgraph(&arguments, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("(--at-rss)"), "{}", text(&output.stderr));
    assert!(folder.path().join("snap.json").exists());
}

#[test]
fn a_program_that_never_comes_to_its_end() {
    let Some(interpreter) = newest() else { return };
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", python(&interpreter), "-c", "import os; os._exit(0)"];
    let output = heapgraph(&arguments, folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no snapshot was written"), "{}", text(&output.stderr));
    assert_eq!(names_in(folder.path()), [""; 0]);
    // Its own failure is worth more than ours.
    let arguments = ["run", python(&interpreter), "-c", "import os; os._exit(9)"];
    assert_eq!(heapgraph(&arguments, folder.path()).output().unwrap().status.code(), Some(9));
}
