//! Numbers and bytes as Python writes them.

use super::python::{Python, flag};

/// The longest text of a literal, in characters.
pub(super) const TEXT_LIMIT: usize = 120;

/// The text of an object that is a literal of Python, and its whole length in characters; `None` for anything else.
pub(super) fn text_of(python: &mut Python<'_>, object: u64, kind_name: &str) -> Option<(String, u64)> {
    let whole = |text: String| {
        let length = text.chars().count() as u64;
        Some((text, length))
    };
    match kind_name {
        "NoneType" => whole("None".to_owned()),
        "bool" => whole(
            if python.digit_count(object)?.1 == 0 || is_zero(python, object) { "False" } else { "True" }.to_owned(),
        ),
        "int" => int(python, object),
        "float" => {
            let bits = python.field(object, python.at.float.value)?;
            whole(float(f64::from_bits(bits)))
        }
        "complex" => {
            let at = python.at.complex.value;
            let (real, imaginary) = (python.field(object, at)?, python.field(object, at + 8)?);
            whole(complex(f64::from_bits(real), f64::from_bits(imaginary)))
        }
        "bytes" => {
            let length = python.length(object)?;
            let mut bytes = Vec::new();
            python.image.bytes(object + u64::from(python.at.bytes.data), (length as usize).min(TEXT_LIMIT), &mut bytes);
            Some((bytes_literal(&bytes), length + 3))
        }
        _ => None,
    }
}

fn is_zero(python: &mut Python<'_>, object: u64) -> bool {
    python.digits(object, 2).is_some_and(|(_, digits)| digits.iter().all(|&digit| digit == 0))
}

/// Decimal digits up to 256 bits; beyond that the first 64 bits as hexadecimal digits, marked as cut.
fn int(python: &mut Python<'_>, object: u64) -> Option<(String, u64)> {
    if python.flags_of(object) & flag::INT == 0 {
        return None;
    }
    let (negative, count) = python.digit_count(object)?;
    let sign = if negative { "-" } else { "" };
    if count <= 9 {
        let (_, digits) = python.digits(object, 9)?;
        let bits = bit_length(&digits);
        if bits <= 256 {
            let text = format!("{sign}{}", decimal(digits));
            let length = text.len() as u64;
            return Some((text, length));
        }
    }
    let base = object + u64::from(python.at.long.digits);
    let mut top = 0_u128;
    for index in (count.saturating_sub(4)..count).rev() {
        let digit = python.image.half(base + 4 * index)? & ((1 << 30) - 1);
        top = top << 30 | u128::from(digit);
    }
    let top_bits = u64::from(128 - top.leading_zeros());
    let bits = (count.saturating_sub(4)) * 30 + top_bits;
    let shown = (top >> top_bits.saturating_sub(64)) as u64;
    Some((format!("{sign}{shown:#x}…"), bits / 4 + 3))
}

fn bit_length(digits: &[u32]) -> u64 {
    let top = digits.iter().rposition(|&digit| digit != 0);
    top.map_or(0, |top| top as u64 * 30 + u64::from(32 - digits[top].leading_zeros()))
}

/// Decimal text of digits of 30 bits, least first.
fn decimal(mut digits: Vec<u32>) -> String {
    let mut groups = Vec::new();
    while digits.iter().any(|&digit| digit != 0) {
        let mut rest = 0_u64;
        for digit in digits.iter_mut().rev() {
            let value = rest << 30 | u64::from(*digit);
            *digit = (value / 1_000_000_000) as u32;
            rest = value % 1_000_000_000;
        }
        groups.push(rest);
    }
    let mut text = groups.pop().unwrap_or(0).to_string();
    groups.iter().rev().for_each(|group| text.push_str(&format!("{group:09}")));
    text
}

/// As `repr(float)` of Python: the shortest digits that read back as the same number.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn complex(real: f64, imaginary: f64) -> String {
    let part = |number: f64| {
        let text = float(number);
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary));
    }
    let sign = if imaginary.is_sign_negative() && !imaginary.is_nan() { "" } else { "+" };
    format!("({}{sign}{}j)", part(real), part(imaginary))
}

/// As `repr(bytes)` of Python.
fn bytes_literal(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            _ if char::from(byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (1e100, "1e+100"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), text);
        }
        assert_eq!(complex(0.0, 2.0), "2j");
        assert_eq!(complex(1.5, -2.0), "(1.5-2j)");
        assert_eq!(complex(-0.0, 2.5), "(-0+2.5j)");
        assert_eq!(decimal(vec![0]), "0");
        assert_eq!(decimal(vec![(1 << 30) - 1, 1]), "2147483647");
        assert_eq!(decimal(vec![0, 0, 0, 0, 1]), (1_u128 << 120).to_string());
    }

    #[test]
    fn bytes_are_written_as_python_writes_them() {
        assert_eq!(bytes_literal(b"a'b"), "b\"a'b\"");
        assert_eq!(bytes_literal(b"a'\"\\\n\x00\xff"), r#"b'a\'"\\\n\x00\xff'"#);
    }
}
