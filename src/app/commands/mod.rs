//! One short function per command: load, ask, arrange, render.

pub(super) mod census;
pub(super) mod check;
pub(super) mod common;
pub(super) mod cycles;
pub(super) mod demo;
pub(super) mod diff;
pub(super) mod diff_places;
pub(super) mod dominators;
pub(super) mod draw;
pub(super) mod dump;
pub(super) mod explore;
pub(super) mod export;
pub(super) mod index;
pub(super) mod info;
pub(super) mod lines;
pub(super) mod mcp;
pub(super) mod places;
pub(super) mod reference;
pub(super) mod references;
pub(super) mod report;
pub(super) mod show;
pub(super) mod since;
pub(super) mod suspects;
pub(super) mod watch;
pub(super) mod why;

use crate::analysis::common::Grouping;
use crate::graph::{HeapGraph, Object, TypePattern};
use crate::snapshot::Header;

use super::arguments::TargetArgs;
use super::cli::Command;
use super::exit_code::UsageError;
use super::{ExitCode, system};

/// The dumper, as it stands in the repository.
pub(super) const DUMPER: &str = include_str!("../../../snapshot-dumper/snapshot_dumper.py");

/// Runs one command.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Dump(args) => dump::run(args),
        Command::Run(args) => system::run_program(args),
        Command::Common(args) => common::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Check(args) => check::run(args),
        Command::Backrefs(args) => references::backrefs(args),
        Command::Refs(args) => references::refs(args),
        Command::Watch(args) => watch::run(args),
        Command::Why(args) => why::run(args),
        Command::Dominators(args) => dominators::run(args),
        Command::Census(args) => census::run(args),
        Command::Places(args) => places::run(args),
        Command::Lines(args) => lines::run(args),
        Command::Show(args) => show::run(args),
        Command::Suspects(args) => suspects::run(args),
        Command::Cycles(args) => cycles::run(args),
        Command::Index(args) => index::run(args),
        Command::Info(args) => info::run(args),
        Command::Export(args) => export::run(args),
        Command::Mcp(args) => mcp::run(args),
        Command::Explore(args) => explore::run(args),
        Command::Report(args) => report::run(args),
        Command::Draw(args) => draw::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => reference::completions(args),
        Command::Man(args) => reference::man(args),
    }
}

/// Refuses to tell by lines what a snapshot does not know them of.
///
/// # Errors
/// With how to make a program say it.
fn need_lines(grouping: Grouping, header: &Header, name: &str) -> anyhow::Result<()> {
    if grouping.is_of_allocations() && header.tracing.frames.is_none() {
        anyhow::bail!("{name}: {}", crate::report::no_lines());
    }
    Ok(())
}

/// All objects that `--id` and `--type` name together: with both, those that fit both.
fn select_all(graph: &HeapGraph, args: &TargetArgs) -> anyhow::Result<Vec<Object>> {
    let mut targets = Vec::new();
    for &address in &args.id {
        targets.push(graph.select_address(address)?);
    }
    if let Some(name) = &args.type_name {
        let objects = graph.select_type(&TypePattern::new(name)?)?;
        if targets.is_empty() {
            targets = objects;
        } else {
            targets.retain(|target| objects.binary_search(target).is_ok());
            if targets.is_empty() {
                return Err(UsageError(format!("--id names no object of type {name}")).into());
            }
        }
    }
    Ok(targets)
}
