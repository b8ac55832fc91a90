//! A program that counts nearly everything finds nothing, and its threads were not even woken.

use std::collections::BTreeMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::targets::{few_interpreters, versions};
use super::{Heap, Program};

const TIMES: usize = 20;

/// What is the same before and after, whatever a program does: all but its work.
const SAME: [&str; 10] =
    ["forks", "signals", "audited", "surprises", "events", "children", "files", "threads", "mappings", "temporary"];

fn ask(program: &mut Program) -> Value {
    let line = program.ask("report");
    let answer: Value =
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: {line}", program.label));
    assert_eq!(answer["answer"], 499_500, "{}", program.label);
    answer
}

/// Lines of the kernel's own status of each thread: what a tracer changes, and how often the thread has run.
fn status(pid: u32, wanted: &[&str]) -> BTreeMap<String, Vec<String>> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let of_task = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap();
        let lines = status.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
        (task.file_name().into_string().unwrap(), lines.map(str::to_owned).collect())
    };
    tasks.map(of_task).collect()
}

const OF_A_TRACER: [&str; 7] = ["TracerPid:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "Threads:"];
const OF_A_SLEEPER: [&str; 3] = ["State:", "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"];

/// Waits until all threads sleep: asked, a program is not at once where it waits again.
fn until_asleep(pid: u32) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let before = status(pid, &OF_A_SLEEPER);
        std::thread::sleep(std::time::Duration::from_millis(20));
        if before == status(pid, &OF_A_SLEEPER) && before.values().all(|lines| lines[0].contains('S')) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "the program does not come to rest: {before:?}");
    }
}

fn unchanged_by_twenty(kind: &str) {
    for interpreter in few_interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Program::start(&interpreter, "untouched.py", &[kind]);
        // Of two answers the second is that of a program that has done all once.
        ask(&mut program);
        let first = ask(&mut program);
        assert_eq!((&first["surprises"], &first["audited"]), (&Value::Array(vec![]), &Value::Array(vec![])));
        assert!(!first["events"].as_array().unwrap().is_empty(), "{}: nothing watches", program.label);
        let traced = status(program.pid, &OF_A_TRACER);
        if kind == "idle" {
            until_asleep(program.pid);
        }
        let slept = status(program.pid, &OF_A_SLEEPER);
        for time in 0..TIMES {
            let report = program.dump(folder.path());
            if kind == "idle" {
                assert!(report.contains("No thread was stopped"), "{}: {report}", program.label);
                assert_eq!(status(program.pid, &OF_A_SLEEPER), slept, "{}, time {time}", program.label);
            }
            // Right after one time in four; in between the program is left alone.
            if time % 4 == 3 && kind == "busy" {
                let now = ask(&mut program);
                for what in SAME {
                    assert_eq!(now[what], first[what], "{}, time {time}: {what}", program.label);
                }
                assert!(now["rounds"].as_u64() > first["rounds"].as_u64(), "{}", program.label);
            }
        }
        assert_eq!(status(program.pid, &OF_A_TRACER), traced, "{}", program.label);
        let last = ask(&mut program);
        for what in SAME {
            assert_eq!(last[what], first[what], "{}: {what}", program.label);
        }
        program.nothing_is_left(1);
        let heap = Heap::read(&folder.path().join("snap.json"));
        let frames = heap.graph.threads.iter().flat_map(|thread| &thread.frames);
        let waiting = frames.filter(|frame| &*frame.function.0 == "__main__.wait").count();
        assert_eq!(waiting, 4, "{}", program.label);
    }
}

#[test]
fn an_idle_program_is_unchanged_by_twenty() {
    unchanged_by_twenty("idle");
}

#[test]
fn a_busy_program_is_unchanged_by_twenty() {
    unchanged_by_twenty("busy");
}

/// The program would tell: a stop of a moment wakes its threads, and a signal cuts short what each waits for.
#[test]
fn the_program_would_notice() {
    for interpreter in versions() {
        let mut program = Program::start(&interpreter, "untouched.py", &["idle"]);
        ask(&mut program);
        let signal = |signal| kill(Pid::from_raw(program.pid.cast_signed()), signal).unwrap();
        until_asleep(program.pid);
        let slept = status(program.pid, &OF_A_SLEEPER);
        signal(Signal::SIGSTOP);
        signal(Signal::SIGCONT);
        until_asleep(program.pid);
        assert_ne!(status(program.pid, &OF_A_SLEEPER), slept, "{}", program.label);
        signal(Signal::SIGCHLD);
        let others: Vec<String> = slept.into_keys().filter(|tid| *tid != program.pid.to_string()).collect();
        for tid in &others {
            // SAFETY: a system call without addresses.
            let sent = unsafe {
                libc::syscall(libc::SYS_tgkill, program.pid, tid.parse::<i32>().unwrap(), Signal::SIGCHLD as i32)
            };
            assert_eq!(sent, 0, "{}", program.label);
        }
        until_asleep(program.pid);
        let answer = ask(&mut program);
        let numbers: Vec<i64> = answer["signals"].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
        for sent in [Signal::SIGCHLD, Signal::SIGCONT] {
            assert!(numbers.contains(&(sent as i64)), "{}: {numbers:?}", program.label);
        }
        let surprises = answer["surprises"].to_string();
        for call in ["select gave -1, errno 4", "epoll_wait gave -1, errno 4", "recv gave -1, errno 4", "write gave "] {
            assert!(surprises.contains(call), "{}: {call} in {surprises}", program.label);
        }
    }
}
