//! Radar change over a stack of backscatter: scales, multilook, the two-sample statistics of one relative orbit,
//! their combination over orbits, the null, the false discovery rate, and the sequential omnibus test.
//!
//! Planes hold linear power (sigma0 or gamma0), rows by columns; NaN is a pixel that was not seen.

pub mod contrast;
pub mod discovery;
pub mod filter;
pub mod hotelling;
pub mod logarithm;
pub mod normal;
pub mod omnibus;
pub mod scale;
pub mod stouffer;
pub mod student;
