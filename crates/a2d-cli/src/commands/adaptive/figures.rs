//! Figures of a study: how success and distance go with what an adversary asks for.

use a2d_adaptive::{Passed, Rung, Summary};
use a2d_report::{Figure, Result, Series, line_chart};

/// The share of false positives that detectors are drawn at.
const RATE: f64 = 0.05;

/// Two for each adversary with several levels.
pub(super) fn of(summary: &Summary) -> Result<Vec<Figure>> {
    let mut adversaries: Vec<&str> =
        summary.rungs.iter().map(|rung| rung.adversary.as_str()).collect();
    adversaries.dedup();
    let mut figures = vec![];
    for adversary in adversaries {
        let own = summary.rungs.iter().filter(|rung| rung.adversary == adversary);
        let levels: Vec<(f64, &Rung)> = own
            .filter_map(|rung| Some((rung.level.filter(|level| *level >= 0.0)?, rung)))
            .collect();
        if levels.len() < 2 {
            continue;
        }
        let level = format!("what {adversary} asks for");
        let success = line_chart(&successes(&levels), [&level, "success"], Some(1.0))?;
        let points = levels.iter().map(|(level, rung)| (*level, rung.distances.l2)).collect();
        let distance = [Series { name: "mean L2".to_owned(), points }];
        let distance = line_chart(&distance, [&level, "L2"], None)?;
        figures.push(Figure { name: format!("success-{adversary}"), svg: success });
        figures.push(Figure { name: format!("distance-{adversary}"), svg: distance });
    }
    Ok(figures)
}

/// A series of each detector at that rate, and of none.
fn successes(levels: &[(f64, &Rung)]) -> Vec<Series> {
    let Some((_, first)) = levels.first() else { return vec![] };
    let is_drawn = |passed: &&Passed| passed.rate.is_none_or(|rate| rate == RATE);
    let drawn = first.passed.iter().filter(is_drawn);
    drawn
        .map(|Passed { detector, rate, .. }| {
            let own = |rung: &Rung| {
                let mut all = rung.passed.iter();
                all.find(|passed| passed.detector == *detector && passed.rate == *rate)
                    .map_or(0.0, |passed| passed.success.share)
            };
            let name = match rate {
                Some(rate) => format!("{detector}, {:.0} % false positives", rate * 100.0),
                None => "no detector".to_owned(),
            };
            let points = levels.iter().map(|(level, rung)| (*level, own(rung))).collect();
            Series { name, points }
        })
        .collect()
}
