//! Numbers: pure kernels over array views. They know no file, path, reference system or thread.

pub mod accuracy;
pub mod change;
pub mod index;
pub mod label;
pub mod mask;
pub mod reflectance;
pub mod resample;
pub mod ring;
mod rows;
pub mod sar;
pub mod stats;
pub mod threshold;
