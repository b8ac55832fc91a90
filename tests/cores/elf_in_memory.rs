//! ELF images in hostile memory: real ones with bytes changed at random places that matter, from fixed seeds.

use std::fs::File;
use std::time::Instant;

use heapgraph::memory::elf::Images;
use heapgraph::memory::interpreter_image::{NotFound, find_runtime};
use heapgraph::memory::{AddressSpace, Range};

use super::live::Live;
use super::targets::{Target, pythons};

/// A copy of parts of a process, which can be changed.
#[derive(Clone)]
pub struct Copied {
    ranges: Vec<Range>,
    contents: Vec<Vec<u8>>,
}

impl Copied {
    /// The images of a live process, without their files.
    pub fn of(space: &Live) -> Self {
        let images = Images::of(space).images;
        let is_part =
            |range: &&Range| images.iter().any(|image| image.spans(range.start)) && range.end - range.start < 32 << 20;
        let ranges: Vec<Range> = space.ranges().iter().filter(is_part).cloned().collect();
        let contents = ranges.iter().map(|range| {
            let mut content = vec![0; (range.end - range.start) as usize];
            let filled = space.read(range.start, &mut content);
            content.truncate(filled);
            content
        });
        let contents = contents.collect();
        Self { ranges, contents }
    }

    /// Changes bytes, and tells what was there.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Vec<u8> {
        let index = self.ranges.partition_point(|range| range.end <= address);
        let at = (address - self.ranges[index].start) as usize;
        let place = &mut self.contents[index][at..at + bytes.len()];
        let old = place.to_vec();
        place.copy_from_slice(bytes);
        old
    }
}

impl AddressSpace for Copied {
    fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = address.checked_add(filled as u64) else { break };
            let index = self.ranges.partition_point(|range| range.end <= at);
            let Some(range) = self.ranges.get(index).filter(|range| range.start <= at) else { break };
            let rest = self.contents[index].get((at - range.start) as usize..).unwrap_or(&[]);
            let count = rest.len().min(buffer.len() - filled);
            if count == 0 {
                break;
            }
            buffer[filled..filled + count].copy_from_slice(&rest[..count]);
            filled += count;
        }
        filled
    }

    fn open_file(&self, _: &Range) -> Option<File> {
        None
    }
}

/// Numbers that look random and are the same every time.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// What breaks arithmetic: small, large, one bit, or anything.
    pub fn evil(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX - self.below(4096),
            2 => 1 << self.below(64),
            3 => self.below(1 << 16),
            4 => u64::from(u32::MAX) - self.below(3),
            _ => self.next(),
        }
    }
}

#[test]
fn the_version_and_kind_of_build_stand_in_memory_alone() {
    for python in pythons() {
        let target = Target::start(&python);
        let live = Live::of(target.pid());
        let mut copy = Copied::of(&live);
        if !python.is_known() {
            find_runtime(&copy).unwrap_err();
            continue;
        }
        let found = find_runtime(&copy).unwrap();
        assert_eq!(Ok(found), find_runtime(&live));
        if python.hex >= 0x030d_0000 {
            copy.write(target.runtime + 16, &1u64.to_le_bytes());
            let reason = find_runtime(&copy).unwrap_err();
            assert!(matches!(reason, NotFound::FreeThreaded { .. }), "{reason}");
            println!("{reason}");
            copy.write(target.runtime, b"nonsense");
            assert_eq!(find_runtime(&copy).unwrap().version.hex, python.hex, "the constant tells too");
        }
    }
}

#[test]
fn other_processors_are_named() {
    let Some(python) = pythons().into_iter().rfind(|python| python.is_known()) else { return };
    let target = Target::start(&python);
    let copy = Copied::of(&Live::of(target.pid()));
    let starts: Vec<u64> = Images::of(&copy).images.iter().map(|image| image.start).collect();
    for (change, words) in [((4, 1), "32-bit x86"), ((18, 183), "64-bit ARM (AArch64)"), ((18, 243), "64-bit RISC-V")] {
        let mut copy = copy.clone();
        for start in &starts {
            copy.write(start + change.0, &[change.1]);
        }
        let reason = find_runtime(&copy).unwrap_err();
        assert!(matches!(&reason, NotFound::Foreign { architecture, .. } if architecture == words), "{reason}");
        assert!(reason.to_string().contains(words), "{reason}");
    }
}

#[test]
fn changed_bytes_never_lead_outside() {
    const ROUNDS: u64 = 3000;
    let mut known = pythons();
    known.retain(|python| python.is_known());
    let Some(python) = known.pop() else { return };
    let target = Target::start(&python);
    let mut copy = Copied::of(&Live::of(target.pid()));
    let images = Images::of(&copy).images;
    let Ok(runtime) = find_runtime(&copy) else { panic!("{} is not found", python.version) };
    let chosen = images.iter().find(|image| image.spans(runtime.address)).unwrap();
    let start = chosen.start;
    let end = chosen.extents().last().unwrap().1;
    // Where the program headers say that the dynamic table is.
    let word = |address: u64| {
        let mut buffer = [0; 8];
        assert_eq!(copy.read(address, &mut buffer), 8);
        u64::from_le_bytes(buffer)
    };
    let headers = (0..16).map(|index| start + 64 + index * 56);
    let dynamic = headers.filter(|header| word(*header) as u32 == 2).map(|header| word(header + 16)).next().unwrap();
    let dynamic = chosen.bias.wrapping_add(dynamic) - start;
    // The header, the program headers, the hash tables and symbols behind them, the dynamic table, the runtime's start.
    let runtime_start = runtime.address - start;
    let spots = [
        (0, 64),
        (64, 64 + 56 * 12),
        (0x200, 0x300),
        (0x300, 0x20000),
        (dynamic, dynamic + 0x180),
        (runtime_start, runtime_start + 32),
    ];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut found, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut undo = Vec::new();
        for _ in 0..=numbers.below(4) {
            let (from, to) = spots[numbers.below(spots.len() as u64) as usize];
            let address = start + from + numbers.below(to - from - 8);
            let size = 1 << numbers.below(4);
            let address = if numbers.below(2) == 0 { address / 8 * 8 } else { address };
            undo.push((address, copy.write(address, &numbers.evil().to_le_bytes()[..size])));
        }
        let begin = Instant::now();
        for image in Images::of(&copy).images {
            for name in ["_PyRuntime", "Py_GetVersion", "malloc", "no_such_name"] {
                if let Some(symbol) = image.symbol(&copy, name) {
                    assert!(image.spans(symbol.address));
                }
            }
            for pair in image.extents().windows(2) {
                assert!(pair[0].0 < pair[0].1 && pair[0].1 <= pair[1].0, "{:?}", image.extents());
            }
        }
        match find_runtime(&copy) {
            Ok(runtime) => {
                assert!(runtime.address >= start && runtime.address < end);
                found += 1;
            }
            Err(reason) => {
                assert!(!reason.to_string().contains('\n'));
                refused += 1;
            }
        }
        assert!(begin.elapsed().as_secs() < 10, "round {round} took {:?}", begin.elapsed());
        for (address, old) in undo.into_iter().rev() {
            copy.write(address, &old);
        }
    }
    println!("{found} found, {refused} refused");
    assert!(found > 0 && refused > 0);
    assert_eq!(find_runtime(&copy), Ok(runtime));
}

#[test]
fn claims_of_a_huge_image_take_neither_others_bytes_nor_time() {
    // A thousand images, each of which says that all of memory is its own.
    let mut header = vec![0u8; 4096];
    header[..20].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 62, 0]);
    header[32..40].copy_from_slice(&64u64.to_le_bytes());
    header[54..58].copy_from_slice(&[56, 0, 72, 0]);
    for index in 0..72 {
        let entry = &mut header[64 + index * 56..][..56];
        entry[0] = 1;
        entry[4] = 7;
        entry[40..48].copy_from_slice(&(u64::MAX >> 1).to_le_bytes());
    }
    let ranges: Vec<Range> = (1..=1000u64)
        .map(|index| Range {
            start: index << 20,
            end: (index << 20) + 4096,
            readable: true,
            executable: true,
            file: (index % 2 == 0).then(|| "/nowhere/library.so".into()),
            ..Range::default()
        })
        .collect();
    let contents = vec![header; ranges.len()];
    let space = Copied { ranges, contents };
    let begin = Instant::now();
    let images = Images::of(&space).images;
    for image in &images {
        assert!(image.extents().iter().all(|(start, end)| *start >= image.start && *end <= image.start + (2 << 20)));
    }
    find_runtime(&space).unwrap_err();
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
