//! Reports for programs: everything, raw numbers, units in the keys.

use serde_json::{Map, Value, json};

use super::untrusted;
use crate::report::{Column, Report, SCHEMA_VERSION, Section, SnapshotFacts, Table, Tree};

pub(super) fn render(report: &Report) -> Vec<u8> {
    let mut out = Map::new();
    out.insert("schema_version".into(), SCHEMA_VERSION.into());
    out.insert("tool".into(), "heapgraph".into());
    out.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    out.insert("command".into(), report.command.into());
    match report.snapshots.as_slice() {
        [] => {}
        [one] => {
            out.insert("snapshot".into(), facts(one));
        }
        several => {
            out.insert("snapshots".into(), several.iter().map(facts).collect());
        }
    }
    if !report.title.is_empty() {
        out.insert("title".into(), report.title.as_str().into());
    }
    if !report.lead.is_empty() {
        out.insert("lead".into(), report.lead.clone().into());
    }
    out.insert("totals".into(), report.totals.iter().map(|(key, cell)| ((*key).to_owned(), cell.json())).collect());
    for section in super::sections_for_machines(report) {
        match section {
            Section::Table(table) => {
                insert_rows(&mut out, table);
                if let Some(rest) = &table.not_shown {
                    let mut left: Map<String, Value> = Map::new();
                    left.insert("rows".into(), rest.rows.into());
                    left.extend(rest.sums.iter().map(|(key, cell)| ((*key).to_owned(), cell.json())));
                    out.insert(key_of_rest(table.key), Value::Object(left));
                }
            }
            Section::Tree(tree) => {
                out.insert(tree.key.into(), tree_rows(tree));
            }
            Section::Diagram(diagram) => {
                let diagram = serde_json::to_value(diagram).expect("a diagram has only text and numbers");
                out.insert("diagram".into(), diagram);
            }
            Section::Expression { key, whole, .. } => {
                let list = out.entry(*key).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(whole.as_deref().map_or(Value::Null, Value::from));
                }
            }
            Section::Paragraphs { key, paragraphs } => {
                out.insert((*key).into(), paragraphs.as_slice().into());
            }
        }
    }
    out.entry("rows").or_insert_with(|| Value::Array(Vec::new()));
    out.insert("notes".into(), report.notes.as_slice().into());
    let next =
        report.next.iter().map(|step| json!({"command": format!("heapgraph {}", step.arguments), "tells": step.tells}));
    out.insert("next".into(), next.collect());
    let document = serde_json::to_string_pretty(&Value::Object(out)).expect("a report has only text and numbers");
    let mut document = untrusted::json(&document);
    document.push('\n');
    document.into_bytes()
}

/// The rows under the table's key; a further table of the same key (a further path) gets a number behind it.
fn insert_rows(out: &mut Map<String, Value>, table: &Table) {
    let mut key = table.key.to_owned();
    let mut number = 2;
    while out.contains_key(&key) {
        key = format!("{}_{number}", table.key);
        number += 1;
    }
    out.insert(key, rows(table));
}

fn key_of_rest(key: &str) -> String {
    if key == "rows" { "not_shown".to_owned() } else { format!("{key}_not_shown") }
}

fn facts(facts: &SnapshotFacts) -> Value {
    json!({
        "file": facts.file,
        "python": facts.python,
        "pid": facts.pid,
        "time": facts.time,
        "method": facts.method,
        "objects": facts.objects,
        "references": facts.references,
    })
}

fn rows(table: &Table) -> Value {
    let places = super::columns_for_machines(&table.columns);
    let row = |cells: &Vec<crate::report::Cell>| -> Value {
        Value::Object(places.iter().map(|&place| (table.columns[place].key.to_owned(), cells[place].json())).collect())
    };
    table.rows.iter().map(row).collect()
}

fn tree_rows(tree: &Tree) -> Value {
    let keys: Vec<&Column> = tree.columns.iter().collect();
    let rows = tree.rows.iter().map(|row| {
        let mut object = Map::new();
        object.insert("depth".into(), row.depth.into());
        object.extend(keys.iter().zip(&row.facts).map(|(column, cell)| (column.key.to_owned(), cell.json())));
        Value::Object(object)
    });
    rows.collect()
}
