//! An excerpt as boxes and arrows.

use crate::analysis::excerpt::{Cut, Excerpt, Fold, Link, Member, Towards, Variable, is_module_root};
use crate::graph::{HeapGraph, RootKind};
use crate::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, FINALIZER, TargetEnd};
use crate::units;

use super::ExcerptView;
use super::words::{Words, why};
use crate::report::root_words;
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
            series: Vec::new(),
            finalizer: false,
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
    lines.extend(words.told_aside(at));
    let cut_by_depth = words.left_out(at).iter().filter(|left| matches!(left.cut, Cut::Depth | Cut::Crowd));
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
        series: Vec::new(),
        finalizer: finalizer(words, member),
    }
}

/// Its line is one of [`identity`].
fn finalizer(words: &Words<'_>, member: &Member) -> bool {
    let is_module = member.fold == Fold::One && is_module_root(words.graph, member.objects[0]);
    matches!(member.fold, Fold::One | Fold::Alike) && !is_module && words.has_finalizer(member.objects[0])
}

/// Which object it is, or which ones.
fn identity(words: &Words<'_>, at: usize, member: &Member) -> Vec<String> {
    let address = words.graph.address(member.objects[0]).to_string();
    let with_finalizer = |mut lines: Vec<String>| {
        lines.extend(finalizer(words, member).then(|| FINALIZER.to_owned()));
        lines
    };
    match member.fold {
        // The tab above the box names the module.
        Fold::One if is_module_root(words.graph, member.objects[0]) => vec![address],
        Fold::One => with_finalizer(beside(words.description(member.objects[0]), address)),
        Fold::Alike => with_finalizer(beside(words.common_description(member), format!("e.g. {address}"))),
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
        let heading = match root.kind() {
            RootKind::FrameStack => "running frame",
            RootKind::Debugger => "debugger",
            _ => "local variable",
        };
        let label = root_words::variable(&root.place);
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
            lines: root_words::in_lines(&root.place),
            facts: Vec::new(),
            distance: words.excerpt.members[variable.at].distance + 1,
            objects: 1,
            root: Some(root.kind().label().to_owned()),
            highlighted: false,
            series: Vec::new(),
            finalizer: false,
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
            series: Vec::new(),
            finalizer: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::excerpt::{Limits, Wish};
    use crate::analysis::explored::Explored;
    use crate::graph::{DrawnHeap, Sketch};
    use crate::snapshot::Segment;

    fn drawn(heap: &DrawnHeap, target: &str, towards: Towards) -> Diagram {
        let limits = Limits { depth: 3, on_to_roots: true, too_many: 10, max_boxes: 60 };
        let excerpt = Excerpt::around(&Explored::of(&heap.graph), &[heap.get(target)], &Wish::new(towards, limits));
        let view = ExcerptView {
            full_names: false,
            extra: &[],
            retained: None,
            highlight: &[],
            too_many: 10,
            depth: 3,
            max_boxes: 60,
            new: None,
        };
        diagram(&heap.graph, &excerpt, view)
    }

    fn shop() -> Sketch {
        let mut sketch = Sketch::new();
        sketch
            .object("main", "module", 72)
            .object("names", "dict", 232)
            .object("shop", "app.Shop", 48)
            .module_root("main");
        sketch.refer("main", ".__dict__", "names").elements("names", Segment::Mapping);
        for key in ["SHOP", "we ird", "class", "größe"] {
            sketch.object(key, "str", 50).text(key, key).refer("names", "", key).refer("names", "", "shop");
        }
        sketch
    }

    #[test]
    fn what_a_dictionary_holds_is_an_attribute_when_it_can_be_written_so() {
        let heap = shop().build();
        let diagram = drawn(&heap, "shop", Towards::Referrers);
        assert_eq!(diagram.arrows[0].labels, [".SHOP", ".__dict__['we ird']", ".__dict__['class']"]);
        assert_eq!((diagram.arrows[0].unnamed_more, diagram.arrows[0].emphasised), (1, true));
        assert_eq!(diagram.boxes[1].root.as_deref(), Some("module main"));
        let key = drawn(&heap, "we ird", Towards::Referrers);
        assert_eq!(key.arrows[0].labels, ["key of .__dict__"]);
    }

    #[test]
    fn a_fold_tells_how_many_and_an_example() {
        let mut sketch = shop();
        for number in 0..1200 {
            let name = format!("order {number}");
            sketch.object(&name, "app.Order", 48).refer(&name, ".shop", "shop");
        }
        let heap = sketch.build();
        let diagram = drawn(&heap, "shop", Towards::Referrers);
        let fold = diagram.boxes.iter().find(|one| one.role == BoxRole::Fold).unwrap();
        let example = heap.graph.address(heap.get("order 0"));
        assert_eq!((fold.heading.as_str(), fold.objects, fold.address), ("Order × 1,200", 1200, None));
        assert_eq!(fold.lines, [format!("e.g. {example}")]);
        assert!(fold.facts.contains(&"1,188 more".to_owned()), "{:?}", fold.facts);
    }

    #[test]
    fn housekeeping_is_told_once_and_garbage_is_called_so() {
        let mut sketch = shop();
        sketch.object("lost", "list", 56).refer("lost", "[0]", "lost");
        sketch.object("f", "function", 152).refer("f", ".__globals__", "names");
        let heap = sketch.build();
        let diagram = drawn(&heap, "shop", Towards::Referrers);
        let expected = "not drawn, as every program has them: 1 function by .__globals__ (--expand draws them)";
        assert_eq!(diagram.notes, [expected]);
        let lost = drawn(&heap, "lost", Towards::Referrers);
        assert!(lost.title.ends_with("which is garbage") && lost.notes[0].starts_with("no GC root"), "{lost:?}");
        assert!(drawn(&heap, "lost", Towards::Referents).notes.is_empty());
    }
}
