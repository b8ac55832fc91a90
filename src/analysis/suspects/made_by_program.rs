//! What a program makes one by one while it works, as opposed to the data that it is for.

use std::collections::HashMap;

use crate::analysis::containers::Container;
use crate::analysis::explored::Explored;
use crate::graph::{Object, Slot, TypeId};

/// From so many elements on a container gathers.
const MANY: u64 = 16;
/// So many elements of a container are looked into.
const SAMPLE: usize = 64;

/// What runs, waits, or remembers what ran: made one by one by its nature.
const RUNS: [&str; 13] = [
    "function",
    "method",
    "generator",
    "coroutine",
    "async_generator",
    "frame",
    "traceback",
    "cell",
    "functools.partial",
    "_asyncio.Task",
    "_asyncio.Future",
    "weakref.ReferenceType",
    "_contextvars.Context",
];

/// Modules whose classes are values, though they are written in Python.
const VALUES: [&str; 9] =
    ["datetime", "_pydatetime", "decimal", "_pydecimal", "fractions", "ipaddress", "pathlib", "uuid", "enum"];

/// Whether a container of many elements holds mostly what a program makes one by one: instances of classes written in Python,
/// functions, tasks, exceptions, or plain containers of these. Linear in the elements of those containers.
pub(super) fn gathers_what_the_program_makes(heap: &Explored<'_>, containers: &[Container]) -> bool {
    let mut known: HashMap<TypeId, bool> = HashMap::new();
    containers.iter().filter(|container| container.elements >= MANY).any(|container| {
        let Some((most, _)) = container.most else { return false };
        if is_made(heap, &mut known, most) {
            return true;
        }
        // Records: the elements are plain containers; what do these hold?
        let records: Vec<Object> =
            elements(heap, container.object).filter(|&one| heap.graph.type_id(one) == most).take(SAMPLE).collect();
        let made = records.iter().filter(|&&record| {
            elements(heap, record).take(SAMPLE).any(|held| is_made(heap, &mut known, heap.graph.type_id(held)))
        });
        let made = made.count();
        !records.is_empty() && made * 2 > records.len()
    })
}

/// The same of objects by themselves: whether most of them are made one by one, or are plain containers of what is. Linear.
pub(super) fn is_made_by_the_program(heap: &Explored<'_>, objects: &[Object]) -> bool {
    let mut known: HashMap<TypeId, bool> = HashMap::new();
    let mut is_one = |&object: &Object| {
        is_made(heap, &mut known, heap.graph.type_id(object))
            || elements(heap, object).take(SAMPLE).any(|held| is_made(heap, &mut known, heap.graph.type_id(held)))
    };
    let step = (objects.len() / SAMPLE).max(1);
    let sample: Vec<Object> = objects.iter().step_by(step).copied().collect();
    objects.len() as u64 >= MANY && sample.iter().filter(|object| is_one(object)).count() * 2 > sample.len()
}

/// What a container holds: items, members, values.
fn elements<'h>(heap: &'h Explored<'_>, container: Object) -> impl Iterator<Item = Object> + 'h {
    let graph = heap.graph;
    let is_container = graph.elements(container).is_some();
    let references = graph.references(container).filter(move |_| is_container);
    let is_element = |slot| matches!(slot, Slot::Index(_) | Slot::Value(_) | Slot::Member);
    references.filter(move |&reference| is_element(graph.slot(reference))).filter_map(|reference| reference.referent)
}

fn is_made(heap: &Explored<'_>, known: &mut HashMap<TypeId, bool>, of: TypeId) -> bool {
    *known.entry(of).or_insert_with(|| {
        let name = heap.graph.type_name(of);
        let runs = RUNS.iter().any(|one| name == *one || heap.classes.derives_from(of, one));
        runs || heap.classes.derives_from(of, "BaseException") || is_written_in_python(heap, of)
    })
}

/// Whether a class comes from a `class` statement, and is no value. Unknown classes of the program's modules are taken as such.
fn is_written_in_python(heap: &Explored<'_>, of: TypeId) -> bool {
    let graph = heap.graph;
    let record = &graph.types[of.index()];
    let package = record.module.split('.').next().unwrap_or_default();
    if record.module == "builtins" || VALUES.contains(&package) || heap.classes.derives_from(of, "type") {
        return false;
    }
    let dict = record.object.and_then(|class| graph.field(class, ".__dict__")).and_then(|dict| dict.referent);
    let Some(dict) = dict else { return true };
    let mut names = Vec::new();
    let mut has_function = false;
    for (key, value) in graph.entries(dict) {
        names.extend(key.and_then(|key| graph.text(key)).map(|text| text.text));
        has_function |= value.is_some_and(|value| graph.type_name(graph.type_id(value)) == "function");
    }
    // Only a class statement leaves these; where names are not in the snapshot, the methods tell.
    has_function || names.iter().any(|name| matches!(*name, "__weakref__" | "__slots__" | "__static_attributes__"))
}
