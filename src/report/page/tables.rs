//! The tables of a page: places and types, each row with what it leads to.

use crate::report::{Cell, NotShown, Table};

use super::columns::ShownPlaces;
use super::{PageView, TypeColumns};

/// A table whose rows lead to what they are about.
#[derive(Debug, Clone)]
pub struct LinkedTable {
    /// The table, its title included.
    pub table: Table,
    /// What the rows are: `place`, `type`.
    pub of: &'static str,
    /// The column that is the link.
    pub link: &'static str,
    /// For each row its index among all of `of`.
    pub index: Vec<u32>,
}

/// So many places have a row.
const MOST_ROWS: usize = 250;

/// The places that tell something of their own, most bytes first.
pub(super) fn places(view: &PageView<'_>, shown: &ShownPlaces) -> LinkedTable {
    let tree = &shown.tree;
    let mut rows: Vec<u32> =
        (0..tree.places.len() as u32).filter(|&at| crate::report::places::telling(tree, at) == at).collect();
    rows.sort_by_key(|&at| {
        let place = &tree.places[at as usize];
        std::cmp::Reverse((place.whole.shallow_bytes, place.whole.count))
    });
    let all = rows.len();
    rows.truncate(MOST_ROWS);
    let left_out = (all - rows.len()) as u64;
    let place = |at: &u32| &tree.places[*at as usize];
    let whole = tree.whole.shallow_bytes;
    let columns = &shown.columns;
    let before = |at: &u32| columns.shallow_bytes_before[*at as usize].unwrap_or(0);
    let table = Table::of("places", &rows)
        .titled("Places")
        .column("place", "place", |at| Cell::Text(crate::report::place_text_at(tree, *at)))
        .column("shallow_bytes", "shallow size", |at| Cell::Bytes(place(at).whole.shallow_bytes))
        .column("shallow_bytes_share", "share", |at| Cell::Share { part: place(at).whole.shallow_bytes, whole })
        .when(view.earlier.is_some(), |table| {
            table.column("shallow_bytes_growth", "grew", |at| {
                Cell::BytesGrowth(i128::from(place(at).whole.shallow_bytes) - i128::from(before(at)))
            })
        })
        .column("unshared_bytes", "not shared", |at| {
            Cell::Bytes(place(at).whole.shallow_bytes.saturating_sub(place(at).shared_bytes))
        })
        .column("objects", "objects", |at| Cell::Count(place(at).whole.count))
        .column("what", "what", |at| Cell::Text(columns.what[*at as usize].clone()))
        .not_showing(not_shown(left_out, ("place", "places")))
        .done();
    LinkedTable { table, of: "place", link: "place", index: rows }
}

/// All types that the page knows.
pub(super) fn types(view: &PageView<'_>, columns: &TypeColumns) -> LinkedTable {
    let rows: Vec<u32> = (0..columns.name.len() as u32).collect();
    let of = |index: &u32| *index as usize;
    let retained = |index: &u32| match columns.retained_bytes_is_exact[of(index)] {
        true => Cell::Bytes(columns.retained_bytes[of(index)]),
        false => Cell::AtLeastBytes(columns.retained_bytes[of(index)]),
    };
    let growth = |after: u64, before: u64| i128::from(after) - i128::from(before);
    let table = Table::of("types", &rows)
        .titled("Types")
        .column("type", "type", |index| Cell::Text(columns.name[of(index)].clone()))
        .column("count", "count", |index| Cell::Count(columns.count[of(index)]))
        .column("shallow_bytes", "shallow size", |index| Cell::Bytes(columns.shallow_bytes[of(index)]))
        .column("retained_bytes", "retained size", retained)
        .when(view.earlier.is_some(), |table| {
            table
                .column("count_growth", "count grew", |index| {
                    Cell::CountGrowth(growth(columns.count[of(index)], columns.count_before[of(index)]))
                })
                .column("shallow_bytes_growth", "size grew", |index| {
                    Cell::BytesGrowth(growth(columns.shallow_bytes[of(index)], columns.shallow_bytes_before[of(index)]))
                })
        })
        .not_showing(not_shown(columns.left_out, ("type", "types")))
        .done();
    LinkedTable { table, of: "type", link: "type", index: rows }
}

fn not_shown(rows: u64, what: (&'static str, &'static str)) -> Option<NotShown> {
    (rows > 0).then(|| NotShown { rows, what, sums: Vec::new() })
}
