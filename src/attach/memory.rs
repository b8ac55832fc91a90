//! The memory of another process, read and written at its own addresses.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

/// `/proc/PID/mem`: works on running and stopped threads, and writes to pages that are
/// read-only for the process itself (a private copy is made), as a debugger does.
#[derive(Debug)]
pub(super) struct Memory {
    file: File,
}

impl Memory {
    /// Opens the memory of `pid`; needs the permission to trace it.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(format!("/proc/{pid}/mem"))?;
        Ok(Self { file })
    }

    /// Fills `buffer` from `address`; an error when any byte of it is not mapped.
    pub(super) fn read(&self, address: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, address)
    }

    /// `length` bytes from `address`.
    pub(super) fn bytes(&self, address: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; length];
        self.read(address, &mut buffer)?;
        Ok(buffer)
    }

    /// At most `length` bytes from `address`: fewer when the mapping ends before.
    pub(super) fn bytes_up_to(&self, address: u64, length: usize) -> Vec<u8> {
        let mut buffer = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut buffer[filled..], address + filled as u64) {
                Ok(0) | Err(_) => break,
                Ok(read) => filled += read,
            }
        }
        buffer.truncate(filled);
        buffer
    }

    /// A 64-bit word.
    pub(super) fn word(&self, address: u64) -> io::Result<u64> {
        let mut buffer = [0; 8];
        self.read(address, &mut buffer)?;
        Ok(u64::from_le_bytes(buffer))
    }

    /// A 32-bit word.
    pub(super) fn half(&self, address: u64) -> io::Result<u32> {
        let mut buffer = [0; 4];
        self.read(address, &mut buffer)?;
        Ok(u32::from_le_bytes(buffer))
    }

    /// Writes all of `bytes` to `address`.
    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, address)
    }
}
