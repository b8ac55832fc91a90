//! The Pythons of this machine, for tests that need real ones.

use std::path::PathBuf;
use std::process::Command;

/// An interpreter on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The program, links resolved.
    pub program: PathBuf,
    /// As it prints it, e.g. `3.11.7`.
    pub version: String,
}

/// Where interpreters may be: all of pyenv's, `python3` and `python3.N` on the PATH, and the system's, of any version.
pub fn programs() -> Vec<PathBuf> {
    if let Some(only) = std::env::var_os("HEAPGRAPH_TEST_PYTHON") {
        return vec![PathBuf::from(only)];
    }
    let mut programs = Vec::new();
    if let Ok(output) = Command::new("pyenv").arg("root").output() {
        let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if let Ok(versions) = std::fs::read_dir(root.join("versions")) {
            programs.extend(versions.flatten().map(|version| version.path().join("bin/python")));
        }
    } else {
        println!("skipped: the Pythons of pyenv, which is not installed");
    }
    programs.extend(["python3", "/usr/bin/python3", "/usr/local/bin/python3"].map(PathBuf::from));
    programs.extend((8..20).map(|minor| PathBuf::from(format!("python3.{minor}"))));
    programs
}

/// The interpreters 3.8 to 3.14: all of pyenv's, `python3` and `python3.N` on the PATH, and the system's. What is passed over is printed with its
/// reason.
///
/// `HEAPGRAPH_TEST_PYTHON` (a path) restricts them to one.
pub fn interpreters() -> Vec<Interpreter> {
    let programs = programs();
    let numbers = |version: &str| -> Vec<u32> { version.split('.').filter_map(|part| part.parse().ok()).collect() };
    let mut found: Vec<Interpreter> = Vec::new();
    for program in programs {
        let question =
            "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.version_info >= (3, 8), sys.executable, sep='|')";
        let Ok(answer) = Command::new(&program).args(["-c", question]).output() else { continue };
        let answer = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let parts: Vec<&str> = answer.split('|').collect();
        let [version, "True", executable] = parts.as_slice() else {
            println!("skipped: {} is not Python 3.8 or newer", program.display());
            continue;
        };
        if numbers(version) >= vec![3, 15] {
            println!("skipped: {} is Python {version}, newer than 3.14, the newest that is known", program.display());
            continue;
        }
        let Ok(program) = PathBuf::from(executable).canonicalize() else { continue };
        let interpreter = Interpreter { program, version: (*version).to_owned() };
        if !found.contains(&interpreter) {
            found.push(interpreter);
        }
    }
    found.sort_by_cached_key(|one| (numbers(&one.version), one.program.clone()));
    if found.is_empty() {
        println!("skipped: no Python 3.8 or newer was found");
    }
    found
}

/// One release of each version, the newest: for tests of what depends on the version alone.
#[allow(dead_code)] // Not every test needs it.
pub fn versions() -> Vec<Interpreter> {
    let all = interpreters();
    let minor = |one: &Interpreter| one.version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    let is_last = |place: usize| all.get(place + 1).is_none_or(|next| minor(next) != minor(&all[place]));
    (0..all.len()).filter(|&place| is_thorough() || is_last(place)).map(|place| all[place].clone()).collect()
}

/// The oldest, the middle and the newest of [`interpreters`], for tests that would take long on all.
#[allow(dead_code)] // Not every test needs it.
pub fn few_interpreters() -> Vec<Interpreter> {
    let all = interpreters();
    if is_thorough() {
        return all;
    }
    let places = [0, all.len() / 2, all.len().saturating_sub(1)];
    let mut few: Vec<Interpreter> = places.iter().filter_map(|&place| all.get(place).cloned()).collect();
    few.dedup();
    few
}

/// `HEAPGRAPH_TEST_ALL`: everything on every interpreter, however long it takes.
fn is_thorough() -> bool {
    std::env::var_os("HEAPGRAPH_TEST_ALL").is_some_and(|value| !value.is_empty())
}
