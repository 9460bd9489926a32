//! The way to servers as typed: one group of flags for every command that reads from them.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

/// How servers are reached, and where what they send is kept.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// Folder that keeps what is fetched; by default groundtell in $XDG_CACHE_HOME or ~/.cache
    #[arg(long, value_name = "DIR", env = "GROUNDTELL_CACHE", conflicts_with = "no_cache")]
    pub cache: Option<PathBuf>,
    /// Bytes that the cache may keep, in GB (default 20); what was not used for longest goes first
    #[arg(long, value_name = "GB", env = "GROUNDTELL_CACHE_SIZE")]
    pub cache_size: Option<f64>,
    /// Keep nothing that is fetched beyond this run
    #[arg(long)]
    pub no_cache: bool,
    /// Reach no server: what is in the cache is taken as it is
    #[arg(long, env = "GROUNDTELL_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
    /// Allow servers on this machine, without encryption
    #[arg(long, env = "GROUNDTELL_LOOPBACK_HTTP", value_parser = FalseyValueParser::new())]
    pub loopback_http: bool,
    /// Address that signs files of the Planetary Computer (for its own catalogue it is known)
    #[arg(long, value_name = "URL", env = "GROUNDTELL_SIGN", hide_env_values = true)]
    pub sign: Option<String>,
    /// Requests in flight (default 8)
    #[arg(long, value_name = "N", env = "GROUNDTELL_REQUESTS", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub requests: Option<u32>,
}
