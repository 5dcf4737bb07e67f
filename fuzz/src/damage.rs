//! Damage to files, of the kinds that parsers trip over.

use rand::{Rng, RngExt as _};

/// Numbers at the ends of types, as texts.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1e39",
    "-1e39",
    "1e300",
    "1e999",
    "NaN",
    "inf",
    "null",
    "255",
    "256",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "1e-300",
];

/// Bytes that mean something to some format.
const BYTES: [u8; 12] = [0, 1, 7, 0x7f, 0x80, 0xff, b'"', b',', b'\n', b'{', b']', 0x1b];

/// A damaged copy of `seed`; `other` is a file to take pieces from.
pub(crate) fn damaged(seed: &[u8], other: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..=4) {
        damage(&mut bytes, other, random);
    }
    // A few kilobytes are enough to go wrong.
    bytes.truncate(1 << 16);
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut impl Rng) {
    let at = random.random_range(0..=bytes.len());
    let end = random.random_range(at..=bytes.len().min(at + 64));
    match random.random_range(0..9) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        3 => {
            let from = random.random_range(0..=other.len());
            let to = random.random_range(from..=other.len().min(from + 64));
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        4 | 5 => number(bytes, at, random),
        6 => {
            let width = [1, 2, 4, 8][random.random_range(0..4)];
            let value =
                [0, 1, u64::MAX, u64::MAX >> 1, 1 << 31, 1 << 16][random.random_range(0..6)];
            let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
            let word = if random.random() { &little[..width] } else { &big[8 - width..] };
            let end = bytes.len().min(at + width);
            bytes.splice(at..end, word.iter().copied());
        }
        7 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = BYTES[random.random_range(0..BYTES.len())];
            }
        }
    }
}

/// Puts another number in the place of the next one after `at` that is written in digits.
fn number(bytes: &mut Vec<u8>, at: usize, random: &mut impl Rng) {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
    let Some(start) = bytes[at..].iter().position(&is_part).map(|found| at + found) else {
        return;
    };
    let len = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
    let text = NUMBERS[random.random_range(0..NUMBERS.len())];
    bytes.splice(start..start + len, text.bytes());
}
