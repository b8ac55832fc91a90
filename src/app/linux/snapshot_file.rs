//! A new snapshot's file: private, and under its name only when it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use tempfile::TempPath;

use crate::app::compressed::{Compressed, Method};
use crate::app::output;
use crate::snapshot::{Columns, Snapshot, decompressed};

/// A file that is being written. Dropped without [`SnapshotFile::commit`], nothing of it is left;
/// killed, nothing either, where the file system has files without names (`O_TMPFILE`).
pub struct SnapshotFile {
    path: PathBuf,
    folder: PathBuf,
    sink: Compressed<File>,
    place: Place,
    written: u64,
}

/// Where the bytes are until they are complete.
enum Place {
    /// In a file without a name.
    Nameless,
    /// In a file with another name.
    Named(TempPath),
    /// Already there: the user named a pipe or a device.
    Itself,
}

impl SnapshotFile {
    /// Opens a file of mode 0600 that can become `path`; compressed when `path` ends in `.gz` or `.zst`.
    ///
    /// # Errors
    /// Says why `path` can't be written to: before any process is touched for it.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let path = &output::behind_links(path);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let (file, place) = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => anyhow::bail!("{name}: is a folder; name a file in it"),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(path);
                (file.map_err(|error| output::cannot_write(path, &error))?, Place::Itself)
            }
            _ => open_in(&folder).map_err(|error| output::cannot_write(path, &error))?,
        };
        let sink = Compressed::of(path, file)?;
        Ok(Self { path: path.to_owned(), folder, sink, place, written: 0 })
    }

    /// Whether a file of this name is compressed.
    pub fn is_compressed(path: &Path) -> bool {
        Method::of(path) != Method::Plain
    }

    /// Writes a snapshot and gives the file its name. Returns its size on disk.
    pub fn write_snapshot(self, snapshot: &Snapshot, columns: Columns) -> anyhow::Result<u64> {
        let mut writer = BufWriter::with_capacity(1 << 20, self);
        snapshot.write(&mut writer, columns)?;
        writer.into_inner().map_err(|error| error.into_error())?.commit()
    }

    /// Takes over the bytes of a snapshot that the program has written: as they are, or with their columns packed.
    ///
    /// # Errors
    /// Also those of `from`, and what is wrong with what is to be packed.
    pub fn take_over(&mut self, from: impl Read, columns: Columns) -> anyhow::Result<()> {
        match columns {
            Columns::Plain => {
                io::copy(&mut BufReader::with_capacity(1 << 20, decompressed(from)?), self)?;
            }
            Columns::Packed => {
                Snapshot::rewrite(from, self, columns)?;
            }
        }
        Ok(())
    }

    /// Gives the file its name, in place of a file that has it now. Returns its size on disk.
    pub fn commit(self) -> anyhow::Result<u64> {
        let path = self.path;
        let failed = |error: io::Error| output::cannot_write(&path, &error);
        let file = self.sink.finish().map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        match self.place {
            Place::Itself => {}
            Place::Named(part) => part.persist(&path).map_err(|error| failed(error.error))?,
            Place::Nameless => {
                let part = give_name(&file, &self.folder).map_err(failed)?;
                part.persist(&path).map_err(|error| failed(error.error))?;
            }
        }
        Ok(size)
    }
}

impl Write for SnapshotFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sink.write(bytes) {
            Ok(length) => {
                self.written += length as u64;
                Ok(length)
            }
            Err(error) => Err(io::Error::new(error.kind(), self.cannot_write(&error))),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl SnapshotFile {
    fn cannot_write(&self, error: &io::Error) -> String {
        let error = output::cannot_write(&self.path, error);
        format!("no snapshot was written (after {}): {error:#}", crate::units::bytes(self.written))
    }
}

fn open_in(folder: &Path) -> io::Result<(File, Place)> {
    let nameless = OpenOptions::new().write(true).mode(0o600).custom_flags(libc::O_TMPFILE).open(folder);
    match nameless {
        Ok(file) => Ok((file, Place::Nameless)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)) => {
            let file = builder().tempfile_in(folder)?;
            let (file, part) = file.into_parts();
            Ok((file, Place::Named(part)))
        }
        Err(error) => Err(error),
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heapgraph-").suffix(".part");
    builder
}

/// Links a file without a name into `folder`, under a name that nothing else has.
fn give_name(file: &File, folder: &Path) -> io::Result<TempPath> {
    let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link = |path: &Path| {
        nix::unistd::linkat(AT_FDCWD, itself.as_str(), AT_FDCWD, path, AtFlags::AT_SYMLINK_FOLLOW)
            .map_err(io::Error::from)
    };
    Ok(builder().make_in(folder, link)?.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(folder: &Path) -> Vec<String> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn it_appears_whole_and_private_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snap.json");
        let mut file = SnapshotFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), [""; 0]);
        for text in ["one", "two"] {
            let mut file = SnapshotFile::create(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert_eq!(file.commit().unwrap(), 3);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["snap.json"]);
    }

    #[test]
    fn what_a_name_ends_with_says_how_it_is_compressed() {
        let folder = tempfile::tempdir().unwrap();
        for (name, magic) in [("snap.json.gz", [0x1F, 0x8B]), ("snap.json.ZST", [0x28, 0xB5]), ("snap.json", *b"{}")] {
            let path = folder.path().join(name);
            if crate::app::compressed::can_write(&path).is_err() {
                assert!(SnapshotFile::create(&path).err().unwrap().to_string().contains("ends in .gz"));
                continue;
            }
            let mut file = SnapshotFile::create(&path).unwrap();
            file.write_all(b"{}").unwrap();
            file.flush().unwrap();
            file.write_all(b"[]").unwrap();
            file.commit().unwrap();
            assert_eq!(std::fs::read(&path).unwrap()[..2], magic, "{name}");
            let mut text = String::new();
            decompressed(File::open(&path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "{}[]");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_name_that_cannot_be_written_to_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| SnapshotFile::create(path).err().unwrap().to_string();
        assert!(refused(folder.path()).contains("is a folder"));
        assert!(refused(&folder.path().join("none/snap.json")).contains("its folder does not exist"));
    }
}
