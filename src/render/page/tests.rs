//! Pages of hostile heaps.
