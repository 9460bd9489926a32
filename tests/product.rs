//! Products end to end: folders, SAFE, archives, STAC Items and single files.

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

use groundtell::geom::window::Window;
use groundtell::io::product::{Ask, Product, open};
use groundtell::io::raster::{BandInfo, Dtype, Raster, RasterInfo, Samples};
use groundtell::limits::Limits;
use groundtell::scene::scale::Baseline;
use groundtell::scene::sensor::{Band, Sensor, nbr_nir};
use groundtell::text::Foreign;
use groundtell::{Error, Kind, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn real(name: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("GROUNDTELL_REALDATA").map_or_else(|| root().join("../shared/realdata"), PathBuf::from);
    Some(folder.join(name)).filter(|path| path.exists())
}

/// Stands in for a GeoTIFF: the magic, then the width, then a description a band.
struct Fake(RasterInfo);

impl Raster for Fake {
    fn info(&self) -> &RasterInfo {
        &self.0
    }

    fn read(&self, _: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        Ok(bands.iter().map(|_| Samples::U16(vec![0; window.len()])).collect())
    }

    fn usage(&self) -> (u64, u64) {
        (0, 0)
    }
}

fn fake(path: &Path, _: &Limits) -> Result<Arc<dyn Raster>> {
    let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let mut lines = text.strip_prefix("II*\0").ok_or_else(|| Error::malformed("no fake"))?.lines();
    let width: usize = lines.next().unwrap().parse().unwrap();
    let band = |line: &str| BandInfo {
        description: (!line.is_empty()).then(|| Foreign::new(line)),
        dtype: Dtype::U16,
        nodata: None,
        scale: None,
        offset: None,
    };
    Ok(Arc::new(Fake(RasterInfo {
        format: "fake".into(),
        width,
        height: width,
        grid: Err("none".into()),
        crs: None,
        bands: lines.map(band).collect(),
        chunk: (width, width),
        overviews: Vec::new(),
        metadata: vec![("TIFFTAG_DATETIME".into(), Foreign::new("2020:05:17 10:00:00"))],
    })))
}

fn write_fake(path: &Path, width: usize, bands: &[&str]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("II*\0{width}\n{}\n", bands.join("\n"))).unwrap();
}

fn opened(path: &Path, ask: &Ask) -> Result<Product> {
    open(path, ask, &Limits::default(), fake)
}

fn refused(path: &Path, ask: &Ask) -> Error {
    opened(path, ask).expect_err("the product is refused")
}

fn bands(product: &Product) -> Vec<Band> {
    product.bands.iter().map(|located| located.band).collect()
}

#[test]
fn a_folder_of_real_band_files_is_one_product() {
    let Some(folder) = real("s2-l1c-jp2-berlin") else {
        println!("skipped: no real data");
        return;
    };
    let product = opened(&folder, &Ask::default()).unwrap();
    assert_eq!(product.sensor, Sensor::Sentinel2);
    assert_eq!(product.bands.len(), 13);
    assert_eq!(product.files.len(), 13);
    assert_eq!(product.date.unwrap().to_string(), "2017-02-16");
    assert_eq!(product.tile.as_deref(), Some("33UUU"));
    assert_eq!(nbr_nir(&bands(&product)), Some(Band::NirNarrow));
    let red = product.locate(Band::Red).unwrap();
    assert_eq!(product.rasters[red.raster].info().width, 1536);
    let one = opened(&folder.join("T33UUU_20170216T102101_B8A.jp2"), &Ask::default()).unwrap();
    assert_eq!(bands(&one), [Band::NirNarrow]);
    assert_eq!(one.date.unwrap().to_string(), "2017-02-16");
}

const PRODUCT: &str = "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE";

/// A small SAFE product of synthetic images: names and their contents.
fn safe_files() -> Vec<(String, Vec<u8>)> {
    let granule = "GRANULE/L2A_T33XWJ_A026649_20220413T150756";
    let jp2 = |name: &str| std::fs::read(root().join("tests/data/jp2").join(name)).unwrap();
    let document = format!(
        "<p><PRODUCT_URI>{PRODUCT}</PRODUCT_URI><PRODUCT_START_TIME>2022-04-13T15:07:59.024Z</PRODUCT_START_TIME>\
         <PROCESSING_BASELINE>04.00</PROCESSING_BASELINE><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME>\
         <SENSING_ORBIT_NUMBER>25</SENSING_ORBIT_NUMBER><BOA_ADD_OFFSET band_id=\"3\">-1000</BOA_ADD_OFFSET></p>"
    );
    let sun = "<t><Mean_Sun_Angle><ZENITH_ANGLE>76.5</ZENITH_ANGLE></Mean_Sun_Angle></t>";
    let image = |folder: &str, name: &str, file: &str| {
        (format!("{granule}/IMG_DATA/{folder}/T33XWJ_20220413T150759_{name}.jp2"), jp2(file))
    };
    vec![
        ("MTD_MSIL2A.xml".into(), document.into_bytes()),
        (format!("{granule}/MTD_TL.xml"), sun.as_bytes().to_vec()),
        image("R10m", "B04_10m", "rev-64.jp2"),
        image("R10m", "TCI_10m", "rgb-mct.jp2"),
        image("R20m", "B04_20m", "twelve-bits.jp2"),
        image("R20m", "B8A_20m", "twelve-bits.jp2"),
        image("R20m", "B12_20m", "twelve-bits.jp2"),
        image("R20m", "SCL_20m", "gml-utm.jp2"),
    ]
}

fn check_safe(product: &Product) {
    assert_eq!(product.name.raw(), PRODUCT);
    assert_eq!(product.sensor, Sensor::Sentinel2);
    assert_eq!(bands(product), [Band::Red, Band::NirNarrow, Band::Swir2, Band::Scl]);
    assert_eq!(product.date.unwrap().to_string(), "2022-04-13");
    assert_eq!(product.platform.as_ref().unwrap().raw(), "Sentinel-2B");
    assert_eq!(product.relative_orbit, Some(25));
    assert_eq!(product.tile.as_deref(), Some("33XWJ"));
    assert_eq!(product.sun_zenith, Some(76.5));
    assert_eq!(product.declared.baseline, Some(Baseline::WITH_OFFSET));
    assert_eq!(product.declared.boa_add_offset, Some(-1000.0));
    let red = product.locate(Band::Red).unwrap();
    assert_eq!(product.rasters[red.raster].info().width, 150, "the finest of two");
    let read = product.rasters[red.raster].read(0, &[red.index], Window::new(60, 60, 9, 9)).unwrap();
    assert!(matches!(&read[0], Samples::U16(values) if values.iter().any(|value| *value > 0)));
}

#[test]
fn a_safe_folder_opens_with_every_resolution() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in safe_files() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let product = opened(folder.path(), &Ask::default()).unwrap();
    check_safe(&product);
    assert_eq!(product.coarser.len(), 1);
    assert_eq!(product.coarser[0].band, Band::Red);
    assert_eq!(product.files.len(), 7, "two documents and five images");
    let asked = Ask { date: Some(jiff::civil::date(2024, 1, 31)), ..Ask::default() };
    assert_eq!(opened(folder.path(), &asked).unwrap().date.unwrap().to_string(), "2024-01-31");
    let named = Ask { bands: Some(vec!["B04".into()]), ..Ask::default() };
    assert_eq!(refused(folder.path(), &named).kind(), Kind::Usage);
}

#[test]
fn a_safe_archive_opens_stored_and_compressed() {
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = zip::ZipWriter::new(file.reopen().unwrap());
        for (name, bytes) in safe_files() {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            writer.start_file(format!("{PRODUCT}/{name}"), options).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        writer.finish().unwrap();
        let product = opened(file.path(), &Ask::default()).unwrap();
        check_safe(&product);
        assert_eq!(product.files, [file.path()]);
        let packed = method == zip::CompressionMethod::Deflated;
        assert_eq!((product.coarser.len(), product.notes.len()), if packed { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn multi_band_files_go_by_description() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pair_20200817_pre.tif");
    write_fake(&path, 10, &["B2", "B3", "B4", "B8", "B12", "dNBR"]);
    let product = opened(&path, &Ask::default()).unwrap();
    assert_eq!(bands(&product), [Band::Blue, Band::Green, Band::Red, Band::Nir, Band::Swir2]);
    assert_eq!(product.locate(Band::Swir2).unwrap().index, 4);
    assert_eq!(product.date.unwrap().to_string(), "2020-08-17");
    assert!(product.notes.is_empty());
}

#[test]
fn unnamed_bands_ask_for_names() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("stack.tif");
    write_fake(&path, 10, &["", "", ""]);
    let error = refused(&path, &Ask::default());
    assert_eq!(error.kind(), Kind::Missing);
    assert!(error.problem().contains("3 bands are not named"));
    assert!(error.advice().unwrap().contains("--bands B02"));
    let ask = |names: &[&str]| Ask { bands: Some(names.iter().map(|name| (*name).into()).collect()), ..Ask::default() };
    let product = opened(&path, &ask(&["B04", "-", "B8A"])).unwrap();
    assert_eq!(bands(&product), [Band::Red, Band::NirNarrow]);
    assert_eq!(product.date.unwrap().to_string(), "2020-05-17", "from the TIFF's tag");
    assert!(product.notes[0].contains("TIFFTAG_DATETIME"));
    let product = opened(&path, &ask(&["B12=1", "B8A=3"])).unwrap();
    assert_eq!(product.locate(Band::Swir2).unwrap().index, 0);
    for wrong in [&["B04", "B8A"][..], &["B04=0"], &["B04=4"], &["B04=x"], &["B04=1", "B8A=1"], &["a", "b", "c"]] {
        assert_eq!(refused(&path, &ask(wrong)).kind(), Kind::Usage, "{wrong:?}");
    }
    assert_eq!(refused(&path, &ask(&["B4", "B5", "-"])).kind(), Kind::Mismatch);
    let sensor = Ask { sensor: Some(Sensor::Landsat8to9), ..ask(&["B4", "B5", "-"]) };
    assert_eq!(bands(&opened(&path, &sensor).unwrap()), [Band::Red, Band::Nir]);
}

#[test]
fn a_landsat_folder_goes_by_its_names_and_metadata() {
    let folder = TempDir::new().unwrap();
    let stem = "LC08_L2SP_003071_20200725_20200908_02_T1";
    for band in ["SR_B2", "SR_B5", "SR_B7", "ST_B10", "QA_PIXEL", "QA_RADSAT"] {
        write_fake(&folder.path().join(format!("{stem}_{band}.TIF")), 30, &[""]);
    }
    let mtl = "GROUP = A\n  SPACECRAFT_ID = \"LANDSAT_8\"\n    SUN_ELEVATION = 41.25\nEND\n";
    std::fs::write(folder.path().join(format!("{stem}_MTL.txt")), mtl).unwrap();
    let product = opened(folder.path(), &Ask::default()).unwrap();
    assert_eq!(product.sensor, Sensor::Landsat8to9);
    assert_eq!(bands(&product), [Band::Blue, Band::Nir, Band::Swir2, Band::QaPixel]);
    assert!(product.declared.landsat_collection2);
    assert_eq!(product.sun_zenith, Some(48.75));
    assert_eq!(product.date.unwrap().to_string(), "2020-07-25");
    assert_eq!(product.files.len(), 5);
}

#[test]
fn folders_of_other_habits_open_too() {
    for names in
        [&["B02.tif", "B8A.tif"][..], &["S2A_37UCR_20251120_0_L2A_B02.tif", "S2A_37UCR_20251120_0_L2A_B8A.tif"]]
    {
        let folder = TempDir::new().unwrap();
        names.iter().for_each(|name| write_fake(&folder.path().join(name), 10, &[""]));
        write_fake(&folder.path().join("TCI.tif"), 10, &["", "", ""]);
        assert_eq!(bands(&opened(folder.path(), &Ask::default()).unwrap()), [Band::Blue, Band::NirNarrow]);
    }
    let folder = TempDir::new().unwrap();
    write_fake(&folder.path().join("R10m/B08.tif"), 20, &[""]);
    write_fake(&folder.path().join("R20m/B12.tif"), 10, &[""]);
    write_fake(&folder.path().join("qi/B04.tif"), 10, &[""]);
    assert_eq!(bands(&opened(folder.path(), &Ask::default()).unwrap()), [Band::Nir, Band::Swir2]);
}

#[test]
fn two_acquisitions_in_one_folder_are_refused() {
    let folder = TempDir::new().unwrap();
    write_fake(&folder.path().join("pre_B8A.tif"), 10, &[""]);
    write_fake(&folder.path().join("post_B8A.tif"), 10, &[""]);
    let error = refused(folder.path(), &Ask::default());
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.problem().contains("post_B8A.tif and pre_B8A.tif both hold the band nir08"), "{error}");
}

#[test]
fn what_is_no_product_is_named() {
    let folder = TempDir::new().unwrap();
    let kind = |path: &Path| refused(path, &Ask::default()).kind();
    assert_eq!(kind(&folder.path().join("nothing")), Kind::Missing);
    assert_eq!(kind(folder.path()), Kind::Missing, "an empty folder");
    std::fs::write(folder.path().join("text.tif"), "<VRTDataset/>").unwrap();
    assert_eq!(kind(&folder.path().join("text.tif")), Kind::Unsupported);
    std::fs::write(folder.path().join("empty.tif"), "").unwrap();
    assert_eq!(kind(&folder.path().join("empty.tif")), Kind::Unsupported);
    std::fs::create_dir_all(folder.path().join("X.SAFE")).unwrap();
    std::fs::write(folder.path().join("X.SAFE/MTD_MSIL2A.xml"), "<a/>").unwrap();
    assert!(refused(folder.path(), &Ask::default()).advice().unwrap().contains("X.SAFE"));
}

#[test]
fn a_link_out_of_a_band_folder_is_not_followed() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write_fake(&elsewhere.path().join("secret.tif"), 10, &[""]);
    std::os::unix::fs::symlink(elsewhere.path().join("secret.tif"), folder.path().join("B08.tif")).unwrap();
    assert_eq!(refused(folder.path(), &Ask::default()).kind(), Kind::Unsupported);
}

fn item(folder: &TempDir, properties: &str, assets: &str) -> PathBuf {
    let path = folder.path().join("item.json");
    let text = format!(
        "\u{feff} {{\"type\":\"Feature\",\"id\":\"S2A_37UCR_20251120_0_L2A\",\"properties\":{{{properties}}},\"assets\":{{{assets}}}}}"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_stac_item_opens_the_assets_that_lie_beside_it() {
    let folder = TempDir::new().unwrap();
    for name in ["B04.tif", "B8A.tif", "SCL.tif", "TCI.tif", "metadata.xml"] {
        write_fake(&folder.path().join("bands").join(name), 10, &[""]);
    }
    let raster = "\"raster:bands\":[{\"scale\":0.0001,\"offset\":-0.1}]";
    let assets = format!(
        "\"red\":{{\"href\":\"./bands/B04.tif\",{raster}}},\"nir08\":{{\"href\":\"bands/B8A.tif\",{raster}}},\
         \"scl\":{{\"href\":\"bands/SCL.tif\",\"raster:bands\":[{{}}]}},\
         \"visual\":{{\"href\":\"bands/TCI.tif\",\"eo:bands\":[{{\"name\":\"B04\"}},{{\"name\":\"B03\"}}]}},\
         \"granule_metadata\":{{\"href\":\"bands/metadata.xml\"}},\"thumbnail\":{{\"href\":\"https://x.org/a.jpg\"}}"
    );
    let properties = "\"datetime\":\"2025-11-20T08:45:12.003Z\",\"platform\":\"sentinel-2a\",\"grid:code\":\"MGRS-37UCR\",\
        \"s2:processing_baseline\":\"05.11\",\"earthsearch:boa_offset_applied\":true,\"view:sun_elevation\":19.5,\"sat:relative_orbit\":21";
    let product = opened(&item(&folder, properties, &assets), &Ask::default()).unwrap();
    assert_eq!(product.sensor, Sensor::Sentinel2);
    assert_eq!(bands(&product), [Band::Red, Band::NirNarrow, Band::Scl]);
    assert_eq!(product.date.unwrap().to_string(), "2025-11-20");
    assert_eq!(product.sun_zenith, Some(70.5));
    assert_eq!(product.tile.as_deref(), Some("37UCR"));
    assert_eq!(product.relative_orbit, Some(21));
    assert_eq!(product.declared.offset_already_applied, Some(true));
    assert_eq!(product.declared.raster_band_offset, Some(-0.1));
    assert_eq!(product.files.len(), 4);
}

#[test]
fn a_stac_item_opens_nothing_else() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write_fake(&elsewhere.path().join("B08.tif"), 10, &[""]);
    let absolute = elsewhere.path().join("B08.tif").display().to_string();
    let outside = format!("../{}/B08.tif", elsewhere.path().file_name().unwrap().to_str().unwrap());
    for (href, kind) in [
        ("https://example.org/B08.tif", Kind::Unsupported),
        ("http://127.0.0.1/B08.tif", Kind::Unsupported),
        ("s3://bucket/B08.tif", Kind::Unsupported),
        (&format!("file://{absolute}"), Kind::Unsupported),
        (&absolute, Kind::Unsupported),
        (&outside, Kind::Unsupported),
        ("/vsicurl/http://x/B08.tif", Kind::Unsupported),
        ("%2e%2e/B08.tif", Kind::Unsupported),
        ("B08.tif", Kind::Missing),
    ] {
        let path = item(&folder, "", &format!("\"nir\":{{\"href\":\"{href}\"}}"));
        let error = refused(&path, &Ask::default());
        assert_eq!(error.kind(), kind, "{href}: {error}");
    }
    let error = refused(&item(&folder, "", "\"nir\":{\"href\":\"https://example.org/B08.tif\"}"), &Ask::default());
    assert!(error.advice().unwrap().contains("download"));
}

#[test]
fn json_that_is_no_item_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("item.json");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for text in
        ["{", "{}", &deep, "{\"type\":\"Feature\",\"id\":\"\u{fffd}", "{\"type\":\"Feature\",\"id\":1,\"id\":2}"]
    {
        std::fs::write(&path, text).unwrap();
        assert_eq!(refused(&path, &Ask::default()).kind(), Kind::Malformed, "{:.40}", text);
    }
    std::fs::write(&path, "{\"type\":\"FeatureCollection\",\"id\":\"x\",\"properties\":{},\"assets\":{}}").unwrap();
    assert_eq!(refused(&path, &Ask::default()).kind(), Kind::Unsupported);
    std::fs::write(&path, b"{\"id\":\"\xe9\"}").unwrap();
    assert_eq!(refused(&path, &Ask::default()).kind(), Kind::Malformed, "latin-1");
}
