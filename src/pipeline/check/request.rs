//! What a check is asked: claims parsed, areas resolved, the recipe complete. Written into the manifest, so that a
//! check can be asked again.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::claim::{Claim, Scenes};
use crate::error::{Error, Result};
use crate::evidence::verdict::Registration;
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::request::{Request, SideRequest};
use crate::recipe::Recipe;

/// One check, resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckRequest {
    /// The claims.
    pub claims: Vec<Asked>,
    /// The file that they were read from, and others read for them (areas).
    pub files: Vec<PathBuf>,
    /// The folder that the claims' own paths start from.
    pub folder: PathBuf,
    /// The day on which only what may be published is written; none: everything.
    pub public: Option<Date>,
    /// Every tunable.
    #[serde(skip)]
    pub recipe: Recipe,
    /// The way to servers, where one was given.
    #[serde(skip)]
    pub access: Access,
}

/// A claim with its area, and what the user named for it beside the claim.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// Its number in the file, from 1.
    pub number: usize,
    /// The claim.
    pub claim: Claim,
    /// Its area as canonical GeoJSON text.
    pub area: String,
    /// What had to be repaired in the area.
    pub area_notes: Vec<String>,
    /// Imagery that the user named, over the claim's.
    pub named: Named,
}

/// Imagery by paths that the user wrote.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the claim")]
pub struct Named {
    pub scenes: Option<Scenes>,
    pub stack: Vec<PathBuf>,
    pub hotspots: Vec<PathBuf>,
}

/// A pair of scenes with its paths resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    scenes: Scenes,
    folder: PathBuf,
}

impl CheckRequest {
    /// The pair of a claim.
    pub(super) fn pair(&self, asked: &Asked) -> Option<Pair> {
        let own = || Some(Pair { scenes: asked.claim.imagery.scenes.clone()?, folder: self.folder.clone() });
        match &asked.named.scenes {
            Some(scenes) => Some(Pair { scenes: scenes.clone(), folder: PathBuf::new() }),
            None => own(),
        }
    }

    /// Pairs of other years.
    pub(super) fn controls(&self, asked: &Asked) -> Vec<Pair> {
        let of = |scenes: &Scenes| Pair { scenes: scenes.clone(), folder: self.folder.clone() };
        asked.claim.imagery.controls.iter().map(of).collect()
    }

    /// Radar scenes of a claim.
    pub(super) fn stack(&self, asked: &Asked) -> Vec<PathBuf> {
        self.resolved(&asked.named.stack, &asked.claim.imagery.stack)
    }

    /// Hotspot files of a claim.
    pub(super) fn hotspots(&self, asked: &Asked) -> Vec<PathBuf> {
        self.resolved(&asked.named.hotspots, &asked.claim.imagery.hotspots)
    }

    fn resolved(&self, named: &[PathBuf], own: &[String]) -> Vec<PathBuf> {
        if named.is_empty() { own.iter().map(|path| self.folder.join(path)).collect() } else { named.to_vec() }
    }

    /// All paths that will be opened.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths = self.files.clone();
        for asked in &self.claims {
            let pairs = self.pair(asked).into_iter().chain(self.controls(asked));
            pairs.for_each(|pair| paths.extend(pair.paths()));
            paths.extend(self.stack(asked));
            paths.extend(self.hotspots(asked));
        }
        paths.sort();
        paths.dedup();
        paths
    }

    /// The request as a manifest records it.
    ///
    /// # Errors
    /// `Bug`, which no valid request causes.
    pub(super) fn record(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::bug(error.to_string()))
    }
}

impl Asked {
    /// The area, parsed again from its canonical text.
    ///
    /// # Errors
    /// As [`Aoi::from_geojson`].
    pub fn aoi(&self, limits: &Limits) -> Result<Aoi> {
        Aoi::from_geojson(&self.area, limits)
    }

    /// Checksums of all that reaches the evidence: who said it, in which words, and who is named do not.
    ///
    /// # Errors
    /// `Bug`, which no valid claim causes.
    pub fn registration(&self, recipe: &Recipe) -> Result<Registration> {
        let recipe = serde_json::to_value(recipe).map_err(|error| Error::bug(error.to_string()))?;
        let answered = serde_json::json!({ "recipe": recipe, "area": self.area, "named": self.named });
        let recipe_sha256 = store::sha256_hex(recipe.to_string().as_bytes());
        Ok(Registration { claim_sha256: self.claim.preregistration(&answered)?, recipe_sha256 })
    }
}

impl Pair {
    /// The paths of both sides.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.scenes.before.iter().chain(&self.scenes.after).map(|path| placed(&self.folder, path)).collect()
    }

    /// The request of the line over `area`; all that both sides cover where none is given.
    pub(super) fn request(&self, area: Option<String>, request: &CheckRequest) -> Request {
        let scenes = &self.scenes;
        let side = |paths: &[String], date| SideRequest {
            paths: paths.iter().map(|path| placed(&self.folder, path)).collect(),
            bands: (!scenes.bands.is_empty()).then(|| scenes.bands.clone()),
            sensor: None,
            date,
        };
        Request {
            before: side(&scenes.before, scenes.before_date),
            after: side(&scenes.after, scenes.after_date),
            scale: scenes.scale,
            offset: scenes.offset,
            aoi: area,
            aoi_notes: Vec::new(),
            recipe: request.recipe.clone(),
            access: request.access.clone(),
        }
    }
}

/// A path that starts from a folder; an address starts from nowhere.
fn placed(folder: &Path, path: &str) -> PathBuf {
    if Address::is_meant(path) { PathBuf::from(path) } else { folder.join(path) }
}

/// The folder that paths in a file start from.
pub fn folder_of(file: &Path) -> PathBuf {
    file.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
