//! `heapgraph watch`: snapshots of a process from outside, and after each the trend so far, until a verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::app::commands::diff_places::{Kept, compare, details, least_bytes};
use crate::app::commands::dump::columns;
use crate::app::commands::watch::WatchArgs;
use crate::app::{ExitCode, input, output};
use crate::cpython::capture::CaptureOptions;
use crate::graph::HeapGraph;
use crate::report::{Changes, ChangesOrder, ChangesView, Report, SnapshotFacts, Watched, has_verdict, so_far};
use crate::snapshot::Snapshot;

use super::capture;
use super::interrupt::Interrupt;
use super::numbered::numbered;
use super::snapshot_file::SnapshotFile;

/// How often is looked whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(50);

pub fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let interrupt = Interrupt::watch()?;
    let result = watch(args, &interrupt);
    // Everything is tidied up by now.
    interrupt.end_if_any();
    output::write_report(&result?, &args.output)?;
    Ok(ExitCode::Ok)
}

fn watch(args: &WatchArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    if let Some(path) = &args.keep {
        // Before hours have gone by.
        drop(SnapshotFile::create(path)?);
    }
    let every = Duration::from_secs_f64(args.every);
    let mut all: Vec<Kept> = Vec::new();
    let mut watched = Watched::default();
    let mut began: Option<Instant> = None;
    let mut known: Option<Changes> = None;
    loop {
        let options = CaptureOptions { cancelled: Arc::clone(interrupt.flag()), ..CaptureOptions::default() };
        let snapshot = match capture::of_process(args.pid, &options) {
            Ok(captured) => captured.snapshot,
            Err(_) if all.len() >= 2 && !is_alive(args.pid) => {
                watched.has_ended = true;
                break;
            }
            Err(error) => return Err(error),
        };
        let now = Instant::now();
        watched.seconds = now.duration_since(*began.get_or_insert(now)).as_secs_f64();
        watched.snapshots += 1;
        watched.memory_limit_bytes = snapshot.header.process.memory_limit_bytes;
        let name = keep(args, &snapshot, watched.snapshots)?;
        let graph = HeapGraph::build(snapshot);
        let (kept, mut placed) = Kept::of(&graph, &name);
        all.push(kept);
        let mut changes = (all.len() > 1).then(|| compare(&all, least_bytes(&all, args.min)));
        let facts = all.last().map(|kept| kept.facts.clone()).unwrap_or_default();
        if !args.output.quiet {
            output::say_notes(&[so_far(changes.as_ref(), &facts, watched)], false);
        }
        let is_last = match (args.count, &changes) {
            (Some(count), _) => watched.snapshots >= count as usize,
            (None, Some(changes)) => has_verdict(changes, watched),
            (None, None) => false,
        };
        if is_last {
            if let (Some(changes), Some(kept)) = (&mut changes, all.last_mut()) {
                placed.tree = std::mem::take(&mut kept.places);
                changes.details = details(&placed, &changes.grown.grown);
                kept.places = std::mem::take(&mut placed.tree);
            }
            known = changes;
            break;
        }
        known = changes;
        drop(placed);
        drop(graph);
        // Steps of the same length, however long it takes to read the heap.
        wait(now + every, interrupt)?;
    }
    let view = ChangesView {
        limit: crate::app::arguments::limit(args.limit),
        order: ChangesOrder::Size,
        full_names: false,
        least_bytes: least_bytes(&all, args.min),
    };
    let facts: Vec<SnapshotFacts> = all.into_iter().map(|kept| kept.facts).collect();
    Ok(Report::watch(facts, &known.unwrap_or_default(), view, watched))
}

/// Writes the snapshot, when it is to be kept; how it is called in the commands that a report suggests.
fn keep(args: &WatchArgs, snapshot: &Snapshot, number: usize) -> anyhow::Result<String> {
    let Some(path) = &args.keep else {
        input::note_live();
        return Ok(format!("--pid={}", args.pid));
    };
    let path = numbered(path, number as u64);
    SnapshotFile::create(&path)?.write_snapshot(snapshot, columns(args.packed))?;
    Ok(input::name(&path))
}

fn wait(until: Instant, interrupt: &Interrupt) -> anyhow::Result<()> {
    loop {
        if interrupt.flag().load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(PATIENCE));
    }
}

fn is_alive(pid: u32) -> bool {
    // A process that has ended and waits for its parent has no memory.
    std::fs::read_to_string(format!("/proc/{pid}/statm")).is_ok_and(|statm| !statm.starts_with("0 "))
}
