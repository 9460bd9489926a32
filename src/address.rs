//! An address on the web as a type: what is shown or stored of it carries no credentials.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, Result};
use crate::text::Foreign;

/// An absolute `https` or `http` address. `Display` and `Debug` leave out user, password, query and
/// fragment, because tokens travel there; [`Address::whole`] is for the request alone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Url);

impl Address {
    /// Parses an absolute address.
    ///
    /// # Errors
    /// `Usage` for what is no address, is of another scheme than `https` and `http`, or has no host.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| {
            Error::usage(format!("{} {why}", Foreign::new(shown(text))))
                .hint("an address starts with https:// (http:// is for servers on this machine)")
        };
        let url = Url::parse(text).map_err(|_| refused("is no address"))?;
        Self::checked(url).ok_or_else(|| refused("is not an https or http address"))
    }

    /// The address that `reference` means when it stands in a document at this address.
    ///
    /// # Errors
    /// As [`Address::parse`]: a document from the web names no file and no other scheme.
    pub fn join(&self, reference: &str) -> Result<Self> {
        let refused = || {
            let shown = Foreign::new(shown(reference));
            Error::malformed(format!("the reference {shown} leads to no https or http address"))
        };
        self.0.join(reference).ok().and_then(Self::checked).ok_or_else(refused)
    }

    /// Whether a text is meant as an address on the web, rather than as a path.
    pub fn is_meant(text: &str) -> bool {
        let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        start.starts_with("https://") || start.starts_with("http://")
    }

    fn checked(url: Url) -> Option<Self> {
        (matches!(url.scheme(), "https" | "http") && url.host().is_some()).then_some(Self(url))
    }

    /// The whole address, credentials included: for the request and nothing else.
    pub fn whole(&self) -> &str {
        self.0.as_str()
    }

    /// The address without user, password, query and fragment.
    pub fn inert(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// The same address with a query added to what it asks already.
    #[must_use]
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        Self(url)
    }

    /// The same address with this query instead of its own.
    #[must_use]
    pub fn with_raw_query(&self, query: Option<&str>) -> Self {
        let mut url = self.0.clone();
        url.set_query(query);
        Self(url)
    }

    /// The same address without user and password.
    #[must_use]
    pub fn without_user(&self) -> Self {
        let mut url = self.0.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self(url)
    }

    /// Whether a user or a password travels in it.
    pub fn has_user(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// The query's pairs, decoded.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.0.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    }

    /// The query as it stands.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// The path, beginning with a slash.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The host as it is written.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether both are of one scheme, host and port: only then may credentials go along.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Whether the traffic is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is written as an address of this machine itself.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// The host where it is written as a number.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
            Host::Domain(_) => None,
        }
    }
}

/// What may be shown of a text that is no address: nothing behind its scheme where a user may stand in it.
fn shown(text: &str) -> String {
    let plain = text.split(['?', '#']).next().unwrap_or_default();
    if !text.contains('@') {
        return plain.to_owned();
    }
    let scheme = plain.split_once(':').map_or("", |(scheme, _)| scheme);
    let sound = scheme.len() < 12 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    format!("{}://...", if sound { scheme } else { "" })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Foreign::new(self.inert()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_credentials() {
        let address = Address::parse("https://me:SECRET@host.example/a/b.tif?sig=SECRET#SECRET").unwrap();
        assert_eq!(address.to_string(), "https://host.example/a/b.tif");
        assert!(!format!("{address:?}").contains("SECRET"));
        assert!(address.whole().contains("sig=SECRET"));
        let refused = Address::parse("ftp://me:SECRET@host/x?SECRET").unwrap_err();
        assert!(!format!("{refused:?}").contains("SECRET"), "{refused:?}");
    }

    #[test]
    fn no_document_from_the_web_leads_to_a_file() {
        let base = Address::parse("https://host.example/c/item.json").unwrap();
        assert_eq!(base.join("../d/B04.tif").unwrap().whole(), "https://host.example/d/B04.tif");
        for reference in ["file:///etc/passwd", "data:,x", "ftp://h/x", "s3://bucket/key"] {
            assert!(base.join(reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn this_machine_is_known_in_every_spelling() {
        for text in
            ["http://127.0.0.1/", "http://127.1/", "http://0x7f000001/", "http://[::1]:80/", "http://LOCALHOST/"]
        {
            assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
        }
        assert!(!Address::parse("http://localhost.example/").unwrap().is_loopback());
    }
}
