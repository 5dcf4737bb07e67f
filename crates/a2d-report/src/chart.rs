//! What all charts share: classes, colours and sizes.
//!
//! The background is the page's own, light or dark. Colours are told apart on both and by the
//! colour-blind (Okabe and Ito, "Color universal design", 2008); the page's style paints the text.

use plotters::style::{IntoFont, RGBAColor, RGBColor, TextStyle};

/// A class of inputs as it is drawn.
pub(crate) struct Class<'a> {
    pub(crate) name: &'a str,
    /// In iterations.
    pub(crate) costs: &'a [f64],
    pub(crate) color: RGBColor,
}

/// Width of a chart. Its text is readable when a phone shows it at three quarters of its size.
pub(crate) const WIDTH: u32 = 420;

/// Room for the numbers beside the vertical axis.
pub(crate) const LEFT: u32 = 62;

/// Room for the numbers and the title below the horizontal axis.
pub(crate) const BELOW: u32 = 52;

pub(crate) const AXIS: RGBColor = RGBColor(128, 128, 128);
pub(crate) const GRID: RGBAColor = RGBAColor(128, 128, 128, 0.25);
pub(crate) const BENIGN: RGBColor = RGBColor(0, 114, 178);

const ADVERSARIAL: [RGBColor; 5] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// The colour of a kind of adversarial input, by its place among the kinds.
pub(crate) fn adversarial(index: usize) -> RGBColor {
    ADVERSARIAL[index % ADVERSARIAL.len()]
}

/// The upper end of an axis from 0 that has room for all values.
pub(crate) fn end(values: impl IntoIterator<Item = f64>) -> f64 {
    let largest = values.into_iter().fold(0.0, f64::max);
    if largest > 0.0 { 1.05 * largest } else { 1.0 }
}

/// How the numbers beside an axis from 0 to `end` are written: with the decimals that tell them apart.
pub(crate) fn ticks(end: f64) -> impl Fn(&f64) -> String {
    let decimals = (1.0 - end.log10().floor()).max(0.0) as usize;
    move |value| format!("{value:.decimals$}")
}

pub(crate) fn text() -> TextStyle<'static> {
    ("sans-serif", 18).into_font().color(&AXIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_above_the_largest_value() {
        assert!(end([3.0, 20.0]) > 20.0);
        assert_eq!((end([]), end([0.0])), (1.0, 1.0));
    }

    #[test]
    fn numbers_beside_an_axis_have_the_decimals_of_its_steps() {
        for (end, value, text) in [
            (1000.0, 200.0, "200"),
            (21.0, 5.0, "5"),
            (5.25, 0.5, "0.5"),
            (0.003, 0.0005, "0.0005"),
        ] {
            assert_eq!(ticks(end)(&value), text);
        }
    }
}
