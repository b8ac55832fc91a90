//! Packed columns: the integers of a column as bytes, and these in base64. FORMAT.md says what stands where.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::integers::Integer;

/// A packed column has at most so many characters: what reads it may refuse a longer text as endless. A longer column stays a list.
pub(super) const LONGEST: usize = 16 << 20;

/// Characters that are decoded at once, and the bytes that these are.
const CHARACTERS: usize = 4096;
const BYTES: usize = CHARACTERS / 4 * 3;

/// What is wrong with a packed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// More than [`LONGEST`] characters.
    TooLong,
    /// Characters that are no base64, or bits in the last one that belong to no byte.
    NotBase64,
    /// The first byte, when it is no shift.
    Shift(u8),
    /// The text ends in the middle of a number, or has none.
    Cut,
    /// A number with a byte more than it needs.
    Overlong,
    /// A number of more than 64 bits.
    TooLarge,
    /// A number that no entry of the column can be.
    OutOfRange(u64),
}

impl Fault {
    /// What should have stood there, and what did.
    pub fn words(self) -> (String, String) {
        let words = |expected: &str, found: &str| (expected.to_owned(), found.to_owned());
        match self {
            Fault::TooLong => (format!("a packed column of at most {LONGEST} characters"), "a longer one".to_owned()),
            Fault::NotBase64 => words("base64 of the standard alphabet, padded with `=`", "another text"),
            Fault::Shift(byte) => ("a shift from 0 to 63 as its first byte".to_owned(), byte.to_string()),
            Fault::Cut => words("the rest of a number", "the end of a packed column"),
            Fault::Overlong => words("a number in as few bytes as it takes", "one that ends with a byte of zeros"),
            Fault::TooLarge => words("a number of at most 64 bits", "a longer one"),
            Fault::OutOfRange(number) => {
                ("a number that its column can hold".to_owned(), format!("integer `{}`", number.cast_signed()))
            }
        }
    }
}

/// Appends the column as a JSON string to `out`. `false` when it would be too long: nothing is appended then. Linear, with memory for
/// the bytes of one column in `bytes`, which is used again.
pub(super) fn pack(numbers: impl Iterator<Item = u64> + Clone, bytes: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    bytes.clear();
    let mut previous = 0_u64;
    let differences = numbers.map(move |number| {
        let difference = number.wrapping_sub(previous);
        previous = number;
        difference
    });
    // Objects lie at multiples of 8: the bits in which no number differs from the one before need not be written.
    let differing = differences.clone().fold(0, |so_far, difference| so_far | difference);
    let shift = differing.trailing_zeros() % u64::BITS;
    if differences.clone().next().is_some() {
        bytes.push(shift as u8);
    }
    for difference in differences {
        let difference = difference.cast_signed() >> shift;
        put((difference << 1 ^ difference >> 63).cast_unsigned(), bytes);
        if bytes.len() > LONGEST / 4 * 3 {
            return false;
        }
    }
    let begin = out.len() + 1;
    out.resize(begin + bytes.len().div_ceil(3) * 4, 0);
    out[begin - 1] = b'"';
    let written = STANDARD.encode_slice(&*bytes, &mut out[begin..]).unwrap_or(0);
    debug_assert_eq!(begin + written, out.len());
    out.push(b'"');
    true
}

/// Appends a number, seven bits to a byte, the lowest first; all bytes but the last have the highest bit set.
fn put(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends the numbers of a packed column, given without its quotes, to `out`; after a fault it has those before. Linear; memory for
/// what is appended alone.
pub(super) fn unpack<T: Integer>(text: &[u8], out: &mut Vec<T>) -> Result<(), Fault> {
    let begin = out.len();
    let mut unpacking = Unpacking { shift: None, sum: 0, part: 0, bits: 0, out };
    decode(text, |bytes| unpacking.take(bytes))?;
    let is_whole = unpacking.bits == 0 && (unpacking.shift.is_none() || unpacking.out.len() > begin);
    if is_whole { Ok(()) } else { Err(Fault::Cut) }
}

/// How many numbers a packed column has; they are not looked at.
pub(super) fn count(text: &[u8]) -> Result<u64, Fault> {
    let (mut ends, mut first, mut last) = (0, None, 0);
    decode(text, |bytes| {
        if let (Some(&one), Some(&other)) = (bytes.first(), bytes.last()) {
            first.get_or_insert(one);
            last = other;
        }
        ends += bytes.iter().filter(|&&byte| byte < 0x80).count() as u64;
        Ok(())
    })?;
    match first {
        None => Ok(0),
        Some(shift) if u32::from(shift) >= u64::BITS => Err(Fault::Shift(shift)),
        Some(_) if last >= 0x80 || ends == 1 => Err(Fault::Cut),
        // The shift is one of them.
        Some(_) => Ok(ends - 1),
    }
}

/// Hands on the bytes of a text in base64, a block at a time.
fn decode(text: &[u8], mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    if text.len() > LONGEST {
        return Err(Fault::TooLong);
    }
    let mut bytes = [0; BYTES];
    let mut rest = text;
    while rest.len() > CHARACTERS {
        let (block, behind) = rest.split_at(CHARACTERS);
        // Padding is for the end of the text.
        let length = STANDARD_NO_PAD.decode_slice(block, &mut bytes).map_err(|_| Fault::NotBase64)?;
        take(&bytes[..length])?;
        rest = behind;
    }
    let length = STANDARD.decode_slice(rest, &mut bytes).map_err(|_| Fault::NotBase64)?;
    take(&bytes[..length])
}

/// Puts numbers together from bytes that come block by block.
struct Unpacking<'o, T> {
    /// `None` before the first byte.
    shift: Option<u32>,
    /// The number that came last.
    sum: u64,
    /// What is known of the number whose bytes are coming, and how many bits these are; nothing between numbers.
    part: u64,
    bits: u32,
    out: &'o mut Vec<T>,
}

impl<T: Integer> Unpacking<'_, T> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        let shift = match (self.shift, bytes) {
            (Some(shift), _) => shift,
            (None, []) => return Ok(()),
            (None, &[first, ref behind @ ..]) => {
                rest = behind;
                if u32::from(first) >= u64::BITS {
                    return Err(Fault::Shift(first));
                }
                *self.shift.insert(u32::from(first))
            }
        };
        loop {
            if self.bits == 0
                && let Some(&word) = rest.first_chunk::<8>()
                && let (length @ 1.., number) = up_to_eight_bytes(word)
            {
                if length > 1 && word[length - 1] == 0 {
                    return Err(Fault::Overlong);
                }
                rest = &rest[length..];
                self.add(number, shift)?;
                continue;
            }
            let Some((&byte, behind)) = rest.split_first() else { return Ok(()) };
            rest = behind;
            if let Some(number) = self.one(byte)? {
                self.add(number, shift)?;
            }
        }
    }

    /// The next byte of a number that lies across two blocks, is close to the end, or is a long one.
    #[cold]
    fn one(&mut self, byte: u8) -> Result<Option<u64>, Fault> {
        if self.bits == 63 && byte > 1 {
            return Err(Fault::TooLarge);
        }
        self.part |= u64::from(byte & 0x7F) << self.bits;
        if byte >= 0x80 {
            self.bits += 7;
            return Ok(None);
        }
        if byte == 0 && self.bits > 0 {
            return Err(Fault::Overlong);
        }
        self.bits = 0;
        Ok(Some(std::mem::take(&mut self.part)))
    }

    #[inline(always)]
    fn add(&mut self, number: u64, shift: u32) -> Result<(), Fault> {
        let difference = (number >> 1) ^ (number & 1).wrapping_neg();
        self.sum = self.sum.wrapping_add(difference << shift);
        self.out.push(T::of_bits(self.sum).ok_or(Fault::OutOfRange(self.sum))?);
        Ok(())
    }
}

/// How many of eight bytes are the first number, and this number, without branches; 0 when it is a longer one.
#[inline(always)]
fn up_to_eight_bytes(word: [u8; 8]) -> (usize, u64) {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_le_bytes(word);
    // The highest bit of each byte that is the last one of a number.
    let ends = !word & (EACH * 0x80);
    // All bits up to the first of these.
    let kept = word & (ends ^ ends.wrapping_sub(1)) & (EACH * 0x7F);
    let pairs = (kept & 0x007F_007F_007F_007F) | (kept & 0x7F00_7F00_7F00_7F00) >> 1;
    let fours = (pairs & 0x0000_3FFF_0000_3FFF) | (pairs & 0x3FFF_0000_3FFF_0000) >> 2;
    let number = (fours & 0x0FFF_FFFF) | (fours & 0x0FFF_FFFF_0000_0000) >> 4;
    let length = if ends == 0 { 0 } else { ends.trailing_zeros() as usize / 8 + 1 };
    (length, number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(numbers: &[u64]) -> String {
        let mut out = Vec::new();
        assert!(pack(numbers.iter().copied(), &mut Vec::new(), &mut out));
        let text = String::from_utf8(out).unwrap();
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap().to_owned()
    }

    fn unpacked<T: Integer>(text: &str) -> Result<Vec<T>, Fault> {
        let mut out = Vec::new();
        unpack(text.as_bytes(), &mut out).map(|()| out)
    }

    /// The text of these bytes, which no writer of ours may have made.
    fn text(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }

    /// What FORMAT.md gives as its example.
    #[test]
    fn the_example_of_the_format() {
        assert_eq!(packed(&[16, 64, 32]), "BAIGAw==");
        assert_eq!(text(&[4, 2, 6, 3]), "BAIGAw==");
        assert_eq!(unpacked::<i64>("BAIGAw=="), Ok(vec![16, 64, 32]));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            numbers in prop_oneof![
                prop::collection::vec(any::<u64>(), 0..50),
                prop::collection::vec(0..2000_u64, 0..9000),
                prop::collection::vec((0..1_u64 << 40).prop_map(|number| number * 16), 0..3000),
                prop::collection::vec((0..64_u32).prop_map(|bit| 1 << bit), 0..3000),
            ]
        ) {
            let text = packed(&numbers);
            prop_assert_eq!(unpacked::<u64>(&text), Ok(numbers.clone()));
            prop_assert_eq!(unpacked::<i64>(&text), Ok(numbers.iter().map(|number| number.cast_signed()).collect()));
            prop_assert_eq!(count(text.as_bytes()), Ok(numbers.len() as u64));
            let narrow: Option<Vec<u32>> = numbers.iter().map(|&number| number.try_into().ok()).collect();
            prop_assert_eq!(unpacked::<u32>(&text).ok(), narrow);
        }

        /// Any bytes are numbers in one way only, or a fault; whoever only counts them counts as many.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..4_u8, 0x7E..0x83_u8], 0..40)) {
            let text = text(&bytes);
            if let Ok(numbers) = unpacked::<u64>(&text) {
                prop_assert_eq!(count(text.as_bytes()), Ok(numbers.len() as u64));
                prop_assert_eq!(unpacked::<u64>(&packed(&numbers)), Ok(numbers));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/=\\ -]{0,40}") {
            let whole = unpacked::<u64>(&text);
            if whole.is_ok() || count(text.as_bytes()).is_err() {
                prop_assert_eq!(whole.is_ok(), count(text.as_bytes()).is_ok());
            }
        }
    }

    /// The bytes of a number may lie in two blocks, at every place.
    #[test]
    fn numbers_across_blocks() {
        for before in BYTES - 24..BYTES + 4 {
            let mut numbers = vec![0; before];
            numbers.extend([u64::MAX / 2, 1, 1 << 56, 1 << 55, u64::MAX / 2 + 1, 9, 300, 7]);
            numbers.extend(vec![7; BYTES]);
            assert_eq!(unpacked::<u64>(&packed(&numbers)), Ok(numbers), "{before}");
        }
    }

    #[test]
    fn each_fault_is_told() {
        let fault = |bytes: &[u8]| unpacked::<u64>(&text(bytes)).unwrap_err();
        assert_eq!(fault(&[64, 0]), Fault::Shift(64));
        assert_eq!(fault(&[0]), Fault::Cut);
        assert_eq!(fault(&[0, 2, 0x80]), Fault::Cut);
        assert_eq!(fault(&[0, 0x80, 0]), Fault::Overlong);
        assert_eq!(fault(&[0, 0x80, 0, 1, 1, 1, 1, 1, 1, 1, 1]), Fault::Overlong);
        let nine = [0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        let with = |last: &[u8]| [&nine[..], last].concat();
        assert_eq!(fault(&with(&[2])), Fault::TooLarge);
        assert_eq!(fault(&with(&[0x81, 0])), Fault::TooLarge);
        assert_eq!(fault(&with(&[0])), Fault::Overlong);
        assert_eq!(fault(&nine), Fault::Cut);
        assert_eq!(unpacked::<i64>(&text(&with(&[1]))), Ok(vec![i64::MIN]));
        assert_eq!(unpacked::<u64>(&text(&[63, 2, 1])), Ok(vec![1 << 63, 0]));
        for wrong in ["A", "AA", "AAA", "AA=", "AAAB\n", "AA==AAAA", "AA-_", "AAC=AA==", "AAI==", "AAJ=", " AAI="] {
            assert_eq!(unpacked::<u64>(wrong), Err(Fault::NotBase64), "{wrong}");
            assert_eq!(count(wrong.as_bytes()), Err(Fault::NotBase64), "{wrong}");
        }
        assert_eq!(unpacked::<u64>("AAI="), Ok(vec![1]));
        // A block that is padded in the middle of the text.
        let mut long = packed(&vec![0; 3 * BYTES]);
        long.replace_range(CHARACTERS - 1..CHARACTERS, "=");
        assert_eq!(unpacked::<u64>(&long), Err(Fault::NotBase64));
        assert_eq!(unpacked::<u32>(&packed(&[5, 1 << 32])), Err(Fault::OutOfRange(1 << 32)));
        assert_eq!(unpacked::<u8>(&packed(&[255, 256])), Err(Fault::OutOfRange(256)));
    }

    #[test]
    fn a_column_that_is_too_long_is_not_packed() {
        let mut out = b"so far".to_vec();
        let longest = LONGEST / 4 * 3 - 1;
        assert!(!pack(std::iter::repeat_n(0, longest + 1), &mut Vec::new(), &mut out));
        assert_eq!(out, b"so far");
        assert!(pack(std::iter::repeat_n(0, longest), &mut Vec::new(), &mut out));
        assert_eq!(out.len(), 6 + LONGEST + 2);
    }
}
