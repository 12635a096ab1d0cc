//! From bytes to spans: unpacking, recognizing the format, reading.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use crate::formats::{self, TraceFormat};
use crate::intake::Memory;
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
    let mut counts_inputs = false;
    let result = unpack(&mut counted).and_then(|(head, mut rest)| {
        let format = match format {
            Some(format) => format,
            None => recognize_within(&head, intake)?,
        };
        counts_inputs = format.counts_inputs();
        if head.iter().all(u8::is_ascii_whitespace) && head.len() < HEAD {
            return Err(ImportError::Empty);
        }
        format.read(&mut Cursor::new(head).chain(&mut *rest), intake)
    });
    intake.settle();
    if !counts_inputs {
        intake.report.files += u64::from(result.is_ok());
        intake.report.bytes += counted.bytes;
    }
    result
}

/// An input of a folder.
pub struct Input<'a> {
    /// What messages call it.
    pub name: String,
    /// Begins to read it; asked more than once where there are other inputs.
    pub open: Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a>,
    /// Is it only there because it lies in the folder? Then it is left out, with a warning, where it cannot be used.
    pub optional: bool,
}

/// An input that cannot be used.
#[derive(Debug)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// Why.
    pub error: ImportError,
}

/// Reads inputs that lie in one folder into `intake`, in the given order, except that those are read first which tell
/// how to read others (such as Kieker's `kieker.map`). See [`read`].
///
/// # Errors
/// The first input that cannot be used and is not optional.
pub fn read_folder(
    inputs: &[Input<'_>],
    format: Option<&'static dyn TraceFormat>,
    intake: &mut Intake,
) -> Result<(), Failed> {
    intake.folder = Memory::default();
    let mut order: Vec<&Input<'_>> = inputs.iter().collect();
    if order.len() > 1 {
        order.sort_by_cached_key(|input| !(input.open)().is_ok_and(goes_first));
    }
    for input in order {
        let result = (input.open)().map_err(ImportError::from).and_then(|bytes| read(bytes, format, intake));
        match result {
            Ok(()) => {}
            Err(error) if input.optional => intake.unusable.push(format!("{}: {error}", input.name)),
            Err(error) => return Err(Failed { name: input.name.clone(), error }),
        }
    }
    Ok(())
}

/// Does this input tell how to read others of its folder?
pub fn goes_first(mut input: impl Read) -> bool {
    let head = unpack(&mut input).map(|(head, _)| head);
    head.is_ok_and(|head| formats::all().iter().any(|format| format.goes_first(&head)))
}

/// The unpacked bytes: the beginning, and a reader of the rest.
type Unpacked<'a> = (Vec<u8>, Box<dyn BufRead + 'a>);

fn unpack<'a, R: Read>(input: &'a mut R) -> Result<Unpacked<'a>, ImportError> {
    let mut plain = BufReader::new(unpacked(input)?);
    let head = beginning(&mut plain)?;
    if head.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok((head, Box::new(plain)))
}

/// The plain bytes of input that may be packed by gzip or zstd, which its first bytes tell.
pub(crate) fn unpacked<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = Vec::new();
    (&mut input).take(4).read_to_end(&mut magic)?;
    let packed_by = magic.clone();
    let whole = BufReader::new(Cursor::new(magic).chain(input));
    Ok(if packed_by.starts_with(GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(whole))
    } else if packed_by.starts_with(ZSTD) {
        Box::new(zstd::stream::read::Decoder::with_buffer(whole)?)
    } else {
        Box::new(whole)
    })
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

/// Likewise, given what was read of its folder before.
fn recognize_within(head: &[u8], intake: &Intake) -> Result<&'static dyn TraceFormat, ImportError> {
    recognize(head).or_else(|error| {
        let mut within = formats::all().iter().copied().filter(|format| format.detect_within(head, intake));
        within.next().ok_or(error)
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
