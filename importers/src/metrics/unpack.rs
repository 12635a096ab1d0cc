//! Unpacked bytes, however they are packed.

use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use crate::ImportError;
use crate::open::HEAD;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The plain bytes of input that may be packed (gzip and zstd, told by the first bytes). Where a packed stream breaks
/// off, they end, and it is remembered.
pub(super) struct Plain<'a> {
    inner: Box<dyn Read + 'a>,
    bytes: Rc<Cell<u64>>,
    broken: bool,
}

impl<'a> Plain<'a> {
    pub(super) fn new(input: impl Read + 'a) -> Result<Self, ImportError> {
        let bytes = Rc::new(Cell::new(0));
        let mut input = Counted { inner: input, bytes: bytes.clone() };
        let mut magic = Vec::new();
        (&mut input).take(4).read_to_end(&mut magic)?;
        let packed_by = magic.clone();
        let whole = Cursor::new(magic).chain(BufReader::new(input));
        let inner: Box<dyn Read + 'a> = if packed_by.starts_with(GZIP) {
            Box::new(flate2::bufread::MultiGzDecoder::new(whole))
        } else if packed_by.starts_with(ZSTD) {
            Box::new(zstd::stream::read::Decoder::with_buffer(whole)?)
        } else {
            Box::new(whole)
        };
        Ok(Self { inner, bytes, broken: false })
    }

    /// The next [`HEAD`] bytes.
    pub(super) fn head(&mut self) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        self.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Bytes read so far, as stored.
    pub(super) fn stored(&self) -> u64 {
        self.bytes.get()
    }

    /// Did it break off?
    pub(super) fn broken(&self) -> bool {
        self.broken
    }
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.broken = true;
                Ok(0)
            }
            other => other,
        }
    }
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}
