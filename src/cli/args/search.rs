//! The command line of search as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Area, Network};

/// `groundtell search`
#[derive(Debug, Args)]
pub struct Search {
    /// Catalogue: earth-search, earth-search-c1, planetary-computer, the address of a STAC API or catalogue, or a file
    /// or folder of items
    #[arg(long, alias = "catalog", value_name = "URL|FILE", env = "GROUNDTELL_CATALOGUE")]
    pub catalogue: String,
    /// Area that the items must meet, and over which the clear share is read
    #[command(flatten)]
    pub area: Area,
    /// Times of acquisition (UTC): A/B, .. for an open end, or one day
    #[arg(long, value_name = "A/B", conflicts_with_all = ["from", "to"])]
    pub datetime: Option<String>,
    /// Earliest time of acquisition: YYYY-MM-DD or a time in RFC 3339
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Latest time of acquisition; a day counts whole
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Satellite or family: sentinel-2, sentinel-2b, landsat
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// Collection of the catalogue (repeatable); the names above bring their own
    #[arg(long, value_name = "ID")]
    pub collection: Vec<String>,
    /// Stop after so many items
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Read no pixel: no clear share over the area
    #[arg(long)]
    pub no_clear_share: bool,
    /// Propose pairs of scenes for a window of time
    #[arg(long, requires = "window")]
    pub pairs: bool,
    /// The window of the claim: after is looked for in it, before is looked for before it
    #[arg(long, value_name = "A/B", requires = "pairs")]
    pub window: Option<String>,
    /// Share of the area that both scenes of a pair must show clear
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    pub clear: f64,
    /// Write the items as an item collection, addresses without their credentials
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the output file
    #[arg(long, requires = "out")]
    pub overwrite: bool,
    /// How servers are reached
    #[command(flatten)]
    pub network: Network,
}
