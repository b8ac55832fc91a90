//! Situations in which heaps have been read wrongly, or programs harmed: what is right in each.

use std::path::Path;

use heapgraph::graph::RootPlace;

use super::targets::{Interpreter, few_interpreters, interpreters, versions};
use super::{Heap, Program, for_all, heapgraph, succeed, text};

/// What is asked of a program in a situation.
struct Case {
    name: &'static str,
    /// How often it is read.
    times: usize,
    /// Objects that are there beside the 777 things: all of them kept alive by something that has a name.
    held: &'static [(&'static str, usize)],
    /// What the report of `dump` says.
    says: &'static str,
    /// Children of its own.
    children: usize,
    check: fn(&Heap, &str),
}

const CASE: Case = Case { name: "", times: 1, held: &[], says: "", children: 0, check: |_, _| {} };

const CASES: [Case; 20] = [
    Case { name: "tuple_of_generator", times: 30, ..CASE },
    Case { name: "iterparse_root", held: &[("xml.etree.ElementTree.Element", 241)], check: children_by_place, ..CASE },
    Case { name: "thread_locals", held: &[("__main__.Connection", 10)], ..CASE },
    Case { name: "context_variable", held: &[("__main__.Scope", 1)], check: by_its_variable, ..CASE },
    Case { name: "held_in_c", held: &[("__main__.Memorised", 300)], check: by_the_pickler, ..CASE },
    Case { name: "handled_exception", held: &[("__main__.Broken", 1), ("__main__.Payload", 1)], ..CASE },
    Case { name: "interpreters", held: &[("__main__.OfAnother", 66)], check: labelled, ..CASE },
    Case { name: "busy_interpreters", times: 5, held: &[("__main__.OfAnother", 66)], check: labelled, ..CASE },
    Case { name: "frozen", times: 3, check: frozen, ..CASE },
    Case { name: "many_threads", times: 2, held: &[("__main__.Held", 200)], check: many_threads, ..CASE },
    Case { name: "recursion", times: 2, held: &[("__main__.Held", 20_000)], check: deep, ..CASE },
    Case {
        name: "entering_the_loop",
        times: 3,
        held: &[("__main__.Held", 1)],
        check: called_by_the_outer_loop,
        ..CASE
    },
    Case { name: "seccomp", times: 3, says: "seccomp", ..CASE },
    Case { name: "no_more_processes", times: 3, says: "limit of 1 process", ..CASE },
    Case { name: "no_more_files", times: 3, ..CASE },
    Case { name: "no_more_memory", times: 3, ..CASE },
    Case { name: "no_folder", times: 3, ..CASE },
    Case { name: "supervisor", times: 5, children: 2, ..CASE },
    Case { name: "lock_held_in_c", times: 1, ..CASE },
    Case { name: "alarm", times: 10, ..CASE },
];

/// Cases of the system around the process, which are the same for all versions.
const OF_THE_SYSTEM: [&str; 8] = [
    "seccomp",
    "no_more_processes",
    "no_more_files",
    "no_more_memory",
    "no_folder",
    "supervisor",
    "lock_held_in_c",
    "alarm",
];

/// The root element, held by the C of a parser only, holds its children by their places.
fn children_by_place(heap: &Heap, label: &str) {
    let elements = heap.of_type("xml.etree.ElementTree.Element");
    let children_of = |object| -> Vec<String> {
        let references = heap.graph.references(object);
        let below = references.filter(|one| one.referent.is_some_and(|object| elements.contains(&object)));
        below.map(|reference| heap.slot(reference)).collect()
    };
    let all: Vec<Vec<String>> = elements.iter().map(|&element| children_of(element)).collect();
    let expected: Vec<String> = (0..120).map(|place| format!("[{place}]")).collect();
    assert_eq!(all.iter().filter(|children| **children == expected).count(), 1, "{label}");
    assert_eq!(all.iter().filter(|children| **children == ["[0]"]).count(), 120, "{label}");
}

fn by_its_variable(heap: &Heap, label: &str) {
    let holders = heap.holders(heap.of_type("__main__.Scope")[0]);
    assert!(holders.iter().any(|holder| holder.ends_with(" context variable request_scope")), "{label}: {holders:?}");
}

/// Roots of the others say whose they are.
fn by_the_pickler(heap: &Heap, label: &str) {
    for object in heap.of_type("__main__.Memorised") {
        let holders = heap.holders(object);
        assert!(holders.iter().any(|holder| holder.starts_with("_pickle.Pickler ")), "{label}: {holders:?}");
    }
}

fn labelled(heap: &Heap, label: &str) {
    for other in ["module __main__ of interpreter 1", "module __main__ of interpreter 2"] {
        assert!(
            heap.graph.roots.iter().any(|root| root.place == RootPlace::Other(other.into())),
            "{label}: no root {other}"
        );
    }
}

fn frozen(heap: &Heap, label: &str) {
    assert!(heap.graph.header.gc.frozen.is_some_and(|frozen| frozen > 1000), "{label}: {:?}", heap.graph.header.gc);
}

fn many_threads(heap: &Heap, label: &str) {
    assert_eq!(heap.graph.threads.len(), 202, "{label}");
    let in_work = |thread: &&heapgraph::snapshot::Thread| {
        thread.frames.iter().any(|frame| frame.locals.iter().any(|local| &*local.name.0 == "own"))
    };
    assert_eq!(heap.graph.threads.iter().filter(in_work).count(), 200, "{label}");
}

fn deep(heap: &Heap, label: &str) {
    let depth = heap.graph.threads.iter().map(|thread| thread.frames.len()).max();
    assert!(depth >= Some(20_000), "{label}: {depth:?}");
}

fn called_by_the_outer_loop(heap: &Heap, label: &str) {
    let frames = heap.graph.threads.iter().flat_map(|thread| &thread.frames);
    let mut variables = frames.flat_map(|frame| &frame.locals).map(|local| &*local.name.0);
    assert!(variables.any(|name| name == "own"), "{label}: {:?}", heap.graph.threads);
}

/// What of a case an interpreter has not.
fn is_missing(interpreter: &Interpreter, case: &Case) -> bool {
    if !case.name.contains("interpreters") {
        return false;
    }
    // There a thread of one interpreter does not see that one of another asks for the lock: the program hangs by itself.
    let minor: u32 = interpreter.version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0);
    if case.name == "busy_interpreters" && minor < 12 {
        println!("skipped: {} with a busy thread in another interpreter", interpreter.version);
        return true;
    }
    let question = "
try: import _interpreters
except ImportError: import _xxsubinterpreters";
    let output = std::process::Command::new(&interpreter.program).args(["-c", question]).output().unwrap();
    if !output.status.success() {
        println!("skipped: {} without a module for interpreters", interpreter.version);
    }
    !output.status.success()
}

fn run(interpreter: &Interpreter, case: &Case) {
    if is_missing(interpreter, case) {
        return;
    }
    if case.name == "no_more_processes" && !nix::unistd::geteuid().is_root() {
        println!("skipped: {} needs root", case.name);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(interpreter, "cases.py", &[case.name]);
    assert_eq!(program.read_line(), "ready", "{}", program.label);
    let label = program.label.clone();
    // On a busy machine the thread that computes may have no processor for as long as the reading takes: such a reading is quiet
    // and right, but another one has to show what the case is about.
    let (mut readings, mut has_said) = (0, false);
    while readings < case.times || !has_said {
        let report = program.dump(folder.path());
        let says = report.contains(case.says);
        assert!(says || report.contains("nobody ran Python while the heap was read"), "{label}: {report}");
        assert_eq!(program.ask("well?"), "fine", "{label}");
        (readings, has_said) = (readings + 1, has_said || says);
        assert!(readings < case.times + 50, "{label}: never said {:?}", case.says);
    }
    let heap = Heap::read(&folder.path().join("snap.json"));
    for (type_name, count) in [("__main__.Thing", 777)].iter().chain(case.held) {
        assert_eq!(heap.count(type_name), *count, "{label}: {type_name}");
        assert!(heap.all_reachable(type_name), "{label}: {type_name}");
    }
    // A thread that computes may be met in the middle of making or freeing a list.
    assert!(heap.graph.anomalies.dangling_references < 2100, "{label}: {:?}", heap.graph.anomalies);
    (case.check)(&heap, &label);
    program.nothing_is_left(1 + case.children);
    assert_eq!(program.ask("well?"), "fine", "{label}");
}

#[test]
fn every_case_on_every_python() {
    let only = std::env::var("HEAPGRAPH_TEST_CASE").ok();
    let cases = || CASES.iter().filter(|case| only.as_deref().is_none_or(|only| only == case.name));
    let (pythons, thorough) = (versions(), few_interpreters());
    let all = pythons.iter().flat_map(|interpreter| cases().map(move |case| (interpreter, case)));
    let jobs: Vec<(&Interpreter, &Case)> = all
        .filter(|(interpreter, case)| !OF_THE_SYSTEM.contains(&case.name) || thorough.contains(interpreter))
        .collect();
    for_all(
        &jobs,
        |(interpreter, case)| format!("{} {}", interpreter.version, case.name),
        |(interpreter, case)| {
            run(interpreter, case);
        },
    );
}

/// `why --pid` says in words what holds what only a thread holds.
#[test]
fn why_names_what_a_thread_holds() {
    for interpreter in versions() {
        for (case, kind, words) in [
            // From 3.13 on the way through the object that has the attributes is as short.
            ("thread_locals", "Connection", ["thread-local data", "attributes of threads"]),
            ("context_variable", "Scope", ["request_scope", "request_scope"]),
            ("handled_exception", "Payload", ["exception being handled", "exception being handled"]),
        ] {
            let mut program = Program::start(&interpreter, "cases.py", &[case]);
            assert_eq!(program.read_line(), "ready");
            let why = ["why", "--pid", &program.pid.to_string(), "--type", kind, "--quiet"];
            let report = succeed(&why, Path::new("."), &program.label);
            assert!(words.iter().any(|words| report.contains(words)), "{}: {report}", program.label);
            assert_eq!(program.ask("well?"), "fine", "{}", program.label);
        }
    }
}

/// A limit that keeps the tool itself from a copy is told, and nothing is left of the attempt.
#[test]
fn a_tool_without_room() {
    let Some(interpreter) = interpreters().into_iter().next_back() else { return };
    let mut program = Program::start(&interpreter, "cases.py", &["no_folder"]);
    assert_eq!(program.read_line(), "ready");
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("nowhere/snap.json");
    let pid = program.pid.to_string();
    let output = heapgraph(&["dump", "--pid", &pid, "-o", target.to_str().unwrap()], folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    assert_eq!(program.ask("well?"), "fine");
    program.nothing_is_left(1);
}
