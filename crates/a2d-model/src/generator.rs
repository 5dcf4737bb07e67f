//! Seeding of the generator that libtorch has for the whole process.

use std::sync::{Mutex, MutexGuard, PoisonError};

static GENERATOR: Mutex<()> = Mutex::new(());

/// Seeds libtorch's generator. There is one for the whole process, so whoever draws from it keeps the
/// guard until it has drawn; else another thread would change the numbers.
pub(crate) fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    let guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}
