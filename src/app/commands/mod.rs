//! One short function per command: load, ask, arrange, render.

mod common;
mod cycles;
mod demo;
mod diff;
mod info;
mod references;
mod suspects;

use crate::analysis::histogram::{Grouping, Order};

use super::ExitCode;
use super::cli::{Command, GroupArg, SortArg};

/// The dumper, as it stands in the repository.
const DUMPER: &str = include_str!("../../../snapshot-dumper/snapshot_dumper.py");

/// Runs one command.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Common(args) => common::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Backrefs(args) => references::backrefs(&args),
        Command::Refs(args) => references::refs(&args),
        Command::Suspects(args) => suspects::run(&args),
        Command::Cycles(args) => cycles::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Demo(args) => demo::run(&args),
    }
}

/// `--limit`: 0 stands for all.
fn limit(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

fn grouping(group: GroupArg) -> Grouping {
    match group {
        GroupArg::Type => Grouping::Type,
        GroupArg::Module => Grouping::Module,
    }
}

fn order(sort: SortArg) -> Order {
    match sort {
        SortArg::Count => Order::Count,
        SortArg::Size => Order::Size,
        SortArg::Name => Order::Name,
    }
}
