//! Two places in the code of a program: where it calls the kernel, and where it returns from signal handlers.

use super::super::{AddressSpace, Range};

/// `syscall; ret`.
const SYSTEM_CALL: &[u8] = &[0x0f, 0x05, 0xc3];
/// `mov rax, 15; syscall` and `mov eax, 15; syscall`: what a C library gives the kernel as the return address of handlers.
const SIGNAL_RETURN: [&[u8]; 2] = [&[0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05], &[0xb8, 15, 0, 0, 0, 0x0f, 0x05]];
/// How much of one range is read at once.
const PIECE: usize = 4 << 20;
/// How much code is searched in all.
const SEARCHED: usize = 512 << 20;

/// Addresses in the target's own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gadgets {
    /// Of `syscall; ret`.
    pub(super) system_call: u64,
    /// Of code that calls `rt_sigreturn`.
    pub(super) signal_return: u64,
}

/// Finds both in executable memory; the C library and the kernel's own page are looked at first.
pub(super) fn find(space: &dyn AddressSpace) -> Option<Gadgets> {
    let mut ranges: Vec<&Range> = space
        .ranges()
        .iter()
        .filter(|range| range.executable && range.readable && !range.writable && !range.shared)
        .collect();
    ranges.sort_by_key(|range| !may_be_the_c_library(range));
    let (mut system_call, mut signal_return) = (None, None);
    let mut searched = 0;
    let mut piece = Vec::new();
    for range in ranges {
        let mut at = range.start;
        while at < range.end && searched < SEARCHED {
            piece.resize(PIECE.min((range.end - at) as usize), 0);
            let length = space.read(at, &mut piece);
            let find = |pattern: &[u8]| place_of(pattern, &piece[..length]).map(|place| at + place as u64);
            system_call = system_call.or_else(|| find(SYSTEM_CALL));
            signal_return = signal_return.or_else(|| SIGNAL_RETURN.into_iter().find_map(find));
            if let (Some(system_call), Some(signal_return)) = (system_call, signal_return) {
                return Some(Gadgets { system_call, signal_return });
            }
            searched += length;
            if length < piece.len() || length <= 16 {
                break;
            }
            // What lies across the border of two pieces is seen whole in the second.
            at += length as u64 - if at + (length as u64) < range.end { 16 } else { 0 };
        }
    }
    None
}

fn may_be_the_c_library(range: &Range) -> bool {
    let name = range.file.as_ref().and_then(|file| file.file_name()).unwrap_or_default().to_string_lossy();
    ["libc.", "libc-", "ld-musl", "libpthread", "[vdso]"].iter().any(|known| name.starts_with(known))
}

fn place_of(pattern: &[u8], bytes: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    struct Code {
        ranges: Vec<Range>,
        bytes: Vec<u8>,
    }

    impl AddressSpace for Code {
        fn ranges(&self) -> &[Range] {
            &self.ranges
        }

        fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
            let at = (address - self.ranges[0].start) as usize;
            let length = buffer.len().min(self.bytes.len() - at);
            buffer[..length].copy_from_slice(&self.bytes[at..at + length]);
            length
        }

        fn open_file(&self, _range: &Range) -> Option<File> {
            None
        }
    }

    #[test]
    fn finds_what_lies_across_two_pieces() {
        let mut bytes = vec![0x90; 3 * PIECE];
        bytes[PIECE - 1..PIECE + 2].copy_from_slice(SYSTEM_CALL);
        bytes[2 * PIECE - 40..2 * PIECE - 33].copy_from_slice(SIGNAL_RETURN[1]);
        let (start, end) = (0x5000, 0x5000 + bytes.len() as u64);
        let range = Range { start, end, readable: true, executable: true, ..Range::default() };
        let mut code = Code { ranges: vec![range], bytes };
        let expected = Gadgets { system_call: start + PIECE as u64 - 1, signal_return: start + 2 * PIECE as u64 - 40 };
        assert_eq!(find(&code), Some(expected));
        code.ranges[0].executable = false;
        assert_eq!(find(&code), None);
    }

    #[test]
    fn finds_them_in_this_program() {
        let space = crate::memory::live::LiveProcess::open(std::process::id()).unwrap();
        let found = find(&space).unwrap();
        let mut bytes = [0; 3];
        assert_eq!((space.read(found.system_call, &mut bytes), &bytes[..]), (3, SYSTEM_CALL));
    }
}
