//! An excerpt as rows that hang below each other.

use crate::analysis::excerpt::{Excerpt, Fold, Link, Towards};
use crate::report::{Cell, Table, Tree};
use crate::units;

use super::is_told;
use super::words::Words;
use crate::report::root_words;
use crate::units::counted;

/// The excerpt as a tree below each target, without recursion; a box that was shown above is not walked again.
pub(super) fn tree(words: &Words<'_>) -> Tree {
    let excerpt = words.excerpt;
    let links_at = links_at(excerpt);
    let mut rows = Vec::new();
    let mut is_shown = vec![false; excerpt.members.len()];
    let targets = excerpt.members.iter().take_while(|member| member.distance == 0).count();
    let mut stack: Vec<(usize, u32, Option<&Link>)> = (0..targets).rev().map(|at| (at, 0, None)).collect();
    while let Some((at, depth, link)) = stack.pop() {
        let was_shown = std::mem::replace(&mut is_shown[at], true);
        rows.push(row(words, at, depth, link, was_shown));
        if was_shown {
            continue;
        }
        let below = depth + 1;
        for variable in excerpt.variables.iter().filter(|variable| variable.at == at) {
            let root = &words.graph.roots[variable.root as usize];
            let name = root_words::name(&root.place);
            let mark = if variable.on_path { "● GC root on the shortest path" } else { "● GC root" };
            rows.push(Row {
                depth: below,
                text: vec![Cell::Faint("local variable".into()), Cell::Strong(name.clone()), Cell::Faint(mark.into())],
                what: root.kind().label().to_owned(),
                root: Some(name),
                on_path: variable.on_path,
                ..Row::default()
            });
        }
        for (aside, text) in words.set_aside(at).iter().zip(words.told_aside(at)) {
            rows.push(remark(below, text, "not drawn", aside.objects));
        }
        for left in words.left_out(at).iter().filter(|left| is_told(left.cut)) {
            let text = counted(left.objects, &format!("more {}", words.neighbour()));
            rows.push(remark(below, text, "left out", left.objects));
        }
        for &link in links_at[at].iter().rev() {
            stack.push((far(excerpt, link), below, Some(link)));
        }
    }
    let text = |text: &str| if text.is_empty() { Cell::Missing } else { Cell::Text(text.to_owned()) };
    Table::of("rows", &rows)
        .machines("slots", |row| text(&row.slots))
        .machines("address", |row| row.address.map_or(Cell::Missing, Cell::Address))
        .machines("type", |row| text(&row.what))
        .machines("objects", |row| row.objects.map_or(Cell::Missing, Cell::Count))
        .machines("shallow_bytes", |row| row.size.map_or(Cell::Missing, Cell::Bytes))
        .machines("root", |row| row.root.as_deref().map_or(Cell::Missing, text))
        .machines("on_path", |row| Cell::Flag(row.on_path))
        .machines("mark", |row| text(row.mark))
        .tree(|row| row.depth, |row| row.text.clone())
}

/// The end of a link that is farther from the targets.
fn far(excerpt: &Excerpt, link: &Link) -> usize {
    if excerpt.towards == Towards::Referrers { link.from } else { link.to }
}

/// Links by their nearer ends: the path to a GC root first, then as the members come. A run's own links are told by the run.
fn links_at(excerpt: &Excerpt) -> Vec<Vec<&Link>> {
    let mut links_at: Vec<Vec<&Link>> = vec![Vec::new(); excerpt.members.len()];
    for link in &excerpt.links {
        if link.from == link.to && matches!(excerpt.members[link.from].fold, Fold::Run | Fold::Stretch) {
            continue;
        }
        let near = if excerpt.towards == Towards::Referrers { link.to } else { link.from };
        links_at[near].push(link);
    }
    for links in &mut links_at {
        links.sort_by_key(|link| (!link.on_path, far(excerpt, link)));
    }
    links_at
}

fn remark(depth: u32, text: String, mark: &'static str, objects: u64) -> Row {
    Row { depth, text: vec![Cell::Faint(text.clone())], what: text, mark, objects: Some(objects), ..Row::default() }
}

fn row(words: &Words<'_>, at: usize, depth: u32, link: Option<&Link>, was_shown: bool) -> Row {
    let graph = words.graph;
    let member = &words.excerpt.members[at];
    let object = member.objects[0];
    let mut text = Vec::new();
    let slots = link.map(|link| words.label(link)).unwrap_or_default();
    if let Some(link) = link {
        text.push(Cell::Strong(slots.clone()));
        let joint = match (words.excerpt.towards, link.weak) {
            (Towards::Referrers, false) => "of",
            (Towards::Referrers, true) => "(weak) of",
            (Towards::Referents, false) => "→",
            (Towards::Referents, true) => "(weak) →",
        };
        text.push(Cell::Faint(joint.to_owned()));
    }
    let full = match member.fold {
        Fold::Stretch => words.types_of(member),
        _ => graph.type_of(object).full_name(),
    };
    text.push(Cell::Type { shown: words.heading(member), full: full.clone() });
    let description = match member.fold {
        Fold::One => words.description(object),
        Fold::Alike => words.common_description(member),
        Fold::Run => match words.run_label(at) {
            label if label.is_empty() => String::new(),
            label => format!("one after the other via {label}"),
        },
        Fold::Stretch => format!("of the path to the GC root: {}", words.types_of(member)),
    };
    if !description.is_empty() {
        text.push(Cell::Text(description));
    }
    if member.fold == Fold::One && words.has_finalizer(object) {
        text.push(Cell::Text("has __del__".to_owned()));
    }
    if member.fold != Fold::One {
        text.push(Cell::Faint("e.g.".to_owned()));
    }
    text.push(Cell::Address(graph.address(object)));
    let size = words.shallow_size(member);
    let all = if member.objects.len() > 1 { " in all" } else { "" };
    text.push(Cell::Faint(format!("{}{all}", units::bytes(size))));
    let extra = words.extra(member);
    let skipped = format!("{}{all}", units::bytes(size));
    text.extend(extra.into_iter().filter(|fact| *fact != skipped).map(|fact| Cell::Faint(format!("· {fact}"))));
    let mark = match (was_shown, depth) {
        (true, _) => "shown above",
        (false, 0) => "target",
        _ => "",
    };
    if was_shown {
        text.push(Cell::Faint("(shown above)".into()));
    }
    let root = words.root(member);
    if let Some(root) = &root {
        let on_path = if member.root.is_some() { " on the shortest path" } else { "" };
        text.push(Cell::Strong(format!("● GC root{on_path}: {root}")));
    }
    Row {
        depth,
        text,
        slots,
        address: (member.fold == Fold::One).then(|| graph.address(object)),
        what: full,
        objects: Some(member.objects.len() as u64),
        size: Some(size),
        root,
        on_path: link.is_some_and(|link| link.on_path),
        mark,
    }
}

/// A row of the tree: what people read, and the facts for machines.
#[derive(Default)]
struct Row {
    depth: u32,
    text: Vec<Cell>,
    slots: String,
    address: Option<units::Address>,
    /// A type, or what else the row is.
    what: String,
    objects: Option<u64>,
    size: Option<u64>,
    root: Option<String>,
    on_path: bool,
    mark: &'static str,
}
