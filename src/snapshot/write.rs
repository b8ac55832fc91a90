//! From a [`Snapshot`] to the bytes of a file, as FORMAT.md describes them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::columns::REQUIRED;
use super::format::WireAddress;
use super::integers::Integer;
use super::packed;
use super::{CodeLine, Columns, RefCount, Segment, ShapeRecord, Snapshot, Thread, UNKNOWN_TRACEBACK};

/// A chunk ends at so many objects or references; one object's references are never parted.
const CHUNK_OBJECTS: usize = 1 << 15;
const CHUNK_REFERENCES: usize = 1 << 17;
/// Bytes that are collected before they are handed on.
const BUFFER: usize = 1 << 18;

impl Snapshot {
    /// Writes the whole document, not compressed, and flushes. Linear; memory for a buffer, and for one column of a chunk.
    ///
    /// The columns of [`Snapshot::objects`] must be as long as each other and their references add up, as in what
    /// [`Snapshot::read`] returns. [`Snapshot::tallies`] and [`Snapshot::oddities`] are no part of a file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: impl Write, columns: Columns) -> io::Result<()> {
        let base = self.base();
        let mut out = Output::new(out, columns);
        let header = &self.header;
        out.put(b"{\"format\":\"heapgraph-snapshot\"");
        out.put(format!(",\"version\":{}", columns.version()).as_bytes());
        out.member("dumper", &header.dumper)?;
        out.member("process", &header.process)?;
        out.member("interpreter", &header.interpreter)?;
        out.member("platform", &header.platform)?;
        out.member("gc", &header.gc)?;
        out.member("options", &header.options)?;
        out.member("capture", &header.capture)?;
        let is_traced = header.tracing.frames.is_some();
        if is_traced {
            out.member("tracemalloc", &header.tracing)?;
        }
        out.member("address_base", &base)?;
        out.put(b",\n\"chunks\":[\n");
        self.write_objects(base, &mut out)?;
        self.write_texts(base, &mut out)?;
        out.put(b"\n],\n\"types\":[\n");
        out.rows(self.types.iter().map(|record| TypeRow {
            address: record.address.map(|address| relative(address, base)),
            module: &record.module,
            name: &record.name,
            base: record.base,
            flags: record.flags,
            basic_size: record.basic_size,
            item_size: record.item_size,
        }))?;
        out.put(b"\n],\n\"shapes\":[\n");
        out.rows(self.shapes.iter().map(|shape| ShapeRow { type_index: shape.type_index, slots: segments(shape) }))?;
        out.put(b"\n],\n\"roots\":[\n");
        out.rows(self.roots.iter().map(|root| RootRow {
            kind: &root.kind,
            name: &root.name,
            address: relative(root.address, base),
            file: root.file.as_deref(),
        }))?;
        out.put(b"\n],\n\"threads\":[\n");
        out.rows(self.threads.iter().map(|thread| thread_row(thread, base)))?;
        if is_traced {
            let allocations = &self.allocations;
            out.put(b"\n],\n\"files\":[\n");
            out.rows(allocations.files.iter().map(|file| &**file))?;
            out.put(b"\n],\n\"tracebacks\":[\n");
            let flat = |frames: &[CodeLine]| -> Vec<u32> { frames.iter().flat_map(|at| [at.file, at.line]).collect() };
            out.rows(allocations.tracebacks().map(flat))?;
            out.put(b"\n],\n\"functions\":[\n");
            out.rows(allocations.functions.iter())?;
        }
        out.put(b"\n]");
        out.member("end", &self.end)?;
        out.put(b"}\n");
        out.flush()
    }

    /// What addresses are written relative to: small numbers for most objects, and the same for the same heap.
    fn base(&self) -> u64 {
        let addresses = &self.objects.address;
        let mut sample: Vec<u64> = addresses.iter().step_by((addresses.len() / 1000).max(1)).copied().collect();
        sample.sort_unstable();
        sample.get(sample.len() / 20).map_or(0, |address| address & !0xF_FFFF)
    }

    fn write_objects(&self, base: u64, out: &mut Output<impl Write>) -> io::Result<()> {
        let objects = &self.objects;
        let (mut first, mut first_reference) = (0, 0);
        while first < objects.address.len() {
            let (mut end, mut end_reference) = (first, first_reference);
            while end < objects.address.len()
                && end - first < CHUNK_OBJECTS
                && (end == first || end_reference - first_reference < CHUNK_REFERENCES)
            {
                end_reference += objects.reference_count[end] as usize;
                end += 1;
            }
            out.put(if first == 0 { b"{\"address\":" } else { b",\n{\"address\":" });
            out.column(objects.address[first..end].iter().map(|&address| distance(address, base)))?;
            out.put(b",\"shape\":");
            out.column(objects.shape[first..end].iter().copied())?;
            out.put(b",\"size\":");
            out.column((first..end).map(|index| objects.size.get(index)))?;
            out.put(b",\"refcount\":");
            out.column((first..end).map(|index| match objects.refcount.get(index) {
                RefCount::Known(count) => count.cast_signed(),
                RefCount::Immortal => -1,
                RefCount::Unknown => -2,
            }))?;
            out.put(b",\"reference_count\":");
            out.column(objects.reference_count[first..end].iter().copied())?;
            out.put(b",\"referent\":");
            let referents = objects.referent.range(first_reference..end_reference);
            out.column(referents.map(|address| distance(address, base)))?;
            if !objects.mark.is_empty() {
                out.put(b",\"mark\":");
                out.column((first..end).map(|index| objects.mark.get(index).copied().unwrap_or(0)))?;
            }
            if !objects.allocated_at.is_empty() {
                out.put(b",\"allocated_at\":");
                let known = |at: u32| if at == UNKNOWN_TRACEBACK { -1 } else { i64::from(at) };
                out.column(objects.allocated_at[first..end].iter().map(|&at| known(at)))?;
            }
            out.put(b"}");
            (first, first_reference) = (end, end_reference);
        }
        Ok(())
    }

    /// Texts and external bytes, in a chunk of their own.
    fn write_texts(&self, base: u64, out: &mut Output<impl Write>) -> io::Result<()> {
        if self.texts.is_empty() && self.external.is_empty() {
            return Ok(());
        }
        if !self.objects.address.is_empty() {
            out.put(b",\n");
        }
        for (index, name) in REQUIRED.iter().enumerate() {
            out.put(if index == 0 { b"{\"" } else { b",\"" });
            out.put(name.as_bytes());
            out.put(b"\":");
            out.column(std::iter::empty::<u64>())?;
        }
        if !self.texts.is_empty() {
            out.put(b",\"text_of\":");
            out.column(self.texts.iter().map(|text| distance(text.address, base)))?;
            out.put(b",\"text\":[");
            for (index, text) in self.texts.iter().enumerate() {
                if index > 0 {
                    out.put(b",");
                }
                out.json(&text.text)?;
            }
            out.put(b"],\"text_length\":");
            out.column(self.texts.iter().map(|text| text.whole_length))?;
        }
        if !self.external.is_empty() {
            out.put(b",\"external_of\":");
            out.column(self.external.iter().map(|&(address, _)| distance(address, base)))?;
            out.put(b",\"external_bytes\":");
            out.column(self.external.iter().map(|&(_, bytes)| bytes))?;
        }
        out.put(b"}");
        Ok(())
    }
}

fn relative(address: WireAddress, base: u64) -> i64 {
    distance(address.absolute().0, base)
}

fn distance(address: u64, base: u64) -> i64 {
    address.wrapping_sub(base).cast_signed()
}

/// Collects text and hands it on in large pieces.
pub(super) struct Output<W: Write> {
    out: W,
    text: Vec<u8>,
    columns: Columns,
    /// The bytes of the column that is being packed.
    packed: Vec<u8>,
}

impl<W: Write> Output<W> {
    pub fn new(out: W, columns: Columns) -> Self {
        Output { out, text: Vec::with_capacity(BUFFER + (1 << 12)), columns, packed: Vec::new() }
    }

    pub fn put(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    pub fn hand_on(&mut self) -> io::Result<()> {
        if self.text.len() >= BUFFER {
            self.out.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.out.flush()
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut self.text, Ascii))?;
        self.hand_on()
    }

    fn member(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.put(b",\n\"");
        self.put(name.as_bytes());
        self.put(b"\":");
        self.json(value)
    }

    fn rows(&mut self, rows: impl Iterator<Item = impl Serialize>) -> io::Result<()> {
        for (index, row) in rows.enumerate() {
            if index > 0 {
                self.put(b",\n");
            }
            self.json(&row)?;
        }
        Ok(())
    }

    /// A column, packed when that is asked for and it is not too long.
    pub fn column<T: Integer + itoa::Integer>(&mut self, numbers: impl Iterator<Item = T> + Clone) -> io::Result<()> {
        if self.columns == Columns::Packed
            && packed::pack(numbers.clone().map(Integer::bits), &mut self.packed, &mut self.text)
        {
            return self.hand_on();
        }
        self.put(b"[");
        let mut digits = itoa::Buffer::new();
        for (index, number) in numbers.enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(digits.format(number).as_bytes());
            if self.text.len() >= BUFFER {
                self.hand_on()?;
            }
        }
        self.put(b"]");
        Ok(())
    }
}

/// Compact JSON of pure ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(position) = rest.find(|char: char| !char.is_ascii() || char == '\x7f') {
            writer.write_all(&rest.as_bytes()[..position])?;
            let mut chars = rest[position..].chars();
            let mut units = [0; 2];
            for unit in chars.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[derive(Serialize)]
struct TypeRow<'s> {
    address: Option<i64>,
    module: &'s str,
    name: &'s str,
    base: Option<u32>,
    flags: Option<u64>,
    basic_size: Option<u64>,
    item_size: Option<u64>,
}

#[derive(Serialize)]
struct ShapeRow<'s> {
    #[serde(rename = "type")]
    type_index: u32,
    slots: Vec<SegmentRow<'s>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SegmentRow<'s> {
    Fields { fields: Vec<&'s str> },
    Count { unnamed: u32 },
    Rest(&'static str),
}

fn segments(shape: &ShapeRecord) -> Vec<SegmentRow<'_>> {
    let row = |segment| match segment {
        &Segment::UnnamedCount(count) => SegmentRow::Count { unnamed: count },
        Segment::Fields(names) => SegmentRow::Fields { fields: names.iter().map(|name| &**name).collect() },
        Segment::Sequence => SegmentRow::Rest("sequence"),
        Segment::Flat => SegmentRow::Rest("flat"),
        Segment::Mapping => SegmentRow::Rest("mapping"),
        Segment::Set => SegmentRow::Rest("set"),
        Segment::Unnamed | Segment::Unknown => SegmentRow::Rest("unnamed"),
    };
    shape.slots.iter().map(row).collect()
}

#[derive(Serialize)]
struct RootRow<'s> {
    kind: &'s str,
    name: &'s str,
    address: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'s str>,
}

#[derive(Serialize)]
struct ThreadRow<'s> {
    id: Option<u64>,
    name: Option<&'s str>,
    daemon: Option<bool>,
    frames: Vec<FrameRow<'s>>,
}

#[derive(Serialize)]
struct FrameRow<'s> {
    function: &'s str,
    file: Option<&'s str>,
    line: Option<u64>,
    address: Option<i64>,
    namespace: Option<i64>,
    locals: Vec<(&'s str, i64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stack: Vec<i64>,
}

fn thread_row(thread: &Thread, base: u64) -> ThreadRow<'_> {
    let frames = thread.frames.iter().map(|frame| FrameRow {
        function: &frame.function,
        file: frame.file.as_deref(),
        line: frame.line,
        address: frame.address.map(|address| relative(address, base)),
        namespace: frame.namespace.map(|address| relative(address, base)),
        locals: frame.locals.iter().map(|local| (&*local.name, relative(local.address, base))).collect(),
        stack: frame.stack.iter().map(|&address| relative(address, base)).collect(),
    });
    ThreadRow { id: thread.id, name: thread.name.as_deref(), daemon: thread.daemon, frames: frames.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::*;

    /// What is written is read back as it was, columns and tables alike.
    #[test]
    fn written_and_read_it_is_the_same() {
        let mut snapshot = Snapshot::default();
        let text = |text: &str| Text(text.to_owned());
        snapshot.header.process.pid = Some(7);
        snapshot.header.capture.method = Some(text("memory"));
        snapshot.types = vec![
            TypeRecord {
                module: text("builtins"),
                name: text("object"),
                basic_size: Some(16),
                ..TypeRecord::default()
            },
            TypeRecord {
                address: Some(WireAddress::at(0x5000)),
                module: text("app"),
                name: text("Sitzüng \"x\" 😀\u{7f}"),
                base: Some(0),
                flags: Some(1 << 9),
                ..TypeRecord::default()
            },
        ];
        snapshot.shapes = vec![
            ShapeRecord { type_index: 0, slots: vec![Segment::Sequence] },
            ShapeRecord {
                type_index: 1,
                slots: vec![Segment::Fields(vec![text(".a"), text("~()")]), Segment::UnnamedCount(2)],
            },
        ];
        for (index, address) in [0x7f00_0000_0010_u64, 0x5000, 0x7f00_0000_0020].into_iter().enumerate() {
            snapshot.objects.address.push(address);
            snapshot.objects.shape.push(u32::from(index == 1));
            snapshot.objects.size.push([16, 16, u64::MAX - 7][index]);
            assert!(snapshot.objects.refcount.push([3, -1, -2][index]));
            snapshot.objects.reference_count.push([0, 4, 1][index]);
        }
        snapshot.objects.referent = [0x7f00_0000_0010, 0x7f00_0000_0020, 0x5000, 8, 0x5000].into_iter().collect();
        snapshot.objects.mark = vec![5, 0, 2];
        snapshot.texts.push(0x5000, "é\n\u{1F600}\\", 9);
        snapshot.external = vec![(0x5000, 1 << 33)];
        snapshot.header.tracing.frames = Some(2);
        snapshot.objects.allocated_at = vec![1, UNKNOWN_TRACEBACK, 0];
        snapshot.allocations.files = vec![text("/srv/app.py"), text("é.py")];
        snapshot.allocations.push([CodeLine { file: 0, line: 4 }]);
        snapshot.allocations.push([CodeLine { file: 1, line: 9 }, CodeLine { file: 0, line: 4 }]);
        snapshot.allocations.functions =
            vec![FunctionLines { file: 1, first: 7, body: 8, last: 12, name: text("Cache.put") }];
        snapshot.roots = vec![RootRecord {
            kind: text("module"),
            name: text("app"),
            address: WireAddress::at(0x5000),
            file: Some(text("/srv/app.py")),
        }];
        snapshot.threads = vec![Thread {
            id: Some(9),
            name: Some(text("MainThread")),
            daemon: Some(false),
            frames: vec![Frame {
                function: text("app.main"),
                file: None,
                line: Some(4),
                address: None,
                namespace: Some(WireAddress::at(0x5000)),
                locals: vec![Local { name: text("x"), address: WireAddress::at(0x5000) }],
                stack: vec![WireAddress::at(0x7f00_0000_0010)],
            }],
        }];
        snapshot.end = EndRecord {
            objects: 3,
            references: 5,
            texts: Some(1),
            types: Some(2),
            shapes: Some(2),
            roots: Some(1),
            errors: vec![ErrorCount { what: text("torn"), type_name: None, count: 2 }],
            ..EndRecord::default()
        };
        let [mut plain, mut packed] = [Vec::new(), Vec::new()];
        snapshot.write(&mut plain, Columns::Plain).unwrap();
        snapshot.write(&mut packed, Columns::Packed).unwrap();
        assert!(plain.starts_with(b"{\"format\":\"heapgraph-snapshot\",\"version\":1,\n"));
        assert!(packed.starts_with(b"{\"format\":\"heapgraph-snapshot\",\"version\":2,\n"));
        let rewritten = |from: &[u8], columns| {
            let mut out = Vec::new();
            let totals = Snapshot::rewrite(from, &mut out, columns).unwrap();
            assert_eq!(totals, Rewritten { objects: 3, references: 5 });
            String::from_utf8(out).unwrap()
        };
        for file in [&plain, &packed] {
            is_read_as(file, &snapshot);
            assert!(rewritten(file, Columns::Plain).as_bytes() == plain);
            assert!(rewritten(file, Columns::Packed).as_bytes() == packed);
        }
    }

    fn is_read_as(file: &[u8], snapshot: &Snapshot) {
        assert!(file.is_ascii());
        let read = Snapshot::read(file, Wanted::References).unwrap();
        assert_eq!(read.objects.address, snapshot.objects.address);
        assert_eq!(read.objects.shape, snapshot.objects.shape);
        assert_eq!(read.objects.size.iter().collect::<Vec<_>>(), snapshot.objects.size.iter().collect::<Vec<_>>());
        for index in 0..3 {
            assert_eq!(read.objects.refcount.get(index), snapshot.objects.refcount.get(index));
        }
        assert_eq!(read.objects.reference_count, snapshot.objects.reference_count);
        assert!(read.objects.referent.iter().eq(snapshot.objects.referent.iter()));
        assert_eq!(read.objects.mark, snapshot.objects.mark);
        assert_eq!(read.types, snapshot.types);
        assert_eq!(read.shapes, snapshot.shapes);
        assert_eq!(read.roots, snapshot.roots);
        assert_eq!(read.threads, snapshot.threads);
        assert_eq!(read.external, snapshot.external);
        assert_eq!(read.objects.allocated_at, snapshot.objects.allocated_at);
        assert_eq!(read.allocations, snapshot.allocations);
        assert_eq!(read.header.tracing, snapshot.header.tracing);
        let tally = |shallow_bytes| ShapeTally { objects: 1, shallow_bytes };
        assert_eq!(read.allocation_tallies, [tally(u64::MAX - 7), tally(16)]);
        assert_eq!(read.end, snapshot.end);
        assert_eq!(read.header.process, snapshot.header.process);
        assert_eq!(read.header.capture, snapshot.header.capture);
        assert_eq!(read.texts.iter().collect::<Vec<_>>(), snapshot.texts.iter().collect::<Vec<_>>());
    }
}
