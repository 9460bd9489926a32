//! What may be reached: public addresses over https, and servers on this machine where the user allows it.
//! Checked as written and again after name resolution, so that a name that turns private helps nobody.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::address::Address;
use crate::error::{Error, Result};

/// Refuses an address as it is written.
///
/// # Errors
/// `Unsupported` for http where it is not allowed and for hosts that are not public.
pub(super) fn check(address: &Address, loopback: bool) -> Result<()> {
    if address.is_loopback() {
        return if loopback { Ok(()) } else { Err(refused("it is on this machine", address)) };
    }
    if let Some(why) = address.ip().and_then(not_public) {
        return Err(refused(why, address));
    }
    if !address.is_encrypted() {
        return Err(Error::unsupported("it is not encrypted (http), and only https is opened").at(address));
    }
    Ok(())
}

/// Refuses the target of a redirect.
///
/// # Errors
/// As [`check`]; `Unsupported` from https to http, and to another server on this machine.
pub(super) fn check_redirect(from: &Address, to: &Address, loopback: bool) -> Result<()> {
    let refuse = |why: &str| Err(Error::unsupported(format!("redirected to {to}, which is refused: {why}")).at(from));
    if from.is_encrypted() && !to.is_encrypted() {
        return refuse("it is not encrypted");
    }
    if to.is_loopback() && !from.same_origin(to) {
        return refuse("it is on this machine");
    }
    check(to, loopback).map_err(|error| {
        Error::unsupported(format!("redirected to {to}, which is refused: {}", error.problem())).at(from)
    })
}

fn refused(why: &str, address: &Address) -> Error {
    Error::unsupported(format!("{why}, and is not opened"))
        .at(address)
        .hint("only public servers are reached; --loopback-http allows servers on this machine")
}

/// Why an address is not one of the public network (the special ones of RFC 6890), if it is not.
fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => not_public_4(ip),
        IpAddr::V6(ip) => not_public_6(ip),
    }
}

fn not_public_4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (0, ..) => Some("it is unspecified"),
        (127, ..) => Some("it is on this machine"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("it is in a private network"),
        (100, 64..=127, _) => Some("it is in a provider's own network"),
        (169, 254, _) => Some("it is link-local"),
        (192, 0, 0 | 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => Some("it is reserved"),
        (224..=239, ..) => Some("it is multicast"),
        (240.., ..) => Some("it is reserved"),
        _ => None,
    }
}

fn not_public_6(ip: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        not_public_4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0) if g == 0 && h <= 1 => {
            Some(if h == 1 { "it is on this machine" } else { "it is unspecified" })
        }
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => embedded(g, h),
        (0x2002, ..) => embedded(b, c),
        (0x64, 0xff9b, ..) | (0x2001, 0 | 0xdb8, ..) | (0x100, ..) | (0, ..) => Some("it is reserved"),
        (0xfc00..=0xfdff, ..) => Some("it is in a private network"),
        (0xfe80..=0xfebf, ..) => Some("it is link-local"),
        (0xfec0..=0xfeff, ..) => Some("it is in a private network"),
        (0xff00.., ..) => Some("it is multicast"),
        _ => None,
    }
}

/// Name resolution that gives public addresses only.
pub(super) struct Guarded {
    inner: DefaultResolver,
    loopback: bool,
}

/// Why a name was refused; boxed inside the client's error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(pub(super) &'static str);

impl Guarded {
    pub(super) fn new(loopback: bool) -> Self {
        Self { inner: DefaultResolver::default(), loopback }
    }

    /// Whether a resolved address may be connected to under the name that is written.
    fn admits(&self, ip: IpAddr, written_loopback: bool) -> bool {
        not_public(ip).is_none() || (self.loopback && written_loopback && ip.is_loopback())
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guarded")
    }
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        // The proxy of the environment is the user's own choice and often in a private network.
        let proxy = config.proxy().is_some_and(|proxy| proxy.uri().authority() == uri.authority());
        if proxy {
            return Ok(found);
        }
        let written = Address::parse(&uri.to_string()).is_ok_and(|address| address.is_loopback());
        let mut public = self.empty();
        for socket in found.iter().filter(|socket| self.admits(socket.ip(), written)) {
            public.push(*socket);
        }
        let why = found.iter().find_map(|socket| not_public(socket.ip()));
        match why {
            Some(why) if public.is_empty() => Err(ureq::Error::Other(Box::new(Refused(why)))),
            _ => Ok(public),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_public_network_over_https_is_reached() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://localhost/",
            "https://10.1.2.3/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[ff02::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:7f00:1::]/",
            "http://192.0.2.1/",
            "http://example.org/",
        ] {
            assert!(check(&Address::parse(text).unwrap(), false).is_err(), "{text}");
        }
        for text in
            ["https://8.8.8.8/", "https://example.org/", "https://[2606:4700::1]/", "https://[64:ff9b::808:808]/"]
        {
            check(&Address::parse(text).unwrap(), false).unwrap();
        }
    }

    #[test]
    fn the_flag_opens_this_machine_and_nothing_else() {
        check(&Address::parse("http://127.0.0.1:8080/").unwrap(), true).unwrap();
        for text in ["http://10.0.0.1/", "http://example.org/", "https://169.254.169.254/"] {
            assert!(check(&Address::parse(text).unwrap(), true).is_err(), "{text}");
        }
    }

    #[test]
    fn a_redirect_leads_to_no_other_server_of_this_machine_and_never_out_of_encryption() {
        let address = |text: &str| Address::parse(text).unwrap();
        let refused = |from: &str, to: &str| check_redirect(&address(from), &address(to), true).is_err();
        assert!(refused("https://example.org/", "http://example.org/"));
        assert!(refused("https://example.org/", "https://127.0.0.1/"));
        assert!(refused("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
        assert!(refused("https://example.org/", "https://169.254.169.254/"));
        assert!(!refused("http://127.0.0.1:1/a", "http://127.0.0.1:1/b"));
        assert!(!refused("https://example.org/", "https://other.example/"));
    }

    #[test]
    fn a_name_that_resolves_to_this_machine_is_no_way_in() {
        let guarded = Guarded::new(true);
        assert!(!guarded.admits(Ipv4Addr::LOCALHOST.into(), false));
        assert!(guarded.admits(Ipv4Addr::LOCALHOST.into(), true));
        assert!(!guarded.admits(Ipv4Addr::new(10, 0, 0, 1).into(), true));
        assert!(!Guarded::new(false).admits(Ipv4Addr::LOCALHOST.into(), true));
    }
}
