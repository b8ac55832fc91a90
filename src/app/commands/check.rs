//! `heapgraph check`.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use clap::Args;

use crate::analysis::common::{Counts, Grouping};
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::limits::{Limit, Measure, Subject, Verdict};
use crate::analysis::lines::lines_of;
use crate::analysis::places::{PlaceTree, PlacedHeap};
use crate::app::arguments::OutputArgs;
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, check_limits, input, output};
use crate::graph::{HeapGraph, Object};
use crate::render::junit;
use crate::report::{
    Dominance, Evidence, LineWords, Report, SnapshotFacts, check_cases, graph_notes, place_texts, retained_groups,
};
use crate::snapshot::Wanted;

/// Help after `check --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph check snap.json --max 'app.Session=10'
  heapgraph check before.json after.json --max-growth 'app.*=0' --junit check.xml
  heapgraph check snap.json --max-retained 'app.cache.*=50MB' --no-garbage

A name is a type (app.Session, Session) or a place as `heapgraph places` and `heapgraph diff` tell it
(app.cache.SESSIONS); * and ? stand for anything. The same in a file:

  [check]
  no-garbage = true
  [check.max]
  \"app.Session\" = 10
  [check.max-growth]
  \"app.*\" = 0
  [check.max-retained]
  \"app.cache.*\" = \"50MB\"

Exit codes: 0 all limits were kept, 3 one was not, 1 and 2 errors.";

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The snapshots in the order of time; limits are for the last, growth is from the first to the last
    #[arg(value_name = "SNAPSHOT", required = true)]
    pub snapshots: Vec<PathBuf>,
    /// At most N objects of a type, or entries at a place; may be given several times
    #[arg(long, value_name = "NAME=N")]
    pub max: Vec<String>,
    /// At most N more than in the first snapshot; may be given several times
    #[arg(long, value_name = "NAME=N")]
    pub max_growth: Vec<String>,
    /// At most so many bytes that a type retains, or that are at a place (500K, 50MB); may be given several times
    #[arg(long, value_name = "NAME=BYTES")]
    pub max_retained: Vec<String>,
    /// No garbage in reference cycles
    #[arg(long)]
    pub no_garbage: bool,
    /// Read limits from this file, too [default: heapgraph.toml in the current folder, when no limit is given]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is at a place, as far as it is limited.
#[derive(Debug, Clone, Copy, Default)]
struct AtPlace {
    count: u64,
    bytes: u64,
    is_container: bool,
}

/// An earlier snapshot, as far as growth needs it.
struct Before {
    types: Counts,
    places: BTreeMap<String, AtPlace>,
}

/// So many places of what is too much are told.
const MOST_PLACES: usize = 3;

pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let limits = check_limits::of(args)?;
    let has_growth = limits.all.iter().any(|limit| limit.measure == Measure::Growth);
    let Some((last, earlier)) = args.snapshots.split_last() else {
        return Err(UsageError("name a snapshot".to_owned()).into());
    };
    if has_growth && earlier.is_empty() {
        return Err(UsageError("--max-growth compares: name an earlier snapshot, too".to_owned()).into());
    }
    input::refuse_standard_input_twice(&args.snapshots)?;
    let quiet = args.output.quiet;
    let mut facts = Vec::new();
    let mut notes = Vec::new();
    let mut read = |path: &std::path::Path| -> anyhow::Result<HeapGraph> {
        let graph = input::built(input::read(path, Wanted::References, quiet)?);
        let fact = SnapshotFacts::new(&input::name(path), &graph.header, &graph.end);
        notes.extend(graph_notes(&graph).into_iter().map(|note| format!("{}: {note}", fact.file)));
        facts.push(fact);
        Ok(graph)
    };
    let before = match earlier.first().filter(|_| has_growth) {
        Some(path) => {
            let graph = read(path)?;
            let places = PlaceTree::of(&graph, &GcRoots::of(&graph));
            Some(Before { types: Counts::of_graph(&graph, Grouping::Type), places: by_text(&places) })
        }
        None => None,
    };
    let graph = read(last)?;
    let placed = PlacedHeap::of(&graph, &GcRoots::of(&graph));
    // Computed when something asks for it: retained sizes, garbage, what to tell of a failure.
    let known = OnceCell::new();
    let explored = || known.get_or_init(|| Explored::of(&graph));
    let subjects = subjects(&explored, &placed, before.as_ref(), &limits.all);
    let verdicts: Vec<Verdict<'_>> = limits.all.iter().map(|limit| limit.judge(&subjects)).collect();
    for verdict in verdicts.iter().filter(|verdict| verdict.subjects == 0) {
        notes.push(format!("{} limits nothing: no type and no place of this name is there", verdict.limit.text()));
    }
    let garbage = limits.no_garbage.then(|| garbage(explored()));
    let texts = place_texts(&placed.tree);
    let cases = check_cases(&verdicts, garbage.as_deref(), |name, is_place| {
        evidence(explored(), &placed, &texts, name, is_place)
    });
    let has_failed = cases.iter().any(|case| case.failure.is_some());
    if let Some(path) = &args.junit {
        output::write_file(path, &junit::write(&cases))?;
    }
    output::write_report(&Report::check(facts, &cases, notes), &args.output)?;
    Ok(if has_failed { ExitCode::Gate } else { ExitCode::Ok })
}

/// What is counted at each place, by its words; places that read alike are one.
fn by_text(tree: &PlaceTree) -> BTreeMap<String, AtPlace> {
    let mut all: BTreeMap<String, AtPlace> = BTreeMap::new();
    for (text, place) in place_texts(tree).into_iter().zip(&tree.places) {
        let is_container = place.contents.elements > 0;
        let count = if is_container { place.contents.elements } else { place.own.count };
        let known = all.entry(text).or_default();
        known.count = known.count.saturating_add(count);
        known.bytes = known.bytes.saturating_add(place.whole.shallow_bytes);
        known.is_container |= is_container;
    }
    all
}

/// All types and places, with retained sizes where they are limited.
fn subjects<'h, 'g: 'h>(
    explored: &dyn Fn() -> &'h Explored<'g>,
    placed: &PlacedHeap<'_>,
    before: Option<&Before>,
    limits: &[Limit],
) -> Vec<Subject> {
    let graph = placed.graph;
    let counts = Counts::of_graph(graph, Grouping::Type);
    let mut retained: HashMap<String, u64> = HashMap::new();
    if limits.iter().any(|limit| limit.measure == Measure::Bytes) {
        let heap = explored();
        let dominance =
            Dominance { graph, retained: heap.retained(), dominated: heap.dominated(), is_ownership: false, new: None };
        let groups = retained_groups(dominance, Grouping::Type);
        retained = groups.into_iter().map(|(name, group)| (name, group.retained_bytes)).collect();
    }
    let earlier = |name: &String| before.map(|before| before.types.groups.get(name).map_or(0, |tally| tally.count));
    let types = counts.groups.iter().map(|(name, tally)| Subject {
        name: name.clone(),
        is_place: false,
        is_container: false,
        count_before: earlier(name),
        count: tally.count,
        bytes: retained.get(name).copied().unwrap_or(tally.shallow_bytes),
    });
    let earlier = |name: &String| before.map(|before| before.places.get(name).map_or(0, |place| place.count));
    let places = by_text(&placed.tree).into_iter().map(|(name, at)| Subject {
        count_before: earlier(&name),
        name,
        is_place: true,
        is_container: at.is_container,
        count: at.count,
        bytes: at.bytes,
    });
    types.chain(places).collect()
}

/// What no root reaches, by type; most first, then by name.
fn garbage(heap: &Explored<'_>) -> Vec<(String, u64)> {
    let graph = heap.graph;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for object in graph.objects().filter(|&object| heap.garbage().contains(object)) {
        *counts.entry(graph.type_name(graph.type_id(object))).or_default() += 1;
    }
    let mut rows: Vec<(String, u64)> = counts.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    rows
}

/// Where the objects of a type are, or who else holds what is at a place; and one of them as Python.
fn evidence(heap: &Explored<'_>, placed: &PlacedHeap<'_>, texts: &[String], name: &str, is_place: bool) -> Evidence {
    let graph = heap.graph;
    let fits: Vec<bool> = graph.types.iter().map(|of| of.full_name() == name).collect();
    let is_meant = |&object: &Object| match is_place {
        true => texts[placed.place(object) as usize] == name,
        false => fits[graph.type_id(object).index()],
    };
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    let mut example = None;
    for object in graph.objects().filter(is_meant) {
        *counts.entry(placed.place(object)).or_default() += 1;
        example = example.or(Some(object));
    }
    let mut rows: Vec<(u32, u64)> = counts.into_iter().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.1), row.0));
    // The container of what is in one is what can be cut.
    let mut also_held_by = Vec::new();
    if let Some(&(first, most)) = rows.first() {
        let place = &placed.tree.places[first as usize];
        let container = if place.step.is_element() { place.above.unwrap_or(first) } else { first };
        let holders = placed.holders(container, &[]);
        let enough = holders.into_iter().filter(|holder| holder.elements * 2 >= most && holder.place != first);
        also_held_by =
            enough.take(MOST_PLACES).map(|holder| (texts[holder.place as usize].clone(), holder.elements)).collect();
    }
    let path = example.and_then(|object| heap.path(object));
    let made_at = graph.has_allocations().then(|| {
        // Of a place also what is below it.
        let mut is_below: Vec<bool> = Vec::with_capacity(texts.len());
        for (place, text) in placed.tree.places.iter().zip(texts) {
            is_below.push(text == name || place.above.is_some_and(|above| is_below[above as usize]));
        }
        let is_told =
            |object: &Object| if is_place { is_below[placed.place(*object) as usize] } else { is_meant(object) };
        LineWords::of(graph).parts(&lines_of(graph, graph.objects().filter(is_told)), MOST_PLACES)
    });
    Evidence {
        made_at,
        places: match is_place {
            true => Vec::new(),
            false => rows
                .into_iter()
                .take(MOST_PLACES)
                .map(|(place, count)| (texts[place as usize].clone(), count))
                .collect(),
        },
        also_held_by,
        expression: path.and_then(|path| heap.expression(&path).text),
    }
}
