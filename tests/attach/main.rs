//! Attaching to live Python programs: every interpreter found, every state, and a tool that dies.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod death;
mod namespaces;
mod refusals;
mod states;
mod targets;

use std::time::Duration;

use heapgraph::attach::{AttachError, AttachOptions, Attached, Method, run_python};

/// A source that looks at the target and says what it saw.
const LOOK: &str = "
import sys
program = sys.modules['__main__']
outcome = '%s %s' % ('.'.join(map(str, sys.version_info[:3])), program.sys.argv[1])
";

fn attach(pid: u32, source: &str) -> Result<Attached, AttachError> {
    run_python(pid, source, &AttachOptions::default())
}

/// Not a test: the tool as a process of its own, which other tests start and kill.
///
/// `HEAPGRAPH_TEST_PROBE` is `PID METHOD SECONDS SOURCE`.
#[test]
fn probe() {
    let Ok(request) = std::env::var("HEAPGRAPH_TEST_PROBE") else {
        return;
    };
    let words: Vec<&str> = request.splitn(4, ' ').collect();
    let [pid, method, seconds, source] = words[..] else { panic!("{request}") };
    let options = AttachOptions {
        method: match method {
            "gdb" => Method::Gdb,
            "remote-exec" => Method::RemoteExec,
            _ => Method::Ptrace,
        },
        timeout: Duration::from_secs_f64(seconds.parse().unwrap()),
        exchange_folder: None,
        ..AttachOptions::default()
    };
    match run_python(pid.parse().unwrap(), source, &options) {
        Ok(attached) => println!(
            "outcome: {}\nPython {}, stopped {:?} s, {:?}",
            attached.outcome, attached.interpreter, attached.stopped_seconds, attached.stopped_in
        ),
        Err(error) => {
            println!("error: {error}");
            std::process::exit(1);
        }
    }
}

/// This test binary, as the tool.
fn probe_command(pid: u32, source: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "probe", "--nocapture", "--test-threads=1"])
        .env("HEAPGRAPH_TEST_PROBE", format!("{pid} ptrace 60 {source}"))
        .stdin(std::process::Stdio::null());
    command
}
