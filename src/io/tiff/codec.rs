//! Decompression of one chunk, with tools that each thread keeps: no allocation per chunk.

use std::cell::RefCell;

use libdeflater::{DecompressionError, Decompressor};
use weezl::{BitOrder, LzwStatus, decode};

use crate::error::{Error, Result};

/// How chunks are compressed; what is not here is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Lzw,
    Deflate,
    PackBits,
    Zstd,
}

impl Codec {
    /// The codec with TIFF's number `code`.
    ///
    /// # Errors
    /// `Unsupported` by name.
    pub(super) fn new(code: u64) -> Result<Self> {
        Ok(match code {
            1 => Self::None,
            5 => Self::Lzw,
            8 | 32946 => Self::Deflate,
            32773 => Self::PackBits,
            50000 => Self::Zstd,
            _ => return Err(refused(&foreign_name(code))),
        })
    }

    /// The name in the words of the field.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Lzw => "lzw",
            Self::Deflate => "deflate",
            Self::PackBits => "packbits",
            Self::Zstd => "zstd",
        }
    }

    /// Whether the predictor tag counts; for other codecs it is void.
    pub(super) fn predicts(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd)
    }
}

fn refused(name: &str) -> Error {
    Error::unsupported(format!("compression {name} is not read"))
        .hint("build with --features gdal, or convert with gdal_translate -co COMPRESS=ZSTD")
}

fn foreign_name(code: u64) -> String {
    let name = match code {
        2..=4 => "CCITT fax",
        6 => "old-style JPEG",
        7 => "JPEG",
        32809 => "ThunderScan",
        34661 => "JBIG",
        34676 | 34677 => "SGI LogLuv",
        34712 => "JPEG 2000",
        34887 => "LERC",
        34925 => "LZMA",
        50001 => "WebP",
        50002 => "JPEG XL",
        _ => return format!("number {code}"),
    };
    name.to_owned()
}

/// Buffers above this many bytes are given back after a chunk.
const KEPT: usize = 16 << 20;

/// What one thread needs to decode chunks.
pub(super) struct Tools {
    /// Bytes as on disk.
    pub(super) raw: Vec<u8>,
    /// Bytes once decompressed.
    pub(super) decoded: Vec<u8>,
    /// Samples once unpacked.
    pub(super) unpacked: Vec<u8>,
    /// One row, for the float predictor.
    pub(super) row: Vec<u8>,
    codecs: Codecs,
}

struct Codecs {
    inflate: Decompressor,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    lzw: Option<decode::Decoder>,
}

thread_local! {
    static TOOLS: RefCell<Option<Tools>> = const { RefCell::new(None) };
}

/// Runs `work` with this thread's tools. A nested call gets fresh ones.
pub(super) fn with_tools<T>(work: impl FnOnce(&mut Tools) -> T) -> T {
    let mut tools = TOOLS.take().unwrap_or_else(Tools::new);
    let result = work(&mut tools);
    for buffer in [&mut tools.raw, &mut tools.decoded, &mut tools.unpacked, &mut tools.row] {
        if buffer.capacity() > KEPT {
            *buffer = Vec::new();
        }
    }
    TOOLS.set(Some(tools));
    result
}

impl Tools {
    fn new() -> Self {
        let codecs = Codecs { inflate: Decompressor::new(), zstd: None, lzw: None };
        Self { raw: Vec::new(), decoded: Vec::new(), unpacked: Vec::new(), row: Vec::new(), codecs }
    }

    /// Decompresses the raw bytes into the tools' own buffer, at most `capacity` of them, of which `needed`
    /// must come.
    ///
    /// # Errors
    /// As [`Tools::decompress_into`].
    pub(super) fn decompress(&mut self, codec: Codec, needed: usize, capacity: usize) -> Result<()> {
        let mut decoded = std::mem::take(&mut self.decoded);
        let done = self.decompress_into(codec, needed, sized(&mut decoded, capacity));
        self.decoded = decoded;
        done
    }

    /// Decompresses the raw bytes into `into`, of which the first `needed` must come.
    ///
    /// # Errors
    /// `Malformed` for damage or too few bytes, `Unsupported` for old-style LZW.
    pub(super) fn decompress_into(&mut self, codec: Codec, needed: usize, into: &mut [u8]) -> Result<()> {
        let found = match codec {
            Codec::None => copy(&self.raw, into),
            Codec::Deflate => inflate(&mut self.codecs.inflate, &self.raw, into)?,
            Codec::Zstd => unzstd(&mut self.codecs.zstd, &self.raw, into)?,
            Codec::Lzw => unlzw(&mut self.codecs.lzw, &self.raw, into)?,
            Codec::PackBits => unpack_bits(&self.raw, into),
        };
        if found < needed {
            return Err(Error::malformed(format!("decompresses to {found} of {needed} bytes"))
                .hint("the file is cut short or damaged: fetch it again"));
        }
        Ok(())
    }
}

/// `buffer` at exactly `size` bytes; what it held may remain.
pub(super) fn sized(buffer: &mut Vec<u8>, size: usize) -> &mut [u8] {
    buffer.resize(size, 0);
    buffer
}

fn damaged(codec: &str, why: impl std::fmt::Display) -> Error {
    Error::malformed(format!("damaged {codec} data ({why})")).hint("the file is cut short or damaged: fetch it again")
}

fn copy(raw: &[u8], into: &mut [u8]) -> usize {
    let size = raw.len().min(into.len());
    into.iter_mut().zip(raw).for_each(|(into, from)| *into = *from);
    size
}

fn inflate(tool: &mut Decompressor, raw: &[u8], into: &mut [u8]) -> Result<usize> {
    tool.zlib_decompress(raw, into).map_err(|error| match error {
        DecompressionError::BadData => damaged("deflate", "checksum or stream"),
        DecompressionError::InsufficientSpace => damaged("deflate", "more pixels than the chunk has"),
    })
}

fn unzstd(tool: &mut Option<zstd::bulk::Decompressor<'static>>, raw: &[u8], into: &mut [u8]) -> Result<usize> {
    if tool.is_none() {
        *tool = zstd::bulk::Decompressor::new().ok();
    }
    let tool = tool.as_mut().ok_or_else(|| Error::new(crate::Kind::Environment, "no memory for zstd"))?;
    tool.decompress_to_buffer(raw, into).map_err(|error| damaged("zstd", error))
}

fn unlzw(tool: &mut Option<decode::Decoder>, raw: &[u8], into: &mut [u8]) -> Result<usize> {
    if let [0, second, ..] = raw
        && second & 1 == 1
    {
        return Err(refused("old-style LZW"));
    }
    let fresh =
        || decode::Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true).build();
    let tool = tool.get_or_insert_with(fresh);
    tool.reset();
    let (mut from, mut to) = (0, 0);
    while to < into.len() {
        let (Some(rest), Some(space)) = (raw.get(from..), into.get_mut(to..)) else { break };
        let step = tool.decode_bytes(rest, space);
        (from, to) = (from + step.consumed_in, to + step.consumed_out);
        match step.status {
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(damaged("lzw", error)),
        }
    }
    Ok(to)
}

/// PackBits: a signed head byte, then that many literal bytes or one byte to repeat.
fn unpack_bits(raw: &[u8], into: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while let (Some(head), true) = (raw.get(from), to < into.len()) {
        let head = *head as i8;
        let (bytes, repeats): (usize, usize) = match head {
            0.. => (head as usize + 1, 1),
            -128 => (0, 0),
            _ => (1, (1 - isize::from(head)) as usize),
        };
        let Some(run) = raw.get(from + 1..from + 1 + bytes) else { break };
        let space = into.iter_mut().skip(to);
        to += space.zip(run.iter().cycle().take(bytes * repeats)).map(|(into, from)| *into = *from).count();
        from += 1 + bytes;
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packbits_of_the_specification() {
        let raw = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let mut into = [0; 24];
        assert_eq!(unpack_bits(&raw, &mut into), 24);
        assert_eq!(into[..10], [0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa]);
        assert_eq!(into[14..], [0xaa; 10]);
    }

    #[test]
    fn packbits_stops_at_either_end() {
        let mut into = [0; 4];
        assert_eq!(unpack_bits(&[5, 1, 2], &mut into), 0, "literal cut short");
        assert_eq!(unpack_bits(&[0x81, 7, 0, 9], &mut into), 4, "run longer than the chunk");
        assert_eq!(unpack_bits(&[0x80, 0x80], &mut into), 0, "no-operations only");
    }

    #[test]
    fn refusals_name_the_compression() {
        for (code, name) in
            [(7, "JPEG"), (6, "old-style JPEG"), (50001, "WebP"), (4, "CCITT fax"), (9999, "number 9999")]
        {
            let error = Codec::new(code).unwrap_err();
            assert_eq!((error.kind(), error.problem().contains(name)), (crate::Kind::Unsupported, true), "{error}");
        }
    }
}
