//! Real cores, cut at hundreds of places and with bits of their headers turned: one clear error, or what is left.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use heapgraph::memory::AddressSpace;
use heapgraph::memory::core_file::{CoreErrorKind, CoreFile};
use heapgraph::memory::interpreter_image::find_runtime;

use super::MEMORY;
use super::elf_in_memory::Numbers;
use super::targets::{Target, pythons};

/// What a damaged core gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Refused(CoreErrorKind),
    WithoutRuntime,
    Read,
}

fn try_to_read(path: &Path, expected: u64, label: &str) -> Outcome {
    let begin = Instant::now();
    let outcome = match CoreFile::open(path, None) {
        Err(error) => {
            let line = error.to_string();
            assert!(
                !error.place.is_empty() && !error.expected.is_empty() && !error.found.is_empty(),
                "{label}: {line}"
            );
            assert!(!line.contains('\n') && line.len() < 500, "{label}: {line}");
            Outcome::Refused(error.kind)
        }
        Ok(core) => {
            let mut buffer = vec![0; 1 << 16];
            for range in core.ranges().iter().take(2000) {
                assert!(range.start < range.end, "{label}");
                core.read(range.start, &mut buffer);
                core.read(range.end - 1, &mut buffer);
            }
            assert!(core.ranges().windows(2).all(|pair| pair[0].end <= pair[1].start), "{label}");
            core.shortfalls();
            match find_runtime(&core) {
                Ok(runtime) if runtime.address == expected => Outcome::Read,
                Ok(_) => Outcome::WithoutRuntime,
                Err(reason) => {
                    assert!(!reason.to_string().contains('\n'), "{label}: {reason}");
                    Outcome::WithoutRuntime
                }
            }
        }
    };
    assert!(begin.elapsed() < Duration::from_secs(20), "{label} took {:?}", begin.elapsed());
    outcome
}

/// A core of the newest Python and the address of its runtime; small ones, of the kernel, are preferred.
fn a_core() -> Option<(Target, std::path::PathBuf)> {
    let python = pythons().into_iter().rfind(|python| python.is_known())?;
    let mut target = Target::start(&python);
    let path = target.abort().or_else(|| {
        target = Target::start(&python);
        target.gcore()
    })?;
    Some((target, path))
}

#[test]
fn cores_cut_anywhere_are_refused_or_read_as_far_as_they_go() {
    let Some((target, path)) = a_core() else { return };
    let length = std::fs::metadata(&path).unwrap().len();
    let copy = target.folder().join("cut");
    std::fs::copy(&path, &copy).unwrap();
    let file = OpenOptions::new().write(true).open(&copy).unwrap();
    let mut numbers = Numbers(7);
    // The headers and notes, where every byte matters, and then anywhere.
    let mut places: Vec<u64> = (0..100).map(|_| numbers.below(1 << 16)).collect();
    places.extend((0..100).map(|_| numbers.below(length)));
    places.extend([length, length - 1, 64, 63, 1, 0]);
    places.sort_unstable_by(|one, other| other.cmp(one));
    MEMORY.reset_peak_usage();
    let mut outcomes = Vec::new();
    for place in places {
        // From the end on, so that one copy is enough.
        file.set_len(place).unwrap();
        let outcome = try_to_read(&copy, target.runtime, &format!("cut at {place}"));
        if place < length && outcome == Outcome::Read {
            let shortfalls = CoreFile::open(&copy, None).unwrap().shortfalls();
            assert!(shortfalls.cut_off > 0 && shortfalls.cut_off <= length - place, "cut at {place}: {shortfalls:?}");
        }
        outcomes.push((place, outcome));
    }
    assert!(MEMORY.peak_usage_as_mb() < 256.0, "{} MB", MEMORY.peak_usage_as_mb());
    assert_eq!(outcomes[0], (length, Outcome::Read));
    let refused = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Refused(_))).count();
    let read = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Read).count();
    println!("{read} read, {refused} refused, {} without a runtime", outcomes.len() - read - refused);
    assert!(outcomes.iter().all(|(_, outcome)| match outcome {
        Outcome::Refused(kind) => *kind == CoreErrorKind::CutOff,
        _ => true,
    }));
    assert!(refused >= 5 && read >= 5);
}

#[test]
fn turned_bits_of_headers_and_notes_are_refused_or_left() {
    let Some((target, path)) = a_core() else { return };
    let file: File = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut header = [0; 64];
    file.read_exact_at(&mut header, 0).unwrap();
    let table_end = 64 + 56 * u64::from(u16::from_le_bytes([header[56], header[57]]));
    let mut numbers = Numbers(11);
    MEMORY.reset_peak_usage();
    let (mut read, mut refused, mut without) = (0, 0, 0);
    for round in 0..500 {
        // The header, the program headers, the notes behind them.
        let limit = [64, table_end, table_end + 12_000][round % 3];
        let place = numbers.below(limit);
        let mut old = [0; 8];
        file.read_exact_at(&mut old, place).unwrap();
        let mut new = old;
        match numbers.below(3) {
            0 => new[0] ^= 1 << numbers.below(8),
            1 => new[0] = numbers.evil() as u8,
            _ => new = numbers.evil().to_le_bytes(),
        }
        file.write_all_at(&new, place).unwrap();
        match try_to_read(&path, target.runtime, &format!("byte {place}: {old:02x?} became {new:02x?}")) {
            Outcome::Read => read += 1,
            Outcome::Refused(_) => refused += 1,
            Outcome::WithoutRuntime => without += 1,
        }
        file.write_all_at(&old, place).unwrap();
    }
    println!("{read} read, {refused} refused, {without} without a runtime");
    assert!(MEMORY.peak_usage_as_mb() < 256.0, "{} MB", MEMORY.peak_usage_as_mb());
    assert!(read > 100 && refused > 10);
    assert_eq!(try_to_read(&path, target.runtime, "mended"), Outcome::Read);
}
