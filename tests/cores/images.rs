//! Programs and libraries that were stripped, deleted, replaced, or that hide a Python inside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use heapgraph::memory::interpreter_image::{NotFound, Runtime, VersionEvidence, find_runtime};

use super::live::Live;
use super::targets::{Python, Target, copied, pythons};

/// A run of a tool; `false`, with a printed reason, where it is missing or fails.
fn runs(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            println!("skipped: {command:?}: {}", String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or(""));
            false
        }
        Err(error) => {
            println!("skipped: {command:?}: {error}");
            false
        }
    }
}

fn find(target: &Target) -> Result<Runtime, NotFound> {
    find_runtime(&Live::of(target.pid()))
}

#[test]
fn files_that_are_stripped_deleted_or_replaced_make_no_difference() {
    for python in pythons().into_iter().filter(Python::is_known) {
        let folder = tempfile::tempdir().unwrap();
        let (copy, _) = copied(&python, folder.path());
        if !runs(Command::new("strip").arg(&copy)) {
            return;
        }
        let library = folder.path().join("library");
        std::fs::create_dir(&library).unwrap();
        let mut command = Command::new(&copy);
        command.env("PYTHONHOME", &python.prefix);
        // Where the interpreter is in a library, that one is stripped and replaced too.
        let original = Target::start(&python);
        let file = find(&original).unwrap().file.unwrap();
        let mut copies = vec![copy.clone()];
        if file.canonicalize().unwrap() != python.program {
            let stripped = library.join(file.file_name().unwrap());
            std::fs::copy(&file, &stripped).unwrap();
            assert!(runs(Command::new("strip").arg(&stripped)));
            command.env("LD_LIBRARY_PATH", &library);
            copies.push(stripped);
        }
        let target = Target::start_by(&mut command, &[]);
        let expect = |what: &str| {
            let runtime = find(&target).unwrap_or_else(|reason| panic!("{} {what}: {reason}", python.version));
            assert_eq!(
                (runtime.address, runtime.version.hex),
                (target.runtime, python.hex),
                "{} {what}",
                python.version
            );
            assert!(runtime.file.unwrap().starts_with(folder.path()), "{} {what}", python.version);
        };
        expect("stripped");
        for copy in &copies {
            std::fs::remove_file(copy).unwrap();
        }
        expect("deleted");
        for copy in &copies {
            std::fs::copy("/bin/sh", copy).unwrap();
        }
        expect("replaced");
    }
}

#[test]
fn of_two_interpreters_in_one_process_the_one_that_runs_is_read() {
    let known: Vec<Python> = pythons().into_iter().filter(Python::is_known).collect();
    let libraries = known.iter().map(|python| find(&Target::start(python)).unwrap().file.unwrap());
    let mut libraries: Vec<PathBuf> = libraries.filter(|file| file.to_string_lossy().contains(".so")).collect();
    libraries.dedup();
    if libraries.len() < 2 {
        println!("skipped: two Pythons in libraries are needed");
    }
    for python in &known {
        let target = Target::start_by(&mut Command::new(&python.program), &libraries);
        let runtime = find(&target).unwrap();
        assert_eq!((runtime.address, runtime.version.hex), (target.runtime, python.hex), "{}", python.version);
    }
}

#[test]
fn other_builds_and_other_implementations_are_refused_by_name() {
    let names = |ending: &str| (8..16).map(|minor| format!("python3.{minor}{ending}")).collect::<Vec<_>>();
    let debug = [names("-dbg"), names("d"), vec!["python3-dbg".to_owned()]].concat();
    let other = ["pypy3", "pypy", "graalpy"].map(str::to_owned).to_vec();
    for (kind, programs) in [("debug", debug), ("free-threaded", names("t")), ("other", other)] {
        let mut found = 0;
        for program in programs {
            let mut command = Command::new(&program);
            command.args([
                "-S",
                "-c",
                "import sys, time; sys.stdout.write('ready\\n'); sys.stdout.flush(); time.sleep(600)",
            ]);
            let Ok(mut child) = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() else { continue };
            std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
            let reason = find_runtime(&Live::of(child.id()));
            child.kill().unwrap();
            child.wait().unwrap();
            let reason = reason.expect_err(&program);
            println!("{reason}");
            found += 1;
            match kind {
                "debug" => assert!(matches!(reason, NotFound::DebugBuild { .. }), "{program}: {reason}"),
                "free-threaded" => assert!(matches!(reason, NotFound::FreeThreaded { .. }), "{program}: {reason}"),
                _ => assert!(matches!(reason, NotFound::OtherImplementation { .. }), "{program}: {reason}"),
            }
        }
        if found == 0 {
            println!("skipped: no {kind} Python was found");
        }
    }
}

const EMBEDDING: &str = r#"
#include <Python.h>
int main(void) { Py_Initialize(); return PyRun_SimpleString(
    "import sys, time; sys.stdout.write('ready\\n'); sys.stdout.flush(); time.sleep(600)"); }
"#;

/// The interpreter as a static library, where it was installed.
fn archive(python: &Python) -> Option<PathBuf> {
    let [major, minor] = [python.hex >> 24, python.hex >> 16 & 0xff];
    let library = python.prefix.join(format!("lib/python{major}.{minor}"));
    let archive = format!("libpython{major}.{minor}.a");
    let configurations = std::fs::read_dir(library).ok()?.flatten().map(|entry| entry.path().join(&archive));
    configurations.into_iter().find(|path| path.exists())
}

/// A program with the interpreter inside, which exports nothing; `None`, with a printed reason, where it can't be built.
fn embedding(python: &Python, folder: &Path) -> Option<PathBuf> {
    let [major, minor] = [python.hex >> 24, python.hex >> 16 & 0xff];
    let archive = archive(python)?;
    let (source, program) = (folder.join("embedding.c"), folder.join("embedding"));
    std::fs::write(&source, EMBEDDING).unwrap();
    let include = python.prefix.join(format!("include/python{major}.{minor}"));
    let mut command = Command::new("cc");
    command.arg("-I").arg(include).arg("-o").arg(&program).arg(source).arg(archive);
    command.args(["-lpthread", "-ldl", "-lm", "-lutil", "-lz", "-Wl,--exclude-libs,ALL"]);
    runs(&mut command).then_some(program)
}

fn embedded(python: &Python, program: &Path) -> Result<Runtime, NotFound> {
    let mut command = Command::new(program);
    let mut child =
        command.env("PYTHONHOME", &python.prefix).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
    let found = find_runtime(&Live::of(child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn an_interpreter_inside_of_a_program_is_found_by_what_is_left_of_its_names() {
    // The oldest, one in the middle and the newest: what is left of the names differs.
    let known: Vec<Python> = pythons().into_iter().filter(Python::is_known).collect();
    let known: Vec<Python> = known.into_iter().filter(|python| archive(python).is_some()).collect();
    if known.is_empty() {
        println!("skipped: no Python has a static library to embed");
    }
    let mut places = vec![0, known.len() / 2, known.len().saturating_sub(1)];
    places.dedup();
    for python in places.into_iter().filter_map(|place| known.get(place)) {
        let folder = tempfile::tempdir().unwrap();
        let Some(program) = embedding(python, folder.path()) else { continue };
        let runtime = embedded(python, &program).unwrap();
        assert_eq!(runtime.version.hex, python.hex);
        assert_eq!(runtime.image, "embedding");

        if !runs(Command::new("strip").arg(&program)) {
            return;
        }
        // From 3.10 on there is a section, from 3.13 on a text that is known.
        let stripped = embedded(python, &program);
        match stripped {
            Ok(runtime) => assert_eq!(runtime.version.hex, python.hex),
            Err(reason) => {
                assert!(python.hex < 0x030a_0000, "{}: {reason}", python.version);
                assert!(matches!(reason, NotFound::RuntimeHidden { .. }), "{reason}");
                println!("{reason}");
            }
        }
        if python.hex >= 0x030d_0000 {
            // Without its section headers only memory is left.
            let mut content = std::fs::read(&program).unwrap();
            content[40..48].fill(0);
            content[58..64].fill(0);
            std::fs::write(&program, content).unwrap();
            let runtime = embedded(python, &program).unwrap();
            assert_eq!((runtime.version.hex, runtime.evidence), (python.hex, VersionEvidence::DebugOffsets));
        }
    }
}
