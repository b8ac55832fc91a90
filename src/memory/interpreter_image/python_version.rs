//! A version of CPython, as numbers, from texts and from names.

use std::fmt;

/// A version of CPython.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PythonVersion {
    /// As `sys.hexversion`, e.g. `0x030812f0` for 3.8.18; the last two bytes are 0 when they are not known.
    pub hex: u32,
    /// Micro version and release level are known.
    pub is_exact: bool,
}

impl PythonVersion {
    /// From `sys.hexversion`.
    pub fn exact(hex: u32) -> Self {
        Self { hex, is_exact: true }
    }

    /// When no more is known.
    pub fn minor_only(major: u8, minor: u8) -> Self {
        Self { hex: u32::from_be_bytes([major, minor, 0, 0]), is_exact: false }
    }

    /// 3.
    pub fn major(self) -> u8 {
        self.hex.to_be_bytes()[0]
    }

    /// 8 for 3.8.18.
    pub fn minor(self) -> u8 {
        self.hex.to_be_bytes()[1]
    }

    /// 18 for 3.8.18; `None` when it is not known.
    pub fn micro(self) -> Option<u8> {
        self.is_exact.then(|| self.hex.to_be_bytes()[2])
    }

    /// Reads the start of a text such as `3.8.18`, `3.14.0rc2+` or `3.9.2 (default, …`; `None` when it goes on in
    /// another way.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (major, rest) = number(text)?;
        let (minor, rest) = number(rest.strip_prefix(b".")?)?;
        let (micro, rest) = number(rest.strip_prefix(b".")?)?;
        let levels: [(&[u8], u8); 3] = [(b"a", 0xa), (b"b", 0xb), (b"rc", 0xc)];
        let level = levels.iter().find_map(|(letters, level)| Some((rest.strip_prefix(*letters)?, *level)));
        let (serial_and_level, rest) = match level {
            None => (0xf0, rest),
            Some((rest, level)) => {
                let (serial, rest) = number(rest)?;
                (level << 4 | u8::try_from(serial).ok().filter(|serial| *serial < 16)?, rest)
            }
        };
        let rest = rest.strip_prefix(b"+").unwrap_or(rest);
        let is_end = rest.starts_with(b"\0") || rest.starts_with(b" (");
        let [major, minor, micro] = [major, minor, micro].map(u8::try_from);
        is_end
            .then_some(Self::exact(u32::from_be_bytes([major.ok()?, minor.ok()?, micro.ok()?, serial_and_level])))
            .filter(|version| matches!(version.major(), 2 | 3))
    }

    /// Reads `3.8` out of `libpython3.8.so.1.0`, `python3.8` or `/usr/lib/python3.8/lib-dynload`: what stands behind
    /// `python`.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        name.match_indices("python").find_map(|(at, python)| {
            let (major, rest) = number(&name.as_bytes()[at + python.len()..])?;
            let (minor, _) = number(rest.strip_prefix(b".")?)?;
            let version = Self::minor_only(u8::try_from(major).ok()?, u8::try_from(minor).ok()?);
            matches!(version.major(), 2 | 3).then_some(version)
        })
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, micro, level] = self.hex.to_be_bytes();
        write!(formatter, "{major}.{minor}")?;
        if !self.is_exact {
            return Ok(());
        }
        write!(formatter, ".{micro}")?;
        let serial = level & 0xf;
        match level >> 4 {
            0xa => write!(formatter, "a{serial}"),
            0xb => write!(formatter, "b{serial}"),
            0xc => write!(formatter, "rc{serial}"),
            _ => Ok(()),
        }
    }
}

/// The decimal number that `text` starts with (at most three digits), and what follows.
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let value = std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()?;
    (1..=3).contains(&digits).then_some((value, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_python_prints_them() {
        let parsed =
            |text: &str| PythonVersion::parse(text.as_bytes()).map(|version| (version.hex, version.to_string()));
        assert_eq!(parsed("3.8.18\0"), Some((0x0308_12f0, "3.8.18".to_owned())));
        assert_eq!(parsed("3.14.0rc2+\0"), Some((0x030e_00c2, "3.14.0rc2".to_owned())));
        assert_eq!(parsed("3.9.2 (default, Feb 28 2021"), Some((0x0309_02f0, "3.9.2".to_owned())));
        assert_eq!(parsed("3.12.0a7\0"), Some((0x030c_00a7, "3.12.0a7".to_owned())));
        for other in ["3.8.18", "3.8.18/lib", "3.8\0", "4.0.0\0", "3.8.1234\0", "3.999.1\0", "3.8.0rc16\0", "", "3."] {
            assert_eq!(parsed(other), None, "{other}");
        }
    }

    #[test]
    fn names_tell_major_and_minor() {
        let named = |name: &str| PythonVersion::of_name(name).map(|version| version.to_string());
        assert_eq!(named("libpython3.8.so.1.0").as_deref(), Some("3.8"));
        assert_eq!(named("/usr/lib/python3/dist/python3.11/lib-dynload/x.so").as_deref(), Some("3.11"));
        assert_eq!(named("libpython2.7.so.1.0").as_deref(), Some("2.7"));
        assert_eq!(named("python"), None);
    }
}
