//! Do the scenes of both sides fit each other? Refusals before any work: the same scene twice, a swapped pair,
//! numbers that carry an offset on one side only.

use std::path::Path;

use super::scenes::{Pair, Scene};
use crate::address::Address;
use crate::error::{Error, Result};
use crate::geom::crs::Transform;
use crate::geom::grid::Grid;
use crate::io::product::Product;
use crate::io::store;
use crate::plan::Side;
use crate::scene::scale::{self, Confidence};
use crate::scene::sensor::Sensor;

/// Refuses a pair whose two sides read the same bands of the same files.
///
/// # Errors
/// `Mismatch` that names the scene.
pub(super) fn refuse_same(products: &[(Side, Product)]) -> Result<()> {
    for (_, before) in products.iter().filter(|(side, _)| *side == Side::Before) {
        for (_, after) in products.iter().filter(|(side, _)| *side == Side::After) {
            let places =
                |product: &Product| product.bands.iter().map(|l| (l.band, l.raster, l.index)).collect::<Vec<_>>();
            if before.files == after.files && places(before) == places(after) {
                return Err(Error::mismatch("is given as before and as after").at(&before.name)
                    .hint("a change needs two dates; check the paths, or --before-bands and --after-bands for one file with both"));
            }
        }
    }
    Ok(())
}

/// Refuses an after scene that is older than a before scene.
///
/// # Errors
/// `Mismatch` that names both.
pub(super) fn refuse_swapped(products: &[(Side, Product)]) -> Result<()> {
    let dated = |wanted: Side| {
        let own = products.iter().filter(move |(side, _)| *side == wanted);
        own.filter_map(|(_, product)| Some((product.date?, &product.name)))
    };
    match (dated(Side::Before).max(), dated(Side::After).min()) {
        (Some((before, first)), Some((after, second))) if after < before => {
            Err(Error::mismatch(format!("the after scene ({after}) is older than the before scene {first} ({before})"))
                .at(second)
                .hint("swap --before and --after, or correct a date with --before-date and --after-date"))
        }
        _ => Ok(()),
    }
}

/// Refuses a scene that is given on both sides under different names: alike in every sample that was looked
/// at, and then in every byte.
///
/// # Errors
/// `Mismatch` that names both; as reading the files.
pub(super) fn refuse_copies(pair: &Pair) -> Result<()> {
    for (before, after) in both_ways(pair) {
        let alike = !before.measured.is_empty() && before.measured == after.measured;
        if alike && are_copies(&before.product, &after.product)? {
            let problem = format!("is byte for byte the same as the before scene {}", before.product.name);
            return Err(Error::mismatch(problem)
                .at(&after.product.name)
                .hint("a change needs two dates; check the paths"));
        }
    }
    Ok(())
}

/// Whether all files of the one are among those of the other, whatever they are called.
fn are_copies(one: &Product, other: &Product) -> Result<bool> {
    let sums = |product: &Product| product.files.iter().map(|file| sum(file)).collect::<Result<Vec<_>>>();
    let (one, other) = (sums(one)?, sums(other)?);
    let within = |few: &[String], many: &[String]| few.iter().all(|sum| many.contains(sum));
    Ok(within(&one, &other) || within(&other, &one))
}

/// What tells a file from others: its checksum; of one on a server, of which little was read, its address.
fn sum(file: &Path) -> Result<String> {
    match file.to_str().filter(|text| Address::is_meant(text)) {
        Some(address) => Ok(address.to_owned()),
        None => store::sha256_of(file),
    }
}

/// Refuses Sentinel-2 scenes of one place of which one carries an offset that the other does not.
///
/// # Errors
/// As [`scale::compare`], placed at both scenes.
pub(super) fn compare_radiometry(pair: &Pair) -> Result<()> {
    for (before, after) in both_ways(pair) {
        let sentinel2 = [before, after].iter().all(|scene| scene.product.sensor == Sensor::Sentinel2);
        if sentinel2 && show_one_place(before, after) {
            let compared =
                scale::compare((&before.measured, before.decision.scale), (&after.measured, after.decision.scale));
            let both = format!("{} and {}", before.product.name, after.product.name);
            compared.and_then(|()| refuse_lone_offset(before, after)).map_err(|error| error.at(both))?;
        }
    }
    Ok(())
}

/// Refuses a pair in which nothing settles the offset of one scene, and the median band of that scene is
/// brighter by an offset at its dark end: a fire darkens one band or another, but not all of them.
fn refuse_lone_offset(before: &Scene, after: &Scene) -> Result<()> {
    const OFFSET: f64 = 0.1;
    const NEAR: f64 = 0.02;
    let unsettled = |scene: &Scene| scene.decision.confidence == Confidence::Low;
    let (doubted, settled) = match (unsettled(before), unsettled(after)) {
        (true, false) => (before, after),
        (false, true) => (after, before),
        _ => return Ok(()),
    };
    let mut jumps: Vec<f64> = doubted
        .measured
        .iter()
        .filter_map(|(band, at)| {
            let (_, other) = settled.measured.iter().find(|(other, _)| other == band)?;
            Some(doubted.scale().reflectance(at.p1) - settled.scale().reflectance(other.p1))
        })
        .collect();
    jumps.sort_by(f64::total_cmp);
    match jumps.get(jumps.len() / 2) {
        Some(median) if jumps.len() > 2 && (median - OFFSET).abs() <= NEAR => Err(Error::mismatch(format!(
            "nothing says whether the numbers of {} carry an offset, and its darkest pixels are brighter by {median:.3} \
             in the median band, which is the mark of one",
            doubted.product.name
        ))
        .hint("see what both declare with groundtell inspect; name the product with its metadata, or override with --offset")),
        _ => Ok(()),
    }
}

/// Every scene before with every scene after.
fn both_ways(pair: &Pair) -> impl Iterator<Item = (&Scene, &Scene)> {
    pair.side(Side::Before).flat_map(move |before| pair.side(Side::After).map(move |after| (before, after)))
}

/// Whether the middle of one scene lies in the other, so that their dark ends can be held against each other.
fn show_one_place(before: &Scene, after: &Scene) -> bool {
    let grid =
        |scene: &Scene| scene.product.rasters.iter().find_map(|raster| raster.info().grid.as_ref().ok().copied());
    let (Some(first), Some(second)) = (grid(before), grid(after)) else { return true };
    let holds = |outer: &Grid, inner: &Grid| {
        let ((x, y), bounds) = (inner.centre(), outer.bounds());
        let place = if inner.crs() == outer.crs() {
            Some((x, y))
        } else {
            Transform::new(inner.crs(), outer.crs()).ok().and_then(|transform| transform.point(x, y))
        };
        place.is_some_and(|(x, y)| bounds.west <= x && x <= bounds.east && bounds.south <= y && y <= bounds.north)
    };
    holds(&first, &second) || holds(&second, &first)
}
