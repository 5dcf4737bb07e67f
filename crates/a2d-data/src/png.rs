//! PNG files of one image each.

use crate::error::one_line;
use crate::file::{self, MAX_BYTES};
use crate::images::to_byte;
use crate::input_file::InputFile;
use crate::photo::Photo;
use crate::problem::Problem;
use crate::{Error, ImageFile, ImageSource as _, Images, Reading, Result};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, Limits};
use ndarray::{ArrayView3, Axis};
use std::io::{self, Cursor};
use std::path::Path;

/// The first bytes of every PNG file.
pub(crate) const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The last bytes of every PNG file: an empty chunk, its name and its checksum.
const END: &[u8] = b"\0\0\0\0IEND\xaeB`\x82";

/// The format.
pub(crate) static PNG: Photo = Photo { name: "PNG", shape, decode };
/// The bytes that magic string and first chunk take.
pub(crate) const HEADER: usize = 8 + 4 + 4 + 13 + 4;

/// What one byte of a file can grow to at most: by 1032 as DEFLATE goes, and by 32 where one bit
/// stands for a colour with an alpha channel.
const MAX_INFLATION: u64 = 1032 * 32;

/// Reads one image of 8 or 16 bits as `[1, C, H, W]`: gray as one channel, colour as three (RGB).
///
/// An alpha channel is dropped when it is opaque everywhere.
///
/// # Errors
/// When the file cannot be read, is damaged, has a transparent pixel, claims more than it can hold
/// or than 2^26 pixels, or goes on after its end.
pub fn read(path: &Path) -> Result<Images> {
    ImageFile::of_photo(InputFile::open(path)?, &PNG, Reading::default())?.images()
}

/// Writes one image of shape `[C, H, W]` with 8 bits a channel: gray for one channel, RGB for
/// three.
///
/// Each pixel is rounded to the nearest byte, which may undo what is adversarial about an image;
/// [`Images::to_8_bits`] tells beforehand what will be read back.
///
/// # Errors
/// When `image` is empty, has another number of channels or a pixel outside [0, 1], or the file
/// cannot be written.
pub fn write(path: &Path, image: ArrayView3<'_, f32>) -> Result<()> {
    let (channels, height, width) = image.dim();
    let color = match channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => {
            let path = path.to_owned();
            return Err(Error::Channels { path, format: "PNG", expected: "1 or 3", channels });
        }
    };
    let image = Images::new(image.insert_axis(Axis(0)).to_owned())?;
    let interleaved = image.view().permuted_axes([0, 2, 3, 1]);
    let bytes: Vec<u8> = interleaved.iter().map(|&pixel| to_byte(pixel)).collect();
    file::write(path, |writer| {
        let side = |length| u32::try_from(length).map_err(io::Error::other);
        PngEncoder::new(writer)
            .write_image(&bytes, side(width)?, side(height)?, color)
            .map_err(io::Error::other)
    })
}

/// Channels, height and width of the image in a file.
pub(crate) fn shape(file: &InputFile) -> std::result::Result<[usize; 3], Problem> {
    let header = header(&file.head(HEADER)?)?;
    Ok([header.channels, header.height as usize, header.width as usize])
}

/// What the first chunk of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 for gray, 3 for colours, be they named or taken from a palette.
    pub(crate) channels: usize,
}

/// The header of a file that begins with `bytes`.
pub(crate) fn header(bytes: &[u8]) -> std::result::Result<Header, String> {
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let start = MAGIC.len();
    // Whole, but for its checksum.
    let is_header = bytes.len() >= HEADER - 4 && bytes.get(start + 4..start + 8) == Some(b"IHDR");
    match (word(start + 8), word(start + 12), bytes.get(start + 17)) {
        // The second bit of the colour type says colour.
        (Some(width), Some(height), Some(color)) if is_header => {
            Ok(Header { width, height, channels: if color & 2 == 0 { 1 } else { 3 } })
        }
        _ => Err("expected a whole header in the first chunk, found none".to_owned()),
    }
}

/// The image in `bytes`, a whole file.
pub(crate) fn decode(bytes: &[u8]) -> std::result::Result<DynamicImage, String> {
    if !bytes.ends_with(END) {
        return Err(
            "expected an end chunk at the end of the file, found none or bytes after it".to_owned()
        );
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES as u64);
    let mut decoder =
        PngDecoder::with_limits(Cursor::new(bytes), limits.clone()).map_err(one_line)?;
    let (width, height) = decoder.dimensions();
    file::check_image(width, height)?;
    let possible = bytes.len() as u64 * MAX_INFLATION;
    if decoder.total_bytes() > possible {
        return Err(format!(
            "a {width} x {height} image cannot come from {} compressed bytes",
            bytes.len()
        ));
    }
    decoder.set_limits(limits).map_err(one_line)?;
    DynamicImage::from_decoder(decoder).map_err(one_line)
}
