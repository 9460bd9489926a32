//! Where the area's own shape may lie as a spatial placebo: turned, moved over the same scenes, as well observed and
//! of the same cover, clear of the area, of the event under test and of each other (METHODS 10).

use super::draw::Draw;
use crate::geom::bits::Bits;
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::geom::stencil::{ORIENTATIONS, Stencil, UPRIGHT};
use crate::recipe::EvidenceRecipe;

/// Draws for each placebo that is wanted, at each distance tried.
const ATTEMPTS: usize = 200;
/// Positions of a lattice that are tried across and down.
const PHASES: u32 = 4;

/// What was detected, and where anything could be.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The grid of all masks.
    pub grid: &'a Grid,
    /// Seen on both dates.
    pub seen: &'a Bits,
    /// Changed, burned or whatever the layer detects; a part of what was seen.
    pub hit: &'a Bits,
    /// Green before; a part of what was seen.
    pub green: &'a Bits,
}

/// The area's shape in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The shape as it lies there.
    pub stencil: Stencil,
    /// Column and row of its corner.
    pub corner: (u32, u32),
    /// Pixels of the shape.
    pub pixels: u64,
    /// Those seen.
    pub seen: u64,
    /// Those detected.
    pub hit: u64,
    /// Those green before.
    pub green: u64,
    /// Distance from the area's centre in kilometres.
    pub distance_km: f64,
}

/// The area and its placebos.
#[derive(Debug, Clone)]
pub struct Spread {
    /// The area.
    pub own: Place,
    /// The placebos, in the order of drawing.
    pub places: Vec<Place>,
    /// The least distance that was asked in the end, in kilometres.
    pub nearest_km: f64,
    /// Whether the cover had to be left unmatched to find enough.
    pub any_cover: bool,
}

impl Place {
    fn at(field: &Field<'_>, stencil: Stencil, corner: (u32, u32), distance_km: f64) -> Self {
        let count = |bits| stencil.count(bits, corner);
        let (seen, hit, green) = (count(field.seen), count(field.hit), count(field.green));
        Self { pixels: stencil.pixels(), corner, seen, hit, green, distance_km, stencil }
    }

    /// Share of the shape that was seen.
    pub fn seen_share(&self) -> f64 {
        self.seen as f64 / self.pixels.max(1) as f64
    }

    /// Share of what was seen that was detected.
    pub fn hit_share(&self) -> f64 {
        self.hit as f64 / self.seen.max(1) as f64
    }

    /// Share of what was seen that was green before.
    pub fn green_share(&self) -> f64 {
        self.green as f64 / self.seen.max(1) as f64
    }

    /// The shape as a mask of the grid.
    pub fn mask(&self, grid: &Grid) -> Runs {
        Runs::from_unsorted(grid.width() as u32, grid.height() as u32, self.stencil.at(self.corner).collect())
    }
}

/// Lays the shape of `area` out over the field. `event` is what must not be touched: the area itself and all detected
/// objects that reach into it. None for an area without a pixel on the grid.
pub fn spread(field: &Field<'_>, area: &Runs, event: &Bits, recipe: &EvidenceRecipe) -> Option<Spread> {
    let (stencil, corner) = Stencil::of(area)?;
    let mut search = Search::new(field, stencil, corner, event, recipe);
    let [near, _] = recipe.placebo_km;
    let least = search.diameter_km();
    let mut nearest = near.max(least);
    search.fill(nearest);
    while search.places.len() < recipe.placebos && nearest > least {
        nearest = (nearest / 2.0).max(least);
        search.fill(nearest);
    }
    search.pack(nearest);
    let mut any_cover = false;
    if search.places.len() < recipe.min_placebos {
        search.cover_tolerance = 1.0;
        let matched = search.places.len();
        search.fill(nearest);
        search.pack(nearest);
        any_cover = search.places.len() > matched;
    }
    let Search { own, places, .. } = search;
    Some(Spread { own, places, nearest_km: nearest, any_cover })
}

/// A search in progress.
struct Search<'a> {
    field: &'a Field<'a>,
    recipe: &'a EvidenceRecipe,
    own: Place,
    ways: Vec<Stencil>,
    event: &'a Bits,
    /// Where placebos lie already.
    used: Bits,
    places: Vec<Place>,
    cover_tolerance: f64,
    draw: Draw,
}

impl<'a> Search<'a> {
    fn new(
        field: &'a Field<'a>,
        stencil: Stencil,
        corner: (u32, u32),
        event: &'a Bits,
        recipe: &'a EvidenceRecipe,
    ) -> Self {
        const OBLONG: f64 = 1.05;
        let (width, height) = field.grid.pixel_metres();
        let square = width.max(height) / width.min(height) < OBLONG;
        let ways = (0..if square { ORIENTATIONS } else { UPRIGHT }).map(|way| stencil.turned(way)).collect();
        let own = Place::at(field, stencil, corner, 0.0);
        Self {
            field,
            recipe,
            own,
            ways,
            event,
            used: Bits::new(field.seen.width(), field.seen.height()),
            places: Vec::new(),
            cover_tolerance: recipe.cover_tolerance,
            draw: Draw::new(recipe.seed, 0),
        }
    }

    /// The diagonal of the area's bounding window: nearer, two shapes may touch.
    fn diameter_km(&self) -> f64 {
        let ((width, height), (dx, dy)) = (self.own.stencil.size(), self.field.grid.pixel_metres());
        (f64::from(width) * dx).hypot(f64::from(height) * dy) / 1000.0
    }

    /// Draws places at least so far away until enough are found or none seem left.
    fn fill(&mut self, nearest_km: f64) {
        for _ in 0..ATTEMPTS * self.recipe.placebos.clamp(20, 200) {
            if self.places.len() >= self.recipe.placebos {
                return;
            }
            if let Some(place) = self.draw_place(nearest_km) {
                place.stencil.at(place.corner).for_each(|run| self.used.set(run));
                self.places.push(place);
            }
        }
    }

    /// Where random places do not reach the number that is wanted: the fullest of some lattices, if it holds more.
    fn pack(&mut self, nearest_km: f64) {
        if self.places.len() >= self.recipe.placebos {
            return;
        }
        let phases = (0..PHASES).flat_map(|across| (0..PHASES).map(move |down| (across, down)));
        let fullest =
            phases.map(|phase| self.lattice(phase, nearest_km)).reduce(|a, b| if b.len() > a.len() { b } else { a });
        if let Some(fullest) = fullest.filter(|lattice| lattice.len() > self.places.len()) {
            self.places = fullest;
            self.used = Bits::new(self.field.seen.width(), self.field.seen.height());
            self.places.iter().flat_map(|place| place.stencil.at(place.corner)).for_each(|run| self.used.set(run));
        }
    }

    /// The places of a lattice as dense as the area's bounding window that suit, up to the number wanted.
    fn lattice(&self, (across, down): (u32, u32), nearest_km: f64) -> Vec<Place> {
        let (width, height) = self.own.stencil.size();
        let columns = (across * width / PHASES..).step_by(width as usize);
        let columns = columns.take_while(|col| col + width <= self.field.seen.width());
        let rows = |col: u32| {
            let rows = (down * height / PHASES..).step_by(height as usize);
            rows.take_while(|row| row + height <= self.field.seen.height()).map(move |row| (col, row))
        };
        let places =
            columns.flat_map(rows).filter_map(|corner| self.suited(&self.own.stencil, corner, &[], nearest_km));
        places.take(self.recipe.placebos).collect()
    }

    /// One draw; none when it does not suit.
    fn draw_place(&mut self, nearest_km: f64) -> Option<Place> {
        let way = self.draw.below(self.ways.len());
        let (across, down) = (self.draw.unit(), self.draw.unit());
        let stencil = self.ways.get(way)?;
        let (width, height) = stencil.size();
        let room = |grid: u32, own: u32, at: f64| Some((at * f64::from(grid.checked_sub(own)? + 1)) as u32);
        let corner = (room(self.field.seen.width(), width, across)?, room(self.field.seen.height(), height, down)?);
        self.suited(stencil, corner, &[&self.used], nearest_km)
    }

    /// The shape at a corner, where distance, observation and cover suit and nothing is in the way.
    fn suited(&self, stencil: &Stencil, corner: (u32, u32), used: &[&Bits], nearest_km: f64) -> Option<Place> {
        let distance = self.distance_km(stencil, corner);
        if !(nearest_km..=self.recipe.placebo_km[1]).contains(&distance) {
            return None;
        }
        let occupied = used.iter().chain([&self.event]).any(|bits| stencil.touches(bits, corner));
        if occupied {
            return None;
        }
        let place = Place::at(self.field, stencil.clone(), corner, distance);
        self.is_alike(&place).then_some(place)
    }

    fn distance_km(&self, stencil: &Stencil, corner: (u32, u32)) -> f64 {
        let centre = |stencil: &Stencil, corner: (u32, u32)| {
            let (width, height) = stencil.size();
            (f64::from(corner.0) + f64::from(width) / 2.0, f64::from(corner.1) + f64::from(height) / 2.0)
        };
        let ((x0, y0), (x1, y1)) = (centre(&self.own.stencil, self.own.corner), centre(stencil, corner));
        let (dx, dy) = self.field.grid.pixel_metres();
        ((x1 - x0) * dx).hypot((y1 - y0) * dy) / 1000.0
    }

    fn is_alike(&self, place: &Place) -> bool {
        let seen = (place.seen_share() - self.own.seen_share()).abs() <= self.recipe.valid_tolerance;
        let cover = (place.green_share() - self.own.green_share()).abs() <= self.cover_tolerance;
        place.seen > 0 && seen && cover
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use crate::geom::runs::Run;

    const SIDE: u32 = 400;

    fn grid() -> Grid {
        Grid::new(Crs::from_epsg(32637).unwrap(), (4e5, 55e5), (20.0, 20.0), (SIDE as usize, SIDE as usize)).unwrap()
    }

    fn boxed(col: u32, row: u32, width: u32, height: u32) -> Runs {
        let runs = (row..row + height).map(|row| Run { row, start: col, end: col + width }).collect();
        Runs::from_unsorted(SIDE, SIDE, runs)
    }

    /// A scene without clouds in which the southern half is green.
    fn spread_of(area: &Runs, event: &Runs, recipe: &EvidenceRecipe) -> Spread {
        let (seen, green) = (Bits::of(&Runs::full(SIDE, SIDE)), Bits::of(&boxed(0, 200, SIDE, 200)));
        let hit = Bits::of(event);
        let grid = grid();
        let field = Field { grid: &grid, seen: &seen, hit: &hit, green: &green };
        spread(&field, area, &Bits::of(&event.union(area)), recipe).unwrap()
    }

    #[test]
    fn placebos_are_disjoint_alike_and_clear_of_the_event() {
        let (area, event) = (boxed(100, 300, 20, 10), boxed(110, 290, 60, 60));
        let found = spread_of(&area, &event, &EvidenceRecipe::default());
        assert_eq!((found.places.len(), found.own.hit, found.own.pixels, found.any_cover), (99, 100, 200, false));
        let mut all = event.union(&area);
        for place in &found.places {
            let mask = place.mask(&grid());
            assert!(all.intersect(&mask).is_empty() && mask.pixels() == 200);
            assert!(place.green_share() >= 0.8, "matched on cover: {place:?}");
            all = all.union(&mask);
        }
    }

    #[test]
    fn a_small_scene_gives_what_fits() {
        let area = boxed(0, 210, 180, 180);
        let found = spread_of(&area, &area, &EvidenceRecipe::default());
        assert!((1..=3).contains(&found.places.len()), "{}", found.places.len());
        assert!(found.any_cover && found.nearest_km < 10.0);
    }

    #[test]
    fn the_seed_decides() {
        let area = boxed(100, 300, 20, 10);
        let corners = |seed| {
            let recipe = EvidenceRecipe { seed, ..EvidenceRecipe::default() };
            spread_of(&area, &area, &recipe).places.iter().map(|place| place.corner).collect::<Vec<_>>()
        };
        assert_eq!(corners(1), corners(1));
        assert_ne!(corners(1), corners(2));
    }
}
