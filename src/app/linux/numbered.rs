//! The names of the snapshots of a started program: one, or numbered ones of which the last stay.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::snapshot::{Columns, Snapshot};

use super::program::Line;
use super::snapshot_file::SnapshotFile;

/// Where snapshots go.
pub(super) struct Numbered {
    output: PathBuf,
    columns: Columns,
    /// How many stay besides that of the end; `None` when there is one name for all.
    keep: Option<u64>,
    last: u64,
    /// Where the program writes what gets its name, or is compressed or packed, by the tool.
    scratch: Option<tempfile::TempDir>,
}

impl Numbered {
    /// `output`: an absolute path.
    ///
    /// # Errors
    /// When its folder can't be written to.
    pub fn new(output: PathBuf, columns: Columns, keep: Option<u64>) -> anyhow::Result<Self> {
        // Before the program has run for hours.
        drop(SnapshotFile::create(&output)?);
        let is_changed = SnapshotFile::is_compressed(&output) || columns == Columns::Packed;
        let folder = output.parent().filter(|_| keep.is_some() || is_changed);
        let scratch =
            folder.map(|folder| tempfile::Builder::new().prefix(".heapgraph-").suffix(".part").tempdir_in(folder));
        let scratch =
            scratch.transpose().with_context(|| format!("{}: no folder can be made beside it", output.display()))?;
        Ok(Self { output, columns, keep, last: 0, scratch })
    }

    pub fn output(&self) -> &Path {
        &self.output
    }

    /// The file that the program is to write; whether it is to number it, so that none takes the place of another.
    pub fn for_the_program(&self) -> (PathBuf, bool) {
        match &self.scratch {
            Some(folder) => (folder.path().join("snap.json"), true),
            None => (self.output.clone(), false),
        }
    }

    fn next(&mut self) -> PathBuf {
        if self.keep.is_none() {
            return self.output.clone();
        }
        self.last += 1;
        numbered(&self.output, self.last)
    }

    /// Removes the file that is one too many.
    fn forget(&self) {
        if let Some(old) = self.keep.and_then(|keep| self.last.checked_sub(keep)).filter(|&old| old > 0) {
            // It may be gone already.
            let _ = std::fs::remove_file(numbered(&self.output, old));
        }
    }

    /// Writes a snapshot under the next name, which is returned.
    pub fn write(&mut self, snapshot: &Snapshot) -> anyhow::Result<PathBuf> {
        let path = self.next();
        SnapshotFile::create(&path)?.write_snapshot(snapshot, self.columns)?;
        self.forget();
        Ok(path)
    }

    /// Gives what the program has written its name. That of its end comes besides those that stay: it shows what is left.
    pub fn take_over(&mut self, line: &mut Line) {
        if self.scratch.is_none() {
            return;
        }
        let path = if line.error.is_none() { self.next() } else { self.output.clone() };
        let written = std::mem::replace(&mut line.path, path);
        if line.error.is_some() {
            return;
        }
        let moved = match SnapshotFile::is_compressed(&line.path) || self.columns == Columns::Packed {
            true => write_anew(&written, &line.path, self.columns),
            false => std::fs::rename(&written, &line.path).map_err(anyhow::Error::from),
        };
        match moved {
            Ok(()) if line.is_end() => {}
            Ok(()) => self.forget(),
            Err(error) => line.error = Some(format!("{error:#}")),
        }
    }
}

/// Compressed, as the name says, and packed, if so asked.
fn write_anew(from: &Path, to: &Path, columns: Columns) -> anyhow::Result<()> {
    let mut file = SnapshotFile::create(to)?;
    file.take_over(std::fs::File::open(from)?, columns)?;
    file.commit()?;
    std::fs::remove_file(from)?;
    Ok(())
}

/// `snap.json` → `snap.4711.json`; `.json.gz` stays together.
pub(super) fn numbered(path: &Path, number: u64) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let at = name.find(".json").or_else(|| name.rfind('.')).filter(|&at| at > 0).unwrap_or(name.len());
    path.with_file_name(format!("{}.{number}{}", &name[..at], &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_file_of_its_own() {
        for (path, numbered_path) in [
            ("snap.json", "snap.7.json"),
            ("a/b.json.gz", "a/b.7.json.gz"),
            ("/x/heap", "/x/heap.7"),
            (".hidden", ".hidden.7"),
        ] {
            assert_eq!(numbered(Path::new(path), 7), Path::new(numbered_path));
        }
    }
}
