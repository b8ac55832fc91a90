//! The report of `watch`: the growth of a process while it runs, and the verdict.

use crate::analysis::places::growth::{Grew, GrownPlace, Trend};
use crate::units;

use super::diff_places::{Changes, ChangesView};
use super::place_words;
use super::{Cell, Report, SnapshotFacts};

/// What the clock and the system say of the snapshots.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched {
    /// How many snapshots there are.
    pub snapshots: usize,
    /// Seconds from the first to the last.
    pub seconds: f64,
    /// The limit of the process's control group; `None` when there is none.
    pub memory_limit_bytes: Option<u64>,
    /// The process has ended meanwhile.
    pub has_ended: bool,
}

/// With so many steps, what grew at each is a leak.
const ENOUGH_TO_ACCUSE: usize = 3;
/// With so many steps in which nothing grew each time, none is.
const ENOUGH_TO_ACQUIT: usize = 5;

/// Whether the steps so far tell.
pub fn has_verdict(changes: &Changes, watched: Watched) -> bool {
    let steps = watched.snapshots.saturating_sub(1);
    let is_growing = growing(changes).is_some();
    steps >= ENOUGH_TO_ACCUSE && is_growing || steps >= ENOUGH_TO_ACQUIT
}

/// The largest of those that grew at every step.
fn growing(changes: &Changes) -> Option<&GrownPlace> {
    changes.grown.grown.iter().find(|row| row.trend == Trend::EachTime)
}

/// `leak: `app.BUS.listeners`, +1,204 in each of 5 steps, 3.10 MiB/min; the limit of 512 MiB is reached in 38 min`.
pub fn verdict(changes: &Changes, facts: &[SnapshotFacts], watched: Watched) -> String {
    let steps = watched.snapshots.saturating_sub(1);
    let minutes = watched.seconds / 60.0;
    let Some(row) = growing(changes) else {
        let which = if steps < ENOUGH_TO_ACCUSE { "no place grew" } else { "no place grew at every step" };
        return format!("Verdict: {which} in {}.", units::counted(steps as u64, "step"));
    };
    let series: Vec<u64> = row.telling().collect();
    let more = i128::from(series.last().copied().unwrap_or(0)) - i128::from(series.first().copied().unwrap_or(0));
    let each = more / i128::from(steps.max(1) as u64);
    let each = match row.grew {
        Grew::Bytes { .. } => Cell::BytesGrowth(each).human(),
        _ => Cell::CountGrowth(each).human(),
    };
    let mut parts = vec![match steps {
        1 => format!("`{}`, {each} in one step", place_words::place(&row.way)),
        _ => format!("`{}`, {each} in each of {} steps on the average", place_words::place(&row.way), steps),
    }];
    if minutes > 0.0 {
        let rate = (row.bytes_growth().max(0) as f64 / minutes) as u64;
        parts.push(format!("{}/min", units::bytes(rate)));
    }
    let word = if steps < ENOUGH_TO_ACCUSE { "grows" } else { "leak" };
    let mut sentence = format!("Verdict: {word}: {}", parts.join(", "));
    if let Some(limit) = reached(changes, facts, watched) {
        sentence.push_str(&format!("; {limit}"));
    }
    sentence.push('.');
    if steps < ENOUGH_TO_ACCUSE {
        sentence.push_str(&format!(" {ENOUGH_TO_ACCUSE} steps and more tell a leak from a cache that becomes warm."));
    }
    sentence
}

/// When the limit of the control group is reached, should it go on like this.
fn reached(changes: &Changes, facts: &[SnapshotFacts], watched: Watched) -> Option<String> {
    let limit = watched.memory_limit_bytes?;
    let (first, last) = (facts.first()?, facts.last()?);
    let left = limit.checked_sub(last.rss_bytes?)?;
    let [(_, before), (_, after)] = changes.totals;
    let resident = i128::from(last.rss_bytes?) - i128::from(first.rss_bytes?);
    let grown = resident.max(i128::from(after) - i128::from(before));
    if grown <= 0 || watched.seconds <= 0.0 {
        return None;
    }
    let minutes = left as f64 / (grown as f64 / watched.seconds) / 60.0;
    let when = match minutes {
        minutes if minutes < 120.0 => format!("{minutes:.0} min"),
        minutes if minutes < 48.0 * 60.0 => format!("{:.0} h", minutes / 60.0),
        minutes => format!("{:.0} days", minutes / 60.0 / 24.0),
    };
    Some(format!("the limit of {} is reached in {when}", units::bytes(limit)))
}

/// One line after a snapshot: how much there is, and what has grown so far.
pub fn so_far(changes: Option<&Changes>, facts: &SnapshotFacts, watched: Watched) -> String {
    let mut line = format!("snapshot {}, {:.0} s", watched.snapshots, watched.seconds);
    if let Some(rss) = facts.rss_bytes {
        line.push_str(&format!(": resident {}", units::bytes(rss)));
    }
    line.push_str(&format!(", {}", units::counted(facts.objects, "object")));
    let Some(changes) = changes else { return line };
    let rows: Vec<String> = changes
        .grown
        .grown
        .iter()
        .filter(|row| row.trend == Trend::EachTime)
        .take(2)
        .map(|row| format!("{} {}", place_words::place(&row.way), Cell::BytesGrowth(row.bytes_growth()).human()))
        .collect();
    line.push_str(&if rows.is_empty() {
        "; nothing grows".to_owned()
    } else {
        format!("; grows: {}", rows.join(", "))
    });
    line
}

impl Report {
    /// The changes of a process that was watched, the verdict first.
    pub fn watch(facts: Vec<SnapshotFacts>, changes: &Changes, view: ChangesView, watched: Watched) -> Report {
        let sentence = verdict(changes, &facts, watched);
        let mut notes = Vec::new();
        if watched.has_ended {
            notes.push("the process ended meanwhile: what is told is of the snapshots before".to_owned());
        }
        let mut report = Report::changes(facts, changes, view, notes);
        report.command = "watch";
        report.lead.insert(0, sentence);
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::common::Tally;
    use crate::analysis::gc_roots::GcRootKind;
    use crate::analysis::places::Element;
    use crate::analysis::places::growth::{Numbers, PlaceGrowth};
    use crate::analysis::step::Step;
    use crate::graph::RootPlace;

    fn changes(series: &[u64]) -> Changes {
        let numbers = |&elements: &u64| {
            let whole = Tally { count: elements, shallow_bytes: elements << 20 };
            Numbers { own: Tally::default(), whole, containers: 1, elements }
        };
        let root = Step::Root { kind: GcRootKind::Module, place: Some(RootPlace::Module("app.BUS".into())) };
        let row = GrownPlace {
            way: vec![root],
            grew: Grew::Elements { kind: Element::Item, of: None },
            numbers: series.iter().map(numbers).collect(),
            trend: Trend::of(series),
            last: None,
        };
        Changes { grown: PlaceGrowth { grown: vec![row], rest_bytes: 0 }, ..Changes::default() }
    }

    fn facts(rss_mib: u64) -> SnapshotFacts {
        SnapshotFacts { rss_bytes: Some(rss_mib << 20), ..SnapshotFacts::default() }
    }

    #[test]
    fn a_leak_is_told_with_its_rate_and_the_end() {
        let watched = Watched { snapshots: 4, seconds: 180.0, memory_limit_bytes: Some(512 << 20), has_ended: false };
        let leak = changes(&[1, 2, 3, 4]);
        assert!(has_verdict(&leak, watched));
        assert_eq!(
            verdict(&leak, &[facts(100), facts(103)], watched),
            "Verdict: leak: `app.BUS`, +1 in each of 3 steps on the average, 1.00 MiB/min; the limit of 512 MiB is reached \
             in 7 h."
        );
        let warm = changes(&[1, 9, 9, 9]);
        assert!(!has_verdict(&warm, watched));
        let longer = Watched { snapshots: 6, ..watched };
        let warm = changes(&[1, 9, 9, 9, 9, 9]);
        assert!(has_verdict(&warm, longer));
        assert_eq!(verdict(&warm, &[], longer), "Verdict: no place grew at every step in 5 steps.");
    }

    #[test]
    fn one_step_is_no_leak_yet() {
        let watched = Watched { snapshots: 2, seconds: 60.0, memory_limit_bytes: None, has_ended: false };
        let sentence = verdict(&changes(&[5, 9]), &[facts(1), facts(2)], watched);
        assert!(sentence.starts_with("Verdict: grows: `app.BUS`, +4 in one step, 4.00 MiB/min."), "{sentence}");
        assert!(!has_verdict(&changes(&[5, 9]), watched));
    }
}
