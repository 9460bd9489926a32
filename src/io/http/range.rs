//! Parts of a large file: asked for by range, held against what was promised, taken up again where they broke off.

use serde::{Deserialize, Serialize};

use super::Http;
use super::document::web_page;
use super::exchange::{Answer, Ask, Failure, Tried, passing};
use crate::address::Address;
use crate::error::{Error, Result};

/// Which state of a file a server has: what tells that it is the same one another time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The entity tag.
    pub etag: Option<String>,
    /// `Last-Modified` as it was sent.
    pub modified: Option<String>,
    /// Bytes of the whole file.
    pub length: u64,
}

/// What opening a file gave.
pub enum Opened {
    /// The file is still the version that was named.
    Unchanged,
    /// Another version, or the first one, with its first bytes.
    Fresh(Version, Vec<u8>),
}

impl Version {
    fn of(answer: &Answer, length: u64) -> Self {
        let plain = |name: &str| {
            let sound = |text: &&str| text.len() <= 256 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            answer.header(name).filter(sound).map(str::to_owned)
        };
        Self { etag: plain("etag"), modified: plain("last-modified"), length }
    }

    /// Whether anything tells this version from another one of the same length.
    pub fn is_known(&self) -> bool {
        self.etag.is_some() || self.modified.is_some()
    }

    /// Whether `other`, of another answer, is another version.
    fn differs(&self, other: &Self) -> bool {
        let apart = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        let tags = self.etag.is_some() && other.etag.is_some();
        apart(&self.etag, &other.etag) || (!tags && apart(&self.modified, &other.modified))
    }

    /// The header that makes a range hold for this version only (RFC 9110, 13.1.5: no weak tag).
    fn if_range(&self) -> Option<(&'static str, String)> {
        let strong = self.etag.as_ref().filter(|tag| !tag.starts_with("W/"));
        strong.map(|tag| ("if-range", tag.clone()))
    }

    /// The header that asks for another version than this one only.
    fn if_other(&self) -> Option<(&'static str, String)> {
        let by_tag = self.etag.as_ref().map(|tag| ("if-none-match", tag.clone()));
        by_tag.or_else(|| self.modified.as_ref().map(|date| ("if-modified-since", date.clone())))
    }
}

impl Http {
    /// Opens a file by its first `most` bytes, or learns that it still is the version `known`.
    ///
    /// # Errors
    /// `Unsupported` for a server that does not answer ranges or an address that may not be opened, `Malformed` for
    /// an answer that contradicts itself, `Missing` when there is no such file, `Environment` when it cannot be had
    /// now.
    pub fn open(&self, address: &Address, most: u64, known: Option<&Version>) -> Result<Opened> {
        self.persist(address, || self.opened(address, most, known))
    }

    /// `length` bytes of `version` from `offset` on. A body that breaks off is taken up again where it did.
    ///
    /// # Errors
    /// As [`Http::open`]; `Mismatch` when the server has another version by now.
    pub fn range(&self, address: &Address, version: &Version, (offset, length): (u64, u64)) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.persist(address, || self.part(address, version, (offset, length), &mut bytes))?;
        Ok(bytes)
    }

    fn opened(&self, address: &Address, most: u64, known: Option<&Version>) -> Tried<Opened> {
        let mut headers = vec![("range", format!("bytes=0-{}", most.saturating_sub(1)))];
        headers.extend(known.and_then(Version::if_other));
        let answer = self.signed(&Ask { address, headers, body: None })?;
        if answer.status() == 304 && known.is_some() {
            return Ok(Opened::Unchanged);
        }
        let (length, wanted) = match answer.status() {
            206 => {
                let (first, last, length) = promised(&answer, address)?;
                if first != 0 || last + 1 != most.min(length) {
                    return Err(wrong_range(address, (0, most), (first, last)).into());
                }
                (length, last + 1)
            }
            200 => match answer.length() {
                Some(length) if length <= most => (length, length),
                _ => return Err(whole_file(address, answer.length()).into()),
            },
            416 => return Err(Error::malformed("the file is empty").at(address).into()),
            _ => return Err(answer.failure(address)),
        };
        let version = Version::of(&answer, length);
        let mut bytes = Vec::new();
        self.rest(answer, wanted, &mut bytes, address)?;
        Ok(Opened::Fresh(version, bytes))
    }

    /// The part of a stretch that is still missing in `bytes`.
    fn part(&self, address: &Address, version: &Version, extent: (u64, u64), bytes: &mut Vec<u8>) -> Tried<()> {
        let (offset, length) = extent;
        let (first, last) = (offset + bytes.len() as u64, offset + length - 1);
        if first > last {
            return Ok(());
        }
        let mut headers = vec![("range", format!("bytes={first}-{last}"))];
        headers.extend(version.if_range());
        let answer = self.signed(&Ask { address, headers, body: None })?;
        match answer.status() {
            206 => {
                let (from, to, whole) = promised(&answer, address)?;
                if version.differs(&Version::of(&answer, whole)) || whole != version.length {
                    return Err(changed(address).into());
                }
                if (from, to) != (first, last) {
                    return Err(wrong_range(address, (first, last + 1 - first), (from, to)).into());
                }
            }
            // The whole file is as good where the whole file was asked for.
            200 if first == 0 && length == version.length && answer.length() == Some(length) => {
                if version.differs(&Version::of(&answer, length)) {
                    return Err(changed(address).into());
                }
            }
            200 if answer.is_html() => return Err(web_page(address).into()),
            200 | 416 => {
                let differs = answer.length().is_some_and(|whole| answer.status() == 200 && whole != version.length)
                    || version.differs(&Version::of(&answer, version.length));
                let why = if differs || answer.status() == 416 {
                    changed(address)
                } else {
                    whole_file(address, answer.length())
                };
                return Err(why.into());
            }
            _ => return Err(answer.failure(address)),
        }
        self.rest(answer, last + 1 - first, bytes, address)
    }

    /// Reads a body that must have `wanted` bytes.
    fn rest(&self, answer: Answer, wanted: u64, bytes: &mut Vec<u8>, address: &Address) -> Tried<()> {
        if answer.is_html() {
            return Err(web_page(address).into());
        }
        if answer.is_packed() {
            return Err(Error::unsupported("the range is packed, which was not asked for").at(address).into());
        }
        if answer.length().is_some_and(|length| length != wanted) {
            let said = answer.length().unwrap_or_default();
            return Err(Error::malformed(format!("a body of {said} bytes was announced for a range of {wanted}"))
                .at(address)
                .into());
        }
        let had = bytes.len();
        let ended = self.body(answer, wanted, bytes, address);
        if let Err(Failure::Final(_)) = &ended {
            bytes.truncate(had);
        }
        ended?;
        if ((bytes.len() - had) as u64) < wanted {
            return Err(passing("the server sent less than it announced"));
        }
        Ok(())
    }
}

/// First and last byte of a `206` and the length of the whole file (`Content-Range`, RFC 9110, 14.4).
fn promised(answer: &Answer, address: &Address) -> Result<(u64, u64, u64)> {
    let header = answer.header("content-range");
    let read = || {
        let (part, whole) = header?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let (first, last, whole) = (first.parse().ok()?, last.parse().ok()?, whole.parse().ok()?);
        (first <= last && last < whole).then_some((first, last, whole))
    };
    read().ok_or_else(|| Error::malformed("a range came without a sound Content-Range").at(address))
}

fn wrong_range(address: &Address, (offset, length): (u64, u64), (first, last): (u64, u64)) -> Error {
    Error::malformed(format!("{length} bytes from {offset} on were asked for, and bytes {first} to {last} came"))
        .at(address)
        .hint("the server, or a proxy before it, does not answer ranges rightly: download the file and name it instead")
}

fn whole_file(address: &Address, length: Option<u64>) -> Error {
    let size = length.map_or_else(String::new, |length| format!(" of {length} bytes"));
    Error::unsupported(format!("the server does not answer ranges: it sends the whole file{size}"))
        .at(address)
        .hint("download the file and name it instead")
}

fn changed(address: &Address) -> Error {
    Error::mismatch("the file changed on the server while it was read")
        .at(address)
        .hint("run the same command again: it starts with the new version")
}
