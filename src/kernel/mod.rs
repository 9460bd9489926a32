//! Numbers: pure kernels over array views. They know no file, path, reference system or thread.

pub mod accuracy;
pub mod burn;
pub mod change;
pub mod composite;
pub mod coregistration;
pub mod cutoff;
pub mod index;
pub mod irmad;
pub mod label;
mod linear;
pub mod mask;
pub mod morphology;
pub mod pca_kmeans;
pub mod pif;
pub mod radiometry;
pub mod reflectance;
pub mod resample;
pub mod ring;
mod rows;
pub mod sar;
pub mod stats;
pub mod threshold;
