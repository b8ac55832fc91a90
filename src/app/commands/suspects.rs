//! `heapgraph suspects`.

use std::path::Path;

use clap::Args;

use crate::analysis::explored::Explored;
use crate::analysis::places::growth::PlaceGrowth;
use crate::analysis::since::Earlier;
use crate::analysis::suspects::{self, Thresholds, grown};
use crate::app::arguments::{self, OutputArgs, SinceArg, SnapshotArg};
use crate::app::{ExitCode, index, input, output};
use crate::report::{GrownDetails, GrownView, Report, SinceView, place_text};

use super::diff_places::{self, Kept};
use super::since;

#[derive(Debug, Args)]
pub struct SuspectsArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// Smallest share of the heap that a suspect retains, in percent; known shapes of leaks count from a twentieth of it on
    #[arg(long, default_value = "10", value_name = "PERCENT", value_parser = share)]
    pub share: f64,
    /// How many types, containers and examples of each suspect are told; 0 for all
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `10` or `10%` as 0.1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| "expected a percentage from 0 to 100".to_owned())
}

pub fn run(args: &SuspectsArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let usual = Thresholds::default();
    let thresholds = Thresholds {
        share: args.share,
        rule_share: args.share * usual.rule_share / usual.share,
        limit: arguments::limit(args.limit).unwrap_or(usize::MAX),
        ..usual
    };
    if let Some(earlier) = &args.since.since {
        return since(args, earlier, &thresholds);
    }
    let mut graph = input::graph(&args.snapshot, args.output.quiet)?;
    graph.bring_in();
    let heap = Explored::of(&graph);
    heap.paths_and_tree();
    let found = suspects::find(&heap, &thresholds);
    let report = Report::suspects(&heap, &found, &thresholds, &input::argument(&args.snapshot));
    output::write_report(&report, &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

/// The growth first.
fn since(args: &SuspectsArgs, earlier: &Path, thresholds: &Thresholds) -> anyhow::Result<ExitCode> {
    let name = input::name(earlier);
    let argument = input::argument(&args.snapshot);
    let ((before, known), (graph, after, placed)) = since::both(
        &args.snapshot,
        earlier,
        || {
            let graph = since::earlier_graph(earlier, args.output.quiet)?;
            Ok((Kept::of(&graph, &name).0, Earlier::of(&graph)))
        },
        || {
            let graph = input::graph(&args.snapshot, args.output.quiet)?;
            let (after, placed) = Kept::of(&graph, &argument);
            let placed = placed.detached();
            Ok((graph, after, placed))
        },
    )?;
    let mut placed = placed.of(&graph);
    let since = since::by_address(&known, &graph);
    drop(known);
    let mut all = [before, after];
    let mut changes = diff_places::compare(&all, diff_places::least_bytes(&all, None));
    placed.tree = std::mem::take(&mut all[1].places);
    changes.details = diff_places::details(&placed, &changes.grown.grown);
    let heap = Explored::of(&graph);
    let together = together(&changes.grown, &changes.details);
    let found = grown::find(&heap, &placed, &changes.grown, &together, since.as_ref(), thresholds);
    let new = since.as_ref().map(|since| SinceView { since, earlier: &name, all: since.all(&graph) });
    let mut notes = Vec::new();
    match new {
        Some(new) => notes.extend(new.notes()),
        None => notes.push(super::diff::OF_DIFFERENT_PROCESSES.to_owned()),
    }
    let mut facts = Vec::new();
    for kept in all {
        notes.extend(kept.notes);
        facts.push(kept.facts);
    }
    let view = GrownView { changes: &changes, found: &found, new, earlier: &name };
    let report = Report::suspects_since(&heap, facts, view, thresholds, notes, &argument);
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

/// For each place that grew, the others that grew and hold most of its elements, too.
pub(super) fn together(growth: &PlaceGrowth, details: &[GrownDetails]) -> Vec<Vec<usize>> {
    let names: Vec<String> = growth.grown.iter().map(|row| place_text(&row.way)).collect();
    let of = |(row, details): (usize, &GrownDetails)| {
        let gained = growth.grown[row].telling().last().unwrap_or(0);
        let most = details.holders.iter().filter(|(_, elements)| elements.saturating_mul(2) > gained);
        most.filter_map(|(holder, _)| names.iter().position(|name| name == holder))
            .filter(|&other| other != row)
            .collect()
    };
    details.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_percentages() {
        assert_eq!((share("10"), share(" 2.5 %")), (Ok(0.1), Ok(0.025)));
        for wrong in ["", "%", "-1", "101", "nan", "inf", "a"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
