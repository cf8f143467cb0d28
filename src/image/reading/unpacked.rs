//! A layer's bytes: hashed as they come, unpacked, hashed again, and stopped where they grow beyond all measure.

use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::digest::Digest;
use super::limit;

/// What a layer may unpack to whatever it is made from.
const FREE: u64 = if cfg!(test) { 1 << 20 } else { 1 << 30 };

/// Above that, how many times its own size. gzip reaches 1,032 with nothing but zeros; files reach 3 to 20.
const RATIO: u64 = 400;

/// The largest window that a zstd stream may ask for, as a power of two: 128 MiB, which `zstd --ultra -22` uses.
const WINDOW: u32 = 27;

const BUFFER: usize = 256 << 10;

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes.
    pub(crate) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A frame that is passed over: zstd:chunked may begin with one.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Bytes that are hashed and counted as they are read.
pub(crate) struct Hashed<R> {
    reader: R,
    hash: Sha256,
    count: Arc<AtomicU64>,
}

impl<R> Hashed<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            hash: Sha256::new(),
            count: Arc::default(),
        }
    }

    /// The digest of what was read, and how much that is.
    pub(crate) fn finish(self) -> (Digest, u64) {
        (Digest::of(self.hash), self.count.load(Ordering::Relaxed))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A packed stream as what it holds.
pub(crate) struct Unpacked<R: Read> {
    form: Form<R>,
    consumed: Arc<AtomicU64>,
    produced: u64,
}

enum Form<R: Read> {
    None(Packed<R>),
    Gzip(Box<MultiGzDecoder<Packed<R>>>),
    Zstd(Box<zstd::Decoder<'static, Packed<R>>>),
}

/// The packed bytes; the first ones were looked at.
type Packed<R> = BufReader<Hashed<Chain<Cursor<Vec<u8>>, R>>>;

/// How many bytes say how the others are packed.
const START: u64 = 4;

impl<R: Read> Unpacked<R> {
    /// Finds out how a stream is packed.
    pub(crate) fn new(mut reader: R) -> io::Result<Self> {
        let mut start = Vec::new();
        reader.by_ref().take(START).read_to_end(&mut start)?;
        let packing = Packing::of(&start);
        let hashed = Hashed::new(Cursor::new(start).chain(reader));
        let consumed = Arc::clone(&hashed.count);
        let buffered = BufReader::with_capacity(BUFFER, hashed);
        let form = match packing {
            Packing::None => Form::None(buffered),
            Packing::Gzip => Form::Gzip(Box::new(MultiGzDecoder::new(buffered))),
            Packing::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(buffered)?;
                decoder.window_log_max(WINDOW)?;
                Form::Zstd(Box::new(decoder))
            }
        };
        Ok(Self {
            form,
            consumed,
            produced: 0,
        })
    }

    /// The digest of the packed bytes, to their end, and how many there are.
    pub(crate) fn finish(self) -> io::Result<(Digest, u64)> {
        let mut buffered = match self.form {
            Form::None(reader) => reader,
            Form::Gzip(decoder) => decoder.into_inner(),
            Form::Zstd(decoder) => decoder.finish(),
        };
        io::copy(&mut buffered, &mut io::sink())?;
        Ok(buffered.into_inner().finish())
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.form {
            Form::None(reader) => reader.read(buffer),
            Form::Gzip(decoder) => decoder.read(buffer),
            Form::Zstd(decoder) => decoder.read(buffer),
        }?;
        self.produced += read as u64;
        let consumed = self.consumed.load(Ordering::Relaxed);
        if self.produced > FREE && self.produced / RATIO > consumed {
            return Err(limit(format!(
                "{consumed} bytes unpack to {} and more: above 1 GiB, {RATIO} times is the most that is read",
                self.produced
            )));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<u64> {
        let mut unpacked = Unpacked::new(bytes)?;
        io::copy(&mut unpacked, &mut io::sink())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn all_packings_give_the_same_bytes() {
        let text = b"a layer of text, a layer of text".repeat(99);
        let mut parts = gzip(&text[..1000]);
        parts.extend(gzip(&text[1000..]));
        let skipped = [
            b"\x50\x2a\x4d\x18\x03\0\0\0abc".as_slice(),
            &zstd::encode_all(&text[..], 3).unwrap(),
        ]
        .concat();
        for packed in [text.clone(), gzip(&text), parts, skipped] {
            let mut unpacked = Unpacked::new(&packed[..]).unwrap();
            let mut read = Vec::new();
            unpacked.read_to_end(&mut read).unwrap();
            assert!(read == text);
            let (digest, count) = unpacked.finish().unwrap();
            assert_eq!(digest, Digest::of_bytes(&packed));
            assert_eq!(count, packed.len() as u64);
        }
    }

    #[test]
    fn bombs_are_stopped() {
        let zeros = io::repeat(0).take(64 << 20);
        let bomb = zstd::encode_all(zeros, 1).unwrap();
        let refused = read(&bomb).unwrap_err();
        assert!(refused.to_string().contains("is the most"), "{refused}");
    }

    #[test]
    fn what_ends_early_is_told() {
        let packed = gzip(&b"some text".repeat(1000));
        assert!(read(&packed[..packed.len() / 2]).is_err());
    }
}
