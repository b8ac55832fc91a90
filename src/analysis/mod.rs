//! One question per file: data in, data out. No printing, no files, nothing that must be called first.

pub mod dominated;
pub mod dominators;
pub mod excerpt;
pub mod gc_roots;
pub mod growth;
pub mod histogram;
pub mod object_set;
pub mod origin;
pub mod reference_view;
pub mod retained;
