//! A table whose rows lead to what they are about, with raw numbers for sorting.

use crate::render::reports::untrusted::html as safe;
use crate::render::reports::{columns_for_people, not_shown};
use crate::report::Cell;
use crate::report::page::LinkedTable;

use super::markup;

pub(super) fn write(out: &mut String, linked: &LinkedTable) {
    let table = &linked.table;
    let places = columns_for_people(table);
    let is_number: Vec<bool> =
        places.iter().map(|&place| table.rows.iter().any(|row| row[place].is_number())).collect();
    let of = linked.of;
    out.push_str(&format!(
        "<section id=\"{of}s\" class=\"listing\">\n<h2>{}</h2>\n<div class=\"scroll\"><table data-of=\"{of}\">\n<thead><tr>",
        safe(&table.title)
    ));
    for (&place, is_number) in places.iter().zip(&is_number) {
        let class = if *is_number { " class=\"n\"" } else { "" };
        out.push_str(&format!("<th scope=\"col\"{class}>{}</th>", safe(table.columns[place].header)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (row, index) in table.rows.iter().zip(&linked.index) {
        out.push_str("<tr>");
        for (&place, is_number) in places.iter().zip(&is_number) {
            let text = safe(&row[place].human());
            match (*is_number, table.columns[place].key == linked.link) {
                (true, _) => {
                    let value = raw(&row[place]).map_or(String::new(), |value| format!(" data-value=\"{value}\""));
                    out.push_str(&format!("<td class=\"n\"{value}>{text}</td>"));
                }
                (false, true) => out.push_str(&format!("<td><a href=\"#{of}-{index}\">{text}</a></td>")),
                (false, false) => {
                    let text = markup::sentence(&row[place].human());
                    out.push_str(&format!("<td class=\"faint\">{text}</td>"));
                }
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if let Some(rest) = &table.not_shown {
        // A page has no option that shows them.
        let text = not_shown(table, rest);
        out.push_str(&format!("<p class=\"faint\">{}</p>\n", safe(text.split("; --limit").next().unwrap_or(&text))));
    }
    out.push_str("</section>\n");
}

/// The number of a cell, for sorting.
fn raw(cell: &Cell) -> Option<i128> {
    match cell {
        Cell::Count(number) | Cell::Bytes(number) | Cell::AtLeastBytes(number) => Some((*number).into()),
        Cell::CountGrowth(number) | Cell::BytesGrowth(number) => Some(*number),
        Cell::Share { part, .. } => Some((*part).into()),
        _ => None,
    }
}
