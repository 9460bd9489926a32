//! The pages of a watch: where everything stands, over one area or many. They run no script, load nothing but the
//! pictures beside them, hold no time of day, and are the same bytes for the same records.

mod area;
mod frame;
mod front;
mod notices;
mod sightings;
mod strip;
mod table;

use jiff::civil::Date;

use crate::text::Foreign;

/// All that the pages say. Places are paths from the watch's folder on, with slashes.
#[derive(Debug, Clone)]
pub struct Site {
    /// The job's label.
    pub job: String,
    /// The areas, in the job's order.
    pub areas: Vec<Area>,
    /// What was told, in the order in which it was.
    pub notices: Vec<Notice>,
    /// False alerts that an area may give in a year.
    pub false_alerts_per_year: f64,
    /// What such layers cannot tell.
    pub limits: &'static str,
    /// Name and version of the program.
    pub program: String,
}

/// One area.
#[derive(Debug, Clone)]
pub struct Area {
    /// Its label: letters, digits, hyphens, underscores, full stops.
    pub id: String,
    /// Its name for people (untrusted).
    pub name: Option<Foreign>,
    /// Its size on the ground, hectares.
    pub area_ha: f64,
    /// Whether any acquisition is simulated.
    pub simulated: bool,
    /// The newest record of each acquisition, in the order of acquisition.
    pub acquisitions: Vec<Acquisition>,
    /// Objects, in the order in which they appeared.
    pub objects: Vec<Object>,
    /// Sightings too weak to be followed, in the order of the looks.
    pub below: Vec<Weak>,
    /// Pictures of the newest look.
    pub pictures: Vec<Picture>,
    /// Whom the data is from.
    pub credits: Vec<String>,
}

/// One acquisition.
#[derive(Debug, Clone)]
pub struct Acquisition {
    /// The day, UTC.
    pub day: Date,
    /// Share of the area that it saw clearly, 0 to 1.
    pub clear_share: f64,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it was on record before in another processing.
    pub renewed: bool,
    /// Its items (untrusted).
    pub items: Foreign,
    /// Its files: what each is, and where.
    pub files: Vec<(&'static str, String)>,
}

/// What came of an acquisition.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Too little of the area was clear.
    Unseen,
    /// There was nothing yet to hold it against.
    First,
    /// It was held against its baseline.
    Looked {
        /// How many objects it shows.
        objects: usize,
        /// Days of the baseline.
        baseline: Vec<Date>,
        /// Why it is doubtful; empty when it is not.
        doubts: Vec<String>,
    },
}

/// How far an object has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// One look shows it.
    First,
    /// Several do, not enough to be sure.
    Provisional,
    /// Enough do.
    Confirmed,
    /// It is followed no longer.
    Finished,
}

/// One object over time.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its label.
    pub id: String,
    /// How far it has come.
    pub state: State,
    /// The last clear look before it appeared, and the first that shows it.
    pub bracket: [Date; 2],
    /// Hectares, as seen largest.
    pub area_ha: f64,
    /// z of that look.
    pub z: f64,
    /// Confidence; 22.5 confirms.
    pub confidence: f64,
    /// Whether the look that first showed it is doubtful.
    pub doubtful: bool,
    /// Other explanations that its signs fit, strongest first.
    pub rivals: Vec<String>,
    /// Whether it was ever confirmed.
    pub was_confirmed: bool,
    /// Why it is followed no longer.
    pub ended: Option<String>,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Clear looks at it: the day, and whether the look shows it.
    pub looks: Vec<(Date, bool)>,
    /// Days on which its state changed.
    pub changes: Vec<(Date, State)>,
    /// Files of the run that first showed it.
    pub files: Vec<(&'static str, String)>,
}

/// A sighting that is not followed.
#[derive(Debug, Clone)]
pub struct Weak {
    /// The day of the look.
    pub day: Date,
    /// Hectares.
    pub area_ha: f64,
    /// Its z.
    pub z: f64,
}

/// A picture of the newest look.
#[derive(Debug, Clone)]
pub struct Picture {
    /// What it shows and when, in a few words.
    pub caption: String,
    /// The same for those who do not see it.
    pub description: String,
    /// Where it lies.
    pub file: String,
}

/// Something that was told.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The day of the acquisition that brought it.
    pub day: Date,
    /// `first`, `provisional`, `confirmed`, `finished` or `revised`.
    pub state: String,
    /// The area's label.
    pub area: String,
    /// The object's label.
    pub object: Option<String>,
    /// The same in a sentence.
    pub words: String,
    /// Whether it no longer follows from what is on record.
    pub withdrawn: bool,
}

impl Area {
    fn followed(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|object| object.state != State::Finished)
    }

    /// Whether the object that a notice is about is among these.
    fn has(&self, notice: &Notice) -> bool {
        self.objects.iter().any(|object| notice.object.as_ref() == Some(&object.id))
    }

    fn newest_look(&self) -> Option<&Acquisition> {
        self.acquisitions.iter().rev().find(|one| matches!(one.outcome, Outcome::Looked { .. }))
    }
}

/// Where the page of an area lies, from the watch's folder on.
pub fn page_of(area: &str) -> String {
    format!("areas/{area}.html")
}

/// `index.html`: the area itself where the watch has but one, else the list of them.
pub fn index(site: &Site) -> String {
    match site.areas.as_slice() {
        [only] => area::page(site, only, ""),
        _ => front::page(site),
    }
}

/// The page of an area, to lie at [`page_of`] it.
pub fn area(site: &Site, area: &Area) -> String {
    area::page(site, area, "../")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const HOSTILE: &str = "</title><script>alert(1)</script>\u{1b}[31m\u{202e}\" onload=\"x";

    fn acquisition(day: Date, clear_share: f64, outcome: Outcome) -> Acquisition {
        let files = vec![("record", format!("acquisitions/field/{day}/watch.json"))];
        Acquisition { day, clear_share, outcome, renewed: false, items: Foreign::new(HOSTILE), files }
    }

    fn looked(doubts: &[&str]) -> Outcome {
        let doubts = doubts.iter().map(|doubt| (*doubt).to_owned()).collect();
        Outcome::Looked { objects: 1, baseline: vec![date(2025, 6, 2)], doubts }
    }

    /// An area with one acquisition a kind and one object.
    pub(super) fn area() -> Area {
        let mut renewed = acquisition(date(2025, 6, 22), 0.9, looked(&[]));
        renewed.renewed = true;
        let object = Object {
            id: "20250612-1".into(),
            state: State::Finished,
            bracket: [date(2025, 6, 2), date(2025, 6, 12)],
            area_ha: 22.5,
            z: 31.25,
            confidence: 90.0,
            doubtful: true,
            rivals: vec!["tilled_ground".into()],
            was_confirmed: true,
            ended: Some("no look showed it for 31 days".into()),
            simulated: true,
            looks: vec![(date(2025, 6, 12), true), (date(2025, 6, 17), true), (date(2025, 6, 22), false)],
            changes: vec![
                (date(2025, 6, 12), State::First),
                (date(2025, 6, 17), State::Provisional),
                (date(2025, 6, 22), State::Confirmed),
                (date(2025, 6, 22), State::Finished),
            ],
            files: vec![("outlines", "acquisitions/field/x/change/change.geojson".into())],
        };
        Area {
            id: "field".into(),
            name: Some(Foreign::new(HOSTILE)),
            area_ha: 1893.76,
            simulated: true,
            acquisitions: vec![
                acquisition(date(2025, 6, 2), 1.0, Outcome::First),
                acquisition(date(2025, 6, 7), 0.05, Outcome::Unseen),
                acquisition(date(2025, 6, 12), 0.6, looked(&["a <doubt>"])),
                acquisition(date(2025, 6, 17), 1.0, looked(&[])),
                renewed,
            ],
            objects: vec![object],
            below: vec![Weak { day: date(2025, 6, 12), area_ha: 0.61, z: 5.2 }],
            pictures: vec![Picture {
                caption: "After".into(),
                description: "The area after".into(),
                file: "acquisitions/field/x/change/preview/false_colour_after.png".into(),
            }],
            credits: vec!["Contains modified Copernicus Sentinel data 2025".into()],
        }
    }

    fn site(areas: Vec<Area>) -> Site {
        let notice = |day, object: Option<&str>, withdrawn| Notice {
            day,
            state: if object.is_some() { "first" } else { "revised" }.into(),
            area: "field".into(),
            object: object.map(str::to_owned),
            words: format!("told on {day} {HOSTILE}"),
            withdrawn,
        };
        let notices = vec![
            notice(date(2025, 6, 12), Some("20250612-1"), false),
            notice(date(2025, 6, 17), Some("20250617-1"), true),
            notice(date(2025, 6, 22), None, false),
        ];
        let program = "groundtell 0".to_owned();
        Site { job: "year".into(), areas, notices, false_alerts_per_year: 0.5, limits: "What cannot be told.", program }
    }

    fn pages() -> [String; 3] {
        let one = site(vec![area()]);
        let mut other = area();
        other.id = "wood".into();
        [index(&one), super::area(&one, &one.areas[0]), index(&site(vec![area(), other]))]
    }

    #[test]
    fn foreign_text_is_inert_on_every_page() {
        for page in pages() {
            assert!(!page.contains("<script") && !page.contains(['\u{1b}', '\u{202e}']) && !page.contains("\" onload"));
            assert!(page.contains("&lt;script&gt;"));
            assert_eq!(page.matches("<h1").count(), 1);
            assert!(page.contains("What cannot be told.") && page.contains("role=\"note\"><strong>SIMULATED"));
            assert!(page.contains("img-src 'self' data:; style-src 'unsafe-inline'") && !page.contains("url("));
        }
    }

    #[test]
    fn ways_start_from_where_the_page_lies() {
        let [index, below, list] = pages();
        assert!(index.contains("href=\"acquisitions/field/x/change/change.geojson\"") && !index.contains("\"../"));
        assert!(below.contains("href=\"../acquisitions/field/x/change/change.geojson\""));
        assert!(below.contains("src=\"../acquisitions/") && below.contains("href=\"../catalog.json\""));
        assert!(
            list.contains("href=\"areas/wood.html\"") && list.contains("href=\"areas/field.html#object-20250612-1\"")
        );
    }

    #[test]
    fn alerts_stand_the_newest_first_and_lead_to_objects_that_are_there() {
        let [index, ..] = pages();
        let places =
            ["Told on 2025-06-22", "Told on 2025-06-17", "Told on 2025-06-12"].map(|one| index.find(one).unwrap());
        assert!(places.is_sorted(), "{places:?}");
        assert_eq!(index.matches("href=\"#object-").count(), 1);
        assert!(index.contains("id=\"object-20250612-1\"") && index.matches(">withdrawn<").count() == 1);
    }

    #[test]
    fn the_headline_counts() {
        let mut area = area();
        let said = |area: &Area| index(&site(vec![area.clone()]));
        assert!(said(&area).contains("No object is followed now. One is finished; it was confirmed."));
        assert!(said(&area).contains("Nothing followed does not mean"));
        let mut other = area.objects[0].clone();
        (other.id, other.state) = ("20250617-1".into(), State::Confirmed);
        area.objects.push(other.clone());
        assert!(said(&area).contains("One object is followed, confirmed. One is finished"));
        (other.id, other.state, other.was_confirmed) = ("20250622-1".into(), State::First, false);
        area.objects.push(other);
        assert!(said(&area).contains("2 objects are followed, 1 of them confirmed."));
        assert!(!said(&area).contains("Nothing followed"));
    }

    #[test]
    fn an_area_without_anything_is_a_page() {
        let empty = Area {
            acquisitions: Vec::new(),
            objects: Vec::new(),
            below: Vec::new(),
            pictures: Vec::new(),
            credits: Vec::new(),
            simulated: false,
            name: None,
            ..area()
        };
        let page = index(&Site { notices: Vec::new(), ..site(vec![empty]) });
        assert!(page.contains("none yet") && page.contains("None so far") && !page.contains("<svg"));
        let (head, body) = (page.split("<style>").next().unwrap(), page.split("</style>").nth(1).unwrap());
        assert!(!head.contains("SIMULATED") && !body.contains("SIMULATED"));
    }
}
