//! Moments of live Python programs: quiet ones, copies, stopped threads, and a tool that dies.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "pythons/mod.rs"]
mod pythons;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use heapgraph::memory::AddressSpace;
use heapgraph::memory::live::LiveProcess;
use heapgraph::memory::moment::{
    FrozenCopy, LockPlace, LockState, Locks, MomentError, MomentOptions, Still, hold_still,
};
use pythons::{Interpreter, few_interpreters, interpreters, versions};

/// What a target says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    rounds: u64,
    errors: u64,
    signals: u64,
    children: String,
    files: u64,
    threads: u64,
    mappings: i64,
}

/// A running `moment.py`, ended when dropped. It is alone in its process group, where copies would be seen.
struct Target {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    label: String,
    pid: u32,
    first: Answer,
}

impl Target {
    fn start(interpreter: &Interpreter, arguments: &[&str]) -> Self {
        Self::start_by(Command::new(&interpreter.program), interpreter, arguments)
    }

    /// Starts through `command`, to which script and arguments are added.
    fn start_by(mut command: Command, interpreter: &Interpreter, arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/moment.py");
        let mut child = command
            .arg(script)
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let label = format!("{} {}", interpreter.version, arguments.join(" "));
        let first = read_answer(&mut output, &label);
        let pid = child.id();
        Self { child, input, output, label, pid, first }
    }

    fn ask(&mut self) -> Answer {
        self.input.write_all(b"ask\n").unwrap();
        read_answer(&mut self.output, &self.label)
    }

    /// Checks that the target works, finds nothing wrong, and that nothing of a tool is left.
    fn check(&mut self) {
        let label = self.label.clone();
        let deadline = Instant::now() + Duration::from_secs(20);
        let before = self.ask();
        loop {
            let now = self.ask();
            assert_eq!((now.errors, now.signals, now.children.as_str()), (0, 0, "none"), "{label}");
            assert_eq!((now.files, now.threads), (self.first.files, self.first.threads), "{label}");
            assert!((now.mappings - self.first.mappings).abs() <= 12, "{label}: {now:?} {:?}", self.first);
            if now.rounds > before.rounds {
                break;
            }
            assert!(Instant::now() < deadline, "{label} makes no progress");
        }
        nothing_is_left(self.pid, &label);
        for (tid, status) in threads_of(self.pid) {
            let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim();
            assert_eq!(field("TracerPid:"), "0", "{label}: thread {tid}");
            assert_eq!(field("SigBlk:"), "0000000000000000", "{label}: thread {tid}");
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_answer(output: &mut BufReader<ChildStdout>, label: &str) -> Answer {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let [rounds, errors, signals, children, files, threads, mappings] = words[..] else {
        panic!("{label}: not an answer: {line:?}")
    };
    Answer {
        rounds: rounds.parse().unwrap(),
        errors: errors.parse().unwrap(),
        signals: signals.parse().unwrap(),
        children: children.to_owned(),
        files: files.parse().unwrap(),
        threads: threads.parse().unwrap(),
        mappings: mappings.parse().unwrap(),
    }
}

fn threads_of(pid: u32) -> Vec<(i32, String)> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let thread = |task: std::fs::DirEntry| {
        let tid = task.file_name().to_str()?.parse().ok()?;
        Some((tid, std::fs::read_to_string(task.path().join("status")).ok()?))
    };
    tasks.flatten().filter_map(thread).collect()
}

fn children_of(pid: u32) -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Processes, zombies too, in the process group `group`, but its leader.
fn others_in_group(group: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        Some((pid, std::fs::read_to_string(process.path().join("stat")).ok()?))
    });
    stats
        .filter(|(pid, stat)| {
            let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
            *pid != group && fields.split_whitespace().nth(2) == Some(&group.to_string())
        })
        .map(|(_, stat)| stat.chars().take(60).collect())
        .collect()
}

/// Waits until the process group holds its leader only, and that has no child: whoever has lost its tool ends at once, but
/// not in no time, and the first process of a machine buries at its leisure.
fn nothing_is_left(pid: u32, label: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (others, children) = (others_in_group(pid), children_of(pid));
        if others.is_empty() && children.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{label}: left behind: {others:?} {children:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Takes the thread that runs for the one that holds the lock. Right for programs with one busy thread; of several, any will
/// do here.
struct Busiest(u32);

impl Locks for Busiest {
    fn look(&mut self) -> Option<Vec<LockState>> {
        let runs = |(_, status): &(i32, String)| status.lines().any(|line| line.starts_with("State:\tR"));
        let stopped = |(_, status): &(i32, String)| status.lines().any(|line| line.starts_with("State:\tt"));
        let threads = threads_of(self.0);
        let holder =
            threads.iter().find(|thread| stopped(thread)).or_else(|| threads.iter().find(|thread| runs(thread)));
        let holder_tid = holder.map(|(tid, _)| *tid);
        Some(vec![LockState { held: holder_tid.is_some(), holder_tid, stamp: 0, place: None }])
    }
}

/// A lock that nobody ever moves.
struct Fixed(Vec<LockState>);

impl Locks for Fixed {
    fn look(&mut self) -> Option<Vec<LockState>> {
        Some(self.0.clone())
    }
}

/// Where the program `moments` has its lock.
const PLACE: LockPlace = LockPlace { word: 0x2000_0000_0000, holder: 0x2000_0000_0008 };

/// The locks of a target, whatever its kind.
fn locks_of(pid: u32) -> Box<dyn Locks> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    if maps.lines().any(|line| line.starts_with("200000000000-")) {
        Box::new(Fixed(vec![LockState { held: true, holder_tid: Some(pid as i32), stamp: 0, place: Some(PLACE) }]))
    } else {
        Box::new(Busiest(pid))
    }
}

fn for_a_copy() -> MomentOptions {
    MomentOptions { may_be_quiet: false, ..MomentOptions::default() }
}

fn copy_of(target: &Target) -> FrozenCopy {
    match hold_still(target.pid, &mut Busiest(target.pid), &for_a_copy()) {
        Ok(Still::Copy(copy)) => copy,
        other => panic!("{}: {other:?}", target.label),
    }
}

/// Reads all that is readable and private; how many bytes there were and how many could be read.
fn read_all(space: &dyn AddressSpace) -> (u64, u64) {
    let mut buffer = vec![0; 16 << 20];
    let (mut all, mut read) = (0, 0);
    for range in space.ranges().iter().filter(|range| range.readable && range.writable && !range.shared) {
        let mut at = range.start;
        while at < range.end {
            let length = buffer.len().min((range.end - at) as usize);
            all += length as u64;
            read += space.read(at, &mut buffer[..length]) as u64;
            at += length as u64;
        }
    }
    (all, read)
}

fn state_of(pid: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(status.lines().find_map(|line| line.strip_prefix("State:"))?.trim().to_owned())
}

fn newest() -> Option<Interpreter> {
    interpreters().into_iter().next_back()
}

#[test]
fn a_copy_of_every_python() {
    let thorough = few_interpreters();
    for interpreter in versions() {
        for kind in ["busy", "threads", "forks"] {
            if kind != "busy" && !thorough.contains(&interpreter) {
                continue;
            }
            let mut target = Target::start(&interpreter, &[kind, "20"]);
            let process = LiveProcess::open(target.pid).unwrap();
            for _ in 0..2 {
                let copy = copy_of(&target);
                let space = process.with_memory_of(copy.pid()).unwrap();
                let (all, read) = read_all(&space);
                assert!(all > 20 << 20 && read + (1 << 20) > all, "{}: {read} of {all} bytes", target.label);
                // It stands still from its first moment on, and holds no file.
                assert_eq!(state_of(copy.pid()).unwrap(), "t (tracing stop)", "{}", target.label);
                let files = std::fs::read_dir(format!("/proc/{}/fd", copy.pid())).unwrap().count();
                assert_eq!(files, 0, "{}", target.label);
                let stat = std::fs::read_to_string(format!("/proc/{}/stat", copy.pid())).unwrap();
                let user_time = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(11).unwrap().to_owned();
                assert_eq!(user_time, "0", "{}", target.label);
                let (_, last) = copy.pauses().last().unwrap();
                println!("{}: {last:?}, {} stops, {} MiB", target.label, copy.pauses().len(), read >> 20);
                assert!(*last < Duration::from_secs(5), "{}: {last:?}", target.label);
                // The program goes on while the copy is there, and finds nothing.
                let answer = target.ask();
                assert_eq!(
                    (answer.signals, answer.children.as_str(), answer.errors),
                    (0, "none", 0),
                    "{}",
                    target.label
                );
                let pid = copy.pid();
                drop(copy);
                assert!(state_of(pid).is_none_or(|state| state.starts_with('Z')), "{}", target.label);
                target.check();
            }
        }
    }
}

#[test]
fn an_idle_program_is_quiet_and_not_touched() {
    for interpreter in versions() {
        let mut target = Target::start(&interpreter, &["idle"]);
        std::thread::sleep(Duration::from_millis(50));
        let switches = |pid: u32| -> Vec<String> {
            let lines = threads_of(pid).into_iter().map(|(tid, status)| {
                let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
                format!("{tid} {}", counts.collect::<String>())
            });
            lines.collect()
        };
        let tid = target.pid as i32;
        let before = switches(target.pid);
        for held in [false, true] {
            // A lock that is free, and one whose holder sleeps in the kernel.
            let state = LockState { held, holder_tid: held.then_some(tid), stamp: 5, place: None };
            let mut locks = Fixed(vec![state.clone(), LockState::default()]);
            let Still::Quiet(quiet) = hold_still(target.pid, &mut locks, &MomentOptions::default()).unwrap() else {
                panic!("{}", target.label)
            };
            assert!(quiet.was_quiet(&mut locks) && quiet.pauses().is_empty(), "{}", target.label);
            assert!(!quiet.was_quiet(&mut Fixed(vec![LockState { stamp: 6, ..state }, LockState::default()])));
            assert_eq!(switches(target.pid), before, "{}", target.label);
            if held {
                target.ask();
                std::thread::sleep(Duration::from_millis(20));
                assert!(!quiet.was_quiet(&mut locks), "{}: it woke and sleeps again", target.label);
            }
        }
        target.check();
    }
}

/// A program that has its lock for microseconds in each millisecond is met, and only then: a moment takes a few of its rounds.
#[test]
fn who_runs_for_moments_is_met() {
    for interpreter in versions() {
        let mut target = Target::start(&interpreter, &["moments", "20"]);
        let mut stops = 0;
        for _ in 0..4 {
            let copy = match hold_still(target.pid, &mut *locks_of(target.pid), &for_a_copy()) {
                Ok(Still::Copy(copy)) => copy,
                other => panic!("{}: {other:?}", target.label),
            };
            stops += copy.pauses().len();
            drop(copy);
            target.check();
        }
        println!("{}: {stops} stops for 4 copies", target.label);
        assert!(stops <= 40, "{}: {stops} stops for 4 copies", target.label);
    }
}

/// A program that may not be made to clone is stopped while it is read.
#[test]
fn stopped_where_a_copy_would_do_harm() {
    for interpreter in few_interpreters() {
        for (kind, reason) in
            [("seccomp", "seccomp"), ("subreaper", "orphans"), ("processes", "limit of 3 processes"), ("busy", "")]
        {
            let mut target = Target::start(&interpreter, &[kind]);
            let may_copy = kind != "busy";
            for _ in 0..3 {
                let mut locks = Busiest(target.pid);
                let options = MomentOptions { may_copy, ..for_a_copy() };
                let Still::Stopped(stopped) = hold_still(target.pid, &mut locks, &options).unwrap() else {
                    panic!("{}", target.label)
                };
                assert!(stopped.was_still(&mut locks), "{}", target.label);
                let why = stopped.why_no_copy().unwrap_or_default().to_owned();
                assert!(why.contains(reason) && why.is_empty() != may_copy, "{}: {why}", target.label);
                assert!(state_of(target.pid).unwrap().starts_with('t'), "{}", target.label);
                read_all(&LiveProcess::open(target.pid).unwrap());
                let pauses = stopped.release();
                println!("{}: {why}; {pauses:?}", target.label);
                assert!(!pauses.is_empty());
                target.check();
            }
        }
    }
}

#[test]
fn the_first_process_of_a_namespace_is_not_copied() {
    let Some(interpreter) = newest() else { return };
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child"]);
    if Command::new("unshare").args(["--pid", "--fork", "true"]).status().map_or(true, |status| !status.success()) {
        println!("skipped: no PID namespace may be made here");
        return;
    }
    command.arg(&interpreter.program);
    let mut target = Target::start_by(command, &interpreter, &["busy"]);
    let unshare = target.pid;
    let inner: u32 = children_of(unshare)[0].parse().unwrap();
    for _ in 0..3 {
        let Still::Stopped(stopped) = hold_still(inner, &mut Busiest(inner), &for_a_copy()).unwrap() else { panic!() };
        assert!(stopped.why_no_copy().unwrap().contains("first process"), "{:?}", stopped.why_no_copy());
        drop(stopped);
        let before = target.ask();
        assert_eq!(before.errors + before.signals, 0);
        assert!(target.ask().rounds > before.rounds);
    }
}

/// Below a first process that buries orphans a copy is made: the numbers of its namespace are others than ours.
#[test]
fn a_copy_in_another_namespace() {
    let Some(interpreter) = newest() else { return };
    if Command::new("unshare").args(["--pid", "--fork", "true"]).status().map_or(true, |status| !status.success()) {
        println!("skipped: no PID namespace may be made here");
        return;
    }
    for (buries, first) in [
        (true, "import signal, subprocess, sys, os\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"),
        (false, "import subprocess, sys, os\n"),
    ] {
        let first = format!(
            "{first}subprocess.call([sys.executable] + sys.argv[1:], preexec_fn=lambda: __import__('signal').signal(17, 0))"
        );
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child"]).arg(&interpreter.program).args(["-c", &first]);
        let mut target = Target::start_by(command, &interpreter, &["busy", "20"]);
        let init: u32 = children_of(target.pid)[0].parse().unwrap();
        let inner: u32 = children_of(init)[0].parse().unwrap();
        for _ in 0..4 {
            match hold_still(inner, &mut Busiest(inner), &for_a_copy()).unwrap() {
                Still::Copy(copy) => {
                    assert!(buries);
                    let process = LiveProcess::open(inner).unwrap().with_memory_of(copy.pid()).unwrap();
                    assert!(read_all(&process).1 > 20 << 20);
                }
                Still::Stopped(stopped) => {
                    assert!(!buries && stopped.why_no_copy().unwrap().contains("bury"), "{:?}", stopped.why_no_copy());
                }
                Still::Quiet(_) => panic!(),
            }
            let before = target.ask();
            assert_eq!((before.errors, before.signals, before.children.as_str()), (0, 0, "none"));
            assert!(target.ask().rounds > before.rounds);
            assert!(children_of(inner).is_empty());
        }
        std::thread::sleep(Duration::from_millis(20));
        // The leader, the first process and the target: no copy, no zombie.
        assert_eq!(others_in_group(target.pid).len(), 2, "{:?}", others_in_group(target.pid));
    }
}

#[test]
fn a_stopped_process_is_quiet_and_stays_stopped() {
    let Some(interpreter) = newest() else { return };
    let mut target = Target::start(&interpreter, &["busy"]);
    let tid = target.pid as i32;
    // SAFETY: a call without addresses.
    unsafe { libc::kill(tid, libc::SIGSTOP) };
    std::thread::sleep(Duration::from_millis(50));
    let mut locks = Fixed(vec![LockState { held: true, holder_tid: Some(tid), stamp: 0, place: None }]);
    let still = hold_still(target.pid, &mut locks, &MomentOptions::default()).unwrap();
    let Still::Quiet(quiet) = still else { panic!("{still:?}") };
    assert!(quiet.was_quiet(&mut locks));
    assert!(state_of(target.pid).unwrap().starts_with('T'));
    // SAFETY: a call without addresses.
    unsafe { libc::kill(tid, libc::SIGCONT) };
    target.check();
    assert!(!quiet.was_quiet(&mut locks));
}

/// Signals that arrive all the time are neither lost nor in the way.
#[test]
fn signals_arrive_meanwhile() {
    let Some(interpreter) = newest() else { return };
    let mut target = Target::start(&interpreter, &["busy", "20"]);
    let tid = target.pid as i32;
    let done = Arc::new(AtomicBool::new(false));
    let sender = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut turn = 0u32;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                turn += 1;
                let signals: &[i32] =
                    if turn.is_multiple_of(7) { &[libc::SIGSTOP, libc::SIGCONT] } else { &[libc::SIGCHLD] };
                for &signal in signals {
                    // SAFETY: a call without addresses.
                    unsafe { libc::kill(-tid, signal) };
                    std::thread::sleep(Duration::from_micros(u64::from(turn % 13) * 100));
                }
            }
        })
    };
    for _ in 0..60 {
        match hold_still(target.pid, &mut Busiest(target.pid), &for_a_copy()).unwrap() {
            Still::Copy(copy) => assert!(state_of(copy.pid()).unwrap().starts_with('t')),
            other => println!("{other:?}"),
        }
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    sender.join().unwrap();
    // SAFETY: a call without addresses.
    unsafe { libc::kill(-tid, libc::SIGCONT) };
    assert!(target.ask().signals > 0);
    // The handler goes on counting nothing.
    std::thread::sleep(Duration::from_millis(20));
    let after = target.ask();
    assert_eq!((after.errors, after.children.as_str()), (0, "none"));
    assert_eq!(target.ask().signals, after.signals);
    nothing_is_left(target.pid, &target.label);
}

#[test]
fn no_moment_in_time() {
    let Some(interpreter) = newest() else { return };
    let mut target = Target::start(&interpreter, &["busy"]);
    let mut locks = Fixed(vec![LockState { held: true, holder_tid: None, stamp: 0, place: None }]);
    let options = MomentOptions { timeout: Duration::from_millis(200), ..MomentOptions::default() };
    let Err(MomentError::NoMoment { waited, last_seen }) = hold_still(target.pid, &mut locks, &options) else {
        panic!()
    };
    assert!(waited >= Duration::from_millis(200) && waited < Duration::from_secs(5));
    assert!(last_seen.contains("not known"));
    let options = MomentOptions { cancelled: Arc::new(AtomicBool::new(true)), ..MomentOptions::default() };
    let began = Instant::now();
    assert!(matches!(hold_still(target.pid, &mut locks, &options), Err(MomentError::NoMoment { .. })));
    assert!(began.elapsed() < Duration::from_secs(5));
    target.check();

    let mut idle = Target::start(&interpreter, &["idle"]);
    std::thread::sleep(Duration::from_millis(50));
    let mut locks = Fixed(vec![LockState { held: true, holder_tid: Some(idle.pid as i32), stamp: 0, place: None }]);
    let options = MomentOptions { timeout: Duration::from_millis(200), ..for_a_copy() };
    let asleep = hold_still(idle.pid, &mut locks, &options);
    assert!(matches!(asleep, Err(MomentError::NoMoment { .. })), "a sleeper is not stopped: {asleep:?}");
    idle.check();

    target.child.kill().unwrap();
    target.child.wait().unwrap();
    let died = hold_still(target.pid, &mut locks, &MomentOptions::default());
    assert!(matches!(died, Err(MomentError::Died { .. })), "{died:?}");
}

/// Not a test: a program whose threads keep all of their registers, and words below their stack pointers, and look at them.
/// `HEAPGRAPH_TEST_REGISTERS` is the number of threads.
#[test]
fn keeps_registers() {
    let Some(threads) = std::env::var("HEAPGRAPH_TEST_REGISTERS").ok().and_then(|number| number.parse().ok()) else {
        return;
    };
    let parent = std::os::unix::process::parent_id();
    let keep_on = move || {
        // SAFETY: a call without arguments.
        println!("\nthread {}", unsafe { libc::gettid() });
        let mut rounds = 0u64;
        let before: [u64; 72] = std::array::from_fn(|index| 0x0101_0101_0101_0101 * (index as u64 + 1));
        let wide = std::arch::is_x86_feature_detected!("avx");
        while std::os::unix::process::parent_id() == parent {
            let mut after = [0u64; 72];
            // SAFETY: AVX is there if it is used.
            unsafe { keep(&before, &mut after, wide) };
            let count = if wide { 72 } else { 40 };
            if before[..count] != after[..count] {
                println!("wrong after {rounds} rounds: {after:x?}");
                std::process::exit(1);
            }
            rounds += 1;
            if rounds.is_multiple_of(50) {
                println!("rounds {rounds}");
            }
        }
    };
    let threads: Vec<_> = (0..threads).map(|_| std::thread::spawn(keep_on)).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// 8 general registers or words below the stack, 16 × 128 bits, then the upper halves of those.
///
/// # Safety
/// None but what its body needs: `wide` only with AVX.
unsafe fn keep(before: &[u64; 72], after: &mut [u64; 72], wide: bool) {
    macro_rules! keep_with {
        ($load:expr, $store:expr) => {
            // SAFETY: see the caller.
            unsafe {
                std::arch::asm!(
                    "sub rsp, 512",
                    "mov r8, [rsi]",
                    "mov r9, [rsi + 8]",
                    "mov r10, [rsi + 16]",
                    "mov r11, [rsi + 24]",
                    "mov r12, [rsi + 32]",
                    "mov r13, [rsi + 40]",
                    "mov rax, [rsi + 48]",
                    "mov [rsp - 8], rax",
                    "mov rax, [rsi + 56]",
                    "mov [rsp - 128], rax",
                    $load,
                    "mov ecx, 400000",
                    "2:",
                    "dec ecx",
                    "jnz 2b",
                    $store,
                    "mov [rdi], r8",
                    "mov [rdi + 8], r9",
                    "mov [rdi + 16], r10",
                    "mov [rdi + 24], r11",
                    "mov [rdi + 32], r12",
                    "mov [rdi + 40], r13",
                    "mov rax, [rsp - 8]",
                    "mov [rdi + 48], rax",
                    "mov rax, [rsp - 128]",
                    "mov [rdi + 56], rax",
                    "add rsp, 512",
                    in("rsi") before.as_ptr(), in("rdi") after.as_mut_ptr(),
                    out("rax") _, out("rcx") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _, out("r12") _, out("r13") _,
                    out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                    out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                )
            }
        };
    }
    if wide {
        keep_with!(
            "vmovdqu ymm0, [rsi + 64]\nvmovdqu ymm1, [rsi + 96]\nvmovdqu ymm2, [rsi + 128]\nvmovdqu ymm3, [rsi + 160]\n\
             vmovdqu ymm4, [rsi + 192]\nvmovdqu ymm5, [rsi + 224]\nvmovdqu ymm6, [rsi + 256]\nvmovdqu ymm7, [rsi + 288]\n\
             vmovdqu ymm8, [rsi + 320]\nvmovdqu ymm9, [rsi + 352]\nvmovdqu ymm10, [rsi + 384]\nvmovdqu ymm11, [rsi + 416]\n\
             vmovdqu ymm12, [rsi + 448]\nvmovdqu ymm13, [rsi + 480]\nvmovdqu ymm14, [rsi + 512]\nvmovdqu ymm15, [rsi + 544]",
            "vmovdqu [rdi + 64], ymm0\nvmovdqu [rdi + 96], ymm1\nvmovdqu [rdi + 128], ymm2\nvmovdqu [rdi + 160], ymm3\n\
             vmovdqu [rdi + 192], ymm4\nvmovdqu [rdi + 224], ymm5\nvmovdqu [rdi + 256], ymm6\nvmovdqu [rdi + 288], ymm7\n\
             vmovdqu [rdi + 320], ymm8\nvmovdqu [rdi + 352], ymm9\nvmovdqu [rdi + 384], ymm10\nvmovdqu [rdi + 416], ymm11\n\
             vmovdqu [rdi + 448], ymm12\nvmovdqu [rdi + 480], ymm13\nvmovdqu [rdi + 512], ymm14\nvmovdqu [rdi + 544], ymm15\nvzeroupper"
        );
    } else {
        keep_with!(
            "movdqu xmm0, [rsi + 64]\nmovdqu xmm1, [rsi + 80]\nmovdqu xmm2, [rsi + 96]\nmovdqu xmm3, [rsi + 112]\n\
             movdqu xmm4, [rsi + 128]\nmovdqu xmm5, [rsi + 144]\nmovdqu xmm6, [rsi + 160]\nmovdqu xmm7, [rsi + 176]\n\
             movdqu xmm8, [rsi + 192]\nmovdqu xmm9, [rsi + 208]\nmovdqu xmm10, [rsi + 224]\nmovdqu xmm11, [rsi + 240]\n\
             movdqu xmm12, [rsi + 256]\nmovdqu xmm13, [rsi + 272]\nmovdqu xmm14, [rsi + 288]\nmovdqu xmm15, [rsi + 304]",
            "movdqu [rdi + 64], xmm0\nmovdqu [rdi + 80], xmm1\nmovdqu [rdi + 96], xmm2\nmovdqu [rdi + 112], xmm3\n\
             movdqu [rdi + 128], xmm4\nmovdqu [rdi + 144], xmm5\nmovdqu [rdi + 160], xmm6\nmovdqu [rdi + 176], xmm7\n\
             movdqu [rdi + 192], xmm8\nmovdqu [rdi + 208], xmm9\nmovdqu [rdi + 224], xmm10\nmovdqu [rdi + 240], xmm11\n\
             movdqu [rdi + 256], xmm12\nmovdqu [rdi + 272], xmm13\nmovdqu [rdi + 288], xmm14\nmovdqu [rdi + 304], xmm15"
        );
    }
}

/// With one lock, and with two that are held at the same time.
#[test]
fn all_registers_come_back() {
    for threads in [1, 2] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keeps_registers", "--nocapture", "--test-threads=1"])
            .env("HEAPGRAPH_TEST_REGISTERS", threads.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = child.id();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let tids = lines.by_ref().filter_map(|line| line.strip_prefix("thread ")?.parse::<i32>().ok());
        let tids: Vec<i32> = tids.take(threads).collect();
        let held = |&tid| LockState { held: true, holder_tid: Some(tid), stamp: 0, place: None };
        let mut locks = Fixed(tids.iter().map(held).collect());
        for _ in 0..40 {
            match hold_still(pid, &mut locks, &for_a_copy()) {
                Ok(Still::Copy(copy)) => {
                    // Each has stood still; one that waited for a processor in the kernel was let go before.
                    assert!(tids.iter().all(|tid| copy.pauses().iter().any(|(stopped, _)| stopped == tid)));
                }
                other => panic!("{other:?}"),
            }
            let line = lines.find(|line| !line.is_empty()).unwrap();
            assert!(line.starts_with("rounds "), "{line}");
        }
        nothing_is_left(pid, "registers");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Not a test: the tool as a process of its own, which other tests start and kill. `HEAPGRAPH_TEST_MOMENT` is `PID TIMES`.
#[test]
fn probe() {
    let Ok(request) = std::env::var("HEAPGRAPH_TEST_MOMENT") else {
        return;
    };
    let (pid, times) = request.split_once(' ').unwrap();
    let pid = pid.parse().unwrap();
    let process = LiveProcess::open(pid).unwrap();
    for _ in 0..times.parse::<u32>().unwrap() {
        match hold_still(pid, &mut *locks_of(pid), &for_a_copy()).unwrap() {
            Still::Copy(copy) => {
                let space = process.with_memory_of(copy.pid()).unwrap();
                println!("copied, {:?}; read {:?}", copy.pauses(), read_all(&space));
            }
            Still::Stopped(stopped) => {
                let read = read_all(&process);
                println!("stopped, {:?}; read {read:?}", stopped.release());
            }
            Still::Quiet(_) => panic!("a quiet moment was not asked for"),
        }
    }
}

/// This test binary, as the tool.
fn probe_command(pid: u32, times: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "probe", "--nocapture", "--test-threads=1"])
        .env("HEAPGRAPH_TEST_MOMENT", format!("{pid} {times}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// The tool makes copies without end, so that most moments are inside or between the clones.
#[test]
fn killed_at_sixty_moments() {
    let Some(interpreter) = newest() else { return };
    for kind in ["busy", "moments", "threads", "forks", "seccomp"] {
        let mut target = Target::start(&interpreter, &[kind, "60"]);
        assert!(probe_command(target.pid, 1).status().unwrap().success());
        let mut seed = 0x9e37_79b9_7f4a_7c15u64 ^ u64::from(target.pid);
        for _ in 0..15 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let mut tool = probe_command(target.pid, u32::MAX).spawn().unwrap();
            std::thread::sleep(Duration::from_micros(20_000 + seed % 300_000));
            assert!(tool.try_wait().unwrap().is_none(), "{}: the tool has ended", target.label);
            tool.kill().unwrap();
            tool.wait().unwrap();
            target.check();
        }
        assert!(probe_command(target.pid, 1).status().unwrap().success());
        target.check();
    }
}

/// Whoever is killed meanwhile, the tool says so and leaves nothing.
#[test]
fn the_target_is_killed_at_twenty_moments() {
    let Some(interpreter) = newest() else { return };
    for round in 0..20 {
        let mut target = Target::start(&interpreter, &["busy", "20"]);
        let mut tool = probe_command(target.pid, u32::MAX).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(20_000 + round * 7_919));
        target.child.kill().unwrap();
        target.child.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while tool.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the tool does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        nothing_is_left(target.pid, &target.label);
    }
}

/// The thorough form: the tool is killed after its first, second, third … call that touches the target (`ptrace`, or a
/// write to its memory), until it comes through; at once, and when all that the call has set going has come to a stop.
#[test]
fn killed_after_each_step() {
    let Some(interpreter) = newest() else { return };
    for kind in ["busy", "subreaper"] {
        for delay in [Duration::ZERO, Duration::from_millis(20)] {
            let mut target = Target::start(&interpreter, &[kind, "5"]);
            let mut survived = 0;
            while run_and_kill(&mut probe_command(target.pid, 1), survived + 1, delay) {
                target.check();
                survived += 1;
                assert!(survived < 2000, "the tool does not come to an end");
            }
            target.check();
            println!("{}: killed {delay:?} after each of {survived} steps", target.label);
            assert!(survived >= 12, "only {survived} steps were seen");
        }
    }
}

/// Runs `command` under our own tracing and kills it at the end of its `limit`-th step. Whether it was killed; else it has
/// ended by itself.
fn run_and_kill(command: &mut Command, limit: usize, delay: Duration) -> bool {
    let trace_me = || {
        // SAFETY: a request without addresses.
        let result = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
        if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: one system call, nothing else.
    unsafe { command.pre_exec(trace_me) };
    let mut tool = command.spawn().unwrap();
    let pid = tool.id() as i32;
    let mut steps = 0;
    let mut first_stop = true;
    // All of its threads are reaped even then; the process itself comes last.
    let mut killed = false;
    // Beginning or end of a system call, by thread.
    let mut inside = std::collections::HashMap::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < deadline, "the traced tool does not end");
        let mut status = 0;
        // Only what this thread traces: other tests run in parallel.
        // SAFETY: `status` is a valid place for the result.
        let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
        if tid < 0 {
            break;
        }
        if !libc::WIFSTOPPED(status) {
            if tid == pid {
                break;
            }
            continue;
        }
        if first_stop {
            first_stop = false;
            let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
            // SAFETY: a request without addresses.
            unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, tid, 0, options) };
        }
        let mut signal = 0;
        match libc::WSTOPSIG(status) {
            stop if stop == libc::SIGTRAP | 0x80 => {
                // SAFETY: all zeroes are valid, and the request fills it.
                let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
                // SAFETY: `registers` is a valid place for the result.
                unsafe { libc::ptrace(libc::PTRACE_GETREGS, tid, 0, &raw mut registers) };
                let at_end = inside.entry(tid).or_insert(false);
                let number = registers.orig_rax as i64;
                if *at_end && (number == libc::SYS_ptrace || number == libc::SYS_process_vm_writev) {
                    steps += 1;
                    if steps == limit {
                        std::thread::sleep(delay);
                        tool.kill().unwrap();
                        killed = true;
                    }
                }
                *at_end = !*at_end;
            }
            libc::SIGTRAP | libc::SIGSTOP => {}
            other => signal = other,
        }
        // SAFETY: a request without addresses.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, tid, 0, signal) };
    }
    // Reaped already: this only tells the handle so.
    let _ = tool.wait();
    killed
}
