//! Whole heaps in the formats of other tools, written as a stream.

pub mod census;
pub mod heapsnapshot;
pub mod openmetrics;
pub mod parquet;
