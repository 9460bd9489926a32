//! The COG writer against independent readers: the crate `tiff` always, and rasterio, rio-cogeo and numpy where they are installed.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may read, print and fail"
)]

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use groundtell::geom::crs::Crs;
use groundtell::geom::grid::Grid;
use groundtell::geom::window::Window;
use groundtell::io::cog::{Cell, Cells, Codec, CogWriter, Reduce, Spec, Stats, z_order};
use groundtell::io::spool::Spool;
use groundtell::io::store::Stage;
use ndarray::{Array2, ArrayView2, Slice};
use rayon::prelude::*;

/// A whole layer in memory.
#[derive(Clone)]
enum Layer {
    U8(Array2<u8>),
    I16(Array2<i16>),
    F32(Array2<f32>),
}

impl Layer {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::U8(cells) => cells.iter().copied().collect(),
            Self::I16(cells) => cells.iter().flat_map(|cell| cell.to_le_bytes()).collect(),
            Self::F32(cells) => cells.iter().flat_map(|cell| cell.to_le_bytes()).collect(),
        }
    }
}

struct Case {
    name: &'static str,
    spec: Spec,
    layer: Layer,
    big: bool,
}

fn grid(epsg: u32, width: usize, height: usize) -> Grid {
    let crs = Crs::from_epsg(epsg).unwrap();
    let (corner, pixel) = match epsg {
        4326 => ((36.25, 49.5), (0.0001, 0.000_125)),
        3035 => ((4_321_000.0, 3_210_000.0), (20.0, 20.0)),
        _ => ((500_010.0, 5_000_040.0), (10.0, 10.0)),
    };
    Grid::new(crs, corner, pixel, (width, height)).unwrap()
}

/// A number that looks random, from a position.
fn noise(row: usize, col: usize) -> u32 {
    let mixed = (row as u32).wrapping_mul(0x9e37_79b1) ^ (col as u32).wrapping_mul(0x85eb_ca77);
    (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d) >> 8
}

/// Somewhere without values: a disc, and the first tile.
fn void(row: usize, col: usize) -> bool {
    (row < 520 && col < 530) || row.abs_diff(700).pow(2) + col.abs_diff(800).pow(2) < 150 * 150
}

fn integers(width: usize, height: usize, nodata: i16) -> Layer {
    Layer::I16(Array2::from_shape_fn((height, width), |(row, col)| {
        let wave = ((row as f64 / 90.0).sin() * (col as f64 / 70.0).cos() * 9000.0) as i16;
        if void(row, col) { nodata } else { wave + (noise(row, col) % 400) as i16 }
    }))
}

fn floats(width: usize, height: usize, nodata: f32) -> Layer {
    Layer::F32(Array2::from_shape_fn((height, width), |(row, col)| match noise(row, col) % 50 {
        _ if void(row, col) => nodata,
        0 => f32::NAN,
        random => (row as f32 / 60.0).sin() + (col as f32 / 45.0).cos() + random as f32 * 0.01,
    }))
}

fn classes(width: usize, height: usize) -> Layer {
    Layer::U8(Array2::from_shape_fn((height, width), |(row, col)| {
        if void(row, col) { 0 } else { (1 + (row / 7 + col / 5) % 4 + (noise(row, col) % 9 / 8) as usize) as u8 }
    }))
}

fn cases() -> Vec<Case> {
    let case = |name, spec, layer| Case { name, spec, layer, big: false };
    let dnbr = |codec| Spec {
        nodata: Some(-32_768.0),
        scale: 1e-4,
        offset: -0.25,
        unit: Some("<m&m>".into()),
        codec,
        metadata: vec![
            ("SIMULATED".into(), "yes <&> \"no\"".into()),
            ("TIFFTAG_SOFTWARE".into(), "groundtell test".into()),
            ("TIFFTAG_DATETIME".into(), "2024:05:06 07:08:09".into()),
        ],
        ..Spec::new(grid(32637, 1300, 1103), Cell::I16, "dNBR, höher & mehr <=> 'burnt'")
    };
    let plain = |epsg, width, height, dtype| Spec::new(grid(epsg, width, height), dtype, "plain");
    let mut cases = vec![
        case("i16-zstd", dnbr(Codec::FAST), integers(1300, 1103, -32_768)),
        case("i16-deflate", dnbr(Codec::COMMON), integers(1300, 1103, -32_768)),
        case("i16-none", dnbr(Codec::None), integers(1300, 1103, -32_768)),
        Case { big: true, ..case("i16-big", dnbr(Codec::FAST), integers(1300, 1103, -32_768)) },
        case("i16-no-nodata", plain(32737, 700, 1025, Cell::I16), integers(700, 1025, 0)),
        case(
            "f32-nan",
            Spec { nodata: Some(f64::NAN), codec: Codec::COMMON, ..plain(3035, 1027, 601, Cell::F32) },
            floats(1027, 601, f32::NAN),
        ),
        case(
            "f32-9999",
            Spec { nodata: Some(-9999.0), tile: 256, ..plain(3857, 1027, 901, Cell::F32) },
            floats(1027, 901, -9999.0),
        ),
        case("f32-none", Spec { codec: Codec::None, ..plain(32601, 530, 40, Cell::F32) }, floats(530, 40, 1.0)),
        case(
            "u8-classes",
            Spec {
                nodata: Some(0.0),
                palette: Some(vec![
                    (0, [0, 0, 0, 0]),
                    (1, [10, 20, 30, 255]),
                    (2, [255, 128, 0, 255]),
                    (5, [1, 2, 3, 255]),
                ]),
                categories: vec![(1, "unchanged".into()), (2, "burnt & <bare>".into())],
                overviews: Reduce::Mode,
                codec: Codec::COMMON,
                ..plain(32636, 1301, 1105, Cell::U8)
            },
            classes(1301, 1105),
        ),
        case(
            "u8-average",
            Spec { nodata: Some(0.0), overviews: Reduce::Average, tile: 128, ..plain(32636, 601, 555, Cell::U8) },
            classes(601, 555),
        ),
        case(
            "i16-all-nodata",
            Spec { nodata: Some(-1.0), ..plain(4326, 1100, 600, Cell::I16) },
            Layer::I16(Array2::from_elem((600, 1100), -1)),
        ),
        case("u8-one-cell", plain(4326, 1, 1, Cell::U8), Layer::U8(Array2::from_elem((1, 1), 7))),
    ];
    for epsg in [4326, 3857, 3035, 32601, 32637, 32660, 32701, 32737, 32760] {
        cases.push(case("crs", plain(epsg, 5, 3, Cell::U8), Layer::U8(Array2::from_elem((3, 5), 1))));
    }
    cases
}

fn part<T>(cells: &Array2<T>, window: Window) -> ArrayView2<'_, T> {
    cells.slice_each_axis(|axis| match axis.axis.index() {
        0 => Slice::from(window.row..window.bottom()),
        _ => Slice::from(window.col..window.right()),
    })
}

fn put(writer: &CogWriter, layer: &Layer, window: Window) {
    let put = match layer {
        Layer::U8(cells) => writer.put(window, Cells::U8(part(cells, window))),
        Layer::I16(cells) => writer.put(window, Cells::I16(part(cells, window))),
        Layer::F32(cells) => writer.put(window, Cells::F32(part(cells, window))),
    };
    put.unwrap();
}

/// Writes `case` as `name` with the windows in the given order, from the current thread pool.
fn write(stage: &Stage, name: &str, case: &Case, windows: &[Window]) -> Stats {
    let spool = Spool::new(stage.temporary("tiles").unwrap());
    let mut writer = CogWriter::new(case.spec.clone(), spool).unwrap();
    if case.big {
        writer = writer.big();
    }
    windows.par_iter().for_each(|window| put(&writer, &case.layer, *window));
    writer.finish(stage.create(name).unwrap()).unwrap()
}

/// Windows of `width` by `height` that tile the grid, in an order that looks random.
fn shuffled(grid: &Grid, width: usize, height: usize, seed: usize) -> Vec<Window> {
    let mut windows: Vec<Window> = (0..grid.height())
        .step_by(height)
        .flat_map(|row| (0..grid.width()).step_by(width).map(move |col| Window::new(col, row, width, height)))
        .map(|window| window.intersect(&grid.window()))
        .collect();
    windows.sort_by_key(|window| noise(window.row + seed, window.col));
    windows
}

#[test]
fn the_bytes_depend_on_nothing_but_the_cells() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    for case in cases().iter().filter(|case| case.layer.bytes().len() > 100) {
        let grid = &case.spec.grid;
        let orders = [
            (1, z_order(grid.width(), grid.height(), case.spec.tile)),
            (3, shuffled(grid, 512, 512, 1)),
            (2, shuffled(grid, 100, 333, 2)),
            (4, shuffled(grid, 2000, 1, 3)),
            (1, shuffled(grid, 2000, 2000, 4)),
            (5, shuffled(grid, 1024, 768, 5)),
            (2, shuffled(grid, 37, 41, 6)),
        ];
        let hashes: Vec<String> = orders
            .iter()
            .enumerate()
            .map(|(number, (threads, windows))| {
                let name = format!("{}-{number}.tif", case.name);
                let pool = rayon::ThreadPoolBuilder::new().num_threads(*threads).build().unwrap();
                pool.install(|| write(&stage, &name, case, windows));
                groundtell::io::store::sha256_of(&stage.path_of(&name).unwrap()).unwrap()
            })
            .collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{}: {hashes:?}", case.name);
    }
}

/// A level as f64, NaN where there is no value; written out plainly, apart from the writer.
struct Plane {
    width: usize,
    height: usize,
    cells: Vec<f64>,
}

impl Plane {
    fn of(layer: &Layer, nodata: Option<f64>) -> Self {
        let (shape, cells): (_, Vec<f64>) = match layer {
            Layer::U8(cells) => (cells.dim(), cells.iter().map(|cell| f64::from(*cell)).collect()),
            Layer::I16(cells) => (cells.dim(), cells.iter().map(|cell| f64::from(*cell)).collect()),
            Layer::F32(cells) => (cells.dim(), cells.iter().map(|cell| f64::from(*cell)).collect()),
        };
        let cells = cells.into_iter().map(|cell| if Some(cell) == nodata { f64::NAN } else { cell }).collect();
        Self { width: shape.1, height: shape.0, cells }
    }

    fn half(&self, how: Reduce, dtype: Cell) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let cells =
            (0..width * height).map(|at| self.reduced(2 * (at / width), 2 * (at % width), how, dtype)).collect();
        Self { width, height, cells }
    }

    fn reduced(&self, row: usize, col: usize, how: Reduce, dtype: Cell) -> f64 {
        let mut values: Vec<f64> = (0..4)
            .map(|at| (row + at / 2, col + at % 2))
            .filter(|(row, col)| *row < self.height && *col < self.width)
            .map(|(row, col)| self.cells[row * self.width + col])
            .filter(|cell| !cell.is_nan())
            .collect();
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        match (how, dtype) {
            (Reduce::Average, Cell::F32) => f64::from(mean as f32),
            (Reduce::Average, _) => mean.round_ties_even(),
            _ => {
                let votes = |value: f64| values.iter().filter(|other| **other == value).count();
                let most = values.iter().map(|value| votes(*value)).max().unwrap_or(0);
                values.iter().copied().find(|value| votes(*value) == most).unwrap_or(f64::NAN)
            }
        }
    }
}

fn same(a: f64, b: f64, dtype: Cell) -> bool {
    let tolerance = if dtype == Cell::F32 { 2.0 * f64::from(f32::EPSILON) * a.abs() } else { 0.0 };
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance
}

fn samples(decoded: tiff::decoder::DecodingResult) -> Vec<f64> {
    use tiff::decoder::DecodingResult as Decoded;
    match decoded {
        Decoded::U8(cells) => cells.into_iter().map(f64::from).collect(),
        Decoded::I16(cells) => cells.into_iter().map(f64::from).collect(),
        Decoded::F32(cells) => cells.into_iter().map(f64::from).collect(),
        _ => panic!("not a type that is written"),
    }
}

/// Checks one level's tiles against the plane, and their frames in the file's bytes; gives the
/// first and last byte of the level's tiles.
fn check_level(
    decoder: &mut tiff::decoder::Decoder<File>,
    bytes: &[u8],
    plane: &Plane,
    spec: &Spec,
    what: &str,
) -> Option<(u64, u64)> {
    use tiff::tags::Tag;
    assert_eq!(decoder.dimensions().unwrap(), (plane.width as u32, plane.height as u32), "{what}");
    let offsets: Vec<u64> = decoder.find_tag_unsigned_vec(Tag::TileOffsets).unwrap().unwrap();
    let counts: Vec<u64> = decoder.find_tag_unsigned_vec(Tag::TileByteCounts).unwrap().unwrap();
    let across = plane.width.div_ceil(spec.tile);
    let mut span: Option<(u64, u64)> = None;
    for (index, (offset, count)) in offsets.into_iter().zip(counts).enumerate() {
        let (left, top) = (index % across * spec.tile, index / across * spec.tile);
        let (width, height) = ((plane.width - left).min(spec.tile), (plane.height - top).min(spec.tile));
        let expected = (0..width * height).map(|at| plane.cells[(top + at / width) * plane.width + left + at % width]);
        if count == 0 {
            assert!(
                offset == 0 && spec.nodata.is_some() && expected.into_iter().all(f64::is_nan),
                "{what}: sparse {index}"
            );
            continue;
        }
        let found = samples(decoder.read_chunk(index as u32).unwrap());
        assert_eq!(found.len(), width * height, "{what}: tile {index}");
        for (expected, found) in expected.zip(found) {
            let found = if Some(found) == spec.nodata { f64::NAN } else { found };
            assert!(same(expected, found, spec.dtype), "{what}: tile {index}: {expected} became {found}");
        }
        let tile = &bytes[offset as usize..(offset + count) as usize];
        assert_eq!(bytes[offset as usize - 4..offset as usize], (count as u32).to_le_bytes(), "{what}: leader {index}");
        assert_eq!(bytes[(offset + count) as usize..][..4], tile[tile.len() - 4..], "{what}: trailer {index}");
        assert!(span.is_none_or(|(_, end)| end == offset - 4), "{what}: a gap or another order before tile {index}");
        span = Some((span.map_or(offset - 4, |(start, _)| start), offset + count + 4));
    }
    span
}

#[test]
fn an_independent_reader_finds_every_cell() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    for (number, case) in cases().iter().enumerate().filter(|(_, case)| case.name != "crs") {
        let name = format!("{number}.tif");
        // The crate refuses palettes; the tiles do not depend on them.
        let case = &Case { spec: Spec { palette: None, ..case.spec.clone() }, layer: case.layer.clone(), ..*case };
        write(&stage, &name, case, &shuffled(&case.spec.grid, 300, 300, number));
        let path = stage.path_of(&name).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes[2], if case.big { 43 } else { 42 });
        let mut decoder = tiff::decoder::Decoder::new(File::open(&path).unwrap()).unwrap();
        let mut plane = Plane::of(&case.layer, case.spec.nodata);
        let mut spans = Vec::new();
        loop {
            spans.extend(check_level(&mut decoder, &bytes, &plane, &case.spec, case.name));
            if !decoder.more_images() {
                break;
            }
            decoder.next_image().unwrap();
            plane = plane.half(case.spec.overviews, case.spec.dtype);
        }
        assert!(plane.width.max(plane.height) <= 512, "{}: enough overviews", case.name);
        for pair in spans.windows(2) {
            assert!(pair[1].1 == pair[0].0, "{}: smaller levels come first, without a gap", case.name);
        }
        assert!(spans.first().is_none_or(|(_, end)| *end == bytes.len() as u64), "{}: nothing after", case.name);
    }
}

/// What the script needs to know of a case.
fn described(case: &Case, file: &str, stats: &Stats) -> serde_json::Value {
    let spec = &case.spec;
    serde_json::json!({
        "file": file, "raw": format!("{file}.raw"), "name": case.name, "dtype": spec.dtype, "big": case.big,
        "width": spec.grid.width(), "height": spec.grid.height(), "epsg": spec.grid.crs().epsg(),
        "geotransform": spec.grid.geotransform(), "nodata": spec.nodata.map(|value| value.to_string()),
        "scale": spec.scale, "offset": spec.offset, "description": spec.description, "unit": spec.unit,
        "palette": spec.palette, "categories": spec.categories, "overviews": spec.overviews, "tile": spec.tile,
        "metadata": spec.metadata, "stats": stats,
        "codec": match spec.codec { Codec::None => None, Codec::Deflate(_) => Some("deflate"), Codec::Zstd(_) => Some("zstd") },
    })
}

#[test]
fn rasterio_and_rio_cogeo_agree() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/check_cog.py");
    let importable = Command::new("python3").args(["-c", "import numpy, rasterio, rio_cogeo"]).output();
    if !importable.is_ok_and(|ran| ran.status.success()) {
        return println!("skipped: no python3 with numpy, rasterio and rio_cogeo");
    }
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    let mut list = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let file = format!("{number}-{}.tif", case.name);
        let stats = write(&stage, &file, case, &shuffled(&case.spec.grid, 512, 300, number));
        fs::write(root.path().join(format!("{file}.raw")), case.layer.bytes()).unwrap();
        list.push(described(case, &file, &stats));
    }
    fs::write(root.path().join("cases.json"), serde_json::to_vec(&list).unwrap()).unwrap();
    stage.publish(|_| Ok(b"{}".to_vec())).unwrap();
    let checked = Command::new("python3").arg(script).arg(root.path()).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}\n{}", String::from_utf8_lossy(&checked.stderr));
    assert!(said.contains(&format!("{} files agree", list.len())), "{said}");
    print!("{said}");
}

#[test]
fn a_contradiction_is_refused() {
    let refused = |spec: Spec| {
        let spool = Spool::new(tempfile::tempfile().unwrap());
        CogWriter::new(spec, spool).err().unwrap_or_else(|| panic!("it was taken")).kind()
    };
    let plain = || Spec::new(grid(4326, 10, 10), Cell::I16, "x");
    for spec in [
        Spec { nodata: Some(f64::NAN), ..plain() },
        Spec { nodata: Some(40_000.0), ..plain() },
        Spec { tile: 100, ..plain() },
        Spec { tile: 0, ..plain() },
        Spec { palette: Some(Vec::new()), ..plain() },
        Spec { scale: 0.0, ..plain() },
        Spec { codec: Codec::Zstd(0), ..plain() },
        Spec { codec: Codec::Deflate(13), ..plain() },
    ] {
        assert_eq!(refused(spec), groundtell::Kind::Usage);
    }
}
