//! The bands of the simulated sensor, the pure spectra that the ground is mixed from, and the sensor's noise.

/// A simulated Sentinel-2 band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[allow(missing_docs)]
pub enum SimBand {
    B02,
    B03,
    B04,
    B05,
    B06,
    B07,
    B08,
    B8A,
    B11,
    B12,
}

impl SimBand {
    /// All bands in the order of their wavelength.
    pub const ALL: [Self; 10] =
        [Self::B02, Self::B03, Self::B04, Self::B05, Self::B06, Self::B07, Self::B08, Self::B8A, Self::B11, Self::B12];

    /// The name that Sentinel-2 products use: "B8A".
    pub const fn name(self) -> &'static str {
        match self {
            Self::B02 => "B02",
            Self::B03 => "B03",
            Self::B04 => "B04",
            Self::B05 => "B05",
            Self::B06 => "B06",
            Self::B07 => "B07",
            Self::B08 => "B08",
            Self::B8A => "B8A",
            Self::B11 => "B11",
            Self::B12 => "B12",
        }
    }

    /// Pixel size in metres: 10 or 20.
    pub const fn metres(self) -> usize {
        match self {
            Self::B02 | Self::B03 | Self::B04 | Self::B08 => 10,
            _ => 20,
        }
    }

    /// The place of the band in a [`Spectrum`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Standard deviation of the sensor's noise in DN at reflectance 0.15: Sentinel-2's signal-to-noise ratios
    /// (about 100 to 170 at the reference radiances) after the loss of signal in the atmosphere.
    pub(super) const fn noise_dn(self) -> f32 {
        match self {
            Self::B02 => 11.0,
            Self::B03 => 9.5,
            Self::B04 => 9.0,
            Self::B08 => 12.0,
            Self::B11 | Self::B12 => 8.0,
            _ => 9.0,
        }
    }
}

/// Reflectance per band in the order of [`SimBand::ALL`]; two spare places keep it a multiple of four.
pub(super) type Spectrum = [f32; 12];

/// Pure covers of the ground. A pixel is a linear mixture of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// Moist chernozem.
    Dark,
    /// Dry loam or sand.
    Light,
    /// Green crop or young grass.
    Crop,
    /// Stubble, ripe grain, residue.
    Straw,
    /// Dry steppe grass and weeds.
    Grass,
    Pine,
    /// Deciduous canopy in leaf.
    Leaf,
    /// Deciduous canopy without leaves.
    Wood,
    Water,
    /// Asphalt and gravel.
    Road,
    Roof,
    Char,
    Snow,
}

/// How many covers there are.
pub(super) const COVERS: usize = 13;

/// Reflectance of the pure covers, typical of Sentinel-2 L2A; our own round figures, in the ranges that spectral
/// libraries give for the materials.
pub(super) const SPECTRA: [Spectrum; COVERS] = [
    [0.046, 0.062, 0.078, 0.090, 0.098, 0.106, 0.116, 0.124, 0.152, 0.114, 0.0, 0.0],
    [0.092, 0.128, 0.170, 0.192, 0.206, 0.219, 0.234, 0.248, 0.325, 0.275, 0.0, 0.0],
    [0.026, 0.062, 0.034, 0.100, 0.320, 0.400, 0.430, 0.445, 0.205, 0.098, 0.0, 0.0],
    [0.078, 0.112, 0.152, 0.180, 0.206, 0.226, 0.248, 0.266, 0.316, 0.232, 0.0, 0.0],
    [0.054, 0.083, 0.114, 0.146, 0.184, 0.206, 0.228, 0.247, 0.268, 0.178, 0.0, 0.0],
    [0.020, 0.034, 0.024, 0.052, 0.140, 0.172, 0.190, 0.205, 0.108, 0.050, 0.0, 0.0],
    [0.022, 0.050, 0.030, 0.085, 0.275, 0.345, 0.370, 0.385, 0.180, 0.078, 0.0, 0.0],
    [0.037, 0.051, 0.065, 0.090, 0.122, 0.136, 0.150, 0.164, 0.174, 0.112, 0.0, 0.0],
    [0.030, 0.040, 0.026, 0.024, 0.019, 0.018, 0.015, 0.014, 0.008, 0.005, 0.0, 0.0],
    [0.098, 0.118, 0.134, 0.146, 0.154, 0.162, 0.172, 0.180, 0.214, 0.194, 0.0, 0.0],
    [0.200, 0.222, 0.252, 0.268, 0.276, 0.284, 0.292, 0.298, 0.316, 0.290, 0.0, 0.0],
    [0.030, 0.036, 0.042, 0.050, 0.058, 0.065, 0.074, 0.083, 0.130, 0.142, 0.0, 0.0],
    [0.840, 0.850, 0.840, 0.830, 0.800, 0.780, 0.750, 0.720, 0.110, 0.080, 0.0, 0.0],
];

/// Shares of the pure covers in one pixel. Brightness is part of a share, so the sum is only about one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mixture(pub(super) [f32; 16]);

impl Mixture {
    /// Adds a share of a cover.
    pub(super) fn add(&mut self, cover: Cover, share: f32) {
        self.0[cover as usize] += share;
    }

    /// The share of a cover.
    pub(super) fn of(&self, cover: Cover) -> f32 {
        self.0[cover as usize]
    }

    /// Keeps `share` of everything.
    pub(super) fn keep(&mut self, share: f32) {
        self.0.iter_mut().for_each(|part| *part *= share);
    }

    /// Lays a cover over the share `alpha` of the pixel.
    pub(super) fn lay(&mut self, cover: Cover, alpha: f32) {
        if alpha > 0.0 {
            self.keep(1.0 - alpha);
            self.add(cover, alpha);
        }
    }

    /// Lays another mixture over the share `alpha` of the pixel.
    pub(super) fn blend(&mut self, top: &Self, alpha: f32) {
        if alpha > 0.0 {
            for (part, over) in self.0.iter_mut().zip(&top.0) {
                *part += alpha * (over - *part);
            }
        }
    }

    /// Moves the share `part` of what there is of `from` to `to`.
    pub(super) fn turn(&mut self, from: Cover, to: Cover, part: f32) {
        let moved = self.of(from) * part;
        self.add(from, -moved);
        self.add(to, moved);
    }

    /// The reflectance of the mixture, times `light`.
    pub(super) fn reflect(&self, light: f32) -> Spectrum {
        let mut sum = [0.0; 12];
        for (share, pure) in self.0.iter().zip(&SPECTRA).filter(|(share, _)| **share != 0.0) {
            let weight = share * light;
            sum.iter_mut().zip(pure).for_each(|(band, value)| *band += weight * value);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(spectrum: &Spectrum, a: SimBand, b: SimBand) -> f32 {
        let (a, b) = (spectrum[a.index()], spectrum[b.index()]);
        (a - b) / (a + b)
    }

    fn pure(cover: Cover) -> Spectrum {
        SPECTRA[cover as usize]
    }

    #[test]
    fn the_pure_spectra_have_the_signs_that_the_indices_rely_on() {
        let nbr = |cover| ratio(&pure(cover), SimBand::B8A, SimBand::B12);
        let ndvi = |cover| ratio(&pure(cover), SimBand::B08, SimBand::B04);
        assert!(nbr(Cover::Char) < -0.2 && nbr(Cover::Pine) > 0.55 && nbr(Cover::Crop) > 0.55);
        assert!((0.1..0.25).contains(&nbr(Cover::Grass)), "steppe grass {}", nbr(Cover::Grass));
        assert!((nbr(Cover::Straw) - nbr(Cover::Dark)).abs() < 0.06, "ploughing hardly moves NBR");
        assert!(ndvi(Cover::Crop) > 0.8 && ndvi(Cover::Dark) < 0.25 && ndvi(Cover::Water) < 0.0);
        assert!(ratio(&pure(Cover::Snow), SimBand::B03, SimBand::B11) > 0.4);
    }

    #[test]
    fn laying_keeps_the_sum_of_shares() {
        let mut mixture = Mixture::default();
        mixture.add(Cover::Dark, 0.7);
        mixture.add(Cover::Crop, 0.3);
        mixture.lay(Cover::Road, 0.25);
        mixture.turn(Cover::Crop, Cover::Char, 0.5);
        assert!((mixture.0.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((mixture.of(Cover::Road) - 0.25).abs() < 1e-6);
    }
}
