//! Places given by the caller: ellipses and polygons in 10 m pixel coordinates.

use crate::error::{Error, Result};

/// Vertices that one polygon may have.
const MOST_VERTICES: usize = 1_000;

/// A place on the 10 m grid. (0, 0) is the outer corner of the first pixel; columns first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub enum Shape {
    /// An ellipse; its edge is made ragged by about a tenth of its radius.
    Ellipse {
        /// Column and row of the centre.
        centre: (f64, f64),
        /// Half axes in pixels.
        radii: (f64, f64),
        /// Turn of the first axis from east towards south, in degrees.
        turn: f64,
    },
    /// A simple polygon (closed by itself), by the even-odd rule of pixel centres; its edge is exact.
    Polygon(Vec<(f64, f64)>),
}

impl Shape {
    /// Whether the numbers make a shape.
    ///
    /// # Errors
    /// `Usage` for a number that is not finite, a radius that is not positive, or a polygon of fewer than three
    /// or more than 1,000 vertices.
    pub fn check(&self) -> Result<()> {
        let sound = match self {
            Self::Ellipse { centre, radii, turn } => {
                let finite = [centre.0, centre.1, radii.0, radii.1, *turn].iter().all(|value| value.is_finite());
                finite && radii.0 > 0.0 && radii.1 > 0.0
            }
            Self::Polygon(ring) => {
                (3..=MOST_VERTICES).contains(&ring.len()) && ring.iter().all(|(x, y)| x.is_finite() && y.is_finite())
            }
        };
        if sound { Ok(()) } else { Err(Error::usage("a burn's ellipse or polygon makes no shape")) }
    }

    /// How deep inside the position is: above 0 inside, 1 in the middle; `rag` (about -1..1) frays an ellipse.
    pub(super) fn depth(&self, x: f64, y: f64, rag: f32) -> f32 {
        match self {
            Self::Ellipse { centre, radii, turn } => {
                let (dx, dy) = (x - centre.0, y - centre.1);
                let (sin, cos) = turn.to_radians().sin_cos();
                let (u, v) = ((dx * cos + dy * sin) / radii.0, (dy * cos - dx * sin) / radii.1);
                1.0 - (u * u + v * v).sqrt() as f32 + 0.1 * rag
            }
            Self::Polygon(ring) => {
                if inside(ring, x, y) {
                    0.5
                } else {
                    -1.0
                }
            }
        }
    }

    /// A box around the shape, its frayed edge included: west, north, east, south.
    pub(super) fn bounds(&self) -> [f64; 4] {
        match self {
            Self::Ellipse { centre, radii, .. } => {
                let reach = 1.5 * radii.0.max(radii.1);
                [centre.0 - reach, centre.1 - reach, centre.0 + reach, centre.1 + reach]
            }
            Self::Polygon(ring) => {
                ring.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[west, north, east, south], &(x, y)| {
                    [west.min(x), north.min(y), east.max(x), south.max(y)]
                })
            }
        }
    }
}

/// The even-odd rule.
fn inside(ring: &[(f64, f64)], x: f64, y: f64) -> bool {
    let before = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    let crossings = ring
        .iter()
        .zip(before)
        .filter(|((ax, ay), (bx, by))| (*ay > y) != (*by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax));
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_holds_what_is_inside() {
        let shape = Shape::Polygon(vec![(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 3.0), (0.0, 10.0)]);
        assert!(shape.depth(1.0, 1.0, 0.0) > 0.0 && shape.depth(9.0, 8.0, 0.0) > 0.0);
        assert!(shape.depth(5.0, 6.0, 0.0) < 0.0 && shape.depth(-1.0, 5.0, 0.0) < 0.0);
        assert_eq!(shape.bounds(), [0.0, 0.0, 10.0, 10.0]);
    }

    #[test]
    fn an_ellipse_is_turned_towards_the_south() {
        let shape = Shape::Ellipse { centre: (50.0, 50.0), radii: (20.0, 5.0), turn: 90.0 };
        assert!(shape.depth(50.0, 65.0, 0.0) > 0.0 && shape.depth(65.0, 50.0, 0.0) < 0.0);
        assert!(Shape::Polygon(vec![(0.0, 0.0), (1.0, 1.0)]).check().is_err());
    }
}
