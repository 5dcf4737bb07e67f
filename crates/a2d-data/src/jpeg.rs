//! JPEG files of one image each.

use crate::error::one_line;
use crate::file;
use crate::input_file::InputFile;
use crate::photo::Photo;
use crate::problem::Problem;
use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};
use std::io::Cursor;

/// The format.
pub(crate) static JPEG: Photo = Photo { name: "JPEG", shape, decode };

/// The first bytes of every JPEG file.
pub(crate) const MAGIC: &[u8] = b"\xff\xd8\xff";

/// The most pixels that a byte can stand for: each block of 8 x 8 pixels of the channel that is
/// stored finest takes a bit at least.
const MAX_PIXELS_PER_BYTE: u64 = 8 * 8 * 8;

/// The most segments before the one that says the size; files have some ten.
const MAX_SEGMENTS: usize = 1000;

/// Channels, height and width of the image in a file.
fn shape(file: &InputFile) -> Result<[usize; 3], Problem> {
    let none = || Problem::from("expected a header with the size of the image, found none");
    let mut at = MAGIC.len() as u64 - 1;
    for _ in 0..MAX_SEGMENTS {
        let mut head = [0; 10];
        if at + head.len() as u64 > file.len() {
            return Err(none());
        }
        file.read_at(at, &mut head)?;
        at += match head {
            // Any number of these may stand before the kind of a segment.
            [0xff, 0xff, ..] => 1,
            // Each kind of compression has its own, but for three that say other things.
            [0xff, kind @ 0xc0..=0xcf, _, _, _, h1, h0, w1, w0, components]
                if !matches!(kind, 0xc4 | 0xc8 | 0xcc) =>
            {
                let side = |bytes| usize::from(u16::from_be_bytes(bytes));
                let channels = if components == 1 { 1 } else { 3 };
                return Ok([channels, side([h1, h0]), side([w1, w0])]);
            }
            [0xff, _, l1, l0, ..] => 2 + u64::from(u16::from_be_bytes([l1, l0])),
            _ => return Err(none()),
        };
    }
    Err(none())
}

/// The place after the marker that ends the image.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = MAGIC.len() - 1;
    loop {
        let kind = match bytes.get(at..at + 2)? {
            [0xff, 0xff] => {
                at += 1;
                continue;
            }
            [0xff, kind] => *kind,
            _ => return None,
        };
        at += 2;
        match kind {
            0xd9 => return Some(at),
            // Nothing follows these.
            0x01 | 0xd0..=0xd7 => (),
            _ => at += usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)),
        }
        // After the start of a scan comes what is compressed, with no marker in it but restarts.
        if kind == 0xda {
            let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
            at += bytes.get(at..)?.windows(2).position(is_marker)?;
        }
    }
}

/// The image in `bytes`, a whole file. Its orientation is that of the pixels, whatever Exif says. Inks (CMYK, YCCK)
/// become colours as in Pillow, which takes them for inverted, as Adobe writes them.
///
/// The decoder fills what a cut file does not give, so a file without its end is refused here. Cameras
/// write more after it.
fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let end = end(bytes).ok_or("expected an end marker after the image, found none")?;
    let bytes = &bytes[..end];
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(one_line)?;
    let (width, height) = decoder.dimensions();
    file::check_image(width, height)?;
    if u64::from(width) * u64::from(height) > bytes.len() as u64 * MAX_PIXELS_PER_BYTE {
        return Err(format!("a {width} x {height} image cannot come from {} bytes", bytes.len()));
    }
    DynamicImage::from_decoder(decoder).map_err(one_line)
}

#[cfg(test)]
mod tests {
    use super::{DynamicImage, decode};
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, Luma, Rgb, RgbImage};

    fn encoded(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.into().write_with_encoder(JpegEncoder::new(&mut bytes)).unwrap();
        bytes
    }

    #[test]
    fn gray_and_color_are_decoded() {
        let gray = decode(&encoded(GrayImage::from_pixel(5, 3, Luma([77])))).unwrap();
        assert_eq!(gray.to_luma8(), GrayImage::from_pixel(5, 3, Luma([77])));
        assert!(!gray.color().has_color());
        let color = decode(&encoded(RgbImage::from_pixel(9, 8, Rgb([200, 100, 50])))).unwrap();
        let (color, expected) = (color.to_rgb8(), [200, 100, 50]);
        assert_eq!(color.dimensions(), (9, 8));
        for pixel in color.pixels() {
            assert!(pixel.0.into_iter().zip(expected).all(|(found, is)| found.abs_diff(is) <= 2));
        }
    }

    #[test]
    fn a_cut_file_is_refused() {
        let whole = encoded(RgbImage::from_fn(16, 16, |x, y| Rgb([x as u8, y as u8, 9])));
        for len in 0..whole.len() {
            assert!(decode(&whole[..len]).unwrap_err().contains("expected an end marker"));
        }
        assert!(decode(&[&whole[..20], b"\xff\xd9"].concat()).is_err());
        let followed = [&whole[..], b"\xff\xd8 what a camera writes"].concat();
        assert_eq!(decode(&followed).unwrap(), decode(&whole).unwrap());
    }

    #[test]
    fn a_lying_header_is_refused() {
        let mut bytes = encoded(GrayImage::from_pixel(8, 8, Luma([1])));
        let start_of_frame = bytes.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
        for (side, expected) in
            [(8000_u16, "a 8000 x 8000 image cannot come from"), (60_000, "the limit")]
        {
            for (place, byte) in [side.to_be_bytes(); 2].concat().into_iter().enumerate() {
                bytes[start_of_frame + 5 + place] = byte;
            }
            let problem = decode(&bytes).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn the_most_compressed_image_is_possible() {
        let bytes = encoded(GrayImage::new(4096, 4096));
        assert!(decode(&bytes).is_ok(), "{} bytes", bytes.len());
    }
}
