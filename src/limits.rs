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
    /// Bytes of an AOI or recipe file.
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
    /// Decoded bytes of a table of hotspots.
    pub hotspot_bytes: u64,
    /// Rows of a table of hotspots.
    pub hotspot_rows: u64,
    /// Decoded bytes of a packed table of hotspots over its bytes on disk.
    pub hotspot_inflation: u64,
    /// Bytes of a claim file.
    pub claim_bytes: u64,
    /// Claims of one file.
    pub claims: usize,
    /// Characters of a claim's text, its source or the name of a side.
    pub claim_chars: usize,
    /// Entries of one list of a claim.
    pub claim_entries: usize,
    /// Days of a claim's window.
    pub claim_days: i64,
    /// Hectares of a claim's area (10,000 km2).
    pub claim_area_ha: u32,
    /// Bytes of one document of a catalogue: a page of a search, an item, an item collection.
    pub catalogue_document_bytes: u64,
    /// JSON values of one document of a catalogue.
    pub catalogue_values: u64,
    /// Bytes of all documents of one listing together.
    pub catalogue_bytes: u64,
    /// Pages of one search.
    pub catalogue_pages: usize,
    /// Items that one listing may keep.
    pub catalogue_items: usize,
    /// Documents of a catalogue of files.
    pub catalogue_documents: usize,
    /// Nesting of a catalogue of files.
    pub catalogue_depth: usize,
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
            hotspot_bytes: 1 << 30,
            hotspot_rows: 10_000_000,
            hotspot_inflation: 100,
            claim_bytes: 4 << 20,
            claims: 1000,
            claim_chars: 20_000,
            claim_entries: 1000,
            claim_days: 400,
            claim_area_ha: 1_000_000,
            catalogue_document_bytes: 64 << 20,
            catalogue_values: 2_000_000,
            catalogue_bytes: 512 << 20,
            catalogue_pages: 1000,
            catalogue_items: 5000,
            catalogue_documents: 20_000,
            catalogue_depth: 8,
        }
    }
}
