//! The command line as typed: what clap parses, nothing resolved yet.

mod claims;
mod network;
mod search;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::claims::{Calibrate, Check, Judged};
pub use self::network::Network;
pub use self::search::Search;
pub use self::watch::{Action, Named, Watch};

use crate::watch::schema;

const EXIT_CODES: &str = "Exit codes: 0 done, whatever was found; 1 an outcome named by --fail-on; 2 bad usage or input refused; \
3 partial (failed blocks, listed); 4 environment (disk, network); 70 bug; 130 interrupted.";

/// Tests claims about shelling and fire against public satellite imagery.
#[derive(Debug, Parser)]
#[command(name = "groundtell", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Print one JSON document on stdout
    #[arg(long, global = true, env = "GROUNDTELL_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Worker threads; 0 takes one for each processor
    #[arg(short = 'j', long, global = true, value_name = "N", default_value_t = 0, env = "GROUNDTELL_THREADS")]
    pub threads: usize,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare before and after scenes over an area: layers, polygons, pictures, summary
    Change(Box<Change>),
    /// Judge claims: evidence that corroborates, contradicts, or says that nobody could have seen it
    Check(Box<Check>),
    /// Judge cases whose truth is known, and print how often verdicts are wrong
    Calibrate(Calibrate),
    /// Say what files, folders, SAFEs or STAC items are, reading no more than needed
    Inspect(Inspect),
    /// List the spectral indices: formula, bands, source
    Indices,
    /// Score a mask against a reference: CE, OE, F1, IoU, kappa, AUC
    Score(Score),
    /// List what a catalogue has of an area: duplicates resolved, the clear share over the area, pairs for a claim
    Search(Box<Search>),
    /// Make a simulated Sentinel-2 pair with a known truth
    Simulate(Simulate),
    /// Re-hash everything that a run's manifest names
    Verify(Verify),
    /// Look at areas whenever a catalogue has something new: one pass for cron or systemd
    Watch(Watch),
    /// Run the whole line on simulated data that ships with the program
    Demo(Demo),
    /// Print the JSON Schema of a claim file or of a document that is written
    Schema(Schema),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page in roff
    Man,
}

/// `groundtell change`
#[derive(Debug, Args)]
pub struct Change {
    /// Scene before: GeoTIFF, folder of bands, SAFE folder or zip, STAC Item file or its https address (repeat for several tiles)
    #[arg(long, value_name = "PATH", required_unless_present_any = ["print_recipe", "sar"])]
    pub before: Vec<PathBuf>,
    /// Scene after: as --before
    #[arg(long, value_name = "PATH", required_unless_present_any = ["print_recipe", "sar"])]
    pub after: Vec<PathBuf>,
    /// A radar stack instead of a pair of scenes
    #[command(flatten)]
    pub radar: Radar,
    /// Output folder
    #[arg(short, long, value_name = "DIR", required_unless_present_any = ["print_recipe", "plan"])]
    pub out: Option<PathBuf>,
    /// Replace an earlier run in the output folder
    #[arg(long)]
    pub overwrite: bool,
    /// Area of interest
    #[command(flatten)]
    pub area: Area,
    /// How the inputs are to be read
    #[command(flatten)]
    pub reading: Reading,
    /// Recipe file (TOML)
    #[arg(long, value_name = "FILE", env = "GROUNDTELL_RECIPE")]
    pub recipe: Option<PathBuf>,
    /// Change one key of the recipe (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// What to look for: burned ground, or change by any cause
    #[arg(long, value_name = "METHOD")]
    pub method: Option<MethodName>,
    /// Threshold on dNBR: a number, auto, otsu, kittler or quantile:Q; with irmad and cva: own, otsu, fixed or bh
    #[arg(long, value_name = "T")]
    pub threshold: Option<String>,
    /// Which of several scenes of a side a pixel is taken from: first, median or best
    #[arg(long, value_name = "HOW")]
    pub composite: Option<String>,
    /// Pixel size in units of the reference system (Sentinel-2: 20, or 10)
    #[arg(long, value_name = "SIZE")]
    pub resolution: Option<f64>,
    /// Type of the continuous layers
    #[arg(long, value_name = "TYPE")]
    pub dtype: Option<LayerDtype>,
    /// Compression of the layers: zstd, zstd:LEVEL, deflate, deflate:LEVEL or none
    #[arg(long, value_name = "CODEC")]
    pub codec: Option<String>,
    /// Layers to write, such as dnbr,rbr,rdnbr,cva,dndvi,nbr_after
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub layers: Option<Vec<String>>,
    /// Also write the objects as a GeoPackage
    #[arg(long)]
    pub gpkg: bool,
    /// Make no pictures
    #[arg(long)]
    pub no_previews: bool,
    /// Side of a block in pixels; the result does not depend on it
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(32..=4096))]
    pub block: Option<u32>,
    /// Print the plan and stop; of the pixels only a sample is read, to judge the offset
    #[arg(long)]
    pub plan: bool,
    /// Print the recipe that would be used and stop
    #[arg(long)]
    pub print_recipe: bool,
    /// Exit with 1 when objects were found
    #[arg(long, value_name = "OUTCOME")]
    pub fail_on: Option<Outcome>,
    /// How servers are reached
    #[command(flatten)]
    pub network: Network,
}

/// A radar stack instead of a pair of scenes.
#[derive(Debug, Args)]
pub struct Radar {
    /// Radar stack: a folder of dated VV and VH GeoTIFFs, or a file with a dated band description for each date
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["before", "after", "bands", "before_bands", "after_bands", "sensor", "scale", "offset", "before_date", "after_date", "threshold", "layers", "resolution", "gpkg"])]
    pub sar: Vec<PathBuf>,
    /// Day of the event: earlier dates of the stack are before, later ones after (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", requires = "sar")]
    pub event: Option<jiff::civil::Date>,
    /// Dates before, instead of --event: FIRST/LAST, .. for an open end
    #[arg(long, value_name = "A/B", requires_all = ["sar", "after_dates"], conflicts_with = "event")]
    pub before_dates: Option<String>,
    /// Dates after
    #[arg(long, value_name = "C/D", requires_all = ["sar", "before_dates"], conflicts_with = "event")]
    pub after_dates: Option<String>,
    /// What the stack's numbers are
    #[arg(long, value_name = "SCALE", requires = "sar", default_value = "auto")]
    pub sar_scale: SarScale,
    /// Use one relative orbit only; files whose names tell none are taken to be of it
    #[arg(long, value_name = "N", requires = "sar", value_parser = clap::value_parser!(u16).range(1..=175))]
    pub orbit: Option<u16>,
}

/// What the numbers of a radar stack are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SarScale {
    /// Told from a sample of each file
    Auto,
    /// Power
    Linear,
    /// Decibels
    Db,
    /// Decibels times 100
    Db100,
}

/// Area of interest.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Area {
    /// Area of interest: a GeoJSON file with polygons in longitude and latitude; - is stdin
    #[arg(long, value_name = "FILE")]
    pub aoi: Option<PathBuf>,
    /// Area of interest as west,south,east,north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub bbox: Option<String>,
}

/// How the inputs are to be read.
#[derive(Debug, Args)]
pub struct Reading {
    /// Band names in the order of the file, or NAME=INDEX pairs (from 1), for both scenes
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub bands: Option<Vec<String>>,
    /// As --bands, for the before scene alone
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub before_bands: Option<Vec<String>>,
    /// As --bands, for the after scene alone
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub after_bands: Option<Vec<String>>,
    /// Sensor, where the bands leave it open
    #[arg(long, value_name = "SENSOR")]
    pub sensor: Option<SensorName>,
    /// Reflectance = value * SCALE + OFFSET; overrides what the files say
    #[arg(long, value_name = "SCALE", allow_hyphen_values = true)]
    pub scale: Option<f64>,
    /// The summand of reflectance (for Sentinel-2 baselines 04.00 and later -0.1, else 0)
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    pub offset: Option<f64>,
    /// Date of the before scene, where the files do not tell (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub before_date: Option<jiff::civil::Date>,
    /// Date of the after scene
    #[arg(long, value_name = "DATE")]
    pub after_date: Option<jiff::civil::Date>,
}

/// Sensors by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SensorName {
    /// Sentinel-2 MSI
    #[value(alias = "s2")]
    Sentinel2,
    /// Landsat 4 to 7 (TM, ETM+)
    #[value(alias = "landsat5", alias = "l7", alias = "l5")]
    Landsat7,
    /// Landsat 8 and 9 (OLI)
    #[value(alias = "landsat9", alias = "l8", alias = "l9")]
    Landsat8,
}

/// What `change` looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// Burned ground by dNBR (the default)
    Burn,
    /// Any change: iteratively reweighted multivariate alteration detection
    Irmad,
    /// Any change: length of the change vector
    Cva,
    /// Any change: principal components and two clusters
    PcaKmeans,
}

/// Types of the continuous layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayerDtype {
    /// Steps of 1e-4, -32768 where there is no value
    Int16,
    /// As computed, NaN where there is no value
    Float32,
}

/// Outcomes that `--fail-on` turns into exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    /// At least one object
    Found,
}

/// `groundtell inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files, folders, SAFEs, zips or STAC items
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the inputs are to be read
    #[command(flatten)]
    pub reading: Reading,
    /// Area over which the clear share is measured
    #[command(flatten)]
    pub area: Area,
    /// Read pixels too: measured offset and clear share
    #[arg(long)]
    pub measure: bool,
    /// Read every pixel of every band and print a checksum of the samples
    #[arg(long)]
    pub checksum: bool,
}

/// `groundtell score`
#[derive(Debug, Args)]
pub struct Score {
    /// Mask under test: a raster whose non-zero pixels are positive
    #[arg(long, value_name = "FILE", required_unless_present = "list", requires = "reference")]
    pub mask: Option<PathBuf>,
    /// Reference: a raster on the same grid (non-zero is positive) or GeoJSON polygons
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Continuous layer for the AUC; a continuous mask is its own
    #[arg(long, value_name = "FILE", requires = "mask")]
    pub layer: Option<PathBuf>,
    /// Take a continuous mask as positive from this value on
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true, requires = "mask")]
    pub at_least: Option<f64>,
    /// Table of scenes to run and score (CSV: name,before,after,reference,mask,bands,scale,...); prints CSV
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mask", "reference"])]
    pub list: Option<PathBuf>,
    /// Recipe file (TOML) for the runs of a list
    #[arg(long, value_name = "FILE", requires = "list")]
    pub recipe: Option<PathBuf>,
    /// Change one key of the recipe for the runs of a list (repeatable)
    #[arg(long, value_name = "KEY=VALUE", requires = "list")]
    pub set: Vec<String>,
}

/// `groundtell simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    /// Output folder
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace an earlier run in the output folder
    #[arg(long)]
    pub overwrite: bool,
    /// Seed; the same seed makes the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Side in pixels of 10 m, even (a full tile: 10980)
    #[arg(long, default_value_t = 2048, value_parser = clap::value_parser!(u32).range(64..=10980))]
    pub size: u32,
    /// Season
    #[arg(long, default_value = "late-november")]
    pub season: SeasonName,
    /// Share of cloud in each scene
    #[arg(long, default_value_t = 0.1)]
    pub cloud: f64,
    /// Share of the ground that burned between the dates
    #[arg(long, default_value_t = 0.02)]
    pub burned: f64,
    /// Sentinel-2 processing baseline to imitate: 03.01 (no offset) or 05.11 (offset -1000)
    #[arg(long, default_value = "05.11")]
    pub baseline: String,
    /// North-western corner in EPSG:32637 (UTM 37 north), multiples of 20 m
    #[arg(long, value_name = "EASTING,NORTHING", value_delimiter = ',', num_args = 1, allow_hyphen_values = true)]
    pub origin: Option<Vec<f64>>,
    /// Bands to write besides SCL, such as B04,B8A,B12; all by default
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub bands: Option<Vec<String>>,
    /// Compression of the scenes: zstd, zstd:LEVEL, deflate, deflate:LEVEL or none
    #[arg(long, default_value = "deflate:6")]
    pub codec: String,
    /// A series of so many passages, five days apart, as a catalogue that search and watch read, instead of a pair
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub passes: Option<u32>,
    /// The first day of a series
    #[arg(long, value_name = "DATE", default_value = "2025-01-03", requires = "passes")]
    pub since: jiff::civil::Date,
    /// The day on which the ground of a series burns; without it nothing does
    #[arg(long, value_name = "DATE", requires = "passes")]
    pub event: Option<jiff::civil::Date>,
}

/// Seasons that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SeasonName {
    /// Low sun, bare fields, leafless woods
    LateNovember,
    /// Fresh green, some snow left
    Spring,
    /// High sun, ripe and green fields
    Summer,
}

/// `groundtell verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Output folder of a run
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Run it again from the recorded inputs and recipe, and compare byte by byte
    #[arg(long)]
    pub replay: bool,
    /// With --replay: read inputs that lie on servers again, from the cache or over the network
    #[arg(long, requires = "replay")]
    pub remote: bool,
    /// How servers are reached
    #[command(flatten)]
    pub network: Network,
}

/// `groundtell demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Folder for the scenes and the run; an earlier demo in it is replaced
    #[arg(short, long, value_name = "DIR", default_value = "groundtell-demo")]
    pub out: PathBuf,
}

/// `groundtell schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which one
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(schema::all().map(|(name, _)| name)))]
    pub name: String,
}
