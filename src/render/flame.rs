//! Stacks as a flame graph that hangs: each frame as wide as it has bytes, what it calls below it. A picture that needs no viewer.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::escape::{clean_up_to, fit};
use super::measure::Face;
use super::reports::untrusted::html as safe;
use super::theme::{self, Palette};
use crate::report::FoldedStack;
use crate::units;

const WIDTH: f64 = 1200.0;
const ROW: f64 = 18.0;
const PADDING: f64 = 12.0;
const TITLE: f64 = 30.0;
const TEXT_SIZE: f64 = 11.0;
const TEXT_PADDING: f64 = 4.0;
/// A frame that is thinner can't be seen; what is left out is told.
const THINNEST: f64 = 0.5;
/// Characters of a tooltip.
const LONGEST: usize = 400;
/// Tints of frames, light and dark; a tint belongs to what a stack begins with.
const TINTS: [(&str, &str); 9] = [
    ("#c9dcf7", "#27466e"),
    ("#fbd9b5", "#6b4522"),
    ("#c8e8cf", "#23563a"),
    ("#f6c9cf", "#6b2f38"),
    ("#dccff2", "#4b3a70"),
    ("#f6ebb0", "#5c5020"),
    ("#c3e8ea", "#1f5358"),
    ("#e7d3c3", "#57422f"),
    ("#e3e6ea", "#333b44"),
];

/// A frame with all that is below it.
struct Frame<'s> {
    name: &'s str,
    above: usize,
    depth: u32,
    bytes: u64,
    /// In the order of names.
    below: Vec<usize>,
}

/// Draws the stacks; largest frames first on each level. The same stacks get the same bytes.
pub fn write(title: &str, stacks: &[FoldedStack]) -> Vec<u8> {
    let frames = frames(stacks);
    let whole = frames[0].bytes;
    let mut placed = Vec::new();
    let mut hidden = 0;
    let mut left = vec![(0_usize, PADDING, 0_usize)];
    while let Some((index, x, tint)) = left.pop() {
        let frame = &frames[index];
        let width = |bytes: u64| (WIDTH - 2.0 * PADDING) * bytes as f64 / whole.max(1) as f64;
        if width(frame.bytes) < THINNEST {
            hidden += 1;
            continue;
        }
        placed.push((index, x, width(frame.bytes), tint));
        let mut below = frame.below.clone();
        below.sort_by_key(|&other| std::cmp::Reverse(frames[other].bytes));
        let mut next = x;
        for (rank, other) in below.into_iter().enumerate() {
            let tint = if index == 0 { rank.min(TINTS.len() - 1) } else { tint };
            left.push((other, next, tint));
            next += width(frames[other].bytes);
        }
    }
    let deepest = placed.iter().map(|(index, ..)| frames[*index].depth).max().unwrap_or(0);
    let height = TITLE + ROW * f64::from(deepest + 1) + TITLE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{}</title>\n<style>{}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n",
        safe(&clean_up_to(title, LONGEST)),
        style()
    );
    text(&mut svg, title, "t", theme::TITLE_SIZE, PADDING, 20.0, WIDTH - 2.0 * PADDING);
    for (index, x, width, tint) in placed {
        let frame = &frames[index];
        let y = TITLE + ROW * f64::from(frame.depth);
        let share = units::share(frame.bytes.into(), whole.into());
        let size = units::bytes(frame.bytes);
        let tooltip = safe(&clean_up_to(frame.name, LONGEST));
        let class = if index == 0 { "whole".to_owned() } else { format!("c{tint}") };
        let _ = write!(
            svg,
            "<g><title>{tooltip}: {size}, {share}</title><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\"/>",
            (width - 0.5).max(THINNEST),
            ROW - 1.0
        );
        text(&mut svg, frame.name, "f", TEXT_SIZE, x + TEXT_PADDING, y + 13.0, width - 2.0 * TEXT_PADDING);
        svg.push_str("</g>\n");
    }
    if hidden > 0 {
        let note = format!("not drawn: {}, too thin to be seen, with what is below", units::counted(hidden, "frame"));
        text(&mut svg, &note, "f", TEXT_SIZE, PADDING, height - 10.0, WIDTH - 2.0 * PADDING);
    }
    svg.push_str("</svg>\n");
    svg.into_bytes()
}

/// The tree of all stacks; the first frame is all of them.
fn frames(stacks: &[FoldedStack]) -> Vec<Frame<'_>> {
    let mut frames = vec![Frame { name: "all", above: 0, depth: 0, bytes: 0, below: Vec::new() }];
    let mut known: HashMap<(usize, &str), usize> = HashMap::new();
    for stack in stacks.iter().filter(|stack| stack.own.shallow_bytes > 0) {
        let mut at = 0;
        for name in stack.frames.split(';') {
            let above = at;
            at = *known.entry((above, name)).or_insert_with(|| {
                let index = frames.len();
                frames.push(Frame { name, above, depth: frames[above].depth + 1, bytes: 0, below: Vec::new() });
                frames[above].below.push(index);
                index
            });
        }
        frames[at].bytes = frames[at].bytes.saturating_add(stack.own.shallow_bytes);
    }
    // A frame comes after the one above it.
    for index in (1..frames.len()).rev() {
        let (above, bytes) = (frames[index].above, frames[index].bytes);
        frames[above].bytes = frames[above].bytes.saturating_add(bytes);
    }
    frames
}

fn text(svg: &mut String, text: &str, class: &str, size: f64, x: f64, y: f64, room: f64) {
    if room < 3.0 * size {
        return;
    }
    let fitted = fit(text, Face::Regular, size, room);
    let _ = write!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" font-size=\"{size}\" textLength=\"{:.1}\">{}</text>",
        fitted.measured.width,
        safe(&fitted.text)
    );
}

fn style() -> String {
    let mut css = format!(
        "text{{font-family:{};white-space:pre;pointer-events:none}}\ng:hover rect{{stroke:#7b8794}}\n",
        theme::FONT_FAMILY
    );
    colours(&mut css, &theme::LIGHT, TINTS.map(|(light, _)| light));
    css.push_str("@media (prefers-color-scheme:dark){\n");
    colours(&mut css, &theme::DARK, TINTS.map(|(_, dark)| dark));
    css.push_str("}\n");
    css
}

fn colours(css: &mut String, palette: &Palette, tints: [&str; TINTS.len()]) {
    let Palette { paper, text, shades, .. } = palette;
    let _ = writeln!(css, ".paper{{fill:{paper}}}.whole{{fill:{}}}.t,.f{{fill:{text}}}", shades[4]);
    for (number, tint) in tints.iter().enumerate() {
        let _ = writeln!(css, ".c{number}{{fill:{tint}}}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::common::Tally;

    fn stack(frames: &str, bytes: u64) -> FoldedStack {
        FoldedStack { frames: frames.to_owned(), own: Tally { count: 1, shallow_bytes: bytes } }
    }

    #[test]
    fn frames_hang_below_each_other_and_add_up() {
        let stacks = [stack("app", 100), stack("app;.cache", 300), stack("app;.cache;[…]", 500), stack("os", 100)];
        let frames = frames(&stacks);
        let found: Vec<(&str, u32, u64)> = frames.iter().map(|frame| (frame.name, frame.depth, frame.bytes)).collect();
        assert_eq!(found, [("all", 0, 1000), ("app", 1, 900), (".cache", 2, 800), ("[…]", 3, 500), ("os", 1, 100)]);
    }

    #[test]
    fn a_flame_graph_is_xml_whatever_its_frames_are_called() {
        let hostile = ["</title><script>x</script>", "\0\u{1b}\u{202e}", "a\"b'&", &"w".repeat(3000)];
        let stacks: Vec<FoldedStack> = hostile.iter().map(|name| stack(name, 100)).chain([stack("thin", 1)]).collect();
        let svg = String::from_utf8(write("of <snap.json>", &stacks)).unwrap();
        let parsed = resvg::usvg::roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
        assert_eq!(parsed.descendants().filter(|node| node.has_tag_name("script")).count(), 0);
        assert_eq!(parsed.descendants().filter(|node| node.has_tag_name("g")).count(), 6);
        assert_eq!(svg.as_bytes(), write("of <snap.json>", &stacks));
    }
}
