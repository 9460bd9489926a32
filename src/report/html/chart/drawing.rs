//! A sheet of SVG: lines, boxes, dots and labels by class, with the words for those who do not see it.

use std::fmt::Display;

use super::super::markup::Html;

/// A drawing in progress, in units of its own width and height.
#[derive(Debug)]
pub(in crate::report) struct Drawing {
    html: Html,
}

/// Where a label's text begins, as SVG's `text-anchor` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Anchor {
    /// Text runs to the right of the point.
    Start,
    /// Text is centred on the point.
    Middle,
    /// Text runs to the left of the point.
    End,
}

impl Anchor {
    fn attribute(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Drawing {
    /// A sheet of that size; `words` say what it shows.
    pub(in crate::report) fn new(width: f64, height: f64, words: impl Display) -> Self {
        let mut html = Html::new();
        html.markup("<svg class=\"chart\" role=\"img\" viewBox=\"0 0 ")
            .coordinate(width)
            .markup(" ")
            .coordinate(height);
        html.around("\" aria-label=\"", words, "\">");
        Self { html }
    }

    fn number(&mut self, name: &'static str, value: f64) {
        self.html.markup(name).coordinate(value);
    }

    /// A straight line.
    pub(in crate::report) fn line(&mut self, class: &'static str, from: (f64, f64), to: (f64, f64)) {
        self.html.around("<line class=\"", class, "");
        for (name, value) in [("\" x1=\"", from.0), ("\" y1=\"", from.1), ("\" x2=\"", to.0), ("\" y2=\"", to.1)] {
            self.number(name, value);
        }
        self.html.markup("\"/>");
    }

    /// A box by its corners, in any order.
    pub(in crate::report) fn area(&mut self, class: &'static str, one: (f64, f64), other: (f64, f64)) {
        self.html.around("<rect class=\"", class, "");
        let (left, top) = (one.0.min(other.0), one.1.min(other.1));
        let (width, height) = ((one.0 - other.0).abs(), (one.1 - other.1).abs());
        for (name, value) in [("\" x=\"", left), ("\" y=\"", top), ("\" width=\"", width), ("\" height=\"", height)] {
            self.number(name, value);
        }
        self.html.markup("\"/>");
    }

    /// A dot.
    pub(in crate::report) fn dot(&mut self, class: &'static str, at: (f64, f64), radius: f64) {
        self.html.around("<circle class=\"", class, "");
        for (name, value) in [("\" cx=\"", at.0), ("\" cy=\"", at.1), ("\" r=\"", radius)] {
            self.number(name, value);
        }
        self.html.markup("\"/>");
    }

    /// Straight lines from point to point.
    pub(in crate::report) fn polyline(&mut self, class: &'static str, points: &[(f64, f64)]) {
        self.html.around("<polyline class=\"", class, "\" points=\"");
        for (x, y) in points {
            self.html.coordinate(*x).markup(",").coordinate(*y).markup(" ");
        }
        self.html.markup("\"/>");
    }

    /// A line of text on the baseline `at`.
    pub(in crate::report) fn label(&mut self, class: &'static str, anchor: Anchor, at: (f64, f64), text: impl Display) {
        self.html.around("<text class=\"", class, "\" text-anchor=\"").markup(anchor.attribute());
        self.number("\" x=\"", at.0);
        self.number("\" y=\"", at.1);
        self.html.around("\">", text, "</text>");
    }

    /// Begins a group whose words show where a pointer rests on it.
    pub(in crate::report) fn begin_group(&mut self, words: impl Display) {
        self.html.around("<g><title>", words, "</title>");
    }

    /// Ends the group.
    pub(in crate::report) fn end_group(&mut self) {
        self.html.markup("</g>");
    }

    /// The drawing as a piece of the page.
    pub(in crate::report) fn finish(mut self) -> Html {
        self.html.markup("</svg>");
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_words_are_escaped() {
        let mut drawing = Drawing::new(10.0, 5.0, "a \"b\" <c>");
        drawing.label("label", Anchor::Middle, (1.0, 2.0), "</text><script>");
        let text = drawing.finish().finish();
        assert_eq!(
            text,
            "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 10 5\" aria-label=\"a &quot;b&quot; &lt;c&gt;\">\
             <text class=\"label\" text-anchor=\"middle\" x=\"1\" y=\"2\">&lt;/text&gt;&lt;script&gt;</text></svg>"
        );
    }

    #[test]
    fn corners_come_in_any_order() {
        let mut drawing = Drawing::new(10.0, 5.0, "");
        drawing.area("bar", (6.0, 4.0), (2.0, 1.0));
        assert!(drawing.finish().finish().contains("x=\"2\" y=\"1\" width=\"4\" height=\"3\""));
    }
}
