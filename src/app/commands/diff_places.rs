//! `heapgraph diff` by place: the places that grew, and who holds them.

use std::path::{Path, PathBuf};

use crate::analysis::common::Tally;
use crate::analysis::excerpt::{Excerpt, Limits, Towards, Wish};
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::outside::OutsideReferences;
use crate::analysis::places::growth::{Grew, GrownPlace, GrowthOptions, PlaceGrowth, Trend};
use crate::analysis::places::{PlaceTree, PlacedHeap};
use crate::analysis::since::{Earlier, born_between};
use crate::analysis::type_growth::NamedCounts;
use crate::app::arguments::{self, SortArg};
use crate::app::commands::diff::DiffArgs;
use crate::app::output::Destination;
use crate::app::{ExitCode, input, output};
use crate::graph::{HeapGraph, Object};
use crate::render::PictureFormat;
use crate::report::{
    self, Changes, ChangesOrder, ChangesView, ExcerptView, ExtraFact, GrownDetails, Report, SnapshotFacts, place_notes,
    place_text,
};
use crate::snapshot::{Snapshot, Wanted};

use super::since::by_address;

/// A growth of less is not told, unless `--min` says otherwise: this, or a thousandth of the heap.
const LEAST_BYTES: u64 = 16 << 10;
const MOST_LEAST_BYTES: u64 = 1 << 20;
/// A container with so many elements more is told, however small they are.
const LEAST_ELEMENTS: u64 = 100;
/// So many references more from outside are told.
const LEAST_REFERENCES: u64 = 100;
/// Of so many containers is asked who else holds what they hold.
const ASKED_FOR_HOLDERS: usize = 8;

/// So many places that grew are drawn, with so many references around them.
const MOST_DRAWN: usize = 6;
const DEPTH: u32 = 3;
const TOO_MANY: usize = 10;
const MOST_BOXES: usize = 60;

/// What is kept of a snapshot when its graph is dropped.
pub(in crate::app) struct Kept {
    pub facts: SnapshotFacts,
    pub notes: Vec<String>,
    pub places: PlaceTree,
    types: NamedCounts,
    outside: OutsideReferences,
}

impl Kept {
    /// Keeps the places of a heap; `name` is how the user calls it. The places themselves are in what is kept alone.
    pub fn of<'g>(graph: &'g HeapGraph, name: &str) -> (Kept, PlacedHeap<'g>) {
        let roots = GcRoots::of(graph);
        let mut placed = PlacedHeap::of(graph, &roots);
        let facts = SnapshotFacts::new(name, &graph.header, &graph.end).explaining(graph.total_bytes());
        let notes = place_notes(graph).into_iter().map(|note| format!("{}: {note}", facts.file)).collect();
        let kept = Kept {
            facts,
            notes,
            places: std::mem::take(&mut placed.tree),
            types: NamedCounts::of(graph),
            outside: OutsideReferences::of(graph, &roots),
        };
        (kept, placed)
    }
}

fn graph(path: &Path, quiet: bool) -> anyhow::Result<Option<HeapGraph>> {
    let snapshot: Snapshot = input::read(path, Wanted::References, quiet)?;
    let has_references = !snapshot.objects.referent.is_empty() || snapshot.objects.address.is_empty();
    Ok(has_references.then(|| input::built(snapshot)))
}

/// Compares the snapshots by place; `None` when one has no references.
pub fn run(args: &DiffArgs) -> anyhow::Result<Option<ExitCode>> {
    let destination = destination(args)?;
    let quiet = args.output.quiet;
    let mut all: Vec<Kept> = Vec::new();
    let (last, between) = args.after.split_last().map_or((&args.before, &[][..]), |(last, between)| (last, between));
    // With three and more: what was made between the first two, and is still there.
    let keep = |path: &Path, is_of_first_two: bool| {
        let Some(graph) = graph(path, quiet)? else { return Ok(None) };
        let earlier = (is_of_first_two && !between.is_empty()).then(|| Earlier::of(&graph));
        anyhow::Ok(Some((Kept::of(&graph, &input::name(path)).0, earlier)))
    };
    let before: Vec<&PathBuf> = std::iter::once(&args.before).chain(between).collect();
    let mut first_two: Vec<Earlier> = Vec::new();
    let mut add = |(kept, earlier): (Kept, Option<Earlier>)| {
        all.push(kept);
        first_two.extend(earlier);
    };
    for (number, path) in before[..before.len() - 1].iter().enumerate() {
        let Some(kept) = keep(path, number < 2)? else { return Ok(None) };
        add(kept);
    }
    let last_before = before[before.len() - 1];
    let (kept, found) = input::both(
        [last_before, last],
        || keep(last_before, before.len() <= 2),
        || {
            let Some(graph) = graph(last, quiet)? else { return Ok(None) };
            let (kept, placed) = Kept::of(&graph, &input::name(last));
            let placed = placed.detached();
            Ok(Some((graph, kept, placed)))
        },
    )?;
    let (Some(of_before), Some((graph, kept, placed))) = (kept, found) else { return Ok(None) };
    add(of_before);
    let mut placed = placed.of(&graph);
    let born = match first_two.as_slice() {
        [first, second] => {
            let since = |earlier| by_address(earlier, &graph);
            since(first).zip(since(second)).map(|(first, second)| born_between(&graph, &first, &second))
        }
        _ => None,
    };
    drop(first_two);
    all.push(kept);
    let least_bytes = least_bytes(&all, args.min);
    let mut changes = compare(&all, least_bytes);
    // The places of the last snapshot go back to its objects.
    if let Some(kept) = all.last_mut() {
        placed.tree = std::mem::take(&mut kept.places);
    }
    changes.details = details(&placed, &changes.grown.grown);
    changes.born = born.unwrap_or_default();
    let view = ChangesView {
        limit: arguments::limit(args.limit),
        order: match args.sort {
            Some(SortArg::Count) => ChangesOrder::Count,
            Some(SortArg::Name) => ChangesOrder::Name,
            _ => ChangesOrder::Size,
        },
        full_names: args.full_names,
        least_bytes,
    };
    if let Destination::Picture(format) = destination {
        draw(&placed, &changes, format, args)?;
        return Ok(Some(ExitCode::Ok));
    }
    let mut notes: Vec<String> = Vec::new();
    if all.windows(2).any(|pair| pair[0].facts.pid != pair[1].facts.pid) {
        notes.push(super::diff::OF_DIFFERENT_PROCESSES.to_owned());
    }
    let mut facts = Vec::new();
    for kept in all {
        notes.extend(kept.notes);
        facts.push(kept.facts);
    }
    output::write_report(&Report::changes(facts, &changes, view, notes), &args.output)?;
    Ok(Some(ExitCode::Ok))
}

/// A picture by the name after `-o`; JSON is that of the report.
fn destination(args: &DiffArgs) -> anyhow::Result<Destination> {
    let is_json = args.output.file().is_some_and(|path| output::extension(path) == "json");
    if args.output.format.is_some() || args.output.file().is_none() || is_json {
        output::format(&args.output)?;
        return Ok(Destination::Report);
    }
    output::destination(&args.output)
}

/// Draws who holds what grew: the containers are the targets, one of each place.
fn draw(placed: &PlacedHeap<'_>, changes: &Changes, format: PictureFormat, args: &DiffArgs) -> anyhow::Result<()> {
    let graph = placed.graph;
    let rows = changes.grown.grown.iter().zip(&changes.details).filter(|(row, _)| row.trend != Trend::Stopped);
    let examples = rows.filter_map(|(_, details)| details.example);
    let targets: Vec<Object> =
        examples.take(MOST_DRAWN).map(|address| graph.select_address(address)).collect::<Result<_, _>>()?;
    if targets.is_empty() {
        anyhow::bail!("nothing grew: there is no picture of it (--min BYTES tells smaller growth)");
    }
    let limits = Limits { depth: DEPTH, on_to_roots: true, too_many: TOO_MANY, max_boxes: MOST_BOXES };
    let excerpt = Excerpt::around(&Explored::of(graph), &targets, &Wish::new(Towards::Referrers, limits));
    let view = ExcerptView {
        full_names: args.full_names,
        extra: &[ExtraFact::Size],
        retained: None,
        highlight: &[],
        too_many: TOO_MANY,
        depth: DEPTH,
        max_boxes: MOST_BOXES,
        new: None,
    };
    let mut diagram = report::diagram(graph, &excerpt, view);
    diagram.title = "Who holds what grew".to_owned();
    report::mark_growth(&mut diagram, changes);
    // An option of the pictures of one object.
    diagram.notes.iter_mut().for_each(|note| *note = note.replace(" (--expand draws them)", ""));
    output::write_picture(&diagram, format, &args.picture, &args.output)?;
    output::say_notes(&diagram.notes, args.output.quiet);
    if args.picture.open {
        output::open(&args.output)?;
    }
    Ok(())
}

/// The growth of a place that is told.
pub(in crate::app) fn least_bytes(all: &[Kept], asked: Option<u64>) -> u64 {
    let whole = all.iter().map(|one| one.places.whole.shallow_bytes).max().unwrap_or(0);
    asked.unwrap_or((whole / 1000).clamp(LEAST_BYTES, MOST_LEAST_BYTES))
}

/// What changed, without what only the last graph knows.
pub(in crate::app) fn compare(all: &[Kept], least_bytes: u64) -> Changes {
    let options = GrowthOptions { least_bytes, least_elements: LEAST_ELEMENTS };
    let trees: Vec<&PlaceTree> = all.iter().map(|kept| &kept.places).collect();
    let ends: Vec<&PlaceTree> = trees.last().into_iter().chain(trees.first()).copied().collect();
    let grown = PlaceGrowth::between(&trees, options);
    let total = |tree: Option<&&PlaceTree>| {
        let Tally { count, shallow_bytes } = tree.map_or(Tally::default(), |tree| tree.whole);
        (count, shallow_bytes)
    };
    let counts: Vec<&NamedCounts> = all.iter().map(|kept| &kept.types).collect();
    let outside: Vec<&OutsideReferences> = all.iter().map(|kept| &kept.outside).collect();
    let types = NamedCounts::growth(&counts);
    Changes {
        details: vec![GrownDetails::default(); grown.grown.len()],
        grown,
        shrunk: PlaceGrowth::between(&ends, options).grown,
        unchanged_types: NamedCounts::unchanged(&counts, &types),
        types,
        outside: OutsideReferences::growth(&outside, LEAST_REFERENCES),
        totals: [total(trees.first()), total(trees.last())],
        born: Vec::new(),
    }
}

/// What the last graph knows of the places that grew.
pub(in crate::app) fn details(placed: &PlacedHeap<'_>, grown: &[GrownPlace]) -> Vec<GrownDetails> {
    let among: Vec<u32> = grown.iter().filter_map(|row| row.last).collect();
    let examples = placed.examples(&among);
    let mut asked = 0;
    let mut of = |row: &GrownPlace| {
        let Some(place) = row.last else { return GrownDetails::default() };
        let mut holders = Vec::new();
        if matches!(row.grew, Grew::Elements { .. }) && asked < ASKED_FOR_HOLDERS {
            asked += 1;
            holders = placed.holders(place, &among);
        }
        let text = |place: u32| {
            let way: Vec<_> = placed.tree.way(place).into_iter().cloned().collect();
            place_text(&way)
        };
        GrownDetails {
            example: examples.get(&place).map(|&object| placed.graph.address(object)),
            shared_bytes: Some(placed.tree.places[place as usize].shared_bytes),
            holders: holders.into_iter().take(8).map(|holder| (text(holder.place), holder.elements)).collect(),
        }
    };
    grown.iter().map(&mut of).collect()
}
