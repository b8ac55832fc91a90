//! Which engine's placement is taken.

use super::placement::{Layered, LayoutRs, Placed, Placement, SizedDiagram};
use super::quality::Quality;

/// Up to this many boxes both engines are tried and the better result is taken.
pub const BOTH_UP_TO: usize = 24;

/// Lets the better engine place the diagram: in small pictures both try, and layout-rs is taken when its result is as good in
/// everything that [`Quality::at_least_as_good_as`] compares. In larger ones it never was (see `benches/pictures.rs`).
pub fn place_best(diagram: &SizedDiagram) -> Placed {
    let native = Layered.place_any(diagram);
    if diagram.boxes.len() > BOTH_UP_TO {
        return native;
    }
    match LayoutRs.place(diagram) {
        Ok(other) if Quality::of(&other, diagram).at_least_as_good_as(&Quality::of(&native, diagram)) => other,
        _ => native,
    }
}
