//! What cannot be attached to is refused with the reason and the remedy, and left as it was.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use heapgraph::attach::{AttachError, AttachOptions, Method, request_by_signal, run_python};

use super::targets::{Target, interpreters};
use super::{LOOK, attach, probe_command};

/// A short-lived program that is no `states.py`.
struct Program(std::process::Child);

impl Program {
    fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refusal(pid: u32) -> String {
    attach(pid, LOOK).expect_err("attached").to_string()
}

#[test]
fn not_a_python_process() {
    let sleeper = Program::start(Command::new("sleep").arg("60"));
    let message = refusal(sleeper.0.id());
    assert!(message.contains("sleep") && message.contains("not a CPython"), "{message}");
    assert!(matches!(attach(sleeper.0.id(), LOOK), Err(AttachError::NotPython { .. })));
}

/// The PID of a wrapper, as a supervisor knows it: the error tells what is below it.
#[test]
fn a_shell_around_python() {
    let Some(interpreter) = interpreters().into_iter().next() else { return };
    let script = "\"$0\" -c 'import time; print(1, flush=True); time.sleep(60)'; true";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(&interpreter.program).stdout(Stdio::piped()).process_group(0);
    let mut shell = command.spawn().unwrap();
    std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut [0; 2]).unwrap();
    let message = refusal(shell.id());
    // SAFETY: no memory is involved; the group is the shell and what it has started.
    unsafe { libc::kill(-(shell.id() as i32), libc::SIGKILL) };
    shell.wait().unwrap();
    assert!(message.contains("; below it Python runs as process "), "{message}");
}

#[test]
fn no_such_process() {
    let mut ended = Program::start(&mut Command::new("true"));
    let pid = ended.0.id();
    assert!(refusal(pid).contains("zombie"));
    ended.0.wait().unwrap();
    assert!(refusal(pid).contains("there is no process"));
}

#[test]
fn a_stopped_process() {
    for interpreter in interpreters().into_iter().take(1) {
        let mut target = Target::start(&interpreter, "idle_select");
        let pid = nix::unistd::Pid::from_raw(target.pid() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        assert!(refusal(target.pid()).contains("kill -CONT"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
        target.check();
    }
}

#[test]
fn a_traced_process() {
    for interpreter in interpreters().into_iter().take(1) {
        let mut target = Target::start(&interpreter, "idle_select");
        let pid = target.pid() as i32;
        // SAFETY: a request without addresses. It is detached when this test's thread ends.
        let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) };
        assert_eq!(seized, 0);
        let message = refusal(target.pid());
        assert!(message.contains("already traced by process"), "{message}");
        target.check();
    }
}

/// Started as another user without privileges: the message names users and remedy.
#[test]
fn another_users_process() {
    let Some(interpreter) = interpreters().into_iter().find(|one| one.program.starts_with("/usr")) else {
        println!("skipped: no system Python that another user could run");
        return;
    };
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root to become another user");
        return;
    }
    let mut target = Target::start(&interpreter, "idle_select");
    // The tool, copied to where that user may run it.
    let folder = tempfile::Builder::new().prefix("heapgraph-tool").tempdir().unwrap();
    let tool = folder.path().join("tool");
    std::fs::copy(std::env::current_exe().unwrap(), &tool).unwrap();
    let mut open = std::fs::metadata(folder.path()).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let output = std::os::unix::process::CommandExt::uid(&mut Command::new(&tool), 65534)
        .args(["--exact", "probe", "--nocapture"])
        .env("HEAPGRAPH_TEST_PROBE", format!("{} ptrace 5 {LOOK}", target.pid()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("it belongs to user 0 and the tool runs as user 65534"), "{text}");
    assert!(text.contains("as root"), "{text}");
    target.check();
}

/// The other way round: root attaches to a user's process, whose folder belongs to that user.
#[test]
fn root_attaches_to_a_users_process() {
    let Some(interpreter) = interpreters().into_iter().find(|one| one.program.starts_with("/usr")) else {
        println!("skipped: no system Python that another user could run");
        return;
    };
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    let code = "import time\nwhile True: time.sleep(0.2)";
    let mut command = Command::new(&interpreter.program);
    std::os::unix::process::CommandExt::uid(command.args(["-c", code]), 65534);
    let program = Program::start(&mut command);
    let attached = attach(
        program.0.id(),
        "import posix\nopen(exchange_folder + '/snapshot', 'w').write('x')\noutcome = str(posix.stat(exchange_folder).st_uid)",
    )
    .unwrap();
    assert_eq!(attached.outcome, "65534");
    assert!(attached.exchange.open("snapshot").is_ok());
}

#[test]
fn the_sources_exception_is_told() {
    for interpreter in interpreters() {
        let mut target = Target::start(&interpreter, "idle_select");
        for (source, expected) in [
            ("x = 1\n\nraise ValueError('no good')", "ValueError: no good (line 3 in <module>)"),
            ("def f():\n    1 / 0\nf()", "ZeroDivisionError: division by zero (line 3 in <module>, line 2 in f)"),
            ("import sys; sys.exit(3)", "SystemExit: 3"),
            ("(", "SyntaxError"),
            ("outcome = 3", "no text"),
        ] {
            match attach(target.pid(), source) {
                Err(AttachError::Script { traceback, interpreter: version, .. }) => {
                    assert!(traceback.contains(expected), "{}: {traceback}", target.label);
                    assert_eq!(version, interpreter.version);
                }
                other => panic!("{}: {other:?}", target.label),
            }
        }
        target.check();
    }
}

/// Text that is no UTF-8, and a megabyte of it, come back whole.
#[test]
fn outcomes_of_any_text() {
    for interpreter in interpreters() {
        let target = Target::start(&interpreter, "idle_select");
        let attached = attach(target.pid(), "outcome = 'ä\\ud800\\n' + 'x' * 1000000").unwrap();
        assert_eq!(attached.outcome.len(), "ä\\ud800\n".len() + 1_000_000, "{}", target.label);
        assert!(attached.outcome.starts_with("ä\\ud800\nx"));
    }
}

#[test]
fn a_source_that_takes_too_long() {
    for interpreter in interpreters().into_iter().take(2) {
        let mut target = Target::start(&interpreter, "idle_sleep");
        let options = AttachOptions { timeout: Duration::from_millis(700), ..AttachOptions::default() };
        let began = Instant::now();
        let error = run_python(target.pid(), "import time; time.sleep(3)", &options).unwrap_err();
        assert!(matches!(&error, AttachError::TimedOut { state, .. } if state.contains("still running")), "{error}");
        assert!(began.elapsed() < Duration::from_secs(3));
        target.check();
    }
}

/// The lock is held for longer than the user waits: told, and the source never runs later.
#[test]
fn the_interpreter_lock_is_never_free() {
    for interpreter in interpreters().into_iter().take(1) {
        let mut target = Target::start(&interpreter, "busy_gil");
        let options = AttachOptions { timeout: Duration::from_millis(60), ..AttachOptions::default() };
        let mark = "import sys; sys.modules['__main__'].wrong('ran after all')";
        let mut seen = 0;
        for _ in 0..10 {
            match run_python(target.pid(), mark, &options) {
                Err(AttachError::TimedOut { state, .. }) if state.contains("interpreter lock") => seen += 1,
                // It had begun when the time was over, and that was told.
                Err(AttachError::TimedOut { state, .. }) if state.contains("still running") => return,
                Err(AttachError::NoSafePoint { .. } | AttachError::TimedOut { .. }) => {}
                // It came between two powers.
                Ok(_) => return,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(seen > 0);
        target.check();
    }
}

/// No room for another thread: said so, and nothing stays mapped.
#[test]
fn a_target_that_may_not_start_threads() {
    for interpreter in interpreters() {
        let mut target = Target::start(&interpreter, "idle_sleep_alone");
        let pid = target.pid();
        let mapped = || -> u64 {
            let pages = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
            pages.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
        };
        let before = mapped();
        let limit = libc::rlimit64 { rlim_cur: before + (2 << 20), rlim_max: libc::RLIM64_INFINITY };
        // SAFETY: `limit` is a valid value, and the old one is not asked for.
        let set = unsafe { libc::prlimit64(pid as i32, libc::RLIMIT_AS, &limit, std::ptr::null_mut()) };
        assert_eq!(set, 0);
        let error = attach(pid, LOOK).unwrap_err();
        assert!(error.to_string().contains("may not start a thread"), "{}: {error}", target.label);
        assert_eq!(mapped(), before, "{}", target.label);
        target.check();
    }
}

/// The program ends while the new thread waits for the interpreter lock: it ends as it would have.
#[test]
fn a_program_that_ends_meanwhile() {
    let code = "
import sys, time
base, exponent = 7 ** 60000, 2
while True:
    begin = time.monotonic()
    base ** exponent
    if time.monotonic() - begin > 0.7:
        break
    exponent += 1
print('ready', flush=True)
base ** exponent
sys.exit(9)
";
    for interpreter in interpreters() {
        let mut child = Command::new(&interpreter.program)
            .args(["-c", code])
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        let result = attach(child.id(), "outcome = 'x'");
        let status = child.wait().unwrap();
        // The lock may have been had in time, before the end; or the thread came when the interpreter had gone.
        match result {
            Ok(_) | Err(AttachError::Died { .. } | AttachError::NoSuchProcess { .. } | AttachError::Zombie { .. }) => {}
            Err(AttachError::Failed { reason, .. }) if reason.contains("shutting down") => {}
            Err(error) => panic!("{}: {error}", interpreter.version),
        }
        assert_eq!(status.code(), Some(9), "{}: {status}", interpreter.version);
    }
}

/// Attached to at any moment of its start: refused or served, and it comes up.
#[test]
fn a_program_that_is_just_starting() {
    for interpreter in interpreters() {
        let (mut served, mut refused) = (0, 0);
        for moment in 0..8 {
            let mut child = Command::new(&interpreter.program)
                .args(["-c", "import json, sys, time; time.sleep(0.8); sys.exit(9)"])
                .stdin(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(moment * 5));
            match attach(child.id(), "outcome = 'x'") {
                Ok(_) => served += 1,
                Err(error) => {
                    refused += 1;
                    let text = error.to_string();
                    let known =
                        ["not initialised", "not a CPython", "ended", "zombie", "cannot start a thread", "C library"];
                    assert!(known.iter().any(|known| text.contains(known)), "{}: {text}", interpreter.version);
                }
            }
            let status = child.wait().unwrap();
            assert_eq!(status.code(), Some(9), "{}: {status} after {moment}", interpreter.version);
        }
        println!("{}: served {served} times, refused {refused} times", interpreter.version);
    }
}

/// A C signal handler may have interrupted anything, the allocator too: the thread in it is left alone.
#[test]
fn a_thread_in_a_signal_handler() {
    // The handler is the C library's pause(): it returns at the next signal.
    let code = "
import ctypes, os, signal, time
libc = ctypes.CDLL(None)
libc.signal(signal.SIGUSR1, ctypes.cast(libc.pause, ctypes.c_void_p))
signal.signal(signal.SIGUSR2, lambda number, frame: None)
os.kill(os.getpid(), signal.SIGUSR1)
while True:
    time.sleep(0.1)
";
    for interpreter in interpreters() {
        let mut program = Program::start(Command::new(&interpreter.program).args(["-c", code]));
        let pid = program.0.id();
        let options = AttachOptions { timeout: Duration::from_millis(500), ..AttachOptions::default() };
        match run_python(pid, "outcome = 'x'", &options) {
            Err(AttachError::NoSafePoint { last, .. }) => assert_eq!(last, "in a signal handler"),
            other => panic!("{}: {other:?}", interpreter.version),
        }
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), nix::sys::signal::Signal::SIGUSR2).unwrap();
        assert_eq!(attach(pid, "outcome = 'x'").unwrap().outcome, "x", "{}", interpreter.version);
        assert!(program.0.try_wait().unwrap().is_none());
    }
}

/// Children at any moment of their short lives; the parent sees them end as they should.
#[test]
fn young_children() {
    for interpreter in interpreters() {
        for state in ["idle_wait", "busy_fork"] {
            let mut target = Target::start(&interpreter, state);
            let mut served = 0;
            let mut errors = std::collections::BTreeSet::new();
            for _ in 0..20 {
                std::thread::sleep(Duration::from_millis(7));
                let path = format!("/proc/{0}/task/{0}/children", target.pid());
                let children = std::fs::read_to_string(path).unwrap_or_default();
                let Some(child) = children.split(' ').find_map(|pid| pid.parse().ok()) else { continue };
                let options = AttachOptions { timeout: Duration::from_secs(3), ..AttachOptions::default() };
                match run_python(child, "outcome = 'x'", &options) {
                    Ok(_) => served += 1,
                    Err(error) => drop(errors.insert(error.to_string().replace(&child.to_string(), "PID"))),
                }
            }
            println!("{}: {served} children served; {errors:?}", target.label);
            target.check();
        }
    }
}

#[test]
fn by_gdb_when_it_is_there() {
    if Command::new("gdb").arg("--version").output().is_err() {
        println!("skipped: no gdb");
        return;
    }
    for interpreter in interpreters() {
        let mut target = Target::start(&interpreter, "idle_select");
        let options = AttachOptions { method: Method::Gdb, ..AttachOptions::default() };
        let attached = run_python(target.pid(), LOOK, &options);
        let attached = attached.unwrap_or_else(|error| panic!("{}: {error}", target.label));
        assert_eq!(attached.outcome, format!("{} idle_select", interpreter.version));
        assert_eq!(attached.method, Method::Gdb);
        target.check();
    }
}

#[test]
fn remote_exec_before_3_14_is_refused() {
    for interpreter in interpreters() {
        if interpreter.version.starts_with("3.14") {
            continue;
        }
        let mut target = Target::start(&interpreter, "idle_select");
        let options = AttachOptions { method: Method::RemoteExec, ..AttachOptions::default() };
        let error = run_python(target.pid(), LOOK, &options).unwrap_err();
        assert!(matches!(error, AttachError::Unsupported { .. }), "{}: {error}", target.label);
        assert!(error.to_string().contains("--via ptrace"), "{error}");
        target.check();
    }
}

#[test]
fn by_a_signal_that_was_armed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snap.json");
    let code = format!(
        "import os, signal, time\n\
         def dump(number, frame):\n    \
             open({0:?} + '.part', 'w').write('snapshot')\n    \
             os.rename({0:?} + '.part', {0:?})\n\
         signal.signal(signal.SIGUSR2, dump)\n\
         while True: time.sleep(10)",
        file.display()
    );
    for interpreter in interpreters() {
        let mut program = Program::start(Command::new(&interpreter.program).args(["-c", &code]));
        let pid = program.0.id();
        let limit = Duration::from_secs(10);
        for _ in 0..2 {
            let opened = request_by_signal(pid, libc::SIGUSR2, &file, limit).unwrap();
            assert_eq!(std::io::read_to_string(opened).unwrap(), "snapshot");
        }
        // Not armed: not sent, or the program would be gone.
        let error = request_by_signal(pid, libc::SIGUSR1, &file, limit).unwrap_err();
        assert!(error.to_string().contains("no handler"), "{error}");
        assert!(program.0.try_wait().unwrap().is_none());
    }
}

/// Two tools at once: one may be refused, the program is none the worse.
#[test]
fn two_tools_at_once() {
    for interpreter in interpreters().into_iter().take(2) {
        let mut target = Target::start(&interpreter, "busy_malloc");
        let mut tools: Vec<_> =
            (0..4).map(|_| probe_command(target.pid(), LOOK).stdout(Stdio::piped()).spawn().unwrap()).collect();
        let succeeded = tools.iter_mut().map(|tool| tool.wait().unwrap()).filter(|status| status.success()).count();
        assert!(succeeded >= 1, "{}", target.label);
        target.check();
    }
}
