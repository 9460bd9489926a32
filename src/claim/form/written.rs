//! From a claim back to the form of the file.

use super::{ClaimForm, Day, ImageryForm, OneOrMany, RelativePath, ScenesForm, Sha256Text, Size, SizesForm};
use crate::claim::{Claim, Imagery, Kind, Place, Scenes};

impl From<&Claim> for ClaimForm {
    fn from(claim: &Claim) -> Self {
        let (aoi, bbox) = match &claim.place {
            Place::File(path) => (Some(RelativePath(path.clone())), None),
            Place::Bbox(edges) => (None, Some(*edges)),
        };
        let size = |kind| claim.smallest_effect.get(&kind).copied().map(Size::Number);
        Self {
            id: claim.id.clone(),
            text: claim.text.clone(),
            source: claim.source.clone(),
            source_sha256: claim.source_sha256.clone().map(Sha256Text),
            made_at: claim.made_at.map(Day),
            asserts: claim.asserts,
            aoi,
            bbox,
            location_error_m: claim.location_error_m,
            window: [Day(claim.window.from), Day(claim.window.to)],
            kinds: claim.kinds.clone(),
            smallest_effect: SizesForm {
                burned_fields: size(Kind::BurnedFields),
                impact_area: size(Kind::ImpactArea),
                built_damage: size(Kind::BuiltDamage),
                thermal: size(Kind::Thermal),
            },
            sides: claim.sides.clone(),
            prior: claim.prior,
            imagery: ImageryForm::from(&claim.imagery),
        }
    }
}

impl From<&Imagery> for ImageryForm {
    fn from(imagery: &Imagery) -> Self {
        let pair = imagery.scenes.as_ref().map(ScenesForm::from).unwrap_or_default();
        Self {
            before: pair.before,
            after: pair.after,
            before_date: pair.before_date,
            after_date: pair.after_date,
            bands: pair.bands,
            scale: pair.scale,
            offset: pair.offset,
            stack: listed(&imagery.stack),
            hotspots: listed(&imagery.hotspots),
            control: OneOrMany(imagery.controls.iter().map(ScenesForm::from).collect()),
        }
    }
}

impl From<&Scenes> for ScenesForm {
    fn from(scenes: &Scenes) -> Self {
        Self {
            before: listed(&scenes.before),
            after: listed(&scenes.after),
            before_date: scenes.before_date.map(Day),
            after_date: scenes.after_date.map(Day),
            bands: scenes.bands.clone(),
            scale: scenes.scale,
            offset: scenes.offset,
        }
    }
}

fn listed(paths: &[String]) -> OneOrMany<RelativePath> {
    OneOrMany(paths.iter().cloned().map(RelativePath).collect())
}
