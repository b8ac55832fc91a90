//! `backrefs` and `refs` as they are run: options, extreme shapes, pictures that tell the same as the text.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A heap being written down: objects of named types with named slots. The first one is at 0x1000, each next 16 further.
#[derive(Default)]
struct Heap {
    types: Vec<&'static str>,
    objects: Vec<(usize, Vec<(String, usize)>)>,
    modules: Vec<usize>,
}

impl Heap {
    fn object(&mut self, of: &'static str, slots: impl IntoIterator<Item = (String, usize)>) -> usize {
        let place = self.types.iter().position(|known| *known == of).unwrap_or_else(|| {
            self.types.push(of);
            self.types.len() - 1
        });
        self.objects.push((place, slots.into_iter().collect()));
        self.objects.len() - 1
    }

    fn write(&self, folder: &Path) -> PathBuf {
        let list = |numbers: Vec<usize>| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let count = self.objects.len();
        let mut document = format!(
            "{{\"format\":\"heapgraph-snapshot\",\"version\":1,\"address_base\":4096,\"chunks\":[{{\"address\":[{}],\"shape\":[{}],",
            list((0..count).map(|place| 16 * place).collect()),
            list((0..count).collect())
        );
        let sizes = list(vec![64; count]);
        let mut held = vec![0; count];
        for (_, to) in self.objects.iter().flat_map(|object| &object.1) {
            held[*to] += 1;
        }
        let lengths = list(self.objects.iter().map(|object| object.1.len()).collect());
        let referents: Vec<usize> =
            self.objects.iter().flat_map(|object| object.1.iter().map(|slot| 16 * slot.1)).collect();
        let references = referents.len();
        let _ = write!(
            document,
            "\"size\":[{sizes}],\"refcount\":[{}],\"reference_count\":[{lengths}],\"referent\":[{}]}}],\"types\":[",
            list(held),
            list(referents)
        );
        let types: Vec<String> = self
            .types
            .iter()
            .map(|name| {
                let (module, name) = name.rsplit_once('.').unwrap_or(("builtins", name));
                format!("{{\"module\":\"{module}\",\"name\":\"{name}\"}}")
            })
            .collect();
        let _ = write!(document, "{}],\"shapes\":[", types.join(","));
        let shapes: Vec<String> = self
            .objects
            .iter()
            .map(|(of, slots)| {
                let names: Vec<&str> = slots.iter().map(|slot| slot.0.as_str()).collect();
                format!("{{\"type\":{of},\"slots\":[{{\"fields\":{}}}]}}", serde_json::to_string(&names).unwrap())
            })
            .collect();
        let roots: Vec<String> = self
            .modules
            .iter()
            .map(|place| format!("{{\"kind\":\"module\",\"name\":\"m{place}\",\"address\":{}}}", 16 * place))
            .collect();
        let _ = writeln!(
            document,
            "{}],\"roots\":[{}],\"threads\":[],\"end\":{{\"objects\":{count},\"references\":{references},\"texts\":0,\
             \"types\":{},\"shapes\":{count},\"roots\":{}}}}}",
            shapes.join(","),
            roots.join(","),
            self.types.len(),
            roots.len()
        );
        let path = folder.join("snap.json");
        fs::write(&path, document).unwrap();
        path
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heapgraph"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("HEAPGRAPH_SNAPSHOT")
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

fn headings(report: &Value) -> Vec<&str> {
    report["diagram"]["boxes"].as_array().unwrap().iter().map(|one| one["heading"].as_str().unwrap()).collect()
}

fn slot(name: impl Into<String>, to: usize) -> (String, usize) {
    (name.into(), to)
}

/// Two users in a list of a module, one of them also in a dictionary; the list refers to itself.
fn users() -> Heap {
    let mut heap = Heap::default();
    let one = heap.object("app.User", []);
    let other = heap.object("app.User", []);
    let list = heap.object("list", [slot("[0]", one), slot("[1]", other), slot("[2]", 2)]);
    let dict = heap.object("dict", [slot("['one']", one)]);
    let module = heap.object("module", [slot(".users", list), slot(".names", dict)]);
    heap.modules.push(module);
    heap
}

#[test]
fn text_rows_and_picture_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    users().write(folder.path());
    let report = json(folder.path(), &["backrefs", "--id", "0x1000"]);
    assert_eq!(headings(&report), ["User", "list", "dict", "module"]);
    let rows = report["rows"].as_array().unwrap();
    let shown: Vec<&str> = rows
        .iter()
        .filter(|row| !row["address"].is_null() && row["mark"] != "shown above")
        .map(|row| row["type"].as_str().unwrap())
        .collect();
    assert_eq!(shown, ["app.User", "list", "module", "dict"]);
    let on_path: Vec<&str> =
        rows.iter().filter(|row| row["on_path"] == true).map(|row| row["slots"].as_str().unwrap()).collect();
    assert_eq!(on_path, ["[0]", ".users"]);
    let emphasised = report["diagram"]["arrows"].as_array().unwrap().iter().filter(|arrow| arrow["emphasised"] == true);
    assert_eq!(emphasised.count(), 2);
    let text = text(folder.path(), &["backrefs", "--id", "0x1000"]);
    assert!(text.contains("GC root on the shortest path: module m4"), "{text}");
}

#[test]
fn options_choose_and_mark() {
    let folder = tempfile::tempdir().unwrap();
    users().write(folder.path());
    let at = folder.path();
    let report = json(at, &["backrefs", "--id", "0x1000", "--exclude", "dict"]);
    assert_eq!(headings(&report), ["User", "list", "module"]);
    assert!(report["notes"][0].as_str().unwrap().contains("--exclude"), "{}", report["notes"]);
    let report = json(at, &["refs", "--id", "0x1020", "--filter", "app"]);
    assert_eq!(headings(&report), ["list", "User", "User"], "a module's name is a pattern, too");
    let report = json(at, &["backrefs", "--type", "User", "--all", "--highlight", "di*", "--full-names"]);
    assert_eq!(headings(&report)[..2], ["app.User", "app.User"]);
    let marked: Vec<bool> = report["diagram"]["boxes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["highlighted"].as_bool().unwrap())
        .collect();
    assert_eq!(marked.iter().filter(|is_marked| **is_marked).count(), 1);
    let report = json(at, &["backrefs", "--id", "0x1000", "--extra", "size,retained", "--refcounts"]);
    let lines = report["diagram"]["boxes"][0]["lines"].to_string();
    assert!(
        lines.contains("64 B") && lines.contains("retains 64 B") && lines.contains("reference count: 2"),
        "{lines}"
    );

    for (arguments, code) in [
        (&["backrefs", "--id", "0x1000", "--filter", "NoSuchType"][..], 1),
        (&["backrefs", "--id", "0x1000", "--highlight", "[a"], 1),
        (&["backrefs", "--id", "0x1000", "--open"], 2),
        (&["backrefs", "--id", "0x1000", "--all"], 2),
        (&["backrefs", "--id", "0x1000", "--type", "dict"], 2),
    ] {
        assert_eq!(run(at, arguments).status.code(), Some(code), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_graph_that_was_written_is_drawn_as_if_it_had_been_drawn_at_once() {
    let folder = tempfile::tempdir().unwrap();
    users().write(folder.path());
    let at_once = ["backrefs", "--id", "0x1000", "--extra", "size,references", "-o"];
    text(folder.path(), &[&at_once[..], &["graph.json"]].concat());
    for extension in ["svg", "png", "dot", "mmd", "json"] {
        let (one, other) = (format!("one.{extension}"), format!("other.{extension}"));
        text(folder.path(), &[&at_once[..], &[&one]].concat());
        text(folder.path(), &["draw", "graph.json", "-o", &other]);
        let [one, other] = [one, other].map(|name| fs::read(folder.path().join(name)).unwrap());
        assert!(one == other, "{extension} differs");
    }
    fs::write(folder.path().join("wrong.json"), "{\"schema_version\": 1, \"boxes\": 3}").unwrap();
    let wrong = run(folder.path(), &["draw", "wrong.json", "-o", "x.svg"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!(wrong.status.code(), Some(1), "{said}");
    assert!(said.starts_with("heapgraph: error: wrong.json: is no graph to draw"), "{said}");
    assert!(!folder.path().join("x.svg").exists());
}

#[test]
fn open_starts_the_desktops_program() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    users().write(folder.path());
    let programs = folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let said = folder.path().join("said");
    let program = programs.join("xdg-open");
    fs::write(&program, format!("#!/bin/sh\necho \"$1\" > '{}.part'; mv '{0}.part' '{0}'\n", said.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
        .args(["backrefs", "snap.json", "--id", "0x1000", "--output=-x.svg", "--open"])
        .current_dir(folder.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let patience = Instant::now() + Duration::from_secs(20);
    while !said.exists() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    let opened = fs::read_to_string(&said).unwrap();
    assert!(opened.trim_end().ends_with("/-x.svg") && opened.starts_with('/'), "{opened}");
}

/// Snapshots of shapes that drawing programs choke on, with the first box's number of objects.
fn extremes() -> Vec<(&'static str, Heap)> {
    let mut linked = Heap::default();
    let count = 200;
    for place in 0..count {
        let mut slots = Vec::new();
        slots.extend((place > 0).then(|| slot(".before", place - 1)));
        slots.extend((place + 1 < count).then(|| slot(".next", place + 1)));
        linked.object("app.Node", slots);
    }
    let module = linked.object("module", [slot(".last", count - 1)]);
    linked.modules.push(module);

    let mut star = Heap::default();
    star.object("app.Sun", []);
    (0..2000).for_each(|_| {
        star.object("dict", [slot("['sun']", 0)]);
    });

    let mut bipartite = Heap::default();
    (0..30).for_each(|_| {
        bipartite.object("app.Low", []);
    });
    for _ in 0..30 {
        bipartite.object("list", (0..30).map(|low| slot(format!("[{low}]"), low)));
    }

    let mut parallel = Heap::default();
    parallel.object("app.Low", [slot(".me", 0)]);
    parallel.object("list", (0..1000).map(|place| slot(format!("[{place}]"), 0)));
    vec![("linked", linked), ("star", star), ("bipartite", bipartite), ("parallel", parallel)]
}

#[test]
fn extreme_shapes_are_drawn_soon() {
    for (name, heap) in extremes() {
        let folder = tempfile::tempdir().unwrap();
        heap.write(folder.path());
        // Placing thousands of boxes takes a release build.
        let boxes = if cfg!(debug_assertions) { "300" } else { "5000" };
        let everything = ["--no-fold", "--too-many", "5000", "--max-nodes", boxes, "--depth", "300"];
        for options in [&[][..], &everything] {
            for picture in ["a.svg", "a.png"] {
                let arguments =
                    [&["backrefs", "snap.json", "--id", "0x1000", "-o", picture, "--scale", "0.3"], options].concat();
                let started = Instant::now();
                let output = run(folder.path(), &arguments);
                // A second is the aim; the machine may be busy, and the build a debug build.
                assert!(started.elapsed() < Duration::from_secs(30), "{name} {options:?} took {:?}", started.elapsed());
                assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
                assert!(fs::metadata(folder.path().join(picture)).unwrap().len() > 1000, "{name}");
            }
        }
    }
}

#[test]
fn extreme_shapes_fold_to_a_few_boxes() {
    let expected: [(&str, &[&str]); 4] = [
        ("linked", &["Node", "Node × 199", "module"]),
        ("star", &["Sun", "dict × 2,000"]),
        ("bipartite", &["Low", "list × 30"]),
        ("parallel", &["Low", "list"]),
    ];
    for ((name, heap), (_, boxes)) in extremes().into_iter().zip(expected) {
        let folder = tempfile::tempdir().unwrap();
        heap.write(folder.path());
        let report = json(folder.path(), &["backrefs", "--id", "0x1000"]);
        assert_eq!(headings(&report), boxes, "{name}");
        let arrows = report["diagram"]["arrows"].as_array().unwrap();
        if name == "parallel" {
            assert!(arrows.iter().any(|arrow| arrow["from"] == 0 && arrow["to"] == 0), "the loop on the target");
            assert!(arrows.iter().any(|arrow| arrow["unnamed_more"] == 997));
        }
    }
}

#[test]
fn why_for_a_type_draws_one_of_those_that_are_held_in_the_commonest_way() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/why.in/snap.json");
    let output = run(folder.path(), &["why", snapshot, "--type", "Session", "-o", "why.dot"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("drawn is 0x7f0000001400, one of 5 held this way, of 6 in all"), "{said}");
    let picture = fs::read_to_string(folder.path().join("why.dot")).unwrap();
    assert!(picture.contains("0x7f0000001400") && picture.contains("SESSIONS"), "{picture}");
}

#[test]
fn what_comes_from_a_pipe_has_no_name_in_the_next_command() {
    let snapshot = fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/why.in/snap.json")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_heapgraph")).args(["common", "-"]).stdin(snapshot).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("next: heapgraph why SNAPSHOT --type"), "{said}");
}
