//! A folder with a sound pair and a finished run, and what it means to be refused there.

use std::path::Path;

use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use tempfile::TempDir;

use super::tif::Tif;
use super::{Ended, contents, names, run};

/// A place to work in: a sound pair `a_20251105.tif` and `b_20251125.tif`, and a finished run in `old`.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self(TempDir::new().unwrap());
        Tif::before().write(bench.path().join("a_20251105.tif"));
        Tif::after().write(bench.path().join("b_20251125.tif"));
        bench.change("b_20251125.tif", &["--out", "old"]).done();
        bench
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, tif: &Tif) {
        tif.write(self.path().join(name));
    }

    /// `change` from the sound scene to `after`.
    pub(crate) fn change(&self, after: &str, more: &[&str]) -> Ended {
        self.pair("a_20251105.tif", after, more)
    }

    pub(crate) fn pair(&self, before: &str, after: &str, more: &[&str]) -> Ended {
        let line = ["change", "--before", before, "--after", after, "--sensor", "sentinel2", "--no-previews"];
        run(self.path(), &[&line, more].concat())
    }

    /// Refused with `says` in the error, no output, no staging folder, and an old output left as it was.
    #[track_caller]
    pub(crate) fn refuses(&self, before: &str, after: &str, more: &[&str], says: &[&str]) {
        let old = contents(&self.path().join("old"));
        self.pair(before, after, &[more, &["--out", "new"]].concat()).refused(2, says);
        self.pair(before, after, &[more, &["--out", "old", "--overwrite"]].concat()).refused(2, says);
        let left = names(self.path());
        assert!(left.iter().all(|name| name != "new" && !name.contains("groundtell-partial")), "{left:?}");
        assert!(contents(&self.path().join("old")) == old, "the old output changed");
    }

    /// As [`Bench::refuses`] with the sound scene before.
    #[track_caller]
    pub(crate) fn refuses_after(&self, after: &str, says: &[&str]) {
        self.refuses("a_20251105.tif", after, &[], &[&[after], says].concat());
    }

    /// A layer of the run in `out`.
    pub(crate) fn layer(&self, out: &str, name: &str) -> (usize, Samples) {
        let path = self.path().join(out).join("layers").join(format!("{name}.tif"));
        let raster = tiff::open(&path, &Limits::default()).unwrap();
        let (width, height) = (raster.info().width, raster.info().height);
        (width, raster.read(0, &[0], Window::whole(width, height)).unwrap().remove(0))
    }

    pub(crate) fn codes(&self, out: &str) -> (usize, Vec<u8>) {
        match self.layer(out, "validity") {
            (width, Samples::U8(codes)) => (width, codes),
            _ => panic!("reasons are bytes"),
        }
    }
}
