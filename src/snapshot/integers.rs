//! Walks over plain JSON by hand, where it is columns of integers: nearly all bytes of a snapshot are such columns.
//!
//! Each function takes what a dumper writes, and gives `None` for anything else, valid or not: then the value is parsed by
//! `serde_json`, which accepts it after all or says what is wrong, and where.

/// A place in a JSON text that is in memory.
pub(super) struct Walk<'b> {
    text: &'b [u8],
    at: usize,
}

/// Integers that columns are made of.
pub(super) trait Integer: Copy {
    /// Whether it may be below zero.
    const IS_SIGNED: bool;

    /// The integer with this sign and magnitude; `None` when it does not fit.
    fn new(is_negative: bool, magnitude: u64) -> Option<Self>;

    /// The integer with these bits of two's complement; `None` when it does not fit.
    fn of_bits(bits: u64) -> Option<Self>;

    /// Its bits of two's complement.
    fn bits(self) -> u64;
}

macro_rules! unsigned {
    ($($integer:ty)*) => {$(
        impl Integer for $integer {
            const IS_SIGNED: bool = false;

            fn new(is_negative: bool, magnitude: u64) -> Option<Self> {
                if is_negative { None } else { magnitude.try_into().ok() }
            }

            fn of_bits(bits: u64) -> Option<Self> {
                bits.try_into().ok()
            }

            fn bits(self) -> u64 {
                self.into()
            }
        }
    )*};
}

unsigned!(u8 u32 u64);

impl Integer for i64 {
    const IS_SIGNED: bool = true;

    fn new(is_negative: bool, magnitude: u64) -> Option<Self> {
        let magnitude = i64::try_from(magnitude).ok()?;
        Some(if is_negative { -magnitude } else { magnitude })
    }

    fn of_bits(bits: u64) -> Option<Self> {
        Some(bits.cast_signed())
    }

    fn bits(self) -> u64 {
        self.cast_unsigned()
    }
}

const POWERS_OF_TEN: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

impl<'b> Walk<'b> {
    pub fn new(text: &'b [u8]) -> Self {
        Walk { text, at: 0 }
    }

    /// Consumes this byte, if it comes next, white space aside.
    pub fn take(&mut self, wanted: u8) -> Option<()> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte if byte == wanted => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Whether nothing but white space is left.
    pub fn is_at_end(&self) -> bool {
        self.text[self.at..].iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
    }

    /// A key with its colon. One that is written with escapes is left to `serde_json`.
    pub fn key(&mut self) -> Option<&'b [u8]> {
        let key = self.plain_text()?;
        self.take(b':')?;
        key.is_ascii().then_some(key)
    }

    /// A text without its quotes. One that is written with escapes is left to `serde_json`, and so is what is no text.
    pub fn plain_text(&mut self) -> Option<&'b [u8]> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let text = &rest[..memchr::memchr2(b'"', b'\\', rest)?];
        self.at += text.len();
        self.take(b'"')?;
        Some(text)
    }

    /// A list of integers, appended to `out`.
    pub fn integers<T: Integer>(&mut self, out: &mut Vec<T>) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            // Where no sign is allowed none is looked for.
            let is_negative = T::IS_SIGNED && *self.text.get(self.at)? == b'-';
            self.at += usize::from(is_negative);
            let magnitude = self.digits()?;
            if is_negative && magnitude == 0 {
                return None; // a number with a fraction, to JSON
            }
            out.push(T::new(is_negative, magnitude)?);
            let next = *self.text.get(self.at)?;
            self.at += 1;
            match next {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// The digits that come next, as a number: at least one, and no zero before others.
    #[inline(always)]
    fn digits(&mut self) -> Option<u64> {
        let rest = self.text.get(self.at..)?;
        let Some(&word) = rest.first_chunk::<8>() else { return self.last_digits() };
        let (length, value) = up_to_eight_digits(word);
        // Not by `&&`: which of the conditions holds is as good as random, and a wrong guess takes longer than all of them.
        if (length == 0) | ((word[0] == b'0') & (length > 1)) {
            return None;
        }
        if length < 8 {
            self.at += length;
            return Some(value);
        }
        let Some(&word) = rest[8..].first_chunk::<8>() else { return self.last_digits() };
        let (more, low) = up_to_eight_digits(word);
        self.at += 8 + more;
        // Of 16 digits and more none is an address of a process, nor the size of anything.
        (more < 8).then(|| value * POWERS_OF_TEN[more] + low * u64::from(more > 0))
    }

    /// The same close to the end of the text.
    #[cold]
    fn last_digits(&mut self) -> Option<u64> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = &rest[..length];
        if length == 0 || length > 15 || (digits[0] == b'0' && length > 1) {
            return None;
        }
        self.at += length;
        Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// A list of integers, only counted: how many there are. Their size is not looked at.
    pub fn count(&mut self) -> Option<u64> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(0);
        }
        let rest = &self.text[self.at..];
        let list = &rest[..memchr::memchr(b']', rest)?];
        self.at += list.len() + 1;
        let (first, last) = (list.first()?, list.last()?);
        let is_digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
        // A comma stands behind a digit, a minus behind a comma or at the start, and digits behind anything. Without branches, so
        // that it is done many bytes at once.
        let is_list = list.iter().zip(&list[1..]).fold(true, |so_far, (&before, &byte)| {
            let fits = is_digit(byte) | ((byte == b',') & is_digit(before)) | ((byte == b'-') & (before == b','));
            so_far & fits
        });
        let is_whole = is_list && is_digit(*last) && (is_digit(*first) || *first == b'-');
        is_whole.then(|| memchr::memchr_iter(b',', list).count() as u64 + 1)
    }

    /// The next value whole, whatever it is, its brackets in balance.
    pub fn value(&mut self) -> Option<&'b [u8]> {
        let begin = self.at;
        let mut depth = 0_u64;
        loop {
            match *self.text.get(self.at)? {
                b'"' => self.pass_string()?,
                b'[' | b'{' => depth += 1,
                b',' | b'}' | b']' if depth == 0 => return Some(&self.text[begin..self.at]),
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// From the quote that opens a string to the one that closes it.
    fn pass_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[self.at] == b'"' {
                return Some(());
            }
            self.at += 2;
        }
    }
}

/// How many of eight characters are digits before the first that is none, and the number that these are. Without branches. Where
/// there are none the number means nothing.
#[inline(always)]
fn up_to_eight_digits(word: [u8; 8]) -> (usize, u64) {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    // The first character is the lowest byte.
    let digits = u64::from_le_bytes(word) ^ (EACH * b'0' as u64);
    // The highest bit is set in the first byte that is above nine, and in none before it.
    let others = (digits.wrapping_add(EACH * 0x76) | digits) & (EACH * 0x80);
    let length = (others.trailing_zeros() / 8) as usize;
    // With zeros before the digits there are eight; then pairs, fours and eights are joined.
    let digits = digits << ((64 - 8 * length as u32) & 63);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(100 + (1_000_000 << 32));
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(1 + (10_000 << 32));
    (length, low.wrapping_add(high) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers<T: Integer>(text: &str) -> Option<Vec<T>> {
        let mut out = Vec::new();
        let mut walk = Walk::new(text.as_bytes());
        walk.integers(&mut out)?;
        walk.is_at_end().then_some(out)
    }

    /// Whatever is taken is what `serde_json` takes it for, at every length, with and without text behind.
    #[test]
    fn integers_are_those_of_serde_json() {
        let mut numbers: Vec<i64> = vec![0, 7, 10, 99_999_999, 100_000_000, -1, -99, 999_999_999_999_999];
        numbers
            .extend((0..15).flat_map(|digits| [10_i64.pow(digits), 10_i64.pow(digits) * 9 + 8, -10_i64.pow(digits)]));
        for &number in &numbers {
            for behind in ["", "                "] {
                assert_eq!(integers::<i64>(&format!("[{number}]{behind}")), Some(vec![number]));
                assert_eq!(integers::<i64>(&format!("[5,{number},6]{behind}")), Some(vec![5, number, 6]));
            }
        }
        let text = serde_json::to_string(&numbers).unwrap();
        assert_eq!(integers::<i64>(&text), Some(numbers.clone()));
        assert_eq!(Walk::new(text.as_bytes()).count(), Some(numbers.len() as u64));
    }

    #[test]
    fn limits_of_each_kind_of_integer() {
        assert_eq!(integers::<u8>("[0,255]"), Some(vec![0, 255]));
        assert_eq!(integers::<u8>("[256]"), None);
        assert_eq!(integers::<u32>("[4294967295]"), Some(vec![u32::MAX]));
        assert_eq!(integers::<u32>("[4294967296]"), None);
        assert_eq!(integers::<u64>("[-1]"), None);
        assert_eq!(integers::<i64>("[]"), Some(vec![]));
        assert_eq!(integers::<i64>(" [ ] "), Some(vec![]));
    }

    #[test]
    fn anything_else_is_left_to_serde_json() {
        for text in [
            "", "[", "[1", "[1,", "[1,]", "[,1]", "[-]", "[--1]", "[1-2]", "[+1]", "[x]", "[1 ,2]", "[1;2]", "[[1]]",
            "{}", "1", "[1.5]", "[null]",
        ] {
            assert_eq!(integers::<i64>(text), None, "{text}");
            assert_eq!(Walk::new(text.as_bytes()).count(), None, "{text}");
        }
        // Of what can't be said without looking at the number, a count knows nothing.
        for text in [
            "[01]",
            "[00]",
            "[-0]",
            "[-01]",
            "[1234567890123456]",
            "[1234567890123456789]",
            "[99999999999999999999999999999999]",
        ] {
            assert_eq!(integers::<i64>(text), None, "{text}");
        }
    }

    #[test]
    fn values_and_keys_come_whole() {
        let mut walk = Walk::new(br#" "a" : [{"]":"\"}"}, 1],"b\n":2}"#);
        assert_eq!(walk.key(), Some(&b"a"[..]));
        assert_eq!(walk.value(), Some(&br#" [{"]":"\"}"}, 1]"#[..]));
        assert_eq!(walk.take(b','), Some(()));
        assert_eq!(walk.key(), None);
        for text in ["", "[", "\"", "\"\\", "[\"a\\"] {
            assert_eq!(Walk::new(text.as_bytes()).value(), None, "{text}");
        }
    }
}
