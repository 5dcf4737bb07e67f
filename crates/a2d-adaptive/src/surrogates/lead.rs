//! How far the predicted class is ahead.

use crate::look::{Look, numbers, picked};
use crate::surrogate::{Slope, Surrogate};
use crate::{Result, Victim};

/// The logit of the predicted class less that of the next. Along a ray the cost grows with it; where the network is linear,
/// it is the distance from the boundary but for a factor.
#[derive(Debug)]
pub(crate) struct Lead;

impl Surrogate for Lead {
    fn slope(&self, _: &Victim<'_>, look: &Look<'_>, places: &[usize]) -> Result<Slope> {
        let leads = look.leads(&look.predicted);
        let (values, all) = (numbers(&leads), look.gradient(&leads)?);
        let values = places.iter().map(|place| values[*place]).collect();
        Ok(Slope { values, gradient: picked(&all, places), gradients: 1, forward: 0 })
    }
}
