//! How the program ends, for scripts.

/// Exit codes; they stand in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: done.
    Ok,
    /// 1: it could not be done.
    Error,
    /// 2: the arguments do not make sense.
    Usage,
    /// 3: a gate failed.
    Gate,
    /// The code of a program that was run, passed on.
    Program(u8),
}

impl ExitCode {
    /// The code for an error: [`ExitCode::Usage`] when a `UsageError` is in its chain.
    pub fn of(error: &anyhow::Error) -> ExitCode {
        if error.is::<UsageError>() { ExitCode::Usage } else { ExitCode::Error }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        let number: u8 = match code {
            ExitCode::Ok => 0,
            ExitCode::Error => 1,
            ExitCode::Usage => 2,
            ExitCode::Gate => 3,
            ExitCode::Program(code) => code,
        };
        number.into()
    }
}

/// Arguments that clap accepted and that still do not make sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
