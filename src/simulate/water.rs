//! Rivers with their flood plains and old arms.

use super::fields::{Field, Local};
use super::noise::{along, derive, hash, smooth, unit};

/// Pixels from its mean axis at which a river no longer shapes the land: its bends and its terrace.
const REACH: f32 = 560.0;

/// The rivers of a scene: one in every strip of `period` pixels, running from north to south.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rivers {
    seed: u32,
    period: f32,
    /// Sizes shrink with strips narrower than 1024 pixels.
    scale: f32,
}

/// How a pixel lies to the nearest river.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bank {
    /// Pixels from the channel's axis, positive in the east.
    pub(super) offset: f32,
    /// Share of the pixel that open water covers.
    pub(super) water: f32,
    /// 0 outside the flood plain to 1 inside.
    pub(super) plain: f32,
    /// How easily the pixel is flooded: larger is earlier.
    pub(super) lowness: f32,
}

impl Bank {
    const FAR: Self = Self { offset: 1e6, water: 0.0, plain: 0.0, lowness: -1e6 };
}

impl Rivers {
    pub(super) fn new(seed: u32, size10: usize) -> Self {
        let strips = (size10 as f32 / 4096.0).round().max(1.0);
        let period = size10 as f32 / strips;
        Self { seed: derive(seed, 60), period, scale: (period / 1024.0).min(1.0) }
    }

    /// How far the axis of a river lies east of its mean in the row `y`.
    fn wander(&self, bits: u32, y: f32) -> f32 {
        self.scale * (120.0 * along(bits, y / 540.0) + 45.0 * along(derive(bits, 1), y / 190.0))
    }

    /// The bank at a pixel.
    pub(super) fn bank(&self, local: &Local<'_>) -> Bank {
        let k = super::noise::floor(local.x / self.period);
        let bits = hash(self.seed, k, 0);
        let start = self.period * (k as f32 + 0.36 + 0.28 * unit(bits));
        if (local.x - start).abs() > REACH * self.scale {
            return Bank::FAR;
        }
        let (bend_x, bend_y) = (local.of(Field::MeanderX), local.of(Field::MeanderY));
        let x = local.x + self.scale * 24.0 * bend_x;
        let axis = start + self.wander(bits, local.y + self.scale * 26.0 * bend_y);
        self.across(local, x - axis, bend_x * bend_y)
    }

    /// The bank at `offset` pixels from the axis; `bend` varies the widths.
    fn across(&self, local: &Local<'_>, offset: f32, bend: f32) -> Bank {
        let soil = local.of(Field::Soil);
        let half = self.scale * (3.1 + 1.2 * soil.clamp(-1.5, 1.5)).max(1.4);
        let width = self.scale * (68.0 + 22.0 * soil + 9.0 * bend) + 2.0 * local.mid;
        let channel = (half - offset.abs() + 0.5).clamp(0.0, 1.0);
        let plain = smooth((width - offset.abs()) / 7.0);
        let water = channel.max(self.old_arm(local, offset) * plain);
        let height = offset.abs() / width.max(1.0) + 0.35 * local.of(Field::Vigour) + 0.12 * local.mid;
        Bank { offset, water, plain, lowness: plain * 2.0 - height }
    }

    /// Share of water of an old arm: pieces of a second, more bent line in the flood plain.
    fn old_arm(&self, local: &Local<'_>, offset: f32) -> f32 {
        let line = offset - self.scale * (30.0 + 20.0 * local.of(Field::WarpX)) + 16.0 * local.of(Field::MeanderY);
        let gate = smooth(2.2 * local.of(Field::Vigour) - 0.7);
        (1.7 * gate - 0.12 * line.abs() * line.abs() + 0.35).clamp(0.0, 1.0) * gate
    }
}
