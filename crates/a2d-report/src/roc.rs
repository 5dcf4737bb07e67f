//! ROC curves of all kinds of adversarial input in one square.

use a2d_eval::RocCurve;
use plotters::prelude::*;

use crate::Result;
use crate::chart::{self, Class};

/// Makes the plotting area square.
const HEIGHT: u32 = chart::WIDTH - chart::LEFT + chart::BELOW;

/// Draws each curve in the colour of its class, and the diagonal of chance.
pub(crate) fn svg(curves: &[(&RocCurve, &Class<'_>)]) -> Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (chart::WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(12)
            .margin_right(12)
            .set_label_area_size(LabelAreaPosition::Left, chart::LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, chart::BELOW)
            .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(chart::GRID)
            .axis_style(chart::AXIS)
            .label_style(chart::text())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|rate| format!("{rate:.1}"))
            .y_label_formatter(&|rate| format!("{rate:.1}"))
            .x_desc("false-positive rate")
            .y_desc("true-positive rate")
            .draw()?;
        let diagonal = [(0.0, 0.0), (1.0, 1.0)];
        chart.draw_series(DashedLineSeries::new(diagonal, 5, 4, chart::AXIS.into()))?;
        for (curve, class) in curves {
            let rates = curve.vertices().iter().map(|vertex| (vertex.fpr, vertex.tpr));
            chart.draw_series(LineSeries::new(rates, class.color.stroke_width(3)))?;
        }
        root.present()?;
    }
    Ok(svg)
}
