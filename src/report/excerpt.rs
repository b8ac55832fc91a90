//! An excerpt of the heap for a reader: as a diagram, and as a tree for the terminal.

use crate::analysis::excerpt::{Cut, Excerpt, LeftOut, Link, Member, Towards, is_module_root};
use crate::graph::{HeapGraph, Object, RefCount, Root, RootKind, TypeNames};
use crate::units;

use super::diagram::{Arrow, BoxRole, Diagram, DiagramBox, TargetEnd};
use super::{Cell, Column, NextStep, Report, Section, SnapshotFacts, Tree, TreeRow};

/// How an excerpt is shown.
#[derive(Debug, Clone, Copy)]
pub struct ExcerptView {
    /// Types with their modules.
    pub full_names: bool,
    /// Reference counts in the boxes.
    pub refcounts: bool,
    /// Frames' locals drawn for one object at most.
    pub too_many: usize,
    /// Depth that was asked for, for the notes.
    pub depth: u32,
}

impl Report {
    /// What surrounds some objects: the tree for people, the diagram for machines.
    pub fn excerpt(graph: &HeapGraph, excerpt: &Excerpt, view: ExcerptView, argument: &str) -> Report {
        let command = command(excerpt.towards);
        let diagram = diagram(graph, excerpt, view);
        let writer = Writer::new(graph, excerpt, view);
        let targets = excerpt.members.iter().take_while(|member| member.distance == 0);
        let ids: String = targets.map(|member| format!(" --id {}", graph.address(member.object))).collect();
        let mut next =
            vec![NextStep::new(format!("{command} {argument}{ids} -o {command}.png"), "the same as a picture")];
        if excerpt.left_out.iter().any(|left| left.cut == Cut::Depth) {
            let deeper = view.depth + 2;
            next.push(NextStep::new(format!("{command} {argument}{ids} --depth {deeper}"), "two references further"));
        }
        Report {
            command,
            snapshots: vec![SnapshotFacts::new(argument, &graph.header, &graph.end)],
            title: diagram.title.clone(),
            totals: vec![
                ("objects_shown", Cell::Count(excerpt.members.len() as u64)),
                ("objects_left_out", Cell::Count(excerpt.left_out.iter().map(|left| left.objects).sum())),
            ],
            summary: format!(
                "{} objects shown · {} left out",
                units::count(excerpt.members.len() as u64),
                units::count(excerpt.left_out.iter().map(|left| left.objects).sum::<u64>())
            ),
            notes: diagram.notes.iter().cloned().chain(super::facts::graph_notes(graph)).collect(),
            sections: vec![Section::Tree(writer.tree()), Section::Diagram(diagram)],
            next,
        }
    }
}

/// Boxes and arrows of an excerpt. Targets come first; what was left out has boxes of its own, except where the depth ended, which
/// is a line in the box.
pub fn diagram(graph: &HeapGraph, excerpt: &Excerpt, view: ExcerptView) -> Diagram {
    let writer = Writer::new(graph, excerpt, view);
    let mut diagram = Diagram {
        title: writer.title(),
        notes: writer.notes(),
        target_end: match excerpt.towards {
            Towards::Referrers => TargetEnd::Last,
            Towards::Referents => TargetEnd::First,
        },
        boxes: (0..excerpt.members.len()).map(|place| writer.object_box(place)).collect(),
        arrows: excerpt.links.iter().map(|link| writer.arrow(link)).collect(),
    };
    if excerpt.towards == Towards::Referrers {
        for place in 0..excerpt.members.len() {
            writer.add_variables(place, &mut diagram);
        }
    }
    for left in excerpt.left_out.iter().filter(|left| left.cut != Cut::Depth) {
        let more = diagram.boxes.len();
        diagram.boxes.push(writer.more_box(*left));
        let (from, to) = writer.oriented(more, left.at);
        diagram.arrows.push(Arrow { from, to, labels: Vec::new(), unnamed_more: 0, weak: false, emphasised: false });
    }
    diagram
}

fn command(towards: Towards) -> &'static str {
    match towards {
        Towards::Referrers => "backrefs",
        Towards::Referents => "refs",
    }
}

/// Words for the parts of one excerpt.
struct Writer<'e> {
    graph: &'e HeapGraph,
    excerpt: &'e Excerpt,
    view: ExcerptView,
    names: TypeNames,
}

impl<'e> Writer<'e> {
    fn new(graph: &'e HeapGraph, excerpt: &'e Excerpt, view: ExcerptView) -> Self {
        let full: Vec<String> = excerpt.members.iter().map(|member| graph.type_of(member.object).full_name()).collect();
        let names = TypeNames::new(full.iter().map(String::as_str), view.full_names);
        Writer { graph, excerpt, view, names }
    }

    fn title(&self) -> String {
        let targets: Vec<&Member> = self.excerpt.members.iter().take_while(|member| member.distance == 0).collect();
        let question = match self.excerpt.towards {
            Towards::Referrers => "What refers to",
            Towards::Referents => "What is referred to by",
        };
        match targets.as_slice() {
            [one] => format!("{question} {} {}", self.type_name(one.object), self.graph.address(one.object)),
            many => format!("{question} {} objects", units::count(many.len() as u64)),
        }
    }

    fn notes(&self) -> Vec<String> {
        let sum = |cut: Cut| {
            self.excerpt.left_out.iter().filter(|left| left.cut == cut).map(|left| left.objects).sum::<u64>()
        };
        let what = self.neighbours();
        let mut notes = Vec::new();
        for (count, why) in [
            (
                sum(Cut::TooMany),
                format!("there are more than {} of them at one object (--too-many)", self.view.too_many),
            ),
            (sum(Cut::Full), "the picture is full (--max-nodes)".to_owned()),
            (sum(Cut::Depth), format!("they are more than {} references away (--depth)", self.view.depth)),
        ] {
            if count > 0 {
                notes.push(format!("not shown: {} {what}, because {why}", units::count(count)));
            }
        }
        notes
    }

    fn neighbours(&self) -> &'static str {
        match self.excerpt.towards {
            Towards::Referrers => "referrers",
            Towards::Referents => "referents",
        }
    }

    fn type_name(&self, object: Object) -> String {
        let full = self.graph.type_of(object).full_name();
        self.names.show(&full).to_owned()
    }

    fn type_cell(&self, object: Object) -> Cell {
        let full = self.graph.type_of(object).full_name();
        Cell::Type { shown: self.names.show(&full).to_owned(), full }
    }

    fn object_box(&self, place: usize) -> DiagramBox {
        let Member { object, distance } = self.excerpt.members[place];
        let graph = self.graph;
        let marked = graph.roots_of(object).iter().find(|root| !is_variable(root));
        let description = match marked {
            Some(root) if root.kind == RootKind::Module => root.name.clone(),
            _ => graph.description(object),
        };
        let address = graph.address(object);
        let mut lines = match description.chars().count() {
            0 => vec![address.to_string()],
            1..=16 => vec![format!("{description} · {address}")],
            _ => vec![description, address.to_string()],
        };
        if self.view.refcounts {
            lines.push(refcount(graph, object));
        }
        if let Some(left) = self.excerpt.left_out.iter().find(|left| left.at == place && left.cut == Cut::Depth) {
            lines.push(format!("{} more {}", units::count(left.objects), self.neighbours()));
        }
        DiagramBox {
            address: Some(address),
            role: match (distance, marked) {
                (0, _) => BoxRole::Target,
                (_, Some(_)) => BoxRole::Root,
                (_, None) => BoxRole::Object,
            },
            heading: self.type_name(object),
            lines,
            facts: self.facts(object),
            distance,
            objects: 1,
            root: marked.map(|root| format!("{} {}", root.kind.label(), root.name)),
            highlighted: false,
        }
    }

    /// Everything about an object, one fact per line.
    fn facts(&self, object: Object) -> Vec<String> {
        let graph = self.graph;
        let mut facts = vec![
            format!("type: {}", graph.type_of(object).full_name()),
            format!("address: {}", graph.address(object)),
            format!("shallow size: {}", units::bytes(graph.size(object))),
            refcount(graph, object),
        ];
        let description = graph.description(object);
        if !description.is_empty() {
            facts.insert(1, format!("what: {description}"));
        }
        facts.extend(graph.roots_of(object).iter().map(|root| format!("GC root: {} {}", root.kind.label(), root.name)));
        facts
    }

    fn arrow(&self, link: &Link) -> Arrow {
        Arrow {
            from: link.from,
            to: link.to,
            labels: link.references.iter().map(|&one| self.graph.slot_label(self.graph.slot(one))).collect(),
            unnamed_more: link.more,
            weak: link.weak,
            emphasised: false,
        }
    }

    /// Boxes for the local variables of running frames that hold an object.
    fn add_variables(&self, place: usize, diagram: &mut Diagram) {
        let Member { object, distance } = self.excerpt.members[place];
        let variables: Vec<&Root> = self.graph.roots_of(object).iter().filter(|root| is_variable(root)).collect();
        let shown = variables.len().min(self.view.too_many);
        for root in &variables[..shown] {
            self.add_variable(place, distance + 1, "local variable", root.name.clone(), BoxRole::Root, diagram);
        }
        if shown < variables.len() {
            let more = format!("{} more", units::count((variables.len() - shown) as u64));
            self.add_variable(place, distance + 1, &more, "local variables".to_owned(), BoxRole::More, diagram);
        }
    }

    fn add_variable(
        &self,
        to: usize,
        distance: u32,
        heading: &str,
        line: String,
        role: BoxRole,
        diagram: &mut Diagram,
    ) {
        let from = diagram.boxes.len();
        let label = line.split(" in ").next().filter(|_| role == BoxRole::Root).map(str::to_owned);
        diagram.boxes.push(DiagramBox {
            address: None,
            role,
            heading: heading.to_owned(),
            root: (role == BoxRole::Root).then(|| format!("{} {line}", RootKind::FrameLocal.label())),
            lines: vec![line],
            facts: Vec::new(),
            distance,
            objects: 1,
            highlighted: false,
        });
        let labels = label.into_iter().collect();
        diagram.arrows.push(Arrow { from, to, labels, unnamed_more: 0, weak: false, emphasised: false });
    }

    fn more_box(&self, left: LeftOut) -> DiagramBox {
        DiagramBox {
            address: None,
            role: BoxRole::More,
            heading: format!("{} more", units::count(left.objects)),
            lines: vec![self.neighbours().to_owned()],
            facts: vec![match left.cut {
                Cut::TooMany => "left out: too many (--too-many)".to_owned(),
                Cut::Full => "left out: the picture is full (--max-nodes)".to_owned(),
                Cut::Depth => "left out: too far (--depth)".to_owned(),
            }],
            distance: self.excerpt.members[left.at].distance + 1,
            objects: left.objects,
            root: None,
            highlighted: false,
        }
    }

    /// From referrer to referent, for a neighbour and the member that it belongs to.
    fn oriented(&self, neighbour: usize, member: usize) -> (usize, usize) {
        match self.excerpt.towards {
            Towards::Referrers => (neighbour, member),
            Towards::Referents => (member, neighbour),
        }
    }

    /// The excerpt as a tree below each target, without recursion; an object that was shown above is not walked again.
    fn tree(&self) -> Tree {
        let members = &self.excerpt.members;
        let mut links_at: Vec<Vec<&Link>> = vec![Vec::new(); members.len()];
        for link in &self.excerpt.links {
            let (_, near) = match self.excerpt.towards {
                Towards::Referrers => (link.from, link.to),
                Towards::Referents => (link.to, link.from),
            };
            links_at[near].push(link);
        }
        let mut rows = Vec::new();
        let mut is_shown = vec![false; members.len()];
        let targets = members.iter().take_while(|member| member.distance == 0).count();
        let mut stack: Vec<(usize, u32, Option<&Link>)> = (0..targets).rev().map(|place| (place, 0, None)).collect();
        while let Some((place, depth, link)) = stack.pop() {
            let was_shown = std::mem::replace(&mut is_shown[place], true);
            rows.push(self.row(place, depth, link, was_shown));
            if was_shown {
                continue;
            }
            let below = depth + 1;
            if self.excerpt.towards == Towards::Referrers {
                for root in self.graph.roots_of(members[place].object).iter().filter(|root| is_variable(root)) {
                    rows.push(TreeRow {
                        depth: below,
                        text: vec![Cell::Faint("local variable".into()), Cell::Strong(root.name.clone())],
                        facts: machine_row("", Cell::Missing, root.kind.label(), Cell::Missing, Some(&root.name), ""),
                    });
                }
            }
            for left in self.excerpt.left_out.iter().filter(|left| left.at == place) {
                let text = format!("{} more {}", units::count(left.objects), self.neighbours());
                let facts = machine_row("", Cell::Missing, &text, Cell::Missing, None, "left out");
                rows.push(TreeRow { depth: below, text: vec![Cell::Faint(text)], facts });
            }
            for &link in links_at[place].iter().rev() {
                let far = if self.excerpt.towards == Towards::Referrers { link.from } else { link.to };
                stack.push((far, below, Some(link)));
            }
        }
        let columns = ["slots", "address", "type", "shallow_bytes", "root", "mark"].map(Column::for_machines).to_vec();
        Tree { key: "rows", title: String::new(), columns, rows }
    }

    fn row(&self, place: usize, depth: u32, link: Option<&Link>, was_shown: bool) -> TreeRow {
        let object = self.excerpt.members[place].object;
        let graph = self.graph;
        let mut text = Vec::new();
        let mut slots = String::new();
        if let Some(link) = link {
            let arrow = self.arrow(link);
            slots = arrow.labels.join(", ");
            if arrow.unnamed_more > 0 {
                slots.push_str(&format!(" +{}", units::count(arrow.unnamed_more)));
            }
            text.push(Cell::Strong(slots.clone()));
            let joint = match (self.excerpt.towards, link.weak) {
                (Towards::Referrers, false) => "of",
                (Towards::Referrers, true) => "(weak) of",
                (Towards::Referents, false) => "→",
                (Towards::Referents, true) => "(weak) →",
            };
            text.push(Cell::Faint(joint.to_owned()));
        }
        text.push(self.type_cell(object));
        let root = graph.roots_of(object).iter().find(|root| !is_variable(root));
        let description = match root {
            Some(root) if root.kind == RootKind::Module => root.name.clone(),
            _ => graph.description(object),
        };
        if !description.is_empty() {
            text.push(Cell::Text(description));
        }
        text.push(Cell::Address(graph.address(object)));
        text.push(Cell::Faint(units::bytes(graph.size(object))));
        if self.view.refcounts {
            text.push(Cell::Faint(refcount(graph, object)));
        }
        let mark = match (was_shown, depth) {
            (true, _) => "shown above",
            (false, 0) => "target",
            _ => "",
        };
        if was_shown {
            text.push(Cell::Faint("(shown above)".into()));
        }
        if is_module_root(graph, object) {
            text.push(Cell::Faint("● GC root".into()));
        } else if let Some(root) = root {
            text.push(Cell::Faint(format!("● GC root: {} {}", root.kind.label(), root.name)));
        }
        let root = root.map(|root| format!("{} {}", root.kind.label(), root.name));
        let full = graph.type_of(object).full_name();
        let facts = machine_row(
            &slots,
            Cell::Address(graph.address(object)),
            &full,
            Cell::Bytes(graph.size(object)),
            root.as_deref(),
            mark,
        );
        TreeRow { depth, text, facts }
    }
}

fn machine_row(slots: &str, address: Cell, of: &str, size: Cell, root: Option<&str>, mark: &str) -> Vec<Cell> {
    let text = |text: &str| if text.is_empty() { Cell::Missing } else { Cell::Text(text.to_owned()) };
    vec![text(slots), address, text(of), size, root.map_or(Cell::Missing, text), text(mark)]
}

/// Whether a root is a variable of a frame: it holds the object from outside, so it gets a box of its own.
fn is_variable(root: &Root) -> bool {
    matches!(root.kind, RootKind::FrameLocal | RootKind::FrameStack)
}

fn refcount(graph: &HeapGraph, object: Object) -> String {
    match graph.refcount(object) {
        RefCount::Known(count) => format!("reference count: {}", units::count(count)),
        RefCount::Immortal => "reference count: immortal".to_owned(),
        RefCount::Unknown => "reference count: unknown".to_owned(),
    }
}
