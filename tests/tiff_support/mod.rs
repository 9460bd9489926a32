//! What the tests of the TIFF reader share.

use std::path::{Path, PathBuf};

use groundtell::io::raster::{Dtype, Samples};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A path inside the repository.
pub(crate) fn inside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A committed oracle.
pub(crate) fn oracle(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(inside("tests/oracle").join(name)).unwrap()).unwrap()
}

fn bytes(samples: &Samples) -> Vec<u8> {
    macro_rules! little {
        ($values:expr) => {
            $values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
    }
    match samples {
        Samples::U8(values) => values.clone(),
        Samples::I8(values) => little!(values),
        Samples::U16(values) => little!(values),
        Samples::I16(values) => little!(values),
        Samples::U32(values) => little!(values),
        Samples::I32(values) => little!(values),
        Samples::U64(values) => little!(values),
        Samples::I64(values) => little!(values),
        Samples::F32(values) => little!(values),
        Samples::F64(values) => little!(values),
    }
}

/// The sha256 of samples band after band, little-endian, in hexadecimal.
pub(crate) fn sha256(samples: &[Samples]) -> String {
    let mut hash = Sha256::new();
    samples.iter().for_each(|samples| hash.update(bytes(samples)));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name that numpy gives a type.
pub(crate) fn numpy_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::U8 => "uint8",
        Dtype::I8 => "int8",
        Dtype::U16 => "uint16",
        Dtype::I16 => "int16",
        Dtype::U32 => "uint32",
        Dtype::I32 => "int32",
        Dtype::U64 => "uint64",
        Dtype::I64 => "int64",
        Dtype::F32 => "float32",
        Dtype::F64 => "float64",
    }
}

/// A number that the oracle wrote as text.
pub(crate) fn number(text: &Value) -> Option<f64> {
    text.as_str().map(|text| text.parse().unwrap())
}

/// The bits of numbers, so that NaN equals itself and nothing is rounded; zero has one sign.
pub(crate) fn bits(numbers: impl IntoIterator<Item = f64>) -> Vec<u64> {
    numbers.into_iter().map(|value| if value == 0.0 { 0 } else { value.to_bits() }).collect()
}
