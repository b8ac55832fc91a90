//! Placements compared: our layered engine, layout-rs, and Graphviz's dot when it is installed.
//!
//! `cargo bench --bench pictures [-- ROUNDS]` prints two Markdown tables: quality over the corpus of `tests/corpus` (from seeds,
//! and of real heaps), and CPU
//! time. dot gets the same boxes, label sizes and pinned target, and its splines are measured by the same code as ours.

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use heapgraph::render::best_placement::{BOTH_UP_TO, place_best};
use heapgraph::render::placement::{
    Layered, LayoutRs, Placed, PlacedArrow, Placement, Point, Rect, Size, SizedDiagram, Step,
};
use heapgraph::render::quality::Quality;
use heapgraph::render::sized;

type Engine = (&'static str, fn(&SizedDiagram) -> Option<(Placed, Duration)>);

const ENGINES: [Engine; 4] = [("native", native), ("layout-rs", layout_rs), ("auto", auto), ("dot", dot)];

fn main() {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(3);
    quality_table(rounds);
    time_table();
}

#[derive(Default, Clone, Copy)]
struct Sums {
    placed: u64,
    defects: usize,
    struck: usize,
    crossings: usize,
    length: f64,
    area: f64,
    time: Duration,
}

impl Sums {
    fn add(&mut self, quality: &Quality, time: Duration) {
        self.placed += 1;
        self.defects += quality.overlapping_boxes + quality.arrows_through_boxes + quality.label_clashes;
        self.struck += quality.struck_labels;
        self.crossings += quality.crossings;
        self.length += quality.length;
        self.area += quality.area;
        self.time += time;
    }
}

/// One line per size and engine, sums over the rounds; an engine that placed fewer diagrams than others says so.
fn quality_table(rounds: u64) {
    println!("{rounds} excerpts of each size; sums over those placed.\n");
    println!(
        "| boxes | engine | placed | overlaps and clashes | labels struck | crossings | length (1000 px) | area (Mpx) | CPU ms each |"
    );
    println!("|--:|---|--:|--:|--:|--:|--:|--:|--:|");
    let (mut small, mut taken) = (0, 0);
    let mut totals = [Sums::default(); ENGINES.len()];
    for size in corpus::SIZES {
        let mut sums = [Sums::default(); ENGINES.len()];
        for seed in 0..rounds {
            let diagram = sized(&corpus::excerpt(seed, size));
            if size <= BOTH_UP_TO {
                small += 1;
                taken += u32::from(LayoutRs.place(&diagram).is_ok_and(|placed| placed == place_best(&diagram)));
            }
            for (engine, (_, place)) in ENGINES.iter().enumerate() {
                if let Some((placed, time)) = place(&diagram) {
                    let quality = Quality::of(&placed, &diagram);
                    sums[engine].add(&quality, time);
                    totals[engine].add(&quality, time);
                }
            }
        }
        print_lines(&size.to_string(), &sums);
    }
    let real = corpus::real();
    let mut sums = [Sums::default(); ENGINES.len()];
    for (_, diagram) in &real {
        let diagram = sized(diagram);
        for (engine, (_, place)) in ENGINES.iter().enumerate() {
            if let Some((placed, time)) = place(&diagram) {
                let quality = Quality::of(&placed, &diagram);
                sums[engine].add(&quality, time);
                totals[engine].add(&quality, time);
            }
        }
    }
    print_lines(&format!("{} real", real.len()), &sums);
    print_lines("all", &totals);
    println!("\nauto took layout-rs for {taken} of the {small} excerpts with at most {BOTH_UP_TO} boxes.");
}

fn print_lines(size: &str, sums: &[Sums]) {
    for ((name, _), sums) in ENGINES.iter().zip(sums).filter(|(_, sums)| sums.placed > 0) {
        println!(
            "| {size} | {name} | {} | {} | {} | {} | {:.0} | {:.1} | {:.2} |",
            sums.placed,
            sums.defects,
            sums.struck,
            sums.crossings,
            sums.length / 1e3,
            sums.area / 1e6,
            sums.time.as_secs_f64() * 1e3 / sums.placed as f64
        );
    }
}

fn time_table() {
    println!("\n| diagram | boxes | arrows | native CPU ms | dot CPU ms | dot/native |");
    println!("|---|--:|--:|--:|--:|--:|");
    for (name, diagram) in [
        ("excerpt", corpus::excerpt(1, 10)),
        ("excerpt", corpus::excerpt(1, 150)),
        ("excerpt", corpus::excerpt(1, 500)),
        ("excerpt", corpus::excerpt(1, 2000)),
        ("doubly linked list", corpus::doubly_linked(200)),
        ("star", corpus::star(2000)),
        ("complete bipartite", corpus::bipartite(30)),
        ("parallel references", corpus::parallel(1000)),
    ] {
        let diagram = sized(&diagram);
        let ours = (0..5).filter_map(|_| native(&diagram)).map(|(_, time)| time).min().unwrap_or_default();
        let theirs = dot(&diagram).map(|(_, time)| time);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "| {name} | {} | {} | {:.2} | {} | {} |",
            diagram.boxes.len(),
            diagram.arrows.len(),
            milliseconds(ours),
            theirs.map_or("–".to_owned(), |time| format!("{:.0}", milliseconds(time))),
            theirs.map_or("–".to_owned(), |time| format!("{:.0}", time.as_secs_f64() / ours.as_secs_f64())),
        );
    }
}

fn native(diagram: &SizedDiagram) -> Option<(Placed, Duration)> {
    timed(|| Some(Layered.place_any(diagram)))
}

fn layout_rs(diagram: &SizedDiagram) -> Option<(Placed, Duration)> {
    timed(|| LayoutRs.place(diagram).ok())
}

fn auto(diagram: &SizedDiagram) -> Option<(Placed, Duration)> {
    timed(|| Some(place_best(diagram)))
}

fn timed(place: impl FnOnce() -> Option<Placed>) -> Option<(Placed, Duration)> {
    let begin = cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID);
    let placed = place()?;
    Some((placed, cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID) - begin))
}

fn cpu_time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// CPU time of all children that ended.
fn children_time() -> Duration {
    // SAFETY: all-zero bytes are a valid rusage, and the pointer is to ours.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let part = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    part(usage.ru_utime) + part(usage.ru_stime)
}

/// Runs dot; `None` when it is not installed or gives up.
fn dot(diagram: &SizedDiagram) -> Option<(Placed, Duration)> {
    let before = children_time();
    let mut child = Command::new("dot")
        .arg("-Tjson0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(dot_source(diagram).as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let time = children_time() - before;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    Some((placed_by_dot(diagram, &answer)?, time))
}

/// The same boxes with fixed sizes, and labels as empty tables of the size of ours. 72 points are an inch.
fn dot_source(diagram: &SizedDiagram) -> String {
    let mut source = String::from("digraph { node [shape=box, fixedsize=true, label=\"\"]; edge [arrowsize=0.8];\n");
    for (index, sized) in diagram.boxes.iter().enumerate() {
        source +=
            &format!("b{index} [width={:.4}, height={:.4}];\n", sized.size.width / 72.0, sized.size.height / 72.0);
    }
    let targets: String = (0..diagram.boxes.len())
        .filter(|&index| diagram.boxes[index].target)
        .map(|index| format!("b{index};"))
        .collect();
    source += &format!("{{ rank=sink; {targets} }}\n");
    for (index, arrow) in diagram.arrows.iter().enumerate() {
        let label = arrow.label.map_or(String::new(), |Size { width, height }| {
            format!(
                ", label=<<TABLE BORDER=\"0\" CELLPADDING=\"0\" CELLSPACING=\"0\" FIXEDSIZE=\"TRUE\" WIDTH=\"{width}\" HEIGHT=\"{height}\"><TR><TD></TD></TR></TABLE>>"
            )
        });
        source += &format!("b{} -> b{} [comment=\"{index}\"{label}];\n", arrow.from, arrow.to);
    }
    source + "}\n"
}

/// Reads dot's coordinates; its y grows upwards.
fn placed_by_dot(diagram: &SizedDiagram, answer: &serde_json::Value) -> Option<Placed> {
    let numbers = |text: &str| -> Vec<f64> { text.split(',').filter_map(|number| number.parse().ok()).collect() };
    let bounds = numbers(answer["bb"].as_str()?);
    let height = bounds[3];
    let mut placed = Placed {
        size: Size { width: bounds[2], height },
        boxes: vec![Rect::default(); diagram.boxes.len()],
        arrows: vec![PlacedArrow::default(); diagram.arrows.len()],
    };
    for object in answer["objects"].as_array()? {
        let Some(index) = object["name"].as_str()?.strip_prefix('b').and_then(|index| index.parse::<usize>().ok())
        else {
            continue;
        };
        let (place, Size { width, height: tall }) = (numbers(object["pos"].as_str()?), diagram.boxes[index].size);
        placed.boxes[index] =
            Rect { x: place[0] - width / 2.0, y: height - place[1] - tall / 2.0, width, height: tall };
    }
    for edge in answer["edges"].as_array()? {
        let index: usize = edge["comment"].as_str()?.parse().ok()?;
        let point = |text: &str| {
            let place = numbers(text);
            Point { x: place[0], y: height - place[1] }
        };
        // `e,X,Y` is the tip, then the start and triples of control points.
        let mut tip = None;
        let mut points = Vec::new();
        for part in edge["pos"].as_str()?.split(' ') {
            match part.strip_prefix("e,").or(part.strip_prefix("s,")) {
                Some(end) => tip = Some(point(end)),
                None => points.push(point(part)),
            }
        }
        let arrow = &mut placed.arrows[index];
        arrow.line.push(Step::Move(*points.first()?));
        arrow.line.extend(points[1..].chunks_exact(3).map(|chunk| Step::Curve(chunk[0], chunk[1], chunk[2])));
        arrow.line.extend(tip.map(Step::Line));
        if let (Some(place), Some(Size { width, height: tall })) = (edge["lp"].as_str(), diagram.arrows[index].label) {
            let middle = point(place);
            arrow.label = Some(Rect { x: middle.x - width / 2.0, y: middle.y - tall / 2.0, width, height: tall });
        }
    }
    Some(placed)
}
