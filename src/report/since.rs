//! What is new since an earlier snapshot, in words and cells: exact, or between two bounds.

use crate::analysis::since::{Bounds, Evidence, Since};
use crate::graph::HeapGraph;
use crate::units;

use super::{Cell, Report};

/// What of a heap is new, and since when.
#[derive(Debug, Clone, Copy)]
pub struct SinceView<'a> {
    /// Which objects are new.
    pub since: &'a Since,
    /// How the user calls the earlier snapshot.
    pub earlier: &'a str,
    /// How many are new in all.
    pub all: Bounds,
}

impl SinceView<'_> {
    /// The option that asks for the same in a command.
    pub(super) fn option(&self) -> String {
        format!(" --since {}", super::shell_word(self.earlier))
    }

    /// By what the objects are told apart, and how sure that is.
    pub fn notes(&self) -> Vec<String> {
        let earlier = self.earlier;
        let unsure = self.all.most.count - self.all.least.count;
        let unsure = super::phrases::counted(unsure, "object", "objects");
        match self.since.evidence {
            Evidence::Mark if self.all.is_exact() => vec![format!("new since {earlier}: told apart by its mark")],
            Evidence::Mark => vec![format!(
                "new since {earlier}: told apart by its mark; of {unsure} that the collector doesn't track (texts, numbers) the \
                 address may have been used again"
            )],
            Evidence::Address if self.all.is_exact() => {
                vec![format!("new since {earlier}: what is at addresses where that has nothing it could be")]
            }
            Evidence::Address => vec![format!(
                "new since {earlier} for certain: what is at addresses where that has nothing it could be. {} where it has an \
                 object of the same type, which may be this one, or have been freed; an earlier snapshot taken with \
                 `snapshot_dumper.mark` instead of `dump` would tell",
                if unsure.starts_with("1 ") { format!("{unsure} is") } else { format!("{unsure} are") }
            )],
            Evidence::Place => vec![format!(
                "{earlier} is of another process: new is what it has not, or fewer of, by type at the same place; so it is \
                 known how many are new, and not always which"
            )],
        }
    }

    /// The note of a command that is restricted to some of the new objects: so many of them, and so many that may be.
    pub fn restricted(&self, new: u64, unknown: u64, is_unknown_shown: bool) -> Vec<String> {
        let objects = |count| super::phrases::counted(count, "object", "objects");
        let mut notes = vec![match (is_unknown_shown, unknown) {
            (true, _) => format!("none is new for certain: shown are {} that may be new", objects(unknown)),
            (false, 0) => format!("shown are the {} that are new since {}", objects(new), self.earlier),
            (false, _) => format!(
                "shown are the {} that are new since {} for certain; {} more may be",
                objects(new),
                self.earlier,
                units::count(unknown)
            ),
        }];
        notes.extend(self.notes());
        notes
    }

    /// Says in a report what it is restricted to, and asks for the same in its next steps by type.
    pub fn restrict(&self, report: &mut Report, notes: Vec<String>) {
        report.notes = notes.into_iter().chain(std::mem::take(&mut report.notes)).collect();
        for step in report.next.iter_mut().filter(|step| step.arguments.contains(" --type ")) {
            step.arguments = match step.arguments.split_once(" -o ") {
                Some((before, file)) => format!("{before}{} -o {file}", self.option()),
                None => format!("{}{}", step.arguments, self.option()),
            };
        }
    }

    /// The totals for machines.
    pub fn totals(&self) -> Vec<(&'static str, Cell)> {
        let evidence = match self.since.evidence {
            Evidence::Mark => "mark",
            Evidence::Address => "address",
            Evidence::Place => "place",
        };
        let Bounds { least, most } = self.all;
        vec![
            ("since", Cell::Text(self.earlier.to_owned())),
            ("since_evidence", Cell::Text(evidence.to_owned())),
            ("new_count_least", Cell::Count(least.count)),
            ("new_count_most", Cell::Count(most.count)),
            ("new_shallow_bytes_least", Cell::Bytes(least.shallow_bytes)),
            ("new_shallow_bytes_most", Cell::Bytes(most.shallow_bytes)),
        ]
    }

    /// `1,000 to 1,200 of 54,000 objects are new (2.0 to 2.4 MiB)`.
    pub(super) fn summary(&self, graph: &HeapGraph) -> String {
        format!(
            "{} of {} new since {} · {}",
            counts(self.all),
            super::phrases::counted(graph.object_count() as u64, "object", "objects"),
            self.earlier,
            bytes(self.all)
        )
    }
}

/// A number between two bounds: `5,000`, `1,204 to 6,000`, `at most 6,000`.
pub(super) fn counts(bounds: Bounds) -> String {
    between(bounds.least.count, bounds.most.count, units::count)
}

/// The same of bytes.
pub(super) fn bytes(bounds: Bounds) -> String {
    between(bounds.least.shallow_bytes, bounds.most.shallow_bytes, units::bytes)
}

/// What lies between two bounds.
pub(super) fn between(least: u64, most: u64, word: impl Fn(u64) -> String) -> String {
    match (least, most) {
        (least, most) if least == most => word(least),
        (0, most) => format!("at most {}", word(most)),
        (least, most) => format!("{} to {}", word(least), word(most)),
    }
}
