//! How blocks are worked off: in the plan's order by every thread of the pool, stoppable, with a panic
//! inside one block kept to that block.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result};

/// What a long job tells and asks its caller; all methods may be called from any thread.
pub trait Watch: Sync {
    /// A stage begins with this many steps.
    fn stage(&self, name: &'static str, steps: usize);
    /// One step of the stage is done; `bytes` were read for it.
    fn step(&self, bytes: u64);
    /// Whether the job should end early.
    fn stopped(&self) -> bool;
}

/// A watch that shows nothing and never stops: for tests and callers without a terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watch for Silent {
    fn stage(&self, _: &'static str, _: usize) {}
    fn step(&self, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// Calls `work(state, index)` for every index below `count`, each worker with a state of its own from
/// `init`; the states come back in no particular order, so what they hold must add up in any.
///
/// # Errors
/// The first failure (lowest index among those seen) ends the job; a stop is `Interrupted`.
pub fn work_off<S: Send>(
    count: usize,
    watch: &dyn Watch,
    init: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
    let states = Mutex::new(Vec::new());
    let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let worker = || {
        let mut state = init();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count || halt.load(Ordering::Relaxed) || watch.stopped() {
                break;
            }
            if let Err(error) = guarded(|| work(&mut state, index)) {
                halt.store(true, Ordering::Relaxed);
                keep_first(&failure, index, error);
            }
        }
        if let Ok(mut states) = states.lock() {
            states.push(state);
        }
    };
    rayon::scope(|scope| (0..rayon::current_num_threads().min(count)).for_each(|_| scope.spawn(|_| worker())));
    if watch.stopped() {
        return Err(Error::new(Kind::Interrupted, "stopped by a signal; nothing was published"));
    }
    let lost = |_| Error::bug("a worker was lost");
    match failure.into_inner().map_err(|_| Error::bug("a worker was lost"))? {
        Some((_, error)) => Err(error),
        None => states.into_inner().map_err(lost),
    }
}

/// The result of `work`, a panic in it as an error of class `Bug`.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into());
        Err(Error::bug(format!("panic: {words}")))
    })
}

fn keep_first(slot: &Mutex<Option<(usize, Error)>>, index: usize, error: Error) {
    if let Ok(mut first) = slot.lock()
        && first.as_ref().is_none_or(|(earlier, _)| index < *earlier)
    {
        *first = Some((index, error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_worked_once() {
        let states = work_off(1000, &Silent, Vec::new, |seen: &mut Vec<usize>, index| {
            seen.push(index);
            Ok(())
        });
        let mut all: Vec<usize> = states.unwrap().concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let ended = work_off(3, &Silent, || (), |(), index| if index == 1 { panic!("boom") } else { Ok(()) });
        let error = ended.unwrap_err();
        assert_eq!(error.kind(), Kind::Bug);
        assert!(error.problem().contains("boom"));
    }
}
