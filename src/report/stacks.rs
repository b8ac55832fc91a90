//! The dominator tree as stacks for a flame graph: siblings of one type are one frame.

use std::collections::HashMap;

use crate::analysis::common::Tally;
use crate::analysis::dominated::Step;
use crate::analysis::since::Age;

use super::dominators::Dominance;

/// One stack: frames from the root on, joined by `;`, and the shallow bytes of the objects at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedStack {
    /// Full type names; a `;` in one is replaced.
    pub frames: String,
    /// Objects and their shallow bytes.
    pub own: Tally,
}

const ROOT: u32 = 0;

/// Stacks of the whole tree, by name. Their bytes add up to the heap.
///
/// A run of objects of one type below each other (a linked list) is one frame; what is deeper than `depth` frames is counted with the
/// last of them. O(n) for n objects, plus sorting the stacks.
pub fn folded_stacks(dominance: Dominance<'_>, depth: u32) -> Vec<FoldedStack> {
    let Dominance { graph, dominated, .. } = dominance;
    // A frame is its parent and its type; frame 0 is above all, and has no type.
    let mut frames: HashMap<(u32, u32), u32> = HashMap::new();
    let mut parents: Vec<(u32, u32, u32)> = vec![(ROOT, u32::MAX, 0)];
    let mut own = vec![Tally::default()];
    let mut stack: Vec<u32> = vec![ROOT];
    for step in dominated.walk() {
        match step {
            Step::Enter(object) => {
                let above = *stack.last().expect("the root is never left");
                let of = graph.type_id(object).0;
                let (_, type_above, depth_above) = parents[above as usize];
                let frame = if type_above == of || depth_above >= depth {
                    above
                } else {
                    *frames.entry((above, of)).or_insert_with(|| {
                        parents.push((above, of, depth_above + 1));
                        own.push(Tally::default());
                        parents.len() as u32 - 1
                    })
                };
                // With `--since` what is new for certain.
                if dominance.new.is_none_or(|new| new.view.since.age(object) == Age::New) {
                    own[frame as usize].add(Tally { count: 1, shallow_bytes: graph.size(object) });
                }
                stack.push(frame);
            }
            Step::Leave(_) => {
                stack.pop();
            }
        }
    }
    let names: Vec<String> = graph.types.iter().map(|of| of.full_name().replace([';', '\n', '\r'], ":")).collect();
    let mut stacks: Vec<FoldedStack> = (1..parents.len())
        .filter(|&frame| own[frame].count > 0)
        .map(|frame| {
            let mut parts = Vec::new();
            let mut at = frame as u32;
            while at != ROOT {
                let (above, of, _) = parents[at as usize];
                parts.push(names[of as usize].as_str());
                at = above;
            }
            parts.reverse();
            FoldedStack { frames: parts.join(";"), own: own[frame] }
        })
        .collect();
    stacks.sort_by(|one, other| one.frames.cmp(&other.frames));
    stacks
}
