//! A second opinion on what was seen: each date held against the other.

use ndarray::Array2;

use super::side::{SideTaps, View};
use crate::error::Result;
use crate::geom::window::Window;
use crate::kernel::index::Role;
use crate::kernel::mask;

/// Marks, in the codes of both views, cloud by comparison; where both shortwave infrared bands are there, also snow
/// by its index and cloud shadow near the clouds that classes tell. `window` is where the views lie on the work
/// grid. Without blue, green and red nothing is done.
///
/// # Errors
/// As the kernels.
pub(super) fn given(sides: [&SideTaps; 2], window: Window, views: &mut [View; 2]) -> Result<()> {
    if !both_have(views, &[Role::Blue, Role::Green, Role::Red]) {
        return Ok(());
    }
    let mut codes = views.each_mut().map(|view| std::mem::take(&mut view.codes));
    let told = told(sides, window, views, &mut codes);
    for (view, codes) in views.iter_mut().zip(codes) {
        view.codes = codes;
    }
    told
}

fn both_have(views: &[View; 2], roles: &[Role]) -> bool {
    views.iter().all(|view| roles.iter().all(|role| view.plane(*role).is_some()))
}

fn told(sides: [&SideTaps; 2], window: Window, views: &[View; 2], [before, after]: &mut [Array2<u8>; 2]) -> Result<()> {
    let gain = sides[0].gain;
    let known = views.each_ref().map(View::known);
    let planes = [&known[0], &known[1]];
    let infrared = both_have(views, &[Role::Swir1, Role::Swir2]);
    if infrared {
        mask::snow(planes[0], gain, before.view_mut())?;
        mask::snow(planes[1], gain, after.view_mut())?;
    }
    mask::clouds(planes, gain, [before.view_mut(), after.view_mut()])?;
    if infrared {
        let near = sides.map(|side| shaded(side, window));
        mask::shadows(planes, gain, [near[0].view(), near[1].view()], [before.view_mut(), after.view_mut()])?;
    }
    Ok(())
}

/// Where a cloud of any of a side's scenes may have cast its shadow.
fn shaded(side: &SideTaps, window: Window) -> Array2<bool> {
    let mut near = Array2::from_elem(window.shape(), false);
    for sky in side.scenes.iter().filter_map(|scene| scene.sky.as_ref()) {
        sky.add_shaded(window, &mut near);
    }
    near
}
