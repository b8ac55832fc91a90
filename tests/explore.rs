//! The server of `explore`: what it answers, and whom it refuses, over real connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use heapgraph::graph::Sketch;
use heapgraph::snapshot::{Columns, Segment};

/// A server that ends with its test.
struct Server {
    child: Child,
    port: u16,
    /// `/TOKEN/`.
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(folder: &Path, snapshot: &str) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
            .current_dir(folder)
            .args(["explore", snapshot, "--no-browser"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.trim().strip_prefix("http://127.0.0.1:").unwrap_or_else(|| panic!("no address: {line}"));
        let (port, path) = rest.split_at(rest.find('/').unwrap());
        Server { child, port: port.parse().unwrap(), base: path.to_owned() }
    }

    /// What comes back for some bytes.
    fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server that has refused may close before all is written.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> String {
        self.raw(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    }

    /// The body of a question that is answered.
    fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", &format!("{}{path}", self.base), &format!("127.0.0.1:{}", self.port));
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(path)).unwrap()
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("nothing")
}

/// A module that holds a job by a list, and by a dictionary with a key that means harm.
fn snapshot(folder: &Path) {
    let mut sketch = Sketch::new();
    sketch.object_at("app", "module", 100, 0x10_0000).object_at("list", "list", 200, 0x10_0040).module_root("app");
    sketch.object_at("cache", "dict", 300, 0x10_0080).object_at("job", "app.Job", 4000, 0x10_00c0);
    sketch.object_at("key", "str", 60, 0x10_0100).text("key", "</script><img src=x onerror=harm()>\u{202e}");
    sketch.refer("app", ".list", "list").refer("app", ".cache", "cache").refer("list", "[0]", "job");
    sketch.elements("cache", Segment::Mapping).refer("cache", "", "key").refer("cache", "", "job");
    let mut bytes = Vec::new();
    sketch.snapshot().write(&mut bytes, Columns::Plain).unwrap();
    std::fs::write(folder.join("snap.json"), bytes).unwrap();
}

fn server() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    snapshot(folder.path());
    let server = Server::start(folder.path(), "snap.json");
    (folder, server)
}

#[test]
fn every_object_can_be_asked_for() {
    let (folder, server) = server();
    let page = server.get("");
    assert!(page.starts_with("<!doctype html>") && page.contains("connect-src 'self'"), "{}", &page[..300]);
    let job = server.json("object/0x1000c0");
    assert_eq!((job["type"].as_str(), job["holders"]["all"].as_u64()), (Some("app.Job"), Some(2)));
    let slots = server.json("slots/0x100080?from=1");
    assert_eq!((slots["all"].as_u64(), slots["rows"].as_array().unwrap().len()), (Some(2), 1));
    // Without the list, the dictionary holds it; without both, nothing.
    let around = server.json("around/0x1000c0?without=0x100040");
    let rows = around["path"]["rows"].as_array().unwrap();
    assert_eq!(rows[rows.len() - 2][1], "0x100080", "{around}");
    let nothing = server.json("around/0x1000c0?without=0x100040&without=0x100080");
    assert_eq!((nothing["path"].is_null(), nothing["looked_at"].is_null()), (true, true));
    for query in ["type=app.*", "text=onerror", "place=app", "bytes=4000", "elements=1"] {
        assert!(server.json(&format!("search?{query}"))["all"].as_u64().unwrap() > 0, "{query}");
    }
    assert!(server.json("search?type=app.Jab")["wrong"].as_str().unwrap().contains("app.Job"));
    let drawn = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
        .current_dir(folder.path())
        .args(["backrefs", "--id", "0x1000c0", "-o", "x.svg"])
        .status();
    assert!(drawn.unwrap().success());
    assert_eq!(server.get("picture/0x1000c0"), std::fs::read_to_string(folder.path().join("x.svg")).unwrap());
    assert!(server.get("path-picture/0x1000c0").starts_with("<svg"));
    let missing = server.ask("GET", &format!("{}object/0x99", server.base), &format!("127.0.0.1:{}", server.port));
    assert_eq!(status(&missing), "404");
}

#[test]
fn nobody_else_is_answered() {
    let (_folder, server) = server();
    let own = format!("127.0.0.1:{}", server.port);
    let page = server.base.clone();
    let object = format!("{page}object/0x1000c0");
    // No token, or not all of it.
    for path in ["/", "/object/0x1000c0", "/favicon.ico", "/robots.txt", &page[..page.len() - 2], &page.to_uppercase()]
    {
        assert_eq!(status(&server.ask("GET", path, &own)), "404", "{path}");
    }
    // Names that a page of somebody else's could have bound to this machine.
    for host in ["evil.test", "127.0.0.1", "127.0.0.1:1", &format!("evil.test:{}", server.port), "[::1]", ""] {
        assert_eq!(status(&server.ask("GET", &object, host)), "403", "{host}");
    }
    assert_eq!(status(&server.raw(format!("GET {object} HTTP/1.0\r\n\r\n").as_bytes())), "403", "no host");
    let two = format!("GET {object} HTTP/1.1\r\nHost: {own}\r\nHost: evil.test\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&server.raw(two.as_bytes())), "403", "two hosts");
    for path in
        ["../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "object/0x1000c0/..", "object//0x1000c0", "x", "object"]
    {
        assert_eq!(status(&server.ask("GET", &format!("{page}{path}"), &own)), "404", "{path}");
    }
    for path in ["object/1000c0", "object/0x", "object/0x11111111111111111", "search?x=1", "slots/0x1?from=x"] {
        assert_eq!(status(&server.ask("GET", &format!("{page}{path}"), &own)), "400", "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "ODD"] {
        let answer = server.ask(method, &object, &own);
        assert_eq!(status(&answer), "405", "{method}");
        assert!(answer.to_lowercase().contains("\r\nallow: get, head\r\n"), "{answer}");
    }
    assert_eq!(status(&server.ask("GET", &format!("{page}search?text={}", "x".repeat(6000)), &own)), "414");
    // What is larger than any question of ours is not kept.
    let large = format!("GET {object} HTTP/1.1\r\nHost: {own}\r\nX: {}\r\n\r\n", "x".repeat(4 << 20));
    assert!(matches!(status(&server.raw(large.as_bytes())), "431" | "nothing"), "a large head");
    let body = format!("POST {object} HTTP/1.1\r\nHost: {own}\r\nContent-Length: 99999999999\r\n\r\n");
    assert_eq!(status(&server.raw(body.as_bytes())), "405");
    for odd in
        [&b"\0\x01\x02\r\n\r\n"[..], b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let answer = server.raw(odd);
        assert!(answer.is_empty() || status(&answer).starts_with('4') || status(&answer) == "505", "{answer}");
    }
    // And it still answers us.
    let answer = server.ask("HEAD", &page, &own);
    assert_eq!(status(&answer), "200");
    assert!(answer.ends_with("\r\n\r\n"), "a head has no body");
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "cross-origin-resource-policy: same-origin",
        "frame-ancestors 'none'",
    ] {
        assert!(answer.to_lowercase().contains(header), "{header}: {answer}");
    }
}

#[test]
fn each_start_has_an_address_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    snapshot(folder.path());
    let (one, other) = (Server::start(folder.path(), "snap.json"), Server::start(folder.path(), "snap.json"));
    assert_ne!(one.base, other.base);
    assert_eq!(one.base.len(), 34, "128 bits: {}", one.base);
    let taken = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
        .current_dir(folder.path())
        .args(["explore", "--no-browser", "--port", &one.port.to_string()])
        .output()
        .unwrap();
    assert_eq!(taken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("can't listen there"), "{taken:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_it_well() {
    let (_folder, mut server) = server();
    let pid = nix::unistd::Pid::from_raw(server.child.id() as i32);
    server.get("");
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
