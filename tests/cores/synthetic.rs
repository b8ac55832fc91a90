//! Core files built by hand: more segments than the header can count, overlaps, claims that no file could hold.

use std::path::PathBuf;

use heapgraph::memory::AddressSpace;
use heapgraph::memory::core_file::{CoreError, CoreErrorKind, CoreFile};

use super::MEMORY;

/// A program header: kind, flags, place, address, size in the file, size in memory.
type Segment = (u32, u32, u64, u64, u64, u64);

const LOAD: u32 = 1;
const NOTE: u32 = 4;
const READ_WRITE: u32 = 6;

fn core(segments: &[Segment], rest: &[u8]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 62, 0, 1, 0, 0, 0];
    let is_extended = segments.len() >= 0xffff;
    let table_end = 64 + 56 * segments.len() as u64;
    file.extend(0u64.to_le_bytes());
    file.extend(64u64.to_le_bytes());
    file.extend(if is_extended { table_end } else { 0 }.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    let count = segments.len().min(0xffff) as u16;
    for field in [64, 56, count, 64, u16::from(is_extended), 0] {
        file.extend(field.to_le_bytes());
    }
    for (kind, flags, place, address, in_file, in_memory) in segments {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for field in [*place, *address, 0, *in_file, *in_memory, 4096] {
            file.extend(field.to_le_bytes());
        }
    }
    if is_extended {
        let mut section = [0; 64];
        section[44..48].copy_from_slice(&(segments.len() as u32).to_le_bytes());
        file.extend(section);
    }
    file.extend(rest);
    file
}

fn open(content: &[u8]) -> Result<CoreFile, CoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core.7");
    std::fs::write(&path, content).unwrap();
    CoreFile::open(&path, None)
}

fn byte(core: &CoreFile, address: u64) -> Option<u8> {
    let mut buffer = [0];
    (core.read(address, &mut buffer) == 1).then(|| buffer[0])
}

#[test]
fn seventy_thousand_segments_are_counted_behind_the_header() {
    const MOST: u64 = 70_000;
    let start = 64 + 56 * MOST + 64;
    let segments: Vec<Segment> =
        (0..MOST).map(|index| (LOAD, READ_WRITE, start + index % 251, (index + 1) << 13, 1, 4096)).collect();
    let rest: Vec<u8> = (0..=250).collect();
    let core = open(&core(&segments, &rest)).unwrap();
    assert_eq!(core.ranges().len(), MOST as usize);
    for index in [0, 1, 250, 65_534, 65_535, 69_999] {
        assert_eq!(byte(&core, (index + 1) << 13), Some((index % 251) as u8), "{index}");
        assert_eq!(byte(&core, ((index + 1) << 13) + 1), None, "no file has what the core lacks");
    }
}

#[test]
fn overlaps_and_wild_segments_are_cut_and_counted() {
    let rest: Vec<u8> = (0..200).collect();
    let place = 64 + 56 * 7;
    let segments = [
        (LOAD, READ_WRITE, place, 0x10000, 100, 0x2000),
        (LOAD, READ_WRITE, place + 50, 0x11000, 100, 0x2000),
        (LOAD, READ_WRITE, place, 0x10800, 100, 0x100),
        (LOAD, READ_WRITE, place, u64::MAX - 10, 10, 0x1000),
        (LOAD, READ_WRITE, u64::MAX - 10, 0x40000, 1 << 62, 1 << 62),
        (LOAD, READ_WRITE, 0, 0x20000, 64, 64),
        (NOTE, 0, place, 0, u64::MAX, 0),
    ];
    let core = open(&core(&segments, &rest)).unwrap();
    let starts: Vec<u64> = core.ranges().iter().map(|range| range.start).collect();
    assert_eq!(starts, [0x10000, 0x12000, 0x20000, 0x40000]);
    assert_eq!(byte(&core, 0x10063), Some(99));
    assert_eq!(byte(&core, 0x10064), None);
    assert_eq!(byte(&core, 0x40000), None);
    assert_eq!(byte(&core, 0x20000), Some(0x7f), "a segment may lead back to the header");
    let shortfalls = core.shortfalls();
    assert!(shortfalls.contradictions >= 3 && shortfalls.cut_off >= 1 << 62, "{shortfalls:?}");
}

#[test]
fn wild_notes_are_left() {
    let place = 64 + 56 * 2;
    let note = |count: u64, page: u64, length: u32| {
        let mut note = Vec::new();
        for field in [5, length, 0x4649_4c45] {
            note.extend(u32::to_le_bytes(field));
        }
        note.extend(b"CORE\0\0\0\0");
        note.extend(count.to_le_bytes());
        note.extend(page.to_le_bytes());
        note.extend([0xff; 48]);
        note.extend(b"/bin/sh\0/bin/sh\0heap");
        let size = note.len() as u64;
        let heap = (LOAD, READ_WRITE, place + size - 4, 0x10000, 4, 0x1000);
        open(&core(&[(NOTE, 0, place, 0, size - 4, 0), heap], &note)).unwrap()
    };
    for count in [0, 1, 2, 3, 1 << 20, 1 << 60, u64::MAX, u64::MAX / 24, u64::MAX / 24 + 1] {
        for page in [0, 1, 3, 4096, 1 << 20, 1 << 63, u64::MAX] {
            for length in [0, 15, 16, 40, 64, 80, u32::MAX] {
                let core = note(count, page, length);
                assert_eq!(byte(&core, 0x10003), Some(b'p'));
            }
        }
    }
}

#[test]
fn no_core_makes_other_files_appear_as_memory() {
    let names = ["/etc/passwd", "/dev/zero", "/bin/sh", "/bin/sh (deleted)", "/proc/self/exe", "/bin/sh", "relative"];
    let mut list = Vec::new();
    list.extend((names.len() as u64).to_le_bytes());
    list.extend(4096u64.to_le_bytes());
    for index in 1..=names.len() as u64 {
        // Far behind the end of every file, for one.
        let offset = if index == 6 { i64::MAX as u64 / 4096 - 3 } else { 0 };
        for field in [index << 20, (index << 20) + 0x2000, offset] {
            list.extend(field.to_le_bytes());
        }
    }
    for name in names {
        list.extend(name.bytes());
        list.push(0);
    }
    let mut note = Vec::new();
    for field in [5, list.len() as u32, 0x4649_4c45] {
        note.extend(u32::to_le_bytes(field));
    }
    note.extend(b"CORE\0\0\0\0");
    note.extend(&list);
    let place = 64 + 56 * 2;
    let size = note.len() as u64;
    note.extend(b"heap");
    let heap = (LOAD, READ_WRITE, place + size, 0x10000, 4, 0x1000);
    let core = open(&core(&[(NOTE, 0, place, 0, size, 0), heap], &note)).unwrap();
    assert_eq!(core.ranges().len(), 1 + names.len());
    for range in core.ranges() {
        let served = byte(&core, range.start).is_some() || byte(&core, range.end - 1).is_some();
        assert_eq!(served, range.start == 0x10000, "{range:?}");
        assert!(core.open_file(range).is_none(), "{range:?}");
    }
}

#[test]
fn each_kind_of_bad_file_has_its_word() {
    let heap = [(LOAD, READ_WRITE, 120, 0x10000, 4, 0x1000)];
    let good = core(&heap, b"heap");
    open(&good).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let cases: Vec<(Vec<u8>, CoreErrorKind, &str)> = vec![
        (Vec::new(), CoreErrorKind::CutOff, "64 bytes"),
        (good[..30].to_vec(), CoreErrorKind::CutOff, "byte 30"),
        (good[..100].to_vec(), CoreErrorKind::CutOff, "program headers"),
        (good[..120].to_vec(), CoreErrorKind::CutOff, "anonymous memory"),
        (
            b"not a core, but long enough to be looked at for a header: 64 bytes.".to_vec(),
            CoreErrorKind::OtherFormat,
            "ELF",
        ),
        (b"no".to_vec(), CoreErrorKind::OtherFormat, "ELF"),
        ([&[0x28, 0xb5, 0x2f, 0xfd][..], &[0; 90]].concat(), CoreErrorKind::Compressed, "Zstandard"),
        (changed(4, &[1]), CoreErrorKind::Foreign, "32-bit x86"),
        (changed(18, &[183]), CoreErrorKind::Foreign, "AArch64"),
        (changed(5, &[2]), CoreErrorKind::Foreign, "ELF machine"),
        (changed(16, &[3]), CoreErrorKind::OtherFormat, "a program or library"),
        (changed(54, &[1]), CoreErrorKind::Damaged, "program header"),
        (changed(56, &[0]), CoreErrorKind::Damaged, "number of segments"),
        (changed(56, &[0xff, 0xff]), CoreErrorKind::CutOff, "number of segments"),
        (changed(32, &[0xff; 8]), CoreErrorKind::CutOff, "program headers"),
        (changed(68, &[4]), CoreErrorKind::WithoutHeap, "the heap was left out"),
    ];
    for (content, kind, word) in cases {
        let error = open(&content).unwrap_err();
        let line = error.to_string();
        println!("{line}");
        assert_eq!(error.kind, kind, "{line}");
        assert!(line.contains(word) && line.starts_with("core.7") && !line.contains('\n'), "{line}");
    }
    let mut many = core(&heap, &[0; 64]);
    many[56..58].copy_from_slice(&[0xff, 0xff]);
    many[40..48].copy_from_slice(&120u64.to_le_bytes());
    many[120 + 44..120 + 48].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(open(&many).unwrap_err().kind, CoreErrorKind::TooLarge);
    for path in ["/dev/zero", "/nowhere/core", "/"] {
        let error = CoreFile::open(&PathBuf::from(path), None).unwrap_err();
        assert_eq!(error.kind, CoreErrorKind::Unreadable, "{error}");
    }
    assert!(MEMORY.peak_usage_as_mb() < 1024.0, "{}", MEMORY.peak_usage_as_mb());
}
