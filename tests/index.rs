//! The index beside a snapshot: the same answers with it as without, and never one from an index that is not the snapshot's.

mod random_heap;

use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use heapgraph::analysis::blind_spots::BlindSpots;
use heapgraph::analysis::cycles::cycles;
use heapgraph::analysis::dominators::Dominator;
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::reference_view::ReferenceView;
use heapgraph::analysis::root_paths::independent_paths;
use heapgraph::graph::HeapGraph;
use heapgraph::sections::{SectionWriter, Sections};
use random_heap::{RandomHeap, Rng};
use xxhash_rust::xxh3::xxh3_64;

const HEAPS: u64 = 60;

/// Everything that is looked up in an index, and some of what is made of it.
fn told(graph: &HeapGraph) -> String {
    let heap = Explored::of(graph);
    let mut told = String::new();
    for object in graph.objects() {
        let address = graph.address(object);
        assert_eq!(graph.object_at(address), Some(object));
        let path = heap.path(object);
        let expression = path.as_ref().map(|path| heap.expression(path).text);
        let facts = (address, graph.type_of(object), graph.size(object), graph.refcount(object), graph.text(object));
        let references: Vec<_> = graph.references(object).map(|one| (one, graph.slot(one))).collect();
        let referrers: Vec<_> = graph.referrers(object).collect();
        let dominator = heap.tree().dominator(object);
        let below: Vec<_> = heap.dominated().by(Dominator::Object(object)).collect();
        let retained = (heap.retained().bytes(object), heap.dominated().count(object));
        let account = heap.roots.account(graph, object);
        writeln!(told, "{facts:?} {references:?} {referrers:?} {path:?} {expression:?}").unwrap();
        writeln!(told, "{dominator:?} {below:?} {retained:?} {account:?} {:?}", heap.cut_places(object)).unwrap();
        writeln!(told, "{:?}", independent_paths(&heap, object, 3, 3)).unwrap();
    }
    let found = cycles(&ReferenceView::exact(graph), heap.garbage());
    let rest = (&heap.roots.roots, heap.places(), BlindSpots::of(&heap), &graph.types, &graph.roots, graph.anomalies);
    writeln!(told, "{found:?} {rest:?}").unwrap();
    told
}

fn index_of(graph: &HeapGraph) -> Vec<u8> {
    let mut out = SectionWriter::new(Cursor::new(Vec::new())).unwrap();
    Explored::of(graph).write_sections(&mut out, true).unwrap();
    out.finish(&()).unwrap().into_inner()
}

/// What an index tells; `None` when it is not believed.
fn told_by(index: &[u8]) -> Option<String> {
    let mut map = memmap2::MmapMut::map_anon(index.len().max(1)).unwrap();
    map[..index.len()].copy_from_slice(index);
    let (sections, ()) = Sections::open(map.make_read_only().unwrap())?;
    let sections = Arc::new(sections);
    catch_unwind(AssertUnwindSafe(|| Some(told(&HeapGraph::of_sections(&sections)?)))).ok()?
}

#[test]
fn an_index_tells_what_the_snapshot_tells() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        assert_eq!(told_by(&index_of(&graph)), Some(told(&graph)), "seed {seed}");
    }
}

/// Bits that are turned and ends that are missing: what was written, or nothing.
#[test]
fn a_damaged_index_is_never_believed() {
    let mut rng = Rng::new(1);
    for seed in 0..HEAPS / 6 {
        let graph = RandomHeap::new(seed).graph();
        let (index, expected) = (index_of(&graph), told(&graph));
        for _ in 0..40 {
            let mut damaged = index.clone();
            match rng.below(3) {
                0 => damaged.truncate(rng.below(index.len() as u64) as usize),
                1 => damaged[rng.below(index.len() as u64) as usize] ^= 1 << rng.below(8),
                _ => {
                    let at = rng.below(index.len() as u64) as usize;
                    let end = (at + 1 + rng.below(200) as usize).min(index.len());
                    damaged[at..end].fill(rng.next() as u8);
                }
            }
            assert!(told_by(&damaged).is_none_or(|told| told == expected), "seed {seed}");
        }
    }
}

/// Gives an index the hashes that belong to its bytes, as somebody would who means harm.
fn rehash(index: &mut [u8]) {
    const BLOCK: usize = 1 << 14;
    let word = |index: &[u8], at: usize| u64::from_le_bytes(index[at..at + 8].try_into().unwrap()) as usize;
    let end = word(index, 24);
    for (number, begin) in (0..end).step_by(BLOCK).enumerate() {
        let hash = xxh3_64(&index[begin.max(64)..(begin + BLOCK).min(end)]);
        index[end + 8 * number..][..8].copy_from_slice(&hash.to_le_bytes());
    }
    let tail = xxh3_64(&index[end..]);
    index[48..56].copy_from_slice(&tail.to_le_bytes());
    let header = xxh3_64(&index[..56]);
    index[56..64].copy_from_slice(&header.to_le_bytes());
}

/// Numbers that are no numbers of the heap: an end of some kind, and soon. What is told then is anybody's guess.
#[test]
fn a_crafted_index_ends() {
    let mut rng = Rng::new(2);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for seed in 0..HEAPS / 3 {
        let index = index_of(&RandomHeap::new(seed).graph());
        let end = u64::from_le_bytes(index[24..32].try_into().unwrap());
        for _ in 0..60 {
            let mut crafted = index.clone();
            for _ in 0..1 + rng.below(3) {
                let at = 64 + rng.below(end - 64) as usize;
                crafted[at] = match rng.below(3) {
                    0 => crafted[at] ^ 1 << rng.below(8),
                    1 => rng.below(30) as u8,
                    _ => 255,
                };
            }
            rehash(&mut crafted);
            let _ = told_by(&crafted);
        }
    }
    std::panic::set_hook(hook);
}

fn heapgraph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapgraph"));
    command.current_dir(folder).env("NO_COLOR", "1").env("COLUMNS", "100").args(arguments);
    command.output().unwrap()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// A folder with a snapshot in it.
fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("snap.json"), bytes).unwrap();
    folder
}

/// A snapshot that is long enough for an index to be written unasked.
fn large(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().rposition(|&byte| byte == b'}').unwrap();
    let mut large = bytes[..end].to_vec();
    large.extend(format!(",\"padding\":\"{}\"}}", "x".repeat(9 << 20)).into_bytes());
    large
}

const QUESTIONS: &[&[&str]] = &[
    &["info"],
    &["suspects"],
    &["dominators"],
    &["dominators", "--group", "type"],
    &["dominators", "--view", "ownership", "--depth", "3"],
    &["dominators", "--format", "folded"],
    &["places", "--limit", "0"],
    &["places", "--format", "folded"],
    &["cycles"],
    &["common", "--sort", "retained"],
    &["why", "--type", "*"],
    &["backrefs", "--type", "*", "--all"],
    &["backrefs", "--type", "*", "--limit", "0"],
];
const OF_OBJECTS: &[&[&str]] = &[
    &["why", "--paths", "3"],
    &["why", "--format", "json"],
    &["show"],
    &["backrefs"],
    &["backrefs", "-o", "picture.json"],
    &["refs", "--extra", "retained"],
    &["dominators"],
];

/// Every answer, in an order that does not matter.
fn answers(folder: &Path, how: &[&str], ids: &[String]) -> Vec<(String, Output, Option<Vec<u8>>)> {
    let mut all = Vec::new();
    let mut ask = |question: &[&str]| {
        let arguments: Vec<&str> = [question, how].concat();
        let picture = folder.join("picture.json");
        let _ = fs::remove_file(&picture);
        let answer = heapgraph(folder, &arguments);
        all.push((question.join(" "), answer, fs::read(picture).ok()));
    };
    QUESTIONS.iter().for_each(|question| ask(question));
    for id in ids {
        OF_OBJECTS.iter().for_each(|question| ask(&[question, &["--id", id][..]].concat()));
    }
    all
}

#[test]
fn every_command_answers_the_same_with_an_index() {
    let mut snapshots: Vec<(String, Vec<u8>)> = ["leaks.in/snap.json", "leaks.in/cycle.json", "lines.in/snap.json"]
        .map(|name| (name.to_owned(), fs::read(golden(name)).unwrap()))
        .to_vec();
    let mut random = Vec::new();
    let mut snapshot = RandomHeap::new(3).snapshot();
    snapshot.end.objects = snapshot.objects.address.len() as u64;
    snapshot.end.references = snapshot.objects.referent.len() as u64;
    snapshot.write(&mut random, heapgraph::snapshot::Columns::Plain).unwrap();
    snapshots.push(("a random heap".to_owned(), random));
    for (name, bytes) in snapshots {
        let folder = folder_with(&bytes);
        let graph = HeapGraph::build(
            heapgraph::snapshot::Snapshot::read(&bytes[..], heapgraph::snapshot::Wanted::References).unwrap(),
        );
        let some = graph.objects().step_by(graph.object_count().div_ceil(4));
        let ids: Vec<String> = some.map(|object| graph.address(object).to_string()).collect();
        let without = answers(folder.path(), &["--no-index"], &ids);
        let written = heapgraph(folder.path(), &["index"]);
        assert!(written.status.success(), "{name}: {written:?}");
        // That it is used is seen when it is asked for again.
        let again = String::from_utf8(heapgraph(folder.path(), &["index"]).stdout).unwrap();
        assert!(again.contains("up to date"), "{name}: {again}");
        assert_eq!(answers(folder.path(), &[], &ids), without, "{name}");
    }
}

#[test]
fn a_large_snapshot_gets_its_index_by_the_first_question() {
    let folder = folder_with(&large(&fs::read(golden("leaks.in/snap.json")).unwrap()));
    let index = folder.path().join("snap.json.heapgraph");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(heapgraph(folder.path(), &["info", "--no-index"]).status.success());
    assert!(!index.exists());
    let first = heapgraph(folder.path(), &["info"]);
    assert!(index.exists(), "{first:?}");
    let small = fs::metadata(&index).unwrap().len();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&index).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // What a question computes is added.
    assert!(heapgraph(folder.path(), &["suspects"]).status.success());
    assert!(fs::metadata(&index).unwrap().len() > small);
    assert_eq!(heapgraph(folder.path(), &["info"]), first);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn an_index_of_another_snapshot_or_a_damaged_one_is_not_used() {
    let (shop, leaks) =
        (fs::read(golden("leaks.in/shop.json")).unwrap(), fs::read(golden("leaks.in/snap.json")).unwrap());
    let folder = folder_with(&shop);
    let index = folder.path().join("snap.json.heapgraph");
    let ask = || {
        let answer = heapgraph(folder.path(), &["suspects"]);
        assert!(answer.status.success() && answer.stderr.is_empty(), "{answer:?}");
        answer
    };
    let of_shop = ask();
    assert!(heapgraph(folder.path(), &["index"]).status.success());
    let whole = fs::read(&index).unwrap();
    assert_eq!(ask(), of_shop);
    // The snapshot is written anew.
    fs::write(folder.path().join("snap.json"), &leaks).unwrap();
    let of_leaks = ask();
    assert_ne!(of_leaks, of_shop);
    // A copy of the old file is another file.
    fs::write(folder.path().join("snap.json"), &shop).unwrap();
    assert_eq!(ask(), of_shop);
    assert!(heapgraph(folder.path(), &["index"]).status.success());
    let current = fs::read(&index).unwrap();
    for damaged in [&whole[..], &current[..current.len() / 2], b"", b"heapgraph index\n", &[0; 100_000]] {
        fs::write(&index, damaged).unwrap();
        assert_eq!(ask(), of_shop);
    }
    let mut rng = Rng::new(7);
    for _ in 0..12 {
        let mut damaged = current.clone();
        damaged[rng.below(current.len() as u64) as usize] ^= 4;
        fs::write(&index, &damaged).unwrap();
        assert_eq!(ask(), of_shop);
        rehash(&mut damaged);
        let at = 64 + rng.below(4000) as usize;
        damaged[at] = 255;
        rehash(&mut damaged);
        fs::write(&index, &damaged).unwrap();
        let crafted = heapgraph(folder.path(), &["suspects"]);
        assert!(crafted.stderr.is_empty(), "{crafted:?}");
    }
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    assert_eq!(ask(), of_shop);
}

#[test]
fn commands_at_once_are_all_right() {
    let folder = folder_with(&large(&fs::read(golden("leaks.in/snap.json")).unwrap()));
    std::thread::sleep(std::time::Duration::from_millis(100));
    let expected = heapgraph(folder.path(), &["suspects", "--no-index"]);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| heapgraph(folder.path(), &["suspects"]))).collect();
        all.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), expected));
    });
    assert_eq!(heapgraph(folder.path(), &["suspects"]), expected);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn where_nothing_can_be_written_nothing_is_said() {
    let folder = folder_with(&large(&fs::read(golden("leaks.in/snap.json")).unwrap()));
    std::thread::sleep(std::time::Duration::from_millis(100));
    // A folder in the way, which stops everybody, even who may write everywhere.
    fs::create_dir(folder.path().join("snap.json.heapgraph")).unwrap();
    let answer = heapgraph(folder.path(), &["info"]);
    assert!(answer.status.success() && answer.stderr.is_empty(), "{answer:?}");
    assert_eq!(answer.stdout, heapgraph(folder.path(), &["info", "--no-index"]).stdout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    // Asked for, it is an error.
    let asked = heapgraph(folder.path(), &["index"]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&asked.stderr).contains("can't be written"), "{asked:?}");
    assert_eq!(heapgraph(folder.path(), &["index", "-"]).status.code(), Some(2));
}
