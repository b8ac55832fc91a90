//! OpenMetrics text: a census as a scraper reads it.

use std::fmt::Write;

use crate::snapshot::Header;

use super::census::{CensusRow, Counted};

/// One family of metrics: all gauges, since each scrape tells what is there.
struct Family<'c> {
    /// `cpython_heap_size_bytes`; the unit is its end.
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, &'c str)>, String)>,
}

impl<'c> Family<'c> {
    fn new(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Family { name, unit, help, samples: Vec::new() }
    }

    fn one(mut self, value: u64) -> Self {
        self.samples.push((Vec::new(), value.to_string()));
        self
    }

    fn by(mut self, label: &'static str, rows: &[&'c CensusRow], value: impl Fn(&CensusRow) -> Option<u64>) -> Self {
        for row in rows {
            if let Some(value) = value(row) {
                let name = if row.counted == Counted::OtherTypes { Counted::OtherTypes.label() } else { &row.name };
                self.samples.push((vec![(label, name)], value.to_string()));
            }
        }
        self
    }
}

/// Writes a census. Names are OpenTelemetry's namespace for the runtime (`cpython`) and Prometheus' for the process; of one label at
/// most as many values as the census has rows. What is unknown has no sample.
pub fn openmetrics(header: &Header, rows: &[CensusRow]) -> String {
    let of = |counted: Counted| rows.iter().filter(move |row| row.counted == counted);
    let types: Vec<&CensusRow> = of(Counted::Type).chain(of(Counted::OtherTypes)).collect();
    // Places of one text are one: a label may not occur twice.
    let mut places: Vec<&CensusRow> = Vec::new();
    for row in of(Counted::Place) {
        if !places.iter().any(|place| place.name == row.name) {
            places.push(row);
        }
    }
    let total = |counted| of(counted).next().map_or((0, 0), |row| (row.all.count, row.all.shallow_bytes));
    let (heap, garbage) = (total(Counted::Heap), total(Counted::Garbage));
    let mut families = vec![
        Family::new("cpython_heap_objects", "", "Objects by type.").by("type", &types, |row| Some(row.all.count)),
        Family::new("cpython_heap_size_bytes", "bytes", "Shallow size of objects by type.")
            .by("type", &types, |row| Some(row.all.shallow_bytes)),
        Family::new("cpython_heap_place_objects", "", "Objects at a place and below it: places overlap.").by(
            "place",
            &places,
            |row| Some(row.all.count),
        ),
        Family::new("cpython_heap_place_size_bytes", "bytes", "Shallow size at a place and below it: places overlap.")
            .by("place", &places, |row| Some(row.all.shallow_bytes)),
        Family::new("cpython_heap_place_elements", "", "Entries, items and members of the containers at a place.").by(
            "place",
            &places,
            |row| row.elements.filter(|_| row.containers > Some(0)),
        ),
        Family::new("cpython_heap_garbage_objects", "", "Objects that no root reaches.").one(garbage.0),
        Family::new("cpython_heap_garbage_size_bytes", "bytes", "Shallow size of what no root reaches.").one(garbage.1),
    ];
    if let Some(rss) = header.process.rss_bytes {
        let help = "Resident memory that is no Python object: code, buffers of C libraries, stacks, free blocks.";
        families.push(Family::new("process_resident_memory_bytes", "bytes", "Resident memory size in bytes.").one(rss));
        families.push(Family::new("cpython_heap_other_memory_bytes", "bytes", help).one(rss.saturating_sub(heap.1)));
    }
    let version = header.interpreter.version.as_deref().unwrap_or("unknown");
    families.push(Family {
        samples: vec![(vec![("python", version)], "1".to_owned())],
        ..Family::new("cpython_heap_python_info", "", "The interpreter.")
    });
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let (name, kind) = match family.name.strip_suffix("_info") {
            Some(name) => (name, "info"),
            None => (family.name, "gauge"),
        };
        let _ = writeln!(text, "# TYPE {name} {kind}");
        if !family.unit.is_empty() {
            let _ = writeln!(text, "# UNIT {name} {}", family.unit);
        }
        let _ = writeln!(text, "# HELP {name} {}", family.help);
        for (labels, value) in &family.samples {
            text.push_str(family.name);
            for (at, (label, of)) in labels.iter().enumerate() {
                let _ = write!(text, "{}{label}=\"{}\"", if at == 0 { "{" } else { "," }, escaped(of));
            }
            if !labels.is_empty() {
                text.push('}');
            }
            let _ = writeln!(text, " {value}");
        }
    }
    text.push_str("# EOF\n");
    text
}

/// The value of a label: what would end it, or the line, is written with a backslash.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other if other.is_control() => text.push('\u{FFFD}'),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::common::Tally;

    fn row(counted: Counted, name: &str, count: u64) -> CensusRow {
        CensusRow {
            counted,
            name: name.to_owned(),
            all: Tally { count, shallow_bytes: count * 10 },
            retained_bytes: None,
            own: None,
            shared_bytes: None,
            containers: (counted == Counted::Place).then_some(1),
            elements: (counted == Counted::Place).then_some(count - 1),
            element_type: None,
        }
    }

    #[test]
    fn a_census_is_gauges_with_a_label() {
        let rows = [
            row(Counted::Heap, "", 5),
            row(Counted::Garbage, "", 1),
            row(Counted::Type, "app.\"odd\\\n", 3),
            row(Counted::OtherTypes, "", 2),
            row(Counted::Place, "app.CACHE", 4),
            row(Counted::Place, "app.CACHE", 3),
        ];
        let mut header = Header::default();
        header.process.rss_bytes = Some(90);
        let text = openmetrics(&header, &rows);
        let expected = "\
# TYPE cpython_heap_objects gauge
# HELP cpython_heap_objects Objects by type.
cpython_heap_objects{type=\"app.\\\"odd\\\\\\n\"} 3
cpython_heap_objects{type=\"other types\"} 2
# TYPE cpython_heap_size_bytes gauge
# UNIT cpython_heap_size_bytes bytes
";
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(text.matches("app.CACHE").count(), 3, "{text}");
        assert!(text.contains("cpython_heap_place_elements{place=\"app.CACHE\"} 3\n"));
        assert!(text.contains("cpython_heap_other_memory_bytes 40\n"));
        assert!(text.contains("cpython_heap_python_info{python=\"unknown\"} 1\n"));
        assert!(text.ends_with("# EOF\n"));
        assert!(!openmetrics(&Header::default(), &rows).contains("resident"), "what is unknown is not 0");
    }
}
