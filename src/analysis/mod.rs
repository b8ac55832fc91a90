//! One question per file: data in, data out. No printing, no files, nothing that must be called first.

pub mod excerpt;
pub mod growth;
pub mod histogram;
