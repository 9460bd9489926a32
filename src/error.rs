//! The one error of the program: what went wrong, where, and what to do next.

use std::fmt;

/// Shorthand for results that fail with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of failure it is; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The request itself makes no sense (flags, recipe, AOI).
    Usage,
    /// An input is damaged or lies about itself.
    Malformed,
    /// An input is sound, but of a form that is not read.
    Unsupported,
    /// An input passes a limit of [`crate::limits::Limits`].
    Limit,
    /// Inputs do not fit each other (grids, dates, offsets, bands).
    Mismatch,
    /// Something that was named does not exist.
    Missing,
    /// The output is there already and may not be replaced.
    Exists,
    /// The environment failed: disk, permissions, network.
    Environment,
    /// A signal asked to stop.
    Interrupted,
    /// Ours: an assumption of the program did not hold.
    Bug,
}

impl Kind {
    /// The documented exit code: 2 input refused, 4 environment, 70 bug, 130 interrupted.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Environment => 4,
            Self::Bug => 70,
            Self::Interrupted => 130,
            _ => 2,
        }
    }
}

/// An error with its place and a hint. Cheap to pass on: one pointer.
#[derive(thiserror::Error)]
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    place: Option<String>,
    problem: String,
    hint: Option<String>,
}

impl Error {
    /// A failure of class `kind`; `problem` says what, in words without a final stop.
    pub fn new(kind: Kind, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, place: None, problem: problem.into(), hint: None }))
    }

    /// A request that makes no sense.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self::new(Kind::Usage, problem)
    }

    /// An input that is damaged or lies about itself.
    pub fn malformed(problem: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, problem)
    }

    /// An input of a form that is not read.
    pub fn unsupported(problem: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, problem)
    }

    /// An input past a limit.
    pub fn limit(problem: impl Into<String>) -> Self {
        Self::new(Kind::Limit, problem)
    }

    /// Inputs that do not fit each other.
    pub fn mismatch(problem: impl Into<String>) -> Self {
        Self::new(Kind::Mismatch, problem)
    }

    /// Something named that does not exist.
    pub fn missing(problem: impl Into<String>) -> Self {
        Self::new(Kind::Missing, problem)
    }

    /// An assumption of the program that did not hold.
    pub fn bug(problem: impl Into<String>) -> Self {
        Self::new(Kind::Bug, problem)
    }

    /// A failed system call on `place` (a path as the user wrote it).
    pub fn system(error: &std::io::Error, place: impl fmt::Display) -> Self {
        if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return own.clone_words().at(place);
        }
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::Missing,
            std::io::ErrorKind::UnexpectedEof => Kind::Malformed,
            _ => Kind::Environment,
        };
        Self::new(kind, error.to_string()).at(place)
    }

    /// The same failure, placed: a file, a block, a vertex. The innermost place stays in front
    /// of the problem, an outer one goes before it.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.place = Some(match self.0.place.take() {
            Some(inner) => format!("{place}: {inner}"),
            None => place.to_string(),
        });
        self
    }

    /// The same failure with what to do next. The first hint given stays.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint.get_or_insert(hint.into());
        self
    }

    /// The same words again, for a failure that is told twice.
    #[must_use]
    pub fn clone_words(&self) -> Self {
        let Inner { kind, place, problem, hint } = &*self.0;
        Self(Box::new(Inner { kind: *kind, place: place.clone(), problem: problem.clone(), hint: hint.clone() }))
    }

    /// The class of the failure.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Where it happened, outermost first.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    /// What happened, without the place.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// What to do next, if anything is known.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.problem)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        match &self.0.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_nest_outermost_first() {
        let error = Error::malformed("offset past the end").at("strip 3").at("a.tif");
        assert_eq!(error.to_string(), "a.tif: strip 3: offset past the end");
    }

    #[test]
    fn the_first_hint_stays() {
        let error = Error::usage("x").hint("near").hint("far");
        assert_eq!(error.advice(), Some("near"));
    }

    #[test]
    fn every_refused_input_exits_with_two() {
        for kind in [Kind::Usage, Kind::Malformed, Kind::Limit, Kind::Mismatch, Kind::Exists] {
            assert_eq!(kind.exit_code(), 2);
        }
    }
}
