//! An object: one changed area with its outline, its numbers and a name that lasts.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::trace::PixelPolygon;
use super::zonal::{ClassCounts, Tally, Zones};
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::kernel::label::Labels;

/// One changed area.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its name; see [`Naming::id`].
    pub id: String,
    /// Its polygons along pixel edges; more than one where it hangs together at corners only.
    pub outline: Vec<PixelPolygon>,
    /// Its pixels.
    pub pixels: u64,
    /// Its ground area in hectares, as the caller measured the outline.
    pub area_ha: f64,
    /// First column, first row, and first column and row behind it.
    pub bounds: [u32; 4],
    /// Mean pixel position (column, row); (0.5, 0.5) is the centre of the first pixel. It may lie
    /// outside of a crooked object.
    pub centroid: (f64, f64),
    /// dNBR over the pixels that were seen.
    pub dnbr: Tally,
    /// RBR over the pixels that were seen.
    pub rbr: Tally,
    /// The class of most of its pixels, where classes were given.
    pub class: Option<u8>,
}

/// What names objects, together with their place.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// What the objects are objects of, such as `burn`.
    pub layer: &'a str,
    /// Dates before and after, ISO 8601, as one bracket `2024-02-01/2024-02-11`.
    pub dates: &'a str,
}

impl Naming<'_> {
    /// A name of 12 hexadecimal digits for the object whose first pixel, in raster order, has
    /// this column and row of `grid`: the head of the SHA-256 of layer, dates, reference system
    /// and the map coordinates of that pixel's centre, rounded to 1 cm or 1e-7 degrees. So the
    /// same object of the same pair has the same name whatever the AOI, the block size, the
    /// threads or the class of its neighbours; it changes only where its north-western end does
    /// (another threshold, an AOI that cuts it off there). In 10,000 objects two share a name
    /// with a probability of 2 in 10 million.
    pub fn id(&self, grid: &Grid, (column, row): (u32, u32)) -> String {
        let (x, y) = grid.to_map(f64::from(column) + 0.5, f64::from(row) + 0.5);
        let units = if grid.crs().is_geographic() { 1e7 } else { 1e2 };
        let [x, y] = [x, y].map(|value| (value * units).round() as i64);
        let text = format!("groundtell object\n{}\n{}\n{}\n{x} {y}\n", self.layer, self.dates, grid.crs());
        Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Numbers of the objects, by label.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a> {
    /// dNBR per object.
    pub dnbr: &'a Zones,
    /// RBR per object.
    pub rbr: &'a Zones,
    /// Class counts per object, where there are classes.
    pub classes: Option<&'a ClassCounts>,
}

/// The objects of a mask on `grid`, by label. `outlines` are those of
/// [`trace`](super::trace::trace); `area_ha` measures an outline on the ground.
pub fn objects(
    (mask, labels, outlines): (&Runs, &Labels, Vec<Vec<PixelPolygon>>),
    grid: &Grid,
    naming: Naming<'_>,
    numbers: Numbers<'_>,
    area_ha: &dyn Fn(&[PixelPolygon]) -> f64,
) -> Vec<Object> {
    let tally = |zones: &Zones, label: usize| zones.tallies().get(label).copied().unwrap_or_default();
    let extents = extents(mask, labels).into_iter().zip(outlines).zip(0u32..);
    let object = |((extent, outline), label): ((Extent, Vec<PixelPolygon>), u32)| Object {
        id: naming.id(grid, extent.first),
        area_ha: area_ha(&outline),
        outline,
        pixels: extent.pixels,
        bounds: extent.bounds,
        centroid: extent.centroid(),
        dnbr: tally(numbers.dnbr, label as usize),
        rbr: tally(numbers.rbr, label as usize),
        class: numbers.classes.and_then(|classes| classes.majority(label)),
    };
    extents.map(object).collect()
}

impl Object {
    /// What the object says of itself in a table or a GeoJSON feature, in a fixed order: `area_ha`
    /// (0.0001 ha), `pixels`, `dnbr_mean`, `dnbr_max`, `rbr_mean`, `rbr_max` (steps of 1e-4; null
    /// when no pixel was seen) and `class` (null where there is none).
    pub fn properties(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("area_ha".into(), json!(rounded(self.area_ha)));
        map.insert("pixels".into(), json!(self.pixels));
        for (name, tally) in [("dnbr", &self.dnbr), ("rbr", &self.rbr)] {
            map.insert(format!("{name}_mean"), json!(tally.mean().map(rounded)));
            map.insert(format!("{name}_max"), json!(tally.max().map(rounded)));
        }
        map.insert("class".into(), json!(self.class));
        map
    }
}

/// To four decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Where an object lies.
#[derive(Debug, Clone, Copy)]
struct Extent {
    first: (u32, u32),
    pixels: u64,
    bounds: [u32; 4],
    /// Twice the sums of the pixel centres' columns and rows.
    doubled: [u128; 2],
}

impl Extent {
    fn centroid(&self) -> (f64, f64) {
        let [column, row] = self.doubled.map(|sum| sum as f64 / (2.0 * self.pixels as f64));
        (column, row)
    }
}

fn extents(mask: &Runs, labels: &Labels) -> Vec<Extent> {
    let nowhere = Extent { first: (0, 0), pixels: 0, bounds: [u32::MAX, u32::MAX, 0, 0], doubled: [0; 2] };
    let mut extents = vec![nowhere; labels.count];
    for (run, &label) in mask.as_slice().iter().zip(&labels.of_run) {
        let Some(extent) = extents.get_mut(label as usize) else { continue };
        if extent.pixels == 0 {
            extent.first = (run.start, run.row);
        }
        extent.pixels += u64::from(run.len());
        let [left, top, right, bottom] = extent.bounds;
        extent.bounds = [left.min(run.start), top.min(run.row), right.max(run.end), bottom.max(run.row + 1)];
        let [start, end, row, len] = [run.start, run.end, run.row, run.len()].map(u128::from);
        extent.doubled[0] += (start + end) * len;
        extent.doubled[1] += (2 * row + 1) * len;
    }
    extents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use crate::geom::runs::Run;
    use crate::geom::window::Window;
    use crate::kernel::label::{Connectivity, label};
    use crate::vector::trace::trace;

    const NAMING: Naming<'_> = Naming { layer: "burn", dates: "2024-02-01/2024-02-11" };

    fn grid(width: usize, height: usize) -> Grid {
        Grid::new(Crs::from_epsg(32637).unwrap(), (300_000.0, 5_000_040.0), (20.0, 20.0), (width, height)).unwrap()
    }

    /// The L of five pixels and a dot, `right` and `down` of the corner.
    fn scene(grid: &Grid, right: u32, down: u32) -> Vec<Object> {
        let run = |row, start, end| Run { row: row + down, start: start + right, end: end + right };
        let (width, height) = (grid.width() as u32, grid.height() as u32);
        let mask = Runs::from_unsorted(width, height, vec![run(0, 1, 2), run(1, 1, 2), run(2, 1, 4), run(4, 0, 1)]);
        let labels = label(&mask, Connectivity::Eight);
        let outlines = trace(&mask, &labels);
        let mut dnbr = Zones::new(labels.count);
        let steps = ndarray::Array2::from_shape_fn(grid.window().shape(), |(row, _)| 1000 * (row as i32 - down as i32));
        dnbr.feed((&mask, &labels), grid.window(), |at| Some(steps[at])).unwrap();
        let numbers = Numbers { dnbr: &dnbr, rbr: &Zones::new(labels.count), classes: None };
        objects((&mask, &labels, outlines), grid, NAMING, numbers, &|outline| {
            outline.iter().map(|polygon| polygon.pixels() as f64 * 0.04).sum()
        })
    }

    #[test]
    fn an_object_knows_its_place() {
        let found = scene(&grid(9, 9), 2, 1);
        assert_eq!((found.len(), found[0].pixels, found[0].bounds), (2, 5, [3, 1, 6, 4]));
        assert_eq!(found[0].centroid, ((3.5 * 3.0 + 4.5 + 5.5) / 5.0, (1.5 + 2.5 + 3.5 * 3.0) / 5.0));
        let expected =
            r#"{"area_ha":0.2,"pixels":5,"dnbr_mean":0.14,"dnbr_max":0.2,"rbr_mean":null,"rbr_max":null,"class":null}"#;
        assert_eq!(Value::Object(found[0].properties()).to_string(), expected);
    }

    #[test]
    fn names_last_when_the_frame_moves() {
        let frame = grid(9, 9);
        let names = |found: Vec<Object>| found.into_iter().map(|object| object.id).collect::<Vec<_>>();
        let whole = names(scene(&frame, 2, 1));
        assert_eq!(whole, names(scene(&frame.crop(Window::new(1, 1, 8, 8)), 1, 0)));
        assert_eq!(whole, ["0dcf572dae56", "77e4a2b6b9a7"], "as sha256sum has them");
        assert_ne!(whole, names(scene(&frame, 3, 1)));
    }

    #[test]
    fn names_depend_on_layer_and_dates() {
        let id = |layer, dates| Naming { layer, dates }.id(&grid(9, 9), (1, 1));
        assert_ne!(id("burn", "a/b"), id("change", "a/b"));
        assert_ne!(id("burn", "a/b"), id("burn", "a/c"));
    }
}
