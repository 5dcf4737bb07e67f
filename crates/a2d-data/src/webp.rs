//! WebP files of one image each.

use crate::error::one_line;
use crate::file::{self, MAX_BYTES};
use crate::input_file::InputFile;
use crate::photo::Photo;
use crate::problem::Problem;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, Limits};
use std::io::Cursor;

/// The format.
pub(crate) static WEBP: Photo = Photo { name: "WebP", shape, decode };

/// What stands before the first chunk, and how much of it there is.
const HEAD: usize = 30;

/// Pixels that a file of any length may have, and that each of its bytes may stand for beyond that. One colour
/// can be told in a few bytes, however many pixels there are; pictures take more.
const MAX_PIXELS: (u64, u64) = (1 << 22, 1 << 8);

/// Whether a file begins so.
pub(crate) fn is_webp(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

/// Channels, height and width of the image in a file; there is no grey.
fn shape(file: &InputFile) -> Result<[usize; 3], Problem> {
    let head = file.head(HEAD)?;
    let word = |at: usize| {
        let bytes = head.get(at..at + 4)?;
        Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let whole = word(4).map(|len| 8 + len);
    if whole != Some(file.len()) {
        return Err("the file is cut, or goes on after its end".into());
    }
    // Each kind has the lengths in as many bits, some of them less one.
    let size = match (head.get(12..16), head.get(20..HEAD)) {
        (Some(b"VP8 "), Some(&[_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1])) => {
            let side = |bytes| usize::from(u16::from_le_bytes(bytes) & 0x3fff);
            [side([h0, h1]), side([w0, w1])]
        }
        (Some(b"VP8L"), Some(&[0x2f, a, b, c, d, ..])) => {
            let bits = u32::from_le_bytes([a, b, c, d]);
            [bits >> 14, bits].map(|bits| (bits & 0x3fff) as usize + 1)
        }
        (Some(b"VP8X"), Some(&[flags, _, _, _, w0, w1, w2, h0, h1, h2])) => {
            if flags & 2 != 0 {
                return Err("the file is an animation, expected one image".into());
            }
            let side = |[a, b, c]: [u8; 3]| u32::from_le_bytes([a, b, c, 0]) as usize + 1;
            [side([h0, h1, h2]), side([w0, w1, w2])]
        }
        _ => return Err("expected a whole header in the first chunk, found none".into()),
    };
    Ok([3, size[0], size[1]])
}

/// The image in `bytes`, a whole file.
fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(one_line)?;
    let (width, height) = decoder.dimensions();
    file::check_image(width, height)?;
    let (any, each) = MAX_PIXELS;
    if u64::from(width) * u64::from(height) > any.max(bytes.len() as u64 * each) {
        return Err(format!(
            "a {width} x {height} image from {} bytes is hardly a picture, expected a byte for every {each} \
             pixels",
            bytes.len()
        ));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES as u64);
    decoder.set_limits(limits).map_err(one_line)?;
    DynamicImage::from_decoder(decoder).map_err(one_line)
}
