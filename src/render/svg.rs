//! A scene as SVG.
//!
//! Only what every viewer draws: paths, rectangles, text, classes in one style sheet whose rules begin with the picture's own
//! id, so that several pictures share a page.

use std::fmt::Write as _;

use xmlwriter::{Indent, Options, XmlWriter};

use super::boxes::Style;
use super::legend::{LegendEntry, Sign};
use super::placement::route::{HEAD_HALF_WIDTH, HEAD_LENGTH};
use super::placement::{Point, Rect, Step};
use super::scene::{Scene, SceneArrow, SceneBox};
use super::text_run::TextRun;
use super::theme::{self, Palette, Theme};
use crate::report::diagram::BoxRole;

/// How the drawing is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A file for people: tooltips, and text as wide as measured whatever font the reader has.
    File,
    /// Input of our own rasteriser, with exactly one theme.
    Raster,
}

/// Writes the scene. The same scene always gets the same bytes.
pub(super) fn write(scene: &Scene, theme: Theme, purpose: Use) -> String {
    let id = format!("hg-{:012x}", fingerprint(scene) >> 16);
    let options = Options { use_single_quote: false, indent: Indent::None, attributes_indent: Indent::None };
    let mut svg = Writer { xml: XmlWriter::new(options), id, purpose };
    svg.picture(scene, theme);
    let mut text = svg.xml.end_document();
    text.push('\n');
    text
}

struct Writer {
    xml: XmlWriter,
    id: String,
    purpose: Use,
}

impl Writer {
    fn picture(&mut self, scene: &Scene, theme: Theme) {
        let (width, height) = (number(scene.size.width), number(scene.size.height));
        self.xml.start_element("svg");
        self.xml.write_attribute("xmlns", "http://www.w3.org/2000/svg");
        self.xml.write_attribute("id", &self.id);
        self.xml.write_attribute("class", "heapgraph");
        self.xml.write_attribute("width", &width);
        self.xml.write_attribute("height", &height);
        self.xml.write_attribute_fmt("viewBox", format_args!("0 0 {width} {height}"));
        self.xml.write_attribute("role", "img");
        self.xml.write_attribute_fmt("aria-labelledby", format_args!("{0}-title {0}-desc", self.id));
        self.text_element("title", "title", if scene.name.is_empty() { "Reference graph" } else { &scene.name });
        self.text_element("desc", "desc", &description(scene));
        self.xml.start_element("style");
        self.xml.write_text(&style_sheet(&self.id, theme));
        self.xml.end_element();
        self.rect("paper", &Rect { x: 0.0, y: 0.0, width: scene.size.width, height: scene.size.height }, 0.0);
        if let Some(title) = &scene.title {
            self.text(title, "t");
        }
        // Boxes lie above arrows, emphasised arrows above others.
        self.group("arrows");
        for emphasised in [false, true] {
            scene
                .arrows
                .iter()
                .filter(|arrow| arrow.emphasised == emphasised)
                .for_each(|arrow| self.arrow(arrow, scene));
        }
        self.xml.end_element();
        self.group("boxes");
        scene.boxes.iter().for_each(|scene_box| self.scene_box(scene_box));
        self.xml.end_element();
        if !scene.legend.is_empty() {
            self.group("legend");
            scene.legend.iter().for_each(|entry| self.legend_entry(entry));
            self.xml.end_element();
        }
        scene.notes.iter().for_each(|note| self.text(note, "f"));
        self.xml.end_element();
    }

    fn group(&mut self, class: &str) {
        self.xml.start_element("g");
        self.xml.write_attribute("class", class);
    }

    fn text_element(&mut self, name: &str, id: &str, text: &str) {
        if self.purpose == Use::Raster {
            return;
        }
        self.xml.start_element(name);
        if !id.is_empty() {
            self.xml.write_attribute_fmt("id", format_args!("{}-{id}", self.id));
        }
        self.xml.write_text(&for_xml(text));
        self.xml.end_element();
    }

    fn tooltip(&mut self, text: &str) {
        if !text.is_empty() {
            self.text_element("title", "", text);
        }
    }

    fn text(&mut self, run: &TextRun, class: &str) {
        // The rasteriser draws these itself.
        let drawn_apart = self.purpose == Use::Raster && run.complete;
        if run.text.is_empty() || drawn_apart {
            return;
        }
        self.xml.start_element("text");
        self.xml.write_attribute("class", class);
        self.xml.write_attribute("x", &number(run.start.x));
        self.xml.write_attribute("y", &number(run.start.y));
        self.xml.write_attribute("font-size", &number(run.size));
        if run.bold {
            self.xml.write_attribute("font-weight", "bold");
        }
        if self.purpose == Use::File || !run.complete {
            // Another font than the one that was measured must still fit.
            self.xml.write_attribute("textLength", &number(run.width));
        }
        self.xml.set_preserve_whitespaces(true);
        self.xml.write_text(&for_xml(&run.text));
        self.xml.end_element();
        self.xml.set_preserve_whitespaces(false);
    }

    fn rect(&mut self, class: &str, rect: &Rect, radius: f64) {
        self.xml.start_element("rect");
        self.xml.write_attribute("class", class);
        self.xml.write_attribute("x", &number(rect.x));
        self.xml.write_attribute("y", &number(rect.y));
        self.xml.write_attribute("width", &number(rect.width));
        self.xml.write_attribute("height", &number(rect.height));
        if radius > 0.0 {
            self.xml.write_attribute("rx", &number(radius));
        }
        self.xml.end_element();
    }

    fn path(&mut self, class: &str, data: &str) {
        self.xml.start_element("path");
        self.xml.write_attribute("class", class);
        self.xml.write_attribute("d", data);
        self.xml.end_element();
    }

    fn arrow(&mut self, arrow: &SceneArrow, scene: &Scene) {
        self.xml.start_element("g");
        self.xml.write_attribute("class", arrow_class(arrow));
        for (name, index) in [("data-from", arrow.from), ("data-to", arrow.to)] {
            if let Some(address) = scene.boxes.get(index).and_then(|scene_box| scene_box.address) {
                self.xml.write_attribute(name, &address);
            }
        }
        self.tooltip(&arrow.tooltip);
        self.path("line", &path_data(&arrow.placed.line));
        // Arrows that join a trunk have none.
        if arrow.placed.head[0] != arrow.placed.head[1] {
            self.path("head", &triangle(&arrow.placed.head));
        }
        if let Some(label) = &arrow.label {
            self.text(label, "l");
        }
        self.xml.end_element();
    }

    fn scene_box(&mut self, scene_box: &SceneBox) {
        let class = box_class(scene_box);
        self.xml.start_element("g");
        self.xml.write_attribute("class", &class);
        if let Some(address) = scene_box.address {
            self.xml.write_attribute("data-address", &address);
        }
        self.tooltip(&scene_box.tooltip);
        let mut front = scene_box.rect;
        if scene_box.role == BoxRole::Fold {
            front.width -= theme::FOLD_OFFSET;
            front.height -= theme::FOLD_OFFSET;
            let back = Rect { x: front.x + theme::FOLD_OFFSET, y: front.y + theme::FOLD_OFFSET, ..front };
            self.rect("frame", &back, theme::BOX_RADIUS);
        }
        self.rect("frame", &front, theme::BOX_RADIUS);
        if matches!(scene_box.texts.first(), Some((Style::Tab, _))) {
            self.path("tab", &tab_outline(&front));
        }
        for (style, run) in &scene_box.texts {
            if *style == Style::Mark {
                let pill = Rect {
                    x: run.start.x - theme::MARK_PADDING,
                    y: run.start.y - (theme::MARK_HEIGHT + style.size() * 0.73) / 2.0,
                    width: run.width + 2.0 * theme::MARK_PADDING,
                    height: theme::MARK_HEIGHT,
                };
                self.rect("mark", &pill, theme::MARK_HEIGHT / 2.0);
            }
            let class = match style {
                Style::Tab | Style::Mark => "o",
                Style::Heading => "t",
                Style::Line => "f",
            };
            self.text(run, class);
        }
        if let Some((&first, rest)) = scene_box.chart.split_first() {
            let steps: Vec<Step> =
                std::iter::once(Step::Move(first)).chain(rest.iter().map(|&point| Step::Line(point))).collect();
            self.path("line", &path_data(&steps));
        }
        self.xml.end_element();
    }

    fn legend_entry(&mut self, entry: &LegendEntry) {
        let Rect { x, y, width, height } = entry.sample;
        let middle = y + height / 2.0;
        let class = match entry.sign {
            Sign::Emphasised => "arrow emphasised",
            Sign::Back => "arrow back",
            Sign::Weak => "arrow weak",
            Sign::Fold => "box fold",
            Sign::More => "box more",
            Sign::Highlighted => "box highlighted",
        };
        self.group(class);
        match entry.sign {
            Sign::Emphasised | Sign::Back | Sign::Weak => {
                let tip = Point { x: x + width, y: middle };
                let base = tip.x - HEAD_LENGTH;
                self.path(
                    "line",
                    &path_data(&[Step::Move(Point { x, y: middle }), Step::Line(Point { x: base, y: middle })]),
                );
                let half = HEAD_HALF_WIDTH;
                self.path(
                    "head",
                    &triangle(&[tip, Point { x: base, y: middle - half }, Point { x: base, y: middle + half }]),
                );
            }
            Sign::Fold | Sign::More | Sign::Highlighted => {
                let mut rect = Rect { x: x + 3.0, y: y + 1.0, width: width - 8.0, height: height - 4.0 };
                if entry.sign == Sign::Fold {
                    self.rect("frame", &Rect { x: rect.x + 3.0, y: rect.y + 3.0, ..rect }, 3.0);
                } else {
                    rect.height += 2.0;
                }
                self.rect("frame", &rect, 3.0);
            }
        }
        self.text(&entry.text, "f");
        self.xml.end_element();
    }
}

fn arrow_class(arrow: &SceneArrow) -> &'static str {
    match (arrow.emphasised, arrow.weak, arrow.placed.back) {
        (true, true, _) => "arrow weak emphasised",
        (true, false, true) => "arrow back emphasised",
        (true, false, false) => "arrow emphasised",
        (false, true, _) => "arrow weak",
        (false, false, true) => "arrow back",
        (false, false, false) => "arrow",
    }
}

fn box_class(scene_box: &SceneBox) -> String {
    let role = match scene_box.role {
        BoxRole::Target => "target",
        BoxRole::Root => "root",
        BoxRole::Object if scene_box.root => "root",
        BoxRole::Object => "object",
        BoxRole::Fold => "fold",
        BoxRole::More => "more",
    };
    let mut class = format!("box {role}");
    if matches!(role, "object" | "fold") {
        let _ = write!(class, " d{}", scene_box.distance.clamp(1, theme::SHADES));
    }
    if scene_box.finalizer {
        class.push_str(" finalizer");
    }
    if scene_box.highlighted {
        class.push_str(" highlighted");
    }
    class
}

/// What a screen reader says first.
fn description(scene: &Scene) -> String {
    let targets: Vec<&str> = scene
        .boxes
        .iter()
        .filter(|scene_box| scene_box.role == BoxRole::Target)
        .take(3)
        .filter_map(|scene_box| {
            scene_box.texts.iter().find(|(style, _)| *style == Style::Heading).map(|(_, run)| run.text.as_str())
        })
        .collect();
    let mut text = format!("{} boxes and {} arrows from referrer to referent.", scene.boxes.len(), scene.arrows.len());
    if !targets.is_empty() {
        let _ = write!(text, " Target: {}.", targets.join(", "));
    }
    for note in &scene.notes {
        let _ = write!(text, " {}", note.text);
    }
    text
}

/// What XML can't hold does not reach this far (see `escape::clean`) but for the line breaks of tooltips.
fn for_xml(text: &str) -> String {
    // xmlwriter escapes `<` in text and nothing else.
    text.replace('&', "&amp;").replace('>', "&gt;")
}

fn path_data(steps: &[Step]) -> String {
    let mut data = String::with_capacity(steps.len() * 24);
    for step in steps {
        let _ = match step {
            Step::Move(p) => write!(data, "M{} {}", number(p.x), number(p.y)),
            Step::Line(p) => write!(data, "L{} {}", number(p.x), number(p.y)),
            Step::Curve(a, b, p) => {
                write!(
                    data,
                    "C{} {} {} {} {} {}",
                    number(a.x),
                    number(a.y),
                    number(b.x),
                    number(b.y),
                    number(p.x),
                    number(p.y)
                )
            }
        };
    }
    data
}

fn triangle(points: &[Point; 3]) -> String {
    let [a, b, c] = points;
    format!("M{} {}L{} {}L{} {}Z", number(a.x), number(a.y), number(b.x), number(b.y), number(c.x), number(c.y))
}

/// The top of a box, with its round corners.
fn tab_outline(rect: &Rect) -> String {
    let (left, right, top, bottom, radius) =
        (rect.x, rect.right(), rect.y, rect.y + theme::TAB_HEIGHT, theme::BOX_RADIUS);
    format!(
        "M{} {}V{}Q{} {} {} {}H{}Q{} {} {} {}V{}Z",
        number(left),
        number(bottom),
        number(top + radius),
        number(left),
        number(top),
        number(left + radius),
        number(top),
        number(right - radius),
        number(right),
        number(top),
        number(right),
        number(top + radius),
        number(bottom)
    )
}

/// One decimal is a tenth of a pixel; more would only make files larger.
fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 {
        (tenths / 10).to_string()
    } else {
        format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10)
    }
}

/// FNV-1a over what is drawn: a name that is the same for the same picture.
fn fingerprint(scene: &Scene) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(scene.name.as_bytes());
    for scene_box in &scene.boxes {
        add(scene_box.tooltip.as_bytes());
        add(&scene_box.address.map_or(0, |address| address.0).to_le_bytes());
        add(&scene_box.rect.x.to_bits().to_le_bytes());
        add(&scene_box.rect.y.to_bits().to_le_bytes());
    }
    for arrow in &scene.arrows {
        add(&(arrow.from as u64).to_le_bytes());
        add(&(arrow.to as u64).to_le_bytes());
        add(arrow.tooltip.as_bytes());
    }
    hash
}

fn style_sheet(id: &str, theme: Theme) -> String {
    let mut css = String::from("\n");
    let mut rule = |selector: &str, body: String| {
        let _ = writeln!(css, "#{id} {selector}{{{body}}}");
    };
    rule("text", format!("font-family:{};white-space:pre", theme::FONT_FAMILY));
    rule(".line", format!("fill:none;stroke-width:{}", theme::ARROW_STROKE));
    rule(".frame", format!("stroke-width:{}", theme::BOX_STROKE));
    rule(".target .frame", format!("stroke-width:{}", theme::TARGET_STROKE));
    rule(".root .frame", "stroke-width:1.8".to_owned());
    rule(".object.finalizer .frame", "stroke-width:2.2".to_owned());
    rule(".fold.finalizer .frame", "stroke-width:2.2".to_owned());
    rule(".more .frame", format!("stroke-dasharray:{}", theme::DASH_MORE));
    rule(".highlighted .frame", "stroke-width:3.5".to_owned());
    rule(".back .line", format!("stroke-dasharray:{}", theme::DASH_BACK));
    rule(".weak .line", format!("stroke-dasharray:{};stroke-linecap:round", theme::DASH_WEAK));
    rule(".emphasised .line", format!("stroke-width:{}", theme::EMPHASISED_STROKE));
    let colours = |css: &mut String, palette: &Palette| {
        for (selector, body) in colour_rules(palette) {
            let _ = writeln!(css, "#{id} {selector}{{{body}}}");
        }
    };
    match theme {
        Theme::Light => colours(&mut css, &theme::LIGHT),
        Theme::Dark => colours(&mut css, &theme::DARK),
        Theme::Auto => {
            colours(&mut css, &theme::LIGHT);
            css.push_str("@media (prefers-color-scheme:dark){\n");
            colours(&mut css, &theme::DARK);
            css.push_str("}\n");
        }
    }
    css
}

/// Later rules win.
fn colour_rules(palette: &Palette) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    let mut rule = |selector: &str, body: String| rules.push((selector.to_owned(), body));
    rule(".paper", format!("fill:{}", palette.paper));
    rule(".t", format!("fill:{}", palette.text));
    rule(".f", format!("fill:{}", palette.faint_text));
    rule(".l", format!("fill:{}", palette.text));
    rule(".o", format!("fill:{}", palette.on_tab));
    rule(".frame", format!("fill:{};stroke:{}", palette.shades[0], palette.outline));
    for distance in 1..=theme::SHADES {
        rule(&format!(".d{distance} .frame"), format!("fill:{}", palette.shade(distance)));
    }
    rule(".root .frame", format!("fill:{};stroke:{}", palette.root_fill, palette.root));
    rule(".target .frame", format!("fill:{};stroke:{}", palette.target_fill, palette.target));
    rule(".more .frame", format!("fill:{}", palette.more_fill));
    rule(".tab", format!("fill:{}", palette.root));
    rule(".target .tab", format!("fill:{}", palette.target));
    for role in ["object", "fold"] {
        rule(&format!(".{role}.finalizer .frame"), format!("stroke:{}", palette.finalizer));
    }
    rule(".mark", format!("fill:{}", palette.finalizer));
    rule(".highlighted .frame", format!("stroke:{}", palette.highlight));
    for (selector, colour) in [
        ("", palette.arrow),
        (".back", palette.back_arrow),
        (".weak", palette.weak_arrow),
        (".emphasised", palette.emphasis),
    ] {
        let separator = if selector.is_empty() { "" } else { " " };
        rule(&format!("{selector}{separator}.line"), format!("stroke:{colour}"));
        rule(&format!("{selector}{separator}.head"), format!("fill:{colour}"));
    }
    rules
}
