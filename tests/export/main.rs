//! Exports, read back by readers of their own: those written here, and the viewers' where they are installed.

mod engines;
mod heapsnapshot;
mod pyheap;
#[path = "../pythons/mod.rs"]
#[allow(dead_code, reason = "each test crate uses its own part of this module")]
mod pythons;
#[path = "../random_heap/mod.rs"]
mod random_heap;
mod tables;
mod viewers;
