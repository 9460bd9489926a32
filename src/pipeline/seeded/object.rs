//! Objects: what each shows, which stand, and what is said of them.

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::control::Surroundings;
use super::{Ground, connectivity, eligible, sign_planes};
use crate::error::Result;
use crate::geom::runs::Runs;
use crate::kernel::burn::Settings;
use crate::kernel::burn::judge::Evidence;
use crate::kernel::burn::objects::{Fate, Marks};
use crate::kernel::burn::rivals::{Rivals, Sight};
use crate::kernel::burn::shape::{Shape, shapes};
use crate::kernel::burn::signs::Sign;
use crate::kernel::label::{Labels, label};
use crate::pipeline::cut::stamp;
use crate::pipeline::record::SEEN;

/// Steps of a score in one.
const SCORE_STEPS: f32 = 1e4;

/// What is known of one object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    marks: Marks,
    shape: Shape,
    fate: Fate,
    control_char: Option<f64>,
    /// Standard deviation of the background that it stands on.
    sigma: f64,
    settings: Settings,
    /// The signs that are known.
    known: [bool; Sign::ALL.len()],
}

/// All objects, standing or not.
pub(super) struct Objects {
    judged: Vec<Judged>,
    mask: Runs,
    labels: Labels,
}

/// Part of a block's pixels: none of these, in an object, grown into, a seed.
const IN_OBJECT: u8 = 1;
const GROWN: u8 = 2;
const SEED: u8 = 4;

/// One pass: the marks of every object of `mask`, and its fate.
pub(super) fn judge(
    ground: &Ground<'_>,
    (mask, grown, seeds): (&Runs, &Runs, &Runs),
    surroundings: &Surroundings,
) -> Result<Objects> {
    let plan = ground.memory.plan;
    let labels = label(mask, connectivity(ground.recipe));
    let seeds = seeds.intersect(grown);
    let score = surroundings.score(ground.settings);
    let parts = ground.memory.visit(
        "objects",
        || vec![Marks::default(); labels.count],
        |marks, index, record| {
            let window = plan.blocks[index];
            let mut parts = Array2::<u8>::zeros(window.shape());
            if !stamp(&mut parts, window, mask, IN_OBJECT) {
                return Ok(());
            }
            stamp(&mut parts, window, grown, IN_OBJECT | GROWN);
            stamp(&mut parts, window, &seeds, IN_OBJECT | GROWN | SEED);
            let (dnbr, signs, flags) = (record.dnbr()?, sign_planes(&record, ground.signs)?, record.flags());
            let sign = |place: usize, at: (usize, usize)| signs.get(place).map_or(0, |plane| plane[at]);
            crate::vector::zonal::visit((mask, &labels), window, |object, at| {
                let (marks, flags) = (&mut marks[object as usize], flags[at]);
                if parts[at] & GROWN != 0 && eligible(flags) {
                    let above = i32::from(dnbr[at]) - ground.of(flags).shift;
                    marks.add_grown(flags, above, parts[at] & SEED != 0);
                    ground.signs.iter().enumerate().for_each(|(place, own)| marks.add_sign(*own, sign(place, at)));
                    let score = score.as_ref().map_or(0.0, |score| score.of(above, |place| sign(place, at)));
                    marks.add_score((score * SCORE_STEPS) as u32);
                } else if flags & SEEN != 0 {
                    marks.add_other(flags);
                }
            })
        },
    )?;
    let mut sum = vec![Marks::default(); labels.count];
    parts.iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part)));
    let shapes = shapes(mask, &labels, plan.grid.pixel_metres());
    let judged = sum.into_iter().zip(shapes).map(|(marks, shape)| Judged::new(ground, surroundings, marks, shape));
    Ok(Objects { judged: judged.collect(), mask: mask.clone(), labels })
}

impl Judged {
    fn new(ground: &Ground<'_>, surroundings: &Surroundings, marks: Marks, shape: Shape) -> Self {
        let control_char = surroundings.control_char;
        // Without a control nothing can be held against an object.
        let fate =
            if surroundings.dnbr.is_some() { Fate::of(&marks, control_char, ground.settings) } else { Fate::Stands };
        let green = marks.green as f64 / marks.grown.max(1) as f64;
        let [bare, vegetated] = ground.backgrounds.each_ref().map(|background| super::unit(background.sigma));
        let known = Sign::ALL.map(|sign| ground.signs.contains(&sign));
        let sigma = green * vegetated + (1.0 - green) * bare;
        Self { marks, shape, fate, control_char, sigma, settings: *ground.settings, known }
    }

    /// What is said of the object beside its size and its dNBR.
    pub(crate) fn properties(&self, area_ha: f64) -> Map<String, Value> {
        let marks = &self.marks;
        let share = |count: u64, of: u64| rounded(count as f64 / of.max(1) as f64);
        let rivals = self.rivals(area_ha).named().into_iter();
        let mut map = Map::new();
        map.insert("score".into(), json!(rounded(marks.mean_score(f64::from(SCORE_STEPS)))));
        map.insert("z".into(), json!(rounded(marks.mean_dnbr() / self.sigma)));
        map.insert("seed_share".into(), json!(share(marks.seeds, marks.grown)));
        map.insert("charred".into(), json!(self.charred()));
        let signs = Sign::ALL.into_iter().zip(self.known).filter(|(_, known)| *known);
        map.extend(signs.map(|(sign, _)| (key(sign).to_owned(), json!(rounded(marks.mean_sign(sign))))));
        map.insert(
            "cover_before".into(),
            json!({
                "vegetation": share(marks.green, marks.seen()),
                "bare": share(marks.grown - marks.green, marks.seen()),
                "water": share(marks.water, marks.seen()),
            }),
        );
        map.insert("perimeter_m".into(), json!(self.shape.perimeter_m.round()));
        map.insert("elongation".into(), json!(rounded(self.shape.elongation)));
        map.insert("rectangularity".into(), json!(rounded(self.shape.rectangularity)));
        map.insert("compactness".into(), json!(rounded(self.shape.compactness)));
        map.insert("rivals".into(), rivals.map(|(name, score)| (name.to_owned(), json!(rounded(score)))).collect());
        map
    }

    /// What else might explain the object.
    pub(in crate::pipeline) fn rivals(&self, area_ha: f64) -> Rivals {
        let sight = Sight { marks: &self.marks, shape: &self.shape, area_ha, control_char: self.control_char };
        Rivals::of(&sight, &self.settings)
    }

    /// Whether shortwave infrared 2 fell along with near infrared: dNBR is then small for the fall.
    fn darkened(&self) -> bool {
        let fall = self.marks.mean_sign(Sign::Fall);
        let known = self.known.get(Sign::Fall as usize).is_some_and(|known| *known);
        known && fall > 0.0 && self.marks.mean_dnbr() < self.settings.doubt.darkening * fall
    }

    /// Whether char shows; null where SWIR1 is not known.
    fn charred(&self) -> Option<bool> {
        self.control_char.map(|_| self.fate != Fate::Uncharred)
    }
}

/// The name of a sign's mean among the properties.
fn key(sign: Sign) -> &'static str {
    match sign {
        Sign::Fall => "nir_log_fall_mean",
        Sign::Dark => "nir_after_mean",
        Sign::Char => "dmirbi_mean",
    }
}

/// To four decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

impl Objects {
    /// Grown pixels of objects of a fate.
    pub(super) fn grown(&self, fate: Fate) -> u64 {
        self.judged.iter().filter(|object| object.fate == fate).map(|object| object.marks.grown).sum()
    }

    /// Adds what the objects give to judge the map by.
    pub(super) fn add_to(&self, evidence: &mut Evidence) {
        let standing = || self.judged.iter().filter(|object| object.fate.is_mapped());
        evidence.grown = standing().map(|object| object.marks.grown).sum();
        evidence.seeds = standing().map(|object| object.marks.seeds).sum();
        evidence.still_green = standing().map(|object| object.marks.still_green).sum();
        let dnbr: f64 = standing().map(|object| object.marks.sum_dnbr()).sum();
        evidence.mean_dnbr = dnbr / evidence.grown.max(1) as f64;
        evidence.darkened = standing().filter(|object| object.darkened()).map(|object| object.marks.grown).sum();
        evidence.uncharred = self.grown(Fate::Uncharred);
        evidence.weak = self.grown(Fate::Weak);
        evidence.faded = self.grown(Fate::Faded);
    }

    /// The objects that stand, as a mask.
    pub(super) fn standing(&self) -> Runs {
        let runs = self.mask.as_slice().iter().zip(&self.labels.of_run);
        let kept = runs.filter(|(_, object)| self.judged.get(**object as usize).is_some_and(|o| o.fate.is_mapped()));
        Runs::from_unsorted(self.mask.width(), self.mask.height(), kept.map(|(run, _)| *run).collect())
    }

    /// What is known of the standing objects, in the order of their labels.
    pub(super) fn into_standing(self) -> Vec<Judged> {
        self.judged.into_iter().filter(|object| object.fate.is_mapped()).collect()
    }
}
