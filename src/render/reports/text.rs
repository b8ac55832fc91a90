//! Reports for people at a terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table as Grid, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::{Cell, Report, Section, SnapshotFacts, Table, Tree};
use crate::units;

use super::untrusted;

/// How text is set.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextStyle {
    /// With ANSI colours.
    pub colour: bool,
    /// Columns of the terminal, into which tables are to fit; `None` when it is none.
    pub columns: Option<usize>,
}

/// Where there is no terminal, a text in a table is not wider than this: rows are padded to the widest.
const WIDEST_TEXT: usize = 100;
/// Nor narrower than this, whatever the terminal.
const NARROWEST_TEXT: usize = 20;
/// Between columns.
const GAP: usize = 2;

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
                style.faint(&format!("# {}", untrusted::terminal(&step.tells)))
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
    let mut cells: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| places.iter().map(|&place| untrusted::terminal(&row[place].human())).collect())
        .collect();
    let is_text: Vec<bool> = places.iter().map(|&place| !table.rows.iter().any(|row| row[place].is_number())).collect();
    let headers = places.iter().map(|&place| table.columns[place].header.width());
    fit(&mut cells, &is_text, headers.collect(), style.columns);
    for row in cells {
        grid.add_row(row);
    }
    for (column, &place) in grid.column_iter_mut().zip(&places) {
        column.set_padding((0, GAP as u16));
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

/// Shortens texts so that rows fit into so many columns, the widest ones first; numbers stay whole.
fn fit(cells: &mut [Vec<String>], is_text: &[bool], mut widths: Vec<usize>, columns: Option<usize>) {
    for row in cells.iter() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let whole = widths.clone();
    if columns.is_none() {
        for (width, _) in widths.iter_mut().zip(is_text).filter(|(_, is_text)| **is_text) {
            *width = (*width).min(WIDEST_TEXT);
        }
    }
    while let Some(excess) = columns.and_then(|columns| {
        let all = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        all.checked_sub(columns).filter(|&excess| excess > 0)
    }) {
        let texts = widths.iter_mut().zip(is_text).filter(|(width, is_text)| **is_text && **width > NARROWEST_TEXT);
        let Some((widest, _)) = texts.max_by_key(|(width, _)| **width) else { break };
        *widest = widest.saturating_sub(excess).max(NARROWEST_TEXT);
    }
    for row in cells.iter_mut() {
        for ((cell, &width), &whole) in row.iter_mut().zip(&widths).zip(&whole) {
            if width < whole && cell.width() > width {
                *cell = shortened(cell, width);
            }
        }
    }
}

/// A text without its middle: what a type is called stands at its end.
fn shortened(text: &str, width: usize) -> String {
    let fits = |characters: &mut dyn Iterator<Item = char>, room: usize| -> Vec<char> {
        let mut left = room;
        characters
            .take_while(|character| {
                let width = character.width().unwrap_or(0);
                let has_room = width <= left;
                left = left.saturating_sub(width);
                has_room
            })
            .collect()
    };
    let start: String = fits(&mut text.chars(), (width - 1) / 2).into_iter().collect();
    let end: String = fits(&mut text.chars().rev(), width - 1 - (width - 1) / 2).into_iter().rev().collect();
    format!("{start}…{end}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_the_terminal_and_numbers_are_not() {
        let row = |name: &str, number: &str| vec![name.to_owned(), number.to_owned()];
        let mut cells = vec![row(&"x".repeat(3000), "1,204"), row("short", "7")];
        fit(&mut cells, &[true, false], vec![4, 5], Some(40));
        assert_eq!(cells[0][0].width(), 33);
        assert_eq!((cells[0][1].as_str(), cells[1][0].as_str()), ("1,204", "short"));
        let mut cells = vec![row(&"x".repeat(3000), &"9".repeat(50))];
        fit(&mut cells, &[true, false], vec![4, 5], Some(40));
        assert_eq!((cells[0][0].width(), cells[0][1].len()), (NARROWEST_TEXT, 50));
        let mut cells = vec![row(&"x".repeat(3000), "1")];
        fit(&mut cells, &[true, false], vec![4, 5], None);
        assert_eq!(cells[0][0].width(), WIDEST_TEXT);
    }

    #[test]
    fn both_ends_of_a_long_name_are_told() {
        assert_eq!(shortened("app.models.Session", 11), "app.m…ssion");
        assert_eq!(shortened("日本語のとても長い名前", 9), "日本…名前");
    }
}
