//! Every interpreter in every state: attach, attach again, and the program is as it was.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::targets::{Interpreter, STATES, Target, interpreters};
use super::{LOOK, attach};

/// Attaches `times` times to one program.
fn attach_to(interpreter: &Interpreter, state: &str, times: usize, log: &Mutex<BTreeMap<String, Vec<f64>>>) {
    let mut target = Target::start(interpreter, state);
    for round in 0..times {
        let attached = attach(target.pid(), LOOK);
        let label = &target.label;
        let attached = attached.unwrap_or_else(|error| panic!("{label}, attach {round}: {error}"));
        assert_eq!(attached.outcome, format!("{} {state}", interpreter.version));
        assert_eq!(attached.interpreter, interpreter.version);
        let stopped = attached.stopped_seconds.unwrap();
        let place = attached.stopped_in.unwrap();
        log.lock().unwrap().entry(format!("{state}: {place}")).or_default().push(stopped);
        drop(attached.exchange);
        target.check();
    }
    assert!(target.is_alive());
}

/// Runs `work` for every pair on a few threads: the targets wait most of the time.
fn for_all(pairs: &[(Interpreter, &'static str)], work: impl Fn(&Interpreter, &str) + Sync) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((interpreter, state)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = std::panic::AssertUnwindSafe(|| work(interpreter, state));
                    if std::panic::catch_unwind(run).is_err() {
                        failures.lock().unwrap().push(format!("{} {state}", interpreter.version));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} failed: {failures:?}", failures.len(), pairs.len());
}

fn matrix() -> Vec<(Interpreter, &'static str)> {
    let only = std::env::var("HEAPGRAPH_TEST_STATE").ok();
    let states = STATES.into_iter().filter(|state| only.as_deref().is_none_or(|only| only == *state));
    let states: Vec<&str> = states.collect();
    let all = interpreters();
    all.iter().flat_map(|interpreter| states.iter().map(|state| (interpreter.clone(), *state))).collect()
}

fn print_log(log: BTreeMap<String, Vec<f64>>) {
    for (place, mut times) in log {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2] * 1e3;
        let longest = times[times.len() - 1] * 1e3;
        println!("{:4} × {place}; stopped {median:.1} ms median, {longest:.1} ms at most", times.len());
    }
}

#[test]
fn every_interpreter_in_every_state_twice() {
    let log = Mutex::new(BTreeMap::new());
    for_all(&matrix(), |interpreter, state| attach_to(interpreter, state, 2, &log));
    print_log(log.into_inner().unwrap());
}

/// `HEAPGRAPH_SOAK_ROUNDS=20 cargo test --test attach soak -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes; the matrix above is its short form"]
fn soak() {
    let rounds = std::env::var("HEAPGRAPH_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let log = Mutex::new(BTreeMap::new());
    let began = Instant::now();
    let pairs = matrix();
    for_all(&pairs, |interpreter, state| attach_to(interpreter, state, rounds, &log));
    let log = log.into_inner().unwrap();
    let attaches: usize = log.values().map(Vec::len).sum();
    print_log(log);
    println!("{attaches} attaches to {} programs in {:?}, none failed", pairs.len(), began.elapsed());
    assert!(pairs.is_empty() || began.elapsed() > Duration::ZERO);
}

/// A program with one thread has one thread again, and no memory of ours.
#[test]
fn nothing_is_left_behind() {
    for interpreter in interpreters() {
        let mut target = Target::start(&interpreter, "idle_select");
        let threads = || std::fs::read_dir(format!("/proc/{}/task", target.pid())).unwrap().count();
        let executable_anonymous = || {
            let maps = std::fs::read_to_string(format!("/proc/{}/maps", target.pid())).unwrap();
            maps.lines().filter(|line| line.contains(" r-xp 00000000 00:00 0 ")).count()
        };
        let before = executable_anonymous();
        for _ in 0..5 {
            let attached = attach(target.pid(), "outcome = exchange_folder").unwrap();
            let folder = attached.outcome.clone();
            assert!(std::path::Path::new(&folder).is_dir());
            drop(attached);
            assert!(!std::path::Path::new(&folder).exists());
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while threads() > 1 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(threads(), 1, "{}", target.label);
        assert_eq!(executable_anonymous(), before, "{}", target.label);
        target.check();
    }
}

/// What the source binds is gone, and neither modules nor tracked objects have changed.
#[test]
fn the_interpreter_is_as_before() {
    let count = "
import gc, sys
gc.collect()
ours = [o for o in gc.get_objects() if type(o) is dict and o.get('__name__') == 'heapgraph_attached']
outcome = '%d %d %s' % (len(ours), len(sys.modules), sorted(vars(sys.modules['__main__'])))
";
    for interpreter in interpreters() {
        let mut target = Target::start(&interpreter, "idle_sleep");
        let first = attach(target.pid(), count).unwrap().outcome;
        attach(target.pid(), "def f(): return f\nclass C: pass\nx = [C(), f]").unwrap();
        let second = attach(target.pid(), count).unwrap().outcome;
        assert_eq!(first, second, "{}", target.label);
        // The namespace of the counting itself, no other.
        assert!(second.starts_with("1 "), "{}: {second}", target.label);
        target.check();
    }
}

/// The source may fork: the child lives on when the tool and the thread are gone.
#[test]
fn a_source_may_fork() {
    let source = "
import posix, time, warnings
with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    child = posix.fork()
if child == 0:
    try:
        time.sleep(0.2)
        open(exchange_folder + '/part', 'w').write(str(sum(len(str(n)) for n in range(1000))))
        posix.rename(exchange_folder + '/part', exchange_folder + '/snapshot')
    finally:
        posix._exit(0)
outcome = str(child)
";
    for interpreter in interpreters() {
        for state in ["idle_select", "busy_malloc"] {
            let mut target = Target::start(&interpreter, state);
            let attached = attach(target.pid(), source).unwrap();
            let deadline = Instant::now() + Duration::from_secs(20);
            let file = loop {
                match attached.exchange.open("snapshot") {
                    Ok(file) => break file,
                    Err(error) => assert!(Instant::now() < deadline, "{}: {error}", target.label),
                }
                std::thread::sleep(Duration::from_millis(10));
            };
            assert_eq!(std::io::read_to_string(file).unwrap(), "2890", "{}", target.label);
            attach(target.pid(), &format!("import posix; posix.waitpid({}, 0)", attached.outcome)).unwrap();
            target.check();
        }
    }
}
