//! Packed and compressed snapshots: every command answers from them, byte for byte, as from the snapshot that they are of.

mod pythons;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether this program can write Zstandard.
const HAS_ZSTD: bool = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"));

fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").env("HEAPGRAPH_NO_INDEX", "1");
    command.output().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = heapgraph(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code, standard output, standard error: some questions are about objects that a heap has not.
type Answer = (Option<i32>, String, String);

fn answer(folder: &Path, arguments: &[&str]) -> Answer {
    let Output { status, stdout, stderr } = heapgraph(folder, arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// Every question, of `before.json` and `snap.json` in a folder.
fn answers(folder: &Path, of: &str) -> Vec<(String, Answer)> {
    let questions = [
        "common snap.json --limit 0",
        "diff before.json snap.json",
        "diff before.json snap.json --group type",
        "info snap.json",
        "refs snap.json OF",
        "backrefs snap.json OF --no-fold",
        "backrefs snap.json OF -o /dev/stdout --format json",
        "why snap.json OF",
        "dominators snap.json --limit 50",
        "suspects snap.json",
        "places snap.json --limit 200 --format json",
        "census snap.json",
        "cycles snap.json",
        "common snap.json --by line",
    ];
    let ask = |question: &str| {
        let question = question.replace("OF", of);
        let arguments: Vec<&str> = question.split(' ').collect();
        let answered = answer(folder, &arguments);
        (question, answered)
    };
    questions.into_iter().map(ask).collect()
}

/// The ways in which a snapshot can be written: its name, and the options.
fn ways() -> Vec<(&'static str, &'static [&'static str])> {
    let mut ways: Vec<(&str, &[&str])> =
        vec![("x.json", &["--packed"]), ("x.json.gz", &[]), ("x.json.gz", &["--packed"]), ("x.json", &[])];
    if HAS_ZSTD {
        ways.extend([("x.json.zst", &[][..]), ("x.json.zst", &["--packed"])]);
    }
    ways
}

/// Both snapshots in a folder of their own, written anew in one way, under the names that they had.
fn anew(from: &Path, name: &str, options: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for snapshot in ["before.json", "snap.json"] {
        let (source, to) = (from.join(snapshot), folder.path().join(name));
        let arguments = ["export", source.to_str().unwrap(), "-o", to.to_str().unwrap(), "--quiet"];
        succeed(folder.path(), &[&arguments, options].concat());
        std::fs::rename(to, folder.path().join(snapshot)).unwrap();
    }
    folder
}

/// Of which objects is asked, which commands must succeed.
fn holds(from: &Path, of: &str) {
    let plain = answers(from, of);
    let answered = plain.iter().filter(|(_, (code, ..))| *code == Some(0)).count();
    assert!(answered >= 10, "{plain:?}");
    for (name, options) in ways() {
        let folder = anew(from, name, options);
        let others = answers(folder.path(), of);
        for (plain, other) in plain.iter().zip(&others) {
            assert_eq!(plain, other, "{name} {options:?}");
        }
    }
}

#[test]
fn the_answers_about_packed_fixtures_are_the_same() {
    for (folder, before, snap, of) in [
        ("shop.in", "before.json", "snap.json", "--type dict"),
        ("why.in", "snap.json", "snap.json", "--type dict"),
        ("leaks.in", "snap.json", "snap.json", "--type dict"),
        ("lines.in", "snap.json", "snap.json", "--type list"),
    ] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder);
        let both = tempfile::tempdir().unwrap();
        for (source, name) in [(before, "before.json"), (snap, "snap.json")] {
            let source = [source, snap].iter().map(|name| from.join(name)).find(|path| path.exists());
            std::fs::copy(source.unwrap(), both.path().join(name)).unwrap();
        }
        holds(both.path(), of);
    }
}

/// A program that writes itself, with texts, a mark, numbers of all sizes and lists of many elements.
const PROGRAM: &str = "
import array, sys, threading
sys.path.insert(0, sys.argv[1])
import snapshot_dumper
class Session:
    def __init__(self, number): self.number, self.history = number, [number, str(number)]
sessions = {number: Session(number) for number in range(500)}
cycle = []; cycle.append([cycle])
sessions['long'] = [None] * 100000
sessions['buffer'] = bytearray(3000000)
snapshot_dumper.mark('before.json')
sessions.update((number, Session(number)) for number in range(1000, 1300))
snapshot_dumper.dump('snap.json', text='all')
";

fn dumped() -> Option<tempfile::TempDir> {
    let interpreter = pythons::interpreters().pop()?;
    let folder = tempfile::tempdir().unwrap();
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let output = Command::new(&interpreter.program)
        .args(["-B", "-c", PROGRAM])
        .arg(dumper)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(folder)
}

#[test]
fn the_answers_about_a_packed_dump_are_the_same() {
    let Some(folder) = dumped() else { return };
    holds(folder.path(), "--type __main__.Session");
    let bytes = |path: PathBuf| std::fs::read(path).unwrap();
    let plain = bytes(folder.path().join("snap.json"));
    for (name, options) in ways() {
        let other = anew(folder.path(), name, options);
        let length = bytes(other.path().join("snap.json")).len();
        assert!(options.is_empty() || length < plain.len() * 2 / 3, "{name}: {length} of {}", plain.len());
        // And back: what was never packed, to the byte.
        let back = anew(other.path(), "y.json", &[]);
        assert!(bytes(back.path().join("snap.json")) == plain, "{name} {options:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_comes_of_a_private_snapshot_is_private_and_never_takes_its_place() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let snap = folder.path().join("snap.json");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/why.in/snap.json"), &snap).unwrap();
    std::fs::set_permissions(&snap, std::fs::Permissions::from_mode(0o600)).unwrap();
    for (name, options) in ways() {
        let said = succeed(folder.path(), &[&["export", "snap.json", "-o", name], options].concat());
        assert!(said.contains(name), "{said}");
        assert_eq!(folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let (code, _, said) = answer(folder.path(), &["export", "snap.json", "--packed", "-o", "snap.json"]);
    assert!(code == Some(2) && said.contains("is the snapshot that was read"), "{said}");
    // Nothing is left of what fails, and the fault is that of the file that was read.
    std::fs::write(folder.path().join("cut.json"), &std::fs::read(&snap).unwrap()[..900]).unwrap();
    for (name, options) in ways() {
        let name = format!("never-{name}");
        let (code, _, said) = answer(folder.path(), &[&["export", "cut.json", "-o", &name], options].concat());
        assert!(code == Some(1) && said.starts_with("heapgraph: error: cut.json: byte 900"), "{said}");
        assert!(!folder.path().join(name).exists());
    }
    for arguments in [
        &["export", "snap.json", "--packed", "-o", "x.heapsnapshot"][..],
        &["export", "snap.json", "--census", "-o", "x.json"],
        &["export", "--pid", "1", "-o", "x.json"],
    ] {
        assert_eq!(answer(folder.path(), arguments).0, Some(2), "{arguments:?}");
    }
}

/// What `dump` packs, of a process, at the end of a program, and of one that writes itself, is what it would write else.
#[cfg(target_os = "linux")]
#[test]
fn every_way_to_dump_can_pack() {
    use std::io::BufRead;
    use std::process::Stdio;
    let Some(interpreter) = pythons::interpreters().pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let source = "
import sys
class Thing: pass
things = [Thing() for _ in range(777)]
if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
    import snapshot_dumper
    snapshot_dumper.install('SIGUSR1', 'armed.json')
    print('ready', flush=True)
    sys.stdin.read()
";
    std::fs::write(folder.path().join("app.py"), source).unwrap();
    let name = if HAS_ZSTD { "snap.json.zst" } else { "snap.json.gz" };
    let python = interpreter.program.to_str().unwrap();
    let mut program = Command::new(python)
        .args(["-B", "app.py"])
        .arg(dumper)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let pid = program.id().to_string();
    for arguments in [
        &["dump", "--pid", &pid, "--packed", "-o"][..],
        &["dump", "--pid", &pid, "--via", "signal", "--armed-file", "armed.json", "--packed", "-o"],
        &["run", "--packed", "-o"],
    ] {
        for name in ["snap.json", name] {
            let mut arguments = [arguments, &[name]].concat();
            if arguments[0] == "run" {
                arguments.extend([python, "app.py"]);
            }
            succeed(folder.path(), &arguments);
            succeed(folder.path(), &["export", name, "-o", "plain.json"]);
            let common = |name| succeed(folder.path(), &["common", name, "--limit", "0", "--format", "csv"]);
            assert_eq!(common(name), common("plain.json"), "{arguments:?}");
            assert!(common(name).contains("__main__.Thing,777"), "{arguments:?}: {}", common(name));
            let is_plain = name == "snap.json";
            let written = std::fs::read(folder.path().join(name)).unwrap();
            assert_eq!(written.starts_with(b"{\"format\":\"heapgraph-snapshot\",\"version\":2"), is_plain);
        }
    }
    succeed(folder.path(), &["watch", "--pid", &pid, "--every", "0.1", "--count", "2", "--packed", "--keep", "w.json"]);
    for name in ["w.1.json", "w.2.json"] {
        assert!(std::fs::read_to_string(folder.path().join(name)).unwrap().contains("\"version\":2"));
    }
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
}

/// The code that FORMAT.md has for readers unpacks what is packed here.
#[test]
fn the_code_in_the_format_unpacks() {
    let Some(folder) = dumped() else { return };
    let interpreter = pythons::interpreters().pop().unwrap();
    succeed(folder.path(), &["export", "snap.json", "--packed", "-o", "packed.json"]);
    let format = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper/FORMAT.md");
    let format = std::fs::read_to_string(format).unwrap();
    let code = format.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let program = format!(
        "import base64, json
{code}
plain, packed = json.load(open('snap.json')), json.load(open('packed.json'))
assert unpack('BAIGAw==', True) == [16, 64, 32] and plain['version'] == 1 and packed['version'] == 2
signed = 'address', 'refcount', 'referent', 'text_of', 'external_of', 'allocated_at'
columns = 0
for one, other in zip(plain['chunks'], packed['chunks']):
    assert list(one) == list(other)
    for name, column in one.items():
        if name != 'text':
            assert unpack(other[name], name in signed) == column, name
            columns += 1
assert columns > 10, columns
del plain['chunks'], packed['chunks'], plain['version'], packed['version']
assert plain == packed
"
    );
    let output = Command::new(interpreter.program).args(["-c", &program]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
