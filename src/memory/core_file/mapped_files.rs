//! The files that were mapped into the process of a core: opened for the pages that the core leaves out.
//!
//! A core is untrusted, and it names files. Only regular files are opened, and only images of programs and libraries whose
//! build is that of the core are ever read: no core makes other files' contents appear as memory.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::memory::elf::{ImageFile, Sameness};

/// Files kept open at once.
const MOST_OPEN: usize = 32;

/// What became of a file when it was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The same build: its pages are served.
    Same,
    /// Its pages are served, though the core has nothing to compare them with.
    Unchecked,
    /// Another build.
    Different,
    /// Not there, not permitted, or no regular file.
    Missing,
    /// No program or library for this processor.
    NoImage,
}

/// The files named by a core.
#[derive(Debug)]
pub(super) struct MappedFiles {
    paths: Vec<PathBuf>,
    /// The program among them, and the path to use for it.
    program: Option<(u32, PathBuf)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    verdicts: HashMap<u32, Verdict>,
    /// Least recently used first.
    open: Vec<(u32, Arc<File>)>,
}

impl MappedFiles {
    /// The files at `paths`, with another path for one of them.
    pub fn new(paths: Vec<PathBuf>, program: Option<(u32, PathBuf)>) -> Self {
        Self { paths, program, state: Mutex::default() }
    }

    /// The path that the core names.
    pub fn path(&self, index: u32) -> &Path {
        self.paths.get(index as usize).map_or(Path::new(""), PathBuf::as_path)
    }

    /// The file of number `index`, when its pages may be served. `compare` tells whether it is the build in the core.
    pub fn get(&self, index: u32, compare: impl FnOnce(&ImageFile) -> Sameness) -> Option<Arc<File>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.open.iter().position(|(number, _)| *number == index) {
            let used = state.open.remove(at);
            state.open.push(used);
            return state.open.last().map(|(_, file)| Arc::clone(file));
        }
        if state.verdicts.get(&index).is_some_and(|verdict| *verdict > Verdict::Unchecked) {
            return None;
        }
        let (verdict, file) = self.open(index, compare);
        state.verdicts.insert(index, verdict);
        let file = Arc::new(file?);
        if state.open.len() == MOST_OPEN {
            state.open.remove(0);
        }
        state.open.push((index, Arc::clone(&file)));
        Some(file)
    }

    /// What became of file `index`; `None` when it was not needed yet.
    pub fn verdict(&self, index: u32) -> Option<Verdict> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).verdicts.get(&index).copied()
    }

    fn open(&self, index: u32, compare: impl FnOnce(&ImageFile) -> Sameness) -> (Verdict, Option<File>) {
        let named = self.path(index);
        let (path, was_deleted) = match &self.program {
            Some((program, path)) if *program == index => (path.as_path(), false),
            _ => match named.to_str().and_then(|name| name.strip_suffix(" (deleted)")) {
                Some(path) => (Path::new(path), true),
                None => (named, false),
            },
        };
        let Some(file) = open_regular(path) else { return (Verdict::Missing, None) };
        let Some(image) = ImageFile::new(file) else { return (Verdict::NoImage, None) };
        match compare(&image) {
            Sameness::Same => (Verdict::Same, Some(image.into_file())),
            // Another file may have taken the place of a deleted one.
            Sameness::Unchecked if was_deleted => (Verdict::Missing, None),
            Sameness::Unchecked => (Verdict::Unchecked, Some(image.into_file())),
            Sameness::Different => (Verdict::Different, None),
        }
    }
}

/// Opens a regular file for reading; never waits for a pipe, and never wakes a device.
pub(super) fn open_regular(path: &Path) -> Option<File> {
    // Looked at first: to open a device may already do something.
    let is_file = std::fs::metadata(path).is_ok_and(|data| data.is_file());
    let open = || OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).ok();
    is_file.then(open)?.filter(|file| file.metadata().is_ok_and(|data| data.is_file()))
}
