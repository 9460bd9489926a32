//! From a raw mask to GeoJSON as one process, to be measured beside other tools.
//!
//! `vectors MASK WIDTH SIEVE OUT.geojson`: MASK is one byte a pixel (1 is set), WIDTH its columns, SIEVE the least pixels of a
//! region (0: no sieve). Pixels are 20 m in UTM zone 37 north; four neighbours; the polygons come out in longitude and latitude.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a tool to measure with reads and prints")]

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;

use groundtell::geom::crs::{Crs, Transform};
use groundtell::geom::grid::Grid;
use groundtell::geom::runs::{Run, Runs};
use groundtell::io::geojson::lonlat::Projection;
use groundtell::io::geojson::{Feature, Writer};
use groundtell::kernel::label::{Connectivity, label, sieve};
use groundtell::vector::trace::trace;
use serde_json::{Map, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mask, width, least, out] = arguments.as_slice() else { return Err("usage: MASK WIDTH SIEVE OUT".into()) };
    let mask = runs(&fs::read(mask)?, width.parse()?);
    let least = least.parse()?;
    let kept = if least == 0 { mask } else { sieve(&mask, least, Connectivity::Four) };
    println!("{}", polygons(&kept, out)?);
    Ok(())
}

fn runs(pixels: &[u8], width: usize) -> Runs {
    let mut runs = Vec::new();
    for (row, line) in (0..).zip(pixels.chunks_exact(width)) {
        let mut start = 0;
        for stretch in line.chunk_by(|one, other| one == other) {
            let end = start + stretch.len() as u32;
            if stretch.first() == Some(&1) {
                runs.push(Run { row, start, end });
            }
            start = end;
        }
    }
    Runs::from_unsorted(width as u32, (pixels.len() / width) as u32, runs)
}

/// Writes the polygons; how many there are.
fn polygons(mask: &Runs, out: &str) -> Result<usize, Box<dyn Error>> {
    let size = (mask.width() as usize, mask.height() as usize);
    let grid = Grid::new(Crs::from_epsg(32637)?, (300_000.0, 5_600_040.0), (20.0, 20.0), size)?;
    let transform = Transform::new(grid.crs(), Crs::WGS84)?;
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid: &grid, to_lonlat: &to_lonlat };
    let labels = label(mask, Connectivity::Four);
    let mut writer = Writer::new(BufWriter::new(File::create(out)?), None)?;
    for (polygons, pixels) in trace(mask, &labels).iter().zip(&labels.sizes) {
        let properties: Map<_, _> = [("pixels".to_owned(), json!(pixels))].into_iter().collect();
        writer.feature(&Feature { id: "", outline: &projection.outline(polygons)?, properties: &properties })?;
    }
    writer.finish()?;
    Ok(labels.count)
}
