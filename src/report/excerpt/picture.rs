//! An excerpt as boxes and arrows.

use crate::analysis::excerpt::{Cut, Excerpt, Fold, Link, Member, Towards, Variable};
use crate::graph::{HeapGraph, RootKind};
use crate::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, TargetEnd};
use crate::units;

use super::ExcerptView;
use super::words::{Words, why};
use crate::units::counted;

/// Boxes and arrows of an excerpt. Targets come first; what was left out has boxes of its own, except where the depth ended, which
/// is a line in the box.
pub fn diagram(graph: &HeapGraph, excerpt: &Excerpt, view: ExcerptView<'_>) -> Diagram {
    let words = Words::new(graph, excerpt, view);
    let mut diagram = Diagram {
        title: words.title(),
        notes: super::notes(excerpt, view),
        target_end: match excerpt.towards {
            Towards::Referrers => TargetEnd::Last,
            Towards::Referents => TargetEnd::First,
        },
        boxes: (0..excerpt.members.len()).map(|at| member_box(&words, at)).collect(),
        arrows: Vec::with_capacity(excerpt.links.len()),
    };
    let is_drawn = |link: &&Link| {
        // A run says by itself how its objects follow each other.
        link.from != link.to || matches!(excerpt.members[link.from].fold, Fold::One | Fold::Alike)
    };
    diagram.arrows.extend(excerpt.links.iter().filter(is_drawn).map(|link| arrow(&words, link)));
    for variables in excerpt.variables.chunk_by(|one, next| one.at == next.at) {
        add_variables(&words, variables, &mut diagram);
    }
    for left in excerpt.left_out.iter().filter(|left| matches!(left.cut, Cut::TooMany | Cut::Full)) {
        let more = diagram.boxes.len();
        diagram.boxes.push(DiagramBox {
            address: None,
            role: BoxRole::More,
            heading: format!("{} more", units::count(left.objects)),
            lines: vec![format!("{}s", words.neighbour())],
            facts: vec![format!("left out: {}", why(left.cut))],
            distance: excerpt.members[left.at].distance + 1,
            objects: left.objects,
            root: None,
            highlighted: false,
        });
        let (from, to) = match excerpt.towards {
            Towards::Referrers => (more, left.at),
            Towards::Referents => (left.at, more),
        };
        diagram.arrows.push(Arrow { from, to, labels: Vec::new(), unnamed_more: 0, weak: false, emphasised: false });
    }
    diagram
}

fn member_box(words: &Words<'_>, at: usize) -> DiagramBox {
    let member = &words.excerpt.members[at];
    let root = words.root(member);
    let mut lines = identity(words, at, member);
    lines.extend(words.extra(member));
    if words.excerpt.towards == Towards::Referrers {
        let aside = words.set_aside(at).iter();
        lines.extend(aside.map(|aside| super::set_aside(aside.kind, aside.objects, Towards::Referrers)));
    }
    let cut_by_depth = words.left_out(at).iter().filter(|left| left.cut == Cut::Depth);
    lines.extend(cut_by_depth.map(|left| counted(left.objects, &format!("more {}", words.neighbour()))));
    let of = words.graph.type_id(member.objects[0]);
    DiagramBox {
        address: (member.fold == Fold::One).then(|| words.graph.address(member.objects[0])),
        role: match (member.distance, &root, member.fold) {
            (0, ..) => BoxRole::Target,
            (_, Some(_), _) => BoxRole::Root,
            (_, None, Fold::One) => BoxRole::Object,
            (_, None, _) => BoxRole::Fold,
        },
        heading: words.heading(member),
        lines,
        facts: words.facts(at),
        distance: member.distance,
        objects: member.objects.len() as u64,
        root,
        highlighted: member.fold != Fold::Stretch && words.view.highlight.get(of.index()).copied().unwrap_or(false),
    }
}

/// Which object it is, or which ones.
fn identity(words: &Words<'_>, at: usize, member: &Member) -> Vec<String> {
    let address = words.graph.address(member.objects[0]).to_string();
    match member.fold {
        Fold::One => beside(words.description(member.objects[0]), address),
        Fold::Alike => beside(words.common_description(member), format!("e.g. {address}")),
        Fold::Run => {
            let last = member.objects[member.objects.len() - 1];
            let ends = format!("{address} … {}", words.graph.address(last));
            let label = words.run_label(at);
            if label.is_empty() { vec![ends] } else { vec![format!("one after the other via {label}"), ends] }
        }
        Fold::Stretch => vec!["of the path to the GC root".to_owned(), words.types_of(member)],
    }
}

/// Two short texts in one line, longer ones in two.
fn beside(what: String, address: String) -> Vec<String> {
    match what.chars().count() {
        0 => vec![address],
        1..=16 => vec![format!("{what} · {address}")],
        _ => vec![what, address],
    }
}

fn arrow(words: &Words<'_>, link: &Link) -> Arrow {
    Arrow {
        from: link.from,
        to: link.to,
        labels: words.labels(link),
        unnamed_more: link.more,
        weak: link.weak,
        emphasised: link.on_path,
    }
}

/// Boxes for the variables of running frames that hold one member; those of the path come first.
fn add_variables(words: &Words<'_>, variables: &[Variable], diagram: &mut Diagram) {
    let mut variables: Vec<&Variable> = variables.iter().collect();
    variables.sort_by_key(|variable| !variable.on_path);
    let shown = variables.len().min(words.view.too_many.max(1));
    for variable in &variables[..shown] {
        let root = &words.graph.roots[variable.root as usize];
        let heading = if root.kind == RootKind::FrameStack { "running frame" } else { "local variable" };
        let label = root.name.split(" in ").next().filter(|_| root.kind == RootKind::FrameLocal);
        let arrow = Arrow {
            from: diagram.boxes.len(),
            to: variable.at,
            labels: label.into_iter().map(str::to_owned).collect(),
            unnamed_more: 0,
            weak: false,
            emphasised: variable.on_path,
        };
        diagram.arrows.push(arrow);
        diagram.boxes.push(DiagramBox {
            address: None,
            role: BoxRole::Root,
            heading: heading.to_owned(),
            lines: vec![root.name.clone()],
            facts: Vec::new(),
            distance: words.excerpt.members[variable.at].distance + 1,
            objects: 1,
            root: Some(root.kind.label().to_owned()),
            highlighted: false,
        });
    }
    if shown < variables.len() {
        let at = variables[0].at;
        let more = (variables.len() - shown) as u64;
        let from = diagram.boxes.len();
        diagram.arrows.push(Arrow {
            from,
            to: at,
            labels: Vec::new(),
            unnamed_more: 0,
            weak: false,
            emphasised: false,
        });
        diagram.boxes.push(DiagramBox {
            address: None,
            role: BoxRole::More,
            heading: format!("{} more", units::count(more)),
            lines: vec!["local variables".to_owned()],
            facts: vec![format!("left out: {}", why(Cut::TooMany))],
            distance: words.excerpt.members[at].distance + 1,
            objects: more,
            root: None,
            highlighted: false,
        });
    }
}
