//! Parquet: tables of a heap for any engine that reads columns (DuckDB, Spark, ClickHouse, pandas).
//!
//! Each table is a folder; below it are folders by service, date and snapshot, as engines expect partitions (`name=value`).

mod table;

use std::borrow::Cow;
use std::io::{self, Write};

use crate::analysis::dominators::Dominator;
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRootKind;
use crate::analysis::places::PlacedHeap;
use crate::graph::{HeapGraph, Object, RefCount, Reference, RootPlace, Slot};
use crate::report::{place_texts, root_words, slot_label};
use crate::snapshot::Header;

use super::census::CensusRow;
use table::{Columns, GROUP};

/// Version of the columns; rises when one changes its meaning or goes away.
const SCHEMA: u32 = 1;
/// What engines take for a value that is missing, in the name of a folder.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// Whose heap it is, as far as no snapshot tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The service that the process is of.
    pub service: String,
    /// The machine.
    pub host: Option<String>,
    /// The version of the service.
    pub release: Option<String>,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row: the process and the snapshot.
    Snapshots,
    /// What the heap is made of, by type and place: a few hundred rows.
    Census,
    /// Every object.
    Objects,
    /// Every reference.
    References,
    /// Every type.
    Types,
    /// Every GC root.
    Roots,
    /// Every place.
    Places,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 7] =
        [Table::Snapshots, Table::Census, Table::Objects, Table::References, Table::Types, Table::Roots, Table::Places];
    /// Those that tell a process in kilobytes.
    pub const OF_CENSUS: [Table; 2] = [Table::Snapshots, Table::Census];

    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Table::Snapshots => "snapshots",
            Table::Census => "census",
            Table::Objects => "objects",
            Table::References => "references",
            Table::Types => "types",
            Table::Roots => "roots",
            Table::Places => "places",
        }
    }

    /// Its file, below the folder of all tables: `objects/service=web/date=2026-11-26/snapshot_id=…/part-0.parquet`.
    pub fn file(self, header: &Header, origin: &Origin, snapshot_id: &str) -> String {
        let time = header.capture.time.as_deref();
        let date = time.and_then(|time| time.get(..10)).filter(|date| is_date(date)).unwrap_or(MISSING);
        let service = folder_name(&origin.service);
        format!("{}/service={service}/date={date}/snapshot_id={snapshot_id}/part-0.parquet", self.name())
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if [4, 7].contains(&at) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// A value as the name of a folder: what has a meaning there is written by its number, as engines read it.
fn folder_name(value: &str) -> String {
    if value.is_empty() {
        return MISSING.to_owned();
    }
    let mut name = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    // No way up, and no hidden folder.
    name.strip_prefix('.').map(|rest| format!("%2E{rest}")).unwrap_or(name)
}

/// What names a snapshot: its time, the process, and a number made of what it holds, so that two of a fleet differ. The same
/// snapshot has the same name.
pub fn snapshot_id(graph: &HeapGraph, origin: &Origin) -> String {
    let header = &graph.header;
    let digits = |time: &str| time.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>();
    let time = header.capture.time.as_deref().map_or_else(|| "unknown".to_owned(), digits);
    let mut hash = Fnv::new();
    let argv = header.process.argv.iter().flatten().map(|word| word.as_bytes());
    let origin = [origin.service.as_str(), origin.host.as_deref().unwrap_or_default()].map(str::as_bytes);
    argv.chain(origin).for_each(|part| hash.part(part));
    let ends = graph.objects().next().into_iter().chain(graph.objects().next_back());
    ends.for_each(|object| hash.part(&graph.address(object).0.to_le_bytes()));
    for number in [graph.object_count() as u64, graph.reference_count() as u64, graph.total_size()] {
        hash.part(&number.to_le_bytes());
    }
    let pid = header.process.pid.map_or_else(|| "0".to_owned(), |pid| pid.to_string());
    format!("{time}-{pid}-{:08x}", hash.0 >> 32)
}

/// FNV-1a: small, and the same everywhere.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Fnv(0xCBF2_9CE4_8422_2325)
    }

    fn part(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xFF]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

/// What slots are, as the table of references calls it.
const SLOT_KINDS: [&str; 6] = ["field", "index", "key", "value", "member", "unnamed"];

/// Which of [`SLOT_KINDS`] a slot is.
fn slot_kind(slot: Slot<'_>) -> usize {
    match slot {
        Slot::Field(_) => 0,
        Slot::Index(_) | Slot::Flat(_) => 1,
        Slot::Key => 2,
        Slot::Value(_) => 3,
        Slot::Member => 4,
        Slot::Unnamed => 5,
    }
}

/// A heap with what its tables need.
pub struct ParquetHeap<'g> {
    /// The heap.
    pub heap: &'g Explored<'g>,
    /// Its places.
    pub placed: &'g PlacedHeap<'g>,
    /// Its census.
    pub census: &'g [CensusRow],
    /// Whose it is.
    pub origin: &'g Origin,
}

impl ParquetHeap<'_> {
    /// Writes a table; returns the number of its rows. Linear in them.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, table: Table, out: impl Write + Send) -> io::Result<u64> {
        match table {
            Table::Snapshots => self.snapshots(out),
            Table::Census => self.census(out),
            Table::Objects => self.objects(out),
            Table::References => self.references(out),
            Table::Types => self.types(out),
            Table::Roots => self.roots(out),
            Table::Places => self.places(out),
        }
    }

    fn snapshots(&self, out: impl Write + Send) -> io::Result<u64> {
        let (graph, origin) = (self.heap.graph, self.origin);
        let header = &graph.header;
        let everything = self.heap.retained().everything();
        let garbage = self.heap.retained().unreachable;
        let command = header.process.argv.as_ref().map(|words| {
            let words: Vec<&str> = words.iter().map(|word| &**word).collect();
            words.join(" ")
        });
        let text = |text: Option<&str>| text.map(|text| Cow::Owned::<str>(text.to_owned()));
        Columns::new()
            .number("schema_version", |()| Some(SCHEMA))
            .text("host", |()| text(origin.host.as_deref()))
            .text("release", |()| text(origin.release.as_deref()))
            .text("time", |()| text(header.capture.time.as_deref()))
            .amount("pid", |()| header.process.pid)
            .text("command", |()| text(command.as_deref()))
            .text("python", |()| text(header.interpreter.version.as_deref()))
            .text("method", |()| text(header.capture.method.as_deref()))
            .amount("rss_bytes", |()| header.process.rss_bytes)
            .amount("memory_limit_bytes", |()| header.process.memory_limit_bytes)
            .share("running_seconds", |()| header.process.real_seconds)
            .amount("objects", |()| Some(everything.objects))
            .amount("references", |()| Some(graph.reference_count() as u64))
            .amount("shallow_bytes", |()| Some(everything.bytes))
            .amount("external_bytes", |()| Some(everything.external_bytes))
            .amount("garbage_objects", |()| Some(garbage.objects))
            .amount("garbage_bytes", |()| Some(garbage.bytes))
            .text("written_by", |()| text(header.dumper.version.as_deref()))
            .write(std::iter::once(vec![()]), out)
    }

    fn census(&self, out: impl Write + Send) -> io::Result<u64> {
        let origin = self.origin;
        let header = &self.heap.graph.header;
        let owned = |text: Option<&str>| text.map(|text| Cow::Owned::<str>(text.to_owned()));
        Columns::new()
            .text("counted", |row: &&CensusRow| Some(Cow::Borrowed(row.counted.label())))
            .text("name", |row| owned(Some(&row.name)))
            .amount("objects", |row| Some(row.all.count))
            .amount("shallow_bytes", |row| Some(row.all.shallow_bytes))
            .amount("retained_bytes", |row| row.retained_bytes)
            .amount("own_objects", |row| row.own.map(|own| own.count))
            .amount("own_bytes", |row| row.own.map(|own| own.shallow_bytes))
            .amount("shared_bytes", |row| row.shared_bytes)
            .amount("containers", |row| row.containers)
            .amount("elements", |row| row.elements)
            .text("element_type", |row| owned(row.element_type.as_deref()))
            .text("time", |_| owned(header.capture.time.as_deref()))
            .text("host", |_| owned(origin.host.as_deref()))
            .text("release", |_| owned(origin.release.as_deref()))
            .amount("pid", |_| header.process.pid)
            .amount("rss_bytes", |_| header.process.rss_bytes)
            .write(self.census.chunks(GROUP).map(|rows| rows.iter().collect()), out)
    }

    fn objects(&self, out: impl Write + Send) -> io::Result<u64> {
        let (heap, placed) = (self.heap, self.placed);
        let graph = heap.graph;
        let (tree, retained) = (heap.tree(), heap.retained());
        let mut kinds: Vec<Option<GcRootKind>> = vec![None; graph.object_count()];
        // The best explanation comes first.
        for root in heap.roots.roots.iter().rev() {
            kinds[root.object.index()] = Some(root.kind);
        }
        // By type, then by address: an engine skips what has not the type that is asked for.
        let mut order: Vec<Object> = graph.objects().collect();
        order.sort_by_key(|&object| graph.type_id(object));
        let line = |object: Object| graph.line_of(object);
        // A look-up of an address is a search: here each is asked for several times.
        let addresses: Vec<u64> = graph.addresses().collect();
        let address = |object: Object| addresses[object.index()];
        let columns = Columns::new()
            .address("address", |object: &Object| Some(address(*object)))
            .number("type_id", |object| Some(graph.type_id(*object).0))
            .amount("shallow_bytes", |object| Some(graph.size(*object)))
            .amount("external_bytes", |object| Some(graph.external_bytes(*object)).filter(|bytes| *bytes > 0))
            .amount("refcount", |object| match graph.refcount(*object) {
                RefCount::Known(count) => Some(count),
                RefCount::Immortal | RefCount::Unknown => None,
            })
            .amount("retained_bytes", |object| Some(retained.bytes(*object)))
            .address("dominator", |object| match tree.dominator(*object) {
                Dominator::Object(dominator) => Some(address(dominator)),
                Dominator::Roots | Dominator::Unreachable => None,
            })
            .shared_text(
                "root_kind",
                |object| kinds[object.index()].map(|kind| kind as u64),
                |object| kinds[object.index()].map_or("", GcRootKind::label).into(),
            )
            .number("place_id", |object| Some(placed.place(*object)))
            .flag("is_garbage", |object| Some(heap.garbage().contains(*object)))
            .text("text", |object| graph.text(*object).map(|known| Cow::Borrowed(known.text)))
            .shared_text(
                "made_at_file",
                |object| line(*object).map(|line| line.file.into()),
                |object| line(*object).map_or("", |line| graph.allocations().file(line)).into(),
            )
            .number("made_at_line", |object| Some(line(*object)?.line));
        columns.write(order.chunks(GROUP).map(<[Object]>::to_vec), out)
    }

    fn references(&self, out: impl Write + Send) -> io::Result<u64> {
        let graph = self.heap.graph;
        let addresses: Vec<u64> = graph.addresses().collect();
        let columns = Columns::new()
            .address("referrer", |held: &Reference| Some(addresses[held.referrer.index()]))
            .address("referent", |held| Some(addresses[held.referent?.index()]))
            .number("position", |held| Some(held.position))
            .shared_text(
                "slot_kind",
                |held| Some(slot_kind(graph.slot(*held)) as u64),
                |held| SLOT_KINDS[slot_kind(graph.slot(*held))].into(),
            )
            // What the kind and the position tell is not told again.
            .shared_text(
                "slot",
                |held| match graph.slot(*held) {
                    Slot::Field(_) => {
                        Some(1 << 63 | (graph.shape_index(held.referrer) as u64) << 32 | u64::from(held.position))
                    }
                    Slot::Value(key) => Some(key.map_or(1 << 32, |key| key.0.into())),
                    Slot::Index(_) | Slot::Flat(_) | Slot::Key | Slot::Member | Slot::Unnamed => None,
                },
                |held| slot_label(graph, graph.slot(*held)).into(),
            )
            .flag("strong", |held| Some(graph.is_strong(*held)));
        let mut all =
            graph.objects().flat_map(|object| graph.references(object)).filter(|held| held.referent.is_some());
        let groups = std::iter::from_fn(|| {
            let rows: Vec<Reference> = all.by_ref().take(GROUP).collect();
            (!rows.is_empty()).then_some(rows)
        });
        columns.write(groups, out)
    }

    fn types(&self, out: impl Write + Send) -> io::Result<u64> {
        let graph = self.heap.graph;
        let rows: Vec<u32> = (0..graph.types.len() as u32).collect();
        let of = |at: &u32| &graph.types[*at as usize];
        Columns::new()
            .number("type_id", |at: &u32| Some(*at))
            .text("module", |at| Some(Cow::Borrowed(&*of(at).module)))
            .text("name", |at| Some(Cow::Borrowed(&*of(at).name)))
            .text("full_name", |at| Some(Cow::Owned(of(at).full_name())))
            .number("base_id", |at| of(at).base.map(|base| base.0))
            .address("address", |at| of(at).object.map(|object| graph.address(object).0))
            .write(rows.chunks(GROUP).map(<[u32]>::to_vec), out)
    }

    fn roots(&self, out: impl Write + Send) -> io::Result<u64> {
        let graph = self.heap.graph;
        let roots = &self.heap.roots.roots;
        let rows: Vec<u32> = (0..roots.len() as u32).collect();
        let named = |at: &u32| roots[*at as usize].named(graph);
        let thread = |at: &u32| {
            let (RootPlace::Local { frame, .. } | RootPlace::ValueStack(frame)) = &named(at)?.place else {
                return None;
            };
            Some(frame)
        };
        Columns::new()
            .address("address", |at: &u32| Some(graph.address(roots[*at as usize].object).0))
            .text("kind", |at| Some(Cow::Borrowed(roots[*at as usize].kind.label())))
            .text("name", |at| Some(Cow::Owned(root_words::name(&named(at)?.place))))
            .text("expression", |at| Some(Cow::Borrowed(named(at)?.expression.as_deref()?)))
            .text("file", |at| Some(Cow::Borrowed(named(at)?.file.as_deref()?)))
            .text("function", |at| Some(Cow::Borrowed(&*thread(at)?.function)))
            .text("thread", |at| Some(Cow::Owned(root_words::thread(&thread(at)?.thread))))
            .write(rows.chunks(GROUP).map(<[u32]>::to_vec), out)
    }

    fn places(&self, out: impl Write + Send) -> io::Result<u64> {
        let tree = &self.placed.tree;
        let texts = place_texts(tree);
        let rows: Vec<u32> = (0..tree.places.len() as u32).collect();
        let of = |at: &u32| &tree.places[*at as usize];
        let type_name = |kind: Option<(u32, u64)>| kind.map(|(of, _)| Cow::Borrowed(tree.types[of as usize].as_str()));
        Columns::new()
            .number("place_id", |at: &u32| Some(*at))
            .number("above_id", |at| of(at).above)
            .text("place", |at| Some(Cow::Borrowed(texts[*at as usize].as_str())))
            .amount("objects", |at| Some(of(at).whole.count))
            .amount("shallow_bytes", |at| Some(of(at).whole.shallow_bytes))
            .amount("own_objects", |at| Some(of(at).own.count))
            .amount("own_bytes", |at| Some(of(at).own.shallow_bytes))
            .amount("shared_bytes", |at| Some(of(at).shared_bytes))
            .text("type", |at| type_name(of(at).kind))
            .amount("containers", |at| Some(of(at).contents.containers))
            .amount("elements", |at| Some(of(at).contents.elements))
            .text("element_type", |at| type_name(of(at).contents.most))
            .write(rows.chunks(GROUP).map(<[u32]>::to_vec), out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Capture, Text};

    fn file(time: Option<&str>, service: &str) -> String {
        let capture = Capture { time: time.map(Text::from), ..Capture::default() };
        let origin = Origin { service: service.to_owned(), ..Origin::default() };
        Table::Census.file(&Header { capture, ..Header::default() }, &origin, "1")
    }

    #[test]
    fn folders_are_partitions_that_engines_read() {
        assert_eq!(
            file(Some("2026-11-26T14:30:00Z"), "web"),
            "census/service=web/date=2026-11-26/snapshot_id=1/part-0.parquet"
        );
        // A core file does not tell its time; nobody's name leads out of the folder.
        let hostile = file(None, "../a b=c");
        assert_eq!(
            hostile,
            "census/service=%2E.%2Fa%20b%3Dc/date=__HIVE_DEFAULT_PARTITION__/snapshot_id=1/part-0.parquet"
        );
        assert!(file(Some("yesterday, at"), "").contains("service=__HIVE_DEFAULT_PARTITION__/date=__HIVE"));
    }
}
