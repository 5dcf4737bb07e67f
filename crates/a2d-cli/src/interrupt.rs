//! What is said when work that is kept is interrupted.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, WeakProgressBar};

/// The work that is kept as it is done.
static WORK: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Tells the user of an interrupt that what this bar counts is kept. The process ends as it would without.
pub(crate) fn is_kept(bar: &ProgressBar) {
    let mut work = WORK.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = work.is_none();
    *work = Some(bar.downgrade());
    if is_first {
        listen();
    }
}

#[cfg(unix)]
fn listen() {
    use signal_hook::consts::SIGINT;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use crate::terminal::note;

    // Without it there is no word, and all else is the same.
    let Ok(mut signals) = Signals::new([SIGINT]) else { return };
    std::thread::spawn(move || {
        for signal in &mut signals {
            if let Some(words) = words() {
                note(words);
            }
            let _ = emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
fn listen() {}

/// How much is kept, while there is such work.
#[cfg(unix)]
fn words() -> Option<String> {
    let work = WORK.lock().unwrap_or_else(PoisonError::into_inner);
    let bar = work.as_ref()?.upgrade().filter(|bar| !bar.is_finished())?;
    let (done, all) = (bar.position(), bar.length().unwrap_or(0));
    Some(format!("\nstopped; {done} of {all} kept, the same command goes on"))
}
