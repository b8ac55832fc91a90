//! The house of heapgraph: heap snapshots of Python processes in, answers and pictures out.
//!
//! Data walks one way: `snapshot → graph → analysis → report → render`; a heap that is read from outside comes from
//! `memory → cpython → snapshot`. See ARCHITECTURE.md.

pub mod analysis;
pub mod app;
#[cfg(target_os = "linux")]
pub mod attach;
#[cfg(target_os = "linux")]
pub mod cpython;
pub mod export;
pub mod graph;
#[cfg(target_os = "linux")]
pub mod memory;
pub mod render;
pub mod report;
pub mod sections;
pub mod snapshot;
pub mod threads;
pub mod units;
