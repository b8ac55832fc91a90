//! Any number of threads: the same answers byte for byte, and the same errors.

#![cfg(unix)]

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use heapgraph::snapshot::{ReadErrorKind, Snapshot, Wanted};
use serde_json::{Value, json};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Everything that a command leaves behind: what it says, how it ends, its files.
#[derive(Debug, PartialEq)]
struct Left {
    code: Option<i32>,
    out: String,
    errors: String,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// Runs a command line in a folder of its own that has these files.
fn run(line: &str, files: &[(PathBuf, Vec<u8>)], threads: &str) -> Left {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_heapgraph"));
    let done = Command::new("/bin/sh")
        .args(["-c", line])
        .current_dir(folder.path())
        .env("PATH", program.parent().unwrap())
        .env("HEAPGRAPH_THREADS", threads)
        .env("HEAPGRAPH_NO_INDEX", "1")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env_remove("HEAPGRAPH_SNAPSHOT")
        .output()
        .unwrap();
    // A demo names its folder by chance.
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.path().to_string_lossy(), "[FOLDER]");
    Left { code: done.status.code(), out: said(&done.stdout), errors: said(&done.stderr), files: all(folder.path()) }
}

/// The files of a folder and of those in it, by name.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The same snapshot in chunks of so many objects; with more zeros around than any dumper writes, if `is_odd`: those chunks `serde_json` reads.
fn in_chunks(snapshot: &[u8], objects: usize, is_odd: bool) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(snapshot).unwrap();
    let mut chunks = Vec::new();
    for chunk in document["chunks"].as_array().unwrap() {
        let column = |name: &str| chunk[name].as_array().cloned().unwrap_or_default();
        let (address, counts, mut referents) = (column("address"), column("reference_count"), column("referent"));
        for first in (0..address.len()).step_by(objects) {
            let end = (first + objects).min(address.len());
            let references: u64 = counts[first..end].iter().map(|count| count.as_u64().unwrap()).sum();
            let rest = referents.split_off(references as usize);
            let mut part = json!({"referent": referents});
            referents = rest;
            for name in ["address", "shape", "size", "refcount", "reference_count", "mark", "allocated_at"] {
                if let Some(column) = chunk.get(name).and_then(Value::as_array).filter(|column| !column.is_empty()) {
                    part[name] = column[first..end].into();
                }
            }
            for name in ["text_of", "text", "text_length", "external_of", "external_bytes"] {
                part[name] = if first == 0 { column(name).into() } else { json!([]) };
            }
            if is_odd && first % 3 == 0 {
                part["of another version"] = json!({"is": "ignored"});
            }
            chunks.push(part);
        }
    }
    document["chunks"] = chunks.into();
    serde_json::to_vec(&document).unwrap()
}

/// Every command of every transcript, on its files as they are and in many small chunks.
#[test]
fn every_transcript_is_the_same_by_any_number_of_threads() {
    let mut asked = 0;
    for transcript in all(&golden()).into_iter().filter(|(name, _)| name.extension().is_some_and(|end| end == "md")) {
        let (name, text) = (transcript.0, String::from_utf8(transcript.1).unwrap());
        let folder = golden().join(name.with_extension("in"));
        if !folder.is_dir() {
            continue;
        }
        let files = all(&folder);
        let split: Vec<(PathBuf, Vec<u8>)> = files
            .iter()
            .map(|(name, bytes)| match serde_json::from_slice::<Value>(bytes) {
                Ok(document) if document.get("chunks").is_some() => (name.clone(), in_chunks(bytes, 7, true)),
                _ => (name.clone(), bytes.clone()),
            })
            .collect();
        for line in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
            // It watches a clock.
            if line.contains(" demo") {
                continue;
            }
            asked += 1;
            let expected = run(line, &files, "1");
            assert_eq!(run(line, &files, "4"), expected, "{line}");
            let expected = run(line, &split, "1");
            for threads in ["2", "4"] {
                assert_eq!(run(line, &split, threads), expected, "{line}");
            }
        }
    }
    assert!(asked > 80, "{asked}");
}

/// Wherever a file is cut or damaged: the same error. One test, as the number of threads is one for the whole program.
#[test]
fn every_error_is_the_same_by_any_number_of_threads() {
    let whole = in_chunks(&fs::read(golden().join("shop.in/snap.json")).unwrap(), 3, false);
    let begin = whole.windows(8).position(|bytes| bytes == b"\"chunks\"").unwrap();
    let mut files: Vec<Vec<u8>> = Vec::new();
    for place in (begin..whole.len()).step_by(whole.len() / 40) {
        files.push(whole[..place].to_vec());
        for byte in *b"x\"]" {
            let mut damaged = whole.clone();
            damaged[place] = byte;
            // What comes later is not told.
            let later = (place + 2000).min(whole.len() - 1);
            damaged[later] = b'?';
            files.push(damaged);
        }
    }
    let mut kinds = Vec::new();
    for file in &files {
        let read = |threads: usize, wanted| {
            heapgraph::threads::allow(NonZeroUsize::new(threads).unwrap());
            Snapshot::read(&file[..], wanted)
                .map(|snapshot| format!("{snapshot:?}").len())
                .map_err(|error| (error.kind, error.to_string()))
        };
        for wanted in [Wanted::Objects, Wanted::References] {
            let expected = read(1, wanted);
            kinds.extend(expected.as_ref().err().map(|error| error.0));
            assert_eq!(read(2, wanted), expected);
            assert_eq!(read(4, wanted), expected);
        }
    }
    for kind in [ReadErrorKind::CutOff, ReadErrorKind::NotJson, ReadErrorKind::Damaged] {
        assert!(kinds.contains(&kind), "{kind:?} was not met");
    }
}

#[test]
fn of_two_files_the_first_error_is_told() {
    let whole = fs::read(golden().join("shop.in/snap.json")).unwrap();
    let files = [
        ("whole.json", whole.clone()),
        ("cut.json", whole[..whole.len() / 2].to_vec()),
        ("other.json", b"{\"format\": 7}".to_vec()),
    ];
    let files = files.map(|(name, bytes)| (PathBuf::from(name), bytes));
    for line in [
        "heapgraph diff cut.json other.json",
        "heapgraph diff other.json cut.json",
        "heapgraph diff whole.json cut.json",
        "heapgraph diff whole.json whole.json cut.json --group type",
        "heapgraph common other.json --since cut.json",
        "heapgraph suspects whole.json --since missing.json",
    ] {
        let expected = run(line, &files, "1");
        assert_eq!(expected.code, Some(1), "{line}: {}", expected.errors);
        assert_eq!(run(line, &files, "4"), expected, "{line}");
    }
}
