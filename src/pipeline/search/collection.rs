//! The found items as an item collection: as they were served, without what may be secret, with our own words.

use serde_json::{Map, Value, json};

use super::{Found, Sighting};
use crate::stac::entry::Entry;
use crate::stac::pairs::{Pair, Proposal};

/// What our own properties begin with; a stranger's of that name are left out.
const OWN: &str = "groundtell:";

/// A GeoJSON feature collection of the items that were not left aside, by acquisition; each says in `groundtell:*`
/// which acquisition it belongs to and what that saw of the area.
pub fn item_collection(found: &Found) -> Value {
    let items = found
        .sightings
        .iter()
        .flat_map(|sighting| sighting.acquisition.parts.iter().map(move |part| item(part, sighting)));
    let items: Vec<Value> = items.collect();
    let mut collection = Map::new();
    collection.insert("type".to_owned(), json!("FeatureCollection"));
    collection.insert("numberReturned".to_owned(), json!(items.len()));
    collection.insert("features".to_owned(), Value::Array(items));
    collection.insert("links".to_owned(), json!([]));
    collection.insert("groundtell:notes".to_owned(), json!(found.notes));
    if let Some(proposal) = &found.proposal {
        collection.insert("groundtell:pairs".to_owned(), pairs(proposal, &found.sightings));
        collection.insert("groundtell:no_pairs_because".to_owned(), json!(proposal.reasons));
    }
    Value::Object(collection)
}

/// One item with what is known of its acquisition.
fn item(part: &Entry, sighting: &Sighting) -> Value {
    let mut document = part.inert_document();
    let Some(properties) = document.get_mut("properties").and_then(Value::as_object_mut) else { return document };
    properties.retain(|name, _| !name.starts_with(OWN));
    let acquisition = &sighting.acquisition;
    let mut say = |name: &str, value: Value| properties.insert(format!("{OWN}{name}"), value);
    say("acquisition", json!(acquisition.identity()));
    say("version", json!(acquisition.version()));
    if !acquisition.losers.is_empty() {
        say("left_aside", acquisition.losers.iter().map(|loser| loser.id.raw()).collect());
    }
    if let Some(shares) = &sighting.shares {
        say("clear_share", json!(shares.clear));
        say("shares", json!(shares));
    }
    if let Some(trouble) = &sighting.trouble {
        say("clear_share_unknown_because", json!(trouble.to_string()));
    }
    document
}

fn pairs(proposal: &Proposal, sightings: &[Sighting]) -> Value {
    let ids = |place: usize| -> Vec<&str> {
        let parts = sightings.get(place).map(|sighting| sighting.acquisition.parts.as_slice()).unwrap_or_default();
        parts.iter().map(|part| part.id.raw()).collect()
    };
    let pair = |pair: &Pair| {
        json!({ "before": ids(pair.before), "after": ids(pair.after), "clear_share": pair.clear, "days": pair.days,
            "sun_zenith_difference": pair.sun.0, "sun_azimuth_difference": pair.sun.1 })
    };
    proposal.pairs.iter().map(pair).collect()
}
