//! Heaps in which any word may be anything: read as far as they go, in bounded time and memory, without a panic.

use std::fs::File;
use std::time::{Duration, Instant};

use heapgraph::cpython::{WalkOptions, read_heap};
use heapgraph::memory::interpreter_image::find_runtime;
use heapgraph::memory::live::LiveProcess;
use heapgraph::memory::{AddressSpace, Range};

use super::MEMORY;
use super::elf_in_memory::Numbers;
use super::targets::{Target, pythons};

/// An address space of which one word in so many is another: the same one in every reading of it.
struct Torn<'a> {
    space: &'a dyn AddressSpace,
    seed: u64,
    one_in: u64,
}

impl Torn<'_> {
    fn word(&self, address: u64, old: u64) -> u64 {
        let mut numbers = Numbers(address.rotate_left(17) ^ self.seed);
        if numbers.below(self.one_in) != 0 {
            return old;
        }
        match numbers.below(8) {
            // A place inside of what it is itself, the neighbour of what it pointed to, and itself.
            0 => address,
            1 => old.wrapping_add(8),
            2 => old.wrapping_sub(16),
            3 => old ^ 1 << numbers.below(64),
            4 => 1 << numbers.below(64),
            5 => u64::MAX,
            6 => 0,
            _ => numbers.evil(),
        }
    }
}

impl AddressSpace for Torn<'_> {
    fn ranges(&self) -> &[Range] {
        self.space.ranges()
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let length = self.space.read(address, buffer);
        let skipped = (address.next_multiple_of(8) - address) as usize;
        if skipped < length {
            let words = buffer[skipped..length].chunks_exact_mut(8);
            for (word, place) in words.zip((address + skipped as u64..).step_by(8)) {
                let old = u64::from_le_bytes(word.try_into().unwrap());
                word.copy_from_slice(&self.word(place, old).to_le_bytes());
            }
        }
        length
    }

    fn open_file(&self, range: &Range) -> Option<File> {
        self.space.open_file(range)
    }
}

#[test]
fn any_word_may_be_anything() {
    let all = pythons();
    let known: Vec<_> = all.iter().filter(|python| python.is_known()).collect();
    // The oldest and the newest, whose objects differ most.
    for python in [known.first(), known.last()].into_iter().flatten() {
        let target = Target::start(python);
        let space = LiveProcess::open(target.pid()).unwrap();
        let runtime = find_runtime(&space).unwrap();
        let whole = read_heap(&space, &runtime, &WalkOptions::default()).unwrap();
        let expected = whole.objects.address.len();
        let (mut read, mut refused, mut most) = (0, 0, Duration::ZERO);
        for round in 0..150 {
            let torn = Torn {
                space: &space,
                seed: round * 0x9e37_79b9,
                one_in: [30, 300, 3_000, 30_000, 300_000][round as usize % 5],
            };
            MEMORY.reset_peak_usage();
            let begin = Instant::now();
            let before = MEMORY.current_usage_as_mb();
            match read_heap(&torn, &runtime, &WalkOptions::default()) {
                Ok(snapshot) => {
                    read += 1;
                    let count = snapshot.objects.address.len();
                    assert!(count < 2 * expected + 10_000, "round {round}: {count} objects of {expected}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().contains('\n'), "{error}");
                }
            }
            most = most.max(begin.elapsed());
            assert!(begin.elapsed() < Duration::from_secs(30), "round {round} took {:?}", begin.elapsed());
            let grown = MEMORY.peak_usage_as_mb() - before;
            assert!(grown < 400.0, "round {round}: {grown} MB");
        }
        println!("{}: {read} read, {refused} refused, at most {most:?}", python.version);
        assert!(read > 5, "{read} read, {refused} refused");
    }
}
