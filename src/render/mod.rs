//! One file per format: reports and diagrams in, bytes out.
