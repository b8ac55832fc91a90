//! The main job, end to end, on every Python of this machine: dump, common, diff, backrefs, pictures.

mod pythons;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pythons::{Interpreter, interpreters};
use serde_json::Value;

/// Runs a Python program that can import the dumper; returns what it prints.
fn python(interpreter: &Interpreter, folder: &Path, source: &str) -> String {
    let program = folder.join("program.py");
    std::fs::write(&program, source).unwrap();
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let output = Command::new(&interpreter.program)
        .arg("program.py")
        .current_dir(folder)
        .env("PYTHONPATH", dumper)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", interpreter.version, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs heapgraph in a folder.
fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT").output().unwrap()
}

/// Runs heapgraph, which must succeed; returns its standard output.
fn answer(folder: &Path, arguments: &[&str]) -> String {
    let output = heapgraph(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "heapgraph {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&answer(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn the_first_example_names_every_reference() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let id = python(
            &interpreter,
            folder.path(),
            "import snapshot_dumper\nx = [1]; y = [x, [x], {'a': x}]\nsnapshot_dumper.dump()\nprint(id(x))",
        );
        let report = json(folder.path(), &["backrefs", "--id", &id, "--expand", "--no-fold"]);
        let rows = report["rows"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let mut direct: Vec<(String, String)> =
            rows.iter().filter(|row| row["depth"] == 1).map(|row| (text(&row["slots"]), text(&row["type"]))).collect();
        direct.sort();
        let expected = [("['a']", "dict"), ("['x']", "dict"), ("[0]", "list"), ("[0]", "list")];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(slot, of)| ((*slot).to_owned(), (*of).to_owned())).collect();
        assert_eq!(direct, expected, "Python {}", interpreter.version);
        let named: Vec<String> = rows.iter().map(|row| text(&row["slots"])).collect();
        for slot in ["['y']", "[1]", "[2]"] {
            assert!(named.iter().any(|name| name == slot), "Python {}: {slot} in {named:?}", interpreter.version);
        }
        assert!(rows.iter().any(|row| row["root"] == "module __main__"), "Python {}", interpreter.version);

        let picture = json(folder.path(), &["backrefs", "--id", &id]);
        let labels: Vec<&Value> = picture["diagram"]["arrows"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|arrow| arrow["labels"].as_array().unwrap())
            .collect();
        assert!(labels.iter().any(|label| **label == ".x"), "the module and its names are one box: {labels:?}");

        assert_eq!(answer(folder.path(), &["backrefs", "--id", &id, "-o", "backrefs.png"]), "");
        answer(folder.path(), &["backrefs", "--id", &id, "-o", "backrefs.svg"]);
        let png = std::fs::read(folder.path().join("backrefs.png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "Python {}", interpreter.version);
        let svg = std::fs::read_to_string(folder.path().join("backrefs.svg")).unwrap();
        assert!(svg.contains(".y") || svg.contains("[&#x27;y&#x27;]"), "Python {}", interpreter.version);
    }
}

#[test]
fn an_idle_process_does_not_grow() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        python(
            &interpreter,
            folder.path(),
            "import snapshot_dumper\nsnapshot_dumper.dump('a.json')\nsnapshot_dumper.dump('b.json')",
        );
        let report = json(folder.path(), &["diff", "a.json", "b.json", "--limit", "0"]);
        assert_eq!(report["rows"], Value::Array(Vec::new()), "Python {}", interpreter.version);
        assert!(report["totals"]["unchanged"].as_u64().unwrap() > 50, "{report}");
    }
}

#[test]
fn growth_is_what_the_program_made() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        python(
            &interpreter,
            folder.path(),
            "import snapshot_dumper\nclass Leak: pass\nkept = [Leak()]\nsnapshot_dumper.dump('a.json')\n\
             kept += [Leak() for _ in range(1234)]\nsnapshot_dumper.dump('b.json')",
        );
        let report = json(folder.path(), &["diff", "a.json", "b.json", "--limit", "0"]);
        let rows = report["rows"].as_array().unwrap();
        let leak = rows.iter().find(|row| row["type"] == "__main__.Leak").unwrap();
        assert_eq!((leak["count_before"].as_u64(), leak["count_growth"].as_u64()), (Some(1), Some(1234)));
        assert_eq!(rows[0]["type"], "__main__.Leak", "largest growth first: {rows:?}");
        let candidates = answer(folder.path(), &["backrefs", "b.json", "--type", "Leak"]);
        assert!(candidates.contains("1,235 objects match; pick one by address."), "{candidates}");
    }
}

#[test]
fn a_linked_list_of_a_million_objects_overflows_nothing() {
    let Some(interpreter) = interpreters().pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let id = python(
        &interpreter,
        folder.path(),
        "import snapshot_dumper\nhead = last = [None]\nfor _ in range(1_000_000): head = [head]\n\
         snapshot_dumper.dump()\nprint(id(last))\n\
         while head[0] is not None: head = head[0]    # freed link by link: the interpreter recurses",
    );
    answer(folder.path(), &["common"]);
    answer(folder.path(), &["diff", "snap.json", "snap.json"]);
    for arguments in [["backrefs", "--depth", "100"], ["refs", "--depth", "100"]] {
        answer(folder.path(), &[&arguments[..], &["--id", &id]].concat());
        answer(folder.path(), &[&arguments[..], &["--id", &id, "-o", "chain.svg"]].concat());
    }
}

#[test]
fn what_can_not_be_done_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shop.in/snap.json");
    std::fs::copy(golden, folder.path().join("snap.json")).unwrap();
    let one_line = |output: &Output| {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    };
    for (arguments, code) in [
        (&["backrefs", "missing.json", "--id", "0x7f0000001400", "-o", "x.png"][..], 1),
        (&["backrefs", "--id", "0x123", "-o", "x.png"][..], 1),
        (&["backrefs", "--id", "0x7f0000001400", "-o", "no/such/folder/x.png"][..], 1),
        (&["backrefs", "--id", "0x7f0000001400", "-o", "x.jpeg"][..], 2),
        (&["backrefs", "--id", "0x7f0000001400", "-o", "x.png", "--max-pixels", "10"][..], 1),
    ] {
        let output = heapgraph(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        one_line(&output);
    }
    let left: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_snapshot_can_be_named_by_the_environment_or_come_from_standard_input() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shop.in");
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.arg("common").current_dir(&empty).env("HEAPGRAPH_SNAPSHOT", shop.join("before.json"));
    let output = command.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("18 objects"), "{output:?}");
    let file = std::fs::File::open(shop.join("snap.json")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    let output = command.args(["common", "-"]).current_dir(&empty).stdin(file).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("28 objects"), "{output:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shop.in");
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(["common", "snap.json"]).current_dir(shop).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(stderr, "");
}

/// Somebody types at a real prompt, on a terminal: what the debugger holds is not drawn, and the picture is that of the gallery.
#[test]
fn at_the_prompt_of_a_debugger_the_picture_is_the_same() {
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/prompt.py");
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(&interpreter.program)
            .arg(&driver)
            .current_dir(folder.path())
            .env("PYTHONPATH", &dumper)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}", interpreter.version, String::from_utf8_lossy(&output.stderr));
        let ids = String::from_utf8(output.stdout).unwrap();
        let shown = |name: &str, id: &str, options: &[&str]| {
            let report = json(folder.path(), &[&["backrefs", name, "--id", id], options].concat());
            let rows = report["rows"].as_array().unwrap().iter();
            let mut rows: Vec<String> =
                rows.map(|row| format!("{} {} {}", row["depth"], row["slots"], row["type"])).collect();
            rows.sort();
            rows
        };
        let [in_module, in_function, without] = ids.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{ids}") };
        let expected = shown("without.json", without, &[]);
        assert_eq!(expected.len(), 8, "{expected:#?}");
        assert_eq!(shown("module.json", in_module, &[]), expected, "{}", interpreter.version);
        let in_function_shown = shown("function.json", in_function, &[]);
        let is_of_debugger =
            |row: &String| ["pdb", "bdb", "Pdb", "frame", "curframe"].iter().any(|word| row.contains(word));
        assert!(!in_function_shown.iter().any(is_of_debugger), "{}: {in_function_shown:#?}", interpreter.version);
        let locals = in_function_shown.iter().filter(|row| row.ends_with("\"local\"")).count();
        assert_eq!((locals, in_function_shown.len()), (2, expected.len()), "{in_function_shown:#?}");
        assert!(shown("module.json", in_module, &["--expand"]).len() > expected.len() + 5);
    }
}

#[cfg(unix)]
#[test]
fn what_comes_of_a_snapshot_is_as_private_and_never_takes_its_place() {
    use std::os::unix::fs::PermissionsExt;
    let Some(interpreter) = interpreters().into_iter().next() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mode = |name: &str| std::fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
    let id =
        python(&interpreter, folder.path(), "import snapshot_dumper\nx = [1]\nsnapshot_dumper.dump()\nprint(id(x))");
    assert_eq!(mode("snap.json"), 0o600);
    answer(folder.path(), &["common", "-o", "of_private.json"]);
    answer(folder.path(), &["backrefs", "--id", &id, "-o", "of_private.svg"]);
    assert_eq!((mode("of_private.json"), mode("of_private.svg")), (0o600, 0o600));
    std::fs::copy(at("snap.json"), at("shared.json")).unwrap();
    std::fs::set_permissions(at("shared.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    answer(folder.path(), &["common", "shared.json", "-o", "of_shared.json"]);
    assert_eq!(mode("of_shared.json") & 0o444, 0o444 & !umask(&folder));
    // Under another name it is the same file.
    std::fs::hard_link(at("snap.json"), at("other_name.json")).unwrap();
    let before = std::fs::read(at("snap.json")).unwrap();
    for name in ["snap.json", "other_name.json"] {
        let refused = heapgraph(folder.path(), &["common", "snap.json", "-o", name]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("is the snapshot that was read"));
    }
    assert_eq!(std::fs::read(at("snap.json")).unwrap(), before);
    assert_eq!(answer(folder.path(), &["common", "-o", "-"]), answer(folder.path(), &["common"]));
    let address = format!("{:#x}", id.parse::<u64>().unwrap());
    let misplaced = heapgraph(folder.path(), &["backrefs", "snap.json", &address]);
    assert_eq!(misplaced.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&misplaced.stderr).ends_with(&format!("named with --id: --id {address}\n")));
}

/// The bits that new files of this process do not get.
#[cfg(unix)]
fn umask(folder: &tempfile::TempDir) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.path().join("umask");
    std::fs::File::create(&path).unwrap();
    0o666 & !std::fs::metadata(&path).unwrap().permissions().mode()
}
