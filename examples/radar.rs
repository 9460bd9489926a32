//! The signed t of a raw stack, side by side with a script that does it over whole arrays: reads `FILE` of the machine's 32-bit floats,
//! VV and VH of 30 dates of 2048 by 2048 pixels each, tests the last 10 dates against the first 20, and prints the
//! mean of the greater |z| of both.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "an example reads and prints")]

use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;

use groundtell::kernel::sar::contrast::contrast;
use ndarray::{Array2, ArrayView2};

const DATES: usize = 30;
const BEFORE: usize = 20;
const PIXELS: usize = 2048 * 2048;
const BLOCK: usize = 512 * 32;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: radar FILE")?;
    let mut stack = Stack { file: File::open(path)?, planes: vec![Array2::zeros((1, BLOCK)); DATES] };
    let mut sum = 0.0f64;
    for start in (0..PIXELS).step_by(BLOCK) {
        let [vv, vh] = [stack.deviates(0, start)?, stack.deviates(1, start)?];
        sum += vv.iter().zip(&vh).map(|(vv, vh)| f64::from(vv.abs().max(vh.abs()))).sum::<f64>();
    }
    println!("mean of max |z| {:.4}", sum / PIXELS as f64);
    Ok(())
}

/// The file, and room for one block of one polarisation.
struct Stack {
    file: File,
    planes: Vec<Array2<f32>>,
}

impl Stack {
    /// Deviates of one polarisation over a block of pixels.
    fn deviates(&mut self, polarisation: usize, start: usize) -> Result<Array2<f32>, Box<dyn Error>> {
        for (date, plane) in self.planes.iter_mut().enumerate() {
            let number = polarisation * DATES + date;
            let plane = plane.as_slice_mut().ok_or("a plane in pieces")?;
            self.file.read_exact_at(bytemuck::cast_slice_mut(plane), 4 * (number * PIXELS + start) as u64)?;
        }
        let views: Vec<ArrayView2<'_, f32>> = self.planes.iter().map(|plane| plane.view()).collect();
        let (before, after) = views.split_at(BEFORE);
        Ok(contrast(before, after, 6)?.z)
    }
}
