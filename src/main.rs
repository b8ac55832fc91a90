//! The program's entry; everything it does stands in [`heapgraph`].

fn main() {}
