//! A private folder that the tool and the target both see, for source, outcome and snapshot.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, FcntlArg, OFlag, fcntl, openat};
use nix::sys::stat::{Mode, fstat, mkdirat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, geteuid, mkfifoat, unlinkat};

use super::AttachError;
use super::process::Target;

/// The longest outcome that is read: it is a summary, not the snapshot.
const OUTCOME_LIMIT: u64 = 64 << 20;

/// Name of the pipe in the folder through which the target can send more than an outcome.
pub const STREAM: &str = "stream";

/// Runs `source.py`; a function definition, see the file.
const BOOTSTRAP: &str = include_str!("bootstrap.py");

/// A folder of mode 0700 in the target's file system, owned by the target's user.
///
/// It is removed with all it holds when the value is dropped.
#[derive(Debug)]
pub struct Exchange {
    /// The folder as the target names it.
    path: PathBuf,
    name: String,
    folder: OwnedFd,
    parent: OwnedFd,
    owner: Option<(Uid, Gid)>,
    stream: Option<File>,
}

/// What the target wrote when the source had run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) succeeded: bool,
    pub(super) interpreter: String,
    pub(super) text: String,
}

impl Exchange {
    /// Makes a folder under the first of: `wanted`, the target's `TMPDIR`, `/tmp`, `/var/tmp`,
    /// `/dev/shm`, its working directory – whichever exists and can be written to.
    pub(super) fn create(target: &Target, wanted: Option<&Path>) -> Result<Self, AttachError> {
        let root = target.root()?;
        let places = match wanted {
            Some(place) => vec![place.to_owned()],
            None => target
                .environment("TMPDIR")
                .map(PathBuf::from)
                .into_iter()
                .filter(|path| path.is_absolute())
                .chain(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from))
                .collect(),
        };
        let mut failures = Vec::new();
        for place in places {
            let made = root
                .open(&place, OFlag::O_RDONLY | OFlag::O_DIRECTORY)
                .and_then(|parent| Self::create_in(target, parent, &place));
            match made {
                Ok(exchange) => return Ok(exchange),
                Err(error) => failures.push(format!("{}: {error}", place.display())),
            }
        }
        Err(AttachError::Exchange { pid: target.pid, reason: failures.join(", ") })
    }

    fn create_in(target: &Target, parent: OwnedFd, place: &Path) -> io::Result<Self> {
        // Only a name: the folder's safety comes from `mkdir`, which never takes an existing one.
        let name = format!("heapgraph-{:016x}", RandomState::new().build_hasher().finish());
        mkdirat(&parent, name.as_str(), Mode::S_IRWXU)?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let folder = openat(&parent, name.as_str(), flags, Mode::empty())?;
        let owner = (Uid::from_raw(target.uid), Gid::from_raw(target.gid));
        let mut exchange = Self { path: place.join(&name), name, folder, parent, owner: None, stream: None };
        exchange.owner = (owner.0 != geteuid()).then_some(owner);
        // Not every file system has pipes; who needs one asks. It is made while the folder is still
        // ours alone: nobody can put something else in its place before it changes its owner.
        exchange.stream = exchange.make_stream().ok();
        if exchange.owner.is_some() {
            fchown(&exchange.folder, Some(owner.0), Some(owner.1))?;
        }
        Ok(exchange)
    }

    /// Makes the pipe [`STREAM`] and opens its end for reading, which is there as long as the tool lives.
    fn make_stream(&self) -> io::Result<File> {
        mkfifoat(&self.folder, STREAM, Mode::S_IRUSR | Mode::S_IWUSR)?;
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let stream = openat(&self.folder, STREAM, flags, Mode::empty())?;
        if let Some((user, group)) = self.owner {
            fchown(&stream, Some(user), Some(group))?;
        }
        // Larger, so that writer and reader change places less often; a refusal does not matter.
        let _ = fcntl(&stream, FcntlArg::F_SETPIPE_SZ(1 << 20));
        Ok(File::from(stream))
    }

    /// The reading end, not blocking, of the pipe named [`STREAM`] in the folder; `None` where the
    /// file system has no pipes. A read of 0 bytes means that no process has it open for writing.
    pub fn stream(&self) -> Option<&File> {
        self.stream.as_ref()
    }

    /// The folder's path in the target's view; in the tool's own view it may be elsewhere.
    pub fn path_in_target(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file of the folder for reading, wherever the target's file system is.
    ///
    /// The file's owner is the target, whom the tool need not trust: links, pipes and devices are
    /// refused.
    pub fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = File::from(openat(&self.folder, name, flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} is not a regular file")));
        }
        Ok(file)
    }

    /// Writes a file of mode 0600 that the target can read.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&self.folder, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
        if let Some((user, group)) = self.owner {
            fchown(&file, Some(user), Some(group))?;
        }
        file.write_all(bytes)
    }

    /// The Python text that runs `source.py` and writes the outcome, complete in itself.
    pub(super) fn bootstrap(&self) -> String {
        format!("{BOOTSTRAP}\n\n_attached({})\n", bytes_literal(self.path.as_os_str().as_encoded_bytes()))
    }

    /// One Python expression, without quotes `"` or line breaks, that runs the bootstrap from a
    /// file; it binds no name where it is evaluated. Call [`Self::write_bootstrap`] before.
    pub(super) fn one_liner(&self) -> String {
        let path = bytes_literal(self.path.join("bootstrap.py").as_os_str().as_encoded_bytes());
        format!("exec(compile(open({path}, 'rb').read(), '<heapgraph>', 'exec'), {{}})")
    }

    /// Writes the file that [`Self::one_liner`] reads.
    pub(super) fn write_bootstrap(&self) -> io::Result<()> {
        self.write("bootstrap.py", self.bootstrap().as_bytes())
    }

    /// The outcome, once the target has written it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let mut bytes = Vec::new();
        self.open("outcome").ok()?.take(OUTCOME_LIMIT).read_to_end(&mut bytes).ok()?;
        Some(parse_outcome(&String::from_utf8_lossy(&bytes)))
    }
}

impl Exchange {
    /// Removes the folder with what is in it; `ENOTEMPTY` when the target has put something there meanwhile.
    fn remove(&self) -> nix::Result<()> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        if let Ok(mut listing) = openat(&self.folder, ".", flags, Mode::empty()).and_then(Dir::from_fd) {
            for entry in listing.iter().flatten() {
                let _ = unlinkat(&self.folder, entry.file_name(), UnlinkatFlags::NoRemoveDir);
            }
        }
        // The name may meanwhile belong to something else that the target put there.
        let ours = fstat(&self.folder).map(|ours| (ours.st_dev, ours.st_ino))?;
        let named = nix::sys::stat::fstatat(&self.parent, self.name.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW)?;
        if ours == (named.st_dev, named.st_ino) {
            unlinkat(&self.parent, self.name.as_str(), UnlinkatFlags::RemoveDir)?;
        }
        Ok(())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // Errors are of no use here: the target may have ended, and its file system with it. But a
        // forked copy of it may just be writing its last words.
        for _ in 0..20 {
            if self.remove() != Err(Errno::ENOTEMPTY) {
                break;
            }
        }
    }
}

/// `bytes` as a Python literal of pure ASCII, in single quotes.
fn bytes_literal(bytes: &[u8]) -> String {
    let mut literal = String::from("b'");
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => literal.push(char::from(*byte)),
            other => literal.push_str(&format!("\\x{other:02x}")),
        }
    }
    literal.push('\'');
    literal
}

/// Reads `STATE\nVERSION\nTEXT`.
fn parse_outcome(text: &str) -> Outcome {
    let mut parts = text.splitn(3, '\n');
    let succeeded = parts.next() == Some("done");
    let version = parts.next().unwrap_or_default();
    // The target is untrusted: a version is digits and dots, and short.
    let is_version = version.len() <= 20 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let interpreter = if is_version && !version.is_empty() { version } else { "?" };
    Outcome { succeeded, interpreter: interpreter.to_owned(), text: parts.next().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_python_and_plain() {
        assert_eq!(bytes_literal(b"/tmp/a b'\"\\\n\xff"), r"b'/tmp/a\x20b\x27\x22\x5c\x0a\xff'");
    }

    #[test]
    fn an_outcome_has_state_version_and_text() {
        let outcome = parse_outcome("done\n3.11.7\n{\"a\": 1}\nmore");
        assert_eq!(outcome, Outcome { succeeded: true, interpreter: "3.11.7".into(), text: "{\"a\": 1}\nmore".into() });
        for broken in ["", "failed", "done\n\u{1b}[31m\n", "done\n1234567890.1234567890.1\nx"] {
            assert_eq!(parse_outcome(broken).interpreter, "?", "{broken:?}");
        }
    }

    #[test]
    fn the_folder_is_private_and_goes_with_the_value() {
        let target = Target::find(std::process::id()).unwrap();
        let exchange = Exchange::create(&target, None).unwrap();
        let path = exchange.path_in_target().to_owned();
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        exchange.write("source.py", b"pass").unwrap();
        assert_eq!(std::fs::metadata(path.join("source.py")).unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::fs::symlink("/etc/passwd", path.join("outcome")).unwrap();
        assert!(exchange.open("outcome").is_err(), "a link planted by the target is followed");
        drop(exchange);
        assert!(!path.exists());
    }
}
