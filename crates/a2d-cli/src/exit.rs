//! Exit codes: 0 fine, 1 failure, 2 usage (clap's), 3 bad input, 10 adversarial inputs found.

use std::process::ExitCode;

pub(crate) const FAILURE: u8 = 1;
const USAGE: u8 = 2;
const BAD_INPUT: u8 = 3;
const ADVERSARIAL: u8 = 10;

/// An input that does not fit the others or the command.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// Arguments that contradict each other in a way that clap does not see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

impl Usage {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// The code that says that adversarial inputs were found.
pub(crate) fn adversarial() -> ExitCode {
    ExitCode::from(ADVERSARIAL)
}

/// The code that says that the input is at fault.
pub(crate) fn bad_input() -> ExitCode {
    ExitCode::from(BAD_INPUT)
}

/// The code of an error: whether the command or its input is at fault, or something else.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(if error.is::<Usage>() {
        USAGE
    } else if is_bad_input(error) {
        BAD_INPUT
    } else {
        FAILURE
    })
}

/// The number of the image that an error is about, if it is about one.
pub(crate) fn row(error: &anyhow::Error) -> Option<usize> {
    let attack = error.downcast_ref().and_then(a2d_attacks::Error::row);
    let guard = || error.downcast_ref().and_then(a2d_guard::Error::row);
    let model = || error.downcast_ref().and_then(a2d_model::Error::row);
    let score = || error.downcast_ref().and_then(a2d_eval::scoring::Error::row);
    let adaptive = || error.downcast_ref().and_then(a2d_adaptive::Error::row);
    attack.or_else(guard).or_else(model).or_else(score).or_else(adaptive)
}

fn is_bad_input(error: &anyhow::Error) -> bool {
    error.is::<BadInput>()
        || error.downcast_ref().is_some_and(a2d_adaptive::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_attacks::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_baselines::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_cost::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_data::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_detect::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_guard::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_model::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_serve::Error::is_bad_input)
        || error.is::<a2d_eval::Error>()
        || error.downcast_ref().is_some_and(a2d_eval::clever::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_eval::scoring::Error::is_bad_input)
        || error.downcast_ref().is_some_and(a2d_file::Error::is_bad_input)
}
