//! Why a core file was refused: place, expected, found and what to do.

use std::fmt;

/// One clear reason why a core file can't be read.
///
/// Shown as `PLACE: expected EXPECTED, found FOUND; ADVICE` on one line, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreError {
    /// The family of the reason; decides the advice.
    pub kind: CoreErrorKind,
    /// Where in which file, e.g. `core.4711, byte 64 (program header 0)`.
    pub place: String,
    /// What should have stood there.
    pub expected: String,
    /// What stood there.
    pub found: String,
}

/// Families of reasons to refuse a core file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreErrorKind {
    /// The operating system did not give the bytes.
    Unreadable,
    /// A core that was packed.
    Compressed,
    /// No ELF core file.
    OtherFormat,
    /// Of another kind of processor than 64-bit x86.
    Foreign,
    /// The file ends before anything useful.
    CutOff,
    /// A core that contradicts itself.
    Damaged,
    /// More parts than any process has.
    TooLarge,
    /// The kernel was told to leave the heap out.
    WithoutHeap,
    /// The program that was named is not the one that wrote the core.
    OtherProgram,
}

impl CoreError {
    pub(super) fn new(
        kind: CoreErrorKind,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { kind, place: place.into(), expected: expected.into(), found: found.into() }
    }

    /// What the user can do about it, as a sentence without its full stop.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            CoreErrorKind::Unreadable => "check the path and the permissions (cores belong to the user of the program)",
            CoreErrorKind::Compressed => "unpack it first (systemd: coredumpctl dump PID --output FILE)",
            CoreErrorKind::OtherFormat => "give the core file that the kernel or gcore wrote",
            CoreErrorKind::Foreign => "cores of 64-bit x86 alone can be read",
            CoreErrorKind::CutOff => {
                "the disk was full, or a limit cut it (ulimit -c, systemd's ProcessSizeMax and ExternalSizeMax): write it again"
            }
            CoreErrorKind::Damaged => {
                "the file was changed since it was written: copy it again from where it came from"
            }
            CoreErrorKind::TooLarge => {
                "the file was changed since it was written: copy it again from where it came from"
            }
            CoreErrorKind::WithoutHeap => {
                "bit 0 of /proc/PID/coredump_filter keeps anonymous memory: echo 0x33 into it before the next core"
            }
            CoreErrorKind::OtherProgram => "name the very file that ran, of the same build",
        }
    }
}

impl std::error::Error for CoreError {}

impl fmt::Display for CoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}: expected {}, found {}; {}", self.place, self.expected, self.found, self.advice());
        for character in line.chars() {
            match character {
                control if control.is_control() => write!(formatter, "{}", control.escape_default())?,
                other => write!(formatter, "{other}")?,
            }
        }
        Ok(())
    }
}
