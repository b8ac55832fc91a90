//! Names that the reader gives: to slots that only the types of both ends explain, and to what is left of a row when the
//! dumper's own objects are taken out of it.

use std::collections::HashMap;

use crate::snapshot::{Segment, ShapeRecord, TypeRecord};

/// Names by the type of the referent; `*` is any.
type ByReferent = &'static [(&'static str, &'static str)];

/// What suspended functions hold beside their variables.
const SUSPENDED: ByReferent = &[("function", "function"), ("code", "code of the frame")];

/// What slots are that the dumper could not ask for, by the type of the referrer. Types of `builtins` have no module here.
const NAMES: &[(&str, ByReferent)] = &[
    // Annotations may be kept as a tuple, of which the attribute makes a dictionary.
    ("function", &[("dict", ".__annotations__"), ("tuple", "annotations"), ("function", ".__annotate__")]),
    ("type", &[("module", "module")]),
    ("module", &[("*", "module state")]),
    ("property", &[("str", "name")]),
    ("mappingproxy", &[("*", "mapping")]),
    ("memoryview", &[("managedbuffer", "managed buffer")]),
    ("managedbuffer", &[("*", "exporter")]),
    ("method-wrapper", &[("wrapper_descriptor", "descriptor")]),
    ("generator", SUSPENDED),
    ("coroutine", SUSPENDED),
    ("async_generator", SUSPENDED),
    ("frame", &[("function", "function"), ("frame", ".f_back"), ("code", ".f_code")]),
    ("builtin_function_or_method", &[("type", "defining class")]),
    (
        "functools._lru_cache_wrapper",
        &[
            ("function", "wrapped function"),
            ("dict", "cache"),
            ("type", "type"),
            ("functools._lru_list_elem", "cache entry"),
            ("object", "keyword marker"),
            ("*", "cached key or result"),
        ],
    ),
    ("functools._lru_list_elem", &[("*", "cached key or result")]),
    ("_asyncio.Task", &[("_contextvars.Context", "context"), ("Context", "context"), ("str", ".get_name()")]),
    (
        "_asyncio.Future",
        &[("_contextvars.Context", "callback context"), ("Context", "callback context"), ("*", "done callback")],
    ),
    (
        "_contextvars.Context",
        &[("hamt", "variables"), ("_contextvars.Context", "previous context"), ("Context", "previous context")],
    ),
    ("Context", &[("hamt", "variables"), ("Context", "previous context")]),
    ("_contextvars.Token", &[("_contextvars.Context", "context"), ("*", ".old_value")]),
    ("Token", &[("Context", "context"), ("*", ".old_value")]),
    ("_contextvars.ContextVar", &[("*", "default")]),
    ("ContextVar", &[("*", "default")]),
    ("hamt", &[("*", "node")]),
    ("hamt_bitmap_node", &[("*", "key or value")]),
    ("hamt_array_node", &[("*", "node")]),
    ("hamt_collision_node", &[("*", "key or value")]),
    ("dict_keys", &[("*", "mapping")]),
    ("dict_values", &[("*", "mapping")]),
    ("dict_items", &[("*", "mapping")]),
    ("map", &[("tuple", "iterators"), ("*", "function")]),
    ("zip", &[("tuple", "iterators or result")]),
    ("filter", &[("*", "iterator or function")]),
    ("enumerate", &[("*", "iterator, index or result")]),
    ("reversed", &[("*", "iterated")]),
    ("_abc._abc_data", &[("set", "registry or cache")]),
    ("coroutine_wrapper", &[("*", "coroutine")]),
    ("lazy_import", &[("*", "name or namespace")]),
    ("sentinel", &[("*", "name or module")]),
    ("async_generator_asend", &[("*", "generator or value")]),
    ("async_generator_athrow", &[("*", "generator or arguments")]),
    ("async_generator_wrapped_value", &[("*", "value")]),
    ("TaskStepMethWrapper", &[("*", "task or argument")]),
    ("TaskWakeupMethWrapper", &[("*", "task")]),
    ("_asyncio.TaskStepMethWrapper", &[("*", "task or argument")]),
    ("_asyncio.TaskWakeupMethWrapper", &[("*", "task")]),
    ("types.GenericAlias", &[("tuple", ".__parameters__")]),
    ("types.UnionType", &[("tuple", ".__parameters__")]),
    ("typing.Union", &[("*", "arguments or parameters")]),
    ("typing.TypeVar", &[("*", "bound, constraints or default")]),
    ("typing.ParamSpec", &[("*", "bound or default")]),
    ("typing.TypeVarTuple", &[("*", "default")]),
    ("typing.TypeAliasType", &[("*", "value, parameters or module")]),
    ("operator.attrgetter", &[("*", "attribute names")]),
    ("operator.itemgetter", &[("*", "item")]),
    ("operator.methodcaller", &[("*", "name or arguments")]),
    ("re.Pattern", &[("dict", "groupindex"), ("tuple", "group names")]),
    ("re.Match", &[("*", "pattern or string")]),
    ("_struct.Struct", &[("bytes", "format")]),
    ("_json.Scanner", &[("dict", "memo")]),
    ("PyCapsule", &[("*", "held object")]),
    ("_thread._local", &[("tuple", "arguments"), ("*", "attributes of a thread")]),
    ("_io.TextIOWrapper", &[("str", "encoding, errors or newline"), ("*", "codec, buffer or decoded text")]),
    ("_io._IOBase", &[("*", "state")]),
    ("_asyncio.FutureIter", &[("*", "future")]),
    ("_queue.SimpleQueue", &[("list", "queue")]),
    ("sqlite3.Connection", &[("list", "cursors or blobs"), ("functools._lru_cache_wrapper", "statements")]),
    ("_csv.Dialect", &[("str", "delimiter, quote, escape or end of line")]),
    ("_sre.SRE_Template", &[("str", "literal")]),
    // Functions that Cython has compiled.
    (
        "cython_function_or_method",
        &[
            ("dict", "attributes, annotations or defaults"),
            ("tuple", "defaults"),
            ("str", "name or documentation"),
            ("*", "scope or default"),
        ],
    ),
    ("numpy.ufunc", &[("*", "identity")]),
    ("pandas._libs.internals.BlockPlacement", &[("slice", "slice"), ("numpy.ndarray", "array")]),
    ("pandas._libs.index.IndexEngine", &[("numpy.ndarray", "values or mask"), ("*", "mapping or NA value")]),
];

/// The same by the beginning of a type's own name: types that Cython makes for its functions.
const NAMES_OF_COMPILED: &[(&str, &str)] =
    &[("__pyx_scope_struct", "variable of the closure"), ("__pyx_defaults", "default")];

/// Of one object at most so many slots get a name, and so many new shapes are made: a file can't make us allocate.
pub(super) const MOST_SLOTS: usize = 1 << 10;
const MOST_SHAPES: usize = 1 << 16;
const LONGEST_CHAIN: usize = 200;

/// The shapes of a file, and those that are made of them.
pub(super) struct GivenNames<'t> {
    types: &'t [TypeRecord],
    /// All shapes; new ones come last.
    pub shapes: Vec<ShapeRecord>,
    first_new: usize,
    /// By shape: what its unnamed slots may be called; `None` when there are none, or nothing is known.
    rules: Vec<Option<Rules>>,
    made: HashMap<(u32, Vec<Option<&'static str>>), u32>,
}

/// Names by the type of the referent, as in [`NAMES`], those of the nearest base class first.
type Rules = Vec<(&'static str, &'static str)>;

impl<'t> GivenNames<'t> {
    /// `by_types`: whether the writer left it to the reader to name what types explain.
    pub fn new(shapes: Vec<ShapeRecord>, types: &'t [TypeRecord], by_types: bool) -> Self {
        let mut of_types: HashMap<u32, Rules> = HashMap::new();
        let rules = shapes.iter().map(|shape| {
            let is_named = !shape.slots.iter().any(|one| matches!(one, Segment::UnnamedCount(_) | Segment::Unnamed));
            if is_named || !by_types {
                return None;
            }
            let rules = of_types.entry(shape.type_index).or_insert_with(|| rules_of(types, shape.type_index));
            (!rules.is_empty()).then(|| rules.clone())
        });
        let rules = rules.collect();
        Self { types, first_new: shapes.len(), shapes, rules, made: HashMap::new() }
    }

    /// Whether objects of this shape are to be asked for.
    pub fn has_rules(&self, shape: u32) -> bool {
        self.rules.get(shape as usize).is_some_and(Option::is_some)
    }

    /// The index of the type that all objects of a shape have.
    pub fn type_of(&self, shape: u32) -> u32 {
        self.shapes[shape as usize].type_index
    }

    /// The shape of an object whose first references lead to objects of these types (indices; `None` of what is not in the
    /// snapshot): `shape` itself, or one with more names. O(references) and what making a shape costs, once for each
    /// combination of names.
    pub fn named(&mut self, shape: u32, kinds: &[Option<u32>]) -> u32 {
        let Some(Some(rules)) = self.rules.get(shape as usize) else { return shape };
        let slots = fixed_names(&self.shapes[shape as usize], kinds.len());
        let mut names = Vec::new();
        let mut is_better = false;
        for (position, name) in slots.iter().enumerate() {
            let given = match name {
                Some(_) => None,
                None => kinds[position].and_then(|index| name_in(rules, &key_of(&self.types[index as usize]))),
            };
            is_better |= given.is_some();
            names.push(given);
        }
        if !is_better {
            return shape;
        }
        if let Some(&made) = self.made.get(&(shape, names.clone())) {
            return made;
        }
        if self.shapes.len() - self.first_new >= MOST_SHAPES {
            return shape;
        }
        let fixed: Vec<Option<String>> =
            slots.into_iter().zip(&names).map(|(old, given)| old.or(given.map(str::to_owned))).collect();
        let rest = rest_of(&self.shapes[shape as usize]);
        let made = self.push(self.shapes[shape as usize].type_index, fixed, rest);
        self.made.insert((shape, names), made);
        made
    }

    /// The shape of an object of `references` references without those at `dropped` (ascending). A key or a value takes the
    /// other with it: `dropped` gets both. Where too many names would be needed, what is left has none.
    pub fn without(&mut self, shape: u32, references: usize, dropped: &mut Vec<usize>) -> u32 {
        let record = &self.shapes[shape as usize];
        let names = fixed_names(record, references);
        let fixed = names.len();
        let (rest, type_index) = (rest_of(record), record.type_index);
        if matches!(rest, Segment::Mapping) {
            let pairs = dropped.iter().flat_map(|&at| match at.checked_sub(fixed) {
                Some(place) => [fixed + place / 2 * 2, fixed + place / 2 * 2 + 1],
                None => [at, at],
            });
            *dropped = pairs.filter(|&at| at < references).collect();
            dropped.dedup();
        }
        let is_kept = |at: &usize| dropped.binary_search(at).is_err();
        let mut kept: Vec<Option<String>> =
            names.into_iter().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, name)| name).collect();
        let behind = dropped.iter().filter(|&&at| at >= fixed).count();
        let rest = match (&rest, behind) {
            (Segment::Sequence | Segment::Flat, 1..) if references - fixed > MOST_SLOTS => Segment::Unnamed,
            (Segment::Sequence | Segment::Flat, 1..) => {
                let prefix = if matches!(rest, Segment::Flat) { ".flat" } else { "" };
                let left = (fixed..references).filter(is_kept);
                kept.extend(left.map(|at| Some(format!("{prefix}[{}]", at - fixed))));
                Segment::UnnamedCount(0)
            }
            _ => rest,
        };
        if self.shapes.len() - self.first_new >= MOST_SHAPES {
            return self.push_plain(type_index);
        }
        self.push(type_index, kept, rest)
    }

    /// A shape without names, one for each type at most.
    fn push_plain(&mut self, type_index: u32) -> u32 {
        let key = (u32::MAX - type_index, Vec::new());
        if let Some(&made) = self.made.get(&key) {
            return made;
        }
        let made = self.push(type_index, Vec::new(), Segment::Unnamed);
        self.made.insert(key, made);
        made
    }

    fn push(&mut self, type_index: u32, fixed: Vec<Option<String>>, rest: Segment) -> u32 {
        let mut slots: Vec<Segment> = Vec::new();
        for name in fixed {
            match (name, slots.last_mut()) {
                (Some(name), Some(Segment::Fields(names))) => names.push(name.as_str().into()),
                (Some(name), _) => slots.push(Segment::Fields(vec![name.as_str().into()])),
                (None, Some(Segment::UnnamedCount(count))) => *count += 1,
                (None, _) => slots.push(Segment::UnnamedCount(1)),
            }
        }
        slots.push(rest);
        self.shapes.push(ShapeRecord { type_index, slots });
        (self.shapes.len() - 1) as u32
    }
}

/// The names of the first `references` references as far as they have a fixed place; an unnamed rest counts as that.
fn fixed_names(record: &ShapeRecord, references: usize) -> Vec<Option<String>> {
    let mut names: Vec<Option<String>> = Vec::new();
    for segment in &record.slots {
        let left = references - names.len();
        match segment {
            Segment::Fields(fields) => names.extend(fields.iter().take(left).map(|name| Some(name.0.clone()))),
            Segment::UnnamedCount(count) => names.extend(std::iter::repeat_n(None, left.min(*count as usize))),
            Segment::Unnamed => names.extend(std::iter::repeat_n(None, left)),
            _ => {}
        }
    }
    names
}

/// What comes behind the fixed places.
fn rest_of(record: &ShapeRecord) -> Segment {
    record.slots.last().filter(|last| last.takes_the_rest()).cloned().unwrap_or(Segment::UnnamedCount(0))
}

fn rules_of(types: &[TypeRecord], type_index: u32) -> Rules {
    let mut rules = Rules::new();
    let mut next = Some(type_index);
    for _ in 0..LONGEST_CHAIN {
        let Some(record) = next.and_then(|index| types.get(index as usize)) else { break };
        let key = key_of(record);
        if let Some((_, found)) = NAMES.iter().find(|(referrer, _)| *referrer == key) {
            rules.extend_from_slice(found);
        }
        if key.ends_with("iterator") || key.starts_with("itertools.") {
            rules.push(("*", "iterated"));
        }
        let own_name = key.rsplit('.').next().unwrap_or_default();
        rules.extend(
            NAMES_OF_COMPILED.iter().filter(|(start, _)| own_name.starts_with(start)).map(|(_, name)| ("*", *name)),
        );
        next = record.base;
    }
    rules
}

fn name_in(rules: &Rules, referent: &str) -> Option<&'static str> {
    let of = |wanted: &str| rules.iter().find(|(kind, _)| *kind == wanted).map(|(_, name)| *name);
    of(referent).or_else(|| of("*"))
}

fn key_of(record: &TypeRecord) -> String {
    match &*record.module.0 {
        "builtins" | "" => record.name.0.clone(),
        module => format!("{module}.{}", record.name.0),
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{HeapGraph, Object, Slot};
    use crate::snapshot::{Snapshot, Wanted};

    /// A snapshot of `objects` (address, shape, referents) with these `types` (module, name, base) and `shapes`.
    fn graph(
        writer: &str,
        types: &[(&str, &str, i64)],
        shapes: &str,
        objects: &[(i64, u32, &[i64])],
        own: &[i64],
    ) -> HeapGraph {
        let types: Vec<_> = types
            .iter()
            .map(|(module, name, base)| {
                serde_json::json!({"module": module, "name": name, "base": u32::try_from(*base).ok()})
            })
            .collect();
        let shapes: serde_json::Value = serde_json::from_str(shapes).unwrap();
        let count = objects.len();
        let references: usize = objects.iter().map(|object| object.2.len()).sum();
        let document = serde_json::json!({
            "format": "heapgraph-snapshot", "version": 1, "dumper": {"name": writer}, "address_base": 4096, "own": own,
            "chunks": [{
                "address": objects.iter().map(|object| object.0).collect::<Vec<_>>(),
                "shape": objects.iter().map(|object| object.1).collect::<Vec<_>>(),
                "size": vec![16; count], "refcount": vec![1; count],
                "reference_count": objects.iter().map(|object| object.2.len()).collect::<Vec<_>>(),
                "referent": objects.iter().flat_map(|object| object.2).collect::<Vec<_>>(),
            }],
            "types": types, "shapes": shapes, "roots": [],
            "threads": [{"id": 1, "frames": [{"function": "app.f", "file": "app.py", "line": 1,
                                              "locals": [["kept", objects[0].0], ["dumper", 900]]}]}],
            "end": {"objects": count, "references": references, "types": types.len(),
                    "shapes": shapes.as_array().unwrap().len(), "roots": 0, "errors": [], "unnamed": []},
        });
        // The keys of the format come in its order.
        let order = [
            "format",
            "version",
            "dumper",
            "address_base",
            "own",
            "chunks",
            "types",
            "shapes",
            "roots",
            "threads",
            "end",
        ];
        let members: Vec<String> = order.iter().map(|key| format!("\"{key}\":{}", document[key])).collect();
        HeapGraph::build(Snapshot::read(format!("{{{}}}", members.join(",")).as_bytes(), Wanted::References).unwrap())
    }

    fn slots(graph: &HeapGraph, object: u32) -> Vec<String> {
        graph
            .references(Object(object))
            .map(|reference| crate::report::slot_label(graph, graph.slot(reference)))
            .collect()
    }

    const TYPES: &[(&str, &str, i64)] = &[
        ("builtins", "object", -1),
        ("builtins", "function", 0),
        ("builtins", "dict", 0),
        ("app", "Task", 4),
        ("_asyncio", "Task", 5),
        ("_asyncio", "Future", 0),
        ("builtins", "list", 0),
    ];

    #[test]
    fn the_types_of_both_ends_name_what_the_dumper_could_not() {
        let shapes = r#"[{"type":1,"slots":[{"fields":[".__globals__"]},{"unnamed":2}]},{"type":2,"slots":["mapping"]},
                         {"type":3,"slots":["unnamed"]},{"type":6,"slots":[{"unnamed":1}]}]"#;
        let objects: &[(i64, u32, &[i64])] =
            &[(0, 0, &[16, 16, 0]), (16, 1, &[]), (32, 2, &[0, 16]), (48, 3, &[16]), (64, 0, &[16, 700, 16])];
        let outside = graph("heapgraph", TYPES, shapes, objects, &[]);
        let graph = graph("snapshot_dumper.py", TYPES, shapes, objects, &[]);
        assert_eq!(slots(&graph, 0), [".__globals__", ".__annotations__", ".__annotate__"]);
        // By the nearest base class that says something.
        assert_eq!(slots(&graph, 2), ["done callback", "done callback"]);
        assert_eq!(slots(&graph, 3), ["?"]);
        // What is not in the snapshot has no type; each combination has a shape of its own.
        assert_eq!(slots(&graph, 4), [".__globals__", "?", ".__annotations__"]);
        assert_eq!(slots(&outside, 0), [".__globals__", "?", "?"], "who reads from outside has named all it can");
    }

    #[test]
    fn references_to_the_dumper_are_not_there() {
        let shapes = r#"[{"type":6,"slots":["sequence"]},{"type":2,"slots":["mapping"]},
                         {"type":3,"slots":[{"fields":[".a",".b"]}]}]"#;
        let objects: &[(i64, u32, &[i64])] = &[
            (0, 0, &[16, 900, 32]),
            (16, 1, &[0, 32, 0, 900, 32, 0]),
            (32, 2, &[900, 0]),
            (48, 0, &[16, 916, 16]),
            (64, 0, &[16, 916, 16]),
        ];
        let graph = graph("snapshot_dumper.py", TYPES, shapes, objects, &[916, 900]);
        assert_eq!(slots(&graph, 0), ["[0]", "[2]"]);
        assert_eq!(graph.referents(Object(1)).map(|object| object.0).collect::<Vec<_>>(), [0, 2, 2, 0]);
        assert!(matches!(graph.slot(graph.references(Object(1)).nth(3).unwrap()), Slot::Value(Some(Object(2)))));
        assert_eq!(slots(&graph, 2), [".b"]);
        assert_eq!(slots(&graph, 3), ["[0]", "[2]"]);
        assert_eq!((graph.anomalies.dangling_references, graph.anomalies.dangling_roots), (0, 0));
        assert_eq!(graph.roots.len(), 1, "the dumper's local variable is nobody's");
    }
}
