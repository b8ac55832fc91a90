//! The unit of `benches/scale.py`: one scan of all integers of a file that is already in memory.
//!
//! `scan FILE N` scans N times, and prints how many integers there are. Each reader of the format has to do this, as it must find
//! where each number ends. Needs no library: `rustc -O benches/scan.rs` is all.

use std::hint::black_box;

/// How many integers the text has, and their wrapping sum. Eight bytes at a time.
fn scan(text: &[u8]) -> (u64, u64) {
    const LOW: u64 = u64::from_ne_bytes([1; 8]);
    const ZEROS: u64 = LOW * b'0' as u64;
    let (mut count, mut sum, mut at, mut goes_on) = (0_u64, 0_u64, 0, false);
    while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let digits = u64::from_le_bytes(*word) ^ ZEROS;
        // The high bit of each byte that is no digit, and perhaps of some behind the first of these.
        let other = (digits.wrapping_add(LOW * 0x76) | digits) & (LOW * 0x80);
        let length = other.trailing_zeros() / 8;
        if length == 0 {
            count += u64::from(goes_on);
            goes_on = false;
            at += 1;
            continue;
        }
        let mut value = digits << (64 - 8 * length);
        value = (value * 10) + (value >> 8);
        value = (((value & 0x0000_00FF_0000_00FF) * 0x000F_4240_0000_0064)
            + (((value >> 16) & 0x0000_00FF_0000_00FF) * 0x0000_2710_0000_0001))
            >> 32;
        sum = sum.wrapping_add(value);
        // A number that goes on is counted where it ends.
        goes_on = length == 8;
        count += u64::from(!goes_on);
        at += length as usize + usize::from(!goes_on);
    }
    (count, sum)
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [path, times] = &words[..] else {
        println!("scan FILE N: name a file, and how often");
        return;
    };
    let text = std::fs::read(path).expect("the file can be read");
    let times: u32 = times.parse().expect("N is a number");
    for _ in 0..times {
        println!("{}", black_box(scan(black_box(&text))).0);
    }
}
