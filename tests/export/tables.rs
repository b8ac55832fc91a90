//! Parquet tables, read back by the library's own reader, and the protocol by hand: no package needed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_heapgraph");

fn golden(name: &str) -> String {
    format!("{}/golden/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the only file of a table.
fn rows(heaps: &Path, table: &str) -> Vec<HashMap<String, Field>> {
    let mut place = heaps.join(table);
    while place.is_dir() {
        let mut entries = std::fs::read_dir(&place).unwrap();
        let only = entries.next().unwrap().unwrap().path();
        assert!(entries.next().is_none(), "{}", place.display());
        place = only;
    }
    let file = SerializedFileReader::new(std::fs::File::open(&place).unwrap()).unwrap();
    let all = file.get_row_iter(None).unwrap().map(|row: Result<Row, _>| row.unwrap());
    all.map(|row| row.get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect()).collect()
}

fn number(field: &Field) -> u64 {
    match field {
        Field::ULong(number) => *number,
        Field::Long(number) => u64::try_from(*number).unwrap(),
        Field::UInt(number) => u64::from(*number),
        other => panic!("{other} is no number"),
    }
}

fn text(field: &Field) -> &str {
    match field {
        Field::Str(text) => text,
        other => panic!("{other} is no text"),
    }
}

fn export(arguments: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(BINARY).arg("export").args(arguments).arg("-o").arg(folder.path().join("heaps")).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

#[test]
fn tables_hold_the_whole_heap() {
    let folder = export(&[&golden("shop.in/snap.json")]);
    let heaps = folder.path().join("heaps");
    let objects = rows(&heaps, "objects");
    assert_eq!(objects.len(), 28);
    let types: HashMap<u64, String> =
        rows(&heaps, "types").iter().map(|row| (number(&row["type_id"]), text(&row["full_name"]).to_owned())).collect();
    let sessions = objects.iter().filter(|row| types[&number(&row["type_id"])] == "shop.Session");
    assert_eq!(sessions.clone().count(), 6);
    let places: HashMap<u64, String> =
        rows(&heaps, "places").iter().map(|row| (number(&row["place_id"]), text(&row["place"]).to_owned())).collect();
    assert!(sessions.clone().any(|row| places[&number(&row["place_id"])].starts_with("shop.SESSIONS[…]")));
    let addresses: Vec<u64> = objects.iter().map(|row| number(&row["address"])).collect();
    for reference in rows(&heaps, "references") {
        assert!(
            addresses.contains(&number(&reference["referrer"])) && addresses.contains(&number(&reference["referent"]))
        );
    }
    let heap = &rows(&heaps, "census")[0];
    assert_eq!((text(&heap["counted"]), number(&heap["objects"])), ("heap", 28));
    assert_eq!(heap["retained_bytes"], Field::Null, "what is unknown is null");
    let snapshot = &rows(&heaps, "snapshots")[0];
    assert_eq!((number(&snapshot["pid"]), text(&snapshot["python"])), (7, "3.12.1"));
    assert_eq!(snapshot["host"], Field::Null);
    assert!(rows(&heaps, "roots").iter().any(|row| row["kind"] == Field::Str("module".to_owned())));
}

#[test]
fn a_census_has_no_key_and_no_address() {
    let folder = export(&[&golden("shop.in/snap.json"), "--census", "--host", "h1", "--release", "1.2"]);
    let heaps = folder.path().join("heaps");
    let mut tables: Vec<_> = std::fs::read_dir(&heaps).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    tables.sort();
    assert_eq!(tables, ["census", "snapshots"]);
    for row in rows(&heaps, "census") {
        assert_eq!((text(&row["host"]), text(&row["release"])), ("h1", "1.2"));
        assert!(!text(&row["name"]).contains("user-"), "{row:?}");
    }
}

#[test]
fn the_protocol_is_a_message_a_line() {
    let mut server = Command::new(BINARY)
        .args(["mcp", &golden("shop.in/snap.json")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut requests = server.stdin.take().unwrap();
    let mut answers = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut ask = |request: &str| {
        writeln!(requests, "{request}").unwrap();
        serde_json::from_str::<Value>(&answers.next().unwrap().unwrap()).unwrap()
    };
    let call = |id: u32, tool: &str, arguments: Value| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
            .to_string()
    };
    assert_eq!(ask("no JSON")["error"]["code"], -32700);
    assert_eq!(ask(&"x".repeat(2 << 20))["error"]["code"], -32600);
    let hello = ask(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#);
    assert_eq!(hello["result"]["serverInfo"]["name"], "heapgraph");
    let common = ask(&call(2, "common", json!({"limit": 3})));
    assert_eq!(common["result"]["isError"], false);
    let text = common["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("28 objects") && text.contains("Session"), "{text}");
    let why = ask(&call(3, "why", json!({"id": "0x7f0000001440"})));
    assert!(why["result"]["content"][0]["text"].as_str().unwrap().contains("f_locals['session']"));
    // What goes wrong names what to do, and the server goes on.
    let wrong = ask(&call(4, "show", json!({"id": "0x1"})));
    assert_eq!(wrong["result"]["isError"], true);
    assert!(wrong["result"]["content"][0]["text"].as_str().unwrap().contains("next: "), "{wrong}");
    let missing = ask(&call(5, "info", json!({"snapshot": "none.json"})));
    assert!(missing["result"]["content"][0]["text"].as_str().unwrap().contains("no such file"), "{missing}");
    assert_eq!(ask(r#"{"jsonrpc":"2.0","id":6,"method":"ping"}"#)["result"], json!({}));
    drop(requests);
    assert!(server.wait().unwrap().success());
}
