//! The wire schema of the small parts: header, types, shapes, roots, threads, end.

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

use super::Text;
use crate::units::Address;

macro_rules! header_objects {
    ($($(#[$struct_doc:meta])* $name:ident { $($(#[$doc:meta])* $member:ident: $kind:ty,)* })*) => {$(
        $(#[$struct_doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $member: Option<$kind>,)* }
    )*};
}

header_objects! {
    /// The program that wrote the snapshot.
    Dumper {
        /// Its name.
        name: Text,
        /// Its version.
        version: Text,
    }
    /// The process that was looked at. Memory in bytes, times in seconds since it began.
    Process {
        /// Process id, in the process's own namespace.
        pid: u64,
        /// Its command line.
        argv: Vec<Text>,
        /// Resident memory when the dump began.
        rss_bytes: u64,
        /// What it is made of.
        rss_parts: ResidentParts,
        /// Highest resident memory so far.
        peak_rss_bytes: u64,
        /// The limit of its control group.
        memory_limit_bytes: u64,
        /// CPU time in user mode.
        user_seconds: f64,
        /// CPU time in the kernel.
        system_seconds: f64,
        /// Time since the process began.
        real_seconds: f64,
    }
    /// Resident memory by what is mapped there, in bytes.
    ResidentParts {
        /// The heap of malloc that grows by `brk`.
        heap: u64,
        /// Memory without a file: arenas of allocators, large blocks, the stacks of threads.
        anonymous: u64,
        /// The stack of the main thread.
        stack: u64,
        /// Files that are mapped: code, libraries, data, shared memory.
        mapped: u64,
    }
    /// The Python interpreter.
    Interpreter {
        /// `cpython`.
        implementation: Text,
        /// `3.13.0`.
        version: Text,
        /// `sys.hexversion`.
        hexversion: u64,
        /// Size of a pointer.
        pointer_bytes: u64,
        /// Built without the global interpreter lock.
        free_threaded: bool,
        /// Built with `--with-pydebug`.
        debug: bool,
        /// `sys.prefix`.
        prefix: Text,
        /// Folder of the standard library.
        stdlib: Text,
        /// Folders of installed packages.
        site_packages: Vec<Text>,
    }
    /// The operating system.
    Platform {
        /// `Linux`.
        system: Text,
        /// Its release.
        release: Text,
        /// `x86_64`.
        machine: Text,
    }
    /// The garbage collector.
    Collector {
        /// Whether automatic collection was on.
        enabled: bool,
        /// `gc.get_count()`.
        counts: Vec<u64>,
        /// `gc.get_threshold()`.
        thresholds: Vec<u64>,
        /// Objects in the permanent generation.
        frozen: u64,
        /// The collector was run before the dump.
        collected_first: bool,
        /// Name of the mark that was set with this snapshot: what came after is told apart by a later one.
        mark_set: Text,
        /// Name of the mark by which the column `mark` tells objects apart.
        marked_since: Text,
    }
    /// What the dumper was asked to write.
    Options {
        /// Which texts are written: `none`, `names`, `keys` or `all`.
        text: Text,
        /// Longest text written, in characters.
        text_limit: u64,
    }
    /// What traces allocations in the process: `tracemalloc`. All `None` when it is off.
    Tracing {
        /// How many frames a traceback has at most, as the program chose.
        frames: u64,
        /// Whether instances that keep their attributes without a dictionary could not be looked up (CPython 3.11, from within).
        misses_instances: bool,
    }
    /// How and when the snapshot was taken.
    Capture {
        /// `in_process`, `fork`, `memory` or `core`.
        method: Text,
        /// Why this method, or how the heap was still; one sentence.
        reason: Text,
        /// UTC, ISO 8601.
        time: Text,
        /// `call`, `exit`, `error`, `signal`, `attach` (asked for from outside), `core`, …
        trigger: Text,
    }
}

impl Capture {
    /// Whether memory was read: then references without a name are what looks like one, and the collector may not list them.
    pub fn is_from_outside(&self) -> bool {
        matches!(self.method.as_deref(), Some("memory" | "core"))
    }
}

/// An address of a small part of the file: relative to the file's base as written, absolute in a finished
/// [`Snapshot`](super::Snapshot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WireAddress(i64);

impl WireAddress {
    /// An absolute address.
    pub fn at(address: u64) -> Self {
        WireAddress(address.cast_signed())
    }

    /// The absolute address, in a finished snapshot.
    pub fn absolute(self) -> Address {
        Address(self.0.cast_unsigned())
    }

    /// Makes it absolute; `None` when that is outside 64 bits.
    pub(super) fn resolve(self, base: u64) -> Option<WireAddress> {
        base.checked_add_signed(self.0).map(|address| WireAddress(address.cast_signed()))
    }
}

/// One Python type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct TypeRecord {
    /// Address of the type object; `None` when unknown.
    #[serde(default)]
    pub address: Option<WireAddress>,
    /// `__module__`.
    pub module: Text,
    /// `__qualname__`.
    pub name: Text,
    /// Index of `__base__` in the table of types; `None` for `object` and when unknown.
    #[serde(default)]
    pub base: Option<u32>,
    /// `__flags__`.
    #[serde(default)]
    pub flags: Option<u64>,
    /// `__basicsize__`.
    #[serde(default)]
    pub basic_size: Option<u64>,
    /// `__itemsize__`.
    #[serde(default)]
    pub item_size: Option<u64>,
}

impl TypeRecord {
    /// `app.models.Session`; types of `builtins` go without their module.
    pub fn full_name(&self) -> String {
        full_type_name(&self.module, &self.name)
    }
}

/// The full name of a type, from its module and its qualified name.
pub(crate) fn full_type_name(module: &str, name: &str) -> String {
    match module {
        "" | "builtins" => name.to_owned(),
        module => format!("{module}.{name}"),
    }
}

/// How the references of an object of one type are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ShapeRecord {
    /// Index into the table of types.
    #[serde(rename = "type")]
    pub type_index: u32,
    /// Names, in the order of the references; only the last segment may take all that are left.
    pub slots: Vec<Segment>,
}

/// A run of references of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// One reference per name; see FORMAT.md for what the first characters mean.
    Fields(Vec<Text>),
    /// So many references that nobody can name.
    UnnamedCount(u32),
    /// All that are left: `[0]`, `[1]`, …
    Sequence,
    /// All that are left: `.flat[0]`, `.flat[1]`, …
    Flat,
    /// All that are left: key, value, key, value, …
    Mapping,
    /// All that are left: members of a set.
    Set,
    /// All that are left, without names.
    Unnamed,
    /// A segment of a later format; read as [`Segment::Unnamed`] and counted.
    Unknown,
}

impl<'de> Deserialize<'de> for Segment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SegmentVisitor)
    }
}

struct SegmentVisitor;

impl<'de> Visitor<'de> for SegmentVisitor {
    type Value = Segment;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a segment: {\"fields\": […]}, {\"unnamed\": N}, \"sequence\", \"flat\", \"mapping\", \"set\" or \"unnamed\"")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Segment, E> {
        Ok(match name {
            "sequence" => Segment::Sequence,
            "flat" => Segment::Flat,
            "mapping" => Segment::Mapping,
            "set" => Segment::Set,
            "unnamed" => Segment::Unnamed,
            _ => Segment::Unknown,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Segment, A::Error> {
        let mut segment = Segment::Unknown;
        while let Some(key) = map.next_key::<Text>()? {
            match &*key {
                "fields" => segment = Segment::Fields(map.next_value()?),
                "unnamed" => segment = Segment::UnnamedCount(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(segment)
    }
}

/// A GC root that the dumper named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RootRecord {
    /// `module`, `interpreter`, `thread` or `other`; anything else is read as `other`.
    pub kind: Text,
    /// The module's key in `sys.modules`, or a Python expression, or a description.
    pub name: Text,
    /// Address of the object.
    pub address: WireAddress,
    /// The module's `__file__`.
    #[serde(default)]
    pub file: Option<Text>,
}

/// A thread that was running Python code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thread {
    /// `threading.get_ident()`.
    pub id: Option<u64>,
    /// `None` when the threading module did not know it.
    pub name: Option<Text>,
    /// Whether it is a daemon thread.
    pub daemon: Option<bool>,
    /// The innermost frame first.
    pub frames: Vec<Frame>,
}

/// One frame of a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// `module.qualified_name` of the function.
    pub function: Text,
    /// Source file.
    pub file: Option<Text>,
    /// Line that was being executed.
    pub line: Option<u64>,
    /// Address of the frame object, when it is an object of the snapshot.
    pub address: Option<WireAddress>,
    /// Address of the dictionary that has the locals, where the frame keeps them in one; `None` for those of a function.
    pub namespace: Option<WireAddress>,
    /// Named locals in the order of the code.
    pub locals: Vec<Local>,
    /// Referents of the frame without a name: cells, code, function, values of the value stack.
    pub stack: Vec<WireAddress>,
}

/// A named local of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The variable.
    pub name: Text,
    /// Address of its value.
    pub address: WireAddress,
}

impl Serialize for Local {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&*self.name, self.address).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Local {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LocalVisitor;
        impl<'de> Visitor<'de> for LocalVisitor {
            type Value = Local;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a local variable: [name, address]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Local, A::Error> {
                let name = pair.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let address = pair.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
                while pair.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Local { name, address })
            }
        }
        deserializer.deserialize_seq(LocalVisitor)
    }
}

/// The lines of a function, by which a line of a traceback gets a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLines {
    /// Index into the table of files.
    pub file: u32,
    /// Where it begins, decorators included.
    pub first: u32,
    /// The first line of its body: between `first` and this one either the function or its caller makes objects.
    pub body: u32,
    /// Its last line.
    pub last: u32,
    /// Qualified name, or name.
    pub name: Text,
}

impl<'de> Deserialize<'de> for FunctionLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowVisitor;
        impl<'de> Visitor<'de> for RowVisitor {
            type Value = FunctionLines;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a function: [file, first line, line of its body, last line, name]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<FunctionLines, A::Error> {
                let mut numbers = [0; 4];
                for (index, number) in numbers.iter_mut().enumerate() {
                    *number = row.next_element()?.ok_or_else(|| de::Error::invalid_length(index, &self))?;
                }
                let [file, first, body, last] = numbers;
                let name = row.next_element()?.ok_or_else(|| de::Error::invalid_length(4, &self))?;
                while row.next_element::<IgnoredAny>()?.is_some() {}
                Ok(FunctionLines { file, first, body, last, name })
            }
        }
        deserializer.deserialize_seq(RowVisitor)
    }
}

impl Serialize for FunctionLines {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.file, self.first, self.body, self.last, &*self.name).serialize(serializer)
    }
}

/// What the dumper says at the end of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EndRecord {
    /// Objects written.
    pub objects: u64,
    /// References written.
    pub references: u64,
    /// Texts written.
    #[serde(default)]
    pub texts: Option<u64>,
    /// Types written.
    #[serde(default)]
    pub types: Option<u64>,
    /// Shapes written.
    #[serde(default)]
    pub shapes: Option<u64>,
    /// Roots written.
    #[serde(default)]
    pub roots: Option<u64>,
    /// What the dumper could not do.
    #[serde(default)]
    pub errors: Vec<ErrorCount>,
    /// References without a name, by the referrer's type.
    #[serde(default)]
    pub unnamed: Vec<UnnamedCount>,
    /// Wall time of the dump.
    #[serde(default)]
    pub real_seconds: Option<f64>,
    /// CPU time of the dump.
    #[serde(default)]
    pub cpu_seconds: Option<f64>,
    /// How long the process stood still; from outside, that thread of it which did so longest.
    #[serde(default)]
    pub pause_seconds: Option<f64>,
    /// The dumper's own peak memory in the process or its child; 0 from outside.
    #[serde(default)]
    pub growth_bytes: Option<u64>,
}

/// Something that the dumper could not do, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorCount {
    /// What failed.
    pub what: Text,
    /// The type of the objects concerned.
    #[serde(rename = "type")]
    pub type_name: Option<Text>,
    /// How often.
    pub count: u64,
}

/// References without a name from objects of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnnamedCount {
    /// The referrers' type.
    #[serde(rename = "type")]
    pub type_name: Text,
    /// How many references.
    pub count: u64,
}
