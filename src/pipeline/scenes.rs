//! Opening the pair: products, how their numbers become reflectance, and which bands the line needs of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use super::crew::guarded;
use super::request::Request;
use super::unsupervised;
use super::{fetching, fit};
use crate::error::{Error, Kind, Result};
use crate::geom::window::Window;
use crate::io::opening::open_tiff;
use crate::io::product::{self, Ask, Product};
use crate::io::raster::{Dtype, Raster, RasterInfo, Samples, with_samples};
use crate::kernel::burn::signs::Sign;
use crate::kernel::index::{Index, Role};
use crate::kernel::reflectance::Sample;
use crate::layer::Layer;
use crate::limits::Limits;
use crate::plan::{Side, Source};
use crate::recipe::{Method, Recipe, SecondOpinion};
use crate::scene::scale::{self, Decision, Measured, Scale};
use crate::scene::sensor::{Band, Sensor};

/// One opened scene.
pub(super) struct Scene {
    /// Before or after.
    pub side: Side,
    /// What it is and holds.
    pub product: Product,
    /// How its numbers become reflectance.
    pub decision: Decision,
    /// What its bands look like.
    pub measured: Vec<(Band, Measured)>,
}

/// Both sides, opened and found fit for each other.
pub(super) struct Pair {
    /// All scenes, before first.
    pub scenes: Vec<Scene>,
    /// Bands to read, by role, in a fixed order.
    pub roles: Vec<(Role, Band)>,
    /// The role that stands for NIR in NBR.
    pub nir: Role,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Pair {
    /// Opens everything that the request names.
    ///
    /// # Errors
    /// As opening each product; `Missing` for bands that NBR needs; `Mismatch` for a pair that is swapped,
    /// the same twice, or whose numbers disagree.
    pub(super) fn open(request: &Request, layers: &[Layer], limits: &Limits) -> Result<Self> {
        let mut products = Vec::new();
        for side in Side::BOTH {
            let asked = request.side(side);
            for path in &asked.paths {
                let product = open_any(path, &asked.ask(&request.access), limits)?;
                products.push((side, product));
            }
        }
        fit::refuse_same(&products)?;
        fit::refuse_swapped(&products)?;
        let (nir, roles) = wanted(&products, layers, &request.recipe)?;
        fetching::samples(&products, &roles, &request.access)?;
        let scenes = products.into_iter().map(|(side, product)| Scene::judged(side, product, &roles, request));
        let scenes = scenes.collect::<Result<Vec<_>>>()?;
        let mut pair = Self { scenes, roles, nir, warnings: Vec::new() };
        fit::refuse_copies(&pair)?;
        if request.offset.is_none() {
            fit::compare_radiometry(&pair)?;
        }
        pair.warnings = pair.notes();
        Ok(pair)
    }

    /// The signs beside dNBR that the bands give; none where only a burn ratio is known.
    pub(super) fn signs(&self) -> &'static [Sign] {
        if self.roles.iter().any(|(_, band)| *band == Band::Nbr) {
            return &[];
        }
        let has = |role: Role| self.roles.iter().any(|(own, _)| *own == role);
        if has(Role::Swir1) { &Sign::ALL } else { &[Sign::Fall, Sign::Dark] }
    }

    /// The scenes of one side.
    pub(super) fn side(&self, side: Side) -> impl Iterator<Item = &Scene> {
        self.scenes.iter().filter(move |scene| scene.side == side)
    }

    /// The date that matters of a side: the last before, the first after.
    pub(super) fn date(&self, side: Side) -> Option<Date> {
        let dates = self.side(side).filter_map(|scene| scene.product.date);
        match side {
            Side::Before => dates.max(),
            Side::After => dates.min(),
        }
    }

    /// Whether the dates are held against each other for cloud.
    pub(super) fn asks_opinion(&self, recipe: &Recipe) -> bool {
        asks_opinion(recipe, self.scenes.iter().any(|scene| is_classless(&scene.product, recipe)))
    }

    /// Every file that was opened, once.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in self.scenes.iter().flat_map(|scene| &scene.product.files) {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }

    /// What the plan must know of every raster that will be read.
    pub(super) fn sources(&self) -> Result<Vec<Source>> {
        let mut sources = Vec::new();
        for scene in &self.scenes {
            let product = &scene.product;
            for (number, raster) in product.rasters.iter().enumerate() {
                let bands: Vec<Band> =
                    self.bands_of(scene).filter(|(_, raster, _)| *raster == number).map(|(band, _, _)| band).collect();
                if bands.is_empty() {
                    continue;
                }
                let grid = raster.info().grid.as_ref().map_err(|reason| no_grid(reason).at(&product.name))?;
                sources.push(Source {
                    side: scene.side,
                    scene: product.name.to_string(),
                    leads: bands.contains(&Band::Swir2) || bands.contains(&Band::Nbr),
                    bands: bands.iter().map(|band| band.name()).collect(),
                    grid: *grid,
                    means: raster.info().means().into_iter().map(|(_, grid)| grid).collect(),
                    chunk: raster.info().chunk,
                });
            }
        }
        Ok(sources)
    }

    /// The bands that the line reads of a scene: band, raster, index.
    pub(super) fn bands_of<'a>(&'a self, scene: &'a Scene) -> impl Iterator<Item = (Band, usize, usize)> + 'a {
        let classes = [Band::Scl, Band::QaPixel];
        let wanted = move |band: Band| classes.contains(&band) || self.roles.iter().any(|(_, own)| *own == band);
        scene
            .product
            .bands
            .iter()
            .filter(move |located| wanted(located.band))
            .map(|located| (located.band, located.raster, located.index))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for scene in &self.scenes {
            let own = scene.product.notes.iter().chain(&scene.decision.warnings);
            notes.extend(own.map(|note| format!("{} ({}): {note}", scene.product.name, scene.side.word())));
        }
        for side in Side::BOTH {
            if self.date(side).is_none() {
                notes.push(format!(
                    "the date of the {} scene is not known: give --{}-date, or no bracket can be stated",
                    side.word(),
                    side.word()
                ));
            }
        }
        if let (Some(before), Some(after)) = (self.date(Side::Before), self.date(Side::After))
            && before == after
        {
            notes.push(format!("both sides are of the same day, {before}"));
        }
        let sensors: Vec<Sensor> = self.scenes.iter().map(|scene| scene.product.sensor).collect();
        if sensors.windows(2).any(|pair| pair[0] != pair[1]) {
            notes.push(
                "the scenes come from different sensors: their bands differ, and so may dNBR without any change".into(),
            );
        }
        notes
    }
}

impl Scene {
    /// Looks at samples of the scene and decides how its numbers become reflectance.
    fn judged(side: Side, product: Product, roles: &[(Role, Band)], request: &Request) -> Result<Self> {
        let (measured, float) = measured_bands(&product, &|band| roles.iter().any(|(_, own)| *own == band));
        let decision =
            scale::decide(product.sensor, float, &product.declared, &measured, request.scale, request.offset);
        let decision = decision.map_err(|error| error.at(&product.name))?;
        Ok(Self { side, product, decision, measured })
    }

    /// How the numbers become reflectance.
    pub(super) fn scale(&self) -> Scale {
        self.decision.scale
    }
}

/// Opens a product with the readers that this build has.
///
/// # Errors
/// As [`product::open`].
pub(super) fn open_any(path: &Path, ask: &Ask, limits: &Limits) -> Result<Product> {
    product::open(path, ask, limits, open_tiff).map_err(|error| placed(error, path))
}

/// What to do about a product that was refused, where the reader knew nothing better.
fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "check the path: relative ones start at the current folder",
        Kind::Usage | Kind::Mismatch => "see what it holds with 'groundtell inspect', and name its bands with --bands",
        Kind::Unsupported => "rewrite it with gdal_translate -of COG, or build with --features gdal",
        Kind::Limit => "this is more than a scene has; if it is meant, cut it with gdal_translate",
        Kind::Environment => "the system refused this: check permissions and limits (ulimit -a)",
        _ => "the file is damaged or lies about itself: fetch it again",
    }
}

/// What samples of the wanted bands look like, and whether any of them is of floats.
pub(super) fn measured_bands(
    product: &Product,
    wanted: &(dyn Fn(Band) -> bool + Sync),
) -> (Vec<(Band, Measured)>, bool) {
    let located: Vec<_> = product.bands.iter().filter(|located| wanted(located.band)).collect();
    // Damage is for the measuring pass to name, block by block; here it only means "not measured".
    let measured = located.par_iter().filter_map(|located| {
        let samples = guarded(|| sampled(&product.rasters[located.raster], located.index)).ok()?;
        Measured::of(&samples).map(|measured| (located.band, measured))
    });
    let measured: Vec<_> = measured.collect();
    let float = located.iter().any(|located| is_float(&product.rasters[located.raster], located.index));
    (measured, float)
}

fn no_grid(reason: &str) -> Error {
    Error::unsupported(format!("has no usable grid: {reason}")).hint(
        "give it a north-up grid in a known reference system with gdalwarp -t_srs (gdal_edit -a_srs where it has none)",
    )
}

/// The path in front of an error, unless it is there already, and what to do where nothing better is known.
pub(super) fn placed(error: Error, path: &Path) -> Error {
    let (shown, advice) = (crate::text::shown_path(path).to_string(), advice(error.kind()));
    let error = if error.place().is_some_and(|place| place.starts_with(&shown)) { error } else { error.at(shown) };
    error.hint(advice)
}

fn is_float(raster: &Arc<dyn Raster>, index: usize) -> bool {
    raster.info().bands.get(index).is_some_and(|band| matches!(band.dtype, Dtype::F32 | Dtype::F64))
}

/// Samples that are enough for a percentile.
const ENOUGH: usize = 1 << 16;

/// Where samples are taken: level and window.
pub(super) fn sample_windows(info: &RasterInfo) -> Vec<(usize, Window)> {
    const MODERATE: usize = 1 << 20;
    const SIDE: usize = 256;
    let mut coarser = info.overviews.iter().copied().enumerate().map(|(place, size)| (place + 1, size));
    let level = coarser.rfind(|(_, size)| size.0 * size.1 >= ENOUGH);
    let level = level.unwrap_or((0, (info.width, info.height)));
    match Some(level).filter(|(_, size)| size.0 * size.1 <= MODERATE) {
        Some((level, (width, height))) => vec![(level, Window::whole(width, height))],
        None => [(1, 1), (3, 1), (1, 3), (3, 3)]
            .map(|(x, y)| (0, around(info.width * x / 4, info.height * y / 4, SIDE, info)))
            .to_vec(),
    }
}

/// Valid samples of a band: its coarsest level with pixels enough, where that is of moderate size, else four
/// windows.
fn sampled(raster: &Arc<dyn Raster>, index: usize) -> Result<Vec<f64>> {
    let windows = sample_windows(raster.info());
    let nodata = raster.info().bands.get(index).and_then(|band| band.nodata);
    // A percentile of so many is good to a fraction of what it is asked for.
    let stride = windows.iter().map(|(_, window)| window.len()).sum::<usize>().div_ceil(ENOUGH) | 1;
    let mut valid = Vec::new();
    for (level, window) in windows {
        for samples in raster.read(level, &[index], window)? {
            let zero_is_nodata = !matches!(samples, Samples::F32(_) | Samples::F64(_));
            let counts =
                |value: &f64| Some(*value) != nodata && value.is_finite() && !(zero_is_nodata && *value == 0.0);
            with_samples!(&samples, values => valid.extend(values.iter().step_by(stride).map(|value| value.to_f64()).filter(counts)));
        }
    }
    Ok(valid)
}

fn around(col: usize, row: usize, side: usize, info: &RasterInfo) -> Window {
    let start = |at: usize, length: usize| at.saturating_sub(side / 2).min(length.saturating_sub(side));
    Window::new(start(col, info.width), start(row, info.height), side.min(info.width), side.min(info.height))
}

/// The bands that the run needs of both sides, by role, and the NIR of NBR.
fn wanted(products: &[(Side, Product)], layers: &[Layer], recipe: &Recipe) -> Result<(Role, Vec<(Role, Band)>)> {
    if recipe.change.method != Method::Burn {
        return unsupervised::bands::wanted(products, recipe);
    }
    let has = |band: Band| products.iter().all(|(_, product)| product.bands.iter().any(|located| located.band == band));
    let fine = recipe.grid.resolution.is_some_and(|size| size < 15.0 && size > 1.0);
    let order = if fine { [Band::Nir, Band::NirNarrow] } else { [Band::NirNarrow, Band::Nir] };
    if !(order.into_iter().any(has) && has(Band::Swir2)) && has(Band::Nbr) {
        refuse_other_layers(layers)?;
        return Ok((Role::NirNarrow, vec![(Role::NirNarrow, Band::Nbr), (Role::Swir2, Band::Nbr)]));
    }
    let nir = order
        .into_iter()
        .find(|band| has(*band))
        .ok_or_else(|| lacking(products, "near infrared (B8A or B08)", &order))?;
    if !has(Band::Swir2) {
        return Err(lacking(products, "SWIR2 (Sentinel-2 B12, Landsat B7)", &[Band::Swir2]));
    }
    let nir_role = role_of(nir).ok_or_else(|| Error::bug("NIR has no role"))?;
    let mut roles = vec![(nir_role, nir), (Role::Swir2, Band::Swir2)];
    let mut add = |role: Role, band: Band| {
        if !roles.iter().any(|(own, _)| *own == role) {
            roles.push((role, band));
        }
    };
    let optional = [Band::Red, Band::Green, Band::Blue, Band::Swir1];
    for band in optional.into_iter().filter(|band| needed(*band, products, layers, recipe) && has(*band)) {
        if let Some(role) = role_of(band) {
            add(role, band);
        }
    }
    for (layer, index) in
        layers.iter().filter_map(|layer| if let Layer::Index(index, _) = layer { Some((layer, *index)) } else { None })
    {
        for role in index.bands() {
            let choices = bands_of_role(*role);
            let band = choices.iter().copied().find(|band| has(*band));
            let band = band.ok_or_else(|| {
                lacking(products, &format!("{} for the layer {}", role.name(), layer.name()), choices)
            })?;
            add(*role, band);
        }
    }
    Ok((nir_role, roles))
}

/// Of a burn ratio alone no other index can be worked out.
fn refuse_other_layers(layers: &[Layer]) -> Result<()> {
    let other = layers.iter().find(|layer| matches!(layer, Layer::Index(index, _) if *index != Index::Nbr));
    other.map_or(Ok(()), |layer| {
        Err(Error::missing(format!("the layer {} needs bands; only NBR is there", layer.name()))
            .hint("ask for --layers dnbr,rbr, or give scenes with their bands"))
    })
}

/// Whether nothing but indices tells cloud, water and snow of a product.
fn is_classless(product: &Product, recipe: &Recipe) -> bool {
    !recipe.mask.classes || !product.bands.iter().any(|located| matches!(located.band, Band::Scl | Band::QaPixel))
}

/// Whether the dates are held against each other for cloud.
fn asks_opinion(recipe: &Recipe, classless: bool) -> bool {
    match recipe.mask.second_opinion {
        SecondOpinion::Classless => classless,
        SecondOpinion::On => true,
        SecondOpinion::Off => false,
    }
}

/// Whether the line itself has a use for an optional band.
fn needed(band: Band, products: &[(Side, Product)], layers: &[Layer], recipe: &Recipe) -> bool {
    let classless = products.iter().any(|(_, product)| is_classless(product, recipe));
    let water = classless && recipe.mask.water_from_indices;
    let opinion = asks_opinion(recipe, classless);
    match band {
        Band::Red => {
            let shown = layers.contains(&Layer::Cva) || recipe.output.previews;
            opinion || shown || recipe.burn.min_ndvi_drop.is_some() || recipe.burn.is_seeded()
        }
        Band::Green => water || opinion,
        Band::Blue => opinion,
        Band::Swir1 => water || recipe.mask.second_opinion == SecondOpinion::On || recipe.burn.is_seeded(),
        _ => false,
    }
}

fn lacking(products: &[(Side, Product)], what: &str, bands: &[Band]) -> Error {
    let without =
        products.iter().find(|(_, product)| !product.bands.iter().any(|located| bands.contains(&located.band)));
    let (side, name) = without
        .or(products.first())
        .map_or(("", String::new()), |(side, product)| (side.word(), product.name.to_string()));
    Error::missing(format!("has no {what} that both sides share ({side} scene)"))
        .at(name)
        .hint("name the bands with --bands, in the order of the file, such as --bands B02,B03,B04,B08,B12")
}

/// The role that a band plays in the kernels.
pub(super) fn role_of(band: Band) -> Option<Role> {
    Some(match band {
        Band::Blue => Role::Blue,
        Band::Green => Role::Green,
        Band::Red => Role::Red,
        Band::RedEdge1 => Role::RedEdge1,
        Band::RedEdge2 => Role::RedEdge2,
        Band::RedEdge3 => Role::RedEdge3,
        Band::Nir => Role::Nir,
        Band::NirNarrow => Role::NirNarrow,
        Band::Swir1 => Role::Swir1,
        Band::Swir2 => Role::Swir2,
        _ => return None,
    })
}

/// The bands that can play a role, best first.
fn bands_of_role(role: Role) -> &'static [Band] {
    match role {
        Role::Blue => &[Band::Blue],
        Role::Green => &[Band::Green],
        Role::Red => &[Band::Red],
        Role::RedEdge1 => &[Band::RedEdge1],
        Role::RedEdge2 => &[Band::RedEdge2],
        Role::RedEdge3 => &[Band::RedEdge3],
        Role::Nir => &[Band::Nir, Band::NirNarrow],
        Role::NirNarrow => &[Band::NirNarrow, Band::Nir],
        Role::Swir1 => &[Band::Swir1],
        Role::Swir2 => &[Band::Swir2],
    }
}
