//! `groundtell indices`: the catalogue.

use serde_json::json;

use super::talk::Talk;
use crate::error::Result;
use crate::kernel::index::Index;

pub(super) fn run(talk: &Talk) -> Result<u8> {
    let rows: Vec<_> = Index::ALL
        .iter()
        .map(|index| {
            let bands: Vec<_> = index.bands().iter().map(|role| role.name()).collect();
            json!({ "name": index.name(), "formula": index.formula(), "bands": bands, "source": index.source(),
                    "scale_invariant": index.is_scale_invariant() })
        })
        .collect();
    talk.answer(&rows, || {
        let line = |index: &Index| format!("{:<9} {}\n          {}\n", index.name(), index.formula(), index.source());
        Index::ALL.iter().map(line).collect()
    })
}
