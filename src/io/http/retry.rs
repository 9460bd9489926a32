//! When a request is tried again: pauses that double with chance in them, the server's own wish, and a budget.

#![expect(clippy::disallowed_methods, reason = "io reads the clock: a server may name a date, and a pause has an end")]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::policy::Policy;
use crate::error::{Error, Kind, Result};

/// The retries that a run has left.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    pub(super) fn new(retries: u32) -> Self {
        Self(AtomicU32::new(retries))
    }

    /// Takes one; false when none is left.
    pub(super) fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// Statuses that say "not now".
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// The pause before attempt `attempt` (2 is the first that has one): what the server asked for, else doubled
/// from the policy's with a random half, so that many clients do not come back together.
pub(super) fn pause(policy: &Policy, attempt: u32, asked: Option<Duration>) -> Duration {
    let doubled = policy.pause.saturating_mul(1 << attempt.saturating_sub(2).min(16));
    let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    let own = doubled.min(policy.longest_pause).mul_f64(0.5 + 0.5 * chance);
    asked.unwrap_or(own).min(policy.longest_pause)
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date to be held against `now`.
pub(super) fn asked(header: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let then = DateTimeParser::new().parse_timestamp(header.trim()).ok()?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}

/// As [`asked`], by the clock of this machine.
pub(super) fn asked_now(header: &str) -> Option<Duration> {
    asked(header, Timestamp::now())
}

/// Sleeps, unless the run is asked to stop.
///
/// # Errors
/// `Interrupted` when it is.
pub(super) fn sleep(policy: &Policy, length: Duration) -> Result<()> {
    const SLICE: Duration = Duration::from_millis(50);
    let end = Instant::now() + length;
    loop {
        stopped(policy)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(SLICE));
    }
}

/// Whether the run goes on.
///
/// # Errors
/// `Interrupted` when it is asked to stop.
pub(super) fn stopped(policy: &Policy) -> Result<()> {
    if (policy.stopped)() {
        Err(Error::new(Kind::Interrupted, "stopped by a signal; nothing was published"))
    } else {
        Ok(())
    }
}

/// Watches over a body: whether it still comes in.
pub(super) struct Pulse {
    stall: Duration,
    since: Instant,
    bytes: usize,
}

impl Pulse {
    /// Fewer bytes in the time of a stall are no progress: a server that drips holds nobody up.
    const LEAST: usize = 1024;

    pub(super) fn new(stall: Duration) -> Self {
        Self { stall, since: Instant::now(), bytes: 0 }
    }

    /// Notes bytes that came; false when too few did for too long.
    pub(super) fn beats(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        if self.bytes >= Self::LEAST {
            (self.since, self.bytes) = (Instant::now(), 0);
            return true;
        }
        self.since.elapsed() < self.stall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_names_seconds_or_a_date() {
        let now = "1994-11-06T08:49:30Z".parse().unwrap();
        assert_eq!(asked("7", now), Some(Duration::from_secs(7)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(asked("soon", now), None);
        assert_eq!(asked("-4", now), None);
    }

    #[test]
    fn pauses_double_and_are_capped() {
        let policy =
            Policy { pause: Duration::from_secs(1), longest_pause: Duration::from_secs(6), ..Policy::default() };
        for _ in 0..50 {
            let second = pause(&policy, 2, None).as_secs_f64();
            let fourth = pause(&policy, 4, None).as_secs_f64();
            assert!((0.5..=1.0).contains(&second) && (2.0..=4.0).contains(&fourth), "{second} {fourth}");
            assert!(pause(&policy, 60, None) <= Duration::from_secs(6));
        }
        assert_eq!(pause(&policy, 2, Some(Duration::from_secs(3))), Duration::from_secs(3));
        assert_eq!(pause(&policy, 2, Some(Duration::from_secs(9999))), Duration::from_secs(6));
    }

    #[test]
    fn a_budget_ends() {
        let budget = Budget::new(2);
        assert_eq!([budget.take(), budget.take(), budget.take(), budget.take()], [true, true, false, false]);
    }
}
