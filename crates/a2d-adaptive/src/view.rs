//! What detectors let through, at shares of false positives.

use a2d_detect::Calibration;

use crate::summary::RATES;
use crate::{JudgedCandidate, Result};

/// The name of no detector at all.
const NONE: &str = "none";

/// A detector's view of a candidate.
pub(crate) struct View<'a> {
    pub(crate) name: String,
    pub(crate) rate: Option<f64>,
    pub(crate) passes: Box<dyn Fn(&JudgedCandidate) -> bool + 'a>,
}

/// Those of no detector, of each at every rate that benign images say anything of, and of those that judge together.
pub(crate) fn views<'a>(
    detectors: &'a [(String, Vec<Option<f64>>)],
    alliances: &'a [Vec<usize>],
) -> Result<Vec<View<'a>>> {
    let calibrations = detectors.iter();
    let calibrations = calibrations
        .map(|(_, scores)| Calibration::new(scores.iter().copied().flatten().collect()));
    let calibrations = calibrations.collect::<Result<Vec<_>, _>>()?;
    let none = View { name: NONE.to_owned(), rate: None, passes: Box::new(|_| true) };
    let mut views = vec![none];
    for (place, (name, _)) in detectors.iter().enumerate() {
        for rate in RATES {
            let Ok(threshold) = calibrations[place].threshold(rate) else { continue };
            let passes = move |candidate: &JudgedCandidate| {
                candidate.scores[place].is_some_and(|score| score <= threshold)
            };
            views.push(View { name: name.clone(), rate: Some(rate), passes: Box::new(passes) });
        }
    }
    for members in alliances {
        views.extend(alliance(members, detectors, &calibrations)?);
    }
    Ok(views)
}

/// Detectors that judge together: the least p-value of any decides.
fn alliance<'a>(
    members: &'a [usize],
    detectors: &[(String, Vec<Option<f64>>)],
    calibrations: &[Calibration],
) -> Result<Vec<View<'a>>> {
    let names: Vec<_> = members.iter().map(|member| detectors[*member].0.as_str()).collect();
    let name = names.join("+");
    let own: Vec<Calibration> =
        members.iter().map(|member| calibrations[*member].clone()).collect();
    let images = members.iter().map(|member| detectors[*member].1.len()).min().unwrap_or(0);
    let suspicion = |scores: &[f64]| {
        let p_values = scores.iter().zip(&own).map(|(score, own)| 1.0 - own.p_value(*score));
        p_values.fold(0.0, f64::max)
    };
    // An image to which one of them gives no score has none by all.
    let benign = (0..images).filter_map(|image| {
        let scores = members.iter().map(|member| detectors[*member].1[image]);
        scores.collect::<Option<Vec<f64>>>().map(|scores| suspicion(&scores))
    });
    let together = Calibration::new(benign.collect())?;
    let mut views = vec![];
    for rate in RATES {
        let Ok(threshold) = together.threshold(rate) else { continue };
        let own = own.clone();
        let passes = move |candidate: &JudgedCandidate| {
            let scores = members.iter().zip(&own).map(|(member, own)| {
                candidate.scores[*member].map(|score| 1.0 - own.p_value(score))
            });
            let suspicions = scores.collect::<Option<Vec<f64>>>();
            suspicions.is_some_and(|all| all.into_iter().fold(0.0, f64::max) <= threshold)
        };
        views.push(View { name: name.clone(), rate: Some(rate), passes: Box::new(passes) });
    }
    Ok(views)
}
