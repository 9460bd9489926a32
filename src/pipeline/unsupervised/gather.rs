//! The one pass over the inputs: reads both dates block by block, writes why a pixel counts or not, and keeps the bands
//! of what counts in fixed tiles, so that no iteration decodes anything again.

use std::collections::HashMap;
use std::sync::Mutex;

use ndarray::{Array2, Zip};

use super::super::crew::{Watch, guarded, work_off};
use super::super::cut::stamp;
use super::super::measure::joined;
use super::super::side::SideTaps;
use super::super::sink::Sink;
use super::super::summary::FailedBlock;
use super::super::tally::Areas;
use super::tiles::{BARRED, Store, TESTED, Tile, UNSEEN, cells};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::kernel::index::Role;
use crate::kernel::mask::{self, Reason};
use crate::plan::Plan;

/// The pass; shared by all threads.
pub(super) struct Gather<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Before and after.
    pub sides: [&'a SideTaps; 2],
    /// The bands that are compared.
    pub roles: Vec<Role>,
    /// Whether water and snow are kept out.
    pub bar_water_and_snow: bool,
    /// Reason codes as a layer.
    pub validity: &'a Sink,
    /// Where the tiles go: bands before, then bands after.
    pub store: &'a Store<'a>,
    /// What is taken down of a finished tile, by the worker that finished it.
    pub finished: &'a (dyn Fn(usize, &Tile) -> Result<()> + Sync),
    /// Tiles that are not complete yet.
    pub partial: Mutex<HashMap<usize, Partial>>,
}

/// A tile on its way.
pub(super) struct Partial {
    left: usize,
    state: Vec<u8>,
    /// Empty while nothing was seen.
    planes: Vec<Vec<f32>>,
}

/// What the pass counted.
#[derive(Default)]
pub(super) struct Gathered {
    /// Ground area by reason.
    pub areas: Areas,
    /// Blocks that could not be read.
    pub failed: Vec<FailedBlock>,
    first_failure: Option<(usize, Error)>,
    /// Blocks that could be told, read or not.
    sound: usize,
}

/// A block as read: reason codes, states, and the bands before and after.
struct Piece {
    codes: Array2<u8>,
    state: Array2<u8>,
    planes: Vec<Array2<f32>>,
}

impl Gather<'_> {
    /// Works off all blocks of the plan.
    ///
    /// # Errors
    /// The first reading failure when no block at all could be read; any failure to write.
    pub(super) fn run(&self, watch: &dyn Watch) -> Result<Gathered> {
        watch.stage("read", self.plan.blocks.len());
        let parts = work_off(self.plan.blocks.len(), watch, Gathered::default, |sum, index| {
            let bytes = self.block(sum, index)?;
            watch.step(bytes);
            Ok(())
        })?;
        let mut sum = Gathered::default();
        parts.into_iter().for_each(|part| sum.merge(part));
        sum.failed.sort_by_key(|failed| (failed.window.row, failed.window.col));
        match sum.first_failure.take() {
            Some((_, error)) if sum.sound == 0 => {
                Err(error.hint("no block could be read: the file is damaged or cut short, fetch it again"))
            }
            _ => Ok(sum),
        }
    }

    fn block(&self, sum: &mut Gathered, index: usize) -> Result<u64> {
        let window = self.plan.blocks[index];
        let mut inside = Array2::from_elem(window.shape(), false);
        let piece = if stamp(&mut inside, window, &self.plan.aoi, true) {
            match guarded(|| self.read(window, &inside)) {
                Ok(piece) => {
                    sum.sound += 1;
                    piece
                }
                Err(error) => {
                    sum.note_failure(index, window, error);
                    let reason = |inside: &bool| if *inside { Reason::Failed } else { Reason::Outside };
                    Piece::unseen(inside.mapv(|inside| reason(&inside).code()))
                }
            }
        } else {
            Piece::unseen(Array2::from_elem(window.shape(), Reason::Outside.code()))
        };
        self.validity.put_codes(window, piece.codes.view())?;
        sum.areas.add(piece.codes.view(), &self.plan.grid, window);
        for tile in self.store.lattice.over(window) {
            self.place(tile, window, &piece)?;
        }
        Ok((piece.planes.len() * window.len() * 2) as u64)
    }

    fn read(&self, window: Window, inside: &Array2<bool>) -> Result<Piece> {
        let [first, second] = self.sides;
        let [before, after] = [first.block(window)?, second.block(window)?];
        let codes = joined(before.best()?.view(), after.best()?.view(), Some(inside.view()))?;
        if !codes.iter().any(|code| mask::code_is_valid(*code)) {
            return Ok(Piece::unseen(codes));
        }
        let views = [before.view(0..window.height)?, after.view(0..window.height)?];
        let mut codes = joined(views[0].codes.view(), views[1].codes.view(), Some(inside.view()))?;
        let mut planes = Vec::with_capacity(2 * self.roles.len());
        for view in &views {
            for role in &self.roles {
                let plane = view.plane(*role).ok_or_else(|| Error::bug(format!("no {} plane", role.name())))?;
                strike_endless(plane, &mut codes);
                planes.push(plane.clone());
            }
        }
        Ok(Piece { state: codes.mapv(|code| self.state(code)), codes, planes })
    }

    fn state(&self, code: u8) -> u8 {
        let barred = self.bar_water_and_snow && (code == Reason::Water.code() || code == Reason::Snow.code());
        match (mask::code_is_valid(code), barred) {
            (false, _) => UNSEEN,
            (true, true) => BARRED,
            (true, false) => TESTED,
        }
    }

    /// Puts what a tile shares with a block in its place; the last block finishes the tile.
    fn place(&self, tile: usize, window: Window, piece: &Piece) -> Result<()> {
        let of = self.store.lattice.window(tile);
        let shared = of.intersect(&window);
        let lost = |_| Error::bug("a tile was lost");
        let mut partial = self.partial.lock().map_err(lost)?;
        let own = partial.entry(tile).or_insert_with(|| Partial::new(of));
        own.take(of, shared, window, piece);
        if own.left > 0 {
            return Ok(());
        }
        let done = partial.remove(&tile);
        drop(partial);
        done.map_or(Ok(()), |done| self.finish(tile, done))
    }

    fn finish(&self, tile: usize, mut done: Partial) -> Result<()> {
        done.planes.resize_with(self.store.variables, Vec::new);
        let packed = Tile::packed(done.state, &done.planes)?;
        (self.finished)(tile, &packed)?;
        self.store.put(tile, &packed)
    }
}

impl Partial {
    fn new(of: Window) -> Self {
        Self { left: of.len(), state: vec![UNSEEN; of.len()], planes: Vec::new() }
    }

    fn take(&mut self, of: Window, shared: Window, window: Window, piece: &Piece) {
        self.left -= shared.len();
        copy(&mut self.state, of, &piece.state, window, shared);
        if !piece.planes.is_empty() {
            let pixels = self.state.len();
            self.planes.resize_with(piece.planes.len(), || vec![0.0; pixels]);
        }
        for (own, plane) in self.planes.iter_mut().zip(&piece.planes) {
            copy(own, of, plane, window, shared);
        }
    }
}

/// Copies the cells of `shared` from a plane over `window` to one over `of`.
fn copy<T: Copy>(to: &mut [T], of: Window, from: &Array2<T>, window: Window, shared: Window) {
    let rows = to.chunks_exact_mut(of.width).skip(shared.row - of.row);
    let left = shared.col - of.col;
    for (to, from) in rows.zip(cells(from, window, shared).rows()) {
        to[left..left + shared.width].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}

/// A value without end is no value: one invalid band drops the pixel.
fn strike_endless(plane: &Array2<f32>, codes: &mut Array2<u8>) {
    Zip::from(codes).and(plane).for_each(|code, value| {
        if !value.is_finite() && mask::code_is_valid(*code) {
            *code = Reason::Undefined.code();
        }
    });
}

impl Piece {
    fn unseen(codes: Array2<u8>) -> Self {
        Self { state: Array2::from_elem(codes.raw_dim(), UNSEEN), codes, planes: Vec::new() }
    }
}

impl Gathered {
    fn merge(&mut self, other: Self) {
        self.areas.merge(&other.areas);
        self.failed.extend(other.failed);
        self.sound += other.sound;
        let earlier =
            |have: &Option<(usize, Error)>, new: &(usize, Error)| have.as_ref().is_none_or(|(index, _)| new.0 < *index);
        if let Some(failure) = other.first_failure.filter(|failure| earlier(&self.first_failure, failure)) {
            self.first_failure = Some(failure);
        }
    }

    fn note_failure(&mut self, index: usize, window: Window, error: Error) {
        self.failed.push(FailedBlock { window, error: error.to_string() });
        if self.first_failure.as_ref().is_none_or(|(first, _)| index < *first) {
            self.first_failure = Some((index, error));
        }
    }
}
