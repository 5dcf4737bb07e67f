//! Progress on standard error: a bar where it is a terminal, else a line now and then.

use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Duration;

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};

use crate::interrupt;
use crate::terminal::{is_quiet, note};

/// How often a line says how far the work is, where there is no bar.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

const ITEMS: &str = "{prefix} {wide_bar} {pos}/{len} {msg} eta {eta}";

/// A bar over `total` items of `what`.
pub(crate) fn bar(total: usize, what: &str) -> ProgressBar {
    told(with_template(total, ITEMS).with_prefix(what.to_owned()))
}

/// A bar over `total` items of `what`, of which `done` are kept from before, and each is as soon as the bar counts it.
pub(crate) fn kept(total: usize, done: usize, what: &str) -> ProgressBar {
    let bar = with_template(total, ITEMS).with_prefix(what.to_owned()).with_position(done as u64);
    bar.reset_eta();
    interrupt::is_kept(&bar);
    told(bar)
}

/// Something that turns beside a message while work of unknown length is done.
pub(crate) fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    let bar = hidden_if_quiet(ProgressBar::new_spinner());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar over bytes, whose number and prefix are set on the way.
pub(crate) fn bytes() -> ProgressBar {
    with_template(0, "{prefix} {wide_bar} {bytes}/{total_bytes} eta {eta}")
}

fn with_template(total: usize, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = hidden_if_quiet(ProgressBar::new(total as u64)).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn hidden_if_quiet(bar: ProgressBar) -> ProgressBar {
    if is_quiet() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    bar
}

/// The bar, of which lines tell where nobody sees it.
fn told(bar: ProgressBar) -> ProgressBar {
    if !io::stderr().is_terminal() && !is_quiet() {
        let weak = bar.downgrade();
        thread::spawn(move || {
            loop {
                thread::sleep(BETWEEN_LINES);
                match weak.upgrade() {
                    Some(bar) if !bar.is_finished() => note(line(&bar)),
                    _ => return,
                }
            }
        });
    }
    bar
}

/// How far the work is, in words.
fn line(bar: &ProgressBar) -> String {
    let (done, all) = (HumanCount(bar.position()), HumanCount(bar.length().unwrap_or(0)));
    let message = match bar.message() {
        message if message.is_empty() => message,
        message => format!(" ({message})"),
    };
    let left = match bar.eta() {
        left if left.as_secs() == 0 => String::new(),
        left => format!(", {} left", HumanDuration(left)),
    };
    format!("{}: {done} of {all}{message}{left}", bar.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_the_work_is() {
        let bar = ProgressBar::hidden().with_prefix("bim").with_position(1200);
        bar.set_length(4000);
        assert_eq!(line(&bar), "bim: 1,200 of 4,000");
        bar.set_message("7 tried");
        assert!(line(&bar).starts_with("bim: 1,200 of 4,000 (7 tried)"));
    }
}
