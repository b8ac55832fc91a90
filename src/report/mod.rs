//! Results arranged for a reader, without any format.

pub mod cell;
pub mod diagram;

mod candidates;
mod census;
mod check;
mod common;
mod cycles;
mod diff;
mod diff_places;
mod dominators;
mod excerpt;
mod export;
mod facts;
mod held_lines;
mod index;
mod info;
mod line_words;
mod new_groups;
mod object_words;
pub mod page;
mod path_picture;
mod phrases;
mod place_words;
mod places;
pub(crate) mod root_words;
mod show;
mod since;
mod slot_words;
mod stacks;
mod suspects;
mod table;
mod watch;
mod why;
mod words;

use crate::analysis::origin::Origin;
use crate::graph::HeapGraph;

pub use cell::Cell;
pub use census::CountedRow;
pub use check::{CheckCase, Evidence, check_cases};
pub use common::CommonView;
pub use cycles::{CyclesView, round_diagram};
pub use diff::DiffView;
pub use diff_places::{Changes, ChangesOrder, ChangesView, GrownDetails, mark_growth, place_text};
pub use dominators::{Dominance, DominatorsView, NewSizes, retained_groups};
pub use excerpt::{ExcerptView, ExtraFact, diagram};
pub use export::{ExportedContent, ExportedFile, ExportedSnapshot, ExportedTable};
pub use facts::{SnapshotFacts, graph_notes, place_notes, snapshot_notes};
pub use held_lines::{ListedLine, Listing, ListingView, TimedLine};
pub use index::IndexFacts;
pub use line_words::{LineWords, line_notes, no_lines, short_file};
pub use object_words::description;
pub use path_picture::path_diagram;
pub use place_words::{place_text_at, place_texts};
pub use places::{PlacesView, place_stacks};
pub use show::ShowView;
pub use since::SinceView;
pub use slot_words::{slot_label, step_label};
pub use stacks::{FoldedStack, folded_stacks};
pub use suspects::GrownView;
pub use table::{Audience, Column, NotShown, Table};
pub use watch::{Watched, has_verdict, so_far};
pub use why::WhyView;

/// Version of the JSON output; rises when a key changes its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 1;

/// One finished answer.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The command that it answers, e.g. `common`.
    pub command: &'static str,
    /// The snapshots that were looked at, in the order given.
    pub snapshots: Vec<SnapshotFacts>,
    /// One line above everything; empty for none.
    pub title: String,
    /// What must be known before all that was found, one sentence each: that the answer may lie elsewhere.
    pub lead: Vec<String>,
    /// Totals for machines: key in JSON, and value.
    pub totals: Vec<(&'static str, Cell)>,
    /// The totals in one line for people; empty for none.
    pub summary: String,
    /// What was found, in the order of reading. The first table is what CSV writes.
    pub sections: Vec<Section>,
    /// Sentences that a reader must know to trust the numbers, most important first.
    pub notes: Vec<String>,
    /// Next useful commands, ready to paste, with what they tell.
    pub next: Vec<NextStep>,
}

/// A command worth running next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// What it tells, e.g. `who holds the newest Session`.
    pub tells: String,
    /// Arguments after `heapgraph`.
    pub arguments: String,
}

impl Report {
    /// A report of `command` about one heap, with what every one of them has: the snapshot, and what must be known of it.
    pub(crate) fn about(command: &'static str, graph: &HeapGraph, argument: &str) -> Report {
        Report {
            command,
            snapshots: vec![SnapshotFacts::new(argument, &graph.header, &graph.end)],
            notes: facts::graph_notes(graph),
            ..Report::default()
        }
    }
}

impl NextStep {
    /// A step from its arguments and what it tells.
    pub fn new(arguments: impl Into<String>, tells: impl Into<String>) -> Self {
        NextStep { tells: tells.into(), arguments: arguments.into() }
    }
}

/// A part of a report.
#[derive(Debug, Clone)]
pub enum Section {
    /// Rows of typed cells.
    Table(Table),
    /// Rows with a depth each, shown as an indented tree.
    Tree(Tree),
    /// A picture, for machines; people get it with `-o`.
    Diagram(diagram::Diagram),
    /// A Python expression, to be pasted into the process.
    Expression {
        /// Key of the list of expressions in JSON; `null` stands there when there is none.
        key: &'static str,
        /// For people; the first line is the expression or says why there is none.
        lines: Vec<String>,
        /// For machines: all of it.
        whole: Option<String>,
    },
    /// Sentences.
    Paragraphs {
        /// Key in JSON.
        key: &'static str,
        /// One paragraph each.
        paragraphs: Vec<String>,
    },
}

/// Rows that hang below each other.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Key of the rows in JSON.
    pub key: &'static str,
    /// Line above; empty for none.
    pub title: String,
    /// Columns of the facts of each row, for machines.
    pub columns: Vec<Column>,
    /// Depth first; the depth of a row is at most one more than that of the row before.
    pub rows: Vec<TreeRow>,
}

/// A row of a tree.
#[derive(Debug, Clone)]
pub struct TreeRow {
    /// 0 for a row at the margin.
    pub depth: u32,
    /// What people read, in pieces.
    pub text: Vec<Cell>,
    /// What machines read, one cell per column of the tree.
    pub facts: Vec<Cell>,
}

/// The row to go on with: the first of the application's own types, else the first of an installed package, else the first
/// that isn't built in, else the first at all.
fn most_telling<'n>(types: impl Iterator<Item = (&'n str, Origin)>) -> Option<&'n str> {
    let rank = |&(name, origin): &(&str, Origin)| match origin {
        Origin::Application => 0,
        Origin::Installed => 1,
        _ if name.contains('.') => 2,
        _ => 3,
    };
    // Of equals, the first.
    types.min_by_key(rank).map(|(name, _)| name)
}

/// A word for a POSIX shell: as it is where that is safe, else in single quotes.
pub(crate) fn shell_word(word: &str) -> String {
    if word == "-" {
        return "SNAPSHOT".to_owned();
    }
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
