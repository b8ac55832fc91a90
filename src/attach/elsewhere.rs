//! The same interface on systems where attaching is not possible: it says so.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{AttachError, AttachOptions, Attached};

/// A folder that the tool and the target both see; there is none on this system.
#[derive(Debug)]
pub enum Exchange {}

impl Exchange {
    /// The folder's path in the target's view.
    pub fn path_in_target(&self) -> &Path {
        match *self {}
    }

    /// Opens a file of the folder.
    pub fn open(&self, _name: &str) -> io::Result<File> {
        match *self {}
    }
}

/// Not supported on this system.
///
/// # Errors
/// Always [`AttachError::Unsupported`].
pub fn run_python(_pid: u32, _source: &str, _options: &AttachOptions) -> Result<Attached, AttachError> {
    Err(unsupported())
}

/// Not supported on this system.
///
/// # Errors
/// Always [`AttachError::Unsupported`].
pub fn request_by_signal(_pid: u32, _signal: i32, _file: &Path, _timeout: Duration) -> Result<File, AttachError> {
    Err(unsupported())
}

fn unsupported() -> AttachError {
    AttachError::Unsupported {
        what: "attaching to a live process".to_owned(),
        reason: "it needs Linux".to_owned(),
        instead: "`heapgraph dump -- python …`, or snapshot_dumper.dump() in the program itself".to_owned(),
    }
}
