//! The command lines of claims as typed: check and calibrate.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::network::Network;

/// `groundtell check`
#[derive(Debug, Default, Args)]
pub struct Check {
    /// Claim file (TOML; 'groundtell schema claim' prints its schema)
    #[arg(value_name = "CLAIM.toml")]
    pub claims: PathBuf,
    /// Output folder
    #[arg(short, long, value_name = "DIR", default_value = "groundtell-check")]
    pub out: PathBuf,
    /// Replace an earlier run in the output folder
    #[arg(long)]
    pub overwrite: bool,
    /// Folder that the imagery named in the claims starts from; by default that of the claim file
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Scene before, over what the claims name (repeat for several tiles or dates)
    #[arg(long, value_name = "PATH", requires = "after")]
    pub before: Vec<PathBuf>,
    /// Scene after
    #[arg(long, value_name = "PATH", requires = "before")]
    pub after: Vec<PathBuf>,
    /// Date of the scenes before, where the files do not tell (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", requires = "before")]
    pub before_date: Option<jiff::civil::Date>,
    /// Date of the scenes after
    #[arg(long, value_name = "DATE", requires = "after")]
    pub after_date: Option<jiff::civil::Date>,
    /// Band names in the order of the files
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "before")]
    pub bands: Option<Vec<String>>,
    /// Reflectance = value * SCALE + OFFSET; overrides what the files say
    #[arg(long, value_name = "SCALE", allow_hyphen_values = true, requires = "before")]
    pub scale: Option<f64>,
    /// The summand of reflectance
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true, requires = "before")]
    pub offset: Option<f64>,
    /// Find and read a pair of scenes for every claim that names none
    #[arg(long, conflicts_with = "before")]
    pub fetch: bool,
    /// Catalogue to fetch from: earth-search, planetary-computer, the address of a STAC API or catalogue, a file
    #[arg(long, value_name = "URL|FILE", env = "GROUNDTELL_CATALOGUE", default_value = "earth-search")]
    pub catalogue: String,
    /// Radar stack, over what the claims name
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub sar: Vec<PathBuf>,
    /// Hotspot file of NASA FIRMS (CSV, plain or gz), over what the claims name (repeatable)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub hotspots: Vec<PathBuf>,
    /// Write only what may be published: coarse geometry, no layers, nothing younger than the recipe's delay
    #[arg(long)]
    pub public: bool,
    /// Recipe file (TOML)
    #[arg(long, value_name = "FILE", env = "GROUNDTELL_RECIPE")]
    pub recipe: Option<PathBuf>,
    /// Change one key of the recipe (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print what would be read and registered, and stop
    #[arg(long)]
    pub plan: bool,
    /// Exit with 1 when a claim comes out so
    #[arg(long, value_name = "OUTCOME")]
    pub fail_on: Option<Judged>,
    /// How servers are reached
    #[command(flatten)]
    pub network: Network,
}

/// Verdicts that `--fail-on` turns into exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Judged {
    /// A claim is corroborated
    Corroborated,
    /// A claim is contradicted
    Contradicted,
}

/// `groundtell calibrate`
#[derive(Debug, Args)]
pub struct Calibrate {
    /// Folder of cases: claim files of what never happened in placebos/, of what did happen in events/
    #[arg(value_name = "DIR", required_unless_present = "hotspots")]
    pub folder: Option<PathBuf>,
    /// Folder that the imagery named in the claims starts from; by default that of each claim file
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Hotspot files of NASA FIRMS: random windows and places without the event are drawn from them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub hotspots: Vec<PathBuf>,
    /// Windows and places to draw
    #[arg(long, default_value_t = 400, requires = "hotspots", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub cases: u32,
    /// Windows end before this day; by default 2022-02-24
    #[arg(long, value_name = "DATE", requires = "hotspots")]
    pub until: Option<jiff::civil::Date>,
    /// Places lie west of this longitude; by default 35.5
    #[arg(long, value_name = "DEGREES", requires = "hotspots", allow_hyphen_values = true)]
    pub west_of: Option<f64>,
    /// Recipe file (TOML)
    #[arg(long, value_name = "FILE", env = "GROUNDTELL_RECIPE")]
    pub recipe: Option<PathBuf>,
    /// Change one key of the recipe (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}
