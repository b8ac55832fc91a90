//! One program, read from outside and then by its own dumper, which asks the interpreter: both must say the same.

use std::collections::{BTreeMap, HashMap};

use heapgraph::graph::Object;
use heapgraph::snapshot::RefCount;
use heapgraph::units::Address;

use super::targets::interpreters;
use super::{Heap, Program, for_all};

/// A reference that both have, under two names: full name of the referrer's type, its name from within and from outside, full
/// name of the referent's type (empty for any), and why that is right.
type Renaming = (&'static str, &'static str, &'static str, &'static str, &'static str);

const BY_VALUE: &str = "from within places are told by what they hold, and several hold this";
const ONE_OF_MANY: &str = "from within one of several places, which is known here";

const RENAMED: &[Renaming] = &[
    ("", "?", "", "", "from within nobody can say what holds it"),
    ("", "", "", "NoneType", BY_VALUE),
    ("frame", "", "", "", BY_VALUE),
    ("coroutine", "", "", "", BY_VALUE),
    ("", ".__static_attributes__", "", "tuple", BY_VALUE),
    ("logging.PercentStyle", ".default_format", "._fmt", "str", BY_VALUE),
    ("function", "attributes or annotations", "", "dict", ONE_OF_MANY),
    ("functools._lru_cache_wrapper", "type", "", "type", ONE_OF_MANY),
    ("functools._lru_cache_wrapper", "cached key or result", "wrapped function", "", ONE_OF_MANY),
    ("", "code of the frame", "", "code", "named by the attribute that gives it"),
    ("", "attributes", ".__dict__", "dict", "named by the attribute that gives it"),
    ("", "bound, constraints or default", ".__dict__", "dict", ONE_OF_MANY),
    ("", "bound, constraints or default", "attributes", "dict", ONE_OF_MANY),
    ("builtin_function_or_method", "defining class", "owner", "type", BY_VALUE),
    ("weakref.WeakMethod", "()", "referent", "", "a call of it makes a method anew"),
    ("", "attributes of a thread", "", "", "of all threads here, of the one that dumps from within"),
    ("", "module", "description of a type", "module", "ctypes keeps it beside the type"),
    ("_asyncio.Task", "", "", "", "the fields of a task are told apart here"),
    ("builtin_function_or_method", "defining class", ".__self__", "type", BY_VALUE),
    ("callable_iterator", "iterated", "", "", ONE_OF_MANY),
    ("dict_itemiterator", "iterated", "result", "tuple", ONE_OF_MANY),
    ("enumerate", "iterator, index or result", "", "", ONE_OF_MANY),
    ("filter", "iterator or function", "", "", ONE_OF_MANY),
    ("zip", "iterators or result", "", "", ONE_OF_MANY),
];

/// A reference that only the dump from within has: full name of the referrer's type, its name, full name of the referent's
/// type (empty for any), and why that is right.
type Absence = (&'static str, &'static str, &'static str, &'static str);

const ABSENT: &[Absence] = &[
    ("functools._lru_cache_wrapper", "", "", "links of the cache are objects here, and hold keys and results"),
    ("", "variables", "hamt", "the trie of a context is folded away: the context holds its variables by name"),
    (
        "module",
        "module state",
        "",
        "the state of C modules has no layout: what reference counts don't confirm is left out",
    ),
    ("PyCapsule", "held object", "", "as the state of C modules"),
    ("", "?", "_ctypes.PyCSimpleType", "held by the description of the type, an object of its own here"),
    ("", "?", "ctypes.CDLL.__init__.<locals>._FuncPtr", "held by the description of the type"),
    ("_colorize.ANSIColors", "", "", "held by its dictionary, which is atomic and not seen from within"),
    ("typing._GenericAlias", "", "", "held by its dictionary, which is atomic and not seen from within"),
];

/// Types of which the dump from within makes, uses and lets go objects: their reference counts differ by that.
const COUNTED_OTHERWISE: [&str; 10] =
    ["str", "int", "bool", "type", "tuple", "bytes", "dict", "NoneType", "builtin_function_or_method", "function"];

/// A name without the numbers in it.
fn pattern(slot: &str) -> String {
    let mut pattern = String::new();
    for letter in slot.chars() {
        if !letter.is_ascii_digit() {
            pattern.push(letter);
        } else if !pattern.ends_with('#') {
            pattern.push('#');
        }
    }
    pattern
}

/// What is counted over all objects of the inner snapshot.
#[derive(Debug, Default)]
struct Comparison {
    objects: usize,
    references: usize,
    same: usize,
    renamed: usize,
    absent: usize,
    unnamed: usize,
    missing: BTreeMap<String, usize>,
    other_type: BTreeMap<String, usize>,
    other_count: BTreeMap<String, usize>,
    other_name: BTreeMap<String, usize>,
    only_within: BTreeMap<String, usize>,
}

/// Referents by address, with the names of their slots, sorted.
fn references(heap: &Heap, object: Object) -> Vec<(u64, String)> {
    let references = heap.graph.references(object);
    let mut named: Vec<(u64, String)> = references
        .filter_map(|one| one.referent.map(|referent| (heap.graph.address(referent).0, heap.slot(one))))
        .collect();
    named.sort();
    named
}

/// What of `one` is not in `other`; both sorted.
fn difference(one: &[(u64, String)], other: &[(u64, String)]) -> Vec<(u64, String)> {
    let mut left: Vec<&(u64, String)> = other.iter().collect();
    let mut rest = Vec::new();
    for reference in one {
        match left.binary_search(&reference) {
            Ok(place) => drop(left.remove(place)),
            Err(_) => rest.push(reference.clone()),
        }
    }
    rest
}

/// How many references to each object come from objects that only the snapshot from outside has: those of the dumper itself,
/// which does not show itself, and so takes its references off the counts.
fn of_the_dumper(within: &Heap, outside: &Heap) -> HashMap<Object, u64> {
    let mut counts = HashMap::new();
    for object in outside.graph.objects().filter(|&one| within.graph.object_at(outside.graph.address(one)).is_none()) {
        for referent in outside.graph.strong_referents(object) {
            *counts.entry(referent).or_default() += 1;
        }
    }
    counts
}

fn compare(within: &Heap, outside: &Heap) -> Comparison {
    let mut result = Comparison::default();
    let of_the_dumper = of_the_dumper(within, outside);
    let mut note = |place: fn(&mut Comparison) -> &mut BTreeMap<String, usize>, line: String| {
        *place(&mut result).entry(line).or_default() += 1;
    };
    let mut totals = [0; 5];
    for object in within.graph.objects() {
        let kind = within.type_name(object);
        totals[0] += 1;
        let Some(other) = outside.graph.object_at(within.graph.address(object)) else {
            note(|all| &mut all.missing, kind);
            continue;
        };
        let other_kind = outside.type_name(other);
        if other_kind != kind {
            note(|all| &mut all.other_type, format!("{kind} is {other_kind}"));
            continue;
        }
        let counts = (within.graph.refcount(object), outside.graph.refcount(other));
        if let (RefCount::Known(inner), RefCount::Known(outer)) = counts {
            let own = of_the_dumper.get(&other).copied().unwrap_or_default();
            if !(inner..=inner + own).contains(&outer) && !COUNTED_OTHERWISE.contains(&&*kind) {
                note(
                    |all| &mut all.other_count,
                    format!("{kind}: {inner} within, {own} of the dumper's, {outer} outside"),
                );
            }
        } else if counts.0 != counts.1 && counts.0 != RefCount::Unknown {
            note(|all| &mut all.other_count, format!("{kind}: {counts:?}"));
        }
        let (mine, theirs) = (references(within, object), references(outside, other));
        totals[1] += mine.len();
        totals[4] += theirs.iter().filter(|(_, name)| name == "?").count();
        let (lost, mut found) = (difference(&mine, &theirs), difference(&theirs, &mine));
        totals[2] += mine.len() - lost.len();
        for (referent, name) in lost {
            let to = within.graph.object_at(Address(referent)).map(|to| within.type_name(to)).unwrap_or_default();
            let at_same = |(address, _): &(u64, String)| *address == referent;
            let known = found.iter().position(|one| at_same(one) && is_renamed(&kind, &name, &one.1, &to));
            if let Some(place) = known {
                found.remove(place);
                totals[3] += 1;
            } else if let Some(place) = found.iter().position(at_same) {
                let (_, by) = found.remove(place);
                note(|all| &mut all.other_name, format!("{kind}: {} => {} ({to})", pattern(&name), pattern(&by)));
            } else if is_absent(&kind, &name, &to) {
                note(|all| &mut all.only_within, "listed".to_owned());
            } else {
                note(|all| &mut all.only_within, format!("{kind}: {} -> {to}", pattern(&name)));
            }
        }
    }
    [result.objects, result.references, result.same, result.renamed, result.unnamed] = totals;
    result.absent = result.only_within.remove("listed").unwrap_or_default();
    result
}

fn fits(known: &str, is: &str) -> bool {
    known.is_empty() || pattern(known) == pattern(is)
}

fn is_renamed(kind: &str, within: &str, outside: &str, referent: &str) -> bool {
    RENAMED.iter().any(|(referrer, inner, outer, to, _)| {
        fits(referrer, kind) && fits(inner, within) && fits(outer, outside) && fits(to, referent)
    })
}

fn is_absent(kind: &str, name: &str, referent: &str) -> bool {
    ABSENT.iter().any(|(referrer, inner, to, _)| fits(referrer, kind) && fits(inner, name) && fits(to, referent))
}

fn sum(rows: &BTreeMap<String, usize>) -> usize {
    rows.values().sum()
}

fn table(title: &str, rows: &BTreeMap<String, usize>) -> String {
    let mut sorted: Vec<(&String, &usize)> = rows.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let lines = sorted.iter().take(80).map(|(what, count)| format!("\n    {count:6} {what}"));
    format!("  {title}: {}{}\n", sum(rows), lines.collect::<String>())
}

#[test]
fn both_say_the_same() {
    let dumper = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshot-dumper");
    let pythons = interpreters();
    for_all(
        &pythons,
        |interpreter| interpreter.version.clone(),
        |interpreter| {
            let folder = tempfile::tempdir().unwrap();
            let mut program = Program::start(interpreter, "zoo.py", &[dumper]);
            let label = interpreter.version.clone();
            assert_eq!(program.read_line(), "ready", "{label}");
            program.dump(folder.path());
            let own = folder.path().join("own.json");
            assert_eq!(program.ask(own.to_str().unwrap()), "fine", "{label}");
            let (within, outside) = (Heap::read(&own), Heap::read(&folder.path().join("snap.json")));
            let found = compare(&within, &outside);
            let percent = |part: usize| part as f64 / found.references as f64 * 100.0;
            let report = format!(
                "{label}: {} objects within, {} outside; {} references: {:.3} % the same, {:.3} % renamed as listed, {:.3} % absent \
             as listed, {:.3} % unnamed outside\n{}{}{}{}{}",
                found.objects,
                outside.graph.object_count(),
                found.references,
                percent(found.same),
                percent(found.renamed),
                percent(found.absent),
                percent(found.unnamed),
                table("missing outside", &found.missing),
                table("another type", &found.other_type),
                table("another reference count", &found.other_count),
                table("another name, not listed", &found.other_name),
                table("only within, not listed", &found.only_within),
            );
            println!("{report}");
            assert!(found.objects > 50_000, "{report}");
            // The nodes of contexts are folded away; dictionaries of attributes come to be when they are looked at.
            let (folded, made): (Vec<_>, Vec<_>) = found.missing.iter().partition(|(kind, _)| kind.starts_with("hamt"));
            assert!(folded.iter().map(|(_, count)| **count).sum::<usize>() < 60, "{report}");
            assert!(made.iter().all(|(kind, _)| ["dict", "bytes"].contains(&kind.as_str())), "{report}");
            assert!(made.iter().map(|(_, count)| **count).sum::<usize>() <= 24, "{report}");
            assert!(found.other_type.is_empty(), "{report}");
            assert!(found.other_count.is_empty(), "{report}");
            assert!(percent(found.same) >= 99.5, "{report}");
            assert!(percent(found.same + found.renamed) >= 99.8, "{report}");
            assert!(percent(found.absent) <= 0.15, "{report}");
            // Not listed, and so few that each may be a chance.
            assert!(sum(&found.other_name) + sum(&found.only_within) <= 12, "{report}");
            assert!(percent(found.unnamed) <= 1.0, "{report}");
            assert_eq!(outside.graph.anomalies.dangling_references, 0, "{report}");
        },
    );
}
