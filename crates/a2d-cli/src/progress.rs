//! Progress bars on standard error, which show nothing when it is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` items of `what`.
pub(crate) fn bar(total: usize, what: &str) -> ProgressBar {
    with_template(total, "{prefix} {wide_bar} {pos}/{len} {eta}").with_prefix(what.to_owned())
}

/// Something that turns beside a message while work of unknown length is done.
pub(crate) fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar over bytes, whose number and prefix are set on the way.
pub(crate) fn bytes() -> ProgressBar {
    with_template(0, "{prefix} {wide_bar} {bytes}/{total_bytes} {eta}")
}

fn with_template(total: usize, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
