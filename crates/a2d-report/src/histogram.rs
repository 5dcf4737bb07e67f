//! Costs as histograms: a strip per class over one axis, with the same bins.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;
use crate::chart::{self, Class};

const MOST_BINS: f64 = 40.0;

/// Height of a strip, of which the name of its class takes the top.
const STRIP: u32 = 108;
const NAME: u32 = 30;

/// Draws the share of each class by cost, and a line through all strips at the threshold.
pub(crate) fn svg(classes: &[Class<'_>], cost_threshold: Option<f64>) -> Result<String> {
    let bins =
        Bins::up_to(classes.iter().flat_map(|class| class.costs).copied().chain(cost_threshold));
    let height = STRIP * classes.len() as u32 + chart::BELOW;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (chart::WIDTH, height)).into_drawing_area();
        let breaks: Vec<_> = (1..classes.len() as u32).map(|strip| strip * STRIP).collect();
        let strips = root.split_by_breakpoints::<u32, u32, _, _>([], &breaks);
        for (index, (class, strip)) in classes.iter().zip(&strips).enumerate() {
            let below = if index + 1 == classes.len() { chart::BELOW } else { 0 };
            draw(class, strip, &bins, below, cost_threshold)?;
        }
        root.present()?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw(
    class: &Class<'_>,
    strip: &Area<'_>,
    bins: &Bins,
    below: u32,
    cost_threshold: Option<f64>,
) -> Result<()> {
    let shares = bins.shares(class.costs);
    let top = shares.iter().fold(0.01, |top: f64, share| top.max(*share));
    let mut chart = ChartBuilder::on(strip)
        .margin_top(NAME)
        .margin_right(12)
        .set_label_area_size(LabelAreaPosition::Left, chart::LEFT)
        .set_label_area_size(LabelAreaPosition::Bottom, below)
        .build_cartesian_2d(0.0..bins.end(), 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(chart::GRID)
        .axis_style(chart::AXIS)
        .label_style(chart::text())
        .x_labels(6)
        .y_labels(3)
        .x_label_formatter(&|cost| format!("{cost:.0}"))
        .y_label_formatter(&|share| format!("{:.0} %", 100.0 * share))
        .x_desc("cost (iterations)")
        .draw()?;
    chart.draw_series(shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(
        |(bin, share)| {
            let corners = [(bins.start(bin), 0.0), (bins.start(bin + 1), *share)];
            Rectangle::new(corners, class.color.filled())
        },
    ))?;
    if let Some(cost) = cost_threshold.filter(|cost| (0.0..=bins.end()).contains(cost)) {
        let line = [(cost, 0.0), (cost, top)];
        chart.draw_series([DashedPathElement::new(line, 5, 4, chart::AXIS.stroke_width(2))])?;
    }
    let name = format!("{}, n = {}", class.name, class.costs.len());
    let right = (chart::WIDTH as i32 - 12, NAME as i32 / 2 + 3);
    strip.draw_text(&name, &chart::text().pos(Pos::new(HPos::Right, VPos::Center)), right)?;
    Ok(())
}

/// Bins of one width, from a cost of 0 on.
struct Bins {
    width: f64,
    count: usize,
}

impl Bins {
    /// Covers `costs` with few bins whose width is 1, 2 or 5 times a power of ten.
    fn up_to(costs: impl Iterator<Item = f64>) -> Self {
        let largest = costs.filter(|cost| cost.is_finite()).fold(0.0, f64::max);
        let mut decade = 1.0;
        loop {
            for width in [decade, 2.0 * decade, 5.0 * decade] {
                if largest / width < MOST_BINS {
                    let count = (largest / width) as usize + 1;
                    return Self { width, count };
                }
            }
            decade *= 10.0;
        }
    }

    fn start(&self, bin: usize) -> f64 {
        self.width * bin as f64
    }

    fn end(&self) -> f64 {
        self.start(self.count)
    }

    /// The share of `costs` in each bin.
    fn shares(&self, costs: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.count];
        for cost in costs {
            if let Some(share) = shares.get_mut((cost / self.width) as usize) {
                *share += 1.0 / costs.len() as f64;
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(costs: &[f64]) -> (f64, usize) {
        let Bins { width, count } = Bins::up_to(costs.iter().copied());
        (width, count)
    }

    #[test]
    fn bins_are_few_and_of_round_width() {
        assert_eq!(bins(&[]), (1.0, 1));
        assert_eq!(bins(&[0.0]), (1.0, 1));
        assert_eq!(bins(&[3.0, 39.0]), (1.0, 40));
        assert_eq!(bins(&[40.0]), (2.0, 21));
        assert_eq!(bins(&[263.0, f64::INFINITY]), (10.0, 27));
        assert_eq!(bins(&[f64::from(u32::MAX)]), (200_000_000.0, 22));
    }

    #[test]
    fn shares_of_a_class_sum_to_one_whatever_its_size() {
        let bins = Bins { width: 10.0, count: 3 };
        assert_eq!(bins.shares(&[0.0, 9.9, 10.0, 29.0]), [0.5, 0.25, 0.25]);
        assert_eq!(bins.shares(&[20.0]), [0.0, 0.0, 1.0]);
        assert_eq!(bins.shares(&[]), [0.0; 3]);
    }

    #[test]
    fn threshold_beyond_all_costs_is_still_drawn() {
        let class = Class { name: "benign", costs: &[3.0], color: chart::BENIGN };
        let with = svg(&[class], Some(90.0)).unwrap();
        assert!(with.contains("\n80\n"), "the axis reaches the threshold");
    }

    #[test]
    fn thresholds_left_of_the_axis_draw_no_line() {
        let class = || Class { name: "benign", costs: &[3.0, 50.0], color: chart::BENIGN };
        let without = svg(&[class()], None).unwrap();
        assert_eq!(svg(&[class()], Some(-4.0)).unwrap(), without);
        assert_eq!(svg(&[class()], Some(f64::NEG_INFINITY)).unwrap(), without);
        assert_ne!(svg(&[class()], Some(20.0)).unwrap(), without);
    }
}
