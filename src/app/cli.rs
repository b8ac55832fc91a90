//! The command line: every command, and the values that each offers.

use std::num::NonZeroUsize;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use super::arguments::{FormatArg, SortArg};
use super::commands::census::{self, CensusArgs};
use super::commands::check::{self, CheckArgs};
use super::commands::common::CommonArgs;
use super::commands::cycles::CyclesArgs;
use super::commands::demo::DemoArgs;
use super::commands::diff::{self, DiffArgs};
use super::commands::dominators::DominatorsArgs;
use super::commands::draw::DrawArgs;
use super::commands::dump::{self, DumpArgs, RunArgs};
use super::commands::explore::{self, ExploreArgs};
use super::commands::export::{self, ExportArgs};
use super::commands::index::IndexArgs;
use super::commands::info::InfoArgs;
use super::commands::lines::{self, LinesArgs};
use super::commands::mcp::{self, McpArgs};
use super::commands::places::PlacesArgs;
use super::commands::reference::{CompletionsArgs, ManArgs};
use super::commands::references::ReferencesArgs;
use super::commands::report::{self, ReportArgs};
use super::commands::show::ShowArgs;
use super::commands::suspects::SuspectsArgs;
use super::commands::watch::{self, WatchArgs};
use super::commands::why::WhyArgs;

/// Find out why a Python process grows, from snapshots of its heap.
#[derive(Debug, Parser)]
#[command(
    name = "heapgraph",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "\
Straight to an answer:               heapgraph suspects --pid PID
Of a process that runs:              heapgraph dump --pid PID
Of one that left a core file:        heapgraph dump --core FILE
Of a program from its start:         heapgraph dump -- python app.py
From within the program:             import snapshot_dumper; snapshot_dumper.dump(\"snap.json\")
See it work on a leaking example:    heapgraph demo

Exit codes: 0 ok, 1 error, 2 usage, 3 a gate failed; `run` and `dump --` pass on the program's."
)]
pub struct Cli {
    /// How many threads may work at once [default: one per core]
    #[arg(long, global = true, env = "HEAPGRAPH_THREADS", hide_env = true, value_name = "N", display_order = 900)]
    pub threads: Option<NonZeroUsize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take a snapshot of a Python process that runs, of a core file, or of a program that is started now
    #[command(after_help = dump::DUMP_EXAMPLES)]
    Dump(DumpArgs),
    /// Run a Python program and take snapshots of it: the same as `dump -- PROGRAM`
    #[command(after_help = dump::RUN_EXAMPLES)]
    Run(RunArgs),
    /// The most common types: how many objects, how many bytes
    Common(CommonArgs),
    /// What grew from one snapshot to another: the places, who holds them, and the types
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArgs),
    /// Watch a process from outside until what grows in it is known
    #[command(after_help = watch::EXAMPLES)]
    Watch(WatchArgs),
    /// Limits for a build: fail when a type or a place has too much, or has grown
    #[command(after_help = check::EXAMPLES)]
    Check(CheckArgs),
    /// Who refers to an object: a tree, or a picture with -o
    Backrefs(ReferencesArgs),
    /// What an object refers to: a tree, or a picture with -o
    Refs(ReferencesArgs),
    /// Why an object is alive: the path from a root as Python, and what to cut
    Why(WhyArgs),
    /// What keeps most memory alive: objects by retained size
    Dominators(DominatorsArgs),
    /// One process in a few rows: types, places, garbage, what is no Python object; OpenMetrics for a scraper
    #[command(after_help = census::EXAMPLES)]
    Census(CensusArgs),
    /// Where memory lives: the ways to it, with the contents of containers merged
    Places(PlacesArgs),
    /// A source file, with what each of its lines made that is held now
    #[command(after_help = lines::EXAMPLES)]
    Lines(LinesArgs),
    /// All about one object on one screen
    Show(ShowArgs),
    /// Leak suspects: what holds a large share of the heap, in words, with evidence
    Suspects(SuspectsArgs),
    /// Reference cycles by the types in them, and which are garbage
    Cycles(CyclesArgs),
    /// Write the index beside a snapshot now, so that the first question is answered at once, too
    Index(IndexArgs),
    /// What the snapshot is of, how it was taken, and what it doesn't show
    Info(InfoArgs),
    /// The heap for other tools: .heapsnapshot for Chrome's Memory panel, VS Code, memlab; tables as Parquet
    #[command(after_help = export::EXAMPLES)]
    Export(ExportArgs),
    /// Answer a program's questions as tools of the Model Context Protocol, on standard input and output
    #[command(after_help = mcp::EXAMPLES)]
    Mcp(McpArgs),
    /// A heap as one page, to be read and passed on: the verdict, then places, types and objects to walk through
    #[command(after_help = report::EXAMPLES)]
    Report(ReportArgs),
    /// The same page in the browser, with every object of the heap; for this machine alone
    #[command(after_help = explore::EXAMPLES)]
    Explore(ExploreArgs),
    /// Draw a graph that -o FILE.json has written, perhaps after you have changed it
    Draw(DrawArgs),
    /// Take snapshots of a small leaking program and look at them
    Demo(DemoArgs),
    /// Print what completes these commands in a shell: `heapgraph completions bash > FILE`
    Completions(CompletionsArgs),
    /// Print a manual page: `heapgraph man suspects | man -l -`
    Man(ManArgs),
}

/// The command line; each command offers the values that it takes.
pub fn command_line() -> clap::Command {
    let mut all = <Cli as clap::CommandFactory>::command();
    let with_format = |command: &clap::Command| command.get_arguments().any(|argument| argument.get_id() == "format");
    let names: Vec<String> = all
        .get_subcommands()
        .filter(|command| with_format(command))
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in &names {
        let without: &[FormatArg] = match name.as_str() {
            "dominators" | "places" => &[FormatArg::Openmetrics],
            "census" => &[FormatArg::Folded, FormatArg::Speedscope],
            _ => &[FormatArg::Folded, FormatArg::Speedscope, FormatArg::Openmetrics],
        };
        all = all
            .mut_subcommand(name, |command| command.mut_arg("format", |format| format.value_parser(all_but(without))));
    }
    all.mut_subcommand("diff", |diff| diff.mut_arg("sort", |sort| sort.value_parser(all_but(&[SortArg::Retained]))))
}

/// The values of an option without some of them.
fn all_but<V: ValueEnum + PartialEq + Send + Sync + 'static>(
    without: &[V],
) -> impl TypedValueParser<Value = V> + use<V> {
    let values = V::value_variants().iter().filter(|value| !without.contains(value));
    PossibleValuesParser::new(values.filter_map(|value| value.to_possible_value()))
        .try_map(|text| V::from_str(&text, false))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        crate::app::command_line().debug_assert();
    }
}
