//! Opening snapshots: files, standard input, live processes; progress while they are read.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::arguments::SnapshotArg;
use crate::app::exit_code::UsageError;
use crate::graph::HeapGraph;
use crate::snapshot::{Columns, ReadError, ReadErrorKind, RewriteError, Rewritten, Room, Snapshot, Wanted};

use super::compressed::{self, Compressed, Method};
use super::{index, output, system};

/// Files shorter than this are read before a bar would be seen.
const WORTH_A_BAR: u64 = 16 << 20;

/// What has been read in this run, and whether it is its owner's alone: what comes of it is to be so, too, and not to take its place.
static READ: Mutex<Vec<FileRead>> = Mutex::new(Vec::new());

struct FileRead {
    /// Device and inode; `None` of a process and of standard input.
    identity: Option<(u64, u64)>,
    #[cfg_attr(not(unix), allow(dead_code))]
    is_private: bool,
}

fn note_read(metadata: Option<&Metadata>, is_private: bool) {
    let identity = metadata.and_then(identity);
    READ.lock().unwrap_or_else(PoisonError::into_inner).push(FileRead { identity, is_private });
}

/// Notes that the memory of a process was read: what comes of it is to be its owner's alone.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub fn note_live() {
    note_read(None, true);
}

/// Whether a file is a snapshot that this run has read.
pub fn was_read(file: &Metadata) -> bool {
    let identity = identity(file);
    identity.is_some() && READ.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|one| one.identity == identity)
}

/// Whether anything that this run has read is its owner's alone: a private file, the memory of a process.
#[cfg_attr(not(unix), allow(dead_code))]
pub fn is_private() -> bool {
    READ.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|one| one.is_private)
}

#[cfg(unix)]
fn identity(file: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn is_owners_alone(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_owners_alone(_: &Metadata) -> bool {
    false
}

/// Files of so many bytes together are read at once: what their heaps take is then less than a gigabyte.
const AT_ONCE: u64 = 512 << 20;
/// What a byte of a compressed file counts for.
const COMPRESSED: u64 = 12;

/// How many files are read at once now.
static READERS: AtomicU64 = AtomicU64::new(1);

/// While this is there, two files are read at once; a panic ends that as well.
struct TwoReaders;

impl TwoReaders {
    fn begin() -> TwoReaders {
        READERS.store(2, Ordering::Relaxed);
        TwoReaders
    }
}

impl Drop for TwoReaders {
    fn drop(&mut self) {
        READERS.store(1, Ordering::Relaxed);
    }
}

/// Asks two files, at once where they are small and another thread may work. Each has half of the memory that is free then; where
/// that is not enough, they are asked one after the other.
///
/// # Errors
/// Of both, that of the first.
pub fn both<A, B: Send>(
    files: [&Path; 2],
    one: impl Fn() -> anyhow::Result<A>,
    other: impl Fn() -> anyhow::Result<B> + Sync,
) -> anyhow::Result<(A, B)> {
    let bytes = |path: &Path| {
        let length = std::fs::metadata(path).ok().filter(Metadata::is_file)?.len();
        let is_compressed = Method::of(path) != Method::Plain;
        Some(if is_compressed { length.saturating_mul(COMPRESSED) } else { length })
    };
    let [first, second] = files.map(bytes);
    let is_small = first.zip(second).is_some_and(|(first, second)| first.saturating_add(second) <= AT_ONCE);
    if is_small && crate::threads::allowed() > 1 {
        let (first, second) = {
            let _two = TwoReaders::begin();
            crate::threads::both(&one, &other)
        };
        let lacks_room = |error: &anyhow::Error| {
            error.downcast_ref::<ReadError>().is_some_and(|error| error.kind == ReadErrorKind::NoRoom)
        };
        if !first.as_ref().err().is_some_and(lacks_room) && !second.as_ref().err().is_some_and(lacks_room) {
            return Ok((first?, second?));
        }
        drop((first, second));
    }
    Ok((one()?, other()?))
}

/// Asks many files, two at a time as [`both`] does; in their order.
///
/// # Errors
/// That of the first file of which there is one.
pub fn each<T: Send>(files: &[&Path], ask: impl Fn(&Path) -> anyhow::Result<T> + Sync) -> anyhow::Result<Vec<T>> {
    let mut all = Vec::with_capacity(files.len());
    for some in files.chunks(2) {
        match some {
            &[one, other] => {
                let (one, other) = both([one, other], || ask(one), || ask(other))?;
                all.extend([one, other]);
            }
            one => all.push(ask(one[0])?),
        }
    }
    Ok(all)
}

/// A file that is being read, or standard input.
struct Opened {
    input: Counted<Box<dyn Read>>,
    bar: ProgressBar,
    room: Room,
}

/// Opens a snapshot; the error names the file.
fn open(path: &Path, quiet: bool) -> anyhow::Result<Opened> {
    let name = name(path);
    let (input, length): (Box<dyn Read>, u64) = if path == Path::new("-") {
        (Box::new(io::stdin().lock()), 0)
    } else {
        let metadata = std::fs::metadata(path).map_err(|error| explain_missing(path, error))?;
        if metadata.is_dir() {
            bail!("{name}: is a folder; name the snapshot in it");
        }
        note_read(Some(&metadata), is_owners_alone(&metadata));
        let file = File::open(path).map_err(|error| explain_missing(path, error))?;
        index::note(path, &file.metadata().map_err(|error| explain_missing(path, error))?);
        (Box::new(file), metadata.len())
    };
    let bar = progress(length, quiet);
    bar.set_message(format!("reading {}", crate::render::reports::safe_for_terminal(&name)));
    let read = Arc::new(AtomicU64::new(0));
    let bytes = system::room().map(|bytes| bytes / READERS.load(Ordering::Relaxed));
    let room = Room { bytes, progress: (length > 0).then(|| (length, Arc::clone(&read))) };
    let input: Box<dyn Read> = Box::new(bar.wrap_read(input));
    Ok(Opened { input: Counted { input, read }, bar, room })
}

/// Reads a snapshot; the error names the file.
pub fn read(path: &Path, wanted: Wanted, quiet: bool) -> anyhow::Result<Snapshot> {
    let Opened { input, bar, room } = open(path, quiet)?;
    let snapshot = Snapshot::read_within(input, wanted, room);
    bar.finish_and_clear();
    snapshot.with_context(|| name(path))
}

/// Writes what a snapshot says into another file, compressed as its name says; returns how much it has, and how many bytes the new file
/// has.
pub fn rewrite(path: &Path, to: &Path, columns: Columns, quiet: bool) -> anyhow::Result<(Rewritten, u64)> {
    compressed::can_write(to)?;
    let Opened { input, bar, .. } = open(path, quiet)?;
    let mut wrong = None;
    let written = output::stream_file(to, |out| {
        let mut out = Compressed::of(to, output::Counted { out, bytes: 0 }).map_err(io::Error::other)?;
        let rewritten = Snapshot::rewrite(input, &mut out, columns).map_err(|error| match error {
            RewriteError::Write(error) => error,
            RewriteError::Read(error) => {
                wrong = Some(error);
                io::ErrorKind::InvalidData.into()
            }
        })?;
        Ok((rewritten, out.finish()?.bytes))
    });
    bar.finish_and_clear();
    match wrong {
        // Nothing was written: what is to be told is why nothing could be read.
        Some(error) => Err(error).with_context(|| name(path)),
        None => written,
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(bytes)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Refuses several snapshots from standard input, which can be read once.
pub fn refuse_standard_input_twice<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), UsageError> {
    match paths.into_iter().filter(|path| path.as_path() == Path::new("-")).count() {
        0 | 1 => Ok(()),
        many => Err(UsageError(format!("- stands {many} times, and standard input can be read only once: name files"))),
    }
}

/// All bytes of a file that is no snapshot, or of standard input.
pub fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
        return Ok(bytes);
    }
    let mut file = File::open(path).with_context(|| name(path))?;
    let metadata = file.metadata().with_context(|| name(path))?;
    note_read(Some(&metadata), is_owners_alone(&metadata));
    file.read_to_end(&mut bytes).with_context(|| name(path))?;
    Ok(bytes)
}

/// The snapshot that the arguments name: a file, or a process that is read from outside.
pub fn snapshot(args: &SnapshotArg, wanted: Wanted, quiet: bool) -> anyhow::Result<Snapshot> {
    match args.pid {
        Some(pid) => system::snapshot_of(pid, quiet),
        None => read(&args.snapshot, wanted, quiet),
    }
}

/// The same as a graph.
pub fn graph(args: &SnapshotArg, quiet: bool) -> anyhow::Result<HeapGraph> {
    match file(args) {
        Some(path) => graph_of(path, quiet),
        None => Ok(built(snapshot(args, Wanted::References, quiet)?)),
    }
}

/// The graph of a file, from its index where it has one.
pub fn graph_of(path: &Path, quiet: bool) -> anyhow::Result<HeapGraph> {
    if let Some(graph) = index::graph(path) {
        let metadata = std::fs::metadata(path).map_err(|error| explain_missing(path, error))?;
        note_read(Some(&metadata), is_owners_alone(&metadata));
        return Ok(graph);
    }
    Ok(built(read(path, Wanted::References, quiet)?))
}

/// The graph of a snapshot; what reading has taken beside it is the system's again.
pub fn built(snapshot: Snapshot) -> HeapGraph {
    let graph = HeapGraph::build(snapshot);
    system::give_back();
    graph
}

/// The file that the arguments name; `None` for a process and for standard input.
pub fn file(args: &SnapshotArg) -> Option<&Path> {
    Some(args.snapshot.as_path()).filter(|path| args.pid.is_none() && *path != Path::new("-"))
}

/// How the snapshot is called in the commands that a report suggests.
pub fn argument(args: &SnapshotArg) -> String {
    match args.pid {
        Some(pid) => format!("--pid={pid}"),
        None => name(&args.snapshot),
    }
}

/// How a file is called.
pub fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn explain_missing(path: &Path, error: io::Error) -> anyhow::Error {
    let name = name(path);
    match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!(
            "{name}: no such file; name a snapshot, set $HEAPGRAPH_SNAPSHOT, or take one: \
             `heapgraph dump --pid PID` of a process that runs, `heapgraph dump -- python app.py` of a program"
        ),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "{name}: permission denied; snapshots belong to their user alone (mode 0600): run as that user, or copy it"
        ),
        _ => anyhow::Error::new(error).context(name),
    }
}

/// A bar over the bytes of a file; hidden when nobody would see it.
fn progress(length: u64, quiet: bool) -> ProgressBar {
    let is_one_of_two = READERS.load(Ordering::Relaxed) > 1;
    if quiet || is_one_of_two || length < WORTH_A_BAR || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
