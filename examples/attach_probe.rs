//! Runs a Python file in a live Python process and prints what it leaves in `outcome`.
//!
//! `cargo run --example attach_probe -- PID FILE.py [ptrace|gdb|remote-exec] [SECONDS]`

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use heapgraph::attach::{AttachOptions, Method, run_python};
    use std::process::ExitCode;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pid, file, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: attach_probe PID FILE.py [ptrace|gdb|remote-exec] [SECONDS]");
        return ExitCode::from(2);
    };
    let mut options = AttachOptions::default();
    match rest.first().map(String::as_str) {
        Some("gdb") => options.method = Method::Gdb,
        Some("remote-exec") => options.method = Method::RemoteExec,
        _ => {}
    }
    if let Some(seconds) = rest.get(1).and_then(|text| text.parse().ok()) {
        options.timeout = std::time::Duration::from_secs_f64(seconds);
    }
    let source = match std::fs::read_to_string(file) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(1);
        }
    };
    match run_python(pid.parse().unwrap_or(0), &source, &options) {
        Ok(attached) => {
            println!("{}", attached.outcome);
            eprintln!(
                "Python {} by {}; stopped {:?} s; {}",
                attached.interpreter,
                attached.method,
                attached.stopped_seconds,
                attached.stopped_in.as_deref().unwrap_or("no thread stopped")
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(1)
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("attaching needs Linux");
}
