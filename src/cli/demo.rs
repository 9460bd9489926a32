//! `groundtell demo`: the whole line on the simulated pair that ships with the program, and claims on simulated ground.

use std::path::Path;

use super::args::Demo;
use super::demo_claims;
use super::progress::Progress;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::request::{Request, SideRequest};
use crate::pipeline::scoring::{Question, Scores, score};
use crate::pipeline::summary::Summary;
use crate::pipeline::{self, Prepared};
use crate::recipe::Recipe;
use crate::text::shown_path;

/// Embeds the files of the repository's `data/demo`.
macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/demo/", $name)))),*]
    };
}

const FILES: &[(&str, &[u8])] = embedded![
    "aoi.geojson",
    "scenario.json",
    "before/item.json",
    "before/B02.tif",
    "before/B03.tif",
    "before/B04.tif",
    "before/B8A.tif",
    "before/B12.tif",
    "before/SCL.tif",
    "after/item.json",
    "after/B02.tif",
    "after/B03.tif",
    "after/B04.tif",
    "after/B8A.tif",
    "after/B12.tif",
    "after/SCL.tif",
    "truth/burned.tif",
];

pub(super) fn run(asked: &Demo, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    store::make_folder(&asked.out)?;
    let scenes = asked.out.join("scenes");
    demo_claims::unpack(&scenes, FILES)?;
    let out = asked.out.join("change");
    let prepared = Prepared::new(request(&scenes, &limits)?, None, &limits)?;
    let progress = Progress::new(talk)?;
    let summary = pipeline::run(&prepared, &out, true, &progress);
    let verdicts = demo_claims::run(&asked.out.join("claims"), &progress, &limits);
    progress.done();
    let (summary, [july, november]) = (summary?, verdicts?);
    let (mask, truth, layer) =
        (out.join("layers/burn.tif"), scenes.join("truth/burned.tif"), out.join("layers/dnbr.tif"));
    let question = Question { mask: &mask, reference: &truth, layer: Some(&layer), at_least: None };
    let scores = score(question, &pipeline::crew::Silent, &limits)?;
    let verdicts = serde_json::json!({ "july": july, "november": november });
    let document = serde_json::json!({ "summary": summary, "scores": scores, "verdicts": verdicts });
    talk.answer(&document, || {
        let july = super::check::text(&july, &shown_path(&asked.out.join("claims/july")).to_string());
        let november = super::check::text(&november, &shown_path(&asked.out.join("claims/november")).to_string());
        format!(
            "{}\nclaims on a simulated July\n{july}\nsentences of the news on a simulated November\n{november}",
            text(&summary, &scores, &out)
        )
    })
}

fn request(scenes: &Path, limits: &Limits) -> Result<Request> {
    let side = |name: &str| SideRequest {
        paths: vec![scenes.join(name).join("item.json")],
        bands: None,
        sensor: None,
        date: None,
    };
    let (_, area) =
        FILES.iter().find(|(name, _)| *name == "aoi.geojson").ok_or_else(|| Error::bug("the demo has no area"))?;
    Ok(Request {
        before: side("before"),
        after: side("after"),
        scale: None,
        offset: None,
        aoi: Some(Aoi::from_bytes(area, limits)?.to_geojson()),
        aoi_notes: Vec::new(),
        recipe: Recipe::default(),
        access: Access::default(),
    })
}

fn text(summary: &Summary, scores: &Scores, out: &Path) -> String {
    let figure = |value: Option<f64>| value.map_or("not defined".into(), |value| format!("{value:.2}"));
    format!(
        "{}\nagainst the known truth: F1 {}, commission {}, omission {}, AUC {}\nlook at {}\n",
        super::change::text(summary, &shown_path(out).to_string()),
        figure(scores.f1),
        figure(scores.ce),
        figure(scores.oe),
        figure(scores.auc),
        shown_path(&out.join("preview/dnbr.png")),
    )
}
