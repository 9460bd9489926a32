//! What a scene is: sensors and their bands, scale and offset, the pair.

pub mod gate;
pub mod scale;
pub mod sensor;
pub mod sentinel1;
pub mod sun;
