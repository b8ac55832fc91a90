//! Which line of its source a frame executes: three formats of tables, by version.

use super::layout::ABSENT;
use super::python::Python;

/// A table is never longer.
const LONGEST_TABLE: usize = 1 << 22;

/// The line at byte `offset` of the code; `None` when the table does not tell. Linear in the table.
pub(super) fn line_of(python: &mut Python<'_>, code: u64, offset: i64) -> Option<u64> {
    let at = &python.at.code;
    let first = i64::from(python.int(code, at.firstlineno)?);
    let table = python.pointer(code, at.linetable)?;
    let length = usize::try_from(python.length(table)?).ok()?.min(LONGEST_TABLE);
    let mut bytes = Vec::new();
    python.image.bytes(table + u64::from(python.at.bytes.data), length, &mut bytes);
    let line = if python.at.code.localsplusnames != ABSENT {
        // An instruction that has begun is before the pointer from 3.13 on, at it before.
        let unit = if python.minor >= 13 { offset - 2 } else { offset };
        locations(&bytes, first, unit.max(0))
    } else if python.minor == 10 {
        line_deltas(&bytes, first, offset.max(0) * 2)
    } else {
        line_numbers(&bytes, first, offset.max(0))
    };
    line.and_then(|line| u64::try_from(line).ok()).filter(|&line| line > 0)
}

/// All lines that the code has instructions of, in the order of the code; empty when the table does not tell. Linear in it.
pub(super) fn lines_of(python: &mut Python<'_>, code: u64) -> Vec<i64> {
    let at = &python.at.code;
    let Some(first) = python.int(code, at.firstlineno).map(i64::from) else { return Vec::new() };
    let Some(table) = python.pointer(code, at.linetable) else { return Vec::new() };
    let length = python.length(table).and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(LONGEST_TABLE);
    let mut bytes = Vec::new();
    python.image.bytes(table + u64::from(python.at.bytes.data), length, &mut bytes);
    if python.at.code.localsplusnames != ABSENT {
        all_locations(&bytes, first)
    } else {
        all_deltas(&bytes, first, python.minor)
    }
}

/// The same for pairs of bytes of code and lines, to 3.10.
fn all_deltas(table: &[u8], first: i64, minor: u8) -> Vec<i64> {
    let mut line = first;
    let lines = table.chunks_exact(2).filter_map(|pair| {
        let delta = pair[1].cast_signed();
        if minor == 10 && delta == -128 {
            return None;
        }
        line += i64::from(delta);
        Some(line)
    });
    lines.collect()
}

/// The same for the table of 3.11 and later.
fn all_locations(table: &[u8], first: i64) -> Vec<i64> {
    let (mut line, mut place, mut lines) = (first, 0, Vec::new());
    while let Some(entry) = entry_at(table, place) {
        line += entry.delta.unwrap_or(0);
        lines.extend(entry.delta.map(|_| line));
        place = entry.end;
    }
    lines
}

/// `co_lnotab`, to 3.9: pairs of (bytes of code, lines).
fn line_numbers(table: &[u8], first: i64, offset: i64) -> Option<i64> {
    let (mut line, mut address) = (first, 0);
    for pair in table.chunks_exact(2) {
        address += i64::from(pair[0]);
        if address > offset {
            break;
        }
        line += i64::from(pair[1].cast_signed());
    }
    Some(line)
}

/// `co_linetable` of 3.10: pairs of (bytes of code, lines before them); −128 lines: none.
fn line_deltas(table: &[u8], first: i64, offset: i64) -> Option<i64> {
    let (mut line, mut end) = (first, 0);
    for pair in table.chunks_exact(2) {
        end += i64::from(pair[0]);
        let delta = pair[1].cast_signed();
        if delta != -128 {
            line += i64::from(delta);
        }
        if end > offset {
            return (delta != -128).then_some(line);
        }
    }
    None
}

/// `co_linetable` from 3.11 on: entries of a code, a length in units of two bytes, and what the code says.
fn locations(table: &[u8], first: i64, offset: i64) -> Option<i64> {
    let (mut line, mut end, mut place) = (first, 0, 0);
    while let Some(entry) = entry_at(table, place) {
        end += entry.code_bytes;
        line += entry.delta.unwrap_or(0);
        if end > offset {
            return entry.delta.map(|_| line);
        }
        place = entry.end;
    }
    None
}

/// One entry of such a table.
struct LocationEntry {
    /// Bytes of code that it is about.
    code_bytes: i64,
    /// Lines from those of the entry before it; `None`: of no line.
    delta: Option<i64>,
    /// Where the next one begins.
    end: usize,
}

fn entry_at(table: &[u8], place: usize) -> Option<LocationEntry> {
    let start = *table.get(place).filter(|&&start| start & 0x80 != 0)?;
    let code = start >> 3 & 15;
    let mut end = place + 1;
    let delta = match code {
        13 | 14 => {
            let (number, _) = varint(table, end)?;
            Some(if number & 1 != 0 { -(number >> 1) } else { number >> 1 })
        }
        10..=12 => Some(i64::from(code) - 10),
        15 => None,
        _ => Some(0),
    };
    while table.get(end).is_some_and(|byte| byte & 0x80 == 0) {
        end += 1;
    }
    Some(LocationEntry { code_bytes: (i64::from(start & 7) + 1) * 2, delta, end })
}

/// Six bits a byte, least first; bit 6: more follow.
fn varint(table: &[u8], mut place: usize) -> Option<(i64, usize)> {
    let (mut number, mut shift) = (0_i64, 0);
    loop {
        let byte = *table.get(place)?;
        number |= i64::from(byte & 63) << shift;
        place += 1;
        shift += 6;
        if byte & 64 == 0 {
            return Some((number, place));
        }
        if shift > 36 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_read() {
        assert_eq!(line_numbers(&[4, 1, 6, 2, 2, 0xff], 10, 9), Some(11));
        assert_eq!(line_numbers(&[4, 1, 6, 2, 2, 0xff], 10, 12), Some(12));
        assert_eq!(line_deltas(&[4, 1, 2, 0x80, 6, 2], 10, 2), Some(11));
        assert_eq!(line_deltas(&[4, 1, 2, 0x80, 6, 2], 10, 5), None);
        assert_eq!(line_deltas(&[4, 1, 2, 0x80, 6, 2], 10, 6), Some(13));
        // One line on for 2 units, then the same line (short form), then -3 lines without columns.
        let table = [0x80 | 11 << 3 | 1, 5, 9, 0x80 | 3 << 3, 0x44, 0x80 | 13 << 3, 7];
        assert_eq!(locations(&table, 10, 0), Some(11));
        assert_eq!(locations(&table, 10, 4), Some(11));
        assert_eq!(locations(&table, 10, 6), Some(8));
        assert_eq!(locations(&table, 10, 8), None);
        assert_eq!(locations(&[1], 10, 0), None);
        assert_eq!(all_locations(&table, 10), [11, 11, 8]);
        assert_eq!(all_deltas(&[4, 1, 2, 0x80, 6, 2], 10, 10), [11, 13]);
    }
}
