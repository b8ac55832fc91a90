//! The page of a heap: what is in it, that it harms nobody, and how large it is. `tests/page/` opens it in a browser.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use heapgraph::graph::Sketch;
use heapgraph::render::page::{SCRIPT, STYLE, policy};
use heapgraph::snapshot::Segment;

/// Texts that a page could take for more than text; each in every place of a heap that has a name.
const HOSTILE: [&str; 35] = [
    "<script>harm()</script>",
    "</script><script>harm()</script>",
    "</SCRIPT ><ScRiPt>harm()</sCrIpT>",
    "<!--<script>harm()</script>-->",
    "--><img src=x onerror=harm()>",
    "<img src=x onerror=\"harm()\">",
    "<svg/onload=harm()>",
    "<svg><style>*{display:none}</style></svg>",
    "<style>body{display:none}</style>",
    "<iframe srcdoc=\"<script>parent.harm()</script>\"></iframe>",
    "<a href=\"javascript:harm()\">x</a>",
    "javascript:harm()",
    "\" onmouseover=\"harm()\" x=\"",
    "' onfocus='harm()' autofocus x='",
    "`${harm()}`",
    "${harm()}",
    "{{constructor.constructor('harm()')()}}",
    "</title><script>harm()</script>",
    "</textarea><script>harm()</script>",
    "</style><script>harm()</script>",
    "]]><script>harm()</script>",
    "<meta http-equiv=refresh content=0;url=//example.test>",
    "<base href=//example.test/>",
    "<link rel=stylesheet href=//example.test/x.css>",
    "&lt;script&gt;harm()&lt;/script&gt;",
    "&#60;script&#62;harm()",
    "\\u003cscript\\u003eharm()",
    "\\\"};harm();//",
    "\u{2028}harm()\u{2029}",
    "\u{202e}evil\u{202c}\u{2066}turned\u{2069}\u{200f}",
    "\0nul\u{1b}[31m\r\n\ttab\u{7f}\u{85}",
    "\u{feff}\u{200b}\u{ad}\u{3164}hidden",
    "__proto__",
    "constructor",
    "wide",
];

/// The text, and for the last one 3,000 characters of it.
fn hostile() -> impl Iterator<Item = String> {
    HOSTILE.iter().map(|text| if *text == "wide" { format!("wide {}", "w".repeat(3000)) } else { (*text).to_owned() })
}

/// A heap in which a type, a module, an attribute, a key, a text, a function, a file and a variable have each of the names.
fn hostile_heap() -> Sketch {
    let mut sketch = Sketch::new();
    for (number, text) in hostile().enumerate() {
        let name = |what: &str| format!("{what}{number}");
        sketch.object(&name("module"), "module", 100).object(&name("names"), "dict", 200);
        sketch.object(&name("variable"), "str", 60).text(&name("variable"), &text);
        sketch.object(&name("cache"), "dict", 400).object(&name("key"), "str", 70).text(&name("key"), &text);
        sketch.object(&name("thing"), &format!("{text}.Kind {text}"), 5000 + number as u64);
        sketch.object(&name("function"), "function", 120).text(&name("function"), &text);
        sketch.refer(&name("module"), ".__dict__", &name("names"));
        sketch.elements(&name("names"), Segment::Mapping);
        sketch.refer(&name("names"), "", &name("variable")).refer(&name("names"), "", &name("cache"));
        sketch.elements(&name("cache"), Segment::Mapping);
        sketch.refer(&name("cache"), "", &name("key")).refer(&name("cache"), "", &name("thing"));
        sketch.refer(&name("thing"), &format!(".{text}"), &name("function"));
        sketch.made(&name("thing"), &[(&format!("/srv/{text}.py"), 7)]);
        sketch.root("module", &text, &name("module"));
    }
    sketch
}

fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.current_dir(folder).args(arguments).env_remove("HEAPGRAPH_SNAPSHOT").output().unwrap()
}

fn write(sketch: &Sketch, path: &Path) {
    let mut bytes = Vec::new();
    sketch.snapshot().write(&mut bytes, heapgraph::snapshot::Columns::Plain).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The page of a snapshot in a folder of its own.
fn page_of(sketch: &Sketch, file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(sketch, &folder.path().join(file));
    let output = heapgraph(folder.path(), &["report", &format!("./{file}"), "-o", "-"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Names of all elements and attributes of a page, with what stands in script elements left out.
fn tags(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').expect("every tag ends");
        let tag = &rest[at + 1..end];
        found.insert(tag.split([' ', '\n']).next().unwrap().to_ascii_lowercase());
        let mut parts = tag.split('"');
        while let (Some(names), Some(_)) = (parts.next(), parts.next()) {
            found.extend(names.split_whitespace().filter_map(|name| Some(format!("@{}", name.strip_suffix('=')?))));
        }
        rest = &rest[end + 1..];
        for raw in ["script", "style"] {
            if tag.split(' ').next() == Some(raw) {
                rest = &rest[rest.find(&format!("</{raw}>")).expect("it ends")..];
            }
        }
    }
    found
}

#[test]
fn hostile_names_are_text_and_nothing_else() {
    let tame = {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 100).object("a", "app.User", 9).refer("app", ".a", "a").module_root("app");
        sketch.made("a", &[("/srv/app.py", 7)]);
        page_of(&sketch, "snap.json")
    };
    let page = page_of(&hostile_heap(), "<img src=x onerror=harm()>\u{202e}.json");
    let known = ["@colspan", "article", "/article", "code", "/code", "h2", "rect", "@x", "@y", "@width", "/ul", "ul"];
    let new: Vec<String> =
        tags(&page).difference(&tags(&tame)).filter(|name| !known.contains(&name.as_str())).cloned().collect();
    assert!(new.is_empty(), "elements or attributes that only a hostile heap brings: {new:?}");
    for forbidden in ['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{2028}', '\u{feff}', '\u{200b}', '\r', '\t'] {
        assert!(!page.contains(forbidden), "the page contains {forbidden:?}");
    }
    assert_eq!(page.matches("</script>").count(), 2, "the data, and the script");
    // Pictures are the bytes of `-o x.svg`, with rules of their own.
    let besides_pictures = page.split("\"pictures\":").next().unwrap();
    assert!(!besides_pictures.contains(&"w".repeat(1000)), "a long name lost its middle");
    // And the data are the names themselves.
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let names: Vec<&str> =
        data["types"]["name"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for text in hostile().filter(|text| text.len() < 100) {
        assert!(names.iter().any(|name| name.contains(&text)), "no type is called {text:?}: {names:?}");
    }
}

#[test]
fn the_page_runs_its_own_script_alone() {
    let page = page_of(&hostile_heap(), "snap.json");
    let policy = policy(None);
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(page.contains(&format!("content=\"{policy}\"")), "the policy is in the page");
    assert!(page.contains(&format!("<style>{STYLE}</style>")) && page.contains(&format!("<script>{SCRIPT}</script>")));
    for forbidden in ["http:", "https:", "//cdn", "@import", "url(", "innerHTML", "eval(", "document.write"] {
        assert!(!SCRIPT.contains(forbidden) && !STYLE.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_same_heap_is_the_same_page_and_it_is_not_large() {
    let sketch = hostile_heap();
    let page = page_of(&sketch, "snap.json");
    assert_eq!(page, page_of(&sketch, "snap.json"));
    assert!(SCRIPT.len() + STYLE.len() < 150_000, "{} + {}", SCRIPT.len(), STYLE.len());
    // What is not of the heap: markup, script, style.
    let empty = page_of(&Sketch::new(), "snap.json");
    assert!(empty.len() < 150_000, "{}", empty.len());
    assert!(page.len() < 2_000_000, "{}", page.len());
}

#[test]
fn a_page_is_private_as_its_snapshot_is_and_names_what_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    write(&hostile_heap(), &folder.path().join("snap.json"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder.path().join("snap.json"), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let output = heapgraph(folder.path(), &["report"]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("report.html is written") && said.contains("next: heapgraph suspects snap.json"), "{said}");
    let written = std::fs::metadata(folder.path().join("report.html")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
    }
    assert!(written.len() > 10_000);
    let refused = heapgraph(folder.path(), &["report", "-o", "page.png"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn the_verdict_is_markup_and_its_picture_that_of_backrefs() {
    let folder = tempfile::tempdir().unwrap();
    let mut sketch = Sketch::new();
    sketch.object("app", "module", 100).object("cache", "dict", 400).module_root("app").refer("app", ".CACHE", "cache");
    sketch.elements("cache", Segment::Mapping);
    for number in 0..400 {
        let name = |what: &str| format!("{what}{number}");
        sketch.object(&name("key"), "int", 28).object(&name("user"), "app.User", 5000);
        sketch.refer("cache", "", &name("key")).refer("cache", "", &name("user"));
    }
    sketch.class("app.User", "User").object("User", "type", 900).refer("app", ".User", "User");
    write(&sketch, &folder.path().join("snap.json"));
    let page = String::from_utf8(heapgraph(folder.path(), &["report", "-o", "-"]).stdout).unwrap();
    let before_data = page.split("<script").next().unwrap();
    assert!(before_data.contains("<code>app.CACHE</code>"), "{before_data}");
    assert!(
        before_data.contains("<code>sys.modules[&#39;app&#39;].CACHE</code>")
            || before_data.contains("sys.modules['app'].CACHE")
    );
    let address = before_data.split("href=\"#0x").nth(1).unwrap().split('"').next().unwrap();
    let id = format!("0x{address}");
    let drawn = heapgraph(folder.path(), &["backrefs", "--id", &id, "-o", "x.svg"]);
    assert!(drawn.status.success(), "{drawn:?}");
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["pictures"][&id].as_str().unwrap(), std::fs::read_to_string(folder.path().join("x.svg")).unwrap());
}
