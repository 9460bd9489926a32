//! The map: pictures and outlines once, shown as still panels on paper and without script, and by Leaflet with one.

use serde_json::{Value, json};

use super::markup::Html;
use super::outline::{Frame, Outlines, metres_per_unit};
use super::{Overlay, Page, Role, Swatch};
use crate::error::{Error, Result};
use crate::text::Foreign;

/// Share of the map's extent that is left around outlines.
const MARGIN: f64 = 0.15;

/// What a map is drawn from.
#[derive(Debug)]
pub(super) struct Map {
    area: Outlines,
    objects: Outlines,
    /// West, south, east, north of everything, in degrees.
    extent: [f64; 4],
    data: Value,
}

fn union(one: [f64; 4], other: [f64; 4]) -> [f64; 4] {
    [one[0].min(other[0]), one[1].min(other[1]), one[2].max(other[2]), one[3].max(other[3])]
}

impl Map {
    /// Reads the page's outlines.
    ///
    /// # Errors
    /// `Malformed` when they are not GeoJSON or the area has no position.
    pub(super) fn of(page: &Page<'_>) -> Result<Self> {
        let area = Outlines::of(page.area)?;
        let objects = Outlines::of(page.objects)?;
        let bounds = area.bounds().ok_or_else(|| Error::malformed("the area of the report has no position"))?;
        let extent = match page.overlays.iter().map(|overlay| overlay.bounds).reduce(union) {
            Some(pictures) => pictures,
            None => widened(union(bounds, objects.bounds().unwrap_or(bounds))),
        };
        let data = json!({
            "bounds": extent,
            "simulated": page.simulated,
            "area": parsed(page.area)?,
            "objects": parsed(page.objects)?,
            "overlays": page.overlays.iter().map(layer).collect::<Vec<_>>(),
        });
        Ok(Self { area, objects, extent, data })
    }

    /// The section of the page.
    pub(super) fn section(&self, page: &Page<'_>) -> Html {
        let mut html = Html::new();
        html.markup("<section id=\"map-section\" aria-labelledby=\"map-title\"><h2 id=\"map-title\">The place</h2>");
        self.live(&mut html, page);
        self.still(&mut html, page);
        html.markup("<p class=\"note\">Dashed line: the area of the claim. Blue outlines and dots: what was found. ");
        html.markup("North is up; the map is in Web Mercator, the bar measures at its middle.</p>");
        html.markup("<script type=\"application/json\" id=\"map-data\">")
            .json(&self.data)
            .markup("</script></section>");
        html
    }

    /// What the script fills and shows.
    fn live(&self, html: &mut Html, page: &Page<'_>) {
        html.markup("<div id=\"map-live\" hidden>");
        if compares(page) {
            html.markup("<div class=\"sides\" aria-hidden=\"true\"><span>before</span><span>after</span></div>");
        }
        html.markup(
            "<div id=\"map\" role=\"region\" aria-label=\"Map of the area with what was found. Arrow keys \
            move it, plus and minus change its scale.\">",
        );
        html.markup("<div id=\"divider\" hidden></div>");
        if page.simulated {
            html.markup("<div class=\"map-stamp\" aria-hidden=\"true\">SIMULATED</div>");
        }
        html.markup("</div>");
        if compares(page) {
            html.markup("<label class=\"slider\" for=\"slider\">Compare before and after</label>");
            html.markup(
                "<input type=\"range\" id=\"slider\" min=\"0\" max=\"100\" value=\"50\" \
                aria-describedby=\"slider-words\">",
            );
            html.markup(
                "<span id=\"slider-words\" class=\"unseen\">Left of the divider the map shows the picture \
                before, right of it the picture after.</span>",
            );
        }
        self.switches(html, page);
        html.markup("</div>");
    }

    fn switches(&self, html: &mut Html, page: &Page<'_>) {
        html.markup("<fieldset class=\"switches\"><legend>Show</legend>");
        for (number, overlay) in page.overlays.iter().enumerate() {
            html.around("<div><label><input type=\"checkbox\" data-overlay=\"", number, "\"");
            html.markup(if overlay.shown { " checked> " } else { "> " }).text(&overlay.name).markup("</label>");
            legend(html, &overlay.legend);
            html.markup("</div>");
        }
        html.markup("<label><input type=\"checkbox\" data-outline=\"area\" checked> area of the claim</label>");
        html.markup("<label><input type=\"checkbox\" data-outline=\"objects\" checked> what was found</label>");
        html.markup("</fieldset>");
    }

    /// One panel a picture; without pictures, outlines alone.
    fn still(&self, html: &mut Html, page: &Page<'_>) {
        html.markup("<div class=\"panels\">");
        for (number, overlay) in page.overlays.iter().enumerate() {
            self.panel(html, page, overlay, number);
        }
        if page.overlays.is_empty() {
            html.markup("<figure class=\"panel\"><div class=\"picture blank\">");
            self.drawn(html, page, &Frame::of(self.extent));
            html.markup("</div><figcaption>")
                .markup(simulated(page))
                .markup("The area and what was found in it.</figcaption></figure>");
        }
        html.markup("</div>");
    }

    fn panel(&self, html: &mut Html, page: &Page<'_>, overlay: &Overlay, number: usize) {
        html.markup("<figure class=\"panel\"><div class=\"picture\">");
        html.around("<img id=\"overlay-", number, "\" alt=\"").text(&overlay.description);
        html.markup("\" src=\"").picture(&overlay.png).markup("\">");
        self.drawn(html, page, &Frame::of(overlay.bounds));
        html.markup("</div><figcaption>").markup(simulated(page)).text(&overlay.name);
        legend(html, &overlay.legend);
        html.markup("</figcaption></figure>");
    }

    /// Outlines, scale bar and stamp over one frame.
    fn drawn(&self, html: &mut Html, page: &Page<'_>, frame: &Frame) {
        let (width, height) = (frame.width(), frame.height());
        html.markup("<svg class=\"outlines\" aria-hidden=\"true\" viewBox=\"0 0 ")
            .coordinate(width)
            .markup(" ")
            .coordinate(height)
            .markup("\">");
        self.objects.draw(html, "object", frame, width / 100.0);
        self.area.draw(html, "area-seam", frame, width / 100.0);
        self.area.draw(html, "area", frame, width / 100.0);
        scale_bar(html, frame, (self.extent[1] + self.extent[3]) / 2.0);
        if page.simulated {
            html.markup("<text class=\"stamp\" text-anchor=\"middle\" x=\"").coordinate(width / 2.0);
            html.markup("\" y=\"").coordinate(height / 2.0 + width / 28.0);
            html.markup("\" font-size=\"").coordinate(width / 9.0).markup("\">SIMULATED</text>");
        }
        html.markup("</svg>");
    }
}

/// Whether there is something to compare.
fn compares(page: &Page<'_>) -> bool {
    let has = |role| page.overlays.iter().any(|overlay| overlay.role == role);
    has(Role::Before) && has(Role::After)
}

/// What every caption begins with where anything is simulated.
pub(super) fn simulated(page: &Page<'_>) -> &'static str {
    if page.simulated { "<strong class=\"simulated-word\">SIMULATED.</strong> " } else { "" }
}

fn widened([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    // A lone point still needs room: a hundredth of a degree is about a kilometre.
    let (across, up) = ((east - west).max(0.01) * MARGIN, (north - south).max(0.01) * MARGIN);
    let reach = |lat: f64| lat.clamp(-super::REACH, super::REACH);
    [west - across, reach(south - up), east + across, reach(north + up)]
}

fn parsed(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        Error::malformed(format!("the outlines of the report are not JSON: {}", Foreign::new(error.to_string())))
    })
}

fn layer(overlay: &Overlay) -> Value {
    let role = match overlay.role {
        Role::Before => "before",
        Role::After => "after",
        Role::Layer => "layer",
    };
    json!({ "role": role, "shown": overlay.shown, "bounds": overlay.bounds })
}

fn legend(html: &mut Html, swatches: &[Swatch]) {
    if swatches.is_empty() {
        return;
    }
    html.markup("<ul class=\"legend\">");
    for swatch in swatches {
        let [red, green, blue] = swatch.colour;
        html.around(
            "<li><span class=\"swatch\" style=\"background:rgb(",
            format_args!("{red},{green},{blue}"),
            ")\"></span>",
        );
        html.text(&swatch.words).markup("</li>");
    }
    html.markup("</ul>");
}

/// A bar of a round length, about a quarter of the frame.
fn scale_bar(html: &mut Html, frame: &Frame, lat: f64) {
    let metres = super::chart::scale::round_step(frame.width() * metres_per_unit(lat) / 8.0);
    let (length, unit) = (metres / metres_per_unit(lat), frame.width() / 100.0);
    let (left, base) = (3.0 * unit, frame.height() - 3.0 * unit);
    for (class, grown) in [("bar-seam", 0.4 * unit), ("bar-ink", 0.0)] {
        html.around("<rect class=\"", class, "\" x=\"")
            .coordinate(left - grown)
            .markup("\" y=\"")
            .coordinate(base - unit - grown);
        html.markup("\" width=\"")
            .coordinate(length + 2.0 * grown)
            .markup("\" height=\"")
            .coordinate(unit + 2.0 * grown)
            .markup("\"/>");
    }
    let words = if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") };
    html.markup("<text class=\"bar-words\" x=\"").coordinate(left).markup("\" y=\"").coordinate(base - 2.0 * unit);
    html.markup("\" font-size=\"").coordinate(4.0 * unit).around("\">", words, "</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_point_has_room() {
        let [west, south, east, north] = widened([37.0, 49.0, 37.0, 49.0]);
        assert!(east - west > 0.002 && north - south > 0.002);
    }

    #[test]
    fn a_legend_holds_no_markup() {
        let mut html = Html::new();
        legend(&mut html, &[Swatch { colour: [1, 2, 3], words: "<b>".to_owned() }]);
        assert!(html.finish().contains("rgb(1,2,3)\"></span>&lt;b&gt;</li>"));
    }
}
