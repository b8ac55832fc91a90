//! A diagram in Mermaid's flowchart language, for issues and READMEs.

use std::fmt::Write as _;

use super::boxes::{arrow_text, tab};
use super::escape::clean_up_to;
use super::placement::Direction;
use super::theme::LIGHT;
use crate::report::diagram::{BoxRole, Diagram};

/// Longest line of a box or an arrow, in characters: Mermaid refuses diagrams above 50,000.
const LONGEST: usize = 80;

/// Writes the diagram. Arrows whose box does not exist are left out.
pub(super) fn write(diagram: &Diagram, direction: Direction) -> String {
    let mut text = String::new();
    if !diagram.title.is_empty() {
        let _ = writeln!(text, "---\ntitle: \"{}\"\n---", yaml(&diagram.title));
    }
    let _ = writeln!(text, "flowchart {}", direction.code());
    for (index, described) in diagram.boxes.iter().enumerate() {
        let mut lines: Vec<String> = tab(described).iter().map(|tab| escaped(tab)).collect();
        lines.push(escaped(&described.heading));
        lines.extend(described.lines.iter().map(|line| escaped(line)));
        let class = match described.role {
            BoxRole::Target => "target",
            BoxRole::Root => "root",
            _ if described.root.is_some() => "root",
            BoxRole::More => "more",
            BoxRole::Object | BoxRole::Fold => "object",
        };
        let (open, close) = if described.role == BoxRole::Fold { ("[[", "]]") } else { ("[", "]") };
        let _ = writeln!(text, "  b{index}{open}\"{}\"{close}:::{class}", lines.join("<br/>"));
    }
    for arrow in diagram.arrows.iter().filter(|arrow| arrow.from.max(arrow.to) < diagram.boxes.len()) {
        let line = if arrow.weak {
            "-.->"
        } else if arrow.emphasised {
            "==>"
        } else {
            "-->"
        };
        let names: Vec<&str> = arrow.labels.iter().map(String::as_str).collect();
        let label = arrow_text(&names, arrow.unnamed_more)
            .map_or_else(String::new, |label| format!("|\"{}\"|", escaped(&label)));
        let _ = writeln!(text, "  b{} {line}{label} b{}", arrow.from, arrow.to);
    }
    for (class, fill, line, more) in [
        ("target", LIGHT.target_fill, LIGHT.target, ",stroke-width:3px"),
        ("root", LIGHT.root_fill, LIGHT.root, ""),
        ("object", LIGHT.shades[1], LIGHT.outline, ""),
        ("more", LIGHT.more_fill, LIGHT.outline, ",stroke-dasharray:4 3"),
    ] {
        let _ = writeln!(text, "  classDef {class} fill:{fill},stroke:{line},color:{}{more}", LIGHT.text);
    }
    let finalizers: Vec<String> = (0..diagram.boxes.len())
        .filter(|&index| diagram.boxes[index].finalizer && !diagram.boxes[index].highlighted)
        .map(|index| format!("b{index}"))
        .collect();
    if !finalizers.is_empty() {
        let _ = writeln!(text, "  classDef finalizer stroke:{},stroke-width:3px", LIGHT.finalizer);
        let _ = writeln!(text, "  class {} finalizer", finalizers.join(","));
    }
    let highlighted: Vec<String> = (0..diagram.boxes.len())
        .filter(|&index| diagram.boxes[index].highlighted)
        .map(|index| format!("b{index}"))
        .collect();
    if !highlighted.is_empty() {
        let _ = writeln!(text, "  classDef highlighted stroke:{},stroke-width:4px", LIGHT.highlight);
        let _ = writeln!(text, "  class {} highlighted", highlighted.join(","));
    }
    for note in &diagram.notes {
        // Braces after the sign of a comment would be a directive.
        let _ = writeln!(text, "  %% {}", clean_up_to(note, LONGEST * 4).replace(['{', '}', '%'], "?"));
    }
    text
}

/// Letters, digits and a few signs as they are, all other ASCII as Mermaid's entities: nothing is left that has a meaning.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean_up_to(text, LONGEST).chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | ',' | '_' | '\'' => escaped.push(character),
            ascii if ascii.is_ascii() => {
                let _ = write!(escaped, "#{};", ascii as u32);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The inside of a double-quoted YAML text; Mermaid looks for directives in the raw text, so braces and percents go, too.
fn yaml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean_up_to(text, LONGEST * 2).chars() {
        match character {
            '"' | '\\' | '%' | '{' | '}' | '<' | '>' | '-' | '#' => {
                let _ = write!(escaped, "\\x{:02x}", character as u32);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_with_a_meaning_become_entities() {
        assert_eq!(escaped("['a\"b']"), "#91;'a#34;b'#93;");
        assert_eq!(escaped("</div>&amp;`#`%%"), "#60;#47;div#62;#38;amp#59;#96;#35;#96;#37;#37;");
        assert_eq!(yaml("a \"--- %%{init}"), "a \\x22\\x2d\\x2d\\x2d \\x25\\x25\\x7binit\\x7d");
    }
}
