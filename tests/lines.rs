//! Lines of programs whose truth is known: what each has made that is held, on every Python, from within and from outside.

mod pythons;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use pythons::{Interpreter, versions};
use serde_json::Value;

/// So much may what is told be beside what is held, in parts of a hundred.
const ALLOWED: u64 = 2;

fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_heapgraph")).args(arguments).current_dir(folder).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "heapgraph {}: {stderr}", arguments.join(" "));
    output
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn dumper() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper")
}

/// `(objects, bytes)` of each line of a listing.
fn listed(listing: &Value) -> BTreeMap<u64, (u64, u64)> {
    let rows = listing["rows"].as_array().unwrap();
    let row = |row: &Value| Some((row["line"].as_u64()?, (row["objects"].as_u64()?, row["shallow_bytes"].as_u64()?)));
    rows.iter().filter_map(row).collect()
}

/// Compares what the program says it holds with what is listed.
fn compare(version: &str, how: &str, truth: &Value, listing: &Value) {
    let lines = listed(listing);
    for (name, row) in truth.as_object().unwrap() {
        let [line, objects, bytes] = [0, 1, 2].map(|place| row[place].as_u64().unwrap());
        let (count, size) = lines.get(&line).copied().unwrap_or_default();
        println!("{version} {how}: {name}, line {line}: {objects} objects, {bytes} bytes; listed {count}, {size}");
        assert!(
            count >= objects && count - objects <= objects / 50 + 3,
            "{version} {how}: {name}: {count} of {objects}"
        );
        // The header of the collector and the like are in ours alone: at most 16 bytes each, in sys.getsizeof already.
        assert!(size.abs_diff(bytes) <= bytes * ALLOWED / 100 + 200, "{version} {how}: {name}: {size} of {bytes}");
    }
}

#[test]
fn each_line_is_told_with_what_is_held() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/lines_truth.py");
    let program = program.to_str().unwrap();
    for interpreter in versions() {
        let folder = tempfile::tempdir().unwrap();
        let python = interpreter.program.to_str().unwrap();
        let output = heapgraph(folder.path(), &["lines", "--run", "-o", "listing.json", "--", python, program]);
        let truth: Value = serde_json::from_slice(&output.stdout).unwrap();
        let read = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(folder.path().join(name)).unwrap()).unwrap()
        };
        compare(&interpreter.version, "from outside", &truth, &read("listing.json"));

        // The dumper itself, with one frame.
        let output = Command::new(python)
            .args(["-X", "tracemalloc=1"])
            .arg(dumper().join("snapshot_dumper.py"))
            .args(["-o", "snap.json", program])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let truth: Value = serde_json::from_slice(&output.stdout).unwrap();
        let listing = heapgraph(folder.path(), &["lines", program, "snap.json", "--format", "json"]);
        compare(&interpreter.version, "from within", &truth, &serde_json::from_slice(&listing.stdout).unwrap());
    }
}

const HOLDER: &str = "KEPT = {}\n\n\ndef keep(job):\n    KEPT[job.number] = job\n";
const MAKER: &str = r#"import sys
import holder


class Job:
    def __init__(self, number):
        self.number = number
        self.body = [number] * 50


def enqueue(number):
    return Job(number)


for number in range(9000):
    holder.keep(enqueue(number))
print("ready", flush=True)
sys.stdin.readline()
"#;

/// A program that leaks and waits; killed with the test.
struct Leaking(Child);

impl Leaking {
    fn start(interpreter: &Interpreter, folder: &Path, tracing: &str) -> Self {
        std::fs::write(folder.join("holder.py"), HOLDER).unwrap();
        std::fs::write(folder.join("maker.py"), MAKER).unwrap();
        let mut child = Command::new(&interpreter.program)
            .args(["-X", tracing, "maker.py"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Leaking(child)
    }
}

impl Drop for Leaking {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_leak_is_told_with_who_made_it_and_who_holds_it() {
    for interpreter in versions() {
        let folder = tempfile::tempdir().unwrap();
        let leaking = Leaking::start(&interpreter, folder.path(), "tracemalloc=3");
        let pid = leaking.0.id().to_string();
        let version = &interpreter.version;
        let said = text(&heapgraph(folder.path(), &["suspects", "--pid", &pid, "--quiet"]));
        let paragraph = said.split("\n\n").find(|paragraph| paragraph.starts_with("1. ")).unwrap_or_default();
        // Names of methods are qualified from 3.11 on.
        assert!(paragraph.contains("`holder.KEPT`, a dict with 9,000 entries of `__main__.Job`,"), "{version}: {said}");
        assert!(paragraph.contains("maker.py:8 in ") && paragraph.contains("__init__ ("), "{version}: {said}");
        assert!(paragraph.contains("maker.py:12 in enqueue ("), "{version}: {said}");
        let said = text(&heapgraph(folder.path(), &["common", "--pid", &pid, "--quiet", "--by", "function"]));
        assert!(said.contains("maker.py: enqueue ") && said.contains("unknown"), "{version}: {said}");
    }
}

#[test]
fn growth_is_told_by_line_with_the_place_that_holds_it() {
    let interpreter = versions().pop().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let leaking = Leaking::start(&interpreter, folder.path(), "tracemalloc=1");
    let pid = leaking.0.id().to_string();
    heapgraph(folder.path(), &["dump", "--pid", &pid, "-o", "after.json", "--quiet"]);
    drop(leaking);
    std::fs::write(folder.path().join("small.py"), "import snapshot_dumper\nsnapshot_dumper.dump('before.json')\n")
        .unwrap();
    let before = Command::new(&interpreter.program)
        .args(["-X", "tracemalloc", "small.py"])
        .current_dir(folder.path())
        .env("PYTHONPATH", dumper())
        .status();
    assert!(before.unwrap().success());
    let arguments = ["diff", "before.json", "after.json", "--by", "line", "--sort", "size", "--format", "json"];
    let answer: Value = serde_json::from_slice(&heapgraph(folder.path(), &arguments).stdout).unwrap();
    let first = &answer["rows"][0];
    assert!(first["line"].as_str().unwrap().ends_with("maker.py:8"), "{first}");
    assert_eq!(first["held_at"], "holder.KEPT[…].body");
    // One or the other lies in a block that is older than the tracing.
    assert!((8990..=9000).contains(&first["count_growth"].as_i64().unwrap()), "{first}");
}

#[test]
fn without_tracing_one_line_says_how_to_switch_it_on() {
    let interpreter = versions().pop().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let leaking = Leaking::start(&interpreter, folder.path(), "utf8");
    let pid = leaking.0.id().to_string();
    for arguments in [&["common", "--by", "line"][..], &["lines", "maker.py"], &["dominators", "--by", "file"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
            .args(arguments)
            .args(["--quiet", "--pid", &pid])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains("python -X tracemalloc") && said.contains("100 to 200 bytes"), "{said}");
    }
}
