//! Two measures of the same inputs, a dot for each input.

use plotters::prelude::*;

use crate::{Result, chart};

/// Height of the chart.
const HEIGHT: u32 = 320;

/// The inputs of a set as they are drawn.
pub(crate) struct Dots<'a> {
    pub(crate) points: &'a [(f64, f64)],
    pub(crate) color: RGBColor,
}

/// Draws the points of all sets over axes from 0.
pub(crate) fn svg(sets: &[Dots<'_>], [x_axis, y_axis]: [&str; 2]) -> Result<String> {
    let points = || sets.iter().flat_map(|set| set.points);
    let [x_end, y_end] =
        [chart::end(points().map(|point| point.0)), chart::end(points().map(|point| point.1))];
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (chart::WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(12)
            .margin_left(10)
            .margin_right(16)
            .set_label_area_size(LabelAreaPosition::Left, chart::LEFT + 16)
            .set_label_area_size(LabelAreaPosition::Bottom, chart::BELOW)
            .build_cartesian_2d(0.0..x_end, 0.0..y_end)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(chart::GRID)
            .axis_style(chart::AXIS)
            .label_style(chart::text())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&chart::ticks(x_end))
            .y_label_formatter(&chart::ticks(y_end))
            .x_desc(x_axis)
            .y_desc(y_axis)
            .draw()?;
        for Dots { points, color } in sets {
            let dot = |point: &(f64, f64)| Circle::new(*point, 4, color.mix(0.7).filled());
            chart.draw_series(points.iter().map(dot))?;
        }
        root.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_a_dot() {
        let benign = Dots { points: &[(2.5, 80.0), (3.0, 41.0)], color: chart::BENIGN };
        let other = Dots { points: &[(0.0, 2.0)], color: chart::adversarial(0) };
        let svg = svg(&[benign, other], ["CLEVER score", "iterations"]).unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("\n80\n") && svg.contains("\n1.0\n"), "{svg}");
        assert!(svg.contains("\nCLEVER score\n") && svg.contains("\niterations\n"));
    }
}
