//! The address space of a live process, as simple as a test can have it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use heapgraph::memory::{AddressSpace, Range};

/// `/proc/PID/maps` and `/proc/PID/mem`.
pub struct Live {
    pid: u32,
    ranges: Vec<Range>,
    memory: File,
}

impl Live {
    pub fn of(pid: u32) -> Self {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        Self { pid, ranges: maps.lines().map(range).collect(), memory }
    }
}

fn range(line: &str) -> Range {
    let mut fields = line.splitn(6, ' ');
    let mut field = || fields.next().unwrap_or("");
    let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let (start, end) = field().split_once('-').map(|(start, end)| (number(start), number(end))).unwrap();
    let permissions = field().as_bytes().to_vec();
    let offset = number(field());
    let (_, _) = (field(), field());
    let file = field().trim_start();
    Range {
        start,
        end,
        readable: permissions[0] == b'r',
        writable: permissions[1] == b'w',
        executable: permissions[2] == b'x',
        shared: permissions[3] == b's',
        offset,
        file: (!file.is_empty()).then(|| PathBuf::from(file)),
    }
}

impl AddressSpace for Live {
    fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.memory.read_at(&mut buffer[filled..], address + filled as u64) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        filled
    }

    fn open_file(&self, range: &Range) -> Option<File> {
        let file = range.file.as_ref()?.to_str()?;
        if file.ends_with(" (deleted)") {
            return File::open(format!("/proc/{}/map_files/{:x}-{:x}", self.pid, range.start, range.end)).ok();
        }
        File::open(file).ok()
    }
}
