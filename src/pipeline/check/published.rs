//! What may be published: geometry coarsened, pictures left out.

use super::gathered::Gathered;
use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::io::geojson::lonlat::LonLat;

/// Metres of a degree of latitude, on the sphere of the earth's mean radius.
const DEGREE_M: f64 = 111_195.0;

impl Gathered {
    /// Leaves of every shape the box around it on a lattice of so many metres, and neither pictures nor single detections.
    ///
    /// # Errors
    /// As making a box: none for shapes on the globe.
    pub(super) fn coarsen(&mut self, metres: f64) -> Result<()> {
        self.looks = None;
        self.fires.clear();
        for shape in &mut self.shapes {
            if let Some([west, south, east, north]) = shape.outline.extent().bbox() {
                let degrees = |units: i32| f64::from(units) / 1e7;
                let around = boxed([degrees(west), degrees(south), degrees(east), degrees(north)], metres);
                shape.outline = LonLat::of(&area_of(around)?);
            }
        }
        Ok(())
    }
}

/// The boxes around an area on a lattice of so many metres.
///
/// # Errors
/// As making a box: none for areas on the globe.
pub(super) fn coarse(area: &Aoi, metres: f64) -> Result<Aoi> {
    let boxes = area.bounds();
    let west = boxes.iter().map(|own| own.west).fold(f64::INFINITY, f64::min);
    let east = boxes.iter().map(|own| own.east).fold(f64::NEG_INFINITY, f64::max);
    let south = boxes.iter().map(|own| own.south).fold(f64::INFINITY, f64::min);
    let north = boxes.iter().map(|own| own.north).fold(f64::NEG_INFINITY, f64::max);
    area_of(boxed([west, south, east, north], metres))
}

fn area_of([west, south, east, north]: [f64; 4]) -> Result<Aoi> {
    Aoi::from_bbox(&format!("{west},{south},{east},{north}"))
}

/// A box grown to whole steps of so many metres.
fn boxed([west, south, east, north]: [f64; 4], metres: f64) -> [f64; 4] {
    let down = metres / DEGREE_M;
    let across = down / ((south + north) / 2.0).to_radians().cos().max(0.01);
    let below = |value: f64, step: f64| (value / step).floor() * step;
    let above = |value: f64, step: f64| (value / step).ceil() * step;
    [
        below(west, across).max(-180.0),
        below(south, down).max(-90.0),
        above(east, across).min(180.0),
        above(north, down).min(90.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_grow_to_the_lattice_and_no_further() {
        let own = [37.612, 49.706, 37.613, 49.707];
        let [west, south, east, north] = boxed(own, 500.0);
        assert!(west <= own[0] && south <= own[1] && east >= own[2] && north >= own[3]);
        let metres = [(north - south) * DEGREE_M, (east - west) * DEGREE_M * 49.7065f64.to_radians().cos()];
        assert!(metres.iter().all(|side| (499.0..1001.0).contains(side)), "{metres:?}");
    }
}
