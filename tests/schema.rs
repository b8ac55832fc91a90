//! The JSON schema beside the format, held against real snapshots: from within, from outside, of every version of Python.

mod pythons;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const SCHEMA: &str = "snapshot-dumper/snapshot.schema.json";

/// What a JSON document is held against.
struct Schema {
    compiled: boon::Schemas,
    index: boon::SchemaIndex,
    /// The schema itself, to look up what it names.
    document: Value,
}

impl Schema {
    fn load() -> Schema {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut compiled = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("snapshot.json", document.clone()).unwrap();
        let index = compiler.compile("snapshot.json", &mut compiled).unwrap();
        Schema { compiled, index, document }
    }

    /// What is wrong with a snapshot; `None` for nothing.
    fn complaint(&self, snapshot: &Value) -> Option<String> {
        self.compiled.validate(snapshot, self.index).err().map(|error| format!("{error:#}"))
    }

    /// Keys of a snapshot that the schema does not name, where it names keys: what was added without saying so.
    fn unknown_keys(&self, snapshot: &Value) -> Vec<String> {
        let mut unknown = Vec::new();
        let mut pending = vec![(snapshot, &self.document, String::new())];
        while let Some((value, schema, place)) = pending.pop() {
            match value {
                Value::Object(members) => {
                    let Some(named) = schema.get("properties").and_then(Value::as_object) else { continue };
                    for (key, member) in members {
                        match named.get(key) {
                            Some(below) => pending.push((member, below, format!("{place}.{key}"))),
                            None => unknown.push(format!("{place}.{key}")),
                        }
                    }
                }
                Value::Array(items) => {
                    let Some(below) = schema.get("items") else { continue };
                    pending.extend(items.iter().map(|item| (item, below, format!("{place}[]"))));
                }
                _ => {}
            }
        }
        unknown.sort();
        unknown.dedup();
        unknown
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Dumps itself, then waits until its standard input is closed.
const PROGRAM: &str = r#"
import asyncio, sys, threading
sys.path.insert(0, sys.argv[1])
import snapshot_dumper
class Session:
    def __init__(self, number): self.number, self.buffer = number, bytearray(100000)
SESSIONS = {number: Session(number) for number in range(20)}
TEXTS = ["a text", "x" * 10000]
def serve(variable):
    ready.set()
    stop.wait()
ready, stop = threading.Event(), threading.Event()
threading.Thread(target=serve, args=(SESSIONS,), daemon=True).start()
ready.wait()
for level in ("none", "names", "keys", "all"):
    snapshot_dumper.dump(sys.argv[2] + level + ".json", text=level)
print("ready", flush=True)
sys.stdin.read()
"#;

#[test]
fn snapshots_of_every_version_and_way_fit_the_schema() {
    let schema = Schema::load();
    let dumper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshot-dumper");
    for interpreter in pythons::versions() {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new(&interpreter.program)
            .args(["-B", "-c", PROGRAM])
            .arg(&dumper)
            .arg(folder.path().join("within-"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(program.stdout.as_mut().unwrap()), &mut line).unwrap();
        assert_eq!(line, "ready\n", "{}", interpreter.version);
        #[cfg(target_os = "linux")]
        {
            let outside = folder.path().join("outside.json");
            let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
                .args(["dump", "--pid", &program.id().to_string(), "--text", "all", "-o"])
                .arg(&outside)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}: {output:?}", interpreter.version);
            let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
                .args(["dump", "--pid", &program.id().to_string(), "--text", "all", "--packed", "-o"])
                .arg(folder.path().join("outside-packed.json"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}: {output:?}", interpreter.version);
        }
        drop(program.stdin.take());
        assert!(program.wait().unwrap().success());
        let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), if cfg!(target_os = "linux") { 6 } else { 4 });
        for file in &files {
            let packed = file.with_extension("packed.json");
            let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
                .arg("export")
                .arg(file)
                .args(["--packed", "-o"])
                .arg(&packed)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}: {output:?}", interpreter.version);
            let packed = read(&packed);
            assert!(packed["version"] == 2 && packed["chunks"][0]["referent"].is_string());
            let label = format!("{} {}, packed", interpreter.version, file.file_name().unwrap().display());
            assert_eq!(schema.complaint(&packed), None, "{label}");
            assert_eq!(schema.unknown_keys(&packed), Vec::<String>::new(), "{label}");
        }
        for file in files {
            let snapshot = read(&file);
            let label = format!("{} {}", interpreter.version, file.file_name().unwrap().display());
            assert_eq!(schema.complaint(&snapshot), None, "{label}");
            assert_eq!(schema.unknown_keys(&snapshot), Vec::<String>::new(), "{label}");
        }
    }
}

#[test]
fn snapshots_of_the_transcripts_fit_the_schema() {
    let schema = Schema::load();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut held = 0;
    let mut folders = vec![golden];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                // Transcripts of errors have damaged files.
                let Ok(document) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
                if document.get("format").is_some_and(|format| format == "heapgraph-snapshot") {
                    assert_eq!(schema.complaint(&document), None, "{}", path.display());
                    assert_eq!(schema.unknown_keys(&document), Vec::<String>::new(), "{}", path.display());
                    held += 1;
                }
            }
        }
    }
    assert!(held >= 10, "{held} snapshots");
}

/// What the schema refuses; the reader refuses it, too.
#[test]
fn damaged_snapshots_do_not_fit() {
    let schema = Schema::load();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/why.in/snap.json");
    let whole = read(&path);
    for (pointer, damaged) in [
        ("/version", Value::from("1")),
        ("/version", Value::from(3)),
        ("/chunks/0/shape", Value::from("AAAA")),
        ("/address_base", Value::Null),
        ("/chunks/0/address/0", Value::from("0x10")),
        ("/chunks/0/size/0", Value::from(-1)),
        ("/chunks/0/referent", Value::from(7)),
        ("/types/0/name", Value::Null),
        ("/shapes/0/type", Value::from(-1)),
        ("/shapes/0/slots", Value::from("sequence")),
        ("/roots/0/address", Value::from("here")),
        ("/end/objects", Value::from(-1)),
    ] {
        let mut snapshot = whole.clone();
        *snapshot.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = damaged;
        refused(&schema, &snapshot, pointer);
    }
    // In version 2 a column may be a text, but no other.
    for damaged in ["AAA", "AA=A", "AA-_", "AAAA\n"] {
        let mut snapshot = whole.clone();
        snapshot["version"] = Value::from(2);
        assert_eq!(schema.complaint(&snapshot), None);
        snapshot["chunks"][0]["shape"] = Value::from(damaged);
        refused(&schema, &snapshot, damaged);
    }
}

/// By the schema and by the reader.
fn refused(schema: &Schema, snapshot: &Value, pointer: &str) {
    assert!(schema.complaint(snapshot).is_some(), "{pointer}: the schema takes it");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.json");
    std::fs::write(&file, serde_json::to_vec(snapshot).unwrap()).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_heapgraph")).arg("why").arg(&file).args(["--type", "int"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{pointer}: {output:?}");
}
