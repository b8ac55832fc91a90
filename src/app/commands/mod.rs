//! One short function per command: load, ask, arrange, render.

mod check;
mod common;
mod cycles;
mod demo;
mod diff;
pub(super) mod diff_places;
mod dominators;
mod draw;
mod dump;
mod index;
mod info;
pub(super) mod lines;
mod places;
mod reference;
mod references;
mod show;
mod since;
mod suspects;
mod why;

use crate::analysis::histogram::{Grouping, Order};

use crate::graph::{HeapGraph, Object, TypePattern};
use crate::snapshot::Header;

use super::cli::{Command, GroupArg, SortArg, TargetArgs};
use super::exit_code::UsageError;
use super::{ExitCode, system};

pub(super) use dump::NOTHING_TO_TAKE;

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
        Command::Watch(args) => system::watch(args),
        Command::Why(args) => why::run(args),
        Command::Dominators(args) => dominators::run(args),
        Command::Places(args) => places::run(args),
        Command::Lines(args) => lines::run(args),
        Command::Show(args) => show::run(args),
        Command::Suspects(args) => suspects::run(args),
        Command::Cycles(args) => cycles::run(args),
        Command::Index(args) => index::run(args),
        Command::Info(args) => info::run(args),
        Command::Draw(args) => draw::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => reference::completions(args),
        Command::Man(args) => reference::man(args),
    }
}

/// `--limit`: 0 stands for all.
pub(super) fn limit(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

fn grouping(group: GroupArg) -> Grouping {
    match group {
        GroupArg::Type => Grouping::Type,
        GroupArg::Module => Grouping::Module,
        GroupArg::Line => Grouping::Line,
        GroupArg::Function => Grouping::Function,
        GroupArg::File => Grouping::File,
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

fn order(sort: SortArg) -> Order {
    match sort {
        SortArg::Count | SortArg::Retained => Order::Count,
        SortArg::Size => Order::Size,
        SortArg::Name => Order::Name,
    }
}
