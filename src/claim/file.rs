//! A claim file: text in, claims out, or one error that says where and what to write instead.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::Claim;
use super::form::{FileForm, OneOrMany, example};
use crate::document::{Document, Field};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// The claims of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimFile {
    /// In the order of the file.
    pub claims: Vec<Claim>,
    /// SHA-256 of the file's bytes, in hex.
    pub sha256: String,
}

impl ClaimFile {
    /// The claims in TOML `text`: a `[claim]`, or `[[claim]]` once for each.
    ///
    /// # Errors
    /// `Malformed`, placed at line, column and path, for text that is no claim file or a field that is wrong;
    /// `Mismatch` for dates that contradict each other; `Limit` for too much of it. Each with a hint.
    pub fn from_toml(text: &str, limits: &Limits) -> Result<Self> {
        if text.len() as u64 > limits.claim_bytes {
            let problem =
                format!("the claim file has {} bytes, more than {} are not read", text.len(), limits.claim_bytes);
            return Err(Error::limit(problem).hint("split it into several files"));
        }
        let claims = parsed(text, limits).map_err(advised)?;
        Ok(Self { claims, sha256: hex(text.as_bytes()) })
    }

    /// As [`ClaimFile::from_toml`], from the bytes of a file.
    ///
    /// # Errors
    /// As there, and `Malformed` when the bytes are not UTF-8.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::malformed(format!("byte {} is not UTF-8", error.valid_up_to()))
                .hint("TOML is UTF-8; convert the file with iconv -t UTF-8")
        })?;
        Self::from_toml(text, limits)
    }

    /// The text of a file with these claims, every size and default written out.
    ///
    /// # Errors
    /// `Bug` when TOML cannot hold them.
    pub fn to_toml(claims: &[Claim]) -> Result<String> {
        let form = FileForm { claim: OneOrMany(claims.iter().map(Into::into).collect()) };
        toml::to_string_pretty(&form).map_err(|error| Error::bug(error.to_string()))
    }
}

fn parsed(text: &str, limits: &Limits) -> Result<Vec<Claim>> {
    let document = Document::parse(text)?;
    let forms = document.read::<FileForm>()?.claim.0;
    let list = document.key("claim");
    if forms.len() > limits.claims {
        let problem = format!("{} claims, more than {} are not read", forms.len(), limits.claims);
        return Err(Error::limit(problem).hint("split the file"));
    }
    let mut ids = BTreeSet::new();
    let mut claims = Vec::with_capacity(forms.len());
    for (index, form) in forms.into_iter().enumerate() {
        let field = list.item(index);
        let claim = form.claim(&field, limits)?;
        unique(&claim.id, &mut ids, &field)?;
        claims.push(claim);
    }
    Ok(claims)
}

/// Refuses an id that was there before.
fn unique(id: &str, ids: &mut BTreeSet<String>, claim: &Field<'_>) -> Result<()> {
    match ids.insert(id.to_owned()) {
        true => Ok(()),
        false => {
            let problem = format!("another claim of the file has the id \"{}\" too", Foreign::new(id));
            Err(claim.key("id").malformed(problem).hint("give each claim an id of its own"))
        }
    }
}

/// The same failure with how the key is written that is missing or wrong, where no better advice was given.
fn advised(error: Error) -> Error {
    let missing = error.problem().strip_suffix(" is missing").map(|name| name.trim_matches('"'));
    let path = error.place().and_then(|place| place.rsplit(": ").next()).unwrap_or_default();
    let keys = path.rsplit('.').map(|key| key.split('[').next().unwrap_or_default());
    let example = missing.into_iter().chain(keys).find_map(example);
    let hint = match example {
        Some(example) => format!("for example: {example}"),
        None => "'groundtell schema claim' prints what a claim file holds".to_owned(),
    };
    error.hint(hint)
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
