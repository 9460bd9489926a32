//! One request and its answer: redirects followed by hand, failures told apart into passing and final.

use std::io::Read;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ureq::Body;
use ureq::http::{Method, Request, Response};

use super::guard::{self, Refused};
use super::retry::{self, Pulse};
use super::{Http, keyring};
use crate::address::Address;
use crate::error::{Error, Kind, Result};

/// Redirects that are followed, one after the other.
const MOST_REDIRECTS: usize = 5;

/// What is asked for.
pub(super) struct Ask<'a> {
    pub(super) address: &'a Address,
    pub(super) headers: Vec<(&'static str, String)>,
    /// A JSON document to send, for a POST.
    pub(super) body: Option<Vec<u8>>,
}

/// Why there is no answer.
pub(super) enum Failure {
    /// It may go better another time; the server may have said when.
    Passing(String, Option<Duration>),
    /// It will not.
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// A result that may be worth another attempt.
pub(super) type Tried<T> = std::result::Result<T, Failure>;

/// An answer whose body is not read yet.
pub(super) struct Answer {
    response: Response<Body>,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header as text; None where it is missing or no text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The declared length of the body.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// Whether it is a page for people.
    pub(super) fn is_html(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    }

    /// Whether the body is packed, which was not asked for.
    pub(super) fn is_packed(&self) -> bool {
        self.header("content-encoding").is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"))
    }

    /// The failure that a status of no success means.
    pub(super) fn failure(&self, address: &Address) -> Failure {
        let status = self.status();
        let place = |error: Error| Failure::Final(error.at(address));
        match status {
            _ if retry::is_passing(status) => {
                let wait = self.header("retry-after").and_then(retry::asked_now);
                Failure::Passing(format!("the server answered with status {status}"), wait)
            }
            401 | 403 | 409 => {
                place(Error::new(Kind::Environment, format!("the server refuses access (status {status})")).hint(
                    "a signed address may have expired: fetch the item again, or name a signing endpoint with --sign",
                ))
            }
            404 | 410 => place(
                Error::missing(format!("the server has nothing there (status {status})"))
                    .hint("the item may have been deleted or moved: search again"),
            ),
            _ => place(
                Error::unsupported(format!("the server answered with status {status}"))
                    .hint("look at the address in a browser: the server wants something that groundtell does not send"),
            ),
        }
    }
}

impl Http {
    /// Tries until it succeeds, fails for good, or attempts or the run's budget end.
    pub(super) fn persist<T>(&self, address: &Address, mut attempt: impl FnMut() -> Tried<T>) -> Result<T> {
        let mut tried = 1;
        loop {
            let (words, wait) = match attempt() {
                Ok(done) => return Ok(done),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(words, wait)) => (words, wait),
            };
            let why = if tried >= self.policy.attempts {
                "tried"
            } else if !self.budget.take() {
                "the retries of this run are used up; tried"
            } else {
                tried += 1;
                self.counts.retries.fetch_add(1, Ordering::Relaxed);
                retry::sleep(&self.policy, retry::pause(&self.policy, tried, wait))?;
                continue;
            };
            return Err(Error::new(Kind::Environment, format!("{words}; {why} {tried} times"))
                .at(address)
                .hint("run the same command again later: what was fetched is kept in the cache, and only the rest is asked for"));
        }
    }

    /// The answer to `ask`, with a signature where one is known to be needed, and with a new one where the
    /// server refuses the old.
    pub(super) fn signed(&self, ask: &Ask<'_>) -> Tried<Answer> {
        let whole = self.keyring.whole(ask.address);
        let signs = self.signer.get().is_some_and(|signer| signer.signs(ask.address));
        let whole = if signs && !keyring::is_signed(&whole) { self.sign(&whole)? } else { whole };
        let answer = self.exchange(ask, &whole)?;
        if signs && matches!(answer.status(), 401 | 403 | 409) {
            drop(answer);
            return self.exchange(ask, &self.sign(&whole)?);
        }
        Ok(answer)
    }

    /// A signature newer than that of `old`.
    fn sign(&self, old: &Address) -> Result<Address> {
        let bare = old.with_raw_query(None);
        let _one = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.keyring.whole(&bare);
        if known != *old && keyring::is_signed(&known) {
            return Ok(known);
        }
        let signer = self.signer.get().ok_or_else(|| Error::bug("a signature without a signer"))?;
        let fresh = signer.sign(self, &bare)?;
        self.keyring.keep(&fresh)?;
        Ok(fresh)
    }

    /// One request at `whole`, redirects followed.
    pub(super) fn exchange(&self, ask: &Ask<'_>, whole: &Address) -> Tried<Answer> {
        if self.policy.offline {
            return Err(offline(ask.address).into());
        }
        guard::check(whole, self.policy.loopback)?;
        let mut at = whole.clone();
        for _ in 0..=MOST_REDIRECTS {
            retry::stopped(&self.policy)?;
            let answer = self.send(ask, &at)?;
            let Some(next) = self.redirect(&answer, ask, &at)? else { return Ok(answer) };
            at = next;
        }
        Err(Error::unsupported(format!("more than {MOST_REDIRECTS} redirects")).at(ask.address).into())
    }

    /// Where an answer leads on to, if it does.
    fn redirect(&self, answer: &Answer, ask: &Ask<'_>, at: &Address) -> Result<Option<Address>> {
        let status = answer.status();
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let lost = |why: &str| Error::malformed(format!("a redirect (status {status}) {why}")).at(at);
        let target = answer.header("location").ok_or_else(|| lost("without a target"))?;
        let next = at.join(target).map_err(|error| Error::unsupported(error.problem()).at(at))?;
        guard::check_redirect(at, &next, self.policy.loopback)?;
        if at.same_origin(&next) {
            return Ok(Some(next));
        }
        if ask.body.is_some() {
            return Err(lost("to another server, which a document is not sent to"));
        }
        // Credentials stay with whom they were given for.
        Ok(Some(next.without_user()))
    }

    fn send(&self, ask: &Ask<'_>, at: &Address) -> Tried<Answer> {
        let method = if ask.body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(at.whole());
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let agent = self.agent(at);
        let unsendable = |_| Failure::Final(Error::unsupported("the address cannot be asked for").at(at));
        let answered = match &ask.body {
            Some(body) => agent.run(request.body(body.as_slice()).map_err(unsendable)?),
            None => agent.run(request.body(()).map_err(unsendable)?),
        };
        answered.map(|response| Answer { response }).map_err(|error| failed(&error, at))
    }

    /// Appends the body to `into`, which keeps what came before it broke off. More than `most` bytes are not read.
    pub(super) fn body(&self, answer: Answer, most: u64, into: &mut Vec<u8>, place: &Address) -> Tried<()> {
        let mut reader = answer.response.into_body().into_reader();
        let mut pulse = Pulse::new(self.policy.stall);
        let mut piece = vec![0; 64 << 10];
        let mut came = 0;
        loop {
            retry::stopped(&self.policy)?;
            let count = reader.read(&mut piece).map_err(|_| passing("the connection broke off"))?;
            self.counts.bytes.fetch_add(count as u64, Ordering::Relaxed);
            came += count as u64;
            if came > most {
                return Err(Error::limit(format!("the answer is longer than {most} bytes")).at(place).into());
            }
            if count == 0 {
                return Ok(());
            }
            into.extend_from_slice(piece.get(..count).unwrap_or_default());
            if !pulse.beats(count) {
                return Err(passing("the server stalled"));
            }
        }
    }
}

/// The refusal of a run that may reach nothing.
pub(super) fn offline(address: &Address) -> Error {
    Error::new(Kind::Environment, "this is not in the cache, and --offline lets nothing be fetched")
        .at(address)
        .hint("run once without --offline: what is fetched stays in the cache")
}

pub(super) fn passing(words: &str) -> Failure {
    Failure::Passing(words.to_owned(), None)
}

/// What a failure of the client means, in own words: its own may hold the address.
fn failed(error: &ureq::Error, at: &Address) -> Failure {
    use ureq::Error as Client;
    let last = |error: Error| Failure::Final(error.at(at));
    match error {
        Client::Timeout(_) => passing("the server did not answer in time"),
        Client::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            passing("the server refuses connections")
        }
        Client::HostNotFound => passing("the name of the server is not known to this network"),
        Client::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            passing("the server did not answer in time")
        }
        Client::Io(_) | Client::ConnectionFailed | Client::Protocol(_) | Client::BodyStalled => {
            passing("the connection failed")
        }
        Client::Tls(_) | Client::Rustls(_) | Client::TlsRequired => last(
            Error::new(Kind::Environment, "no trusted encrypted connection came about")
                .hint("check the clock of this machine and the server's certificate"),
        ),
        Client::ConnectProxyFailed(_) | Client::InvalidProxyUrl => last(
            Error::new(Kind::Environment, "the proxy refused the connection").hint("check HTTPS_PROXY and NO_PROXY"),
        ),
        Client::Other(inner) => match inner.downcast_ref::<Refused>() {
            Some(Refused(why)) => last(
                Error::unsupported(format!(
                    "its name does not resolve to a public address ({why}), and it is not opened"
                ))
                .hint("only public servers are reached"),
            ),
            None => passing("the connection failed"),
        },
        Client::LargeResponseHeader(..) => last(Error::limit("the head of the answer is too large")),
        _ => last(Error::unsupported("the address cannot be asked for")),
    }
}
