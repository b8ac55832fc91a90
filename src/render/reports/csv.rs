//! The rows of a report's first table for spreadsheets.

use crate::report::{Cell, Report, Section};

use super::untrusted;

pub(super) fn render(report: &Report) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for section in super::sections_for_machines(report) {
        let (header, rows): (Vec<&str>, Vec<Vec<String>>) = match section {
            Section::Table(table) => {
                let places = super::columns_for_machines(&table.columns);
                let header = places.iter().map(|&place| table.columns[place].key).collect();
                let rows = table.rows.iter().map(|row| places.iter().map(|&place| field(&row[place])).collect());
                (header, rows.collect())
            }
            Section::Tree(tree) => {
                let header = ["depth"].into_iter().chain(tree.columns.iter().map(|column| column.key)).collect();
                let rows = tree
                    .rows
                    .iter()
                    .map(|row| std::iter::once(row.depth.to_string()).chain(row.facts.iter().map(field)).collect());
                (header, rows.collect())
            }
            Section::Diagram(_) | Section::Expression { .. } | Section::Paragraphs { .. } => continue,
        };
        let wrote =
            writer.write_record(&header).and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)));
        wrote.expect("records of one table have one length, and memory does not fail");
        break;
    }
    writer.into_inner().expect("memory does not fail")
}

fn field(cell: &Cell) -> String {
    let text = cell.raw();
    if cell.is_number() { text } else { untrusted::spreadsheet(&text) }
}
