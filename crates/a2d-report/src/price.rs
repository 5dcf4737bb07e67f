//! What detectors find against what they take: a dot for each, with its name.

use plotters::prelude::*;

use crate::{Result, chart};

/// Width and height of the chart, which has room for names.
const SIZE: (u32, u32) = (640, 400);

/// The share of the axis's length that is left free at its ends.
const ROOM: f64 = 1.6;

/// Pixels of a dot's radius, of a line of text, and of a letter, about.
const RADIUS: i32 = 5;
const LINE: i32 = 15;
const LETTER: i32 = 8;

/// A detector as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Priced {
    /// Its name.
    pub name: String,
    /// What it takes: a number above 0, drawn on a logarithmic axis.
    pub price: f64,
    /// What it finds, from 0 to 1.
    pub found: f64,
    /// Whether it is drawn as those of others.
    pub is_other: bool,
}

/// Draws detectors over the axes of price (logarithmic) and of what they find.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if the chart cannot be drawn.
pub fn chart(detectors: &[Priced], [x_axis, y_axis]: [&str; 2]) -> Result<String> {
    // A logarithmic axis has neither a zero nor an end that is not finite.
    let prices = || detectors.iter().map(|one| one.price).filter(|price| price.is_normal());
    let least = prices().reduce(f64::min).unwrap_or(1.0) / ROOM;
    // Names stand to the right of their dots.
    let most = prices().fold(least, f64::max) * ROOM.powi(4);
    let lowest = detectors.iter().map(|one| one.found).fold(0.5, f64::min);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(12)
            .margin_left(10)
            .margin_right(16)
            .set_label_area_size(LabelAreaPosition::Left, chart::LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, chart::BELOW)
            .build_cartesian_2d((least..most).log_scale(), lowest..1.02)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(chart::GRID)
            .axis_style(chart::AXIS)
            .label_style(chart::text())
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&|value| format!("{value}"))
            .y_label_formatter(&|value| format!("{value:.2}"))
            .x_desc(x_axis)
            .y_desc(y_axis)
            .draw()?;
        let dots: Vec<_> = detectors
            .iter()
            .map(|one| (chart.backend_coord(&(one.price, one.found)), one.name.chars().count()))
            .collect();
        for (Priced { name, price, found, is_other }, beside) in detectors.iter().zip(beside(&dots))
        {
            let color = if *is_other { chart::adversarial(0) } else { chart::BENIGN };
            let line = if beside == 0 { vec![] } else { vec![(0, 0), (RADIUS + 2, beside)] };
            let dot = EmptyElement::at((*price, *found))
                + PathElement::new(line, color)
                + Circle::new((0, 0), RADIUS, color.filled())
                + Text::new(name.clone(), (RADIUS + 3, beside - 8), chart::text());
            chart.draw_series([dot])?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// How far below its dot (above, if less than 0) each name stands so that it covers no other and no dot, of dots at these
/// pixels with names of so many letters.
fn beside(dots: &[((i32, i32), usize)]) -> Vec<i32> {
    let around =
        |((x, y), _): &((i32, i32), usize)| [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS];
    let meet = |one: &[i32; 4], other: &[i32; 4]| {
        one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
    };
    let mut taken: Vec<[i32; 4]> = dots.iter().map(around).collect();
    let mut places = vec![];
    for ((x, y), letters) in dots {
        let start = x + RADIUS + 3;
        let name = |shift: i32| {
            let (above, below) = (y + shift - LINE / 2, y + shift + LINE / 2);
            [start, above, start + LETTER * *letters as i32, below]
        };
        let shifts = (0..=dots.len() as i32).map(|line| line * LINE);
        let mut free = shifts.filter(|shift| !taken.iter().any(|other| meet(&name(*shift), other)));
        let shift = free.next().unwrap_or_default();
        taken.push(name(shift));
        places.push(shift);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cover_neither_each_other_nor_dots() {
        assert_eq!(beside(&[((10, 10), 4), ((200, 10), 4)]), [0, 0]);
        assert_eq!(beside(&[((10, 10), 4), ((12, 10), 4), ((14, 11), 4)]), [15, 0, 30]);
        assert_eq!(
            beside(&[((10, 10), 4), ((30, 40), 4)]),
            [0, 0],
            "a name ends before the next line"
        );
        assert_eq!(beside(&[]), [0; 0]);
    }

    #[test]
    fn every_detector_is_a_dot_with_its_name() {
        let priced = |name: &str, price, found, is_other| Priced {
            name: name.into(),
            price,
            found,
            is_other,
        };
        let detectors = [priced("BIM", 12.5, 0.99, false), priced("LID", 0.4, 0.91, true)];
        let svg = chart(&detectors, ["ms", "AUROC"]).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        for text in ["BIM", "LID", "ms", "AUROC"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        assert!(chart(&[], ["ms", "AUROC"]).is_ok());
    }
}
