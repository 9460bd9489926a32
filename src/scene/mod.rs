//! What a scene is: sensors and their bands, scale and offset, the pair.
