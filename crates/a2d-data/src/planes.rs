//! Decoded images as planes of pixels.

use image::DynamicImage;

/// The pixels of an opaque image plane by plane, each in row-major order: gray for one channel, RGB
/// for three.
pub(crate) fn planes(decoded: DynamicImage, channels: usize) -> Result<Vec<f32>, String> {
    // With 16 bits a channel the value of an 8-bit one is the same fraction: v * 257 / 65535.
    let samples = if channels == 1 {
        decoded.into_luma_alpha16().into_raw()
    } else {
        decoded.into_rgba16().into_raw()
    };
    let samples = samples.chunks_exact(channels + 1);
    if samples.clone().any(|sample| sample[channels] != u16::MAX) {
        return Err("the image has transparent pixels, expected an opaque image".to_owned());
    }
    let plane = |channel: usize| samples.clone().map(move |sample| sample[channel]);
    let values = (0..channels).flat_map(plane);
    Ok(values.map(|value| f32::from(value) / f32::from(u16::MAX)).collect())
}
