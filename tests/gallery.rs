//! The gallery in `golden/gallery`: what the program draws of real heaps, byte by byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every picture and text of a case.
const KINDS: [&str; 5] = ["svg", "png", "txt", "dot", "json"];
const BLESS: &str = "HEAPGRAPH_BLESS";

fn cases() -> Vec<PathBuf> {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/gallery");
    let mut cases: Vec<PathBuf> = fs::read_dir(gallery).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    cases
}

/// Draws one case as its `command` says, into `output`.
fn draw(case: &Path, output: &Path) -> Result<Vec<u8>, String> {
    let command = fs::read_to_string(case.join("command")).map_err(|error| format!("command: {error}"))?;
    let ran = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
        .args(command.split_whitespace())
        .arg("-o")
        .arg(output)
        .current_dir(case)
        .env_remove("HEAPGRAPH_SNAPSHOT")
        .output()
        .map_err(|error| error.to_string())?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned());
    }
    fs::read(output).map_err(|error| error.to_string())
}

#[test]
fn pictures_of_real_heaps_are_as_they_were() {
    let bless = std::env::var_os(BLESS).is_some_and(|value| value == "1");
    let cases = cases();
    assert!(cases.len() >= 8, "the gallery has {} cases", cases.len());
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        for kind in KINDS {
            let name = format!("backrefs.{kind}");
            let golden = case.join(&name);
            let shown = golden.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display();
            let drawn = draw(case, &folder.path().join(&name)).unwrap_or_else(|error| panic!("{shown}: {error}"));
            match fs::read(&golden) {
                _ if bless => fs::write(&golden, &drawn).unwrap(),
                Err(error) => wrong.push(format!("{shown}: {error}")),
                Ok(expected) if expected != drawn => wrong.push(format!("{shown}: {}", difference(&expected, &drawn))),
                Ok(_) => {}
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not as in the gallery; if that is meant, look at the pictures after\n    {BLESS}=1 cargo test --test gallery\n{}",
        wrong.join("\n")
    );
}

/// The first line that differs, or the lengths of what is no text.
fn difference(expected: &[u8], drawn: &[u8]) -> String {
    let (Ok(expected_text), Ok(drawn_text)) = (std::str::from_utf8(expected), std::str::from_utf8(drawn)) else {
        return format!("{} bytes, expected {}", drawn.len(), expected.len());
    };
    let lines = expected_text.lines().zip(drawn_text.lines()).enumerate();
    match lines.into_iter().find(|(_, (one, other))| one != other) {
        Some((line, (one, other))) => format!("line {}: expected {one:?}, found {other:?}", line + 1),
        None => "one ends before the other".to_owned(),
    }
}

#[test]
fn no_picture_is_left_behind_by_a_case() {
    for case in cases() {
        for entry in fs::read_dir(&case).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = ["program.py", "snapshot.json", "command"].contains(&name.as_str())
                || KINDS.iter().any(|kind| name == format!("backrefs.{kind}"));
            assert!(known, "{}: {name} belongs to no test", case.display());
        }
    }
}
