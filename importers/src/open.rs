//! From bytes to spans: unpacking, recognizing the format, reading.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use crate::formats::{self, TraceFormat};
use crate::{ImportError, Intake};

/// How many bytes of the beginning a format may look at to recognize itself.
pub const HEAD: usize = 64 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Reads one input into `intake`: unpacks gzip and zstd (told by their first bytes, not by names), recognizes the
/// format where `format` does not give it, and reads all spans. Input that breaks off keeps its whole records, with
/// a warning.
///
/// # Errors
/// Empty, unreadable or malformed input, or input of no known format.
pub fn read(
    input: impl Read,
    format: Option<&'static dyn TraceFormat>,
    intake: &mut Intake,
) -> Result<(), ImportError> {
    let mut counted = Counted { inner: input, bytes: 0 };
    let result = unpack(&mut counted).and_then(|(head, mut rest)| {
        let format = match format {
            Some(format) => format,
            None => recognize(&head)?,
        };
        if head.iter().all(u8::is_ascii_whitespace) && head.len() < HEAD {
            return Err(ImportError::Empty);
        }
        format.read(&mut Cursor::new(head).chain(&mut *rest), intake)
    });
    intake.report.files += 1;
    intake.report.bytes += counted.bytes;
    result
}

/// The unpacked bytes: the beginning, and a reader of the rest.
type Unpacked<'a> = (Vec<u8>, Box<dyn BufRead + 'a>);

fn unpack<'a, R: Read>(input: &'a mut R) -> Result<Unpacked<'a>, ImportError> {
    let mut magic = Vec::new();
    Read::take(&mut *input, 4).read_to_end(&mut magic)?;
    let packed_by = magic.clone();
    let whole: Chain<Cursor<Vec<u8>>, &mut R> = Cursor::new(magic).chain(input);
    let mut plain: Box<dyn BufRead + 'a> = if packed_by.starts_with(GZIP) {
        Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(whole)))
    } else if packed_by.starts_with(ZSTD) {
        Box::new(BufReader::new(zstd::stream::read::Decoder::new(whole)?))
    } else {
        Box::new(BufReader::new(whole))
    };
    let head = beginning(&mut *plain)?;
    if head.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok((head, plain))
}

/// The first [`HEAD`] bytes. A packed stream that breaks off is not an error here: what there is may be usable.
fn beginning(plain: &mut dyn BufRead) -> Result<Vec<u8>, ImportError> {
    let mut head = Vec::new();
    match plain.take(HEAD as u64).read_to_end(&mut head) {
        Err(error) if head.is_empty() || error.kind() != io::ErrorKind::UnexpectedEof => Err(error.into()),
        _ => Ok(head),
    }
}

/// The format that recognizes the beginning of the input.
///
/// # Errors
/// [`ImportError::UnknownFormat`] where none does, [`ImportError::Empty`] where there is nothing but blanks.
pub fn recognize(head: &[u8]) -> Result<&'static dyn TraceFormat, ImportError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::Empty);
    }
    formats::all().iter().copied().find(|format| format.detect(head)).ok_or_else(|| {
        let beginning = String::from_utf8_lossy(&head[..head.len().min(40)]);
        ImportError::UnknownFormat { beginning: format!("{beginning:?}") }
    })
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
