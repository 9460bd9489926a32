//! PCA-k-means over the kept tiles: the lengths of change vectors as difference image, its blocks' components, two
//! clusters of the pixels' surroundings.

use ndarray::{Array2, ArrayView2};

use super::scored::{Details, Law, Scored, SharedSizes};
use super::tiles::{Store, Tile, cells};
use super::vectors::{Spread, lengths};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::kernel::irmad::Moments;
use crate::kernel::pca_kmeans::{
    BEFORE, COMPONENTS, Clusters, Components, Feature, MOST_ROUNDS, Members, SIDE, block_moments,
};
use crate::pipeline::cut::cut;

/// Scratch for lengths, features and scores.
pub(super) struct Scratch<'a> {
    /// The difference image.
    pub lengths: Store<'a>,
    /// Features, and the length behind them.
    pub features: Store<'a>,
    /// Lengths and clusters.
    pub scores: Store<'a>,
}

/// The cluster of every tested pixel.
///
/// # Errors
/// As [`Components::of`]; `Usage` where all pixels fall into one cluster; failures of the spools.
pub(super) fn score<'a>(
    bands: &Store<'_>,
    scratch: Scratch<'a>,
    spreads: Vec<Spread>,
    gain: f64,
) -> Result<Scored<'a>> {
    let sizes = SharedSizes::default();
    let blocks = bands.each("compare", |number, tile| {
        let lengths = lengths(&tile, &spreads, gain)?;
        sizes.add(lengths.iter().copied());
        let image = tile.spread(bands.lattice.window(number), &lengths, f32::NAN)?;
        scratch.lengths.put(number, &tile.with(vec![lengths])?)?;
        Ok(block_moments(image.view()))
    })?;
    let mut sum = Moments::empty(SIDE * SIDE);
    blocks.iter().for_each(|part| sum.merge(part));
    let components = Components::of(&sum)?;
    project(&scratch, &components)?;
    let (clusters, members, rounds, converged) = gathered(&scratch.features, &components)?;
    let changed = members.changed().ok_or_else(|| {
        Error::usage("all pixels fall into one cluster: there are no two classes")
            .hint("use another method, or a larger area")
    })?;
    scratch.features.each("score", |number, tile| {
        let (features, lengths) = parted(&tile);
        let own = features.iter().map(|feature| f32::from(u8::from(clusters.nearest(feature) == changed))).collect();
        scratch.scores.put(number, &tile.with(vec![lengths, own])?)
    })?;
    let doubts = (!converged).then(|| format!("the clusters had not settled after {rounds} rounds"));
    Ok(Scored {
        store: scratch.scores,
        sizes: sizes.counted()?,
        law: Law::Clusters,
        details: Details::PcaKmeans {
            spreads,
            variances: components.values,
            centres: clusters.0.iter().map(|centre| centre.to_vec()).collect(),
            rounds,
            converged,
        },
        doubts: doubts.into_iter().collect(),
    })
}

/// Features of every tested pixel.
fn project(scratch: &Scratch<'_>, components: &Components) -> Result<()> {
    scratch.lengths.each("project", |number, tile| {
        let image = surrounded(&scratch.lengths, number)?;
        let features = components.features(image.view());
        let mut variables: Vec<Vec<f32>> =
            (0..COMPONENTS).map(|at| features.iter().map(|feature| feature[at]).collect()).collect();
        variables.push(tile.variable(0));
        scratch.features.put(number, &tile.with(variables)?)
    })?;
    Ok(())
}

/// The image of a tile with the border that surroundings need; NaN where nothing was seen or beyond the grid.
fn surrounded(lengths: &Store<'_>, number: usize) -> Result<Array2<f32>> {
    let of = lengths.lattice.window(number);
    // Counted from BEFORE cells above and left of the tile.
    let mut image = Array2::from_elem((of.height + SIDE - 1, of.width + SIDE - 1), f32::NAN);
    let (left, top) = (of.col.saturating_sub(BEFORE), of.row.saturating_sub(BEFORE));
    let behind = SIDE - 1 - BEFORE;
    let near = Window::new(left, top, of.right() + behind - left, of.bottom() + behind - top);
    let near = near.intersect(&lengths.lattice.whole());
    for other in lengths.lattice.over(near) {
        let own = lengths.lattice.window(other);
        let shared = own.intersect(&near);
        let tile = lengths.fetch(other, &mut Vec::new())?;
        let plane = tile.spread(own, &tile.variable(0), f32::NAN)?;
        let part: ArrayView2<'_, f32> = cells(&plane, own, shared);
        let (col, row) = (shared.col + BEFORE - of.col, shared.row + BEFORE - of.row);
        cut(&mut image, Window::new(col, row, shared.width, shared.height)).assign(&part);
    }
    Ok(image)
}

/// Lloyd's rounds until no centre moves: then no pixel changed its cluster.
fn gathered(features: &Store<'_>, components: &Components) -> Result<(Clusters, Members, usize, bool)> {
    let mut clusters = Clusters::start(components);
    let mut rounds = 0;
    loop {
        let parts = features.each("cluster", |_, tile| {
            let (features, lengths) = parted(&tile);
            Ok(clusters.members(&features, &lengths))
        })?;
        let mut members = Members::default();
        parts.iter().for_each(|part| members.merge(part));
        rounds += 1;
        let moved = clusters.moved(&members);
        let settled = moved == clusters;
        clusters = moved;
        if settled || rounds == MOST_ROUNDS {
            return Ok((clusters, members, rounds, settled));
        }
    }
}

/// Features and lengths of a tile.
fn parted(tile: &Tile) -> (Vec<Feature>, Vec<f32>) {
    let feature = |pixel: usize| std::array::from_fn(|at| tile.values[(at, pixel)]);
    ((0..tile.values.ncols()).map(feature).collect(), tile.variable(COMPONENTS))
}
