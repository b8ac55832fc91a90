//! Stacks for flame graphs: one per line, frames joined by `;`, a space, bytes (the format of Brendan Gregg's tools).

use crate::report::FoldedStack;

use super::reports::safe_for_terminal;

/// Writes the stacks in their order.
pub fn write(stacks: &[FoldedStack]) -> Vec<u8> {
    let mut out = String::new();
    for stack in stacks.iter().filter(|stack| stack.own.shallow_bytes > 0) {
        out.push_str(&safe_for_terminal(&stack.frames));
        out.push_str(&format!(" {}\n", stack.own.shallow_bytes));
    }
    out.into_bytes()
}
