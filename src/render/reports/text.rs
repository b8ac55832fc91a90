//! Reports for people at a terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table as Grid, presets};

use crate::report::{Cell, Report, Section, SnapshotFacts, Table, Tree};
use crate::units;

use super::untrusted;

/// How text is set.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextStyle {
    /// With ANSI colours.
    pub colour: bool,
}

impl TextStyle {
    fn paint(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    fn type_name(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }
}

pub(super) fn render(report: &Report, style: TextStyle) -> String {
    let mut out = String::new();
    for facts in &report.snapshots {
        out.push_str(&style.faint(&snapshot_line(facts)));
        out.push('\n');
    }
    if !report.title.is_empty() {
        out.push_str(&style.strong(&untrusted::terminal(&report.title)));
        out.push('\n');
    }
    for sentence in &report.lead {
        out.push_str(&untrusted::terminal(sentence));
        out.push('\n');
    }
    for section in super::sections_for_people(report) {
        match section {
            Section::Table(table) => {
                out.push('\n');
                write_table(&mut out, table, style);
            }
            Section::Tree(tree) => {
                out.push('\n');
                write_tree(&mut out, tree, style);
            }
            Section::Paragraphs { paragraphs, .. } => {
                for paragraph in paragraphs {
                    out.push('\n');
                    for line in paragraph.lines() {
                        out.push_str(&untrusted::terminal(line));
                        out.push('\n');
                    }
                }
            }
            Section::Expression { lines, .. } => {
                out.push('\n');
                for (number, line) in lines.iter().enumerate() {
                    let line = untrusted::terminal(line);
                    out.push_str(&if number == 0 { style.strong(&line) } else { style.faint(&line) });
                    out.push('\n');
                }
            }
            Section::Diagram(_) => {}
        }
    }
    if !report.summary.is_empty() {
        out.push('\n');
        out.push_str(&style.strong(&untrusted::terminal(&report.summary)));
        out.push('\n');
    }
    if !report.notes.is_empty() {
        out.push('\n');
        for note in &report.notes {
            out.push_str(&style.faint(&format!("note: {}", untrusted::terminal(note))));
            out.push('\n');
        }
    }
    if !report.next.is_empty() {
        out.push('\n');
        for step in &report.next {
            let command = format!("heapgraph {}", untrusted::terminal(&step.arguments));
            out.push_str(&format!(
                "{} {command}  {}\n",
                style.faint("next:"),
                style.faint(&format!("# {}", step.tells))
            ));
        }
    }
    out
}

fn snapshot_line(facts: &SnapshotFacts) -> String {
    let mut line = untrusted::terminal(&facts.file);
    let mut add = |text: String| {
        line.push_str(" · ");
        line.push_str(&untrusted::terminal(&text));
    };
    if let Some(python) = &facts.python {
        add(format!("Python {python}"));
    }
    if let Some(pid) = facts.pid {
        add(format!("pid {pid}"));
    }
    if let Some(time) = &facts.time {
        add(time.clone());
    }
    add(format!("{} objects, {} references", units::count(facts.objects), units::count(facts.references)));
    line
}

fn write_table(out: &mut String, table: &Table, style: TextStyle) {
    if !table.title.is_empty() {
        out.push_str(&style.strong(&untrusted::terminal(&table.title)));
        out.push('\n');
    }
    if table.rows.is_empty() {
        return;
    }
    let places = super::columns_for_people(table);
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    let has_header = places.iter().any(|&place| !table.columns[place].header.is_empty());
    if has_header {
        grid.set_header(places.iter().map(|&place| table.columns[place].header));
    }
    for row in &table.rows {
        grid.add_row(places.iter().map(|&place| untrusted::terminal(&row[place].human())));
    }
    for (column, &place) in grid.column_iter_mut().zip(&places) {
        column.set_padding((0, 2));
        if has_header && table.rows.iter().any(|row| row[place].is_number()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (number, line) in grid.lines().enumerate() {
        let line = line.trim_end();
        out.push_str(&if number == 0 && has_header { style.faint(line) } else { line.to_owned() });
        out.push('\n');
    }
    if let Some(rest) = &table.not_shown {
        out.push_str(&style.faint(&super::not_shown(table, rest)));
        out.push('\n');
    }
}

fn write_tree(out: &mut String, tree: &Tree, style: TextStyle) {
    if !tree.title.is_empty() {
        out.push_str(&style.strong(&untrusted::terminal(&tree.title)));
        out.push('\n');
    }
    for (row, branch) in tree.rows.iter().zip(super::branches(&tree.rows)) {
        let pieces: Vec<String> = row.text.iter().map(|cell| piece(cell, style)).collect();
        out.push_str(&format!("{}{}\n", style.faint(&branch), pieces.join(" ")));
    }
}

fn piece(cell: &Cell, style: TextStyle) -> String {
    let text = untrusted::terminal(&cell.human());
    match cell {
        Cell::Faint(_) | Cell::Address(_) => style.faint(&text),
        Cell::Strong(_) => style.strong(&text),
        Cell::Type { .. } => style.type_name(&text),
        _ => text,
    }
}
