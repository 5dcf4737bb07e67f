//! Numbers that go with another: a line for each series, with its name in its colour.

use plotters::prelude::*;

use crate::{Result, chart};

/// Height of the chart without the names, and of a line of these.
const HEIGHT: u32 = 320;
const NAME: u32 = 20;

/// A series of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its points, the leftmost first; those that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

/// Draws series over two axes from 0, with their names below; the vertical axis ends at `top`, or else above the largest number.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if the chart cannot be drawn.
pub fn chart(series: &[Series], [x_axis, y_axis]: [&str; 2], top: Option<f64>) -> Result<String> {
    let points =
        || series.iter().flat_map(|series| &series.points).filter(|point| is_finite(point));
    let right = chart::end(points().map(|point| point.0));
    let top = top.unwrap_or_else(|| chart::end(points().map(|point| point.1)));
    let height = HEIGHT + NAME * series.len() as u32;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (chart::WIDTH, height)).into_drawing_area();
        let (above, names) = root.split_vertically(HEIGHT);
        let mut chart = ChartBuilder::on(&above)
            .margin_top(12)
            .margin_right(16)
            .set_label_area_size(LabelAreaPosition::Left, chart::LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, chart::BELOW)
            .build_cartesian_2d(0.0..right, 0.0..top)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(chart::GRID)
            .axis_style(chart::AXIS)
            .label_style(chart::text())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&chart::ticks(right))
            .y_label_formatter(&chart::ticks(top))
            .x_desc(x_axis)
            .y_desc(y_axis)
            .draw()?;
        for (place, Series { name, points }) in series.iter().enumerate() {
            let color = color(place);
            let points: Vec<_> = points.iter().copied().filter(is_finite).collect();
            chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, color.filled())))?;
            let middle = (NAME * place as u32 + NAME / 2) as i32;
            let left = chart::LEFT as i32;
            let line = vec![(left, middle), (left + 24, middle)];
            names.draw(&PathElement::new(line, color.stroke_width(2)))?;
            let text = Text::new(name.clone(), (left + 32, middle - 8), chart::text());
            names.draw(&text)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// The colour of a series by its place: the first is that of what is not adversarial.
fn color(place: usize) -> RGBColor {
    place.checked_sub(1).map_or(chart::BENIGN, chart::adversarial)
}

fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_a_line_with_its_name() {
        let series = |name: &str, points: &[(f64, f64)]| Series {
            name: name.into(),
            points: points.to_vec(),
        };
        let all = [
            series("none", &[(0.0, 1.0), (2.0, 0.9), (4.0, 0.5)]),
            series("z-score", &[(0.0, 0.1), (2.0, f64::NAN), (4.0, 0.3)]),
        ];
        let svg = chart(&all, ["confidence", "success"], Some(1.0)).unwrap();
        assert_eq!(svg.matches("<circle").count(), 5, "a point that is none is left out");
        for text in ["none", "z-score", "confidence", "success"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        assert!(!svg.contains("NaN") && chart(&[], ["x", "y"], None).is_ok());
    }
}
