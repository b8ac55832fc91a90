//! `heapgraph lines --run`: a program that is started with its allocations traced, and perhaps its lines measured.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::app::commands::dump::{NewSnapshotArgs, TextArg, TriggerArgs};
use crate::app::commands::lines::LinesArgs;
use crate::app::commands::lines::{self, Traced};

use super::program::{Additions, run_with};
use super::python_command::PythonCommand;

/// Starts a program so that line_profiler measures it.
const TIMED: &str = include_str!("timed.py");

/// Runs the program.
///
/// # Errors
/// Those of `heapgraph run`, and with `--time` when line_profiler is not installed for that Python.
pub fn run(args: &LinesArgs) -> anyhow::Result<Traced> {
    let python = PythonCommand::parse(&args.program)?;
    let script = python.program.first().filter(|first| !first.to_string_lossy().starts_with('-')).map(PathBuf::from);
    let folder = tempfile::Builder::new().prefix("heapgraph-").tempdir().context("no temporary folder")?;
    let output = args.keep_snapshot.clone().unwrap_or_else(|| folder.path().join("snap.json"));
    let snapshot =
        NewSnapshotArgs { output, text: TextArg::Keys, packed: false, collect: false, quiet: args.output.quiet };
    let triggers = TriggerArgs {
        every: args.every,
        at_rss: None,
        on_signal: None,
        keep: args.every.map(|_| u64::from(u32::MAX)),
        no_exit: false,
    };
    let mut times = Vec::new();
    if args.time {
        // In a run of its own: tracing would make lines that allocate many times as slow.
        let measured = folder.path().join("times.json");
        let file = args.file.clone().or(script.clone()).unwrap_or_default();
        let additions = Additions {
            starter: Some(TIMED),
            before_options: vec![file.into(), measured.clone().into()],
            tells_nothing: true,
            ..Additions::default()
        };
        let only_time = TriggerArgs { every: None, at_rss: None, on_signal: None, keep: None, no_exit: true };
        let passing = NewSnapshotArgs {
            output: folder.path().join("none.json"),
            text: TextArg::None,
            packed: false,
            collect: false,
            quiet: true,
        };
        run_with(PythonCommand::parse(&args.program)?, &additions, &passing, &only_time)?;
        if folder.path().join("times.json.missing").exists() {
            bail!("--time needs line_profiler for this Python: pip install 'heapgraph[lines]'");
        }
        times = lines::measured(&measured).context("the program ended before its lines were told")?;
    }
    let additions = Additions {
        python: words(&["-X", &format!("tracemalloc={}", args.frames)]),
        hands_over: true,
        tells_nothing: args.keep_snapshot.is_none(),
        ..Additions::default()
    };
    let ran = run_with(python, &additions, &snapshot, &triggers)?;
    Ok(Traced { snapshots: ran.snapshots(), code: ran.code, script, times, folder })
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
