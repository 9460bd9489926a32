//! The methods that every page explains: what each layer looks for and how its finding is tested.

use super::Method;
use crate::evidence::LayerKind;
use crate::evidence::verdict::Judgement;

/// Name, formula, words, source.
type Entry = (&'static str, &'static str, &'static str, &'static str);

/// The methods behind `judgement`: those of its layers, then those that all of them share.
pub fn standard(judgement: &Judgement) -> Vec<Method> {
    let layers = judgement.layers.iter().map(|layer| layer_method(layer.measured.layer));
    layers.chain(SHARED).map(method).collect()
}

fn method((name, formula, words, source): Entry) -> Method {
    let [name, formula, words, source] = [name, formula, words, source].map(str::to_owned);
    Method { name, formula, words, source }
}

fn layer_method(layer: LayerKind) -> Entry {
    match layer {
        LayerKind::Burn => (
            "Burned ground",
            "dNBR = NBR before \u{2212} NBR after \u{2212} offset, NBR = (NIR \u{2212} SWIR2) / (NIR + SWIR2)",
            "Fire takes leaves and leaves char: near infrared falls, shortwave infrared rises. The offset is the \
                median of unburned ground around.",
            "Key & Benson 2006, RMRS-GTR-164-CD; offset: Parks 2018",
        ),
        LayerKind::OpticalChange => (
            "Optical change",
            "|change| = \u{221a}\u{2211} ((after \u{2212} before) / \u{3c3})\u{b2} over the bands",
            "Any change of surface reflectance, in units of what unchanged ground does. It knows no cause.",
            "Malila 1980 (change vector analysis); \u{3c3} from the control ground",
        ),
        LayerKind::Radar => (
            "Radar change",
            "t = (mean after \u{2212} mean before) / \u{221a}(s\u{b2} after / n after + s\u{b2} before / n \
                before), of ln power",
            "Backscatter before against after at one relative orbit, orbits then taken together. It sees through \
                cloud.",
            "Welch 1947, doi 10.1093/biomet/34.1-2.28; Stouffer 1949",
        ),
        LayerKind::Heat => (
            "Heat",
            "s = ln((seen + \u{bd}) / (usual + \u{bd}))",
            "Thermal detections in the window against the same days of other years. Places that are hot year \
                after year, such as industry, are left out first.",
            "NASA FIRMS; VIIRS 375 m: Schroeder 2014, doi 10.1016/j.rse.2013.12.008",
        ),
    }
}

const SHARED: [Entry; 7] = [
    (
        "Placebo test",
        "p = (1 + placebos at or above the area) / (placebos + 1)",
        "The area\u{2019}s own outline is moved to places, and to years, where the claimed event is not known. \
            Were the area one of them, so high a rank would have probability p. Of both tests the larger p counts.",
        "Phipson & Smyth 2010, doi 10.2202/1544-6115.1585",
    ),
    (
        "Correction for several layers",
        "p\u{2019}(i) = max over j \u{2264} i of (k \u{2212} j + 1) p(j)",
        "Whoever looks at k layers has k chances to be fooled. p(1) to p(k) are sorted, and none is taken above 1.",
        "Holm 1979, Scandinavian Journal of Statistics 6",
    ),
    (
        "False alarms",
        "exact binomial interval at 95 %",
        "How often the placebos show as much as would count as a finding.",
        "Clopper & Pearson 1934, doi 10.1093/biomet/26.4.404",
    ),
    (
        "Power",
        "power(size) = found / implanted",
        "The mark of an event is put into real pixels of places without one, and the same detector looks for it. \
            What would not have been found says nothing when it is not found.",
        "Cohen 1988, Statistical Power Analysis",
    ),
    (
        "Dating",
        "(last clear look without the mark, first clear look with it]",
        "The mark appeared in that span. A mark that was there before the window opened is not the claimed \
            event\u{2019}s.",
        "",
    ),
    (
        "Strength",
        "likelihood ratio = density if it happened / density if it did not, within 1 / (m + 1) and m + 1",
        "Densities come from implants and from the m placebos. Optical layers count once, by the weakest; \
            families multiply. Words: 1 to 2 none, to 10 weak, to 100 moderate, to 1,000 moderately strong.",
        "ENFSI 2015, Guideline for evaluative reporting",
    ),
    (
        "Verdict",
        "not observable, else corroborates, else contradicts, else inconclusive",
        "Corroborates: p at most 0.05 after correction, an effect above nothing and above the least that counts, \
            a date that fits, and no other explanation that fits as well. Contradicts: it would have been seen \
            with 80 % power, and was not, or it was there before. For a claim that nothing happened both change \
            places.",
        "",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_has_a_formula_and_a_source() {
        for layer in [LayerKind::Burn, LayerKind::OpticalChange, LayerKind::Radar, LayerKind::Heat] {
            let method = method(layer_method(layer));
            assert!(!method.formula.is_empty() && !method.source.is_empty(), "{method:?}");
        }
    }
}
