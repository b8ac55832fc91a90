//! Capturing a heap from outside, with words for what stands in the way and for what was noticed.

use std::time::Duration;

use crate::attach;
use crate::cpython::capture::{CaptureError, CaptureOptions, Captured, Noticed, capture_process, longest};
use crate::memory::core_file::Shortfalls;
use crate::memory::moment::MomentError;
use crate::units;

/// Reads the heap of a process; the error says which permission is missing, or what to do.
pub fn of_process(pid: u32, options: &CaptureOptions) -> anyhow::Result<Captured> {
    attach::check(pid)?;
    capture_process(pid, options).map_err(|error| explain(pid, error))
}

fn explain(pid: u32, error: CaptureError) -> anyhow::Error {
    match error {
        CaptureError::Unreadable { error, .. } => attach::why_unreadable(pid, &error).into(),
        CaptureError::Moment(MomentError::Refused { error, .. }) => attach::why_unreadable(pid, &error).into(),
        CaptureError::Moment(MomentError::Died { .. }) => attach::AttachError::Died { pid }.into(),
        CaptureError::NotPython(reason) => {
            let program = std::fs::read_link(format!("/proc/{pid}/exe"));
            let program = program.map_or_else(|_| String::new(), |path| format!(" ({})", path.display()));
            anyhow::anyhow!("process {pid}{program}: {reason}{}", attach::python_below(pid))
        }
        CaptureError::Moment(error @ MomentError::NoMoment { .. }) => {
            anyhow::anyhow!(
                "process {pid}: {error}; try again, or give a longer --timeout; a program that has called \
                 snapshot_dumper.install() writes its heap itself: --via signal"
            )
        }
        other => anyhow::anyhow!("process {pid}: {other}"),
    }
}

/// What the process noticed, for people.
pub fn noticed(captured: &Captured) -> String {
    match &captured.noticed {
        Noticed::Nothing => format!("no thread was stopped: {}", captured.how),
        Noticed::Stopped(pauses) => {
            let mut tids: Vec<i32> = pauses.iter().map(|(tid, _)| *tid).collect();
            tids.sort_unstable();
            tids.dedup();
            let who = match tids[..] {
                [tid] => format!("thread {tid} stood still"),
                _ => format!("{} threads stood still", tids.len()),
            };
            format!("{who} for {}: {}", duration(longest(&captured.noticed)), captured.how)
        }
    }
}

/// What a core file could not give, a sentence each.
pub fn shortfalls(of: &Shortfalls) -> Vec<String> {
    let mut sentences = Vec::new();
    if of.cut_off > 0 {
        sentences
            .push(format!("the core file is cut off: {} of memory are missing at its end", units::bytes(of.cut_off)));
    }
    if of.contradictions > 0 {
        sentences.push(format!(
            "{} parts of the core file contradict others and were left out",
            units::count(of.contradictions)
        ));
    }
    for (files, what) in [
        (&of.missing_files, "can't be opened; what the core lacks of it is unknown"),
        (&of.different_files, "is another build today; what the core lacks of it is unknown"),
        (&of.unchecked_files, "was read without being able to tell whether it is the same build"),
    ] {
        sentences.extend(files.iter().map(|file| format!("{} {what}", file.display())));
    }
    sentences
}

/// A duration for people.
pub fn duration(duration: Duration) -> String {
    time(duration.as_secs_f64())
}

/// Seconds for people.
pub fn time(seconds: f64) -> String {
    if seconds < 0.01 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}
