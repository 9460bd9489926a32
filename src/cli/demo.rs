//! `groundtell demo`: the whole line on the simulated pair that ships with the program.

use super::args::Demo;
use super::talk::Talk;
use crate::error::{Error, Result};

pub(super) fn run(asked: &Demo, _talk: &Talk) -> Result<u8> {
    Err(Error::usage(format!("{}", asked.out.display())))
}
