//! Unpacked bytes, however they are packed.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::ImportError;
use crate::open::{HEAD, unpacked};

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
        let inner = unpacked(Counted { inner: input, bytes: bytes.clone() })?;
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
