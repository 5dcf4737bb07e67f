//! Distributions as box plots, one below the other over one axis.

use a2d_eval::BoxPlot;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Result, chart};

/// Height of a box with its name above it.
const STRIP: u32 = 72;
const NAME: u32 = 30;

/// Where whiskers and box lie in a strip of height 1, counted from below.
const MIDDLE: f64 = 0.28;
const HALF: f64 = 0.18;

/// A set of values as it is drawn.
pub(crate) struct Values<'a> {
    pub(crate) name: String,
    pub(crate) summary: &'a BoxPlot,
    pub(crate) color: RGBColor,
}

/// Draws a box from quartile to quartile with the median in it, whiskers, and outliers as dots.
pub(crate) fn svg(sets: &[Values<'_>], axis: &str) -> Result<String> {
    let end = chart::end(sets.iter().map(|set| set.summary.maximum));
    let height = STRIP * sets.len() as u32 + chart::BELOW;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (chart::WIDTH, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_left(16)
            .margin_right(16)
            .set_label_area_size(LabelAreaPosition::Bottom, chart::BELOW)
            .build_cartesian_2d(0.0..end, 0.0..sets.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(chart::GRID)
            .axis_style(chart::AXIS)
            .label_style(chart::text())
            .x_labels(6)
            .x_label_formatter(&chart::ticks(end))
            .x_desc(axis)
            .draw()?;
        for (strip, set) in sets.iter().enumerate() {
            let middle = (sets.len() - 1 - strip) as f64 + MIDDLE;
            let (low, high) = (middle - HALF, middle + HALF);
            let BoxPlot { lower_quartile, median, upper_quartile, .. } = *set.summary;
            let BoxPlot { lower_whisker, upper_whisker, ref outliers, .. } = *set.summary;
            let line =
                |from, to, width| PathElement::new([from, to], set.color.stroke_width(width));
            chart.draw_series([
                line((lower_whisker, middle), (lower_quartile, middle), 2),
                line((upper_quartile, middle), (upper_whisker, middle), 2),
                line((lower_whisker, low), (lower_whisker, high), 2),
                line((upper_whisker, low), (upper_whisker, high), 2),
                line((median, low), (median, high), 4),
            ])?;
            let corners = [(lower_quartile, low), (upper_quartile, high)];
            chart.draw_series([
                Rectangle::new(corners, set.color.mix(0.25).filled()),
                Rectangle::new(corners, set.color.stroke_width(2)),
            ])?;
            let dot = |value: &f64| Circle::new((*value, middle), 3, set.color.filled());
            chart.draw_series(outliers.iter().map(dot))?;
            let right = (chart::WIDTH as i32 - 16, (STRIP * strip as u32 + NAME / 2 + 3) as i32);
            let style = chart::text().pos(Pos::new(HPos::Right, VPos::Center));
            root.draw_text(&set.name, &style, right)?;
        }
        root.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(values: &[f64]) -> String {
        let summary = BoxPlot::new(values).unwrap();
        let set = Values { name: "fgsm, n = 5".into(), summary: &summary, color: chart::BENIGN };
        svg(&[set], "iterations").unwrap()
    }

    #[test]
    fn outliers_are_dots() {
        let dots = |values: &[f64]| draw(values).matches("<circle").count();
        assert_eq!(dots(&[1.0, 2.0, 3.0, 4.0, 5.0]), 0);
        assert_eq!(dots(&[1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 50.0, 60.0]), 2);
    }

    #[test]
    fn the_axis_reaches_the_largest_value_and_bears_its_name() {
        let svg = draw(&[3.0, 80.0]);
        assert!(svg.contains("\n80\n") && svg.contains("\niterations\n"), "{svg}");
        assert!(svg.contains("\nfgsm, n = 5\n"));
        assert!(draw(&[0.0, 0.0]).contains("<rect"));
    }
}
