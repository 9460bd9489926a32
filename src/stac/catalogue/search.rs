//! Page after page of a search, with guards against paging that does not end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::gather::{Gather, Taken};
use super::request::Request;
use crate::error::{Error, Result};
use crate::io::store::sha256_hex;
use crate::stac::entry::Place;
use crate::stac::json;
use crate::stac::peer::Peer;
use crate::text::Foreign;

/// Pages without any item that are passed by in a row; a server that filters behind its paging has some.
const EMPTY_PAGES: usize = 3;

/// Takes the items of all pages, beginning with the one that answers `request`, which may be in hand.
pub(super) fn pages(peer: &dyn Peer, request: Request, in_hand: Option<Value>, gather: &mut Gather<'_>) -> Result<()> {
    let mut guard = Guard::default();
    let (mut request, mut in_hand) = (request, in_hand);
    loop {
        let number = guard.admit(&request, gather.limits().catalogue_pages)?;
        let placed = |error: Error| error.at(format!("page {number}"));
        let page = match in_hand.take() {
            Some(page) => page,
            None => answered(peer, &request, gather).map_err(placed)?,
        };
        let next = request.next(&page).map_err(placed)?;
        let taken = take(page, &request, gather).map_err(placed)?;
        let Some(next) = next.filter(|_| !gather.is_full()) else { return Ok(()) };
        guard.check(taken).map_err(placed)?;
        request = next;
    }
}

/// The page that answers a request.
fn answered(peer: &dyn Peer, request: &Request, gather: &mut Gather<'_>) -> Result<Value> {
    let most = gather.limits().catalogue_document_bytes;
    let bytes = match request {
        Request::Get(address) => peer.get(address, most)?,
        Request::Post(address, body) => peer.post(address, body, most)?,
    };
    gather.count(bytes.len())?;
    json::parse(&bytes, gather.limits())
}

/// What a page brought: the items on it, and how many of them were not known.
fn take(mut page: Value, request: &Request, gather: &mut Gather<'_>) -> Result<(usize, usize)> {
    let Some(Value::Array(items)) = page.get_mut("features").map(Value::take) else {
        return Err(no_page(&page));
    };
    let place = Place::Web(request.address().clone());
    let (mut all, mut fresh) = (0, 0);
    for item in items {
        all += 1;
        fresh += usize::from(gather.take(item, &place)? != Taken::Known);
        if gather.is_full() {
            break;
        }
    }
    Ok((all, fresh))
}

/// The answer of an API that refuses: in its own words, where it has some, but no address with its query.
fn no_page(answer: &Value) -> Error {
    let words = ["description", "detail", "message"].iter().find_map(|name| answer.get(name)?.as_str());
    match words {
        Some(words) => Error::malformed(format!(
            "the server refuses: {}",
            Foreign::new(words.split('?').next().unwrap_or_default())
        )),
        None => Error::malformed("the answer is no item collection"),
    }
}

/// Knows what was asked already.
#[derive(Default)]
struct Guard {
    asked: BTreeSet<String>,
    empty: usize,
}

impl Guard {
    /// The page's number, if its request was not made before.
    fn admit(&mut self, request: &Request, most: usize) -> Result<usize> {
        let number = self.asked.len() + 1;
        if !self.asked.insert(sha256_hex(request.whole().as_bytes())) {
            return Err(Error::malformed(format!("page {number} is asked for by a request that was made before"))
                .hint("the catalogue's paging goes in a circle; narrow the dates until one page is enough"));
        }
        if number > most {
            return Err(
                Error::limit(format!("the search has more than {most} pages")).hint("narrow the dates or the area")
            );
        }
        Ok(number)
    }

    /// A page that is followed by another must bring something new.
    fn check(&mut self, (all, fresh): (usize, usize)) -> Result<()> {
        self.empty = if all == 0 { self.empty + 1 } else { 0 };
        if (all > 0 && fresh == 0) || self.empty > EMPTY_PAGES {
            return Err(Error::malformed("the page holds no new item, and yet another is said to follow")
                .hint("the catalogue's paging does not end; narrow the dates until one page is enough"));
        }
        Ok(())
    }
}
