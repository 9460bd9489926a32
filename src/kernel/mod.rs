//! Numbers: pure kernels over array views. They know no file, path, reference system or thread.

pub mod accuracy;
pub mod label;
