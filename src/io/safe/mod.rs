//! Sentinel-2 products in ESA's SAFE layout, as a folder or inside a zip archive.

pub mod metadata;
pub mod tree;
pub(crate) mod xml;
pub mod zip;

use crate::error::{Error, Result};
use crate::io::jp2::{self, Jp2};
use crate::limits::Limits;
use crate::text::{Foreign, shown_path};
use metadata::Metadata;
use std::path::{Path, PathBuf};
use tree::Tree;

/// One image of a product: its file name, and the open raster.
pub struct Image {
    /// File name without its extension, such as `T33UUU_20170216T102101_B02_10m` (untrusted).
    pub stem: String,
    /// The pixels.
    pub raster: Jp2,
}

/// An open product.
pub struct Safe {
    /// What its metadata documents say.
    pub metadata: Metadata,
    /// The images that were wanted.
    pub images: Vec<Image>,
    /// Every file that was opened.
    pub files: Vec<PathBuf>,
    /// What was left out.
    pub notes: Vec<String>,
}

/// The metadata document of a product, by level.
const DOCUMENTS: [&str; 2] = ["MTD_MSIL2A.xml", "MTD_MSIL1C.xml"];

/// Opens the product in the folder or zip archive at `path`; `wanted` picks images by their stem.
///
/// # Errors
/// `Missing` without a metadata document or an image, `Unsupported` for several granules, and what
/// the documents, the archive and the images are refused for.
pub fn open(path: &Path, wanted: &dyn Fn(&str) -> bool, limits: &Limits) -> Result<Safe> {
    open_tree(&Tree::open(path, limits)?, wanted, limits).map_err(|error| error.at(shown_path(path)))
}

fn open_tree(tree: &Tree, wanted: &dyn Fn(&str) -> bool, limits: &Limits) -> Result<Safe> {
    let (metadata, mut files) = read_metadata(tree, limits)?;
    let mut notes = Vec::new();
    let mut images = Vec::new();
    let names = image_names(tree, wanted);
    for (stem, name) in &names {
        if tree.is_packed(name) && names.iter().any(|(other, _)| finer(other, stem)) {
            notes.push(format!("{} was left in the archive, a finer one is there", Foreign::new(stem.clone())));
            continue;
        }
        let raster = tree.bytes(name, limits).and_then(|bytes| jp2::read(bytes, limits));
        let raster = raster.map_err(|error| error.at(Foreign::new(name.clone())))?;
        files.push(tree.path(name));
        images.push(Image { stem: stem.clone(), raster });
    }
    if images.is_empty() {
        return Err(Error::missing("the product holds no image of a known band (GRANULE/*/IMG_DATA/*.jp2)"));
    }
    files.sort();
    files.dedup();
    Ok(Safe { metadata, images, files, notes })
}

/// The product's and the granule's metadata, and the files that they were read from.
///
/// # Errors
/// `Missing` without a product document, `Unsupported` for several granules, `Malformed` or `Limit`
/// for a document that is refused.
pub fn read_metadata(tree: &Tree, limits: &Limits) -> Result<(Metadata, Vec<PathBuf>)> {
    let name = tree.names().iter().find(|name| DOCUMENTS.contains(&name.as_str())).ok_or_else(|| {
        Error::missing("there is no MTD_MSIL2A.xml or MTD_MSIL1C.xml")
            .hint("name the folder that ends in .SAFE, or a folder of band files")
    })?;
    let mut metadata = Metadata::default();
    let mut files = Vec::new();
    let mut document = |name: &str, granule: bool| -> Result<()> {
        let place = |error: Error| error.at(Foreign::new(name));
        let bytes = tree.text(name, limits).map_err(place)?;
        files.push(tree.path(name));
        if granule { metadata.read_granule(&bytes, limits) } else { metadata.read_product(&bytes, limits) }
            .map_err(place)
    };
    document(name, false)?;
    if let Some(name) = granule_document(tree)? {
        document(&name, true)?;
    }
    Ok((metadata, files))
}

/// The metadata document of the only granule.
fn granule_document(tree: &Tree) -> Result<Option<String>> {
    let is_granule = |name: &&String| {
        let parts: Vec<&str> = name.split('/').collect();
        matches!(parts.as_slice(), ["GRANULE", _, "MTD_TL.xml"])
    };
    let found: Vec<&String> = tree.names().iter().filter(is_granule).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => Err(Error::unsupported(format!("the product has {} granules, one is read", several.len()))
            .hint("name the folder of one granule's band files")),
    }
}

/// Stem and name of every image that is wanted, in order of name.
fn image_names(tree: &Tree, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let image = |name: &String| {
        let parts: Vec<&str> = name.split('/').collect();
        let file = match parts.as_slice() {
            ["GRANULE", _, "IMG_DATA", file] | ["GRANULE", _, "IMG_DATA", _, file] => file,
            _ => return None,
        };
        let stem = file.strip_suffix(".jp2")?;
        wanted(stem).then(|| (stem.to_owned(), name.clone()))
    };
    tree.names().iter().filter_map(image).collect()
}

/// Whether `other` is the same image as `stem` with smaller pixels (`.._B02_10m`, `.._B02_20m`).
fn finer(other: &str, stem: &str) -> bool {
    let parts = |name: &str| {
        let (band, metres) = name.strip_suffix('m')?.rsplit_once('_')?;
        Some((band.to_owned(), metres.parse::<u32>().ok()?))
    };
    match (parts(other), parts(stem)) {
        (Some((other, fine)), Some((band, coarse))) => other == band && fine < coarse,
        _ => false,
    }
}
