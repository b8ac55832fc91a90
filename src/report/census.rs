//! The report of `census`: what one process holds, by type and by place, in a few rows.

use crate::snapshot::Header;

use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

/// A row: its name, objects, bytes, and of a place what its containers hold.
#[derive(Debug, Clone)]
pub struct CountedRow {
    /// A type, or a place.
    pub name: String,
    /// Objects.
    pub objects: u64,
    /// Their shallow sizes.
    pub shallow_bytes: u64,
    /// Elements of the containers at a place; `None` of a type.
    pub elements: Option<u64>,
}

impl Report {
    /// The census of a process. `all` and `garbage` are objects and bytes.
    pub fn process_census(
        facts: SnapshotFacts,
        header: &Header,
        [all, garbage]: [(u64, u64); 2],
        types: &[CountedRow],
        places: &[CountedRow],
        notes: Vec<String>,
    ) -> Report {
        let word = super::shell_word(&facts.argument);
        let table = |key, title: &str, header, rows| {
            Table::of(key, rows)
                .column("name", header, |row: &CountedRow| Cell::Text(row.name.clone()))
                .column("objects", "objects", |row| Cell::Count(row.objects))
                .column("shallow_bytes", "shallow size", |row| Cell::Bytes(row.shallow_bytes))
                .when(key == "places", |table| {
                    table.column("elements", "elements", |row| row.elements.map_or(Cell::Blank, Cell::Count))
                })
                .titled(title)
                .done()
        };
        let lead = facts.mostly_other_memory().into_iter().collect();
        let other = header.process.rss_bytes.map(|rss| rss.saturating_sub(all.1));
        let mut all_notes = vec!["of a place all that is below it is counted, so places overlap".to_owned()];
        all_notes.extend(notes);
        Report {
            command: "census",
            lead,
            summary: format!(
                "{} in {} · garbage {} · no Python object {}",
                crate::units::bytes(all.1),
                super::phrases::counted(all.0, "object", "objects"),
                crate::units::bytes(garbage.1),
                other.map_or_else(|| "unknown".to_owned(), crate::units::bytes),
            ),
            totals: vec![
                ("objects", Cell::Count(all.0)),
                ("shallow_bytes", Cell::Bytes(all.1)),
                ("garbage_objects", Cell::Count(garbage.0)),
                ("garbage_bytes", Cell::Bytes(garbage.1)),
                ("rss_bytes", header.process.rss_bytes.map_or(Cell::Missing, Cell::Bytes)),
                ("other_memory_bytes", other.map_or(Cell::Missing, Cell::Bytes)),
            ],
            sections: vec![
                Section::Table(table("types", "Types", "type", types)),
                Section::Table(table("places", "Places", "place", places)),
            ],
            notes: all_notes,
            next: vec![NextStep::new(format!("suspects {word}"), "what may leak, and who holds it")],
            snapshots: vec![facts],
            ..Report::default()
        }
    }
}
