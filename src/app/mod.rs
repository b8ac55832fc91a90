//! The porch: arguments, files, the terminal and exit codes. Everything behind it is data in, data out.

mod arguments;
mod check_limits;
mod cli;
mod commands;
mod compressed;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod exit_code;
mod index;
mod input;
#[cfg(target_os = "linux")]
mod linux;
mod output;
mod whole_file;

pub use exit_code::ExitCode;

use clap::FromArgMatches;
#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

/// Runs the program with these arguments (the first one is its name) and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let parsed = command_line().try_get_matches_from(arguments);
    let parsed = parsed.inspect(|matches| {
        let command = matches.subcommand().map(|(_, arguments)| arguments);
        if command.and_then(|arguments| arguments.try_get_one::<bool>("no_index").ok().flatten()) == Some(&true) {
            index::turn_off();
        }
    });
    let cli = match parsed.and_then(|matches| cli::Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(address) = misplaced_address(&error) {
                eprintln!("heapgraph: error: an object is named with --id: --id {address}");
                return ExitCode::Usage;
            }
            // Help and version come this way too: clap knows the stream and the code of each.
            let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Ok };
            return match error.print() {
                Ok(()) => code,
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code,
                Err(_) => ExitCode::Error,
            };
        }
    };
    if let Some(threads) = cli.threads {
        crate::threads::allow(threads);
    }
    match index::believing(|| commands::run(&cli.command)) {
        Ok(code) => code,
        Err(error) => {
            let message = crate::render::reports::safe_for_terminal(&format!("{error:#}"));
            eprintln!("heapgraph: error: {message}");
            ExitCode::of(&error)
        }
    }
}

/// The address of an object that stands where none is expected.
fn misplaced_address(error: &clap::Error) -> Option<&str> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let digits = word.strip_prefix("0x")?;
    let is_address = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    (error.kind() == ErrorKind::UnknownArgument && is_address).then_some(word)
}

/// The command line as clap sees it, for checks of the documentation.
pub fn command_line() -> clap::Command {
    cli::command_line()
}
