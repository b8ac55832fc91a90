//! Every classic leak in `examples/`, on a few Pythons: dumped by the real dumper, and `suspects` names its holder.

mod pythons;

use std::path::Path;
use std::process::Command;

use pythons::{Interpreter, versions};
use serde_json::Value;

/// An example, what names its holders, and the rules that must find it (no other may find anything).
struct Leak {
    example: &'static str,
    snapshot: &'static str,
    holders: &'static [&'static str],
    rules: &'static [&'static str],
}

const LEAKS: [Leak; 9] = [
    leak("unbounded_lru_cache", &["`__main__.render`"], &["unbounded-cache"]),
    leak("kept_exception", &["`__main__.FAILURES`"], &["exception-traceback"]),
    leak("finished_tasks", &["`__main__.JOBS`"], &["finished-task"]),
    leak("mutable_default", &["`__main__.enrol`"], &["mutable-default"]),
    leak("closure_over_self", &["`__main__.CONNECTIONS`"], &["closure-over-self"]),
    leak("bound_methods", &["`__main__.ON_CHANGE`"], &["bound-methods"]),
    leak("finalizer_cycle", &["`__main__.Upload`"], &["finalizer-cycle"]),
    leak("thread_local", &["`__main__.LOCAL`"], &[]),
    Leak {
        example: "leaky_cache",
        snapshot: "after.json",
        holders: &["`__main__.SHOP.sessions`", "`__main__.BUS.listeners`"],
        rules: &[],
    },
];

const fn leak(example: &'static str, holders: &'static [&'static str], rules: &'static [&'static str]) -> Leak {
    Leak { example, snapshot: "snap.json", holders, rules }
}

/// The oldest and the newest Python: what a heap looks like to the rules depends on how instances keep their attributes.
fn ends() -> Vec<Interpreter> {
    let mut all = versions();
    if all.len() > 2 {
        all.drain(1..all.len() - 1);
    }
    all
}

/// Runs a Python program that can import the dumper.
fn python(interpreter: &Interpreter, folder: &Path, program: &Path) {
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    let mut command = Command::new(&interpreter.program);
    command.arg(program).current_dir(folder).env("PYTHONPATH", dumper).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {}: {stderr}", interpreter.version, program.display());
}

/// Runs a command of heapgraph, which must succeed; returns its JSON.
fn heapgraph(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.args(arguments).args(["--format", "json"]).current_dir(folder).env_remove("HEAPGRAPH_SNAPSHOT");
    let output = command.output().unwrap();
    assert!(output.status.success(), "heapgraph {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts<'v>(values: &'v Value, key: &str) -> Vec<&'v str> {
    values.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap()).collect()
}

#[test]
fn every_example_is_told_by_its_holder() {
    for interpreter in ends() {
        for leak in &LEAKS {
            let folder = tempfile::tempdir().unwrap();
            let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(leak.example);
            python(&interpreter, folder.path(), &example.with_extension("py"));
            let found = heapgraph(folder.path(), &["suspects", leak.snapshot]);
            let at = format!("{} on Python {}", leak.example, interpreter.version);
            let paragraphs: Vec<&str> =
                found["paragraphs"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
            for holder in leak.holders {
                assert!(paragraphs.iter().any(|one| one.contains(holder)), "{at}: {holder} in {paragraphs:#?}");
            }
            // Before anything else: what the reader sees first is the leak.
            let is_first = |holder: &&str| paragraphs[0].contains(holder.trim_end_matches('`'));
            assert!(leak.holders.iter().any(is_first), "{at}: {paragraphs:#?}");
            assert_eq!(texts(&found["findings"], "rule"), leak.rules, "{at}");
        }
    }
}

/// One leak is one suspect, by the name of its holder; what is large and in order is none, and its owner is told.
#[test]
fn leaky_programs_have_one_suspect_and_healthy_ones_none() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/leaky_and_healthy.py");
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    for interpreter in ends() {
        let listed = Command::new(&interpreter.program).arg(&program).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.lines().count() >= 20, "{listed}");
        for line in listed.lines() {
            let [kind, name, holder] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let folder = tempfile::tempdir().unwrap();
            let mut command = Command::new(&interpreter.program);
            command.arg(&program).arg(name).current_dir(folder.path());
            let output = command.env("PYTHONPATH", &dumper).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let found = heapgraph(folder.path(), &["suspects", "snap.json"]);
            let at = format!("{kind} {name} on Python {}: {found:#}", interpreter.version);
            let told = |key: &str| found[key][0].as_str().unwrap_or_default().to_owned();
            match kind {
                "leaky" => {
                    assert_eq!(found["totals"]["suspects"], 1, "{at}");
                    let start: Vec<String> = told("paragraphs").lines().take(2).map(str::to_owned).collect();
                    assert!(start.concat().contains(holder), "{at}");
                }
                _ => {
                    assert_eq!(found["totals"]["suspects"], 0, "{at}");
                    assert!(told("large").contains(holder), "{at}");
                }
            }
        }
    }
}

#[test]
fn an_idle_process_has_no_suspects() {
    for interpreter in ends() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("idle.py");
        let imports = "import asyncio, decimal, email, functools, json, logging, re, threading, unittest";
        std::fs::write(&program, format!("{imports}\nimport snapshot_dumper\nsnapshot_dumper.dump()\n")).unwrap();
        python(&interpreter, folder.path(), &program);
        let found = heapgraph(folder.path(), &["suspects"]);
        assert_eq!(found["totals"]["suspects"], 0, "Python {}: {:#}", interpreter.version, found["paragraphs"]);
        assert!(found["title"].as_str().unwrap().starts_with("No leak suspect"), "{found}");
    }
}

#[test]
fn cycles_tell_garbage_finalizers_and_a_round() {
    for interpreter in ends() {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/finalizer_cycle.py");
        python(&interpreter, folder.path(), &example);
        let found = heapgraph(folder.path(), &["cycles"]);
        let rows = found["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["types"].as_str().unwrap().contains("__main__.Upload")).unwrap();
        assert_eq!((&row["count"], &row["garbage_count"]), (&500.into(), &500.into()), "{row}");
        assert_eq!(row["has_finalizer"], true, "Python {}: {row}", interpreter.version);
        let pattern = row["pattern"].to_string();
        let round = heapgraph(folder.path(), &["cycles", "--pattern", &pattern]);
        let round = round["example"].as_array().unwrap();
        let slots: Vec<&str> = round[1..].iter().map(|row| row["slot"].as_str().unwrap()).collect();
        assert!(slots.concat().contains("retry") && slots.concat().contains("upload"), "{slots:?}");
        assert_eq!(round.first().map(|row| &row["address"]), round.last().map(|row| &row["address"]));
    }
}

#[test]
fn info_knows_the_process_and_says_unknown_of_the_rest() {
    let Some(interpreter) = ends().pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/thread_local.py");
    python(&interpreter, folder.path(), &example);
    let found = heapgraph(folder.path(), &["info"]);
    let totals = &found["totals"];
    assert_eq!(totals["python_version"], interpreter.version.as_str());
    for known in
        ["pid", "rss_bytes", "user_seconds", "dump_cpu_seconds", "objects", "gc_enabled", "rss_explained_share"]
    {
        assert!(!totals[known].is_null(), "{known}");
    }
    let threads = found["threads"].as_array().unwrap();
    assert_eq!(threads.len(), 21, "{threads:#?}");
    let roots = found["roots"].as_array().unwrap();
    assert!(roots.iter().any(|row| row["kind"] == "local" && row["count"].as_u64().unwrap() >= 20), "{roots:#?}");
}
