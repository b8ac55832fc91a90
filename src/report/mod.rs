//! Results arranged for a reader, without any format.

pub mod diagram;
