//! Whom alerts are told: a program that gets each on stdin, an address that each is posted to.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::alert::Alert;
use super::job::{Job, Webhook};
use super::pass::Channel;
use crate::error::{Error, Kind, Result};
use crate::io::http::Http;
use crate::io::program;

/// The channels that a job names. `environment` gives the values of variables.
///
/// # Errors
/// `Usage` when a webhook's secret is not in the environment.
pub fn channels(
    job: &Job,
    http: Option<&Arc<Http>>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Box<dyn Channel>>> {
    let mut channels: Vec<Box<dyn Channel>> = Vec::new();
    if !job.alerts.command.is_empty() {
        channels.push(Box::new(Command(job.alerts.command.clone())));
    }
    if let Some((webhook, http)) = job.alerts.webhook.as_ref().zip(http) {
        let name = &webhook.secret_env;
        let secret = environment(name).filter(|secret| !secret.is_empty()).ok_or_else(|| {
            Error::usage(format!("the environment variable {name}, the webhook's secret, is not set"))
                .at("alerts.webhook.secret_env")
                .hint(format!("export {name}=... before the pass, or leave the webhook out"))
        })?;
        channels.push(Box::new(Posted { webhook: webhook.clone(), http: Arc::clone(http), secret }));
    }
    Ok(channels)
}

/// A program and its arguments.
struct Command(Vec<String>);

impl Channel for Command {
    fn name(&self) -> &str {
        "command"
    }

    fn tell(&self, _: &Alert, line: &str) -> Result<()> {
        program::fed(&self.0, format!("{line}\n").as_bytes())
            .map_err(|error| Error::new(Kind::Environment, error.problem()).at("alerts.command"))
    }
}

/// An address, and the secret that signs what is posted to it.
struct Posted {
    webhook: Webhook,
    http: Arc<Http>,
    secret: String,
}

impl Channel for Posted {
    fn name(&self) -> &str {
        "webhook"
    }

    fn tell(&self, alert: &Alert, line: &str) -> Result<()> {
        let headers = [
            ("x-groundtell-signature", format!("sha256={}", signature(self.secret.as_bytes(), line.as_bytes()))),
            ("idempotency-key", alert.id.clone()),
        ];
        // The path of such an address may be the secret itself: only its host is named.
        self.http.tell(&self.webhook.address, line.as_bytes(), &headers).map_err(|error| {
            Error::new(Kind::Environment, error.problem()).at(format!("webhook at {}", self.webhook.address.host()))
        })
    }
}

/// HMAC-SHA256 (RFC 2104) of a body, in hexadecimal digits.
fn signature(secret: &[u8], body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        // Test case 2 of RFC 4231.
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
