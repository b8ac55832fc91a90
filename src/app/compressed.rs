//! What is written into a snapshot's file, compressed as its name says.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::exit_code::UsageError;

/// Higher levels take three times as long, for files that are half a percent smaller.
const GZIP_LEVEL: u32 = 3;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
const ZSTD_LEVEL: i32 = 3;

/// Whether a file is compressed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Plain,
    Gzip,
    Zstd,
}

impl Method {
    /// That of a file of this name.
    pub fn of(path: &Path) -> Method {
        match super::output::extension(path).as_str() {
            "gz" => Method::Gzip,
            "zst" => Method::Zstd,
            _ => Method::Plain,
        }
    }
}

/// Bytes on their way into a file.
pub enum Compressed<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    Zstd(Box<zstd::Encoder<'static, W>>),
}

impl<W: Write> Compressed<W> {
    /// Into a file of this name.
    ///
    /// # Errors
    /// [`UsageError`] when this program can't write what the name says.
    pub fn of(path: &Path, out: W) -> anyhow::Result<Self> {
        can_write(path)?;
        Ok(match Method::of(path) {
            Method::Gzip => Compressed::Gzip(Box::new(GzEncoder::new(out, Compression::new(GZIP_LEVEL)))),
            #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
            Method::Zstd => {
                let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Compressed::Zstd(Box::new(encoder))
            }
            _ => Compressed::Plain(out),
        })
    }

    /// Writes what is left, and gives the file back.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Compressed::Plain(out) => Ok(out),
            Compressed::Gzip(encoder) => encoder.finish(),
            #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
            Compressed::Zstd(encoder) => encoder.finish(),
        }
    }
}

/// Whether a file of this name can be compressed as the name says.
///
/// # Errors
/// [`UsageError`] when it can't: this program can read Zstandard everywhere, and write it where its C code is built.
pub fn can_write(path: &Path) -> Result<(), UsageError> {
    let has_zstd = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"));
    if has_zstd || Method::of(path) != Method::Zstd {
        return Ok(());
    }
    let name = path.display();
    Err(UsageError(format!(
        "{name}: this build of heapgraph reads .zst and can't write it: give it a name that ends in .gz"
    )))
}

impl<W: Write> Write for Compressed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Compressed::Plain(out) => out.write(bytes),
            Compressed::Gzip(encoder) => encoder.write(bytes),
            #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
            Compressed::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            // To end a block at each flush would make the file larger; `finish` writes all.
            Compressed::Plain(out) => out.flush(),
            _ => Ok(()),
        }
    }
}
