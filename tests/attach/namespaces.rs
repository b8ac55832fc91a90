//! Targets that see other processes and other files than the tool does.

use std::path::Path;
use std::process::Command;

use super::attach;
use super::targets::{Target, interpreters};

/// Whether namespaces can be made here; prints why not.
fn can_unshare() -> bool {
    let made = Command::new("unshare").args(["--mount", "--pid", "--fork", "true"]).output();
    let can = made.as_ref().is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: `unshare --mount --pid` does not work here (it needs root)");
    }
    can
}

/// The process that `unshare --fork` started, as seen from outside.
fn child_of(pid: u32) -> u32 {
    let path = format!("/proc/{pid}/task/{pid}/children");
    std::fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

#[test]
fn in_another_pid_namespace() {
    if !can_unshare() {
        return;
    }
    for interpreter in interpreters() {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]).arg(&interpreter.program);
        let mut target = Target::start_by(&mut command, &interpreter, "idle_select");
        let pid = child_of(target.pid());
        let attached = attach(pid, "import posix\noutcome = str(posix.getpid())").unwrap();
        // It is the first process of its own world.
        assert_eq!(attached.outcome, "1", "{}", target.label);
        target.check();
    }
}

/// The exchange folder is made in the target's own `/tmp`, and read from there.
#[test]
fn in_another_mount_namespace() {
    if !can_unshare() {
        return;
    }
    for interpreter in interpreters() {
        let mut command = Command::new("unshare");
        // The socket of the target is in the tool's /tmp, and perhaps its script: keep them reachable by another name.
        let folder = tempfile::Builder::new().prefix("heapgraph-ns").tempdir_in("/var/tmp").unwrap();
        let script = format!(
            "mount --bind /tmp {0} && mount -t tmpfs none /tmp && mkdir -p /tmp/inner && unset TMPDIR && \
             case \"$1\" in /tmp/*) script={0}\"${{1#/tmp}}\";; *) script=\"$1\";; esac && \
             exec {1} \"$script\" \"$2\" {0}\"${{3#/tmp}}\"",
            folder.path().display(),
            interpreter.program.display()
        );
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", &script, "sh"]);
        let mut target = Target::start_by(&mut command, &interpreter, "idle_sleep_alone");
        let pid = child_of(target.pid());
        let attached = attach(
            pid,
            "import posix\nopen(exchange_folder + '/more.txt', 'w').write('inside')\n\
             outcome = repr(('inner' in posix.listdir('/tmp'), exchange_folder))",
        )
        .unwrap();
        let path = attached.exchange.path_in_target().to_owned();
        assert_eq!(attached.outcome, format!("(True, '{}')", path.display()), "{}", target.label);
        assert!(path.starts_with("/tmp"));
        assert!(!path.exists(), "the folder is in the tool's /tmp");
        let more = std::io::read_to_string(attached.exchange.open("more.txt").unwrap()).unwrap();
        assert_eq!(more, "inside");
        let inside = Path::new("/proc").join(pid.to_string()).join("root").join(path.strip_prefix("/").unwrap());
        assert!(inside.is_dir());
        drop(attached);
        assert!(!inside.exists());
        target.check();
    }
}
