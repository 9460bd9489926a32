//! CPU and wall seconds of every stage of `change --method irmad`, one line a stage: reading once, each iteration over
//! the kept tiles, writing.
//!
//! cargo run --release --example irmad -- BEFORE AFTER OUT THREADS [KEY=VALUE..]

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a measuring tool"
)]

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use groundtell::limits::Limits;
use groundtell::pipeline::crew::Watch;
use groundtell::pipeline::request::{Request, SideRequest};
use groundtell::pipeline::{Prepared, unsupervised};
use groundtell::recipe::Recipe;

/// Prints what the stage before took when the next one begins.
struct Clock {
    start: Instant,
    last: Mutex<(&'static str, f64, f64)>,
}

/// User and system seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

impl Clock {
    fn tell(&self, next: &'static str) {
        let mut last = self.last.lock().unwrap();
        let (cpu, wall) = (cpu(), self.start.elapsed().as_secs_f64());
        println!("{:<10} cpu {:7.2} s, wall {:7.2} s", last.0, cpu - last.1, wall - last.2);
        *last = (next, cpu, wall);
    }
}

impl Watch for Clock {
    fn stage(&self, name: &'static str, _: usize) {
        self.tell(name);
    }
    fn step(&self, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [before, after, out, threads, keys @ ..] = &words[..] else { panic!("BEFORE AFTER OUT THREADS [KEY=VALUE..]") };
    let side = |path: &str| SideRequest { paths: vec![PathBuf::from(path)], bands: None, sensor: None, date: None };
    let recipe = keys
        .iter()
        .fold(Recipe::default().with("change.method=irmad").unwrap(), |recipe, key| recipe.with(key).unwrap());
    let request = Request {
        before: side(before),
        after: side(after),
        scale: None,
        offset: None,
        aoi: None,
        aoi_notes: Vec::new(),
        recipe,
        access: groundtell::io::access::Access::default(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse().unwrap()).build().unwrap();
    pool.install(|| {
        let clock = Clock { start: Instant::now(), last: Mutex::new(("start", cpu(), 0.0)) };
        let prepared = Prepared::new(request, None, &Limits::default()).unwrap();
        let summary = unsupervised::run(&prepared, out.as_ref(), true, &clock).unwrap();
        clock.tell("end");
        println!("{}", serde_json::to_string_pretty(&summary.details).unwrap());
    });
}
