//! The tools: commands that read, their arguments, and answers in pages.

use std::process::Command;

use serde_json::{Map, Value, json};

use super::Answer;

/// So many bytes an answer has, unless a call asks for another number.
const BYTES: usize = 8_000;
/// More than this nobody gets at once.
const MOST_BYTES: usize = 100_000;

/// A tool by the name of its command.
struct Tool {
    name: &'static str,
    description: &'static str,
    /// What it takes beside the snapshot.
    takes: &'static [Takes],
    /// One of these has to be given.
    needs: &'static [Takes],
}

/// An argument of tools.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Before,
    Since,
    Id,
    Type,
    Limit,
    Depth,
    By,
}

impl Takes {
    fn name(self) -> &'static str {
        match self {
            Takes::Before => "before",
            Takes::Since => "since",
            Takes::Id => "id",
            Takes::Type => "type",
            Takes::Limit => "limit",
            Takes::Depth => "depth",
            Takes::By => "by",
        }
    }

    fn schema(self) -> Value {
        match self {
            Takes::Before => json!({"type": "array", "items": {"type": "string"}, "minItems": 1,
                "description": "Paths of earlier snapshots of the same process, in the order in which they were taken"}),
            Takes::Since => json!({"type": "string",
                "description": "Path of an earlier snapshot: only what is new since then"}),
            Takes::Id => json!({"type": "string", "description": "Address of an object as answers show it: 0x7f…"}),
            Takes::Type => json!({"type": "string", "description": "Type: app.models.Session, Session, or app.*"}),
            Takes::Limit => json!({"type": "integer", "minimum": 1, "description": "How many rows"}),
            Takes::Depth => json!({"type": "integer", "minimum": 1, "description": "How many references, or levels"}),
            Takes::By => json!({"type": "string", "enum": ["type", "module", "line", "function", "file"],
                "description": "What objects are counted under"}),
        }
    }
}

const TOOLS: [Tool; 10] = [
    Tool {
        name: "info",
        description: "What a snapshot is of, how it was taken, and what it does not show.",
        takes: &[],
        needs: &[],
    },
    Tool {
        name: "suspects",
        description: "Leak suspects with evidence: who holds a large share of the heap, how much, by which path; `since` tells what grew. Begin here.",
        takes: &[Takes::Since, Takes::Limit],
        needs: &[],
    },
    Tool {
        name: "diff",
        description: "What grew between snapshots: the places, with entries before and after, who else holds them, and types.",
        takes: &[Takes::Before, Takes::Limit, Takes::By],
        needs: &[Takes::Before],
    },
    Tool {
        name: "why",
        description: "Why an object, or all objects of a type, are alive: the path from a GC root as Python that evaluates to the object, and what to cut.",
        takes: &[Takes::Id, Takes::Type, Takes::Since],
        needs: &[Takes::Id, Takes::Type],
    },
    Tool {
        name: "common",
        description: "The most common types: how many objects, how many bytes.",
        takes: &[Takes::Since, Takes::Limit, Takes::By],
        needs: &[],
    },
    Tool {
        name: "places",
        description: "Where memory lives: a tree of ways such as app.cache.SESSIONS[…], the same in every snapshot.",
        takes: &[Takes::Limit, Takes::Depth],
        needs: &[],
    },
    Tool {
        name: "dominators",
        description: "What keeps most memory alive: objects by retained size; with `id`, what that object keeps.",
        takes: &[Takes::Id, Takes::Limit, Takes::Depth, Takes::Since],
        needs: &[],
    },
    Tool {
        name: "backrefs",
        description: "Who refers to an object, as a tree with the name of each slot; with `type` alone the candidates by address.",
        takes: &[Takes::Id, Takes::Type, Takes::Depth, Takes::Limit],
        needs: &[Takes::Id, Takes::Type],
    },
    Tool {
        name: "show",
        description: "All about one object: type, sizes, reference count, referrers and referents with their slots.",
        takes: &[Takes::Id],
        needs: &[Takes::Id],
    },
    Tool {
        name: "cycles",
        description: "Reference cycles by the types in them, and which are garbage.",
        takes: &[Takes::Limit],
        needs: &[],
    },
];

/// All tools, and the answer that was given last, for its next page.
pub(super) struct Tools {
    snapshots: Vec<String>,
    last: Option<(Vec<String>, String)>,
}

impl Tools {
    pub fn new(snapshots: Vec<String>) -> Self {
        Tools { snapshots, last: None }
    }

    /// As `tools/list` tells them.
    pub fn list(&self) -> Vec<Value> {
        TOOLS.iter().map(|tool| self.description(tool)).collect()
    }

    fn description(&self, tool: &Tool) -> Value {
        let default = match self.snapshots.last() {
            Some(last) => format!("; {last} without it"),
            None => String::new(),
        };
        let mut properties = Map::new();
        properties.insert(
            "snapshot".to_owned(),
            json!({"type": "string", "description": format!("Path of the snapshot (.json, .json.gz, .json.zst, .pyheap){default}")}),
        );
        for takes in tool.takes {
            properties.insert(takes.name().to_owned(), takes.schema());
        }
        properties.insert(
            "cursor".to_owned(),
            json!({"type": "string", "description": "Where the answer goes on, as the page before says"}),
        );
        properties.insert(
            "max_bytes".to_owned(),
            json!({"type": "integer", "minimum": 1000, "maximum": MOST_BYTES,
                   "description": format!("The longest answer; {BYTES} without it")}),
        );
        let mut required: Vec<&str> = if self.snapshots.is_empty() { vec!["snapshot"] } else { Vec::new() };
        if let [only] = tool.needs {
            required.push(only.name());
        }
        json!({
            "name": tool.name,
            "title": format!("heapgraph {}", tool.name),
            "description": tool.description,
            "inputSchema": {
                "type": "object", "properties": properties, "required": required, "additionalProperties": false,
            },
            "annotations": {
                "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false,
            },
        })
    }

    /// Runs a tool.
    pub fn call(&mut self, name: &str, arguments: &Value) -> Answer {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
            let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
            return Answer::error(format!("no tool {name:?}; there are {}\nnext: tools/list", names.join(", ")));
        };
        let empty = Map::new();
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            Value::Null => &empty,
            other => return Answer::error(format!("expected an object with the arguments, found {other}")),
        };
        match self.line(tool, arguments) {
            Ok((line, from, most)) => self.page(tool, line, from, most),
            Err(error) => Answer::error(error),
        }
    }

    /// The command line of a call, where its page begins, and how long it may be.
    fn line(&self, tool: &Tool, arguments: &Map<String, Value>) -> Result<(Vec<String>, usize, usize), String> {
        let known = ["snapshot", "cursor", "max_bytes"];
        let unknown = arguments
            .keys()
            .find(|key| !known.contains(&key.as_str()) && !tool.takes.iter().any(|takes| takes.name() == **key));
        if let Some(unknown) = unknown {
            let takes: Vec<&str> = known.into_iter().chain(tool.takes.iter().map(|takes| takes.name())).collect();
            return Err(format!("{} has no argument {unknown:?}; it takes {}", tool.name, takes.join(", ")));
        }
        if !tool.needs.is_empty() && !tool.needs.iter().any(|needs| arguments.contains_key(needs.name())) {
            let needs: Vec<&str> = tool.needs.iter().map(|needs| needs.name()).collect();
            let next = match tool.name {
                "diff" => "call it with `before`, a list of paths; with one snapshot alone call suspects",
                _ => "call suspects or common, and take an address or a type from the answer",
            };
            return Err(format!("{} needs {}\nnext: {next}", tool.name, needs.join(" or ")));
        }
        let snapshot = match arguments.get("snapshot") {
            Some(given) => file(given)?,
            None => self.snapshots.last().cloned().ok_or(
                "expected \"snapshot\", the path of a file that `heapgraph dump --pid PID -o snap.json` has written\n\
                 next: the same call with \"snapshot\"",
            )?,
        };
        let mut line = vec![tool.name.to_owned()];
        if let Some(before) = arguments.get("before") {
            let paths = before.as_array().ok_or("expected a list of paths as \"before\"")?;
            for path in paths {
                line.push(file(path)?);
            }
        }
        line.push(snapshot);
        for takes in tool.takes.iter().filter(|takes| **takes != Takes::Before) {
            let Some(value) = arguments.get(takes.name()) else { continue };
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                other => return Err(format!("expected a text or a number as {:?}, found {other}", takes.name())),
            };
            let text = if *takes == Takes::Since { file(value)? } else { text };
            line.push(format!("--{}={text}", takes.name()));
        }
        let number = |key: &str, default: usize| match arguments.get(key) {
            None => Ok(default),
            Some(Value::Number(number)) => number
                .as_u64()
                .map(|number| number as usize)
                .ok_or_else(|| format!("expected a whole number as {key:?}, found {number}")),
            Some(Value::String(text)) => {
                text.parse().map_err(|_| format!("expected {key:?} as the page before says it, found {text:?}"))
            }
            Some(other) => Err(format!("expected a number as {key:?}, found {other}")),
        };
        let most = number("max_bytes", BYTES)?.clamp(1000, MOST_BYTES);
        Ok((line, number("cursor", 0)?, most))
    }

    /// One page of what a command says.
    fn page(&mut self, tool: &Tool, line: Vec<String>, from: usize, most: usize) -> Answer {
        let whole = match &self.last {
            Some((last, text)) if *last == line => text.clone(),
            _ => match run(&line) {
                Ok(text) => text,
                Err(error) => return Answer::error(with_next(tool, error)),
            },
        };
        self.last = Some((line, whole.clone()));
        if from > whole.len() || !whole.is_char_boundary(from) {
            return Answer::error(format!("cursor {from} is not in this answer\nnext: the same call without cursor"));
        }
        let rest = &whole[from..];
        // Room for what is said of the rest.
        let mut end = rest.len();
        if end > most {
            let room = boundary(rest, most - 120);
            end = rest[..room].rfind('\n').map_or(room, |line| line + 1);
        }
        let mut text = rest[..end].to_owned();
        let next = (end < rest.len()).then(|| (from + end).to_string());
        if let Some(next) = &next {
            let left = crate::units::count((rest.len() - end) as u64);
            text.push_str(&format!("… {left} bytes more: call {} again with cursor {next:?}\n", tool.name));
        }
        Answer {
            structured: json!({"command": tool.name, "bytes": whole.len(), "next_cursor": next}),
            text,
            is_error: false,
        }
    }
}

/// The last place at or before `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

/// A path that no option can be taken for.
fn file(value: &Value) -> Result<String, String> {
    match value.as_str() {
        Some(path) if !path.is_empty() && !path.starts_with('-') => Ok(path.to_owned()),
        _ => Err(format!("expected the path of a file, found {value}")),
    }
}

/// Runs a command of this program and returns what it prints.
fn run(line: &[String]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(line)
        .args(["--format=text", "--color=never", "--quiet"])
        .env_remove("HEAPGRAPH_SNAPSHOT")
        // A tool writes nothing, no index either.
        .env("HEAPGRAPH_NO_INDEX", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| format!("heapgraph can't be started again: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() || !text.is_empty() {
        return Ok(text);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let error = error.trim().trim_start_matches("heapgraph: error: ").trim_start_matches("error: ");
    Err(error.to_owned())
}

/// An error of a command with the call that helps.
fn with_next(tool: &Tool, error: String) -> String {
    let mut error = error;
    if error.len() > 2000 {
        error.truncate(boundary(&error, 2000));
        error.push('…');
    }
    let next = match () {
        () if error.contains("no such file") => "the same call with the path of a snapshot that exists",
        () if error.contains("no object at") => "call backrefs with a type, which lists addresses",
        () if error.contains("no type") || error.contains("type ") => "call common, which lists types",
        () if tool.name == "info" => "take the snapshot again with `heapgraph dump`",
        () => "call info with this snapshot, which tells what it knows",
    };
    format!("{error}\nnext: {next}")
}
