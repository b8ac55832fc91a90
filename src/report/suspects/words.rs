//! One suspect in a paragraph that can be pasted into a ticket.

use crate::analysis::containers::Container;
use crate::analysis::dominators::Dominator;
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRootKind;
use crate::analysis::lines::lines_of;
use crate::analysis::origin::Origin;
use crate::analysis::root_paths::RootPath;
use crate::analysis::suspects::{Accumulation, Finding, Joined, ScatteredType, Suspects, Thresholds};
use crate::graph::{Object, RootPlace};
use crate::report::line_words::LineWords;
use crate::report::phrases::{
    capitalised, contents, counted, gathered, name_by_path, place_by_path, slot_of_owner, threshold, type_name_noun,
    type_noun, with_article,
};
use crate::report::root_words;
use crate::report::shell_word;
use crate::units;

use super::rule_words;

/// From this length on an expression is left to JSON: nobody pastes it.
const LONGEST_EXPRESSION: usize = 500;

/// What the paragraphs of one report have in common.
pub(super) struct Words<'h> {
    pub heap: &'h Explored<'h>,
    pub thresholds: &'h Thresholds,
    pub heap_bytes: u64,
    pub argument: &'h str,
    /// Where objects were made; `None` where the program did not trace.
    pub lines: Option<LineWords<'h>>,
}

/// So many lines that made what a suspect holds are told.
const MOST_LINES: usize = 3;

impl Words<'_> {
    /// `What it holds was made at app/jobs.py:12 in enqueue (98.2 %).`
    fn made(&self, what: &str, objects: impl Iterator<Item = Object>) -> Option<String> {
        let lines = self.lines.as_ref()?;
        let made = lines_of(self.heap.graph, objects);
        (!made.is_empty()).then(|| format!("{what} made at {}.", lines.parts(&made, MOST_LINES)))
    }

    /// The objects that go when these go.
    fn below<'o>(&'o self, objects: impl Iterator<Item = Object> + 'o) -> impl Iterator<Item = Object> + 'o {
        objects.flat_map(|object| self.heap.dominated().subtree(object))
    }

    /// `212 MiB, 93.4 % of the heap`.
    fn size(&self, bytes: u64) -> String {
        format!("{}, {} of the heap", units::bytes(bytes), units::share(bytes.into(), self.heap_bytes.into()))
    }

    /// A suspect: what is best told first, all else that tells the same memory as evidence.
    pub fn suspect(&self, suspects: &Suspects, joined: &Joined) -> String {
        let points: Vec<&Accumulation> =
            joined.accumulations.iter().map(|&index| &suspects.accumulations[index]).collect();
        let types: Vec<&ScatteredType> = joined.types.iter().map(|&index| &suspects.types[index]).collect();
        let findings: Vec<&Finding> = joined.findings.iter().map(|&index| &suspects.findings[index]).collect();
        let mut lines;
        let next;
        if let Some(point) = points.first() {
            lines = vec![self.accumulation_sentence(point)];
            lines.extend(self.held_by(point));
            lines.extend(self.contains(point));
            lines.extend(self.made("What it holds was", self.below([point.object].into_iter())));
            lines.push(self.evidence(point));
            next = Some(self.next("why", point.object));
            lines.extend(points[1..].iter().map(|point| format!("With it: {}", self.accumulation_sentence(point))));
            lines.extend(findings.iter().flat_map(|finding| self.finding(finding, "Shape of the leak: ")));
            lines.extend(types.iter().map(|scattered| self.scattered_type(scattered)));
        } else if let Some(finding) = findings.first() {
            lines = self.finding(finding, "");
            let hits = self.heap.dominated().uppermost(&finding.hits.iter().map(|hit| hit.object).collect::<Vec<_>>());
            let what =
                if finding.count > finding.hits.len() as u64 { "The examples were" } else { "What they hold was" };
            lines.extend(self.made(what, self.below(hits.into_iter())));
            next = finding.hits.first().map(|hit| self.next("why", hit.object));
            lines.extend(findings[1..].iter().flat_map(|finding| self.finding(finding, "And: ")));
            lines.extend(types.iter().map(|scattered| self.scattered_type(scattered)));
        } else {
            lines = types.iter().map(|scattered| self.scattered_type(scattered)).collect();
            lines.extend(
                types.first().and_then(|scattered| self.made("They were", scattered.instances.iter().copied())),
            );
            lines.extend(types.first().map(|scattered| self.evidence_of_type(scattered)));
            next = types.first().map(|scattered| {
                let of = self.heap.graph.type_name(scattered.type_id);
                format!("Next: heapgraph why {} --type {}", shell_word(self.argument), shell_word(&of))
            });
        }
        lines.extend(next);
        lines.join("\n   ")
    }

    /// What an accumulation point is, and how much it holds.
    pub fn accumulation_sentence(&self, point: &Accumulation) -> String {
        let heap = self.heap;
        let graph = heap.graph;
        let noun = with_article(&type_noun(graph, point.object));
        let own = point.containers.first().filter(|container| container.held.is_none());
        let what = match (point.chain, own) {
            (Some(links), _) => {
                let noun = type_noun(graph, point.object);
                format!("the head of a chain of {} {noun}", counted(links, "link of type", "links of type"))
            }
            (None, Some(container)) => format!("{noun} with {}", contents(graph, container)),
            (None, None) => noun,
        };
        let subject = match point.path.as_ref().and_then(|path| place_by_path(heap, path)) {
            Some(name) => format!("{name}, {what},"),
            None => capitalised(&format!("{what} at {}", graph.address(point.object))),
        };
        let parts: Vec<String> = match (point.chain, own) {
            (None, None) => point.containers.iter().map(|container| self.part(point.object, container)).collect(),
            _ => Vec::new(),
        };
        let parts = match (parts.is_empty(), point.more_containers) {
            (true, _) => String::new(),
            (false, 0) => format!(": {}", parts.join(", ")),
            (false, more) => format!(": {}, and {}", parts.join(", "), counted(more, "smaller one", "smaller ones")),
        };
        format!("{subject} holds {}{parts}.", self.size(point.retained_bytes))
    }

    /// `` `.users` is a dict with 21,000 entries of `app.User` ``.
    fn part(&self, owner: Object, container: &Container) -> String {
        let graph = self.heap.graph;
        let slot = container.held.map_or(String::new(), |held| slot_of_owner(graph, owner, held));
        let noun = with_article(&type_noun(graph, container.object));
        format!("`{slot}` is {noun} with {}", contents(graph, container))
    }

    pub fn held_by(&self, point: &Accumulation) -> Vec<String> {
        let heap = self.heap;
        if point.path.is_none() && heap.uncollectable().contains(point.object) {
            return vec![
                "No GC root reaches it, and the collector can't free it: it is in, or held by, a reference cycle through an object \
                 whose type takes no part in collection."
                    .to_owned(),
            ];
        }
        let Some(path) = &point.path else {
            return vec!["No GC root reaches it: it is garbage, waiting for the collector (gc.collect()).".to_owned()];
        };
        let expression = heap.expression(path);
        let imports = match expression.imports.as_slice() {
            [] => String::new(),
            imports => format!(" (import {})", imports.join(", ")),
        };
        let root = root_words::of(heap.graph, &path.root);
        let mut lines = vec![match expression.text {
            Some(text) if text.chars().count() <= LONGEST_EXPRESSION => {
                format!("Held by {root}; in Python: {text}{imports}")
            }
            Some(_) => {
                format!("Held by {root}, over {}.", counted(path.hops.len() as u64, "reference", "references"))
            }
            None => format!("Held by {root}; no Python expression leads there."),
        }];
        lines.push(match point.own_code {
            Some(own) => format!("First of the application's own code on that path: {}.", self.own_code(path, own)),
            None => match self.origin_of_root(path) {
                Some(Origin::StandardLibrary) => {
                    "Nothing on that path is the application's own: the standard library keeps it.".to_owned()
                }
                Some(Origin::Installed) => {
                    "Nothing on that path is the application's own: an installed package keeps it.".to_owned()
                }
                Some(Origin::Application) => {
                    "It begins in a running function of the application's own code, and nothing else on it is."
                        .to_owned()
                }
                _ => "Nothing on that path is known to be the application's own code.".to_owned(),
            },
        });
        lines
    }

    /// Whose the module is, or the function, in which the path begins.
    fn origin_of_root(&self, path: &RootPath) -> Option<Origin> {
        match &path.root.named(self.heap.graph)?.place {
            RootPlace::Module(name) => Some(self.heap.origins().of_module(name)),
            RootPlace::Local { frame, .. } => {
                // Of `app.worker.run`, the longest beginning that is a module's name.
                let is_module = |name: &str| self.heap.graph.modules().any(|(_, module)| module == name);
                let ends = frame.function.match_indices('.').map(|(end, _)| &frame.function[..end]);
                ends.rev().find(|name| is_module(name)).map(|name| self.heap.origins().of_module(name))
            }
            _ => None,
        }
    }

    /// The object of the application's own code, by its place on the path.
    fn own_code(&self, path: &RootPath, own: Object) -> String {
        let graph = self.heap.graph;
        let place = path.objects().position(|object| object == own).unwrap_or(0);
        let prefix = RootPath { root: path.root, hops: path.hops[..place].to_vec() };
        let is_module_root = place == 0 && path.root.kind == GcRootKind::Module;
        match name_by_path(self.heap, &prefix) {
            Some(name) if is_module_root => format!("module {name}"),
            Some(name) => format!("{name}, {}", with_article(&type_noun(graph, own))),
            None => format!("{} at {}", with_article(&type_noun(graph, own)), graph.address(own)),
        }
    }

    fn contains(&self, point: &Accumulation) -> Option<String> {
        let graph = self.heap.graph;
        let objects = counted(point.objects, "object is", "objects are");
        if point.chain.is_some() {
            return Some(format!("{} freed with it.", objects));
        }
        let rows = point.contents.iter().map(|row| {
            let noun = type_name_noun(&graph.type_name(row.type_id));
            format!("{} {noun} ({})", units::count(row.count), units::bytes(row.retained_bytes))
        });
        let rows: Vec<String> = rows.collect();
        if rows.is_empty() {
            return None;
        }
        let more = match point.more_contents {
            0 => String::new(),
            more => format!(", and {}", counted(more, "more type", "more types")),
        };
        Some(format!(
            "{objects} freed with it; directly below it, each with all that it holds: {}{more}.",
            rows.join(", ")
        ))
    }

    fn evidence(&self, point: &Accumulation) -> String {
        let heap = self.heap;
        let dict = heap.graph.field(point.object, ".__dict__").and_then(|dict| dict.referent);
        let first = |object| heap.dominated().by(Dominator::Object(object)).next();
        let own_dict = first(point.object).filter(|below| Some(*below) == dict);
        let largest =
            own_dict.map_or_else(|| first(point.object), first).map_or(0, |below| heap.retained().bytes(below));
        let bytes = |number: u64| units::count(number);
        let retains = format!(
            "Evidence: it retains {} of {} bytes ({} or more is a suspect)",
            bytes(point.retained_bytes),
            bytes(self.heap_bytes),
            threshold(self.thresholds.share)
        );
        match point.chain {
            Some(_) => format!("{retains}, link by link: each retains the next."),
            None if largest == 0 => format!("{retains}, and nothing is below it: it is large by itself."),
            None => format!(
                "{retains}, and the largest object below it only {}: here much was gathered.",
                units::share(largest.into(), point.retained_bytes.into())
            ),
        }
    }

    /// Objects of one type that have no common holder.
    fn scattered_type(&self, scattered: &ScatteredType) -> String {
        let graph = self.heap.graph;
        let sum = scattered.sum;
        let of = graph.type_name(scattered.type_id);
        let at_least = if sum.is_exact() { "" } else { "≥ " };
        let held = match gathered(self.heap, &scattered.gatherings) {
            Some(places) => format!(": held by {places}"),
            None if scattered.garbage == sum.count => String::new(),
            None => ", and no one object holds most of them".to_owned(),
        };
        let garbage = self.garbage(scattered.garbage, sum.count).map_or(String::new(), |garbage| format!(" {garbage}"));
        format!(
            "{} objects of type `{of}` hold {at_least}{}{held}.{garbage}",
            units::count(sum.count),
            self.size(sum.retained_bytes)
        )
    }

    fn evidence_of_type(&self, scattered: &ScatteredType) -> String {
        let sum = scattered.sum;
        format!(
            "Evidence: together they retain {}{} of {} bytes ({} or more is a suspect); no single object would free them.",
            if sum.is_exact() { "" } else { "≥ " },
            units::count(sum.retained_bytes),
            units::count(self.heap_bytes),
            threshold(self.thresholds.share)
        )
    }

    /// How many of some objects are garbage, as a sentence; `None` when none is.
    fn garbage(&self, garbage: u64, of: u64) -> Option<String> {
        let which = match (garbage, of) {
            (0, _) => return None,
            (1, 1) => "It is".to_owned(),
            (all, of) if all == of => "All of them are".to_owned(),
            (1, _) => "1 of them is".to_owned(),
            (some, _) => format!("{} of them are", units::count(some)),
        };
        Some(match self.heap.uncollectable().count() {
            0 => format!("{which} garbage, waiting for the collector."),
            _ => format!("{which} garbage; `heapgraph cycles` tells what of it the collector can't free."),
        })
    }

    /// What a rule has found: the shape, its examples, what helps; a line each.
    pub fn finding(&self, finding: &Finding, before: &str) -> Vec<String> {
        let heap = self.heap;
        let rule = finding.rule;
        let (at_least, holds) = if finding.count > 1 { ("≥ ", "hold") } else { ("", "holds") };
        let rule_words = rule_words::of(rule);
        let title = if before.is_empty() { capitalised(rule_words.title) } else { rule_words.title.to_owned() };
        let mut lines = vec![format!(
            "{before}{title}: {} {holds} {at_least}{} (rule {}).",
            units::count(finding.count),
            self.size(finding.retained_bytes),
            rule.id
        )];
        lines.extend(gathered(self.heap, &finding.gatherings).map(|places| format!("Held by {places}.")));
        if !rule.stays {
            lines.extend(self.garbage(finding.garbage, finding.count));
        }
        for hit in &finding.hits {
            let address = heap.graph.address(hit.object);
            let noun = type_noun(heap.graph, hit.object);
            let object = match heap.path(hit.object).and_then(|path| place_by_path(heap, &path)) {
                Some(name) => format!("{name}, {} at {address}", with_article(&noun)),
                None => format!("{noun} at {address}"),
            };
            let library = match hit.origin {
                Origin::StandardLibrary => " (the standard library's)",
                Origin::Installed => " (an installed package's)",
                Origin::Application | Origin::Unknown => "",
            };
            let (one, many) = rule_words.entries;
            let entries = counted(hit.entries, one, many);
            lines.push(format!("- {object}: {entries}, retains {}{library}", units::bytes(hit.retained_bytes)));
        }
        let more = finding.count - finding.hits.len() as u64;
        if more > 0 {
            lines.push(format!("- not shown: {} more (--limit)", units::count(more)));
        }
        if finding.set_aside > 0 {
            let few = counted(finding.set_aside, "place", "places");
            lines.push(format!("({few} in libraries set aside: that is how these work.)"));
        }
        lines.push(format!("What helps: {}", rule_words.advice));
        lines
    }

    fn next(&self, command: &str, object: Object) -> String {
        let address = self.heap.graph.address(object);
        format!("Next: heapgraph {command} {} --id {address}", shell_word(self.argument))
    }
}
