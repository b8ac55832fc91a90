//! The report of `diff`: resident memory, the places that grew and who holds them, types, what C holds, what shrank.

use crate::analysis::common::Grouping;
use crate::analysis::diff::GroupGrowth;
use crate::analysis::outside::{Outside, OutsideGrowth};
use crate::analysis::places::growth::{Grew, GrownPlace, PlaceGrowth, Trend};
use crate::analysis::since::Bounds;
use crate::analysis::type_growth::TypeGrowth;
use crate::graph::TypeNames;
use crate::units::{self, Address};

use super::diagram::{Diagram, DiagramBox};
use super::new_groups::groups_table;
use super::phrases::type_name_noun;
use super::place_words;
use super::table::up_to;
use super::{Audience, Cell, Column, NextStep, Report, Section, SnapshotFacts, Table};

/// In which order places and types come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangesOrder {
    /// Most bytes more first.
    Size,
    /// Most elements or objects more first.
    Count,
    /// By name.
    Name,
}

/// How the changes are shown.
#[derive(Debug, Clone, Copy)]
pub struct ChangesView {
    /// How many rows of each table; `None` for all.
    pub limit: Option<usize>,
    /// Which rows come first.
    pub order: ChangesOrder,
    /// Types with their modules.
    pub full_names: bool,
    /// Bytes below which a growth of a place is not told.
    pub least_bytes: u64,
}

/// What is known of a place that grew beside its numbers, from the last snapshot.
#[derive(Debug, Clone, Default)]
pub struct GrownDetails {
    /// An object there: the container, where there is one.
    pub example: Option<Address>,
    /// Bytes there that others hold, too; `None` when unknown.
    pub shared_bytes: Option<u64>,
    /// Other places that hold its elements, and how many of them.
    pub holders: Vec<(String, u64)>,
}

/// All that changed.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The places that grew.
    pub grown: PlaceGrowth,
    /// As many as places that grew.
    pub details: Vec<GrownDetails>,
    /// The places that shrank, the other way round: their first numbers are those of the last snapshot.
    pub shrunk: Vec<GrownPlace>,
    /// Types and named functions that differ.
    pub types: Vec<TypeGrowth>,
    /// How many types are the same in all snapshots.
    pub unchanged_types: u64,
    /// References from outside that grew.
    pub outside: Vec<OutsideGrowth>,
    /// Of three and more snapshots of one process: what was made between the first two and is alive in the last, by type.
    pub born: Vec<(String, Bounds)>,
    /// Objects and bytes of the first snapshot and of the last.
    pub totals: [(u64, u64); 2],
}

/// So many rows of what shrank are told beside what grew.
const MOST_SHRUNK: usize = 5;
/// So many places have a command of their own at the end.
const MOST_NEXT: usize = 3;

impl Report {
    /// What changed from the first to the last of the snapshots. `notes` are those of their files.
    pub fn changes(facts: Vec<SnapshotFacts>, changes: &Changes, view: ChangesView, mut notes: Vec<String>) -> Report {
        let several = facts.len() > 2;
        let word = super::shell_word(facts.last().map_or("snap.json", |facts| facts.argument.as_str()));
        let order = ordered(&changes.grown.grown, view.order);
        // What goes up and down, and is not higher than ever, is how the program works.
        let is_told = |row: &GrownPlace| {
            let series: Vec<u64> = row.telling().collect();
            let (last, before) = series.split_last().map_or((0, &[][..]), |(last, before)| (*last, before));
            row.trend != Trend::Unsteady || before.iter().all(|&earlier| earlier < last)
        };
        let (told, silent): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&index| is_told(&changes.grown.grown[index]));
        let (stopped, growing): (Vec<usize>, Vec<usize>) =
            told.into_iter().partition(|&index| changes.grown.grown[index].trend == Trend::Stopped);
        let table = |key, title: &str, rows: &[usize]| places_table(key, title, changes, rows, (several, &word), view);
        let mut sections = Vec::new();
        // Machines find the places where they always are.
        let grown = table("places", "Places that grew", &growing);
        if growing.is_empty() {
            let verdict = nothing_grew(changes, view, !stopped.is_empty());
            sections.push(Section::Paragraphs { key: "verdict", paragraphs: vec![verdict] });
            sections.push(Section::Table(for_one_audience(grown, Audience::Machines)));
        } else {
            sections.push(Section::Table(grown));
        }
        let together = held_together(changes, &growing, view);
        if !together.is_empty() {
            sections.push(Section::Paragraphs { key: "held_by_several", paragraphs: together });
        }
        if !stopped.is_empty() {
            sections.push(Section::Table(table("places_stopped", "Grew and stopped", &stopped)));
        }
        let (more, fewer): (Vec<&TypeGrowth>, Vec<&TypeGrowth>) =
            ordered_types(&changes.types, view.order).into_iter().partition(|row| is_more(row));
        let all: Vec<&TypeGrowth> = more.iter().chain(&fewer).copied().collect();
        let whole = types_table("rows", "", &all, several, view.limit, view);
        sections.push(Section::Table(for_one_audience(whole, Audience::Machines)));
        let (steady, rising): (Vec<&TypeGrowth>, Vec<&TypeGrowth>) =
            more.iter().copied().filter(|row| is_higher_than_ever(row)).partition(|row| row.group.grew_each_time());
        let told: Vec<&TypeGrowth> = steady.into_iter().chain(rising).collect();
        sections.extend(for_people(types_table("types", "Types that grew", &told, several, view.limit, view)));
        sections.extend(outside_table(&changes.outside, several, view).map(Section::Table));
        sections.extend(shrunk_table(&changes.shrunk, view).map(Section::Table));
        let few = view.limit.map(|limit| limit.min(MOST_SHRUNK));
        if !changes.born.is_empty() {
            let heading = ("born", "Made between the first two snapshots, alive in the last");
            let table = groups_table(heading, Grouping::Type, &changes.born, few, view.full_names, None);
            sections.push(Section::Table(table));
            notes.push(
                "made between the first two snapshots: what is at addresses that the first has not, and has the type that it had \
                 in the second; at most, as an address may have been used again since"
                    .to_owned(),
            );
        }
        let fewer: Vec<&TypeGrowth> = fewer.into_iter().rev().collect();
        sections.extend(for_people(types_table("types_shrunk", "Types that shrank", &fewer, several, few, view)));
        if !silent.is_empty() {
            notes.push(format!(
                "{} went up and down, and not told: no more is there at the end than was before",
                units::counted(silent.len() as u64, "place")
            ));
        }
        let mut next = next_steps(changes, &growing, &word);
        next.extend(generic_next(&more, &word));
        next.truncate(MOST_NEXT + 1);
        let [(count_before, bytes_before), (count_after, bytes_after)] = changes.totals;
        let count_growth = Cell::CountGrowth(i128::from(count_after) - i128::from(count_before));
        let bytes_growth = Cell::BytesGrowth(i128::from(bytes_after) - i128::from(bytes_before));
        let summary = format!(
            "{} → {} objects ({}) · {} → {} shallow size ({}) · {} unchanged",
            units::count(count_before),
            units::count(count_after),
            count_growth.human(),
            units::bytes(bytes_before),
            units::bytes(bytes_after),
            bytes_growth.human(),
            units::counted(changes.unchanged_types, "type"),
        );
        Report {
            command: "diff",
            lead: lead(&facts),
            totals: vec![
                ("count_before", Cell::Count(count_before)),
                ("count_after", Cell::Count(count_after)),
                ("count_growth", count_growth),
                ("shallow_bytes_before", Cell::Bytes(bytes_before)),
                ("shallow_bytes_after", Cell::Bytes(bytes_after)),
                ("shallow_bytes_growth", bytes_growth),
                ("unchanged", Cell::Count(changes.unchanged_types)),
                ("rest_bytes_growth", Cell::BytesGrowth(changes.grown.rest_bytes)),
            ],
            snapshots: facts,
            sections,
            summary,
            notes,
            next,
            ..Report::default()
        }
    }
}

/// Resident memory, and what of its growth is Python objects; nothing of different processes, and where it is unknown.
pub(super) fn lead(facts: &[SnapshotFacts]) -> Vec<String> {
    let [first, .., last] = facts else { return Vec::new() };
    if let Some(sentence) = super::facts::mostly_other_growth(first, last) {
        return vec![sentence];
    }
    let known = || {
        let (before, after) = (first.rss_bytes?, last.rss_bytes?);
        let explained = i128::from(last.explained_bytes?) - i128::from(first.explained_bytes?);
        (first.pid == last.pid && first.pid.is_some()).then(|| {
            format!(
                "Resident memory {} → {} ({}); Python objects: {}.",
                units::bytes(before),
                units::bytes(after),
                Cell::BytesGrowth(i128::from(after) - i128::from(before)).human(),
                Cell::BytesGrowth(explained).human(),
            )
        })
    };
    known().into_iter().collect()
}

fn nothing_grew(changes: &Changes, view: ChangesView, has_stopped: bool) -> String {
    if has_stopped {
        return "Nothing grows any more: what grew has stopped.".to_owned();
    }
    let [(_, before), (_, after)] = changes.totals;
    format!(
        "Nothing grew: no place has {} more (the heap: {}). Less is the noise of any program; --min BYTES tells it.",
        units::bytes(view.least_bytes),
        Cell::BytesGrowth(i128::from(after) - i128::from(before)).human()
    )
}

/// Indices of the rows in the order asked for.
fn ordered(rows: &[GrownPlace], order: ChangesOrder) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..rows.len()).collect();
    let telling = |row: &GrownPlace| {
        let series: Vec<u64> = row.telling().collect();
        i128::from(series.last().copied().unwrap_or(0)) - i128::from(series.first().copied().unwrap_or(0))
    };
    match order {
        ChangesOrder::Size => {}
        ChangesOrder::Count => indices.sort_by_key(|&index| std::cmp::Reverse(telling(&rows[index]))),
        ChangesOrder::Name => indices.sort_by_cached_key(|&index| place_words::place(&rows[index].way)),
    }
    indices
}

fn ordered_types(rows: &[TypeGrowth], order: ChangesOrder) -> Vec<&TypeGrowth> {
    let mut rows: Vec<&TypeGrowth> = rows.iter().collect();
    match order {
        ChangesOrder::Size => {}
        ChangesOrder::Count => {
            rows.sort_by_key(|row| std::cmp::Reverse((row.group.count_growth(), row.group.shallow_bytes_growth())))
        }
        ChangesOrder::Name => rows.sort_by_key(|row| (&row.group.name, &row.of)),
    }
    rows
}

fn is_more(row: &TypeGrowth) -> bool {
    (row.group.shallow_bytes_growth(), row.group.count_growth()) > (0, 0)
}

/// Whether nothing before the last snapshot was as much: what goes up and down is how the program works.
fn is_higher_than_ever(row: &TypeGrowth) -> bool {
    let (last, before) =
        row.group.tallies.split_last().map_or((Default::default(), &[][..]), |(last, all)| (*last, all));
    before.iter().all(|earlier| (earlier.count, earlier.shallow_bytes) <= (last.count, last.shallow_bytes))
}

/// `12 → 455 entries of `app.User``.
pub(super) fn what(row: &GrownPlace) -> String {
    let of = |of: &Option<String>| of.as_deref().map_or(String::new(), |of| format!(" of {}", type_name_noun(of)));
    let numbers = numbers(row);
    match &row.grew {
        Grew::Elements { of: name, .. } => {
            let containers = row.last().containers;
            let within =
                if containers > 1 { format!(" in {}", units::counted(containers, "container")) } else { String::new() };
            format!("{numbers}{}{within}", of(name))
        }
        Grew::Objects { of: name } | Grew::Bytes { of: name } => format!("{numbers}{}", of(name)),
    }
}

/// `12 → 455 entries`.
fn numbers(row: &GrownPlace) -> String {
    let series: Vec<String> = row
        .telling()
        .map(|number| match row.grew {
            Grew::Bytes { .. } => units::bytes(number),
            _ => units::count(number),
        })
        .collect();
    let series = series.join(" → ");
    let what = match row.grew {
        Grew::Elements { kind, .. } => place_words::element_words(kind).1,
        Grew::Objects { .. } => "objects",
        Grew::Bytes { .. } => "in objects",
    };
    format!("{series} {what}")
}

fn trend(row: &GrownPlace) -> String {
    let word = match row.trend {
        Trend::EachTime => "grew each time",
        Trend::Stopped => "stopped",
        Trend::Unsteady => "not each time",
    };
    format!("{} {word}", sparkline(&row.telling().collect::<Vec<u64>>()))
}

/// A series as bars of eight heights, the lowest of the series at the bottom.
pub(super) fn sparkline(series: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (Some(&least), Some(&most)) = (series.iter().min(), series.iter().max()) else { return String::new() };
    let height = |number: u64| match most - least {
        0 => 0,
        range => (u128::from(number - least) * 7 / u128::from(range)) as usize,
    };
    series.iter().map(|&number| BARS[height(number)]).collect()
}

fn grew_word(grew: &Grew) -> (&'static str, Cell) {
    let cell = |of: &Option<String>| of.clone().map_or(Cell::Missing, Cell::Text);
    match grew {
        Grew::Elements { of, .. } => ("elements", cell(of)),
        Grew::Objects { of } => ("objects", cell(of)),
        Grew::Bytes { of } => ("bytes", cell(of)),
    }
}

fn places_table(
    key: &'static str,
    title: &str,
    changes: &Changes,
    rows: &[usize],
    (several, word): (bool, &str),
    view: ChangesView,
) -> Table {
    let (rows, rest) = up_to(view.limit, rows);
    let growth = |&index: &usize| &changes.grown.grown[index];
    let details = |&index: &usize| &changes.details[index];
    let series = |index: &usize| growth(index).telling().collect::<Vec<u64>>();
    let command = |index: &usize| {
        let step = more_of(growth(index), details(index), word);
        step.map_or(Cell::Missing, |step| Cell::Text(format!("heapgraph {}", step.arguments)))
    };
    let bytes = rest.iter().map(|index| growth(index).bytes_growth()).sum();
    Table::of(key, rows)
        .titled(title)
        .column("shallow_bytes_growth", "growth", |row| Cell::BytesGrowth(growth(row).bytes_growth()))
        .column("place", "place", |row| Cell::Text(place_words::place(&growth(row).way)))
        .people("what", "what", |row| Cell::Text(what(growth(row))))
        .machines("grew", |row| Cell::Text(grew_word(&growth(row).grew).0.to_owned()))
        .machines("type", |row| grew_word(&growth(row).grew).1)
        .machines("count_before", |row| Cell::Count(series(row).first().copied().unwrap_or(0)))
        .machines("count_after", |row| Cell::Count(series(row).last().copied().unwrap_or(0)))
        .machines("shallow_bytes_before", |row| Cell::Bytes(growth(row).first().whole.shallow_bytes))
        .machines("shallow_bytes_after", |row| Cell::Bytes(growth(row).last().whole.shallow_bytes))
        .machines("shared_bytes", |row| details(row).shared_bytes.map_or(Cell::Missing, Cell::Bytes))
        .machines("address", |row| details(row).example.map_or(Cell::Missing, Cell::Address))
        .machines("command", command)
        .when(several, |table| {
            table
                .people("trend_shown", "trend", |row| Cell::Text(trend(growth(row))))
                .machines("trend", |row| Cell::Text(trend_key(growth(row).trend).to_owned()))
        })
        .leaves_out(rest, ("place that grew", "places that grew"), [("shallow_bytes_growth", Cell::BytesGrowth(bytes))])
        .done()
}

/// A trend for machines.
fn trend_key(trend: Trend) -> &'static str {
    match trend {
        Trend::EachTime => "each_time",
        Trend::Stopped => "stopped",
        Trend::Unsteady => "unsteady",
    }
}

/// What two or more places hold together: a sentence each, of the places that are shown.
fn held_together(changes: &Changes, growing: &[usize], view: ChangesView) -> Vec<String> {
    let shown = view.limit.unwrap_or(growing.len());
    let mut told: Vec<(String, String)> = Vec::new();
    let mut sentences = Vec::new();
    for &index in growing.iter().take(shown) {
        let row = &changes.grown.grown[index];
        let Grew::Elements { kind, .. } = row.grew else { continue };
        let more = row.last().elements.saturating_sub(row.first().elements);
        let place = place_words::place(&row.way);
        let of: Vec<&(String, u64)> = changes.details[index]
            .holders
            .iter()
            .filter(|(_, held)| *held >= more.div_ceil(2).max(1))
            .take(3)
            .collect();
        let of: Vec<&(String, u64)> =
            of.into_iter().filter(|(other, _)| !told.contains(&(other.clone(), place.clone()))).collect();
        let Some((_, most)) = of.first() else { continue };
        let (one, many) = place_words::element_words(kind);
        let names: Vec<String> = of.iter().map(|(other, _)| format!("`{other}`")).collect();
        let (held, cut) = if names.len() == 1 { ("both", "both") } else { ("all", "all") };
        let shared = changes.details[index].shared_bytes.filter(|bytes| *bytes > 0);
        let shared =
            shared.map_or(String::new(), |bytes| format!(" ({} that neither frees alone)", units::bytes(bytes)));
        sentences.push(format!(
            "Held by {held}: {} of `{place}` {} also held by {}{shared}; cut {cut}.",
            super::phrases::counted(*most, one, many),
            if *most == 1 { "is" } else { "are" },
            names.join(" and by "),
        ));
        told.extend(of.iter().map(|(other, _)| (place.clone(), other.clone())));
    }
    sentences
}

fn types_table(
    key: &'static str,
    title: &str,
    rows: &[&TypeGrowth],
    several: bool,
    limit: Option<usize>,
    view: ChangesView,
) -> Table {
    let (rows, rest) = up_to(limit, rows);
    let names = TypeNames::new(rows.iter().map(|row| row.group.name.as_str()), view.full_names);
    let named = |name: &str| Cell::Type { shown: names.show(name).to_owned(), full: name.to_owned() };
    let change = |group: &GroupGrowth| match (group.is_new(), group.is_gone()) {
        (true, false) => "new",
        (false, true) => "gone",
        _ => "",
    };
    let line = |group: &GroupGrowth| sparkline(&group.tallies.iter().map(|tally| tally.count).collect::<Vec<_>>());
    let sum = |of: fn(&GroupGrowth) -> i128| rest.iter().map(|row| of(&row.group)).sum::<i128>();
    Table::of(key, rows)
        .titled(title)
        .column("shallow_bytes_growth", "growth", |row| Cell::BytesGrowth(row.group.shallow_bytes_growth()))
        .column("type", "type", |row| named(&row.group.name))
        .column("count_before", "before", |row| Cell::Count(row.group.first().count))
        .column("count_after", "after", |row| Cell::Count(row.group.last().count))
        .column("count_growth", "count", |row| Cell::CountGrowth(row.group.count_growth()))
        .machines("shallow_bytes_before", |row| Cell::Bytes(row.group.first().shallow_bytes))
        .machines("shallow_bytes_after", |row| Cell::Bytes(row.group.last().shallow_bytes))
        .column("name", "", |row| Cell::Text(row.of.clone()))
        .column("change", "", |row| Cell::Text(change(&row.group).to_owned()))
        .when(several, |table| {
            table.column("grew_each_time", "grew each time", |row| Cell::Flag(row.group.grew_each_time())).people(
                "trend_shown",
                "trend",
                |row| Cell::Text(line(&row.group)),
            )
        })
        .leaves_out(
            rest,
            ("changed type", "changed types"),
            [
                ("count_growth", Cell::CountGrowth(sum(GroupGrowth::count_growth))),
                ("shallow_bytes_growth", Cell::BytesGrowth(sum(GroupGrowth::shallow_bytes_growth))),
            ],
        )
        .done()
}

/// Machines read all types in one table, people what grew and what shrank apart.
fn for_one_audience(mut table: Table, audience: Audience) -> Table {
    let is_kept: Vec<bool> =
        table.columns.iter().map(|column| [Audience::All, audience].contains(&column.audience)).collect();
    let keep = |index: usize| is_kept.get(index).copied().unwrap_or(false);
    for row in &mut table.rows {
        let cells = std::mem::take(row).into_iter().enumerate();
        *row = cells.filter(|(index, _)| keep(*index)).map(|(_, cell)| cell).collect();
    }
    let columns = std::mem::take(&mut table.columns).into_iter().enumerate();
    table.columns =
        columns.filter(|(index, _)| keep(*index)).map(|(_, column)| Column { audience, ..column }).collect();
    table
}

/// A table for people alone; left out when it is empty.
fn for_people(table: Table) -> Option<Section> {
    (!table.rows.is_empty()).then(|| Section::Table(for_one_audience(table, Audience::People)))
}

fn outside_table(rows: &[OutsideGrowth], several: bool, view: ChangesView) -> Option<Table> {
    if rows.is_empty() {
        return None;
    }
    let (rows, rest) = up_to(view.limit, rows);
    let names = TypeNames::new(rows.iter().map(|row| row.name.as_str()), view.full_names);
    let number = |outside: Option<&Outside>| outside.copied().unwrap_or_default();
    let line =
        |row: &OutsideGrowth| sparkline(&row.numbers.iter().map(|outside| outside.references).collect::<Vec<_>>());
    let left = rest.iter().map(OutsideGrowth::references_growth).sum();
    let table = Table::of("held_from_c", rows)
        .titled("References that only C code explains (an extension that doesn't give back?)")
        .column("references_growth", "growth", |row| Cell::CountGrowth(row.references_growth()))
        .column("type", "type", |row| Cell::Type { shown: names.show(&row.name).to_owned(), full: row.name.clone() })
        .column("references_before", "references before", |row| Cell::Count(number(row.numbers.first()).references))
        .column("references_after", "after", |row| Cell::Count(number(row.numbers.last()).references))
        .machines("objects_before", |row| Cell::Count(number(row.numbers.first()).objects))
        .machines("objects_after", |row| Cell::Count(number(row.numbers.last()).objects))
        .when(several, |table| table.people("trend_shown", "trend", |row| Cell::Text(line(row))))
        .leaves_out(rest, ("type", "types"), [("references_growth", Cell::CountGrowth(left))]);
    Some(table.done())
}

fn shrunk_table(rows: &[GrownPlace], view: ChangesView) -> Option<Table> {
    if rows.is_empty() {
        return None;
    }
    let (rows, rest) = up_to(view.limit.map(|limit| limit.min(MOST_SHRUNK)), rows);
    // What grew backwards.
    let back = |row: &GrownPlace| {
        let mut back = row.clone();
        back.numbers.reverse();
        back
    };
    let left = rest.iter().map(GrownPlace::bytes_growth).sum::<i128>();
    let table = Table::of("places_shrunk", rows)
        .titled("Places that shrank")
        .column("shallow_bytes_growth", "growth", |row| Cell::BytesGrowth(-row.bytes_growth()))
        .column("place", "place", |row| Cell::Text(place_words::place(&row.way)))
        .people("what", "what", move |row| Cell::Text(what(&back(row))))
        .machines("count_before", move |row| Cell::Count(back(row).telling().next().unwrap_or(0)))
        .machines("count_after", move |row| Cell::Count(back(row).telling().last().unwrap_or(0)))
        .leaves_out(
            rest,
            ("place that shrank", "places that shrank"),
            [("shallow_bytes_growth", Cell::BytesGrowth(-left))],
        );
    Some(table.done())
}

/// The command that tells more of a place that grew.
pub(super) fn more_of(row: &GrownPlace, details: &GrownDetails, word: &str) -> Option<NextStep> {
    let place = place_words::place(&row.way);
    match (&row.grew, details.example) {
        (Grew::Elements { of: Some(of), .. } | Grew::Objects { of: Some(of) }, _) if of.contains('.') => {
            Some(NextStep::new(
                format!("why {word} --type {}", super::shell_word(of)),
                format!("what keeps the objects at {place} alive"),
            ))
        }
        (_, Some(address)) => {
            Some(NextStep::new(format!("backrefs {word} --id {address}"), format!("who holds {place}")))
        }
        (_, None) => None,
    }
}

/// The same of each of the first places.
fn next_steps(changes: &Changes, growing: &[usize], word: &str) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    for &index in growing.iter().take(MOST_NEXT) {
        let step = more_of(&changes.grown.grown[index], &changes.details[index], word);
        steps.extend(step.filter(|step| steps.iter().all(|known| known.arguments != step.arguments)));
    }
    steps
}

/// Where no place is told, the type that tells most.
fn generic_next(more: &[&TypeGrowth], word: &str) -> Option<NextStep> {
    let grown = more.iter().filter(|row| row.group.count_growth() > 0);
    let grown = grown.map(|row| (row.group.name.as_str(), row.group.origin.unwrap_or(super::Origin::Unknown)));
    let name = super::shell_word(super::most_telling(grown)?);
    Some(NextStep::new(format!("backrefs {word} --type {name}"), "who holds what grew"))
}

/// Says in the boxes of containers that grew by how much; of several snapshots with a line.
pub fn mark_growth(diagram: &mut Diagram, changes: &Changes) {
    for (row, details) in changes.grown.grown.iter().zip(&changes.details) {
        let is_it = |described: &&mut DiagramBox| details.example.is_some() && described.address == details.example;
        if let Some(described) = diagram.boxes.iter_mut().find(is_it) {
            described.lines.insert(0, numbers(row));
            if row.numbers.len() > 2 {
                described.series = row.telling().collect();
            }
        }
    }
}

/// A place in words, for those who are asked about one.
pub fn place_text(way: &[crate::analysis::step::Step]) -> String {
    place_words::place(way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_grew_has_its_numbers_and_a_line() {
        use crate::analysis::places::growth::Numbers;
        let at = |elements| Numbers { elements, ..Numbers::default() };
        let grown = |count: u64| GrownPlace {
            way: Vec::new(),
            grew: Grew::Elements { kind: Default::default(), of: Some("app.User".to_owned()) },
            numbers: (0..count).map(|step| at(10 * step)).collect(),
            trend: Trend::EachTime,
            last: None,
        };
        for (snapshots, series) in [(2, vec![]), (3, vec![0, 10, 20])] {
            let box_at = |address| DiagramBox { address: Some(Address(address)), ..DiagramBox::default() };
            let mut diagram = Diagram { boxes: vec![box_at(16), box_at(32)], ..Diagram::default() };
            let details = vec![GrownDetails { example: Some(Address(32)), ..GrownDetails::default() }];
            let grown = PlaceGrowth { grown: vec![grown(snapshots)], rest_bytes: 0 };
            mark_growth(&mut diagram, &Changes { grown, details, ..Changes::default() });
            assert_eq!(diagram.boxes[0], box_at(16));
            assert!(diagram.boxes[1].lines[0].ends_with("0 items"), "{diagram:?}");
            assert_eq!(diagram.boxes[1].series, series);
        }
    }

    #[test]
    fn a_series_is_drawn_between_its_lowest_and_its_highest() {
        assert_eq!(sparkline(&[0, 50, 100]), "▁▄█");
        assert_eq!(sparkline(&[7, 7]), "▁▁");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[u64::MAX, 0]), "█▁");
    }
}
