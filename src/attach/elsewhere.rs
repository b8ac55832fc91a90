//! The same interface on systems where no live process can be asked: it says so.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::AttachError;

/// Not supported on this system.
///
/// # Errors
/// Always [`AttachError::Unsupported`].
pub fn request_by_signal(_pid: u32, _signal: i32, _file: &Path, _timeout: Duration) -> Result<File, AttachError> {
    Err(unsupported())
}

fn unsupported() -> AttachError {
    AttachError::Unsupported {
        what: "asking a live process".to_owned(),
        reason: "it needs Linux".to_owned(),
        instead: "`heapgraph dump -- python …`, or snapshot_dumper.dump() in the program itself".to_owned(),
    }
}
