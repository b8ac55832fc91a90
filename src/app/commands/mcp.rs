//! `heapgraph mcp`: the commands as tools of the Model Context Protocol, on standard input and output.
//!
//! Read-only: a tool reads snapshots and writes nothing. An answer is the report that people get, in pages of bounded size. Each call
//! is a run of this program of its own, so that a snapshot that is hard to read costs that run alone, and memory is given back.

mod protocol;
mod tools;

use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::app::{ExitCode, input};

/// Help after `mcp --help`.
pub const EXAMPLES: &str = "\
In the configuration of a client:
  {\"mcpServers\": {\"heapgraph\": {\"command\": \"heapgraph\", \"args\": [\"mcp\", \"/path/to/snap.json\"]}}}";

/// A longer request is none of ours.
const LONGEST_LINE: u64 = 1 << 20;

#[derive(Debug, Args)]
pub struct McpArgs {
    /// The snapshots that a call may leave unnamed: the last one is taken, earlier ones are told
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<PathBuf>,
}

pub fn run(args: &McpArgs) -> anyhow::Result<ExitCode> {
    let snapshots: Vec<String> = args.snapshots.iter().map(|path| input::name(path)).collect();
    let mut server = protocol::Server::new(snapshots);
    let mut requests = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        requests.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(ExitCode::Ok);
        }
        let answer = if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_LINE {
            skip_line(&mut requests)?;
            Some(protocol::error(&Value::Null, -32600, "expected a request of at most 1 MiB"))
        } else {
            match serde_json::from_slice::<Value>(&line) {
                Ok(request) => server.answer(&request),
                Err(_) if line.iter().all(u8::is_ascii_whitespace) => None,
                Err(error) => {
                    Some(protocol::error(&Value::Null, -32700, &format!("expected JSON in one line: {error}")))
                }
            }
        };
        if let Some(answer) = answer {
            let mut out = io::stdout().lock();
            let mut bytes = serde_json::to_vec(&answer)?;
            bytes.push(b'\n');
            match out.write_all(&bytes).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::Ok),
                other => other?,
            }
        }
    }
}

/// Passes over the rest of a line.
fn skip_line(requests: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = requests.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        requests.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// What a tool has to say.
struct Answer {
    text: String,
    is_error: bool,
    structured: Value,
}

impl Answer {
    fn error(text: impl Into<String>) -> Answer {
        Answer { text: text.into(), is_error: true, structured: json!({}) }
    }
}
