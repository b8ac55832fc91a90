//! `heapgraph dump --core`: a dead process answers as it did when it lived.

use std::process::{Command, Stdio};

use super::{Target, fail, heapgraph, interpreters, names_in, succeed, text};

#[test]
fn a_core_file_answers_as_the_process_did() {
    if Command::new("gcore").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("skipped: there is no gcore");
        return;
    }
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::start(&interpreter, "import decimal, json");
        succeed(target.dump(folder.path(), &[]), &target.label);
        std::fs::rename(folder.path().join("snap.json"), folder.path().join("live.json")).unwrap();
        let pid = target.pid.to_string();
        let made = Command::new("gcore").args(["-o", "core", &pid]).current_dir(folder.path()).output().unwrap();
        let core = format!("core.{pid}");
        if !folder.path().join(&core).exists() {
            println!("skipped: gcore makes no core here: {}", text(&made.stderr));
            return;
        }
        let label = target.label.clone();
        drop(target);
        let output = succeed(heapgraph(&["dump", "--core", &core, "-o", "core.json"], folder.path()), &label);
        let report = text(&output.stdout);
        assert!(
            report.contains(&format!("read from the core file {core} (Python {}", interpreter.version)),
            "{report}"
        );
        let answers = |snapshot: &str| -> Vec<String> {
            let questions: [&[&str]; 4] =
                [&["suspects"], &["common", "--limit", "0"], &["why", "--type", "Thing"], &["cycles"]];
            let answer = |question: &&[&str]| {
                let (command, more) = question.split_first().unwrap();
                let mut command = heapgraph(&[&[command, snapshot], more].concat(), folder.path());
                command.arg("--quiet");
                let report = text(&succeed(command, &label).stdout);
                // The first line says of which file it is, and when it was taken.
                report.replace(snapshot, "FILE").lines().skip(1).collect::<Vec<_>>().join("\n")
            };
            questions.iter().map(answer).collect()
        };
        assert_eq!(answers("live.json"), answers("core.json"), "{label}");
    }
}

#[test]
fn what_is_no_core_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("core"), "no core").unwrap();
    let error = fail(heapgraph(&["dump", "--core", "core"], folder.path()));
    assert!(error.contains("core: "), "{error}");
    assert!(fail(heapgraph(&["dump", "--core", "nowhere"], folder.path())).contains("nowhere"));
    assert_eq!(names_in(folder.path()), ["core"]);
}
