//! Phrases for sentences about objects: what one is called, what a container holds.

use crate::analysis::containers::{Container, Gathering};
use crate::analysis::explored::Explored;
use crate::analysis::root_paths::RootPath;
use crate::graph::{ElementKind, HeapGraph, Object, RootPlace, Slot};
use crate::units;

use super::root_words;
use super::{description, slot_label};

/// A longer name is no name.
const LONGEST_NAME: usize = 160;

/// Nor is that of an object behind more references.
const MOST_HOPS: usize = 100;

/// `a dict`, `an OrderedDict`, by the first letter.
pub(super) fn with_article(noun: &str) -> String {
    let first = noun.trim_start_matches('`').chars().next().unwrap_or(' ');
    let article = if matches!(first.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u') { "an" } else { "a" };
    format!("{article} {noun}")
}

/// `1 object`, `1,204 objects`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", units::count(count), if count == 1 { one } else { many })
}

/// A type as a noun: built-in ones plain, others with their module in backticks.
pub(super) fn type_noun(graph: &HeapGraph, object: Object) -> String {
    type_name_noun(&graph.type_of(object).full_name())
}

/// The same by the full name.
pub(super) fn type_name_noun(full: &str) -> String {
    if full.contains('.') { format!("`{full}`") } else { full.to_owned() }
}

/// What people call the object at the end of a path: `` `shop.SHOP.sessions` ``, `` `job.rows` in app.worker (thread T) ``.
/// `None` when Python doesn't follow the path from a root that has a name, or when that takes too long an expression.
pub(super) fn name_by_path(heap: &Explored<'_>, path: &RootPath) -> Option<String> {
    let root = path.root.named(heap.graph)?;
    if path.hops.len() > MOST_HOPS {
        return None;
    }
    let expression = heap.expression(path);
    let text = expression.text.filter(|_| expression.gap.is_none())?;
    let behind = text.strip_prefix(root.expression.as_deref()?);
    let name = match (&root.place, behind) {
        (RootPlace::Module(name), Some(behind)) => format!("`{name}{behind}`"),
        (place @ RootPlace::Local { frame, .. }, Some(behind)) => {
            format!("`{}{behind}` in {}", root_words::variable(place)?, root_words::frame_name(frame))
        }
        _ => format!("`{text}`"),
    };
    (name.chars().count() <= LONGEST_NAME).then_some(name)
}

/// Where Python doesn't follow: the last object on the way that has a name, and the slots behind it:
/// `` `app.LOCAL` → attributes of a thread ``. `None` when the last two slots don't tell.
pub(super) fn place_by_path(heap: &Explored<'_>, path: &RootPath) -> Option<String> {
    (0..=path.hops.len().min(2)).find_map(|behind| {
        let (hops, rest) = path.hops.split_at(path.hops.len() - behind);
        let name = name_by_path(heap, &RootPath { root: path.root, hops: hops.to_vec() })?;
        let slots = rest.iter().map(|hop| format!(" → {}", slot_label(heap.graph, heap.graph.slot(hop.reference))));
        Some(name + &slots.collect::<String>())
    })
}

/// What a container holds: `40,128 entries of `app.User``, `12 items of several types`.
pub(super) fn contents(graph: &HeapGraph, container: &Container) -> String {
    let count = container.elements;
    let (one, many) = element_words(graph, container.object);
    let elements = counted(count, one, many);
    let calls = match container.calls {
        Some((function, calls)) if calls == count => format!(" that call `{}`", description(graph, function)),
        Some((function, calls)) => format!(", {} calling `{}`", units::count(calls), description(graph, function)),
        None => String::new(),
    };
    let of = match container.most {
        Some((of, most)) if most == count => format!("{elements} of {}", type_name_noun(&graph.type_name(of))),
        Some((of, most)) if most * 2 > count => {
            format!("{elements}, {} of them {}", units::count(most), type_name_noun(&graph.type_name(of)))
        }
        Some(_) => format!("{elements} of several types"),
        None => elements,
    };
    of + &calls
}

/// The containers of many objects in one phrase, each as `` `shop.SHOP.sessions` (a dict with 1,100 entries of
/// `app.Session`), 1,100 of them ``; `None` without any.
pub(super) fn gathered(heap: &Explored<'_>, gatherings: &[Gathering]) -> Option<String> {
    let places: Vec<String> = gatherings.iter().map(|gathering| one_gathering(heap, gathering)).collect();
    (!places.is_empty()).then(|| places.join(", and by "))
}

fn one_gathering(heap: &Explored<'_>, gathering: &Gathering) -> String {
    let graph = heap.graph;
    let container = &gathering.container;
    let noun = with_article(&type_noun(graph, container.object));
    let path = heap.path(container.object);
    let (name, noun) = match path.and_then(|path| place_by_path(heap, &path)) {
        Some(name) => (name, noun),
        None => (format!("{noun} at {}", graph.address(container.object)), "one".to_owned()),
    };
    format!("{name} ({noun} with {}), {} of them", contents(graph, container), units::count(gathering.holds))
}

/// What one element of a container is called, and several.
pub(super) fn element_words(graph: &HeapGraph, container: Object) -> (&'static str, &'static str) {
    match graph.elements(container) {
        Some((_, ElementKind::Member)) => ("member", "members"),
        _ if graph.entries(container).next().is_some() => ("entry", "entries"),
        _ => ("item", "items"),
    }
}

/// The slot in which an object holds something, an entry of its attribute dictionary as an attribute: `.users`.
pub(super) fn slot_of_owner(graph: &HeapGraph, owner: Object, held: crate::graph::Reference) -> String {
    let slot = graph.slot(held);
    let key = match slot {
        Slot::Value(Some(key)) if held.referrer != owner => graph.text(key).filter(|known| known.is_whole),
        _ => None,
    };
    match key {
        Some(known) if is_word(known.text) => format!(".{}", known.text),
        _ => slot_label(graph, slot),
    }
}

pub(super) fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

/// Sentences begin with a capital letter, names and literals stay as they are.
pub(super) fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// A share that is a threshold: `10 %`, `0.5 %`.
pub(super) fn threshold(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_by_the_first_letter() {
        assert_eq!(with_article("dict"), "a dict");
        assert_eq!(with_article("`app.User`"), "an `app.User`");
    }

    #[test]
    fn thresholds_have_no_trailing_zeros() {
        assert_eq!(
            (threshold(0.1), threshold(0.005), threshold(1.0 / 3.0)),
            ("10 %".into(), "0.5 %".into(), "33.3333 %".into())
        );
    }
}
