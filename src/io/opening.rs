//! Opening one raster file with the reader that suits it: our own for GeoTIFF, the system's GDAL for the
//! rest where the program was built with it.

use std::path::Path;
use std::sync::Arc;

use super::raster::Raster;
use super::tiff;
use crate::error::Result;
use crate::limits::Limits;

/// Opens a raster file.
///
/// # Errors
/// As [`tiff::open`]; with the feature `gdal` what it does not read goes to GDAL.
pub fn open_tiff(path: &Path, limits: &Limits) -> Result<Arc<dyn Raster>> {
    let own = tiff::open(path, limits);
    #[cfg(feature = "gdal")]
    if own.as_ref().is_err_and(|error| error.kind() == crate::Kind::Unsupported) {
        return Ok(Arc::new(super::gdal::open(path, limits)?));
    }
    Ok(Arc::new(own?))
}
