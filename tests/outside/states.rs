//! Every interpreter in every state: the heap is right, and the program is as it was.

use super::targets::{Interpreter, STATES, Target, few_interpreters, versions};
use super::{Heap, dump, for_all};

fn matrix() -> Vec<(Interpreter, &'static str)> {
    let only = std::env::var("HEAPGRAPH_TEST_STATE").ok();
    let states = || STATES.into_iter().filter(|state| only.as_deref().is_none_or(|only| only == *state));
    // What the thread does is a matter of the version only where Python itself runs.
    const EVERYWHERE: [&str; 5] = ["idle_select", "idle_lock", "busy_python", "busy_gil", "asyncio_busy"];
    let thorough = few_interpreters();
    let pairs = versions().into_iter().flat_map(|interpreter| states().map(move |state| (interpreter.clone(), state)));
    pairs.filter(|(interpreter, state)| EVERYWHERE.contains(state) || thorough.contains(interpreter)).collect()
}

/// Reads the heap of one program `times` times.
fn read(interpreter: &Interpreter, state: &str, times: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut target = Target::start(interpreter, state);
    for _ in 0..times {
        dump(target.pid(), folder.path(), &target.label);
        let heap = Heap::read(&folder.path().join("snap.json"));
        let label = &target.label;
        assert_eq!(heap.count("__main__.Held"), 321, "{label}");
        assert!(heap.all_reachable("__main__.Held"), "{label}");
        // What is idle is read as it is; a busy thread may be met in the middle of making or freeing a container.
        let errors: u64 = heap.graph.end.errors.iter().map(|error| error.count).sum();
        let odd = errors + heap.graph.anomalies.dangling_references;
        let most = if state.contains("busy") { 2000 } else { 0 };
        assert!(odd <= most, "{label}: {:?}, {:?}", heap.graph.end.errors, heap.graph.anomalies);
        let frames = heap.graph.threads.iter().flat_map(|thread| &thread.frames);
        let functions: Vec<&str> = frames.map(|frame| &*frame.function.0).collect();
        let main = format!("__main__.{}", if state.starts_with("asyncio") { "asyncio_program" } else { state });
        assert!(functions.contains(&&*main), "{label}: {functions:?}");
        target.check();
    }
}

#[test]
fn every_interpreter_in_every_state() {
    let label = |(interpreter, state): &(Interpreter, &str)| format!("{} {state}", interpreter.version);
    for_all(&matrix(), label, |(interpreter, state)| read(interpreter, state, 1));
}

/// `HEAPGRAPH_SOAK_ROUNDS=20 cargo test --test outside soak -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes; the matrix above is its short form"]
fn soak() {
    let rounds = std::env::var("HEAPGRAPH_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let label = |(interpreter, state): &(Interpreter, &str)| format!("{} {state}", interpreter.version);
    for_all(&matrix(), label, |(interpreter, state)| read(interpreter, state, rounds));
}
