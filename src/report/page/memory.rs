//! What resident memory is made of.

use crate::report::SnapshotFacts;
use crate::units;

/// A part of the resident memory of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryPart {
    /// What it is.
    pub name: &'static str,
    /// How much.
    pub bytes: u64,
}

/// The parts, and a sentence; no parts where resident memory is unknown.
pub(super) fn memory(facts: &SnapshotFacts) -> (Vec<MemoryPart>, String) {
    let objects = facts.explained_bytes.unwrap_or(0);
    let Some(resident) = facts.rss_bytes else {
        return (
            Vec::new(),
            format!("Python objects take {}. Resident memory is not in the snapshot.", units::bytes(objects)),
        );
    };
    // What is swapped out is no longer resident.
    let inside = objects.min(resident);
    let mapped = facts.rss_parts.as_ref().and_then(|parts| parts.mapped).map(|mapped| mapped.min(resident - inside));
    let rest = resident - inside - mapped.unwrap_or(0);
    let mut parts = vec![MemoryPart { name: "Python objects", bytes: inside }];
    parts.extend(mapped.map(|bytes| MemoryPart { name: "mapped files: code, libraries, data", bytes }));
    parts.push(MemoryPart {
        name: match mapped {
            Some(_) => "free blocks of allocators, buffers of C libraries, stacks of threads",
            None => "code, free blocks of allocators, buffers of C libraries, stacks of threads",
        },
        bytes: rest,
    });
    let share = units::share(objects.into(), resident.into());
    let sentence = match objects > resident {
        true => format!(
            "Python objects take {}, more than the {} of resident memory: some of it is not resident.",
            units::bytes(objects),
            units::bytes(resident)
        ),
        false => format!(
            "Python objects are {} of {} of resident memory ({share}).",
            units::bytes(objects),
            units::bytes(resident)
        ),
    };
    (parts, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ResidentParts;

    #[test]
    fn the_parts_are_all_of_it() {
        let facts = |objects, mapped| SnapshotFacts {
            rss_bytes: Some(1000),
            explained_bytes: Some(objects),
            rss_parts: Some(ResidentParts { mapped, ..ResidentParts::default() }),
            ..SnapshotFacts::default()
        };
        for (objects, mapped, parts) in
            [(400, Some(100), vec![400, 100, 500]), (400, None, vec![400, 600]), (2000, Some(5), vec![1000, 0, 0])]
        {
            let found: Vec<u64> = memory(&facts(objects, mapped)).0.iter().map(|part| part.bytes).collect();
            assert_eq!(found, parts);
        }
        let (parts, sentence) = memory(&SnapshotFacts { explained_bytes: Some(7), ..SnapshotFacts::default() });
        assert!(parts.is_empty() && sentence.ends_with("Resident memory is not in the snapshot."), "{sentence}");
    }
}
