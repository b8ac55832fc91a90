//! From a diagram or a heap to a picture: how long the extreme shapes take, all boxes drawn.
//!
//! `cargo bench --bench drawing` prints two Markdown tables. The first draws diagrams with the library. The second needs a
//! `python3`: it dumps heaps of the same shapes and runs the program on them, so that its times include reading the snapshot.

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use heapgraph::render::{Layout, PictureFormat, PictureOptions, picture, scene_of};
use heapgraph::report::diagram::Diagram;

/// Times are the least of so many runs.
const RUNS: usize = 3;

fn main() {
    diagrams();
    heaps();
}

fn diagrams() {
    println!("| diagram | boxes | size | scene ms | SVG ms | PNG ms | megapixels | PNG kB |");
    println!("|---|--:|---|--:|--:|--:|--:|--:|");
    for (name, diagram) in [
        ("star", corpus::star(2000)),
        ("complete bipartite", corpus::bipartite(30)),
        ("doubly linked list", corpus::doubly_linked(200)),
        ("parallel references", corpus::parallel(1000)),
        ("self loop", corpus::plain(1, [(0, 0)])),
        ("excerpt", corpus::excerpt(1, 500)),
    ] {
        let (scene, arranging) = least(|| scene_of(&diagram, Layout::Auto).unwrap());
        let (_, svg) = least(|| picture(&diagram, PictureFormat::Svg, &PictureOptions::default()).unwrap().bytes);
        let ((bytes, scale), png) = least(|| png(&diagram));
        println!(
            "| {name} | {} | {:.0} × {:.0} | {:.1} | {:.1} | {:.0} | {:.1} | {} |",
            diagram.boxes.len(),
            scene.size.width,
            scene.size.height,
            milliseconds(arranging),
            milliseconds(svg),
            milliseconds(png),
            scene.size.width * scene.size.height * scale * scale / 1e6,
            bytes / 1000,
        );
    }
}

/// Size of the file, and the pixels for each unit that the program draws without `--scale`.
fn png(diagram: &Diagram) -> (usize, f64) {
    let drawn = picture(diagram, PictureFormat::Png, &PictureOptions::default()).expect("it fits").bytes;
    // The header of a PNG: signature, length and name of the first chunk, then its width.
    let columns = u32::from_be_bytes(drawn[16..20].try_into().expect("four bytes"));
    (drawn.len(), f64::from(columns) / scene_of(diagram, Layout::Auto).expect("it can be placed").size.width)
}

/// Builds the heap of each shape, its target an object of the type `Target`.
const PROGRAM: &str = r#"
import sys
sys.path.insert(0, sys.argv[3])
import snapshot_dumper

class Node:
    pass

class Target:
    pass

def star(target):
    nodes = [Node() for _ in range(2000)]
    for node in nodes:
        node.target = target
    return nodes

def complete_bipartite(target):
    lower, upper = ([Node() for _ in range(30)] for _ in range(2))
    for node in lower:
        node.target = target
    for node in upper:
        for place, other in enumerate(lower):
            setattr(node, "to_%d" % place, other)
    return upper

def doubly_linked(target):
    node = target
    for _ in range(199):
        node.next = Node()
        node.next.previous = node
        node = node.next
    return node

def parallel(target):
    return [target] * 1000

def self_loop(target):
    target.itself = target
    return target

held = globals()[sys.argv[1]](Target())
snapshot_dumper.dump(sys.argv[2])
"#;

fn heaps() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder for snapshots");
    println!("\n| heap | PNG of everything, seconds | as drawn without options, seconds |");
    println!("|---|--:|--:|");
    for shape in ["star", "complete_bipartite", "doubly_linked", "parallel", "self_loop"] {
        let snapshot = folder.path().join("snap.json");
        let dumped = Command::new("python3")
            .args(["-c", PROGRAM, shape])
            .arg(&snapshot)
            .arg(here.join("snapshot-dumper"))
            .status();
        if !dumped.is_ok_and(|status| status.success()) {
            println!("\nNo python3: the heaps were left out.");
            return;
        }
        let draw = |options: &[&str]| {
            let (_, time) = least(|| {
                let output = Command::new(env!("CARGO_BIN_EXE_heapgraph"))
                    .args(["backrefs", "--type", "Target", "-o"])
                    .arg(folder.path().join("picture.png"))
                    .args(options)
                    .arg(&snapshot)
                    .output()
                    .expect("the program runs");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            });
            time.as_secs_f64()
        };
        let everything = draw(&["--no-fold", "--max-nodes", "5000", "--too-many", "5000", "--depth", "300"]);
        println!("| {shape} | {everything:.2} | {:.2} |", draw(&[]));
    }
}

fn least<T>(run: impl Fn() -> T) -> (T, Duration) {
    let timed = || {
        let begin = Instant::now();
        let result = run();
        (result, begin.elapsed())
    };
    (0..RUNS).map(|_| timed()).min_by_key(|(_, time)| *time).expect("there is at least one run")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
