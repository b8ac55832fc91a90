//! Bytes, counts, shares and addresses: arithmetic and wording in one place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `id(obj)` of an object, as the dumper wrote it. Shown and serialised as `0x7f12…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: expected hexadecimal like 0x7f12ab34 or decimal, as id() prints it")]
pub struct AddressError {
    text: String,
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads `0x7f…` or decimal digits; underscores between digits are allowed, as in Python. Digits with letters among them
    /// are hexadecimal without `0x`, too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().replace('_', "");
        let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16),
            None => digits.parse().or_else(|_| u64::from_str_radix(&digits, 16)),
        };
        match number {
            Ok(number) if !digits.contains('+') => Ok(Address(number)),
            _ => Err(AddressError { text: text.to_owned() }),
        }
    }
}

/// A count with thousands separators: `1,204`.
pub fn count(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun: `1 object`, `1,204 objects`.
pub fn counted(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// Bytes for people: `312 B`, `1.9 KiB`, `212 MiB`; three significant digits above a KiB.
///
/// The exact number stands in JSON and CSV.
pub fn bytes(number: impl Into<i128>) -> String {
    let number = number.into();
    let sign = if number < 0 { "-" } else { "" };
    let magnitude = number.unsigned_abs();
    if magnitude < 1024 {
        return format!("{sign}{magnitude} B");
    }
    let mut value = magnitude as f64;
    let mut unit = 0;
    // 999.5 would be printed as 1000, which has four digits: the next unit is shorter.
    while value >= 999.5 && unit < 6 {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    let unit = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit];
    format!("{sign}{value:.decimals$} {unit}")
}

/// A time with the unit that fits it: `870 ns`, `12.3 µs`, `4.0 ms`, `1.20 s`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 999.5e-9 => format!("{:.0} ns", seconds * 1e9),
        seconds if seconds < 999.5e-6 => format!("{:.1} µs", seconds * 1e6),
        seconds if seconds < 0.9995 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

/// A share of a whole as a percentage with one decimal: `93.4 %`; `–` when the whole is zero.
pub fn share(part: i128, whole: i128) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_in_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_204), "1,204");
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(counted(1, "object"), "1 object");
        assert_eq!(counted(1204, "object"), "1,204 objects");
    }

    #[test]
    fn bytes_keep_three_digits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.00 KiB");
        assert_eq!(bytes(-2048), "-2.00 KiB");
        assert_eq!(bytes(10 * 1024 * 1024), "10.0 MiB");
        assert_eq!(bytes(1023 * 1024), "1.00 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }

    #[test]
    fn addresses_read_what_python_prints() {
        assert_eq!("0x7f".parse(), Ok(Address(127)));
        assert_eq!("127".parse(), Ok(Address(127)));
        assert_eq!("7f".parse(), Ok(Address(127)));
        assert_eq!(Address(127).to_string(), "0x7f");
        for wrong in ["", "0x", "-1", "+1", "1.0", "0xzz", "18446744073709551616"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
