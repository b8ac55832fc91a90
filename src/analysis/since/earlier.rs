//! What is kept of an earlier snapshot to know its objects again by their addresses.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use crate::graph::{HeapGraph, Object, RefCount};
use crate::sections::CompactColumn;
use crate::snapshot::Header;

use super::{Age, Evidence, Since};
use crate::analysis::object_set::ObjectSet;

/// Types whose instances never change their contents, so that another content is another object.
const CONSTANT: [&str; 5] = ["str", "bytes", "int", "float", "complex"];
/// Those of which the size is told by the content alone; a `str` may keep another form of itself.
const CONSTANT_SIZE: [&str; 4] = ["bytes", "int", "float", "complex"];
/// Two snapshots say when their process began: this much apart, it is not the same.
const SAME_BEGINNING: Duration = Duration::from_secs(5);

/// The earlier snapshot by addresses; 17 bytes per object, 16 more for one with a text that never changes.
#[derive(Debug)]
pub struct Earlier {
    process: ProcessIdentity,
    mark_set: Option<String>,
    addresses: Vec<u64>,
    /// Per object an index into `names`.
    type_of: Vec<u32>,
    size: CompactColumn,
    is_immortal: Vec<bool>,
    /// Per object whether the collector tracked it at the mark; empty without one.
    was_tracked: Vec<bool>,
    /// Hashes of whole texts, ascending by object.
    texts: Vec<(u32, u64)>,
    hasher: RandomState,
    names: Vec<String>,
    is_heap_type: Vec<bool>,
}

/// What tells a process from another.
#[derive(Debug, PartialEq)]
struct ProcessIdentity {
    pid: Option<u64>,
    began: Option<SystemTime>,
    argv: Option<Vec<String>>,
    python: Option<String>,
}

impl ProcessIdentity {
    fn of(header: &Header) -> ProcessIdentity {
        let taken = header.capture.time.as_ref().and_then(|time| humantime::parse_rfc3339_weak(time).ok());
        let age = header.process.real_seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let argv = header.process.argv.as_ref();
        ProcessIdentity {
            pid: header.process.pid,
            began: taken.zip(age).and_then(|(taken, age)| taken.checked_sub(age)),
            argv: argv.map(|words| words.iter().map(|word| word.to_string()).collect()),
            python: header.interpreter.version.as_ref().map(|version| version.to_string()),
        }
    }

    /// Whether nothing says that they are two, and their number says that they are one.
    fn is_same(&self, other: &ProcessIdentity) -> bool {
        let apart = |one: SystemTime, other: SystemTime| {
            one.duration_since(other).or_else(|_| other.duration_since(one)).unwrap_or_default()
        };
        let differ = |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
        self.pid.is_some()
            && self.pid == other.pid
            && self.began.zip(other.began).is_none_or(|(one, other)| apart(one, other) <= SAME_BEGINNING)
            && self.argv.as_ref().zip(other.argv.as_ref()).is_none_or(|(one, other)| one == other)
            && !differ(&self.python, &other.python)
    }
}

impl Earlier {
    /// Keeps what is needed of a heap. Linear.
    pub fn of(graph: &HeapGraph) -> Earlier {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let (mut names, mut is_heap_type) = (Vec::new(), Vec::new());
        let number = |of: &crate::graph::Type| {
            *numbers.entry(of.full_name()).or_insert_with_key(|name| {
                names.push(name.clone());
                is_heap_type.push(may_be_given_another_class(of));
                names.len() as u32 - 1
            })
        };
        let number_of_type: Vec<u32> = graph.types.iter().map(number).collect();
        let hasher = RandomState::new();
        let is_constant: Vec<bool> = names.iter().map(|name| CONSTANT.contains(&name.as_str())).collect();
        let type_of: Vec<u32> = graph.objects().map(|object| number_of_type[graph.type_id(object).index()]).collect();
        let constants = graph.objects().filter(|object| is_constant[type_of[object.index()] as usize]);
        let texts = constants.filter_map(|object| Some((object.0, whole_text(graph, object, &hasher)?))).collect();
        let mark_set = graph.header.gc.mark_set.as_ref().map(|name| name.to_string());
        let mut size = CompactColumn::default();
        graph.objects().for_each(|object| size.push(graph.size(object)));
        Earlier {
            process: ProcessIdentity::of(&graph.header),
            addresses: graph.addresses().collect(),
            is_immortal: graph.objects().map(|object| graph.refcount(object) == RefCount::Immortal).collect(),
            was_tracked: match mark_set {
                Some(_) => graph.objects().map(|object| graph.begins_marked(object)).collect(),
                None => Vec::new(),
            },
            mark_set,
            type_of,
            size,
            texts,
            hasher,
            names,
            is_heap_type,
        }
    }

    /// Whether addresses mean the same in both: one process, or a forked child of the one that has set the mark.
    pub fn is_of_one_process_with(&self, later: &HeapGraph) -> bool {
        self.is_linked(later) || self.process.is_same(&ProcessIdentity::of(&later.header))
    }

    /// Whether the mark that was set with this snapshot is the one by which the later one tells objects apart.
    fn is_linked(&self, later: &HeapGraph) -> bool {
        self.mark_set.is_some() && self.mark_set.as_deref() == later.header.gc.marked_since.as_deref()
    }

    /// What of a later heap of the same process is new. O(n) for the objects of both.
    pub fn since(&self, later: &HeapGraph) -> Since {
        let mut since = Since {
            evidence: if self.is_linked(later) { Evidence::Mark } else { Evidence::Address },
            new: ObjectSet::empty(later),
            unknown: ObjectSet::empty(later),
            surplus: Vec::new(),
            earlier_objects: self.addresses.len() as u64,
        };
        let number: HashMap<&str, u32> = self.names.iter().map(String::as_str).zip(0..).collect();
        let types: Vec<LaterType> = later
            .types
            .iter()
            .map(|of| {
                let name = of.full_name();
                LaterType {
                    earlier: number.get(name.as_str()).copied(),
                    is_heap_type: may_be_given_another_class(of),
                    has_constant_size: CONSTANT_SIZE.contains(&name.as_str()),
                    is_constant: CONSTANT.contains(&name.as_str()),
                }
            })
            .collect();
        // Both are ascending by address.
        let mut at = 0;
        for object in later.objects() {
            let address = later.address(object).0;
            while self.addresses.get(at).is_some_and(|&earlier| earlier < address) {
                at += 1;
            }
            let age = match self.addresses.get(at) {
                Some(&earlier) if earlier == address => {
                    self.age(later, object, at, &types[later.type_id(object).index()], since.evidence)
                }
                _ => Age::New,
            };
            match age {
                Age::New => since.new.insert(object),
                Age::Unknown => since.unknown.insert(object),
                Age::Old => false,
            };
        }
        since
    }

    /// For each object of a later heap of the same process the one that was at its address, by its place in the order of addresses;
    /// `None` where nothing was, or another object for certain. O(n) for the objects of both.
    pub fn same_objects(&self, later: &HeapGraph) -> Vec<Option<u32>> {
        let since = self.since(later);
        let mut at = 0;
        let found = later.objects().map(|object| {
            let address = later.address(object).0;
            while self.addresses.get(at).is_some_and(|&earlier| earlier < address) {
                at += 1;
            }
            (since.age(object) != Age::New).then_some(at as u32)
        });
        found.collect()
    }

    /// The age of an object at whose address the earlier snapshot has one, too.
    fn age(&self, later: &HeapGraph, object: Object, at: usize, of: &LaterType, evidence: Evidence) -> Age {
        if evidence == Evidence::Mark {
            match later.was_marked(object) {
                Some(true) => return Age::Old,
                Some(false) if self.was_tracked[at] => return Age::New,
                Some(false) | None => {}
            }
        }
        let earlier_type = self.type_of[at];
        if of.earlier != Some(earlier_type) {
            // `o.__class__ = Other` does not make another object.
            let may_be_same = of.is_heap_type && self.is_heap_type[earlier_type as usize];
            return if may_be_same { Age::Unknown } else { Age::New };
        }
        if self.is_immortal[at] && later.refcount(object) == RefCount::Immortal {
            return Age::Old;
        }
        if of.has_constant_size && self.size.get(at) != later.size(object) {
            return Age::New;
        }
        let text = || whole_text(later, object, &self.hasher);
        if of.is_constant
            && let Ok(known) = self.texts.binary_search_by_key(&(at as u32), |entry| entry.0)
            && text().is_some_and(|text| text != self.texts[known].1)
        {
            return Age::New;
        }
        Age::Unknown
    }
}

/// What a type of the later heap was in the earlier one.
struct LaterType {
    earlier: Option<u32>,
    is_heap_type: bool,
    has_constant_size: bool,
    is_constant: bool,
}

/// Whether `o.__class__ = Other` may do that: instances of classes, and modules; unknown flags may be either.
fn may_be_given_another_class(of: &crate::graph::Type) -> bool {
    of.is_heap_type().unwrap_or(true) || of.name == "module" && of.module == "builtins"
}

/// A hash of the object's text, if all of it is known.
fn whole_text(graph: &HeapGraph, object: Object, hasher: &RandomState) -> Option<u64> {
    graph.text(object).filter(|known| known.is_whole).map(|known| hasher.hash_one(known.text))
}
