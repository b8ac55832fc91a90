//! `heapgraph completions` and `heapgraph man`: what shells and `man` read, made from the command line itself.

use clap::Args;

use crate::app::cli::command_line;
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, output};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The page of this command [default: that of heapgraph]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

pub fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "heapgraph", &mut script);
    output::write_bytes(&script, None)?;
    Ok(ExitCode::Ok)
}

pub fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let mut all = command_line();
    all.build();
    let page = match &args.command {
        None => all,
        Some(name) => {
            let Some(command) = all.find_subcommand(name) else {
                return Err(UsageError(format!("there is no command {name}: `heapgraph --help` lists them")).into());
            };
            command.clone()
        }
    };
    let mut text = Vec::new();
    // Without the day on which it is made: the same program gives the same page.
    let source = concat!("heapgraph ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(page).date("").source(source).render(&mut text)?;
    output::write_bytes(&text, None)?;
    Ok(ExitCode::Ok)
}
