//! Pictures of heaps that mean harm: any text, any graph.

mod corpus;

use heapgraph::render::placement::{Point, Step};
use heapgraph::render::{Layout, PictureError, PictureFormat, PictureOptions, Scale, Theme, picture, scene_of};
use heapgraph::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, TargetEnd};
use heapgraph::units::Address;
use proptest::prelude::*;
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree;

/// Texts that broke somebody once.
const HOSTILE: [&str; 23] = [
    "",
    " ",
    "\0",
    "\u{1b}[31m\n\r\t\u{7f}\u{85}",
    "\u{202e}gnp.exe\u{202c}",
    "\u{2066}a\u{2069}\u{200f}\u{61c}",
    "]]><!--</title></svg><script>alert(1)</script>-->",
    "&amp;&#0;&notanentity;",
    "\"'`\\\"];}{|<>",
    "\\N\\G\\l",
    "\u{301}\u{302}",
    "e\u{301}\u{301}\u{301}",
    "👨‍👩‍👧‍👦🏳️‍🌈\u{200d}",
    "漢字かな交じり文",
    "العربية עברית",
    "\u{fffe}\u{ffff}\u{fdd0}\u{10ffff}",
    "\u{feff}\u{200b}\u{ad}",
    "क्षि ക്ഷ ၷႏ",
    "%%{init: {}}%%\n---",
    "ﷺ𒐫𓀀",
    "\u{e000}\u{f0000}\u{e0041}",
    "ᄀᄀᄀ각ᆨᆨ",
    "\u{3164}\u{ffa0}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z_.]{0,12}",
        3 => proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => (proptest::sample::select(&HOSTILE[..]), 1usize..3000).prop_map(|(part, times)| part.repeat(times)),
    ]
}

fn described() -> impl Strategy<Value = DiagramBox> {
    let role = proptest::sample::select(vec![
        BoxRole::Target,
        BoxRole::Root,
        BoxRole::Object,
        BoxRole::Object,
        BoxRole::Object,
        BoxRole::Fold,
        BoxRole::More,
    ]);
    let texts = (text(), proptest::collection::vec(text(), 0..3), proptest::collection::vec(text(), 0..3));
    (role, texts, any::<Option<u64>>(), any::<(u32, u64, bool, bool)>(), proptest::option::of(text())).prop_map(
        |(role, (heading, lines, facts), address, (distance, objects, highlighted, finalizer), root)| DiagramBox {
            address: address.map(Address),
            role,
            heading,
            lines,
            facts,
            distance,
            objects,
            root,
            highlighted,
            series: Vec::new(),
            finalizer,
        },
    )
}

fn diagram(largest: usize) -> impl Strategy<Value = Diagram> {
    let arrow = |ends: std::ops::Range<usize>| {
        (ends.clone(), ends, proptest::collection::vec(text(), 0..5), any::<u64>(), any::<bool>(), any::<bool>())
            .prop_map(|(from, to, labels, unnamed_more, weak, emphasised)| Arrow {
                from,
                to,
                labels,
                unnamed_more: if unnamed_more % 3 == 0 { unnamed_more } else { 0 },
                weak,
                emphasised,
            })
    };
    (0..largest).prop_flat_map(move |boxes| {
        (
            proptest::collection::vec(described(), boxes),
            proptest::collection::vec(arrow(0..boxes + 1), 0..2 * boxes + 2),
            text(),
            proptest::collection::vec(text(), 0..3),
            any::<bool>(),
        )
            .prop_map(|(boxes, arrows, title, notes, last)| Diagram {
                title,
                notes,
                target_end: if last { TargetEnd::Last } else { TargetEnd::First },
                boxes,
                arrows,
            })
    })
}

/// Draws in every format and looks at what came out.
fn check(diagram: &Diagram) {
    let options = |theme| PictureOptions {
        theme,
        scale: Scale::Exactly(0.4),
        max_pixels: 20_000_000,
        ..PictureOptions::default()
    };
    for layout in [Layout::Native, Layout::Auto] {
        let quality = scene_of(diagram, layout).unwrap().quality();
        assert!(quality.is_clean(), "{layout:?}: {quality:?}");
    }
    if let Ok(scene) = scene_of(diagram, Layout::LayoutRs) {
        assert!(scene.quality().is_clean());
    }
    for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
        let svg = String::from_utf8(picture(diagram, PictureFormat::Svg, &options(theme)).unwrap().bytes).unwrap();
        let tree = roxmltree::Document::parse(&svg).unwrap();
        let boxes =
            tree.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("box ")));
        let legend = tree.descendants().find(|node| node.attribute("class") == Some("legend"));
        let samples = legend.map_or(0, |legend| {
            legend
                .children()
                .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("box ")))
                .count()
        });
        assert_eq!(boxes.count() - samples, diagram.boxes.len());
        assert!(!svg.contains("<script"));
        assert!(!svg.chars().any(|character| {
            character.is_control() && character != '\n' || ('\u{202a}'..='\u{202e}').contains(&character)
        }));
    }
    match picture(diagram, PictureFormat::Png, &options(Theme::Auto)) {
        Ok(png) => {
            let pixels = Pixmap::decode_png(&png.bytes).unwrap();
            let first = pixels.pixels()[0];
            assert!(diagram.boxes.is_empty() || pixels.pixels().iter().any(|pixel| *pixel != first), "a blank picture");
        }
        Err(error) => assert!(matches!(error, PictureError::TooLarge { .. }), "{error}"),
    }
    for format in [PictureFormat::Dot, PictureFormat::Mermaid] {
        let text = String::from_utf8(picture(diagram, format, &options(Theme::Auto)).unwrap().bytes).unwrap();
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
    }
    let json = picture(diagram, PictureFormat::Json, &options(Theme::Auto)).unwrap().bytes;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["boxes"].as_array().unwrap().len(), diagram.boxes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_small_diagram_is_drawn(diagram in diagram(14)) {
        check(&diagram);
    }
}

/// Whether something is drawn where a label stands, and the text that is to be seen there; `None` when nothing is left of it.
fn ink(label: &str) -> Option<(bool, String)> {
    let mut diagram = corpus::plain(2, [(1, 0)]);
    diagram.arrows[0].labels = vec![label.to_owned()];
    let scene = scene_of(&diagram, Layout::Native).unwrap();
    let run = scene.arrows[0].label.as_ref()?;
    let options = PictureOptions { scale: Scale::Exactly(1.0), layout: Layout::Native, ..PictureOptions::default() };
    let pixels = Pixmap::decode_png(&picture(&diagram, PictureFormat::Png, &options).unwrap().bytes).unwrap();
    let paper = pixels.pixel(0, 0).unwrap();
    let columns = run.start.x as u32..(run.start.x + run.width).ceil() as u32;
    let rows = (run.start.y - run.size) as u32..(run.start.y + run.size * 0.3) as u32;
    let ink = columns.flat_map(|x| rows.clone().map(move |y| (x, y))).any(|(x, y)| pixels.pixel(x, y) != Some(paper));
    Some((ink, run.text.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_label_leaves_ink(label in prop_oneof![any::<String>(), "\\PC{1,4}", text()]) {
        if let Some((ink, text)) = ink(&label) {
            // Spaces and marks may show nothing; letters and digits do.
            prop_assert!(ink || !text.chars().any(char::is_alphanumeric), "{:?} is invisible", label);
        } else {
            prop_assert!(!label.chars().any(char::is_alphanumeric), "{:?} is left out", label);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn any_large_diagram_is_drawn(diagram in diagram(500)) {
        let quality = scene_of(&diagram, Layout::Native).unwrap().quality();
        prop_assert!(quality.is_clean(), "{:?}", quality);
        let svg = picture(&diagram, PictureFormat::Svg, &PictureOptions::default()).unwrap().bytes;
        prop_assert!(roxmltree::Document::parse(std::str::from_utf8(&svg).unwrap()).is_ok());
    }
}

#[test]
fn each_hostile_text_is_drawn_everywhere() {
    for part in HOSTILE {
        for text in [part.to_owned(), part.repeat(5_000)] {
            let mut diagram = corpus::plain(2, [(1, 0)]);
            diagram.title = text.clone();
            diagram.notes = vec![text.clone()];
            diagram.arrows[0].labels = vec![text.clone()];
            for described in &mut diagram.boxes {
                described.heading = text.clone();
                described.lines = vec![text.clone()];
                described.facts = vec![text.clone()];
                described.root = Some(text.clone());
            }
            check(&diagram);
        }
    }
}

#[test]
fn letters_that_show_nothing_are_shown() {
    for label in ["\u{3164}", "\u{ffa0}", "\u{115f}\u{1160}", "\u{200b}", "\u{feff}", "漢字", "a"] {
        assert!(ink(label).is_some_and(|(ink, _)| ink), "{label:?}");
    }
}

#[test]
fn a_label_changes_pixels() {
    let options = PictureOptions { scale: Scale::Exactly(1.0), ..PictureOptions::default() };
    let draw = |label: &str| {
        let mut diagram = corpus::plain(2, [(1, 0)]);
        // Equally wide labels: everything else stays in place.
        diagram.arrows[0].labels = vec![label.to_owned()];
        picture(&diagram, PictureFormat::Png, &options).unwrap().bytes
    };
    assert_ne!(draw("pb"), draw("bp"));
    assert_eq!(draw("pb"), draw("pb"));
}

#[test]
fn straight_lines_are_drawn() {
    // Upright lines, level ones of the legend, and the tiles of a large picture.
    for (diagram, scale) in
        [(corpus::plain(2, [(1, 0)]), 1.0), (corpus::doubly_linked(12), 1.0), (corpus::star(60), 2.0)]
    {
        let scene = scene_of(&diagram, Layout::Auto).unwrap();
        let options = PictureOptions { scale: Scale::Exactly(scale), ..PictureOptions::default() };
        let png = picture(&diagram, PictureFormat::Png, &options).unwrap().bytes;
        let pixels = Pixmap::decode_png(&png).unwrap();
        let paper = pixels.pixel(0, 0).unwrap();
        let drawn = |x: f64, y: f64| {
            let near = |offset: i32| pixels.pixel(((x * scale) as i32 + offset) as u32, (y * scale) as u32).unwrap();
            (-1..=1).any(|offset| near(offset) != paper)
        };
        for arrow in scene.arrows.iter().filter(|arrow| !arrow.placed.back) {
            let mut at = None;
            for step in &arrow.placed.line {
                let end = match *step {
                    Step::Move(end) | Step::Line(end) | Step::Curve(_, _, end) => end,
                };
                if let (Some(Point { x, y }), Step::Line(_)) = (at, step) {
                    assert!(drawn((x + end.x) / 2.0, (y + end.y) / 2.0), "{x} {y} to {} {}", end.x, end.y);
                }
                at = Some(end);
            }
        }
        for entry in &scene.legend {
            assert!(drawn(entry.sample.x + 2.0, entry.sample.y + entry.sample.height / 2.0), "{:?}", entry.sign);
        }
    }
}

#[test]
fn a_picture_too_large_says_what_fits() {
    let diagram = corpus::star(300);
    let options = PictureOptions { max_pixels: 1_000_000, scale: Scale::Exactly(2.0), ..PictureOptions::default() };
    let error = picture(&diagram, PictureFormat::Png, &options).unwrap_err();
    let PictureError::TooLarge { fitting_scale, .. } = error else { panic!("{error}") };
    assert!(error.to_string().contains("1,000,000"));
    picture(&diagram, PictureFormat::Png, &PictureOptions { scale: Scale::Exactly(fitting_scale), ..options }).unwrap();
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            picture(&diagram, PictureFormat::Png, &PictureOptions { scale: Scale::Exactly(scale), ..options }),
            Err(PictureError::Scale { .. })
        ));
    }
}

#[test]
fn long_names_are_whole_in_the_tooltip() {
    let mut diagram = corpus::plain(2, [(1, 0)]);
    diagram.boxes[1].heading = format!("app.{}.Session", "very_long_module_name.".repeat(8));
    let svg =
        String::from_utf8(picture(&diagram, PictureFormat::Svg, &PictureOptions::default()).unwrap().bytes).unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let heading = &diagram.boxes[1].heading;
    let has = |name: &str, test: &dyn Fn(&str) -> bool| {
        tree.descendants().any(|node| node.has_tag_name(name) && node.text().is_some_and(test))
    };
    assert!(has("title", &|text| text.contains(heading.as_str())));
    assert!(has("text", &|text| text.contains('…') && text.ends_with("Session")));
}

#[test]
fn two_pictures_share_a_page() {
    let ids: Vec<String> = [corpus::excerpt(1, 8), corpus::excerpt(2, 8)]
        .iter()
        .map(|diagram| {
            let svg =
                String::from_utf8(picture(diagram, PictureFormat::Svg, &PictureOptions::default()).unwrap().bytes)
                    .unwrap();
            let tree = roxmltree::Document::parse(&svg).unwrap();
            let id = tree.root_element().attribute("id").unwrap().to_owned();
            for node in tree.descendants().filter_map(|node| node.attribute("id")) {
                assert!(node.starts_with(&id));
            }
            let style = tree.descendants().find(|node| node.has_tag_name("style")).unwrap().text().unwrap();
            assert!(
                style
                    .lines()
                    .filter(|line| line.contains('{') && !line.starts_with('@'))
                    .all(|line| line.starts_with(&format!("#{id} ")))
            );
            id
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
}

/// Only where Graphviz is installed.
#[test]
fn graphviz_reads_our_dot() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    if Command::new("dot").arg("-V").output().is_err() {
        return;
    }
    for text in HOSTILE {
        let mut diagram = corpus::excerpt(4, 8);
        diagram.title = text.to_owned();
        for described in &mut diagram.boxes {
            described.heading = text.to_owned();
            described.facts = vec![text.to_owned(), text.to_owned()];
        }
        diagram.arrows.iter_mut().for_each(|arrow| arrow.labels = vec![text.to_owned()]);
        let source = picture(&diagram, PictureFormat::Dot, &PictureOptions::default()).unwrap().bytes;
        let mut child = Command::new("dot")
            .arg("-Tplain")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&source).unwrap();
        let output = child.wait_with_output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !complaints.contains("rror"), "{text:?}: {complaints}");
        let plain = String::from_utf8_lossy(&output.stdout);
        assert_eq!(plain.lines().filter(|line| line.starts_with("node ")).count(), diagram.boxes.len());
        assert_eq!(plain.lines().filter(|line| line.starts_with("edge ")).count(), diagram.arrows.len());
    }
}
