//! What stands in the way of a live process, in words; and asking a program that has armed the dumper itself.

mod error;
mod process;
mod signal;
mod target_root;

pub use self::error::AttachError;
pub use self::process::{descendants, python_below};
pub use self::signal::request_by_signal;

/// Whether there is a live process `pid`.
///
/// # Errors
/// [`AttachError::NoSuchProcess`] and [`AttachError::Zombie`], with where else it may be.
pub fn check(pid: u32) -> Result<(), AttachError> {
    process::Target::find(pid).map(|_| ())
}

/// Why the kernel does not let the tool read process `pid`, and what helps; `error` is the kernel's word.
pub fn why_unreadable(pid: u32, error: &std::io::Error) -> AttachError {
    match process::Target::find(pid) {
        Ok(target) => target.inaccessible(error),
        Err(error) => error,
    }
}
