//! How patient the client is, and what it may reach: every figure a field, so that tests can shorten it.

use std::time::Duration;

/// The rules of one run.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether servers on this machine may be reached, and then without encryption.
    pub loopback: bool,
    /// Whether nothing at all may be reached.
    pub offline: bool,
    /// How often one request is tried.
    pub attempts: u32,
    /// How often requests may be tried again in the whole run.
    pub retries: u32,
    /// For resolving a name, and for a connection with its encryption.
    pub connect: Duration,
    /// Without progress for so long, a request is given up.
    pub stall: Duration,
    /// Before the second attempt; doubled before each further one.
    pub pause: Duration,
    /// No pause is longer, whatever the server asks for.
    pub longest_pause: Duration,
    /// Requests in flight.
    pub requests: usize,
    /// How the client calls itself.
    pub user_agent: String,
    /// Whether the run was asked to stop.
    pub stopped: fn() -> bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            loopback: false,
            offline: false,
            attempts: 5,
            retries: 100,
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            requests: 8,
            user_agent: concat!("groundtell/", env!("CARGO_PKG_VERSION")).to_owned(),
            stopped: || false,
        }
    }
}
