//! Stacks as speedscope reads them, with bytes as their unit.

use indexmap::IndexSet;
use serde::Serialize;

use crate::report::FoldedStack;

/// The part of speedscope's file format that stacks need.
#[derive(Serialize)]
struct File<'s> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: &'s str,
    exporter: &'static str,
    shared: Shared<'s>,
    profiles: [Profile<'s>; 1],
}

#[derive(Serialize)]
struct Shared<'s> {
    frames: Vec<Frame<'s>>,
}

#[derive(Serialize)]
struct Frame<'s> {
    name: &'s str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'s> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'s str,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// Writes the stacks in their order. Linear.
pub fn write(name: &str, stacks: &[FoldedStack]) -> Vec<u8> {
    let mut frames: IndexSet<&str> = IndexSet::new();
    let mut samples = Vec::new();
    let mut weights = Vec::new();
    for stack in stacks.iter().filter(|stack| stack.own.shallow_bytes > 0) {
        samples.push(stack.frames.split(';').map(|frame| frames.insert_full(frame).0).collect());
        weights.push(stack.own.shallow_bytes);
    }
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        name,
        exporter: concat!("heapgraph ", env!("CARGO_PKG_VERSION")),
        shared: Shared { frames: frames.into_iter().map(|name| Frame { name }).collect() },
        profiles: [Profile {
            kind: "sampled",
            name,
            unit: "bytes",
            start_value: 0,
            end_value: weights.iter().copied().fold(0, u64::saturating_add),
            samples,
            weights,
        }],
    };
    let document = serde_json::to_string(&file).unwrap_or_default();
    let mut bytes = super::reports::untrusted::json(&document).into_bytes();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::common::Tally;

    #[test]
    fn frames_are_told_once_and_stacks_by_their_numbers() {
        let stack = |frames: &str, bytes| FoldedStack {
            frames: frames.to_owned(),
            own: Tally { count: 1, shallow_bytes: bytes },
        };
        let bytes = write("snap.json", &[stack("app;.cache", 7), stack("app;.cache;[…]", 0), stack("os;.cache", 3)]);
        let file: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(file["shared"]["frames"].as_array().unwrap().len(), 3);
        let profile = &file["profiles"][0];
        assert_eq!(profile["samples"], serde_json::json!([[0, 1], [2, 1]]));
        assert_eq!((profile["unit"].as_str(), profile["endValue"].as_u64()), (Some("bytes"), Some(10)));
    }
}
