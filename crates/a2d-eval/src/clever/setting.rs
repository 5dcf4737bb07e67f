//! Settings under which CLEVER scores were published.

use super::{CleverParams, Norm, Outputs, Radial};

/// Settings that published tables of CLEVER scores of Zhao et al., "Attack as Defense" agree with. Neither
/// publication says which outputs, norm and radius it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// That of the conference's slides: softmax, L2, radius 5. The ratios of their benign scores between targets
    /// and the share of them at the radius, by the published intervals, come out.
    Slides,
    /// A guess at that of the extended paper (TOSEM 33(3), 2024): softmax, L-infinity, radius 1. Ratios come out,
    /// the level is a third lower.
    Extended,
}

impl CleverParams {
    /// Sets outputs, norm, radius, distances and clipping to those of published scores. Batches, samples and the
    /// seed stay.
    #[must_use]
    pub fn like(self, setting: Setting) -> Self {
        let (norm, radius) = match setting {
            Setting::Slides => (Norm::L2, 5.0),
            Setting::Extended => (Norm::Linf, 1.0),
        };
        Self { outputs: Outputs::Softmax, norm, radius, radial: Radial::Ball, clip: true, ..self }
    }
}
