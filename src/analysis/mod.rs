//! One question per file: data in, data out. No printing, no files, nothing that must be called first.

pub mod aliases;
pub mod blind_spots;
pub mod classes;
pub mod cut;
pub mod cycles;
mod debugger;
pub mod dominated;
pub mod dominators;
pub mod excerpt;
pub mod explored;
pub mod fold;
pub mod gc_roots;
pub mod growth;
pub mod growth_limit;
pub mod histogram;
pub mod namespaces;
pub mod object_set;
pub mod origin;
pub mod ownership;
pub mod reachability;
pub mod reference_view;
pub mod retained;
pub mod retained_groups;
pub mod root_paths;
mod root_references;
pub mod suspects;
pub mod uncollectable;
