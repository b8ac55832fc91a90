//! The index beside a snapshot: which one is believed, when one is written, and how a command goes on without one.
//!
//! An index holds what every question begins with, as it lies in memory: the graph in both directions, roots, paths, dominators,
//! retained sizes, places. It is the snapshot's as long as the file has not been touched since: its inode, length and times are
//! the same to the nanosecond, and so is a sample of its bytes. The time of the last change of an inode can be set by nobody,
//! so an index that came along with a snapshot from elsewhere is nobody's.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::analysis::explored::Explored;
use crate::graph::HeapGraph;
use crate::sections::{SectionWriter, Sections};

use super::output;
use super::whole_file::WholeFile;

/// What the name of a snapshot is followed by.
const SUFFIX: &str = ".heapgraph";
/// Snapshots of fewer bytes are read in less than a twentieth of a second: no index is written for them unasked.
const WORTH_AN_INDEX: u64 = 8 << 20;
/// The same of compressed ones.
const WORTH_AN_INDEX_COMPRESSED: u64 = 1 << 20;
/// No index is larger.
const LARGEST: u64 = 8 << 30;
/// A file that was changed less than this ago may be changed again without being seen to be: clocks of file systems go in steps.
const SETTLED: Duration = Duration::from_millis(50);
/// The same where they count whole seconds.
const SETTLED_SECONDS: Duration = Duration::from_secs(3);
/// Bytes at the beginning and at the end of a snapshot that are compared, and bytes at places between.
const SAMPLE_ENDS: u64 = 64 << 10;
const SAMPLE: u64 = 4 << 10;
const SAMPLES: u64 = 64;

/// No index is read or written in this run.
static IS_OFF: AtomicBool = AtomicBool::new(false);
/// One was read that contradicts itself: none is read any more, and a new one may be written.
static IS_DOUBTED: AtomicBool = AtomicBool::new(false);
/// An index is being read: what goes wrong may be its fault.
static IS_READ: AtomicBool = AtomicBool::new(false);
/// Snapshots that were read in this run, with what they were then.
static READ: Mutex<Vec<(PathBuf, Times)>> = Mutex::new(Vec::new());

/// Whose an index is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    /// The program that wrote it: another one may see another heap in the same snapshot.
    program: String,
    times: Times,
    /// A hash of some of the snapshot's bytes.
    sample: u64,
}

/// What a file system says of a file. None of it stays the same when somebody writes to the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    length: u64,
    modified: (i64, u32),
    /// When the inode was changed last; nobody can set it.
    changed: (i64, u32),
    inode: u64,
}

impl Times {
    fn of(file: &Metadata) -> Option<Times> {
        let since = |time: SystemTime| match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Some((i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())),
            Err(_) => None,
        };
        let modified = since(file.modified().ok()?)?;
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            ((file.ctime(), u32::try_from(file.ctime_nsec()).ok()?), file.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = (since(file.created().ok()?)?.max(modified), 0);
        file.is_file().then_some(Times { length: file.len(), modified, changed, inode })
    }

    /// How long ago the file was changed must be seen in its times when it is changed again.
    fn left_to_settle(&self) -> Duration {
        let changed = UNIX_EPOCH + Duration::new(u64::try_from(self.changed.0).unwrap_or(0), self.changed.1);
        let settled = if self.changed.1 == 0 { SETTLED_SECONDS } else { SETTLED };
        // A time to come is no clock of ours.
        let age = SystemTime::now().duration_since(changed).unwrap_or(Duration::ZERO);
        settled.saturating_sub(age)
    }
}

impl Label {
    fn of(times: Times, file: &mut File) -> io::Result<Label> {
        let sample = sample(file, times.length)?;
        Ok(Label { program: concat!("heapgraph ", env!("CARGO_PKG_VERSION")).to_owned(), times, sample })
    }
}

/// A hash of the beginning, the end, and places between.
fn sample(file: &mut File, length: u64) -> io::Result<u64> {
    let mut hash = Xxh3::new();
    let mut bytes = Vec::new();
    let mut take = |from: u64, count: u64| -> io::Result<()> {
        bytes.clear();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(count).read_to_end(&mut bytes)?;
        hash.update(&bytes);
        Ok(())
    };
    take(0, SAMPLE_ENDS)?;
    for number in 1..=SAMPLES {
        take((u128::from(length) * u128::from(number) / u128::from(SAMPLES + 1)) as u64, SAMPLE)?;
    }
    take(length.saturating_sub(SAMPLE_ENDS), SAMPLE_ENDS)?;
    Ok(hash.digest())
}

/// The index of a snapshot: `snap.json` has `snap.json.heapgraph`.
pub fn path_of(snapshot: &Path) -> PathBuf {
    let mut name = snapshot.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// From now on no index is read or written.
pub fn turn_off() {
    IS_OFF.store(true, Ordering::Relaxed);
}

/// Notes what a snapshot is that will be read now; `file` is open.
pub fn note(path: &Path, file: &Metadata) {
    if let Some(times) = Times::of(file).filter(|times| times.left_to_settle().is_zero()) {
        READ.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), times));
    }
}

/// What a snapshot was when it was read last in this run; `None` when that can't be told.
fn times_when_read(path: &Path) -> Option<Times> {
    let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.iter().rev().find(|one| one.0 == path).map(|one| one.1.clone())
}

/// The graph from the snapshot's index; `None` when there is none that can be believed.
pub fn graph(path: &Path) -> Option<HeapGraph> {
    if IS_OFF.load(Ordering::Relaxed) || IS_DOUBTED.load(Ordering::Relaxed) {
        return None;
    }
    let index = File::open(path_of(path)).ok()?;
    let mut snapshot = File::open(path).ok()?;
    let of_snapshot = snapshot.metadata().ok()?;
    let times = Times::of(&of_snapshot)?;
    if !is_trusted(&index.metadata().ok()?, &of_snapshot) {
        return None;
    }
    // SAFETY: nobody writes to an index: it appears whole under its name, and a new one takes its place as a new file. Whoever
    // may write to the file all the same is the user, or who has written the snapshot.
    let map = unsafe { memmap2::Mmap::map(&index) }.ok()?;
    let (sections, label) = Sections::open::<Label>(map)?;
    if label.times != times || label != Label::of(times.clone(), &mut snapshot).ok()? {
        return None;
    }
    IS_READ.store(true, Ordering::Relaxed);
    let graph = HeapGraph::of_sections(&Arc::new(sections));
    if graph.is_some() {
        READ.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), times));
    }
    graph
}

/// Whether an index is of somebody who may change what is read from the snapshot anyway.
#[cfg(unix)]
fn is_trusted(index: &Metadata, snapshot: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    #[cfg(target_os = "linux")]
    let is_ours = index.uid() == nix::unistd::geteuid().as_raw();
    #[cfg(not(target_os = "linux"))]
    let is_ours = false;
    index.is_file() && (is_ours || index.uid() == snapshot.uid()) && index.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_trusted(index: &Metadata, _: &Metadata) -> bool {
    index.is_file()
}

/// Writes the index of a snapshot, or what it lacks, when that is worth it. The answer is out: whatever goes wrong is nobody's
/// trouble, a folder that is not to be written to least of all.
pub fn keep(path: Option<&Path>, heap: &Explored<'_>) {
    let Some(path) = path.filter(|_| !IS_OFF.load(Ordering::Relaxed)) else { return };
    let Some(times) = times_when_read(path) else { return };
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz" || extension == "zst");
    let worth = if is_compressed { WORTH_AN_INDEX_COMPRESSED } else { WORTH_AN_INDEX };
    if times.length < worth || !heap.has_more_than_index() {
        return;
    }
    // An index that contradicts itself is found out here at the latest.
    let written = quietly(|| write(path, &times, heap, false));
    if written.is_none() && IS_READ.load(Ordering::Relaxed) {
        let _ = fs::remove_file(path_of(path));
    }
}

/// Writes everything that an index can have; returns how many bytes it has, and whether it was there already.
///
/// # Errors
/// When the file can't be written, or the snapshot was changed meanwhile.
pub fn write_all(path: &Path, heap: &Explored<'_>) -> anyhow::Result<(u64, bool)> {
    let index = path_of(path);
    if heap.is_all_in_index() {
        return Ok((fs::metadata(&index)?.len(), true));
    }
    let times = times_when_read(path)
        .with_context(|| format!("{}: was changed just now; try again in a moment", path.display()))?;
    let bytes = write(path, &times, heap, true)?;
    Ok((bytes, false))
}

/// Waits until a change of the file would be seen in its times.
pub fn wait_until_settled(path: &Path) {
    if let Some(times) = fs::metadata(path).ok().and_then(|file| Times::of(&file)) {
        std::thread::sleep(times.left_to_settle().min(SETTLED_SECONDS));
    }
}

fn write(path: &Path, times: &Times, heap: &Explored<'_>, all: bool) -> anyhow::Result<u64> {
    let index = path_of(path);
    let unchanged = |file: &File| -> anyhow::Result<()> {
        anyhow::ensure!(Times::of(&file.metadata()?).as_ref() == Some(times), "{}: was changed", path.display());
        Ok(())
    };
    let mut snapshot = File::open(path)?;
    unchanged(&snapshot)?;
    let label = Label::of(times.clone(), &mut snapshot)?;
    let folder = match index.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let bytes = likely_bytes(heap.graph);
    anyhow::ensure!(bytes <= LARGEST, "{}: would be larger than {LARGEST} bytes", index.display());
    if let Some(free) = free_bytes(folder) {
        anyhow::ensure!(bytes <= free / 2, "{}: the disk has not twice the room that it needs", index.display());
    }
    let cannot_write = |error: io::Error| output::cannot_write(&index, &error);
    let whole = WholeFile::begin(folder, true).map_err(cannot_write)?;
    let mut out = SectionWriter::new(BufWriter::with_capacity(1 << 20, &whole.file)).map_err(cannot_write)?;
    heap.write_sections(&mut out, all).map_err(cannot_write)?;
    drop(out.finish(&label).map_err(cannot_write)?);
    let bytes = whole.file.metadata()?.len();
    unchanged(&File::open(path)?)?;
    whole.appear(&index).map_err(cannot_write)?;
    Ok(bytes)
}

fn likely_bytes(graph: &HeapGraph) -> u64 {
    48 * graph.object_count() as u64 + 8 * graph.reference_count() as u64
}

/// What is free on the disk of a folder; `None` when unknown.
#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    Some((disk.blocks_available() as u64).saturating_mul(disk.fragment_size() as u64))
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Runs a command, and once more without any index when one was read and turned out to contradict itself.
pub fn believing<T>(run: impl Fn() -> T) -> T {
    match quietly(&run) {
        Some(done) => done,
        None => {
            IS_DOUBTED.store(true, Ordering::Relaxed);
            IS_READ.store(false, Ordering::Relaxed);
            run()
        }
    }
}

/// Runs the closure; `None` when it panicked while an index was being read, of which nothing is printed. Other panics go on.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_READ.load(Ordering::Relaxed) {
                previous(info);
            }
        }));
    });
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(done) => Some(done),
        Err(_) if IS_READ.load(Ordering::Relaxed) => None,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
