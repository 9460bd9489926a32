//! A radar stack: folders of dated single-band files, or files of many dated bands, opened and told apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

use super::opening::open_tiff;
use super::raster::{BandInfo, Raster};
use super::safe::tree::{Tree, inside};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::scene::sentinel1::{Named, Polarisation};
use crate::text::{Foreign, shown_path};

/// Files of one stack; each stays open while it is worked on.
const MAX_FILES: usize = 900;

/// One band of one file: one polarisation of one date.
#[derive(Clone)]
pub struct Slice {
    /// The raster.
    pub raster: Arc<dyn Raster>,
    /// Band within it, from zero.
    pub band: usize,
    /// What it is called: the file, with the band where it has several.
    pub name: Foreign,
    /// The day.
    pub date: Date,
    /// The polarisation.
    pub polarisation: Polarisation,
    /// The relative orbit, where a name tells.
    pub orbit: Option<u16>,
}

/// What was opened.
#[derive(Default)]
pub struct Opened {
    /// The slices, in the order of names.
    pub slices: Vec<Slice>,
    /// The files, as the user named them or their folder.
    pub files: Vec<PathBuf>,
    /// What was left aside, in words.
    pub notes: Vec<String>,
}

/// Opens every path: a folder's rasters (of itself and one level below), or a file.
///
/// # Errors
/// `Missing` for a path without a raster or a stack without a date and polarisation in any name, `Limit` for too
/// many files, and as opening a raster.
pub fn open(paths: &[PathBuf], limits: &Limits) -> Result<Opened> {
    let mut opened = Opened::default();
    for path in paths {
        if !path.is_dir() {
            opened.add(path, path, limits)?;
            continue;
        }
        let tree = Tree::open(path, limits).map_err(|error| error.at(shown_path(path)))?;
        let Tree::Folder { root, names } = &tree else { return Err(Error::bug("a folder is no archive")) };
        let rasters: Vec<&String> = names.iter().filter(|name| is_raster(name)).collect();
        if rasters.is_empty() {
            return Err(Error::missing("the folder holds no GeoTIFF")
                .at(shown_path(path))
                .hint("a stack is a folder of dated files such as S1_VV_20180101.tif, one a polarisation and date"));
        }
        for name in rasters {
            opened.add(&path.join(name), &inside(root, name)?, limits)?;
        }
    }
    if opened.slices.is_empty() {
        return Err(Error::missing(format!(
            "none of {} files says a date and a polarisation (VV or VH)",
            opened.files.len()
        ))
        .at(paths.first().map_or_else(String::new, |path| shown_path(path).to_string()))
        .hint("name files such as S1_VV_20180101.tif, or give each band a description such as '20180101 VV'"));
    }
    Ok(opened)
}

fn is_raster(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    !file.starts_with('.') && ["tif", "tiff"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

impl Opened {
    /// Adds the bands of one file.
    fn add(&mut self, shown: &Path, path: &Path, limits: &Limits) -> Result<()> {
        if self.files.len() >= MAX_FILES {
            return Err(Error::limit(format!("the stack has more than {MAX_FILES} files"))
                .hint("name fewer dates, or put them into one file with a band for each"));
        }
        self.files.push(shown.to_owned());
        let raster = open_tiff(path, limits)?;
        let stem = shown.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let of_file = Named::read(&stem);
        let several = raster.info().bands.len() > 1;
        let describes = |info: &BandInfo| Named::read(info.description.as_ref().map_or("", |text| text.raw()));
        let dated = raster.info().bands.iter().any(|info| describes(info).date.is_some());
        for (band, info) in raster.info().bands.iter().enumerate() {
            let words = info.description.as_ref().map_or("", |text| text.raw());
            let own = describes(info);
            // The date of a file of many bands is a band's only where the bands are told apart by polarisation alone.
            let shared = !several || (!dated && own.polarisation.is_some());
            let named = own.or(Named { date: of_file.date.filter(|_| shared), ..of_file });
            let name = if several { format!("{stem} band {} {words}", band + 1) } else { stem.clone() };
            match (named.date, named.polarisation) {
                (Some(date), Some(polarisation)) => self.slices.push(Slice {
                    raster: Arc::clone(&raster),
                    band,
                    name: Foreign::new(name),
                    date,
                    polarisation,
                    orbit: named.orbit,
                }),
                (date, polarisation) => self.leave(&name, date.is_none(), polarisation.is_none()),
            }
        }
        Ok(())
    }

    fn leave(&mut self, name: &str, undated: bool, unpolarised: bool) {
        let why = match (undated, unpolarised) {
            (true, true) => "neither a date nor a polarisation (VV, VH)",
            (true, false) => "no date",
            _ => "no polarisation (VV, VH)",
        };
        self.notes.push(format!("{} was left aside: its name says {why}", Foreign::new(name)));
    }
}
