//! Which of several dates each pixel is taken from. Every pixel comes whole from one date, so that its bands
//! belong together and its date is known.

use std::str::FromStr;

use ndarray::{Array2, ArrayView2};

use super::mask::{self, Reason};
use super::rows;
use crate::error::{Error, Result};

/// The number that stands for "no date" in a plane of choices.
pub const NONE: u8 = u8::MAX;

/// How a pixel's date is chosen among those that saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Composite {
    /// The first as named.
    First,
    /// The one whose index is the median of all that saw it (a medoid after Flood 2013, doi 10.3390/rs5126481,
    /// of one index instead of all bands); of the two middle ones the first in order.
    Median,
    /// One that is plainly clear before one that is flagged; of equals the first in order.
    Best,
}

impl FromStr for Composite {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "first" => Ok(Self::First),
            "median" => Ok(Self::Median),
            "best" => Ok(Self::Best),
            _ => Err(Error::usage(format!("there is no composite {:?}", crate::text::Foreign::new(text).to_string()))
                .hint("use first, median or best")),
        }
    }
}

/// What one date shows.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Reason codes.
    pub codes: ArrayView2<'a, u8>,
    /// The index that the median is taken of; NaN where it has no value.
    pub index: ArrayView2<'a, f32>,
}

/// The number of the date that each pixel is taken from, and the code it has then.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Numbers of candidates; [`NONE`] where no date counts.
    pub date: Array2<u8>,
    /// Reason codes: of a pixel that no date saw, one that says more than "uncovered" before one that does not.
    pub codes: Array2<u8>,
}

/// Chooses for every pixel among the `candidates`, whose order is that of preference (nearest to the event
/// first, say). All planes have one shape.
///
/// # Errors
/// `Mismatch` when shapes differ, `Limit` for more than 255 candidates, `Bug` for none.
pub fn choose(composite: Composite, candidates: &[Candidate<'_>]) -> Result<Choice> {
    let Some(first) = candidates.first() else { return Err(Error::bug("a composite of nothing")) };
    if candidates.len() > usize::from(NONE) {
        return Err(Error::limit(format!("a side of {} dates; 255 can be told apart", candidates.len())));
    }
    let shape = first.codes.dim();
    for candidate in candidates {
        rows::same_shape(shape, candidate.codes.dim(), "the mask of a date")?;
        rows::same_shape(shape, candidate.index.dim(), "the index of a date")?;
    }
    let mut choice = Choice { date: Array2::from_elem(shape, NONE), codes: first.codes.to_owned() };
    let mut seen = Vec::with_capacity(candidates.len());
    for ((at, date), code) in choice.date.indexed_iter_mut().zip(&mut choice.codes) {
        seen.clear();
        seen.extend((0u8..).zip(candidates).filter(|(_, other)| mask::code_is_valid(other.codes[at])));
        match chosen(composite, &mut seen, at) {
            Some((number, own)) => (*date, *code) = (number, own),
            None => *code = unseen(candidates, at),
        }
    }
    Ok(choice)
}

/// The date among those that saw the pixel, and its code.
fn chosen(composite: Composite, seen: &mut [(u8, &Candidate<'_>)], at: (usize, usize)) -> Option<(u8, u8)> {
    let code = |(number, candidate): &(u8, &Candidate<'_>)| (*number, candidate.codes[at]);
    match composite {
        Composite::First => seen.first().map(code),
        Composite::Best => seen.iter().map(code).min_by_key(|(_, code)| *code != Reason::Clear.code()),
        Composite::Median => {
            // NaN comes last: a date without a value is a middle only where no other has one.
            seen.sort_by(|a, b| a.1.index[at].nan_last(b.1.index[at]));
            let valued = seen.iter().filter(|(_, candidate)| !candidate.index[at].is_nan()).count();
            let middle = seen.get(valued.saturating_sub(1) / 2).map(code)?;
            // Of two middles the one that comes first in order.
            let other = (valued % 2 == 0).then(|| seen.get(valued / 2).map(code)).flatten();
            Some(other.filter(|other| other.0 < middle.0 && valued > 0).unwrap_or(middle))
        }
    }
}

/// Orders numbers with NaN behind all others.
trait NanLast {
    fn nan_last(self, other: Self) -> std::cmp::Ordering;
}

impl NanLast for f32 {
    fn nan_last(self, other: Self) -> std::cmp::Ordering {
        self.is_nan().cmp(&other.is_nan()).then(self.total_cmp(&other))
    }
}

/// The code of a pixel that no date saw.
fn unseen(candidates: &[Candidate<'_>], at: (usize, usize)) -> u8 {
    let codes = candidates.iter().map(|candidate| candidate.codes[at]);
    codes.clone().find(|code| *code != Reason::Uncovered.code()).unwrap_or(Reason::Uncovered.code())
}

/// Values of the chosen dates: `planes` by candidate, NaN where no date counts.
///
/// # Errors
/// `Mismatch` when shapes differ.
pub fn take(date: ArrayView2<'_, u8>, planes: &[ArrayView2<'_, f32>]) -> Result<Array2<f32>> {
    for plane in planes {
        rows::same_shape(date.dim(), plane.dim(), "the plane of a date")?;
    }
    let value = |at: (usize, usize)| planes.get(usize::from(date[at])).map_or(f32::NAN, |plane| plane[at]);
    Ok(Array2::from_shape_fn(date.dim(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const CLOUD: u8 = Reason::Cloud.code();
    const DARK: u8 = Reason::Dark.code();
    const UNCOVERED: u8 = Reason::Uncovered.code();

    fn dates(composite: Composite, codes: &[u8], index: &[f32]) -> (u8, u8) {
        let codes: Vec<Array2<u8>> = codes.iter().map(|code| array![[*code]]).collect();
        let index: Vec<Array2<f32>> = index.iter().map(|value| array![[*value]]).collect();
        let candidates =
            codes.iter().zip(&index).map(|(codes, index)| Candidate { codes: codes.view(), index: index.view() });
        let choice = choose(composite, &candidates.collect::<Vec<_>>()).unwrap();
        (choice.date[(0, 0)], choice.codes[(0, 0)])
    }

    #[test]
    fn the_first_that_saw_it() {
        assert_eq!(dates(Composite::First, &[CLOUD, DARK, 0], &[0.1, 0.2, 0.3]), (1, DARK));
        assert_eq!(dates(Composite::First, &[UNCOVERED, CLOUD], &[0.1, 0.2]), (NONE, CLOUD));
        assert_eq!(dates(Composite::Best, &[CLOUD, DARK, 0, 0], &[0.1; 4]), (2, 0));
        assert_eq!(dates(Composite::Best, &[DARK, CLOUD], &[0.1; 2]), (0, DARK));
    }

    #[test]
    fn the_median_of_those_that_saw_it() {
        let median = |codes: &[u8], index: &[f32]| dates(Composite::Median, codes, index).0;
        assert_eq!(median(&[0, 0, 0], &[0.3, 0.1, 0.2]), 2);
        assert_eq!(median(&[0, 0, CLOUD], &[0.3, 0.1, 0.2]), 0, "of two the first in order");
        assert_eq!(median(&[0, 0, 0, 0], &[0.4, 0.3, 0.1, 0.2]), 1);
        assert_eq!(median(&[0, 0, 0], &[f32::NAN, 0.1, f32::NAN]), 1, "no value is no middle");
        assert_eq!(median(&[0, 0], &[f32::NAN; 2]), 0);
        assert_eq!(median(&[CLOUD, CLOUD], &[0.1, 0.2]), NONE);
    }

    #[test]
    fn values_follow_the_choice() {
        let taken =
            take(array![[1u8, 0, NONE]].view(), &[array![[1.0, 2.0, 3.0]].view(), array![[4.0, 5.0, 6.0]].view()]);
        let taken = taken.unwrap();
        assert_eq!((taken[(0, 0)], taken[(0, 1)]), (4.0, 2.0));
        assert!(taken[(0, 2)].is_nan());
    }

    #[test]
    fn odd_requests_are_refused() {
        assert!(choose(Composite::Best, &[]).is_err());
        let (code, index) = (array![[0u8]], array![[0.0f32, 1.0]]);
        assert!(choose(Composite::Best, &[Candidate { codes: code.view(), index: index.view() }]).is_err());
        assert!("mean".parse::<Composite>().is_err());
    }
}
