//! Whole heaps in the formats of other tools, written as a stream.

pub mod heapsnapshot;
