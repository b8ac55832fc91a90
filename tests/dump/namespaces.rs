//! A target in a container: its own processes, its own file systems, and itself as init.

use std::process::{Command, Stdio};

use super::{Target, count, is_root, newest, succeed};

#[test]
fn init_of_a_container() {
    if !is_root() {
        return;
    }
    let Some(interpreter) = newest() else { return };
    let works = Command::new("unshare")
        .args(["--pid", "--mount", "--fork", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status();
    if !works.is_ok_and(|status| status.success()) {
        println!("skipped: no namespaces can be made");
        return;
    }
    let mut command = Command::new("unshare");
    // Its own /tmp, and nothing that the tool could see under its own name.
    let script = "mount -t tmpfs tmpfs /tmp && unset TMPDIR && exec \"$0\" \"$@\"";
    command.args(["--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]);
    command.arg(&interpreter.program);
    let mut target = Target::start_by(command, &interpreter, "");
    let outer = target.child.id();
    let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap();
    target.pid = children.split_whitespace().next().unwrap().parse().unwrap();

    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        succeed(target.dump(folder.path(), &[]), "container");
        assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777);
        target.ask();
        let inside = format!("/proc/{}/root/tmp", target.pid);
        assert_eq!(super::names_in(inside.as_ref()), [""; 0], "something is left");
        // An orphan would have become a child of the target, which is init to it.
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", target.pid)).unwrap();
        assert_eq!(children.trim(), "", "a child is left");
    }
}
