//! A page of a heap as one file: markup that reads without script, data, and the script that walks through it.
//!
//! Nothing is fetched, and nothing runs but `page.js`: a policy of its own says so, with the hashes of script and style. Texts
//! of a heap reach the page escaped as markup, or as JSON that the script writes into text nodes alone.

mod markup;
mod table;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::reports::untrusted::{html as safe, json_in_html};
use super::{PictureFormat, PictureOptions, picture};
use crate::report::diagram::Diagram;
use crate::report::page::{MemoryPart, ObjectCard, Page, SuspectCard};
use crate::units::{self, Address};

/// The script, as it stands in the page.
pub const SCRIPT: &str = include_str!("page.js");
/// The style sheet.
pub const STYLE: &str = include_str!("page.css");

/// How large the parts of a page may become.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Objects, as JSON.
    pub objects: usize,
    /// Pictures.
    pub pictures: usize,
}

impl Default for Limits {
    /// Together with all else a page stays below two megabytes.
    fn default() -> Self {
        Limits { objects: 1_000_000, pictures: 450_000 }
    }
}

/// Writes a page. Cards and pictures are taken as long as there is room, in their order; what is left out is told. The same page
/// gets the same bytes.
pub fn write(
    page: &Page,
    cards: impl Iterator<Item = (Address, ObjectCard)>,
    pictures: impl Iterator<Item = (Address, Diagram)>,
    limits: Limits,
) -> Vec<u8> {
    let (cards, told) = entries(cards, limits.objects, |card| serde_json::to_string(&card).ok());
    let (pictures, drawn) = entries(pictures, limits.pictures, |diagram| {
        let drawn = picture(&diagram, PictureFormat::Svg, &PictureOptions::default()).ok()?;
        serde_json::to_string(&String::from_utf8(drawn.bytes).ok()?).ok()
    });
    let data = serde_json::to_string(&page.data).unwrap_or_else(|_| "{}".to_owned());
    let data = format!(
        "{},\"cards\":{{{cards}}},\"pictures\":{{{pictures}}}}}",
        data.strip_suffix('}').unwrap_or("{\"unknown\":0")
    );
    let mut out = head(page);
    out.push_str("<main>\n");
    verdict(&mut out, page);
    memory(&mut out, page);
    out.push_str("<section id=\"icicle\" aria-labelledby=\"icicle-title\" hidden>\n<h2 id=\"icicle-title\">Where memory lives</h2>\n</section>\n");
    for linked in &page.tables {
        table::write(&mut out, linked);
    }
    notes(&mut out, page, told, drawn);
    out.push_str("</main>\n<aside id=\"panel\" aria-label=\"Selection\" hidden></aside>\n");
    out.push_str(&format!("<script type=\"application/json\" id=\"data\">{}</script>\n", json_in_html(&data)));
    out.push_str(&format!("<script>{SCRIPT}</script>\n</body></html>\n"));
    out.into_bytes()
}

/// The members of a JSON object, as many as there is room for, and how many.
fn entries<T>(
    all: impl Iterator<Item = (Address, T)>,
    room: usize,
    json: impl Fn(T) -> Option<String>,
) -> (String, u64) {
    let mut text = String::new();
    let mut count = 0;
    for (address, value) in all {
        let Some(value) = json(value) else { continue };
        if text.len() + value.len() > room {
            // A smaller one may still fit, but the order is that of importance.
            break;
        }
        if count > 0 {
            text.push(',');
        }
        text.push_str(&format!("\"{address}\":{value}"));
        count += 1;
    }
    (text, count)
}

/// What a page may do: run its own script, be set in its own style, and nothing else. `connect` says where it may ask for more.
pub fn policy(connect: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let connect = connect.map_or(String::new(), |from| format!("connect-src {from}; "));
    format!(
        "default-src 'none'; {connect}script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn head(page: &Page) -> String {
    let connect = page.data.is_served.then_some("'self'");
    let files: Vec<&str> = page.report.snapshots.iter().map(|facts| facts.file.as_str()).collect();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{STYLE}</style></head>\n<body>\n<header>\n",
        policy(connect),
        safe(&format!("{} · heapgraph", files.join(" → "))),
    );
    for facts in &page.report.snapshots {
        let mut parts = vec![format!("<b>{}</b>", safe(&facts.file))];
        parts.extend(facts.python.as_ref().map(|python| format!("Python {}", safe(python))));
        parts.extend(facts.pid.map(|pid| format!("pid {pid}")));
        parts.extend(facts.time.as_deref().map(safe));
        parts.push(units::counted(facts.objects, "object"));
        out.push_str(&format!("<p class=\"facts\">{}</p>\n", parts.join(" · ")));
    }
    out.push_str("</header>\n");
    out
}

fn verdict(out: &mut String, page: &Page) {
    let report = &page.report;
    out.push_str(&format!("<section id=\"verdict\">\n<h1>{}</h1>\n", markup::sentence(&report.title)));
    for sentence in &report.lead {
        out.push_str(&format!("<p class=\"lead\">{}</p>\n", markup::sentence(sentence)));
    }
    for suspect in &page.suspects {
        write_suspect(out, suspect);
    }
    for paragraph in &page.others {
        let mut lines = paragraph.iter();
        out.push_str(&format!("<p>{}</p>\n", lines.next().map_or(String::new(), |line| markup::sentence(line))));
        let items: Vec<String> =
            lines.map(|line| format!("<li>{}</li>", markup::sentence(line.trim_start_matches("- ")))).collect();
        if !items.is_empty() {
            out.push_str(&format!("<ul>{}</ul>\n", items.join("\n")));
        }
    }
    out.push_str("</section>\n");
}

fn write_suspect(out: &mut String, suspect: &SuspectCard) {
    out.push_str(&format!("<article class=\"suspect\">\n<h2>{}</h2>\n", markup::sentence(&suspect.headline)));
    if suspect.is_one_of_many {
        out.push_str("<p class=\"faint\">One of them:</p>\n");
    }
    if let Some(expression) = &suspect.expression {
        out.push_str(&format!("<p class=\"copy\"><code>{}</code></p>\n", safe(expression)));
    }
    for note in &suspect.expression_notes {
        out.push_str(&format!("<p class=\"faint\">{}</p>\n", safe(note)));
    }
    for cut in &suspect.cut {
        out.push_str(&format!("<p class=\"cut\">{}</p>\n", markup::sentence(cut)));
    }
    if let Some(address) = &suspect.object {
        out.push_str(&format!(
            "<p class=\"script\"><a href=\"#{address}\">Who holds it, what it holds, and a picture</a></p>\n"
        ));
    }
    let (commands, evidence): (Vec<&String>, Vec<&String>) =
        suspect.lines.iter().partition(|line| line.starts_with("Next: "));
    let lines: Vec<String> = evidence
        .into_iter()
        .map(|line| format!("<li>{}</li>", markup::sentence(line.trim_start_matches("- "))))
        .collect();
    out.push_str(&format!("<ul>{}</ul>\n", lines.join("\n")));
    for command in commands {
        out.push_str(&format!("<p class=\"copy\"><code>{}</code></p>\n", safe(command.trim_start_matches("Next: "))));
    }
    out.push_str("</article>\n");
}

fn memory(out: &mut String, page: &Page) {
    out.push_str(&format!(
        "<section id=\"memory\">\n<h2>Resident memory</h2>\n<p>{}</p>\n",
        safe(&page.memory_sentence)
    ));
    let whole: u64 = page.memory.iter().map(|part| part.bytes).fold(0, u64::saturating_add);
    if whole > 0 {
        // A bar of a thousand units; attributes need no style of their own.
        let unit = |bytes: u64| (bytes as f64 * 1000.0 / whole as f64).round();
        out.push_str("<svg class=\"bar\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
        let mut start = 0;
        for (part, number) in page.memory.iter().zip(1..) {
            let (from, to) = (unit(start), unit(start.saturating_add(part.bytes)));
            out.push_str(&format!(
                "<rect class=\"part{number}\" x=\"{from}\" y=\"0\" width=\"{}\" height=\"14\"/>",
                to - from
            ));
            start = start.saturating_add(part.bytes);
        }
        out.push_str("</svg>\n<ul class=\"parts\">");
        for (MemoryPart { name, bytes }, number) in page.memory.iter().zip(1..) {
            let share = units::share((*bytes).into(), whole.into());
            let size = units::bytes(*bytes);
            out.push_str(&format!("<li class=\"part{number}\"><b>{size}</b> {share} {}</li>", safe(name)));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
}

/// What must be known to trust the numbers, and what is left out.
fn notes(out: &mut String, page: &Page, told: u64, drawn: u64) {
    out.push_str("<section id=\"notes\">\n<h2>Notes</h2>\n<ul>");
    let mut left_out = page.left_out.clone();
    if !page.data.is_served {
        let all = page.data.objects;
        left_out.push(format!(
            "of {} this page tells {} one by one, {} of them with a picture; the others are counted, and `heapgraph explore {}` shows each",
            units::counted(all, "object"),
            units::count(told),
            units::count(drawn),
            page.data.snapshot
        ));
    }
    let place = "a place is the best way to its objects; sizes of places say whose memory it is, not what would be freed; what is not shared would go with the place";
    let notes = page.report.notes.iter().cloned().chain([place.to_owned()]).chain(left_out);
    for note in notes {
        out.push_str(&format!("<li>{}</li>\n", markup::sentence(&note)));
    }
    out.push_str("</ul>\n</section>\n");
}

#[cfg(test)]
mod tests;
