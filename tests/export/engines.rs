//! Tables and metrics read by others: DuckDB over a fleet in small, Prometheus' parser, the SDK of the Model Context Protocol.
//! `HEAPGRAPH_TEST_TOOLS` names a Python with the packages `duckdb`, `prometheus_client` and `mcp`; without it they are left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A Python that can import a package.
fn python_with(package: &str) -> Option<PathBuf> {
    let Some(python) = std::env::var_os("HEAPGRAPH_TEST_TOOLS").map(PathBuf::from) else {
        println!("skipped: HEAPGRAPH_TEST_TOOLS names no Python with {package}");
        return None;
    };
    let imports = Command::new(&python).args(["-c", &format!("import {package}")]).output();
    if !imports.is_ok_and(|output| output.status.success()) {
        println!("skipped: {} has no package {package}", python.display());
        return None;
    }
    Some(python)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export").join(name)
}

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

const BINARY: &str = env!("CARGO_BIN_EXE_heapgraph");

fn golden(name: &str) -> String {
    format!("{}/golden/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_leaking_place_of_a_fleet_comes_first() {
    let Some(python) = python_with("duckdb") else { return };
    let folder = tempfile::tempdir().unwrap();
    let said = ran(Command::new(&python)
        .arg(script("fleet.py"))
        .args([BINARY.as_ref(), folder.path().as_os_str()])
        .arg("--whole"));
    assert_eq!(said.trim(), "40 snapshots");
    let census = folder.path().join("heaps/census/service=shop/date=2026-11-10");
    let files = std::fs::read_dir(census).unwrap().map(|entry| entry.unwrap().path().join("part-0.parquet"));
    for file in files {
        let bytes = std::fs::metadata(&file).unwrap().len();
        assert!(bytes < 16 << 10, "{} has {bytes} bytes", file.display());
    }
    let queries = [
        "growing_places",
        "top_places",
        "growth_by_day",
        "first_release",
        "hosts_with_suspect",
        "garbage_share",
        "new_types",
        "reachability",
        "what_dominates",
    ];
    let mut command = Command::new(&python);
    command.arg(script("ask.py")).arg(folder.path().join("heaps")).args(queries);
    let answers: Value = serde_json::from_str(&ran(&mut command)).unwrap();
    let first = |query: &str, column: &str| answers[query][0][column].clone();
    for (query, column) in [
        ("growing_places", "place"),
        ("first_release", "place"),
        ("hosts_with_suspect", "suspect"),
        ("growth_by_day", "service"),
    ] {
        let expected = if column == "service" { "shop" } else { "__main__.SESSIONS" };
        assert_eq!(first(query, column), expected, "{query}: {}", answers[query]);
    }
    let leak = &answers["growing_places"][0];
    assert_eq!(
        (&leak["service"], &leak["hosts"], &leak["element_type"]),
        (&"shop".into(), &2.into(), &"__main__.Session".into())
    );
    assert_eq!(leak["more_elements"].to_string().trim_matches('"'), "4800", "400 for each of six days on two hosts");
    assert_eq!(first("first_release", "first_release"), "1.1");
    assert_eq!(first("hosts_with_suspect", "of_hosts"), 2);
    let healthy = answers["growing_places"].as_array().unwrap().iter().filter(|row| row["service"] == "search");
    assert_eq!(healthy.count(), 0, "a cache that is full is no leak");
    for query in queries {
        let rows = answers[query].as_array().unwrap();
        assert!(!rows.is_empty() || query == "new_types", "{query} tells nothing");
    }
    // What the engine counts and reaches is what is there.
    let reached = answers["reachability"].as_array().unwrap();
    let sessions = reached.iter().find(|row| row["type"] == "__main__.Session").unwrap();
    assert_eq!(sessions["objects"], 2800);
}

#[test]
fn tables_are_what_the_graph_has() {
    let Some(python) = python_with("duckdb") else { return };
    let folder = tempfile::tempdir().unwrap();
    let heaps = folder.path().join("heaps");
    ran(Command::new(BINARY).args(["export", &golden("shop.in/snap.json"), "--service", "a/b", "-o"]).arg(&heaps));
    assert!(heaps.join("objects/service=a%2Fb/date=2026-01-01").is_dir(), "the date is the snapshot's");
    let ask = "import duckdb, json, sys
def rows(query): return duckdb.sql(query).fetchall()
all = lambda table: \"read_parquet('%s/%s/**/*.parquet', hive_partitioning = true)\" % (sys.argv[1], table)
print(json.dumps([
    rows('SELECT count(*), sum(shallow_bytes), any_value(service) FROM ' + all('objects')),
    rows('SELECT count(*), count(slot) FROM ' + all('references')),
    rows('SELECT full_name, count(*) FROM %s JOIN %s USING (type_id) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1' % (all('objects'), all('types'))),
    rows('SELECT objects, pid, python FROM ' + all('snapshots')),
    rows('SELECT sum(own_objects) FROM ' + all('places')),
    rows(\"SELECT objects FROM %s WHERE counted = 'heap'\" % all('census')),
], default=str))";
    let answer = ran(Command::new(&python).args(["-c", ask]).arg(&heaps));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer[0][0][0], 28);
    assert_eq!(answer[0][0][2], "a/b");
    assert_eq!(answer[3][0], serde_json::json!([28, 7, "3.12.1"]));
    assert_eq!(
        (&answer[4][0][0].to_string().trim_matches('"').to_owned(), &answer[5][0][0]),
        (&"28".to_owned(), &28.into())
    );
    // The same heap is the same bytes.
    let again = folder.path().join("again");
    ran(Command::new(BINARY).args(["export", &golden("shop.in/snap.json"), "--service", "a/b", "-o"]).arg(&again));
    let mut folders = vec![heaps.clone()];
    let mut files = 0;
    while let Some(one) = folders.pop() {
        for entry in std::fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let other = again.join(path.strip_prefix(&heaps).unwrap());
            assert!(std::fs::read(&path).unwrap() == std::fs::read(other).unwrap(), "{}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 7);
}

#[test]
fn metrics_are_read_by_the_parser_of_prometheus() {
    let Some(python) = python_with("prometheus_client") else { return };
    let text = ran(Command::new(BINARY).args(["census", &golden("shop.in/snap.json"), "--format", "openmetrics"]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics");
    std::fs::write(&file, text).unwrap();
    let parse = "import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(open(sys.argv[1]).read()))
print(json.dumps({family.name: [family.type, family.unit, [[sample.labels, sample.value] for sample in family.samples]]
                  for family in families}))";
    let families: Value = serde_json::from_str(&ran(Command::new(&python).args(["-c", parse]).arg(&file))).unwrap();
    let objects = families["cpython_heap_objects"][2].as_array().unwrap();
    assert_eq!(objects.iter().map(|sample| sample[1].as_f64().unwrap()).sum::<f64>(), 28.0);
    assert_eq!(families["cpython_heap_size_bytes"][1], "bytes");
    let places = families["cpython_heap_place_elements"][2].as_array().unwrap();
    assert!(places.iter().any(|sample| sample[0]["place"] == "shop.SESSIONS"), "{places:?}");
}

#[test]
fn a_leak_is_found_over_the_protocol_within_six_calls_and_40_kilobytes() {
    let Some(python) = python_with("mcp") else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/leaky_cache.py");
    let demo = Command::new(BINARY).args(["demo", "--folder", "demo"]).current_dir(folder.path()).output().unwrap();
    assert!(demo.status.success() && program.is_file(), "{}", String::from_utf8_lossy(&demo.stderr));
    let said = ran(Command::new(&python).arg(script("leak_hunt.py")).arg(BINARY).arg(folder.path().join("demo")));
    let hunt: Value = serde_json::from_str(&said).unwrap();
    assert!(hunt["calls"].as_u64().unwrap() <= 6, "{hunt}");
    assert!(hunt["bytes"].as_u64().unwrap() <= 40_000, "{hunt}");
    assert!(hunt["largest"].as_u64().unwrap() <= 8_000, "{hunt}");
    assert!(hunt["culprit"].as_str().unwrap().contains("SHOP.sessions"), "{hunt}");
    assert!(hunt["expression"].as_str().unwrap().starts_with("sys.modules['__main__'].SHOP"), "{hunt}");
}
