//! Places of real programs: the same text on every Python, and what grew is told by who holds it.

mod pythons;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pythons::{Interpreter, few_interpreters, versions};
use serde_json::Value;

fn in_tests(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets").join(name)
}

/// A Python that can import the dumper.
fn python(interpreter: &Interpreter) -> Command {
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let mut command = Command::new(&interpreter.program);
    command.env("PYTHONPATH", dumper).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs a kind of growth; the snapshots are `0.json` and one more for each step.
fn grow(interpreter: &Interpreter, kind: &str, folder: &Path, steps: usize) {
    let mut command = python(interpreter);
    command.arg(in_tests("growing.py")).args([kind, &folder.to_string_lossy(), &steps.to_string()]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{kind} on {}: {stderr}", interpreter.version);
}

fn heapgraph(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    let output = command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").output().unwrap();
    assert!(output.status.success(), "heapgraph {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_slice(&heapgraph(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

fn rows<'v>(report: &'v Value, key: &str) -> &'v [Value] {
    report[key].as_array().map_or(&[], Vec::as_slice)
}

fn place(row: &Value) -> &str {
    row["place"].as_str().unwrap_or("")
}

/// The kinds of `growing.py`, each with what its first row must name.
fn kinds(interpreter: &Interpreter) -> Vec<(String, String)> {
    let output = python(interpreter).arg(in_tests("growing.py")).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let kinds = listed.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
    kinds.map(|(kind, place)| (kind.to_owned(), place.to_owned())).collect()
}

/// Each kind of leak, on one Python: the same places are expected of all.
fn assert_first_rows(interpreter: &Interpreter) {
    let leaks: Vec<(String, String)> =
        kinds(interpreter).into_iter().filter(|(kind, place)| !place.is_empty() && kind != "service").collect();
    assert!(leaks.len() >= 8, "{leaks:?}");
    let folder = tempfile::tempdir().unwrap();
    grow(interpreter, "each", folder.path(), 1);
    for ((kind, expected), number) in leaks.into_iter().zip(0..) {
        let (before, after) = (format!("{number}.json"), format!("{}.json", number + 1));
        let report = json(folder.path(), &["diff", &before, &after]);
        let told = rows(&report, "places");
        let at = format!("{kind} on {}: {told:#?}", interpreter.version);
        let found = told.first().map_or("", place);
        // What is to be called at the exit is the state of a module in older versions.
        let is_state = kind == "exit_listeners" && found.starts_with("atexit");
        let is_from_c = kind == "exit_listeners" && found.starts_with(expected.as_str());
        assert!(found == expected || is_state || is_from_c, "{at}");
        assert!(told[0]["shallow_bytes_growth"].as_i64().unwrap() > 0, "{at}");
        assert!(told[0]["count_after"].as_u64() > told[0]["count_before"].as_u64(), "{at}");
        if kind == "extension" {
            let outside = &rows(&report, "held_from_c")[0];
            assert_eq!(outside["type"], "__main__.Payload", "{at}");
            assert_eq!(outside["references_growth"], 300, "{at}");
        }
        if kind == "figures" {
            // The command of the row leads on, as written.
            let more = told[0]["command"].as_str().unwrap();
            let words: Vec<&str> = more.split(' ').skip(1).collect();
            assert!(!heapgraph(folder.path(), &words).is_empty(), "{more}");
        }
    }
}

#[test]
fn the_first_row_is_the_holder_on_the_oldest_python() {
    if let Some(interpreter) = few_interpreters().first() {
        assert_first_rows(interpreter);
    }
}

#[test]
fn the_first_row_is_the_holder_on_the_newest_python() {
    if let [_, .., interpreter] = few_interpreters().as_slice() {
        assert_first_rows(interpreter);
    }
}

#[test]
fn a_service_that_leaks_warms_up_and_churns() {
    if let Some(interpreter) = few_interpreters().first() {
        let folder = tempfile::tempdir().unwrap();
        grow(interpreter, "service", folder.path(), 2);
        let two = json(folder.path(), &["diff", "0.json", "1.json"]);
        let first = &rows(&two, "places")[0];
        assert_eq!(place(first), "__main__.LEAK", "{two:#}");
        assert_eq!((first["grew"].as_str(), first["type"].as_str()), (Some("elements"), Some("__main__.User")));
        assert_eq!((first["count_before"].as_u64(), first["count_after"].as_u64()), (Some(400), Some(800)));
        let three = json(folder.path(), &["diff", "0.json", "1.json", "2.json"]);
        let places: Vec<&str> = rows(&three, "places").iter().map(place).collect();
        assert_eq!(places, ["__main__.LEAK"], "{three:#}");
        assert_eq!(rows(&three, "places")[0]["trend"], "each_time");
        let stopped: Vec<&str> = rows(&three, "places_stopped").iter().map(place).collect();
        assert_eq!(stopped, ["__main__.WARM"], "{three:#}");
    }
}

#[test]
fn what_is_no_growth_of_objects_is_said() {
    if let Some(interpreter) = few_interpreters().last() {
        let folder = tempfile::tempdir().unwrap();
        grow(interpreter, "quiet", folder.path(), 1);
        let text = String::from_utf8(heapgraph(folder.path(), &["diff", "0.json", "1.json"])).unwrap();
        assert!(text.contains("Nothing grew: no place has 16.0 KiB more"), "{text}");
        grow(interpreter, "arenas", folder.path(), 1);
        let text = String::from_utf8(heapgraph(folder.path(), &["diff", "0.json", "1.json"])).unwrap();
        let first = text.lines().nth(2).unwrap_or_default();
        assert!(
            first.starts_with("Resident memory grew by ") && first.contains("No snapshot shows whose that is"),
            "{text}"
        );
    }
}

#[test]
fn sessions_that_two_containers_hold_are_told_with_both() {
    if let Some(interpreter) = few_interpreters().last() {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/leaky_cache.py");
        assert!(python(interpreter).arg(example).current_dir(folder.path()).status().unwrap().success());
        let report = json(folder.path(), &["diff", "before.json", "after.json"]);
        let told: Vec<(&str, Option<u64>, Option<u64>)> = rows(&report, "places")
            .iter()
            .map(|row| (place(row), row["count_before"].as_u64(), row["count_after"].as_u64()))
            .collect();
        let both =
            [("__main__.SHOP.sessions", Some(100), Some(1100)), ("__main__.BUS.listeners", Some(100), Some(1100))];
        assert_eq!(told, both, "{report:#}");
        let sentence = report["held_by_several"][0].as_str().unwrap();
        assert!(sentence.starts_with("Held by both: 1,100 entries of `__main__.SHOP.sessions`"), "{sentence}");
        assert!(sentence.contains("`__main__.BUS.listeners`") && sentence.ends_with("cut both."), "{sentence}");
        // Once: the places and the rest are the growth of the heap.
        let growth = |value: &Value| value["shallow_bytes_growth"].as_i64().unwrap();
        let told: i64 = rows(&report, "places").iter().map(growth).sum();
        let totals = &report["totals"];
        assert_eq!(told + totals["rest_bytes_growth"].as_i64().unwrap(), growth(totals), "{report:#}");
    }
}

/// A program that has said it is ready; it ends with the test.
struct Ready(Child);

impl Ready {
    fn start(interpreter: &Interpreter, program: &str) -> Ready {
        let mut command = python(interpreter);
        let mut child = command.arg(in_tests(program)).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "READY");
        Ready(child)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_kind_of_place_has_the_same_name_from_outside_on_every_python() {
    let all = few_interpreters();
    for interpreter in [all.first(), all.get(1), all.last()].into_iter().flatten() {
        let program = Ready::start(interpreter, "named_places.py");
        let folder = tempfile::tempdir().unwrap();
        let pid = program.0.id().to_string();
        let all = ["places", "--pid", &pid, "--limit", "0", "--depth", "64", "--quiet"];
        let report = json(folder.path(), &all);
        let found: Vec<&str> = rows(&report, "rows").iter().map(place).collect();
        for expected in [
            "__main__.CACHE[…].tags",
            "__main__.SEEN{…}",
            "__main__.SLOTTED.first[*]",
            "__main__.SLOTTED.second[…]",
            "__main__.CHAIN.after",
            "threading.local of worker-3 .buffers[*]",
            "threading.local of Thread-* .buffers[*]",
            "ContextVar request[*]",
            "asyncio task poll ._coro.local rows[*]",
            "garbage · __main__.User",
        ] {
            let is_there = |text: &&str| text.replace(' ', "").starts_with(&expected.replace(' ', ""));
            assert!(found.iter().any(is_there), "{expected} on {}", interpreter.version);
        }
        // A chain of 20,000 is a few places, and no place has an address.
        assert!(found.iter().filter(|text| text.starts_with("__main__.CHAIN")).count() < 6, "{found:#?}");
        assert!(!found.iter().any(|text| text.contains("0x")), "{found:#?}");
        let whole = report["totals"]["shallow_bytes"].as_u64().unwrap();
        let tops = rows(&report, "rows").iter().filter(|row| row["above"].is_null());
        assert_eq!(tops.map(|row| row["shallow_bytes"].as_u64().unwrap()).sum::<u64>(), whole);
        let stacks =
            String::from_utf8(heapgraph(folder.path(), &["places", "--pid", &pid, "--format", "folded"])).unwrap();
        assert!(stacks.lines().any(|line| line.starts_with("__main__;.CACHE;[…]")), "{stacks}");
    }
}

/// From within, the tree of a context is nodes without names: the reader names the values by their variables.
#[test]
fn context_variables_have_their_names_from_within_on_every_python() {
    const PROGRAM: &str = "
import contextvars, snapshot_dumper
class User: pass
variables = [contextvars.ContextVar('variable %d' % number) for number in range(100)]
for number, variable in enumerate(variables):
    variable.set([User() for _ in range(number)])
snapshot_dumper.dump('snap.json')
";
    for interpreter in versions() {
        let folder = tempfile::tempdir().unwrap();
        let program = python(&interpreter).args(["-c", PROGRAM]).current_dir(folder.path()).status().unwrap();
        assert!(program.success(), "{}", interpreter.version);
        let report = json(folder.path(), &["places", "snap.json", "--limit", "0", "--depth", "64"]);
        for number in 1..100 {
            let expected = format!("ContextVar variable {number}");
            let row = rows(&report, "rows").iter().find(|row| place(row) == expected);
            let row = row.unwrap_or_else(|| panic!("{expected} on {}", interpreter.version));
            assert_eq!(row["elements"], number, "{expected} on {}", interpreter.version);
        }
    }
}
