//! `groundtell check`: claims against imagery, verdicts and their evidence.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{Check, Judged};
use super::fetch::Fetch;
use super::network::{all_kept, tell};
use super::progress::Progress;
use super::request::{area_file, base_recipe};
use super::talk::Talk;
use crate::claim::{Claim, ClaimFile, Place, Scenes};
use crate::error::{Error, Result};
use crate::evidence::judge::bears;
use crate::evidence::verdict::Verdict;
use crate::evidence::{LayerKind, Outcome};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::check::request::{Asked, CheckRequest, Named, folder_of};
use crate::pipeline::check::run as judge;
use crate::text::{Foreign, inert_line, shown_path};

pub(super) fn run(asked: &Check, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let request = request(asked, &|line| talk.note(line), &limits)?;
    if asked.plan {
        return plan(&request, talk);
    }
    let progress = Progress::new(talk)?;
    let ended = judge(&request, (&asked.out, asked.overwrite), &progress, &limits);
    progress.done();
    tell(&request.access, talk);
    let verdicts = ended?;
    talk.answer(&json!({ "verdicts": verdicts }), || text(&verdicts, &shown_path(&asked.out).to_string()))?;
    let wanted = match asked.fail_on {
        Some(Judged::Corroborated) => Some(Outcome::Corroborates),
        Some(Judged::Contradicted) => Some(Outcome::Contradicts),
        None => None,
    };
    Ok(u8::from(verdicts.iter().any(|verdict| Some(verdict.judgement.outcome) == wanted)))
}

/// The verdicts behind a command line.
///
/// # Errors
/// As reading the claims and judging them.
pub(super) fn judged(asked: &Check, progress: &Progress, limits: &Limits) -> Result<Vec<Verdict>> {
    judge(&request(asked, &|_| (), limits)?, (&asked.out, asked.overwrite), progress, limits)
}

/// The request behind the command line.
fn request(asked: &Check, note: &dyn Fn(&str), limits: &Limits) -> Result<CheckRequest> {
    let text = store::read_text(&asked.claims, limits.text_bytes)?;
    let file = ClaimFile::from_toml(&text, limits).map_err(|error| error.at(shown_path(&asked.claims)))?;
    let folder = asked.data.clone().unwrap_or_else(|| folder_of(&asked.claims));
    let access = asked.network.access()?;
    let named = named(asked, &access)?;
    let mut files = vec![asked.claims.clone()];
    let mut claims = Vec::new();
    for (claim, number) in file.claims.into_iter().zip(1..) {
        let (area, path) = area(&claim, &folder_of(&asked.claims), limits)?;
        claim.check_area(area.area_ha(), limits)?;
        files.extend(path);
        let area_notes = area.notes().to_vec();
        let mut named = named.clone();
        if asked.fetch && claim.imagery.scenes.is_none() && wants_scenes(&claim) {
            let fetch = Fetch { catalogue: &asked.catalogue, access: &access, limits, note };
            named.scenes = fetch.pair(&claim, &area)?;
        }
        claims.push(Asked { number, claim, area: area.to_geojson(), area_notes, named });
    }
    files.sort();
    files.dedup();
    let recipe = base_recipe(asked.recipe.as_deref(), &asked.set, limits)?;
    let public = asked.public.then(today);
    Ok(CheckRequest { claims, files, folder, public, recipe, access })
}

/// Whether a pair of scenes bears on a claim.
fn wants_scenes(claim: &Claim) -> bool {
    [LayerKind::Burn, LayerKind::OpticalChange].iter().any(|layer| bears(*layer, claim))
}

/// The area of a claim, and the file it was read from.
fn area(claim: &Claim, folder: &Path, limits: &Limits) -> Result<(Aoi, Option<PathBuf>)> {
    match &claim.place {
        Place::Bbox([west, south, east, north]) => {
            Ok((Aoi::from_bbox(&format!("{west},{south},{east},{north}"))?, None))
        }
        Place::File(path) => {
            let path = folder.join(path);
            Ok((area_file(&path, limits)?, Some(path)))
        }
    }
}

/// Imagery named on the command line.
fn named(asked: &Check, access: &Access) -> Result<Named> {
    let texts = |paths: &[PathBuf]| {
        let kept = all_kept(paths, access)?;
        Ok::<_, Error>(kept.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>())
    };
    let (before, after) = (texts(&asked.before)?, texts(&asked.after)?);
    let scenes = (!before.is_empty()).then_some(Scenes {
        before,
        after,
        before_date: asked.before_date,
        after_date: asked.after_date,
        bands: asked.bands.clone().unwrap_or_default(),
        scale: asked.scale,
        offset: asked.offset,
    });
    Ok(Named { scenes, stack: asked.sar.clone(), hotspots: asked.hotspots.clone() })
}

/// Today, by the clock of this machine: only what may be published depends on it.
fn today() -> jiff::civil::Date {
    #[allow(clippy::disallowed_methods, reason = "a door may read the clock")]
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// What would be done.
fn plan(request: &CheckRequest, talk: &Talk) -> Result<u8> {
    let claims = request.claims.iter().map(|asked| {
        let registration = asked.registration(&request.recipe)?;
        let area_ha = asked.aoi(&Limits::default())?.area_ha();
        Ok(json!({
            "id": asked.claim.id, "testable": asked.claim.is_testable(), "area_ha": area_ha,
            "window": asked.claim.window, "registration": registration,
        }))
    });
    let claims = claims.collect::<Result<Vec<_>>>()?;
    let paths: Vec<String> = request.paths().iter().map(|path| shown_path(path).to_string()).collect();
    talk.answer(&json!({ "claims": claims, "paths": paths }), || {
        let mut page = String::new();
        for asked in &request.claims {
            let Claim { id, window, .. } = &asked.claim;
            let _ = writeln!(page, "claim     {} ({} to {})", Foreign::new(id), window.from, window.to);
        }
        paths.iter().for_each(|path| page.push_str(&format!("reads     {path}\n")));
        page
    })
}

/// The verdicts for people.
pub(super) fn text(verdicts: &[Verdict], out: &str) -> String {
    let mut page = String::new();
    if verdicts.iter().any(|verdict| verdict.simulated) {
        page.push_str("SIMULATED data: nothing here was seen by a satellite\n\n");
    }
    for verdict in verdicts {
        let judgement = &verdict.judgement;
        let _ =
            writeln!(page, "claim     {}: \"{}\"", Foreign::new(&verdict.claim.id), Foreign::new(&verdict.claim.text));
        let _ = writeln!(page, "verdict   {}", judgement.headline);
        for reason in &judgement.why {
            let _ = writeln!(page, "  why     {}", inert_line(reason));
        }
        for unseen in &judgement.unseen {
            let _ = writeln!(page, "  unseen  {}", inert_line(unseen));
        }
        if let Some(strength) = &judgement.strength {
            let _ = writeln!(page, "strength  likelihood ratio {}: {}", strength.ratio, strength.words);
        }
        if let Some(after) = &judgement.posterior {
            let _ = writeln!(page, "posterior {} from {}: {}", after.probability, after.prior, after.words);
        }
        page.push('\n');
    }
    if let Some(verdict) = verdicts.first() {
        let _ = writeln!(page, "{}", verdict.judgement.limits);
    }
    let _ = writeln!(page, "written to {out}");
    page
}
