//! The house of heapgraph: heap snapshots of Python processes in, answers and pictures out.
//!
//! Data walks one way: `snapshot → graph → analysis → report → render`; see ARCHITECTURE.md.

pub mod analysis;
pub mod app;
pub mod attach;
pub mod graph;
pub mod render;
pub mod report;
pub mod snapshot;
pub mod units;
