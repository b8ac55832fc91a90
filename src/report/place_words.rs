//! Places in words: `app.cache.SESSIONS[…].history[*]`, `threading.local of worker-3 .buffers[*]`, `held from C · app.Model`.

use crate::analysis::gc_roots::GcRootKind;
use crate::analysis::places::{Contents, Element, Place, PlaceTree};
use crate::analysis::step::Step;
use crate::graph::RootPlace;
use crate::units;

use super::phrases::type_name_noun;
use super::step_label;

/// Longer ways are told by their beginning and their end.
const LONGEST: usize = 160;

/// A place by the steps of its way. Has no addresses, and no numbers that Python gives in turn. The middle of a very long one is
/// left out and marked `…`.
pub(super) fn place<'s>(way: impl IntoIterator<Item = &'s Step>) -> String {
    let mut text = String::new();
    let mut before: Option<&Step> = None;
    for step in way {
        text.push_str(&after(before, step));
        before = Some(step);
    }
    shortened(text)
}

/// One place of a tree in words.
pub fn place_text_at(tree: &PlaceTree, at: u32) -> String {
    place(tree.way(at))
}

/// All places of a tree in words, in their order. Linear in the steps of all ways.
pub fn place_texts(tree: &PlaceTree) -> Vec<String> {
    (0..tree.places.len() as u32).map(|at| place(tree.way(at))).collect()
}

/// What a step adds to the text of a place; `before` is the step before it, `None` at the beginning.
pub(super) fn after(before: Option<&Step>, step: &Step) -> String {
    let label = label(step);
    match (before, step) {
        (None, _) => label,
        // Where a way begins in words, what follows stands apart.
        (Some(_), Step::OfType(_)) => format!(" · {label}"),
        (Some(root), _) if is_in_words(root) => format!(" {}", label.trim_start()),
        _ => label,
    }
}

fn is_in_words(root: &Step) -> bool {
    match root {
        Step::Root { place, .. } => !matches!(place, Some(RootPlace::Module(_))),
        Step::ContextVariable(_) | Step::ThreadLocal(_) | Step::Task(_) | Step::Garbage => true,
        _ => false,
    }
}

fn label(step: &Step) -> String {
    match step {
        Step::Root { kind: GcRootKind::Module, place: Some(RootPlace::Module(name)) } => name.to_string(),
        Step::Field(name) if name.starts_with(['.', '[', '(']) => name.to_string(),
        Step::Field(name) => format!(" ({name})"),
        Step::Name(literal) => match literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(name) if super::phrases::is_word(name) => format!(".{name}"),
            _ => format!("[{literal}]"),
        },
        Step::Key => ".keys()".to_owned(),
        Step::Member => "{…}".to_owned(),
        Step::Unnamed => "[?]".to_owned(),
        Step::Local(name) => format!(".local {name}"),
        other => step_label(other),
    }
}

fn shortened(text: String) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let first: String = text.chars().take(LONGEST / 2).collect();
    let last: String = text.chars().skip(length - LONGEST / 2 + 1).collect();
    format!("{first}…{last}")
}

/// What the containers of a place hold: `455 entries of app.User`, `12 items of several types`; empty when there is nothing.
pub(super) fn contents(contents: &Contents, types: &[String]) -> String {
    if contents.elements == 0 {
        return String::new();
    }
    let (one, many) = element_words(contents.kind);
    let elements = super::phrases::counted(contents.elements, one, many);
    match of_type(contents, types) {
        Some(of) => format!("{elements} of {of}"),
        None => format!("{elements} of several types"),
    }
}

/// The type of more than half of what containers hold.
pub(super) fn of_type(contents: &Contents, types: &[String]) -> Option<String> {
    let (of, count) = contents.most?;
    (count.saturating_mul(2) > contents.elements).then(|| type_name_noun(&types[of as usize]))
}

/// What an element is called, and several.
pub(super) fn element_words(kind: Element) -> (&'static str, &'static str) {
    match kind {
        Element::Entry => ("entry", "entries"),
        Element::Member => ("member", "members"),
        Element::Item => ("item", "items"),
    }
}

/// What is at a place itself: `455 of app.User` among the elements of containers, else what the way leads to: `module`;
/// empty where nothing is.
pub(super) fn objects(place: &Place, types: &[String]) -> String {
    let count = place.own.count;
    let is_one_by_one = place.step.is_element();
    match place.kind {
        None => String::new(),
        Some(_) if matches!(place.step, Step::OfType(_)) => units::counted(count, "object"),
        Some((of, most)) if is_one_by_one && most * 2 > count => {
            format!("{} of {}", units::count(count), type_name_noun(&types[of as usize]))
        }
        Some(_) if is_one_by_one => units::counted(count, "object"),
        Some(_) => type_name_noun(&types[place.first as usize]),
    }
}

/// What is there: the objects, and what their containers hold.
pub(super) fn what(place: &Place, types: &[String]) -> String {
    let objects = objects(place, types);
    match contents(&place.contents, types) {
        nothing if nothing.is_empty() => objects,
        held if place.contents.containers == 1 => held,
        held => format!("{objects}, {held}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_like_python_where_it_can() {
        let module = Step::Root { kind: GcRootKind::Module, place: Some(RootPlace::Module("app.cache".into())) };
        let name = Step::Name("'SESSIONS'".to_owned());
        let way = [&module, &name, &Step::AnyKey, &Step::Field(".history".into()), &Step::AnyIndex];
        assert_eq!(place(way), "app.cache.SESSIONS[…].history[*]");
        let odd = Step::Name("'a-b'".to_owned());
        assert_eq!(place([&module, &odd, &Step::Key]), "app.cache['a-b'].keys()");
        let local = Step::ThreadLocal("worker-3".into());
        let buffers = Step::Name("'buffers'".to_owned());
        assert_eq!(place([&local, &buffers, &Step::AnyIndex]), "threading.local of worker-3 .buffers[*]");
        let held = Step::Root { kind: GcRootKind::HeldFromC, place: None };
        let of = Step::OfType("asyncpg.Record".into());
        assert_eq!(place([&held, &of, &Step::Field(".x".into())]), "held from C · asyncpg.Record.x");
        let task = Step::Task("poll".into());
        let way = [&task, &Step::Field("._coro".into()), &Step::Local("rows".into()), &Step::AnyKey];
        assert_eq!(place(way), "asyncio task poll ._coro.local rows[…]");
    }

    #[test]
    fn a_very_long_way_has_its_beginning_and_its_end() {
        let step = Step::Field(".a_rather_long_name".into());
        let text = place(std::iter::repeat_n(&step, 40));
        assert_eq!(text.chars().count(), LONGEST);
        assert!(text.contains('…'));
    }
}
