//! Opening snapshots: files, standard input, progress while they are read.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::graph::HeapGraph;
use crate::snapshot::{Snapshot, Wanted};

/// Files shorter than this are read before a bar would be seen.
const WORTH_A_BAR: u64 = 16 << 20;

/// Reads a snapshot; the error names the file.
pub fn read(path: &Path, wanted: Wanted, quiet: bool) -> anyhow::Result<Snapshot> {
    let name = argument(path);
    let (input, length): (Box<dyn Read>, u64) = if path == Path::new("-") {
        (Box::new(io::stdin().lock()), 0)
    } else {
        let metadata = std::fs::metadata(path).map_err(|error| explain_missing(path, error))?;
        if metadata.is_dir() {
            bail!("{name}: is a folder; name the snapshot in it");
        }
        let file = File::open(path).map_err(|error| explain_missing(path, error))?;
        (Box::new(file), metadata.len())
    };
    let bar = progress(length, quiet);
    bar.set_message(format!("reading {}", crate::render::reports::safe_for_terminal(&name)));
    let snapshot = Snapshot::read(bar.wrap_read(input), wanted);
    bar.finish_and_clear();
    snapshot.with_context(|| name)
}

/// Reads a snapshot and builds its graph.
pub fn graph(path: &Path, quiet: bool) -> anyhow::Result<HeapGraph> {
    Ok(HeapGraph::build(read(path, Wanted::References, quiet)?))
}

/// How a snapshot is called in the commands that a report suggests.
pub fn argument(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn explain_missing(path: &Path, error: io::Error) -> anyhow::Error {
    let name = argument(path);
    match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!(
            "{name}: no such file; name a snapshot, set $HEAPGRAPH_SNAPSHOT, or take one: \
             `heapgraph dump --pid PID` of a process that runs, `heapgraph dump -- python app.py` of a program"
        ),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "{name}: permission denied; snapshots belong to their user alone (mode 0600): run as that user, or copy it"
        ),
        _ => anyhow::Error::new(error).context(name),
    }
}

/// A bar over the bytes of a file; hidden when nobody would see it.
fn progress(length: u64, quiet: bool) -> ProgressBar {
    if quiet || length < WORTH_A_BAR || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
