//! The web, read with patience and distrust: public servers over https, bounded documents, ranges of large files.
//!
//! Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`). Behind one, names are resolved by the proxy,
//! so that the check of resolved addresses is the proxy's to make; what is written is checked all the same.

mod document;
mod exchange;
mod guard;
mod keyring;
mod message;
mod policy;
mod range;
mod retry;
mod sign;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use ureq::Agent;
use ureq::unversioned::transport::DefaultConnector;

use self::guard::Guarded;
use self::keyring::Keyring;
pub use self::policy::Policy;
pub use self::range::{Opened, Version};
use self::retry::Budget;
pub use self::sign::{PlanetaryComputer, Signer};
use crate::address::Address;
use crate::error::Result;

/// A client with its connections, its patience and the credentials that it was given. One serves a whole run, from
/// any thread.
pub struct Http {
    policy: Policy,
    /// For public servers, through the proxy of the environment if there is one.
    public: Agent,
    /// For servers on this machine, which no proxy stands before.
    own: Agent,
    budget: Budget,
    keyring: Keyring,
    signer: OnceLock<Box<dyn Signer>>,
    /// Held while a signature is fetched, so that many requests ask for one.
    signing: Mutex<()>,
    counts: Counts,
}

/// What a client did so far.
#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    retries: AtomicU64,
}

/// Figures of what a client did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Requests sent, redirects and retries among them.
    pub requests: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// Requests that were tried again.
    pub retries: u64,
}

impl Http {
    /// A client under `policy`; nothing is connected yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            public: agent(&policy, false),
            own: agent(&policy, true),
            budget: Budget::new(policy.retries),
            keyring: Keyring::default(),
            signer: OnceLock::new(),
            signing: Mutex::default(),
            counts: Counts::default(),
            policy,
        }
    }

    /// The rules that it keeps.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Lets `signer` add signatures to the addresses that it knows; the first one given stays.
    pub fn sign_with(&self, signer: Box<dyn Signer>) {
        let _ = self.signer.set(signer);
    }

    /// Keeps the credentials of an address; from now on its inert form is enough to ask for it.
    ///
    /// # Errors
    /// `Unsupported` when another address differs from it in nothing but a query that is no signature.
    pub fn remember(&self, address: &Address) -> Result<()> {
        self.keyring.keep(address)
    }

    /// What it did so far.
    pub fn usage(&self) -> Usage {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { requests, bytes, retries } = &self.counts;
        Usage { requests: read(requests), bytes: read(bytes), retries: read(retries) }
    }

    fn agent(&self, address: &Address) -> &Agent {
        if address.is_loopback() { &self.own } else { &self.public }
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("policy", &self.policy).field("usage", &self.usage()).finish_non_exhaustive()
    }
}

/// Connections by the policy: no redirect is followed by itself, no body is unpacked, every status is an answer.
fn agent(policy: &Policy, own: bool) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(&policy.user_agent)
        .accept_encoding("identity")
        .timeout_resolve(Some(policy.connect))
        .timeout_connect(Some(policy.connect))
        .timeout_send_request(Some(policy.stall))
        .timeout_send_body(Some(policy.stall))
        .timeout_recv_response(Some(policy.stall))
        .timeout_per_read(Some(policy.stall))
        .max_idle_connections(2 * policy.requests.max(1))
        .max_idle_connections_per_host(policy.requests.max(1));
    if own {
        config = config.proxy(None);
    }
    Agent::with_parts(config.build(), DefaultConnector::default(), Guarded::new(policy.loopback))
}
