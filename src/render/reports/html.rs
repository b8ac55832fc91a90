//! Reports as a page of its own: no script, nothing that is fetched.

use crate::report::{Cell, Report, Section, Table};

use super::untrusted::html as safe;

/// Quiet, and readable in the dark.
const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:14px/1.45 system-ui,sans-serif;margin:2em;max-width:120em}
table{border-collapse:collapse}
th,td{padding:.1em .8em .1em 0;text-align:left;vertical-align:top}
th{font-weight:600;position:sticky;top:0;background:Canvas}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.c{font:13px/1.45 ui-monospace,monospace;white-space:pre}
.h{background:color-mix(in srgb,orange 18%,transparent)}
.f{opacity:.65}
";

/// The column whose rows are set as code.
const CODE: &str = "source";
/// A row with a number here stands out.
const HELD: &str = "shallow_bytes";

pub(super) fn render(report: &Report) -> String {
    let title = if report.title.is_empty() { report.command } else { &report.title };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style></head>\n\
         <body><h1>{0}</h1>\n",
        safe(title)
    );
    for facts in &report.snapshots {
        let python = facts.python.as_deref().map_or(String::new(), |python| format!(" · Python {python}"));
        paragraph(&mut out, "f", &format!("{}{python} · {} objects", facts.file, crate::units::count(facts.objects)));
    }
    for sentence in &report.lead {
        paragraph(&mut out, "", sentence);
    }
    if !report.summary.is_empty() {
        paragraph(&mut out, "", &report.summary);
    }
    for section in super::sections_for_people(report) {
        match section {
            Section::Table(table) => write_table(&mut out, table),
            Section::Paragraphs { paragraphs, .. } => paragraphs.iter().for_each(|one| paragraph(&mut out, "", one)),
            Section::Expression { lines, .. } => lines.iter().for_each(|line| paragraph(&mut out, "c", line)),
            Section::Tree(tree) => {
                for (row, branch) in tree.rows.iter().zip(super::branches(&tree.rows)) {
                    let pieces: Vec<String> = row.text.iter().map(Cell::human).collect();
                    paragraph(&mut out, "c", &format!("{branch}{}", pieces.join(" ")));
                }
            }
            Section::Diagram(_) => {}
        }
    }
    for note in &report.notes {
        paragraph(&mut out, "f", &format!("note: {note}"));
    }
    for step in &report.next {
        paragraph(&mut out, "c", &format!("heapgraph {}  # {}", step.arguments, step.tells));
    }
    out.push_str("</body></html>\n");
    out
}

fn write_table(out: &mut String, table: &Table) {
    let places = super::columns_for_people(table);
    let is_number: Vec<bool> =
        places.iter().map(|&place| table.rows.iter().any(|row| row[place].is_number())).collect();
    let held = table.columns.iter().position(|column| column.key == HELD);
    if !table.title.is_empty() {
        out.push_str(&format!("<h2>{}</h2>\n", safe(&table.title)));
    }
    out.push_str("<table><tr>");
    for (&place, is_number) in places.iter().zip(&is_number) {
        out.push_str(&format!(
            "<th{}>{}</th>",
            class(if *is_number { "n" } else { "" }),
            safe(table.columns[place].header)
        ));
    }
    out.push_str("</tr>\n");
    for row in &table.rows {
        let stands_out = held.is_some_and(|held| matches!(row[held], Cell::Bytes(bytes) if bytes > 0));
        out.push_str(&format!("<tr{}>", class(if stands_out { "h" } else { "" })));
        for (&place, is_number) in places.iter().zip(&is_number) {
            let kind = if *is_number {
                "n"
            } else if table.columns[place].key == CODE {
                "c"
            } else {
                ""
            };
            out.push_str(&format!("<td{}>{}</td>", class(kind), safe(&row[place].human())));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    if let Some(rest) = &table.not_shown {
        paragraph(out, "f", &super::not_shown(table, rest));
    }
}

fn class(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" class=\"{name}\"") }
}

fn paragraph(out: &mut String, kind: &str, text: &str) {
    out.push_str(&format!("<p{}>{}</p>\n", class(kind), safe(text)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Column;

    #[test]
    fn a_page_has_no_markup_of_the_program() {
        let table = Table {
            key: "rows",
            columns: vec![
                Column::new("line", "line"),
                Column::new("shallow_bytes", "held"),
                Column::new("source", "source"),
            ],
            rows: vec![vec![Cell::Count(3), Cell::Bytes(64), Cell::Text("  x = \"<script>\" & 1".into())]],
            ..Table::default()
        };
        let report = Report { command: "lines", sections: vec![Section::Table(table)], ..Report::default() };
        let page = render(&report);
        assert!(page.contains("<td class=\"c\">  x = &quot;&lt;script&gt;&quot; &amp; 1</td>"), "{page}");
        assert!(page.contains("<tr class=\"h\"><td class=\"n\">3</td><td class=\"n\">64 B</td>"), "{page}");
    }
}
