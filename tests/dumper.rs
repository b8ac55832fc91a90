//! The dumper's own tests, which are Python, on every Python of this machine.

use std::path::Path;
use std::process::Command;

#[test]
fn the_dumper_passes_its_tests_on_every_python() {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumper/run_all.py");
    let output = Command::new("python3").arg("-B").arg(runner).output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    println!("{report}");
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
}
