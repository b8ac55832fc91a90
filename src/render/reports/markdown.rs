//! Reports for tickets and pages.

use crate::report::{Cell, Report, Section, Table, Tree};

use super::untrusted;

pub(super) fn render(report: &Report) -> String {
    let mut out = format!("## heapgraph {}\n", report.command);
    for facts in &report.snapshots {
        let python =
            facts.python.as_deref().map_or(String::new(), |python| format!(", Python {}", untrusted::markdown(python)));
        out.push_str(&format!(
            "\n{}{python}: {} objects, {} references\n",
            untrusted::markdown(&facts.file),
            crate::units::count(facts.objects),
            crate::units::count(facts.references)
        ));
    }
    if !report.title.is_empty() {
        out.push_str(&format!("\n**{}**\n", untrusted::markdown(&report.title)));
    }
    for sentence in &report.lead {
        out.push_str(&format!("\n{}\n", untrusted::markdown(sentence)));
    }
    for section in super::sections_for_people(report) {
        out.push('\n');
        match section {
            Section::Table(table) => write_table(&mut out, table),
            Section::Tree(tree) => write_tree(&mut out, tree),
            Section::Paragraphs { paragraphs, .. } => {
                let texts: Vec<String> = paragraphs.iter().map(|one| paragraph(one)).collect();
                out.push_str(&texts.join("\n\n"));
                out.push('\n');
            }
            Section::Expression { lines, .. } => {
                out.push_str(&fenced(
                    "python",
                    &lines.iter().map(|line| untrusted::terminal(line)).collect::<Vec<_>>(),
                ));
            }
            Section::Diagram(_) => {
                out.pop();
            }
        }
    }
    if !report.summary.is_empty() {
        out.push_str(&format!("\n{}\n", untrusted::markdown(&report.summary)));
    }
    if !report.notes.is_empty() {
        out.push('\n');
        for note in &report.notes {
            out.push_str(&format!("> {}\n", untrusted::markdown(note)));
        }
    }
    if !report.next.is_empty() {
        out.push_str("\n```sh\n");
        for step in &report.next {
            out.push_str(&format!(
                "heapgraph {}  # {}\n",
                untrusted::terminal(&step.arguments),
                untrusted::terminal(&step.tells)
            ));
        }
        out.push_str("```\n");
    }
    out
}

fn paragraph(text: &str) -> String {
    text.lines().map(untrusted::markdown).collect::<Vec<_>>().join("  \n")
}

fn write_table(out: &mut String, table: &Table) {
    if !table.title.is_empty() {
        out.push_str(&format!("### {}\n\n", untrusted::markdown(&table.title)));
    }
    let places = super::columns_for_people(table);
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    out.push_str(&line(places.iter().map(|&place| table.columns[place].header.to_owned()).collect()));
    let is_number = |place: usize| table.rows.iter().any(|row| row[place].is_number());
    out.push_str(&line(places.iter().map(|&place| if is_number(place) { "---:" } else { "---" }.to_owned()).collect()));
    for row in &table.rows {
        out.push_str(&line(places.iter().map(|&place| untrusted::markdown(&row[place].human())).collect()));
    }
    if let Some(rest) = &table.not_shown {
        out.push_str(&format!("\n{}\n", untrusted::markdown(&super::not_shown(table, rest))));
    }
}

fn write_tree(out: &mut String, tree: &Tree) {
    if !tree.title.is_empty() {
        out.push_str(&format!("### {}\n\n", untrusted::markdown(&tree.title)));
    }
    // A code block keeps the branches in line.
    let lines: Vec<String> = tree
        .rows
        .iter()
        .zip(super::branches(&tree.rows))
        .map(|(row, branch)| {
            let text: Vec<String> = row.text.iter().map(Cell::human).collect();
            untrusted::terminal(&format!("{branch}{}", text.join(" ")))
        })
        .collect();
    out.push_str(&fenced("text", &lines));
}

/// A code block that no text in it can close: its fence is longer than any run of backticks.
fn fenced(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}
