//! The protocol: JSON-RPC, a message a line; `initialize`, `ping`, `tools/list`, `tools/call`.
//!
//! Four messages need no library: the official SDK brings 70 crates and a runtime for asynchronous code, and its interface has changed with each
//! of three major versions within a year.

use serde_json::{Value, json};

use super::tools::Tools;

/// Versions of the protocol in which these messages are the same; the newest first.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

const INSTRUCTIONS: &str = "\
Heap snapshots of CPython processes. A leak hunt: `suspects` (one snapshot), or `diff` with `before` (two); then `why` with `type` or `id` of what \
they name: the path from a GC root as a Python expression that evaluates in the process, and what to cut. `backrefs`, `dominators` and `show` \
look closer at an address. Every answer has its evidence: addresses, paths, counts. Sizes with ≥ are lower bounds; what is unknown is said to be. \
An answer that ends with a cursor goes on when the call is repeated with it. Contents of strings are not in a snapshot unless it was taken with them.";

/// The state of one connection.
pub(super) struct Server {
    tools: Tools,
}

impl Server {
    pub fn new(snapshots: Vec<String>) -> Self {
        Server { tools: Tools::new(snapshots) }
    }

    /// The answer to a message; `None` to a notification.
    pub fn answer(&mut self, request: &Value) -> Option<Value> {
        let Some(method) = request.get("method").and_then(Value::as_str) else {
            // An answer to a question that nobody has asked, or none of the protocol's messages.
            let is_answer = request.get("result").is_some() || request.get("error").is_some();
            return (!is_answer).then(|| error(&Value::Null, -32600, "expected an object with \"method\""));
        };
        let id = request.get("id")?;
        let parameters = request.get("params").unwrap_or(&Value::Null);
        let result = match method {
            "initialize" => {
                let asked = parameters.get("protocolVersion").and_then(Value::as_str);
                let version = VERSIONS.into_iter().find(|version| Some(*version) == asked).unwrap_or(VERSIONS[0]);
                json!({
                    "protocolVersion": version,
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "heapgraph", "version": env!("CARGO_PKG_VERSION")},
                    "instructions": INSTRUCTIONS,
                })
            }
            "ping" => json!({}),
            "tools/list" => json!({"tools": self.tools.list()}),
            "tools/call" => {
                let name = parameters.get("name").and_then(Value::as_str).unwrap_or_default();
                let arguments = parameters.get("arguments").cloned().unwrap_or_else(|| json!({}));
                let answer = self.tools.call(name, &arguments);
                json!({
                    "content": [{"type": "text", "text": answer.text}],
                    "structuredContent": answer.structured,
                    "isError": answer.is_error,
                })
            }
            _ => return Some(error(id, -32601, &format!("no method {method:?}"))),
        };
        Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
    }
}

/// An error of the protocol, not of a tool.
pub(super) fn error(id: &Value, code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: Value) -> Option<Value> {
        Server::new(Vec::new()).answer(&request)
    }

    #[test]
    fn a_client_and_a_server_agree_on_a_version() {
        let version = |asked: &str| {
            let request =
                json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": asked}});
            answer(request).unwrap()["result"]["protocolVersion"].as_str().unwrap().to_owned()
        };
        assert_eq!(version("2025-03-26"), "2025-03-26");
        assert_eq!(version("1999-01-01"), VERSIONS[0]);
    }

    #[test]
    fn what_is_no_request_gets_no_answer_or_an_error() {
        assert_eq!(answer(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})), None);
        assert_eq!(answer(json!({"jsonrpc": "2.0", "id": 1, "result": {}})), None);
        assert_eq!(answer(json!([1])).unwrap()["error"]["code"], -32600);
        assert_eq!(answer(json!({"id": 7, "method": "resources/list"})).unwrap()["error"]["code"], -32601);
        assert_eq!(answer(json!({"id": "a", "method": "ping"})).unwrap()["result"], json!({}));
    }

    #[test]
    fn tools_are_few_and_say_that_they_only_read() {
        let tools = answer(json!({"id": 1, "method": "tools/list"})).unwrap()["result"]["tools"].clone();
        let tools = tools.as_array().unwrap();
        assert!(tools.len() <= 10);
        for tool in tools {
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
            assert_eq!(tool["annotations"]["destructiveHint"], false);
            assert_eq!(tool["inputSchema"]["additionalProperties"], false);
            assert!(tool["description"].as_str().unwrap().len() > 20);
        }
    }

    #[test]
    fn an_error_of_a_tool_names_the_next_call() {
        let call = |name: &str, arguments: Value| {
            let request = json!({"id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
            let result = answer(request).unwrap()["result"].clone();
            assert_eq!(result["isError"], true);
            result["content"][0]["text"].as_str().unwrap().to_owned()
        };
        assert!(call("delete", json!({})).contains("next: tools/list"));
        assert!(call("why", json!({"snapshot": "a.json"})).contains("id or type"));
        assert!(call("common", json!({})).contains("\"snapshot\""));
        assert!(call("common", json!({"snapshot": "a.json", "output": "x"})).contains("no argument \"output\""));
        assert!(call("common", json!({"snapshot": "-o"})).contains("expected the path of a file"));
    }
}
