//! `heapgraph explore`: the page of a heap, served to this machine alone, with every object of it.

mod answers;
mod gate;
mod server;

use clap::Args;

use crate::app::arguments::{SinceArg, SnapshotArg};
use crate::app::{ExitCode, index, input, output};

use super::report::{EarlierSnapshot, with_page};

pub const EXAMPLES: &str = "\
A snapshot, in the browser:        heapgraph explore snap.json
A process that runs:               heapgraph explore --pid PID
On a server, read from a laptop:   heapgraph explore snap.json --no-browser --port 8800
                                   ssh -L 8800:127.0.0.1:8800 SERVER   # and open the printed address

Only programs of this machine that know the address can ask; nothing can be changed. Ctrl-C ends it.";

#[derive(Debug, Args)]
pub struct ExploreArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// Print the address, and open no browser
    #[arg(long)]
    pub no_browser: bool,
    /// The port to listen at; 0 for any that is free
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub port: u16,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &ExploreArgs) -> anyhow::Result<ExitCode> {
    // Before the work: a port that is taken must not cost minutes.
    let door = server::Door::open(args.port)?;
    // It answers for hours: what an index may turn out to be is known to commands that can begin again.
    index::turn_off();
    let earlier = args.since.since.as_deref().map(|path| EarlierSnapshot::read(path, args.quiet)).transpose()?;
    let graph = input::graph(&args.snapshot, args.quiet)?;
    let argument = input::argument(&args.snapshot);
    with_page(&graph, &argument, earlier, true, |page, cards| {
        let answers = answers::Answers::new(page, cards);
        let address = door.address();
        output::write_stdout(format!("{address}\n").as_bytes())?;
        if !args.quiet {
            eprintln!("heapgraph: the page is at this address, for this machine alone; Ctrl-C ends it");
        }
        if !args.no_browser && open::that_detached(&address).is_err() && !args.quiet {
            eprintln!("heapgraph: note: no browser could be started; open the address yourself");
        }
        door.serve(&answers)
    })?;
    Ok(ExitCode::Ok)
}
