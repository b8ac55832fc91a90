//! The report of `export`: which files were written, what is in them, and what is not.

use super::phrases::counted;
use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

/// One file that was written.
#[derive(Debug, Clone)]
pub struct ExportedFile {
    /// The snapshot that it is of.
    pub facts: SnapshotFacts,
    /// Its name.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// What is in it.
    pub content: ExportedContent,
    /// What must be known of the snapshot.
    pub notes: Vec<String>,
}

/// What is in a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExportedContent {
    /// Nodes of a graph.
    pub nodes: u64,
    /// Edges of a graph.
    pub edges: u64,
    /// Objects that are not in the file before; `None` of the first.
    pub new_objects: Option<u64>,
    /// Objects whose size is told as 4 GiB.
    pub capped_sizes: u64,
    /// Chrome can't read the file.
    pub has_too_many_strings: bool,
}

/// One table that was written.
#[derive(Debug, Clone)]
pub struct ExportedTable {
    /// The snapshot that it is of.
    pub facts: SnapshotFacts,
    /// What it is a part of: `objects`, `census`.
    pub table: &'static str,
    /// Its file.
    pub file: String,
    /// How many rows.
    pub rows: u64,
    /// The length of the file.
    pub bytes: u64,
    /// What must be known of the snapshot.
    pub notes: Vec<String>,
}

/// One snapshot that was written once more.
#[derive(Debug, Clone)]
pub struct ExportedSnapshot {
    /// The snapshot that was read.
    pub snapshot: String,
    /// The file that was written.
    pub file: String,
    /// Number of objects.
    pub objects: u64,
    /// Number of references.
    pub references: u64,
    /// The length of the file.
    pub bytes: u64,
}

impl Report {
    /// Snapshots that say the same as those that were read, in their order.
    pub fn exported_snapshots(files: &[ExportedSnapshot]) -> Report {
        let table = Table::of("rows", files)
            .column("file", "file", |file| Cell::Text(file.file.clone()))
            .column("snapshot", "snapshot", |file| Cell::Text(file.snapshot.clone()))
            .column("objects", "objects", |file| Cell::Count(file.objects))
            .column("references", "references", |file| Cell::Count(file.references))
            .column("bytes", "size", |file| Cell::Bytes(file.bytes))
            .done();
        let first = files.first().map(|file| super::shell_word(&file.file));
        Report {
            command: "export",
            summary: format!(
                "{} written; every command answers from it as from the snapshot that it is of",
                counted(files.len() as u64, "snapshot", "snapshots")
            ),
            totals: vec![("bytes", Cell::Bytes(files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)))],
            sections: vec![Section::Table(table)],
            next: first
                .map(|first| NextStep::new(format!("info {first}"), "what it is of, and how it was taken"))
                .into_iter()
                .collect(),
            ..Report::default()
        }
    }

    /// Tables as Parquet below `folder`, in the order of their snapshots.
    pub fn exported_tables(tables: &[ExportedTable], folder: &str) -> Report {
        let folder = folder.trim_end_matches(['/', '\\']);
        let mut snapshots: Vec<SnapshotFacts> = Vec::new();
        for table in tables {
            if snapshots.last() != Some(&table.facts) {
                snapshots.push(table.facts.clone());
            }
        }
        let rows = Table::of("rows", tables)
            .column("table", "table", |table| Cell::Text(table.table.to_owned()))
            .column("rows", "rows", |table| Cell::Count(table.rows))
            .column("bytes", "size", |table| Cell::Bytes(table.bytes))
            .column("file", "file", |table| Cell::Text(table.file.clone()))
            .done();
        let bytes = tables.iter().map(|table| table.bytes).fold(0, u64::saturating_add);
        let mut notes: Vec<String> = tables.iter().flat_map(|table| table.notes.iter().cloned()).collect();
        notes.dedup();
        let first = snapshots.first().map(|facts| super::shell_word(&facts.argument));
        Report {
            command: "export",
            summary: format!(
                "{} in {}. DuckDB: SELECT * FROM read_parquet('{folder}/census/**/*.parquet', hive_partitioning = true)",
                crate::units::bytes(bytes),
                counted(tables.len() as u64, "file", "files"),
            ),
            snapshots,
            totals: vec![("bytes", Cell::Bytes(bytes))],
            sections: vec![Section::Table(rows)],
            notes,
            next: first
                .map(|first| NextStep::new(format!("suspects {first}"), "leak suspects in words, without an engine"))
                .into_iter()
                .collect(),
            ..Report::default()
        }
    }

    /// Files for viewers of heaps, in the order of their snapshots.
    pub fn exported_heaps(files: &[ExportedFile]) -> Report {
        let table = Table::of("rows", files)
            .column("file", "file", |file| Cell::Text(file.file.clone()))
            .column("snapshot", "snapshot", |file| Cell::Text(file.facts.file.clone()))
            .column("nodes", "nodes", |file| Cell::Count(file.content.nodes))
            .column("edges", "edges", |file| Cell::Count(file.content.edges))
            .when(files.len() > 1, |table| {
                table.column("new_objects", "new objects", |file| {
                    file.content.new_objects.map_or(Cell::Blank, Cell::Count)
                })
            })
            .column("bytes", "size", |file| Cell::Bytes(file.bytes))
            .done();
        let sum = |of: fn(&ExportedContent) -> u64| files.iter().map(|file| of(&file.content)).sum::<u64>();
        let mut notes = vec![
            "a node for each object, one for each kind of GC root; a weak reference, and one from garbage to what is alive, keeps \
             nothing alive there"
                .to_owned(),
        ];
        if files.len() > 1 {
            notes.push(
                "an object has one number in all files, so that viewers compare them; what was freed and made anew at the same \
                 address with the same type has the number of the former, unless a mark tells them apart"
                    .to_owned(),
            );
        }
        let capped = sum(|content| content.capped_sizes);
        if capped > 0 {
            let objects = counted(capped, "object takes", "objects take");
            notes.push(format!(
                "{objects} 4 GiB or more, and that is what the format can tell of them: sums are too small"
            ));
        }
        if let Some(file) = files.iter().find(|file| file.content.has_too_many_strings) {
            notes.push(format!(
                "{}: its strings are longer than Chrome can read (512 MiB); export a snapshot with fewer texts (dump --text keys)",
                file.file
            ));
        }
        let mut of_snapshots: Vec<String> = files.iter().flat_map(|file| file.notes.iter().cloned()).collect();
        of_snapshots.dedup();
        notes.extend(of_snapshots);
        let words: Vec<String> = files.iter().map(|file| super::shell_word(&file.facts.argument)).collect();
        let next = match words.as_slice() {
            [only] => NextStep::new(format!("suspects {only}"), "leak suspects in words, without a viewer"),
            several => NextStep::new(format!("diff {}", several.join(" ")), "which places grew, without a viewer"),
        };
        Report {
            command: "export",
            snapshots: files.iter().map(|file| file.facts.clone()).collect(),
            summary: format!(
                "{} written. Chrome and Edge: DevTools, Memory, Load profile; VS Code: open the file; memlab: \
                 `memlab analyze shape --snapshot FILE`",
                counted(files.len() as u64, "file", "files")
            ),
            totals: vec![("bytes", Cell::Bytes(files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)))],
            sections: vec![Section::Table(table)],
            notes,
            next: vec![next],
            ..Report::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_format_cannot_tell_is_said() {
        let content = ExportedContent { capped_sizes: 1, has_too_many_strings: true, ..ExportedContent::default() };
        let file = ExportedFile {
            facts: SnapshotFacts { argument: "snap.json".to_owned(), ..SnapshotFacts::default() },
            file: "x.heapsnapshot".to_owned(),
            bytes: 3,
            content,
            notes: Vec::new(),
        };
        let report = Report::exported_heaps(&[file]);
        assert!(report.notes.iter().any(|note| note.starts_with("1 object takes 4 GiB or more")), "{:?}", report.notes);
        assert!(report.notes.iter().any(|note| note.starts_with("x.heapsnapshot: its strings are longer")));
        assert_eq!(report.next[0].arguments, "suspects snap.json");
    }
}
