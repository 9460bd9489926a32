//! Bounds on what hostile input may cost, checked before any allocation.

/// What an input may ask for. `Default` suits Sentinel and Landsat tiles with room to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of one band of a raster.
    pub raster_pixels: u64,
    /// Bytes of one decoded tile or strip.
    pub chunk_bytes: u64,
    /// Decoded bytes of a chunk over its bytes on disk.
    pub inflation: u64,
    /// Directories of one TIFF file, overviews and masks included.
    pub directories: usize,
    /// Bytes of one TIFF tag's value, tile offsets and byte counts apart.
    pub tag_bytes: u64,
    /// Bands of one raster.
    pub bands: usize,
    /// Bytes of an AOI, claim or recipe file.
    pub text_bytes: u64,
    /// Vertices of an AOI.
    pub vertices: usize,
    /// Bytes of one metadata document (XML).
    pub xml_bytes: u64,
    /// Nesting of a metadata document.
    pub xml_depth: usize,
    /// Members of a zip archive.
    pub zip_entries: usize,
    /// Decoded bytes of a zip archive.
    pub zip_bytes: u64,
    /// Decoded bytes of a zip member over its bytes on disk.
    pub zip_inflation: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            raster_pixels: 1 << 31,
            chunk_bytes: 64 << 20,
            inflation: 10_000,
            directories: 64,
            tag_bytes: 1 << 20,
            bands: 4096,
            text_bytes: 64 << 20,
            vertices: 1_000_000,
            xml_bytes: 16 << 20,
            xml_depth: 64,
            zip_entries: 200,
            zip_bytes: 16 << 30,
            zip_inflation: 200,
        }
    }
}
