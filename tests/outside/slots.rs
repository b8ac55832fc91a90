//! A name of a slot that is an expression gives the referent: tried in the program itself, on each kind of slot that it has.

use super::targets::versions;
use super::{Program, for_all};

/// Asks the program to evaluate the names in the snapshot at `path`; how many kinds of slots it tried.
fn kinds_tried(program: &mut Program, path: &std::path::Path) -> usize {
    let mut wrong = Vec::new();
    let mut line = program.ask(&format!("check {}", path.display()));
    loop {
        if let Some(count) = line.strip_suffix(" kinds tried") {
            assert!(wrong.is_empty(), "{}{}: {wrong:#?}", program.label, path.display());
            return count.parse().unwrap();
        }
        wrong.push(line);
        line = program.read_line();
    }
}

#[test]
fn names_that_are_expressions_give_the_referents() {
    let dumper = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshot-dumper");
    for_all(
        &versions(),
        |interpreter| interpreter.version.clone(),
        |interpreter| {
            let folder = tempfile::tempdir().unwrap();
            let mut program = Program::start(interpreter, "slots.py", &[dumper]);
            assert_eq!(program.read_line(), "ready", "{}", program.label);
            program.dump(folder.path());
            let count = kinds_tried(&mut program, &folder.path().join("snap.json"));
            assert!(count > 300, "{}: only {count}", program.label);
        },
    );
}
