//! What the boxes and arrows of an excerpt are called.

use std::collections::HashMap;

use crate::analysis::classes::Classes;
use crate::analysis::excerpt::{Cut, Excerpt, Fold, LeftOut, Link, Member, SetAside, SlotName, Towards, is_variable};
use crate::analysis::root_paths::attribute_name;
use crate::analysis::since::Age;
use crate::graph::{HeapGraph, Object, RefCount, Root, Slot, TypeNames};
use crate::units;

use super::{ExcerptView, ExtraFact};
use crate::report::{description, root_words, slot_label};
use crate::units::counted;

/// Addresses listed in the facts of a fold.
const LISTED: usize = 12;

/// Words for the parts of one excerpt.
pub(super) struct Words<'e> {
    pub graph: &'e HeapGraph,
    pub excerpt: &'e Excerpt,
    pub view: ExcerptView<'e>,
    names: TypeNames,
    classes: Classes<'e>,
    left_out: HashMap<usize, Vec<LeftOut>>,
    set_aside: HashMap<usize, Vec<SetAside>>,
}

impl<'e> Words<'e> {
    pub fn new(graph: &'e HeapGraph, excerpt: &'e Excerpt, view: ExcerptView<'e>) -> Self {
        let mut ids: Vec<_> =
            excerpt.members.iter().flat_map(|member| &member.objects).map(|&one| graph.type_id(one)).collect();
        ids.sort_unstable();
        ids.dedup();
        let full: Vec<String> = ids.into_iter().map(|id| graph.type_name(id)).collect();
        let names = TypeNames::new(full.iter().map(String::as_str), view.full_names);
        let classes = Classes::of(graph);
        let (left_out, set_aside) = Default::default();
        let mut words = Words { graph, excerpt, view, names, classes, left_out, set_aside };
        for &left in &excerpt.left_out {
            words.left_out.entry(left.at).or_default().push(left);
        }
        for &aside in &excerpt.set_aside {
            words.set_aside.entry(aside.at).or_default().push(aside);
        }
        words
    }

    pub fn title(&self) -> String {
        let targets: Vec<&Member> = self.excerpt.members.iter().take_while(|member| member.distance == 0).collect();
        let question = match self.excerpt.towards {
            Towards::Referrers => "What refers to",
            Towards::Referents => "What is referred to by",
        };
        match targets.as_slice() {
            [one] if one.fold == Fold::One => {
                let garbage = if self.excerpt.alive.unreachable > 0 { ", which is garbage" } else { "" };
                let object = one.objects[0];
                format!("{question} {} {}{garbage}", self.type_name(object), self.graph.address(object))
            }
            many => {
                let objects = || many.iter().flat_map(|member| &member.objects).copied();
                let count = units::count(objects().count() as u64);
                let mut types = objects().map(|object| self.graph.type_id(object));
                let first = types.next();
                match objects().next().filter(|_| types.all(|of| Some(of) == first)) {
                    Some(one) => format!("{question} {count} objects of {}", self.type_name(one)),
                    None => format!("{question} {count} objects of several types"),
                }
            }
        }
    }

    /// `referrer` or `referent`.
    pub fn neighbour(&self) -> &'static str {
        match self.excerpt.towards {
            Towards::Referrers => "referrer",
            Towards::Referents => "referent",
        }
    }

    /// The type as it is shown here.
    pub fn type_name(&self, object: Object) -> String {
        let full = self.graph.type_of(object).full_name();
        self.names.show(&full).to_owned()
    }

    /// What is left out at a member, by reason.
    pub fn left_out(&self, at: usize) -> &[LeftOut] {
        self.left_out.get(&at).map_or(&[], Vec::as_slice)
    }

    /// What is set aside at a member, by kind.
    pub fn set_aside(&self, at: usize) -> &[SetAside] {
        self.set_aside.get(&at).map_or(&[], Vec::as_slice)
    }

    /// What of it is told in the box. A GC root needs no referrers, and what an object refers to in every program is no news.
    pub fn told_aside(&self, at: usize) -> Vec<String> {
        let is_told = self.excerpt.towards == Towards::Referrers && self.root(&self.excerpt.members[at]).is_none();
        let aside = self.set_aside(at).iter().filter(|_| is_told);
        aside.map(|aside| super::set_aside(aside.kind, aside.objects, self.excerpt.towards)).collect()
    }

    /// Whether Python code runs before objects of this type are freed.
    pub fn has_finalizer(&self, object: Object) -> bool {
        self.classes.has_finalizer(self.graph.type_id(object))
    }

    /// The GC root that a member is, e.g. `module app.cache`; `None` for one that is none, or a variable's value.
    pub fn root(&self, member: &Member) -> Option<String> {
        if member.fold != Fold::One {
            return None;
        }
        let named = self.graph.roots_of(member.objects[0]).iter().find(|root| !is_variable(root.kind()));
        match (named, member.root) {
            (Some(root), _) => Some(root_words::of_named(root)),
            (None, Some(root)) if root.named.is_none() => Some(root_words::of(self.graph, &root)),
            (None, _) => None,
        }
    }

    /// What an object is, in a few words; empty when nothing is known.
    pub fn description(&self, object: Object) -> String {
        let module = self.graph.roots_of(object).iter().find_map(Root::module);
        module.map_or_else(|| description(self.graph, object), str::to_owned)
    }

    /// What all objects of a fold are; empty when they are different things.
    pub fn common_description(&self, member: &Member) -> String {
        let first = self.description(member.objects[0]);
        match member.objects.iter().all(|&object| self.description(object) == first) {
            true if !first.is_empty() => format!("{first} each"),
            _ => String::new(),
        }
    }

    /// The type of a member with the number of its objects, e.g. `dict × 97`.
    pub fn heading(&self, member: &Member) -> String {
        let many = member.objects.len() as u64;
        match member.fold {
            Fold::One => self.type_name(member.objects[0]),
            Fold::Alike | Fold::Run => format!("{} × {}", self.type_name(member.objects[0]), units::count(many)),
            Fold::Stretch => format!("{} objects", units::count(many)),
        }
    }

    /// What a stretch is made of: the most common types, e.g. `Node × 40, Link × 40, 2 others`.
    pub fn types_of(&self, member: &Member) -> String {
        const SHOWN: usize = 3;
        let mut counts: Vec<(String, u64)> = Vec::new();
        for &object in &member.objects {
            let name = self.type_name(object);
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        counts.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        let mut parts: Vec<String> =
            counts.iter().take(SHOWN).map(|(name, count)| format!("{name} × {}", units::count(*count))).collect();
        let others: u64 = counts.iter().skip(SHOWN).map(|(_, count)| count).sum();
        if others > 0 {
            parts.push(format!("{} others", units::count(others)));
        }
        parts.join(", ")
    }

    /// Slot names of a link, and how many references have other names.
    pub fn labels(&self, link: &Link) -> Vec<String> {
        link.names.iter().map(|&name| self.slot(name)).collect()
    }

    /// The same in one line.
    pub fn label(&self, link: &Link) -> String {
        let mut label = self.labels(link).join(", ");
        if link.more > 0 {
            label.push_str(&format!(" +{}", units::count(link.more)));
        }
        label
    }

    fn slot(&self, name: SlotName) -> String {
        let slot = self.graph.slot(name.reference);
        match slot {
            Slot::Value(Some(key)) if name.through_dict => match attribute_name(self.graph, key) {
                Some(attribute) => format!(".{attribute}"),
                None => format!(".__dict__{}", slot_label(self.graph, slot)),
            },
            Slot::Value(None) if name.through_dict => format!(".__dict__{}", slot_label(self.graph, slot)),
            _ if name.through_dict => format!("{} of .__dict__", slot_label(self.graph, slot)),
            _ => slot_label(self.graph, slot),
        }
    }

    /// How the objects of a run follow each other, e.g. `.next`; empty when nothing is known.
    pub fn run_label(&self, at: usize) -> String {
        let links = &self.excerpt.links;
        let place = links.partition_point(|link| (link.from, link.to) < (at, at));
        links.get(place).filter(|link| (link.from, link.to) == (at, at)).map_or(String::new(), |link| self.label(link))
    }

    /// The facts that the reader asked for, one per line.
    pub fn extra(&self, member: &Member) -> Vec<String> {
        let all = if member.objects.len() > 1 { " in all" } else { "" };
        let fact = |fact: &ExtraFact| match fact {
            ExtraFact::Size => format!("{}{all}", units::bytes(self.shallow_size(member))),
            ExtraFact::Retained => match self.retained_size(member) {
                Some(bytes) => format!("retains {bytes}"),
                None => "retained size: unknown".to_owned(),
            },
            ExtraFact::RefCount => refcount(self.graph, member),
            ExtraFact::References => {
                let graph = self.graph;
                let to: usize = member.objects.iter().map(|&object| graph.referrers(object).len()).sum();
                let from: u64 = member.objects.iter().map(|&object| u64::from(graph.references_of(object))).sum();
                format!("{} references to it, {} from it", units::count(to as u64), units::count(from))
            }
        };
        self.view.extra.iter().map(fact).chain(self.age(member)).collect()
    }

    /// Whether the objects are new since the earlier snapshot, where there is one and they are or may be.
    fn age(&self, member: &Member) -> Option<String> {
        let since = self.view.new?;
        let of = |age| member.objects.iter().filter(|&&object| since.age(object) == age).count() as u64;
        let (new, unknown, all) = (of(Age::New), of(Age::Unknown), member.objects.len() as u64);
        match (new, unknown) {
            (0, 0) => None,
            (new, _) if new == all => Some(if all == 1 { "new".to_owned() } else { "all new".to_owned() }),
            (0, unknown) if unknown == all => Some("perhaps new".to_owned()),
            (new, 0) => Some(format!("{} new", units::count(new))),
            (0, unknown) => Some(format!("{} perhaps new", units::count(unknown))),
            (new, unknown) => Some(format!("{} new, {} perhaps", units::count(new), units::count(unknown))),
        }
    }

    /// Sum of the shallow sizes, the `__dict__` in the same box included; saturates.
    pub fn shallow_size(&self, member: &Member) -> u64 {
        let parts = member.objects.iter().copied().chain(member.dict);
        parts.map(|object| self.graph.size(object)).fold(0, u64::saturating_add)
    }

    /// Retained size for people. Of several objects it is a lower bound: what only some of them together hold is missing, and what one
    /// of them dominates of the others would count twice, so the largest counts; so it is with an object and its `__dict__`.
    fn retained_size(&self, member: &Member) -> Option<String> {
        let retained = self.view.retained?;
        let mut largest = member.objects.iter().map(|&object| retained.bytes(object)).max()?;
        let mut is_exact = member.objects.len() == 1;
        // A module does not retain its dictionary, which its functions hold too; in the box are both.
        if let Some(dict) = member.dict.map(|dict| retained.bytes(dict)).filter(|&dict| dict >= largest) {
            (largest, is_exact) = (dict, false);
        }
        let bytes = units::bytes(largest);
        Some(if is_exact { bytes } else { format!("≥ {bytes}") })
    }

    /// Everything about a member, one fact per line.
    pub fn facts(&self, at: usize) -> Vec<String> {
        let graph = self.graph;
        let member = &self.excerpt.members[at];
        let object = member.objects[0];
        let mut facts = match member.fold {
            Fold::Stretch => vec![format!("types: {}", self.types_of(member))],
            _ => vec![format!("type: {}", graph.type_of(object).full_name())],
        };
        if member.fold == Fold::One {
            let what = description(graph, object);
            if !what.is_empty() {
                facts.push(format!("what: {what}"));
            }
            facts.push(format!("address: {}", graph.address(object)));
            facts.push(format!("shallow size: {}", units::bytes(graph.size(object))));
            if let Some(dict) = member.dict {
                facts.push(format!(
                    "its __dict__: {}, {}, {}",
                    graph.address(dict),
                    description(graph, dict),
                    units::bytes(graph.size(dict))
                ));
            }
            facts.push(refcount(graph, member));
            if self.has_finalizer(object) {
                facts.push("its class has __del__".to_owned());
            }
            let roots = graph.roots_of(object).iter();
            facts.extend(roots.map(|root| format!("GC root: {}", root_words::of_named(root))));
        } else {
            facts.push(format!("shallow size in all: {}", units::bytes(self.shallow_size(member))));
            let listed = member.objects.iter().take(LISTED).map(|&one| graph.address(one).to_string());
            facts.extend(listed);
            if member.objects.len() > LISTED {
                facts.push(format!("{} more", units::count((member.objects.len() - LISTED) as u64)));
            }
        }
        for aside in self.set_aside(at) {
            let what = super::set_aside(aside.kind, aside.objects, self.excerpt.towards);
            facts.push(format!("not drawn: {what}"));
        }
        for left in self.left_out(at) {
            facts.push(format!("not shown: {}: {}", counted(left.objects, self.neighbour()), why(left.cut)));
        }
        facts
    }
}

/// Why something is left out, for the facts of a box.
pub(super) fn why(cut: Cut) -> &'static str {
    match cut {
        Cut::TooMany => "too many (--too-many)",
        Cut::Full => "the picture is full (--max-nodes)",
        Cut::Filtered => "filtered out (--filter, --exclude)",
        Cut::Depth => "too far (--depth)",
        Cut::Crowd => "too many to look at all of them",
        Cut::BehindWeak => "not followed, as a weak reference keeps nothing alive",
        Cut::BehindRoot => "not followed, as a GC root is alive by itself",
    }
}

fn refcount(graph: &HeapGraph, member: &Member) -> String {
    let one = |object: Object| match graph.refcount(object) {
        RefCount::Known(count) => units::count(count),
        RefCount::Immortal => "immortal".to_owned(),
        RefCount::Unknown => "unknown".to_owned(),
    };
    let first = one(member.objects[0]);
    match member.objects.iter().all(|&object| one(object) == first) {
        true if member.objects.len() > 1 => format!("reference count: {first} each"),
        true => format!("reference count: {first}"),
        false => "reference counts differ".to_owned(),
    }
}
