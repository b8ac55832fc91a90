//! The report of `places`: where memory lives.

use crate::analysis::places::{Place, PlaceTree};
use crate::units;

use super::line_words::LineWords;
use super::place_words;
use super::stacks::FoldedStack;
use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table, Tree};

/// How places are shown.
#[derive(Debug, Clone, Copy)]
pub struct PlacesView {
    /// How many levels.
    pub depth: u32,
    /// How many places below one; `None` for all.
    pub limit: Option<usize>,
}

/// Places with less than this part of the heap are told with the place above.
const LEAST: u64 = 10_000;
/// The same where not all are asked for.
const LEAST_SHOWN: u64 = 200;
/// Where so much of a place, in percent, is below one other, the level between is not shown.
const NEARLY_ALL: u64 = 95;

impl Report {
    /// The tree of places, the largest first. `notes` are those of the snapshot; `lines` where it knows which lines made what is
    /// there.
    pub fn places(
        facts: SnapshotFacts,
        places: &PlaceTree,
        lines: Option<&LineWords<'_>>,
        view: PlacesView,
        mut notes: Vec<String>,
    ) -> Report {
        let word = super::shell_word(&facts.argument);
        let least = if view.limit.is_some() { LEAST_SHOWN } else { LEAST };
        let folded = places.folded(places.whole.shallow_bytes / least);
        let rows = rows(&folded, view);
        notes.insert(
            0,
            "a place is the best way to its objects; sizes say whose memory it is, not what would be freed; shared is what \
             others hold, too"
                .to_owned(),
        );
        if places.crowded > 0 {
            notes.push(format!(
                "{} have no place of their own: there would be too many; they are told with the place above",
                units::counted(places.crowded, "object")
            ));
        }
        let lead = facts.mostly_other_memory().into_iter().collect();
        let mut next = Vec::new();
        let kinds = rows.iter().filter_map(|row| folded.places[row.place? as usize].kind);
        let kinds = kinds.map(|(of, _)| folded.types[of as usize].as_str());
        if let Some(of) = kinds.into_iter().find(|of| of.contains('.')) {
            let of = super::shell_word(of);
            next.push(NextStep::new(format!("why {word} --type {of}"), "what keeps objects of a type alive"));
        }
        next.push(NextStep::new(
            format!("diff {word} LATER.json"),
            "which places grew, once there is a second snapshot",
        ));
        Report {
            command: "places",
            snapshots: vec![facts],
            lead,
            totals: vec![
                ("objects", Cell::Count(places.whole.count)),
                ("shallow_bytes", Cell::Bytes(places.whole.shallow_bytes)),
                ("places", Cell::Count(places.places.len() as u64)),
            ],
            summary: format!(
                "{} in {} at {}",
                units::bytes(places.whole.shallow_bytes),
                units::counted(places.whole.count, "object"),
                units::counted(places.places.len() as u64, "place")
            ),
            sections: vec![Section::Tree(place_tree(&folded, lines, &rows))],
            notes,
            next,
            ..Report::default()
        }
    }
}

fn place_tree(tree: &PlaceTree, lines: Option<&LineWords<'_>>, rows: &[Row]) -> Tree {
    let place = |row: &Row| row.place.map(|index| &tree.places[index as usize]);
    let of = |row: &Row, cell: &dyn Fn(&Place) -> Cell| place(row).map_or(Cell::Missing, cell);
    let name = |at: Option<u32>| at.map_or(Cell::Missing, |at| Cell::Text(place_words::place(tree.way(at))));
    let type_name = |of: Option<u32>| of.map_or(Cell::Missing, |of| Cell::Text(tree.types[of as usize].clone()));
    let share = |place: &Place| Cell::Share { part: place.whole.shallow_bytes, whole: tree.whole.shallow_bytes };
    let made = |row: &Row, part: usize| {
        let place = lines.zip(place(row));
        place.map_or(Cell::Missing, |(lines, place)| lines.cells(place.made_at.and_then(|(at, _)| at))[part].clone())
    };
    Table::of("rows", rows)
        .column("place", "place", |row| name(row.place))
        .column("shallow_bytes", "size", |row| match place(row) {
            Some(place) => Cell::Bytes(place.whole.shallow_bytes),
            None => Cell::Bytes(row.rest.1),
        })
        .machines("shallow_bytes_share", |row| of(row, &share))
        .machines("objects", |row| of(row, &|place| Cell::Count(place.whole.count)))
        .machines("own_shallow_bytes", |row| of(row, &|place| Cell::Bytes(place.own.shallow_bytes)))
        .machines("own_objects", |row| of(row, &|place| Cell::Count(place.own.count)))
        .machines("shared_bytes", |row| of(row, &|place| Cell::Bytes(place.shared_bytes)))
        .machines("type", |row| of(row, &|place| type_name(place.kind.map(|(of, _)| of))))
        .machines("containers", |row| of(row, &|place| Cell::Count(place.contents.containers)))
        .machines("elements", |row| of(row, &|place| Cell::Count(place.contents.elements)))
        .machines("element_type", |row| of(row, &|place| type_name(place.contents.most.map(|(of, _)| of))))
        .machines("above", |row| name(row.above))
        .machines("not_shown_places", |row| match row.place {
            Some(_) => Cell::Missing,
            None => Cell::Count(row.rest.0),
        })
        .when(lines.is_some(), |table| {
            table
                .machines("made_at_file", |row| made(row, 0))
                .machines("made_at_line", |row| made(row, 1))
                .machines("made_at_function", |row| made(row, 2))
                .machines("made_at_bytes", |row| {
                    of(row, &|place| place.made_at.map_or(Cell::Missing, |(_, bytes)| Cell::Bytes(bytes)))
                })
        })
        .tree(
            |row| row.depth,
            |row| match row.place {
                Some(index) => place_row(tree, lines, index, row.above),
                None => {
                    let (places, bytes) = row.rest;
                    vec![Cell::Faint(format!("{} more, {}", units::counted(places, "place"), units::bytes(bytes)))]
                }
            },
        )
}

/// A place, or what was left out below one.
struct Row {
    depth: u32,
    place: Option<u32>,
    /// The place that the row hangs below.
    above: Option<u32>,
    /// How many places are left out, and their bytes.
    rest: (u64, u64),
}

/// The rows of the tree, depth first, without recursion.
fn rows(tree: &PlaceTree, view: PlacesView) -> Vec<Row> {
    let least = tree.whole.shallow_bytes / LEAST_SHOWN;
    let mut rows = Vec::new();
    let mut stack: Vec<Row> = Vec::new();
    let push = |above: Option<u32>, depth: u32, stack: &mut Vec<Row>| {
        let below = above.map_or(&tree.tops, |above| &tree.places[above as usize].below);
        let large = below.partition_point(|&place| tree.places[place as usize].whole.shallow_bytes >= least);
        let shown = view.limit.map_or(below.len(), |limit| limit.min(large));
        let (shown, rest) = below.split_at(shown);
        if !rest.is_empty() {
            let bytes = rest.iter().map(|&place| tree.places[place as usize].whole.shallow_bytes);
            let rest = (rest.len() as u64, bytes.fold(0, u64::saturating_add));
            stack.push(Row { depth, place: None, above, rest });
        }
        let shown = shown.iter().rev();
        stack.extend(shown.map(|&place| Row {
            depth,
            place: Some(if view.limit.is_some() { telling(tree, place) } else { place }),
            above,
            rest: (0, 0),
        }));
    };
    push(None, 0, &mut stack);
    while let Some(row) = stack.pop() {
        if let Some(place) = row.place
            && row.depth + 1 < view.depth
        {
            push(Some(place), row.depth + 1, &mut stack);
        }
        rows.push(row);
    }
    rows
}

/// The place that tells: while nearly all is below one other and this is no container, that one.
pub(super) fn telling(tree: &PlaceTree, mut at: u32) -> u32 {
    loop {
        let place = &tree.places[at as usize];
        let Some(&below) = place.below.first() else { return at };
        let held = u128::from(tree.places[below as usize].whole.shallow_bytes) * 100;
        let is_container = place.contents.elements > 0 || place.own.count > 1 && place.above.is_some();
        if is_container || held < u128::from(place.whole.shallow_bytes) * u128::from(NEARLY_ALL) {
            return at;
        }
        at = below;
    }
}

/// The text of a place, without the beginning that stands in the row above.
fn text(tree: &PlaceTree, place: u32, above: Option<u32>) -> String {
    let way = tree.way(place);
    let known = above.map_or(0, |above| tree.way(above).len());
    if known == 0 {
        return place_words::place(way);
    }
    let mut text = String::new();
    for index in known..way.len() {
        text.push_str(&place_words::after(way.get(index.wrapping_sub(1)).copied(), way[index]));
    }
    text.trim_start().to_owned()
}

fn place_row(tree: &PlaceTree, lines: Option<&LineWords<'_>>, index: u32, above: Option<u32>) -> Vec<Cell> {
    let place = &tree.places[index as usize];
    let made = lines.zip(place.made_at);
    let what = place_words::what(place, &tree.types);
    let mut words = vec![
        Cell::Strong(units::bytes(place.whole.shallow_bytes)),
        Cell::Share { part: place.whole.shallow_bytes, whole: tree.whole.shallow_bytes },
        Cell::Text(text(tree, index, above)),
        Cell::Faint(what),
    ];
    if place.shared_bytes > place.whole.shallow_bytes / 100 {
        words.push(Cell::Faint(format!("({} shared)", units::bytes(place.shared_bytes))));
    }
    if let Some((lines, (at, bytes))) = made {
        let share = units::share(bytes.into(), place.whole.shallow_bytes.into());
        let line = at.map_or("nobody knows where".to_owned(), |at| format!("at {}", lines.line(at)));
        words.push(Cell::Faint(format!("made {line} ({share})")));
    }
    words
}

/// The places as stacks for a flame graph: a frame for each step, bytes of the objects at the place itself.
pub fn place_stacks(places: &PlaceTree, depth: u32) -> Vec<FoldedStack> {
    let folded = places.folded(places.whole.shallow_bytes / LEAST);
    let mut stacks: Vec<FoldedStack> = Vec::new();
    let mut at_depth: Vec<(u32, String)> = Vec::with_capacity(folded.places.len());
    // A place comes after the one above it.
    for place in &folded.places {
        let (level, frames) = match place.above {
            None => (1, clean(&place_words::after(None, &place.step))),
            Some(above) => {
                let (level, frames) = &at_depth[above as usize];
                let before = &folded.places[above as usize].step;
                let frame = clean(place_words::after(Some(before), &place.step).trim_start());
                if *level >= depth { (*level, frames.clone()) } else { (level + 1, format!("{frames};{frame}")) }
            }
        };
        stacks.push(FoldedStack { frames: frames.clone(), own: place.own });
        at_depth.push((level, frames));
    }
    stacks.sort_by(|one, other| one.frames.cmp(&other.frames));
    stacks.dedup_by(|next, kept| {
        let is_same = next.frames == kept.frames;
        if is_same {
            kept.own.add(next.own);
        }
        is_same
    });
    stacks
}

fn clean(frame: &str) -> String {
    frame.replace([';', '\n', '\r'], ":")
}
