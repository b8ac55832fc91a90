//! An excerpt of the heap for a reader: as a diagram, and as a tree for the terminal, from the same words.

mod housekeeping;
mod picture;
mod tree;
mod words;

pub use picture::diagram;

use crate::analysis::excerpt::{Cut, Excerpt, Fold, Housekeeping, Towards};
use crate::analysis::retained::RetainedSizes;
use crate::analysis::since::Since;
use crate::graph::HeapGraph;
use crate::units;

use super::{Cell, NextStep, Report, Section, SnapshotFacts};
use words::Words;

/// How an excerpt is shown.
#[derive(Debug, Clone, Copy)]
pub struct ExcerptView<'v> {
    /// Types with their modules.
    pub full_names: bool,
    /// Facts shown in each box.
    pub extra: &'v [ExtraFact],
    /// Needed for [`ExtraFact::Retained`], which is `unknown` without it.
    pub retained: Option<&'v RetainedSizes>,
    /// Types whose boxes stand out; see [`crate::analysis::excerpt::Wish::highlight`].
    pub highlight: &'v [bool],
    /// Variables of frames drawn for one object at most.
    pub too_many: usize,
    /// Depth that was asked for, for the notes.
    pub depth: u32,
    /// Boxes that were asked for, for the notes.
    pub max_boxes: usize,
    /// What is new since an earlier snapshot, to be said in each box.
    pub new: Option<&'v Since>,
}

/// What a box may tell besides what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraFact {
    /// Shallow size, with that of the `__dict__` in the same box.
    Size,
    /// Retained size.
    Retained,
    /// Reference count.
    RefCount,
    /// How many references lead to it and away from it.
    References,
}

impl Report {
    /// What surrounds some objects: the tree for people, the diagram for machines.
    pub fn excerpt(graph: &HeapGraph, excerpt: &Excerpt, view: ExcerptView<'_>, argument: &str) -> Report {
        let command = command(excerpt.towards);
        let diagram = diagram(graph, excerpt, view);
        let words = Words::new(graph, excerpt, view);
        let targets = excerpt.members.iter().take_while(|member| member.distance == 0);
        let mut ids: Vec<String> =
            targets.flat_map(|member| &member.objects).map(|&one| graph.address(one).to_string()).collect();
        // A command for a crowd would be no help.
        ids.truncate(if ids.len() > 8 { 1 } else { 8 });
        let ids: String = ids.into_iter().map(|id| format!(" --id {id}")).collect();
        let argument_word = super::shell_word(argument);
        let mut next =
            vec![NextStep::new(format!("{command} {argument_word}{ids} -o {command}.png"), "the same as a picture")];
        if excerpt.left_out.iter().any(|left| left.cut == Cut::Depth) {
            let deeper = view.depth.saturating_add(2);
            next.push(NextStep::new(
                format!("{command} {argument_word}{ids} --depth {deeper}"),
                "two references further",
            ));
        }
        let left_out: u64 = excerpt.missing.iter().filter(|(cut, _)| is_told(*cut)).map(|(_, objects)| objects).sum();
        Report {
            command,
            snapshots: vec![SnapshotFacts::new(argument, &graph.header, &graph.end)],
            title: diagram.title.clone(),
            totals: vec![
                ("objects_shown", Cell::Count(excerpt.object_count())),
                ("objects_left_out", Cell::Count(left_out)),
            ],
            summary: format!(
                "{} shown · {} left out",
                units::counted(excerpt.object_count(), "object"),
                units::count(left_out)
            ),
            notes: diagram.notes.iter().cloned().chain(super::facts::graph_notes(graph)).collect(),
            sections: vec![Section::Tree(tree::tree(&words)), Section::Diagram(diagram)],
            next,
            ..Report::default()
        }
    }
}

fn command(towards: Towards) -> &'static str {
    match towards {
        Towards::Referrers => "backrefs",
        Towards::Referents => "refs",
    }
}

/// Whether a reader misses what was left out for this reason. What is behind a root or a weak reference explains nothing: it
/// stands in the facts of its box.
fn is_told(cut: Cut) -> bool {
    !matches!(cut, Cut::BehindRoot | Cut::BehindWeak)
}

/// Sentences below the picture: what the targets live by, what is missing.
fn notes(excerpt: &Excerpt, view: ExcerptView<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let targets: u64 =
        excerpt.members.iter().filter(|member| member.distance == 0).map(|member| member.objects.len() as u64).sum();
    match (excerpt.alive.unreachable, targets) {
        (0, _) => {}
        (1, 1) => notes.push("no GC root leads to the target: it is garbage, not yet freed".to_owned()),
        (some, all) => notes.push(format!(
            "no GC root leads to {} of the {} targets: they are garbage, not yet freed",
            units::count(some),
            units::count(all)
        )),
    }
    if excerpt.alive.paths_not_drawn > 0 {
        notes.push("not shown: a shortest path to a GC root, because the picture is full (--max-nodes)".to_owned());
    }
    let is_referrers = excerpt.towards == Towards::Referrers;
    for &(cut, objects) in excerpt.missing.iter().filter(|(cut, _)| is_told(*cut)) {
        let what = units::counted(objects, if is_referrers { "referrer" } else { "referent" });
        let why = match cut {
            Cut::TooMany => format!("one box has more than {} neighbours (--too-many)", view.too_many),
            Cut::Full => format!("the picture has {} boxes (--max-nodes)", units::count(view.max_boxes as u64)),
            Cut::Depth if view.depth == 1 => "farther than 1 reference (--depth)".to_owned(),
            Cut::Depth => format!("farther than {} references (--depth)", view.depth),
            Cut::Crowd => "there are too many objects to look at all of them".to_owned(),
            Cut::Filtered => "left out by --filter or --exclude".to_owned(),
            Cut::BehindRoot | Cut::BehindWeak => continue,
        };
        notes.push(format!("not shown: {what}: {why}"));
    }
    let (of_debugger, aside): (Vec<_>, Vec<_>) =
        excerpt.set_aside_in_all.iter().copied().partition(|(kind, _)| *kind == Housekeeping::Debugger);
    for (_, objects) in of_debugger {
        let what = units::counted(objects, "object");
        notes.push(format!("not drawn: {what} of the debugger at whose prompt this was taken (--expand draws them)"));
    }
    let aside: Vec<String> =
        aside.into_iter().map(|(kind, objects)| set_aside(kind, objects, excerpt.towards)).collect();
    if !aside.is_empty() {
        notes.push(format!("not drawn, as every program has them: {} (--expand draws them)", aside.join(", ")));
    }
    if is_referrers && excerpt.members.iter().any(|member| member.fold == Fold::Stretch) {
        notes.push("the path to a GC root is long: its middle is one box".to_owned());
    }
    notes
}

/// `1,108 functions: .__globals__`, or towards referents `1,100 keys`.
fn set_aside(kind: Housekeeping, objects: u64, towards: Towards) -> String {
    let (one, many) = housekeeping::referrers(kind);
    match towards {
        Towards::Referrers => {
            format!(
                "{} {} by {}",
                units::count(objects),
                if objects == 1 { one } else { many },
                housekeeping::slot(kind)
            )
        }
        Towards::Referents => {
            let (one, many) = housekeeping::referents(kind);
            format!("{} {}", units::count(objects), if objects == 1 { one } else { many })
        }
    }
}
