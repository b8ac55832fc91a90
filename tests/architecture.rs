//! The house has one-way doors: a room imports only from the rooms that come before it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may import from.
const ROOMS: [(&str, &[&str]); 13] = [
    ("units", &[]),
    ("threads", &[]),
    ("sections", &[]),
    ("snapshot", &["sections", "threads", "units"]),
    ("memory", &["units"]),
    ("cpython", &["memory", "snapshot", "units"]),
    ("graph", &["sections", "snapshot", "units"]),
    ("analysis", &["graph", "sections", "snapshot", "threads", "units"]),
    ("report", &["analysis", "graph", "snapshot", "units"]),
    ("render", &["report", "threads", "units"]),
    ("export", &["analysis", "graph", "report", "snapshot", "units"]),
    ("attach", &["units"]),
    (
        "app",
        &[
            "analysis", "attach", "cpython", "export", "graph", "memory", "render", "report", "sections", "snapshot",
            "threads", "units",
        ],
    ),
];

fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// `src/graph/slot.rs` → `graph/slot.rs`.
fn place(file: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/")
}

/// Code without comments and without the unit tests at its end, which may use any room.
fn code(file: &Path) -> String {
    if file.ends_with("tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms named behind `crate::`, grouped imports included.
fn imports(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let list = rest.strip_prefix('{').and_then(|list| list.split(';').next()).unwrap_or("");
        for (room, _) in ROOMS {
            let is_first = rest.starts_with(room) && rest[room.len()..].starts_with([':', ';', ',', ' ', '\n', '(']);
            let is_listed = list.split([',', '{', ' ', '\n']).any(|part| part.split("::").next() == Some(room));
            if is_first || is_listed {
                found.insert(room);
            }
        }
    }
    found
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for file in sources() {
        let place = place(&file);
        let room = place.split(['/', '.']).next().unwrap();
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            assert!(matches!(room, "lib" | "main"), "src/{place} is in no room of tests/architecture.rs");
            continue;
        };
        let code = code(&file);
        wrong.extend(
            imports(&code)
                .into_iter()
                .filter(|import| *import != room && !allowed.contains(import))
                .map(|import| format!("src/{place} imports {import}; {room} may import {allowed:?}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "src/{} has no first `//!` line", place(&file));
    }
}

/// Four words in a row are a sentence, or part of one; what the program says is made in `report`, and errors where they arise.
#[test]
fn questions_and_graph_make_no_sentences() {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_sentence = |text: &str| {
        let words: Vec<bool> =
            text.split(' ').map(|word| is_word(word.trim_end_matches([',', '.', ':', ';']))).collect();
        words.windows(4).any(|four| four.iter().all(|&is_word| is_word))
    };
    // Names of slots, roots as the format of snapshots has them, and Python, are no sentences.
    let exempt = ["graph/given_names.rs", "graph/sketch.rs", "graph/roots.rs", "analysis/root_paths/expression.rs"];
    let mut wrong = Vec::new();
    for file in sources() {
        let place = place(&file);
        if !place.starts_with("graph/") && !place.starts_with("analysis/") || exempt.contains(&place.as_str()) {
            continue;
        }
        // What is said of a fault of our own is not for users.
        let is_ours = |line: &str| [".expect(\"", "panic!(", "assert"].iter().any(|macro_| line.contains(macro_));
        for line in code(&file).lines().filter(|line| !is_ours(line)) {
            // The texts of errors stand in `#[error(…)]`, alone on their lines.
            let texts = line.split('"').skip(1).step_by(2);
            wrong.extend(texts.filter(|text| is_sentence(text)).map(|text| format!("src/{place}: {text}")));
        }
    }
    // What is wrong with what a user named is said where it is looked up.
    wrong.retain(|one| !one.starts_with("src/graph/select.rs"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of the Python package, without the dumper, which is a link.
fn python_sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/heapgraph");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py") && !path.is_symlink())
        .collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

#[test]
fn every_python_file_says_what_it_owns_and_is_in_a_room() {
    let architecture = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for file in python_sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("\"\"\""), "{} has no docstring", file.display());
        let room = file.file_stem().unwrap().to_str().unwrap();
        let is_told = room.starts_with("__") || architecture.contains(&format!("`{room}`"));
        assert!(is_told, "{} is in no room of ARCHITECTURE.md", file.display());
    }
}

#[test]
fn each_library_of_pictures_is_behind_one_door() {
    for (library, door) in [("layout::", "render/placement/layout_rs.rs"), ("resvg::", "render/png.rs")] {
        for file in sources() {
            let place = place(&file);
            // The layouts of CPython's objects are called so too.
            let uses = code(&file).contains(library) && !place.starts_with("cpython/");
            assert!(!uses || place == door || place.starts_with("render/measure"), "src/{place} uses {library}");
        }
    }
}

#[test]
fn only_the_porch_touches_files_and_the_terminal() {
    for file in sources() {
        let place = place(&file);
        if ["app/", "attach/", "memory/"].iter().any(|porch| place.starts_with(porch)) || place == "main.rs" {
            continue;
        }
        // A core file is opened by the room of memory.
        let code = code(&file).replace("CoreFile::open", "");
        for forbidden in ["println!", "print!(", "std::fs", "std::env", "std::process", "File::open"] {
            assert!(!code.contains(forbidden), "src/{place} uses {forbidden}");
        }
    }
}

#[test]
fn no_file_names_a_registry_or_a_folder_of_a_machine() {
    for file in sources().into_iter().chain(python_sources()) {
        let text = fs::read_to_string(&file).unwrap();
        for forbidden in ["/root/", "/home/", "crates.io/", "pypi.org"] {
            assert!(!text.contains(forbidden), "{} names {forbidden}", file.display());
        }
    }
}
