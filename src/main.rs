//! The program's entry; everything it does stands in [`heapgraph`].

use std::process::ExitCode;

fn main() -> ExitCode {
    heapgraph::app::run(std::env::args_os()).into()
}
