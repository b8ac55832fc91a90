//! A diagram in the DOT language, for Graphviz and its relatives.

use std::fmt::Write as _;

use super::boxes::{arrow_text, tab};
use super::escape::clean_up_to;
use super::placement::Direction;
use super::theme::LIGHT;
use crate::report::diagram::{BoxRole, Diagram, DiagramBox, TargetEnd};

/// Longest text of a box, an arrow or a tooltip, in characters.
const LONGEST: usize = 200;

/// Writes the diagram with all its texts; every text is quoted. Arrows whose box does not exist are left out.
pub(super) fn write(diagram: &Diagram, direction: Direction) -> String {
    let mut dot = String::from("digraph heapgraph {\n");
    let end = if diagram.target_end == TargetEnd::Last { "sink" } else { "source" };
    let _ = writeln!(
        dot,
        "  graph [charset=\"UTF-8\", rankdir={}, fontname=\"DejaVu Sans\", labelloc=t, labeljust=l, label={}];",
        direction.code(),
        title(diagram)
    );
    let _ = writeln!(
        dot,
        "  node [shape=box, style=\"rounded,filled\", fontname=\"DejaVu Sans\", fontsize=11, fontcolor=\"{}\", color=\"{}\"];",
        LIGHT.text, LIGHT.outline
    );
    let _ = writeln!(
        dot,
        "  edge [fontname=\"DejaVu Sans\", fontsize=10, arrowsize=0.7, fontcolor=\"{}\", color=\"{}\"];",
        LIGHT.text, LIGHT.arrow
    );
    for (index, described) in diagram.boxes.iter().enumerate() {
        let _ = writeln!(dot, "  b{index} [{}];", box_attributes(described));
    }
    let targets: Vec<String> = (0..diagram.boxes.len())
        .filter(|&index| diagram.boxes[index].role == BoxRole::Target)
        .map(|index| format!("b{index};"))
        .collect();
    if !targets.is_empty() {
        let _ = writeln!(dot, "  {{ rank={end}; {} }}", targets.join(" "));
    }
    for arrow in diagram.arrows.iter().filter(|arrow| arrow.from.max(arrow.to) < diagram.boxes.len()) {
        let mut attributes = Vec::new();
        let names: Vec<&str> = arrow.labels.iter().map(String::as_str).collect();
        if let Some(text) = arrow_text(&names, arrow.unnamed_more) {
            attributes.push(format!("label={}", quoted([text.as_str()].into_iter())));
        }
        if arrow.weak {
            attributes.push("style=dotted".to_owned());
        }
        if arrow.emphasised {
            attributes.push(format!("penwidth=2.4, color=\"{}\"", LIGHT.emphasis));
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        let _ = writeln!(dot, "  b{} -> b{}{attributes};", arrow.from, arrow.to);
    }
    dot.push_str("}\n");
    dot
}

fn box_attributes(described: &DiagramBox) -> String {
    let tab = tab(described);
    let lines = tab
        .as_deref()
        .into_iter()
        .chain([described.heading.as_str()])
        .chain(described.lines.iter().map(String::as_str));
    let mut attributes = vec![format!("label={}", quoted(lines))];
    if !described.facts.is_empty() {
        attributes.push(format!("tooltip={}", quoted(described.facts.iter().map(String::as_str))));
    }
    if let Some(address) = described.address {
        attributes.push(format!("id=\"{address}\""));
    }
    let (fill, line) = match described.role {
        BoxRole::Target => (LIGHT.target_fill, Some((LIGHT.target, 3.0))),
        BoxRole::Root => (LIGHT.root_fill, Some((LIGHT.root, 1.8))),
        _ if described.root.is_some() => (LIGHT.root_fill, Some((LIGHT.root, 1.8))),
        BoxRole::More => (LIGHT.more_fill, None),
        BoxRole::Object | BoxRole::Fold => (LIGHT.shade(described.distance), None),
    };
    attributes.push(format!("fillcolor=\"{fill}\""));
    if described.highlighted {
        attributes.push(format!("color=\"{}\", penwidth=3.5", LIGHT.highlight));
    } else if described.finalizer && line.is_none() {
        attributes.push(format!("color=\"{}\", penwidth=2.2", LIGHT.finalizer));
    } else if let Some((colour, width)) = line {
        attributes.push(format!("color=\"{colour}\", penwidth={width}"));
    }
    match described.role {
        BoxRole::More => attributes.push("style=\"rounded,filled,dashed\"".to_owned()),
        BoxRole::Fold => attributes.push("peripheries=2".to_owned()),
        _ => {}
    }
    attributes.join(", ")
}

fn title(diagram: &Diagram) -> String {
    let lines = [diagram.title.as_str()].into_iter().chain(diagram.notes.iter().map(String::as_str));
    let quoted = quoted(lines.filter(|line| !line.is_empty()));
    // Left-aligned lines, as in our own pictures.
    quoted.replace("\\n", "\\l")
}

/// Lines as one DOT string. Backslashes begin escapes there, and ampersands begin HTML entities.
fn quoted<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::from("\"");
    for (position, line) in lines.enumerate() {
        if position > 0 {
            text.push_str("\\n");
        }
        for character in clean_up_to(line, LONGEST).chars() {
            match character {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("&#92;"),
                '&' => text.push_str("&amp;"),
                other => text.push(other),
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_string_early() {
        assert_eq!(quoted(["a\"b\\", "<&lt;>\n"].into_iter()), "\"a\\\"b&#92;\\n<&amp;lt;>␊\"");
    }
}
