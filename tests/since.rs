//! What is new in real programs, on every Python: exact by a mark, within bounds by addresses, and the suspects among what grew.

mod pythons;

use std::path::Path;
use std::process::Command;

use pythons::interpreters;
use serde_json::Value;

const COUNT: u64 = 5000;

fn heapgraph(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    let output = command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").output().unwrap();
    assert!(output.status.success(), "heapgraph {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&heapgraph(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// How many objects of a type are new: at least, at most.
fn bounds(report: &Value, of: &str) -> (u64, u64) {
    let row = report["rows"].as_array().unwrap().iter().find(|row| row["type"] == of);
    row.map_or((0, 0), |row| (row["new_count_least"].as_u64().unwrap(), row["new_count_most"].as_u64().unwrap()))
}

#[test]
fn objects_freed_and_made_anew_are_new() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/renewed.py");
        let mut command = Command::new(&interpreter.program);
        command.env("PYTHONPATH", dumper).env("PYTHONDONTWRITEBYTECODE", "1").arg(program).arg(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}: {}", interpreter.version, String::from_utf8_lossy(&output.stderr));
        let at = &interpreter.version;
        let common = |earlier: &str, later: &str| {
            json(folder.path(), &["common", later, "--since", earlier, "--full-names", "--limit", "0"])
        };

        let marked = common("marked.0.json", "marked.1.json");
        assert_eq!(marked["totals"]["since_evidence"], "mark", "{at}");
        assert_eq!(bounds(&marked, "__main__.Session"), (COUNT, COUNT), "{at}");
        assert_eq!(bounds(&marked, "__main__.Kept"), (0, 0), "{at}");
        let (least, most) = bounds(&marked, "list");
        assert!(least >= COUNT && most < COUNT + 20, "{at}: {least} to {most} lists");

        let plain = common("plain.0.json", "plain.1.json");
        assert_eq!(plain["totals"]["since_evidence"], "address", "{at}");
        let (least, most) = bounds(&plain, "__main__.Session");
        assert!(least <= COUNT && COUNT <= most, "{at}: {least} to {most}");
        assert_eq!(bounds(&plain, "__main__.Kept"), (0, COUNT), "{at}: nothing tells that they are the same");

        // All commands are restricted to the same objects.
        let of = ["--type", "Session", "--since", "marked.0.json"];
        let why = heapgraph(folder.path(), &[&["why", "marked.1.json"], &of[..]].concat());
        assert!(why.contains("shown are the 5,000 objects that are new since marked.0.json"), "{at}: {why}");
        let referrers = heapgraph(folder.path(), &[&["backrefs", "marked.1.json", "--all"], &of[..]].concat());
        assert!(referrers.contains("Session × 5,000") && referrers.contains("all new"), "{at}: {referrers}");
        let tree = json(folder.path(), &["dominators", "marked.1.json", "--since", "marked.0.json"]);
        let sum =
            tree["rows"].as_array().unwrap().iter().map(|row| row["new_bytes_least"].as_u64().unwrap()).sum::<u64>();
        assert!(sum <= tree["totals"]["new_shallow_bytes_least"].as_u64().unwrap(), "{at}: {tree:#}");
        assert!(sum > COUNT * 48, "{at}: {tree:#}");

        // The leak is a suspect; the larger cache that warms up, the index and what is made anew are none.
        let suspects = json(folder.path(), &["suspects", "leak.1.json", "--since", "leak.0.json"]);
        let rows: Vec<(&str, &str)> = suspects["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["standing"].as_str().unwrap(), row["place"].as_str().unwrap()))
            .collect();
        heapgraph(folder.path(), &["diff", "leak.0.json", "leak.1.json", "leak.2.json", "-o", "growth.svg"]);
        let picture = std::fs::read_to_string(folder.path().join("growth.svg")).unwrap();
        assert!(picture.contains("0 → 1,500 → 3,000 items"), "{at}: {picture}");
        let container = picture.split("class=\"box target").nth(1).and_then(|rest| rest.split("</g>").next()).unwrap();
        assert!(container.contains("class=\"line\""), "{at}: no line of how it grew in {container}");
        assert_eq!(rows, [("suspect", "__main__.LEAK"), ("grew", "__main__.WARM")], "{at}: {suspects:#}");
    }
}
