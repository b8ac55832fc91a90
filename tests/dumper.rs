//! The dumper's own tests, which are Python, on every Python of this machine.

mod pythons;

use std::path::Path;
use std::process::Command;

#[test]
fn the_dumper_passes_its_tests_on_every_python() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumper");
    let mut failed = Vec::new();
    for interpreter in pythons::interpreters() {
        let output = Command::new(&interpreter.program)
            .args(["-B", "-m", "unittest", "discover", "--start-directory"])
            .arg(&tests)
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        println!("Python {}:\n{report}", interpreter.version);
        // Python 3.12 and later end with 5 when no test was found: that is a failure too.
        if !output.status.success() {
            failed.push(interpreter.version);
        }
    }
    assert!(failed.is_empty(), "the dumper's tests failed on Python {failed:?}");
}
