//! Reports as bytes, one file per format: text, JSON, CSV, Markdown.

mod csv;
mod html;
mod json;
mod markdown;
mod text;
pub(super) mod untrusted;

pub use text::TextStyle;
pub use untrusted::terminal as safe_for_terminal;

use crate::report::{Audience, Column, NotShown, Report, Section, Table, TreeRow};

/// A format for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs: everything, raw.
    Json,
    /// For spreadsheets: the rows of the first table.
    Csv,
    /// For tickets and pages.
    Markdown,
    /// A page of its own.
    Html,
}

/// A report as bytes, ending with a line feed. Deterministic.
///
/// `style` matters for [`Format::Text`] alone.
pub fn render(report: &Report, format: Format, style: TextStyle) -> Vec<u8> {
    match format {
        Format::Text => text::render(report, style).into_bytes(),
        Format::Json => json::render(report),
        Format::Csv => csv::render(report),
        Format::Markdown => markdown::render(report).into_bytes(),
        Format::Html => html::render(report).into_bytes(),
    }
}

/// The sections that people read: a table whose columns are all for machines is not among them.
fn sections_for_people(report: &Report) -> impl Iterator<Item = &Section> {
    sections_without(report, Audience::Machines)
}

/// The sections that machines read: a table whose columns are all for people is not among them.
fn sections_for_machines(report: &Report) -> impl Iterator<Item = &Section> {
    sections_without(report, Audience::People)
}

fn sections_without(report: &Report, audience: Audience) -> impl Iterator<Item = &Section> {
    report.sections.iter().filter(move |section| match section {
        Section::Table(table) => !places(&table.columns, audience).is_empty(),
        _ => true,
    })
}

/// Places of the columns that people read.
pub(super) fn columns_for_people(table: &Table) -> Vec<usize> {
    places(&table.columns, Audience::Machines)
}

/// Places of the columns that machines read.
fn columns_for_machines(columns: &[Column]) -> Vec<usize> {
    places(columns, Audience::People)
}

fn places(columns: &[Column], without: Audience) -> Vec<usize> {
    (0..columns.len()).filter(|&place| columns[place].audience != without).collect()
}

/// `not shown: 12 types (count 1,204, shallow size 36.9 KiB); --limit 0 shows all`.
pub(super) fn not_shown(table: &Table, rest: &NotShown) -> String {
    let header = |key: &str| table.columns.iter().find(|column| column.key == key).map_or("", |column| column.header);
    let sums: Vec<String> = rest.sums.iter().map(|(key, cell)| format!("{} {}", header(key), cell.human())).collect();
    let what = if rest.rows == 1 { rest.what.0 } else { rest.what.1 };
    let sums = if sums.is_empty() { String::new() } else { format!(" ({})", sums.join(", ")) };
    format!("not shown: {} {what}{sums}; --limit 0 shows all", crate::units::count(rest.rows))
}

/// The branches in front of each row of a tree: `│  ├─ `.
fn branches(rows: &[TreeRow]) -> Vec<String> {
    // From below: at each depth, whether a later row continues the branch.
    let mut continues: Vec<bool> = Vec::new();
    let mut prefixes = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        let depth = row.depth as usize;
        continues.resize(depth + 1, false);
        let mut prefix = String::new();
        for branch in continues.iter().take(depth).skip(1) {
            prefix.push_str(if *branch { "│  " } else { "   " });
        }
        if depth > 0 {
            prefix.push_str(if continues[depth] { "├─ " } else { "└─ " });
        }
        prefixes.push(prefix);
        continues[depth] = true;
    }
    prefixes.reverse();
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_join_rows_of_the_same_depth() {
        let row = |depth| TreeRow { depth, text: Vec::new(), facts: Vec::new() };
        let drawn = branches(&[row(0), row(1), row(2), row(2), row(1), row(2), row(0), row(1)]);
        assert_eq!(drawn, ["", "├─ ", "│  ├─ ", "│  └─ ", "└─ ", "   └─ ", "", "└─ "]);
    }
}
