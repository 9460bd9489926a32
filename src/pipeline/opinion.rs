//! A second opinion on what was seen: each date held against the other.

use ndarray::Array2;

use super::side::{SideTaps, View};
use crate::error::Result;
use crate::geom::window::Window;
use crate::kernel::index::Role;
use crate::kernel::mask;

/// Marks cloud by comparison in the codes of both views, and cloud shadow near the clouds that classes tell,
/// where the bands for it are there. `window` is where the views lie on the work grid.
///
/// # Errors
/// As the kernels.
pub(super) fn given(sides: [&SideTaps; 2], window: Window, views: &mut [View; 2]) -> Result<()> {
    let has = |view: &View, roles: &[Role]| roles.iter().all(|role| view.plane(*role).is_some());
    let gain = sides[0].gain;
    if views.iter().any(|view| !has(view, &[Role::Blue, Role::Green, Role::Red])) {
        return Ok(());
    }
    let [mut before, mut after] = views.each_mut().map(|view| std::mem::take(&mut view.codes));
    let known = views.each_ref().map(View::known);
    let mut told = mask::clouds([&known[0], &known[1]], gain, [before.view_mut(), after.view_mut()]);
    if told.is_ok() && views.iter().all(|view| has(view, &[Role::Swir1, Role::Swir2])) {
        let near = sides.map(|side| shaded(side, window));
        let near = [near[0].view(), near[1].view()];
        told = mask::shadows([&known[0], &known[1]], gain, near, [before.view_mut(), after.view_mut()]);
    }
    for (view, codes) in views.iter_mut().zip([before, after]) {
        view.codes = codes;
    }
    told
}

/// Where a cloud of any of a side's scenes may have cast its shadow.
fn shaded(side: &SideTaps, window: Window) -> Array2<bool> {
    let mut near = Array2::from_elem(window.shape(), false);
    for sky in side.scenes.iter().filter_map(|scene| scene.sky.as_ref()) {
        sky.add_shaded(window, &mut near);
    }
    near
}
