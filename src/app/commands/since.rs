//! `--since`: what is new in a snapshot since an earlier one.

use std::path::Path;

use crate::analysis::gc_roots::GcRoots;
use crate::analysis::places::PlacedHeap;
use crate::analysis::since::{Age, Bounds, Earlier, EarlierPlaces, Since};
use crate::app::arguments::{SinceArg, SnapshotArg, TargetArgs};
use crate::app::exit_code::UsageError;
use crate::app::input;
use crate::graph::{HeapGraph, Object};
use crate::report::{Report, SinceView};

/// A snapshot with what is new in it.
pub struct WithSince {
    /// The snapshot's graph.
    pub graph: HeapGraph,
    new: Option<(Since, String, Bounds)>,
}

impl WithSince {
    /// Reads the snapshot; before it the earlier one, of which only what tells its objects is kept.
    pub fn read(snapshot: &SnapshotArg, since: &SinceArg, quiet: bool) -> anyhow::Result<WithSince> {
        let Some(path) = &since.since else {
            return Ok(WithSince { graph: input::graph(snapshot, quiet)?, new: None });
        };
        let earlier = || Ok(Earlier::of(&earlier_graph(path, quiet)?));
        let (earlier, graph) = both(snapshot, path, earlier, || input::graph(snapshot, quiet))?;
        let since = match by_address(&earlier, &graph) {
            Some(since) => since,
            None => {
                drop(earlier);
                by_place(path, &graph, quiet)?
            }
        };
        let all = since.all(&graph);
        Ok(WithSince { new: Some((since, input::name(path), all)), graph })
    }

    /// What is new; `None` when nobody has asked.
    pub fn view(&self) -> Option<SinceView<'_>> {
        self.new.as_ref().map(|(since, earlier, all)| SinceView { since, earlier, all: *all })
    }

    /// Says in a report what it is restricted to.
    pub fn note(&self, report: &mut Report, notes: Vec<String>) {
        if let Some(view) = self.view() {
            view.restrict(report, notes);
        }
    }

    /// The objects of `--type` that are new, with the notes that say so; all where nobody has asked, and what `--id` names.
    ///
    /// # Errors
    /// When none of them is new.
    pub fn restrict(&self, targets: Vec<Object>, args: &TargetArgs) -> anyhow::Result<(Vec<Object>, Vec<String>)> {
        let Some(view) = self.view() else { return Ok((targets, Vec::new())) };
        let (new, unknown) = view.since.split(&targets);
        let (new_count, unknown_count) = (new.len() as u64, unknown.len() as u64);
        if !args.id.is_empty() {
            let notes = targets.iter().take(8).map(|&object| {
                let address = self.graph.address(object);
                match view.since.age(object) {
                    Age::New => format!("{address} is new since {}", view.earlier),
                    Age::Unknown => format!("{address} may be new since {}, or not", view.earlier),
                    Age::Old => format!("{address} is in {} already", view.earlier),
                }
            });
            let notes = notes.chain(view.notes()).collect();
            return Ok((targets, notes));
        }
        if new.is_empty() && unknown.is_empty() {
            let count = crate::units::count(targets.len() as u64);
            anyhow::bail!("nothing of this type is new since {}: all {count} are in it already", view.earlier);
        }
        let is_unknown_shown = new.is_empty();
        let notes = view.restricted(new_count, unknown_count, is_unknown_shown);
        Ok((if is_unknown_shown { unknown } else { new }, notes))
    }
}

/// Asks the earlier snapshot and the later one, as [`input::both`] does where the later one is a file.
pub fn both<A, B: Send>(
    later: &SnapshotArg,
    earlier: &Path,
    of_earlier: impl Fn() -> anyhow::Result<A>,
    of_later: impl Fn() -> anyhow::Result<B> + Sync,
) -> anyhow::Result<(A, B)> {
    match input::file(later) {
        Some(later) => input::both([earlier, later], of_earlier, of_later),
        None => Ok((of_earlier()?, of_later()?)),
    }
}

/// The earlier snapshot. Read by name, as it may have to be read again.
pub fn earlier_graph(path: &Path, quiet: bool) -> anyhow::Result<HeapGraph> {
    if path == Path::new("-") {
        return Err(UsageError("--since names a file: standard input can be read only once".to_owned()).into());
    }
    input::graph_of(path, quiet)
}

/// What is new since a snapshot of the same process; `None` when it is of another.
pub fn by_address(earlier: &Earlier, later: &HeapGraph) -> Option<Since> {
    earlier.is_of_one_process_with(later).then(|| earlier.since(later))
}

/// What is new since a snapshot of another process.
fn by_place(path: &Path, later: &HeapGraph, quiet: bool) -> anyhow::Result<Since> {
    let earlier = {
        let graph = earlier_graph(path, quiet)?;
        let roots = GcRoots::of(&graph);
        EarlierPlaces::of(PlacedHeap::of(&graph, &roots))
    };
    Ok(earlier.since(&PlacedHeap::of(later, &GcRoots::of(later))))
}
