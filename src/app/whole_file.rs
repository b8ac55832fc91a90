//! A file that appears whole under its name or not at all, and leaves nothing behind when the program is ended meanwhile.

use std::fs::File;
use std::io;
use std::path::Path;

/// A file that has no name yet; where the system can't do that, one of a name that nobody looks for.
pub struct WholeFile {
    /// To write to.
    pub file: File,
    named: Option<tempfile::TempPath>,
}

impl WholeFile {
    /// In the folder in which it is to appear. Private, or as the umask decides.
    pub fn begin(folder: &Path, is_private: bool) -> io::Result<WholeFile> {
        if let Some(file) = unnamed(folder, is_private) {
            return Ok(WholeFile { file, named: None });
        }
        let mut builder = builder();
        allow(&mut builder, is_private);
        let (file, path) = builder.tempfile_in(folder)?.into_parts();
        Ok(WholeFile { file, named: Some(path) })
    }

    /// Gives it its name, in place of another file.
    pub fn appear(self, path: &Path) -> io::Result<()> {
        let named = match self.named {
            Some(named) => named,
            None => link(&self.file, path)?,
        };
        named.persist(path).map_err(|error| error.error)
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heapgraph-").suffix(".part");
    builder
}

/// Says who may read what it builds.
#[cfg(unix)]
fn allow(builder: &mut tempfile::Builder<'_, '_>, is_private: bool) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(mode(is_private)));
}

#[cfg(not(unix))]
fn allow(_: &mut tempfile::Builder<'_, '_>, _: bool) {}

#[cfg(unix)]
fn mode(is_private: bool) -> u32 {
    if is_private { 0o600 } else { 0o666 }
}

#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, is_private: bool) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.read(true).write(true).mode(mode(is_private)).custom_flags(libc::O_TMPFILE);
    options.open(folder).ok()
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path, _: bool) -> Option<File> {
    None
}

/// A name for the moment in which it takes the place of another file.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<tempfile::TempPath> {
    use std::os::fd::AsRawFd;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    let linked = builder().make_in(folder, |name| {
        let follow = nix::fcntl::AtFlags::AT_SYMLINK_FOLLOW;
        Ok(nix::unistd::linkat(nix::fcntl::AT_FDCWD, open.as_str(), nix::fcntl::AT_FDCWD, name, follow)?)
    })?;
    Ok(linked.into_temp_path())
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<tempfile::TempPath> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn nothing_is_seen_before_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "old").unwrap();
        let mut whole = WholeFile::begin(folder.path(), true).unwrap();
        whole.file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        if cfg!(target_os = "linux") {
            assert_eq!(
                std::fs::read_dir(folder.path()).unwrap().count(),
                1,
                "a program that is killed now leaves nothing"
            );
        }
        whole.appear(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
