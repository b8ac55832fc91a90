//! Input that may be compressed, as gzip or Zstandard, told by its first bytes.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const GZIP: [u8; 2] = [0x1F, 0x8B];
const ZSTD: u32 = 0xFD2F_B528;
/// What begins a frame of Zstandard that has nothing for the reader; the last four bits are anything.
const SKIPPABLE: u32 = 0x184D_2A50;
/// How far back a frame may refer, at most, and what decoding it takes in memory: what `zstd --long` makes, and `zstd -d` takes.
const LARGEST_WINDOW: u64 = 128 << 20;

/// The input unpacked: gzip and Zstandard, of any number of members or frames, or as it is. Memory is bounded, whatever the input
/// claims: 128 MiB when it is Zstandard that refers so far back, some ten kilobytes else.
///
/// # Errors
/// When the first bytes can't be read. What is damaged is [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::InvalidInput`] when it is
/// come to, what ends early [`io::ErrorKind::UnexpectedEof`].
pub fn decompressed<R: Read>(input: R) -> io::Result<impl Read> {
    let mut input = BufReader::new(input);
    // Bytes may come one at a time from a pipe, so the magic is read, not peeked at.
    let mut magic = Vec::with_capacity(4);
    input.by_ref().take(4).read_to_end(&mut magic)?;
    let is_gzip = magic.starts_with(&GZIP);
    let is_zstd = magic.first_chunk().is_some_and(|magic| is_zstd(*magic));
    let whole = Cursor::new(magic).chain(input);
    Ok(match (is_gzip, is_zstd) {
        (true, _) => Decompressed::Gzip(Box::new(BufReader::new(MultiGzDecoder::new(whole)))),
        (_, true) => Decompressed::Zstd(Box::new(ZstdReader::new(whole))),
        _ => Decompressed::Plain(whole),
    })
}

fn is_zstd(magic: [u8; 4]) -> bool {
    let magic = u32::from_le_bytes(magic);
    magic == ZSTD || magic & !0xF == SKIPPABLE
}

type Whole<R> = Chain<Cursor<Vec<u8>>, BufReader<R>>;

enum Decompressed<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<BufReader<MultiGzDecoder<Whole<R>>>>),
    Zstd(Box<ZstdReader<Whole<R>>>),
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Decompressed::Plain(input) => input.read(bytes),
            Decompressed::Gzip(input) => input.read(bytes),
            Decompressed::Zstd(input) => input.read(bytes),
        }
    }
}

/// Frames of Zstandard, one after the other.
struct ZstdReader<R> {
    input: Noting<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
    /// What went wrong, said again to who reads on.
    error: Option<(io::ErrorKind, String)>,
}

impl<R: Read> ZstdReader<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        ZstdReader { input: Noting { input, failed: None }, decoder, is_in_frame: false, error: None }
    }

    fn next(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame {
                if !self.begin_frame()? {
                    return Ok(0);
                }
            } else if self.decoder.can_collect() > 0 {
                return self.decoder.read(bytes);
            } else if !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|error| self.input.explain(&error))?;
            } else {
                let written = self.decoder.get_checksum_from_data();
                if written.is_some() && written != self.decoder.get_calculated_checksum() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is that of other data"));
                }
                self.is_in_frame = false;
            }
        }
    }

    /// Begins the next frame, or passes one that has nothing for us; `false` at the end of the input.
    fn begin_frame(&mut self) -> io::Result<bool> {
        let mut magic = Vec::with_capacity(4);
        self.input.by_ref().take(4).read_to_end(&mut magic)?;
        let Some(&magic) = magic.first_chunk::<4>() else {
            return if magic.is_empty() { Ok(false) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        };
        if !is_zstd(magic) {
            let message = "something else behind a frame of Zstandard";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if u32::from_le_bytes(magic) == ZSTD {
            let begun = self.decoder.reset(Cursor::new(magic).chain(&mut self.input));
            begun.map_err(|error| self.input.explain(&error))?;
            self.is_in_frame = true;
            return Ok(true);
        }
        let mut length = [0; 4];
        self.input.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(true)
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if self.error.is_none() {
            match self.next(bytes) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    self.error = Some((error.kind(), error.to_string()));
                }
                other => return other,
            }
        }
        match &self.error {
            Some((kind, message)) => Err(io::Error::new(*kind, message.clone())),
            None => Ok(0),
        }
    }
}

/// Notes how reading failed: what a decoder says of that is about what it could not do without.
struct Noting<R> {
    input: R,
    failed: Option<(io::ErrorKind, String)>,
}

impl<R> Noting<R> {
    fn explain(&mut self, error: &impl std::fmt::Display) -> io::Error {
        match self.failed.take() {
            Some((kind, message)) => io::Error::new(kind, message),
            None => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        }
    }
}

impl<R: Read> Read for Noting<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(bytes);
        match &read {
            Ok(0) if !bytes.is_empty() => {
                self.failed = Some((io::ErrorKind::UnexpectedEof, "it ends early".to_owned()));
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.failed = Some((error.kind(), error.to_string()));
            }
            _ => {}
        }
        read
    }
}
