//! How the tiles of a codestream are coded (markers COD and COC), as far as it bounds the decoder's
//! work: resolution levels, and how many packets a tile must have.

use super::codestream::{COC, COD, Rect, word};
use crate::error::{Error, Result};

/// Resolution levels and precinct sizes of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Style {
    levels: u8,
    /// Binary logarithms of a precinct's sides, a pair a resolution.
    precincts: Vec<(u8, u8)>,
}

/// The coding style of all components.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Coding {
    layers: u16,
    default: Option<Style>,
    /// Components with a style of their own.
    own: Vec<(u16, Style)>,
    components: usize,
}

impl Coding {
    /// Takes in a marker segment; others than COD and COC are left alone.
    pub(super) fn note(&mut self, marker: u16, contents: &[u8], components: usize) -> Result<()> {
        self.components = components;
        let cut = || Error::malformed(format!("the coding style (marker 0x{marker:04x}) is cut short"));
        match marker {
            COD => {
                self.layers = word(contents, 2).ok_or_else(cut)?;
                let style = style(contents.first().copied(), contents.get(5..)).ok_or_else(cut)?;
                self.default = Some(style);
            }
            COC => {
                let wide = usize::from(components > 256);
                let index = if wide == 1 { word(contents, 0) } else { contents.first().map(|&b| u16::from(b)) };
                let style = style(contents.get(1 + wide).copied(), contents.get(2 + wide..)).ok_or_else(cut)?;
                self.own.push((index.ok_or_else(cut)?, style));
            }
            _ => {}
        }
        Ok(())
    }

    /// There is a default style, and every style is one that the format allows.
    pub(super) fn check(&self) -> Result<()> {
        if self.default.is_none() || self.layers == 0 {
            return Err(Error::malformed("the codestream does not say how it is coded (COD)"));
        }
        let deepest = self.styles().map(|style| style.levels).max().unwrap_or(0);
        if deepest > 32 {
            return Err(Error::malformed(format!("{deepest} resolution levels are more than the format's 32")));
        }
        Ok(())
    }

    fn styles(&self) -> impl Iterator<Item = &Style> {
        self.default.iter().chain(self.own.iter().map(|(_, style)| style))
    }

    /// Resolution levels that every component has.
    pub(super) fn levels(&self) -> u8 {
        self.styles().map(|style| style.levels).min().unwrap_or(0)
    }

    /// Packets of a tile over all components, resolutions and layers (annex B.12). Each takes at
    /// least one byte, so that a tile with fewer bytes lies.
    pub(super) fn packets(&self, tile: Rect) -> u64 {
        let of = |index: usize| {
            let own = self.own.iter().rev().find(|(component, _)| usize::from(*component) == index);
            own.map(|(_, style)| style).or(self.default.as_ref()).map_or(0, |style| style.precincts_of(tile))
        };
        (0..self.components).map(of).fold(0u64, u64::saturating_add).saturating_mul(u64::from(self.layers))
    }
}

impl Style {
    /// Precincts of one component of a tile over all resolutions (equation B-16).
    fn precincts_of(&self, tile: Rect) -> u64 {
        let count = |start: u32, end: u32, log: u8| {
            let side = 1u64 << log;
            if start < end { u64::from(end).div_ceil(side) - u64::from(start) / side } else { 0 }
        };
        let levels = u32::from(self.levels);
        let at = |(resolution, &(log_x, log_y)): (u32, &(u8, u8))| {
            let rect = tile.reduced(levels.saturating_sub(resolution));
            count(rect.x0, rect.x1, log_x).saturating_mul(count(rect.y0, rect.y1, log_y))
        };
        (0..).zip(&self.precincts).map(at).fold(0, u64::saturating_add)
    }
}

/// The style from its flags and from the bytes that start with the number of levels (table A.20).
fn style(flags: Option<u8>, bytes: Option<&[u8]>) -> Option<Style> {
    let bytes = bytes?;
    let levels = *bytes.first()?;
    let resolutions = usize::from(levels) + 1;
    let precincts = if flags? & 1 == 0 {
        vec![(15, 15); resolutions]
    } else {
        bytes.get(5..5 + resolutions)?.iter().map(|byte| (byte & 15, byte >> 4)).collect()
    };
    Some(Style { levels, precincts })
}
