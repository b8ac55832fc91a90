//! Names of threads and frames that are the same in another process: without the numbers that are given in turn.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::graph::{FramePlace, HeapGraph, Object, RootPlace, Slot, ThreadPlace};

/// What a thread is called whose name says nothing.
const A_THREAD: &str = "a thread";

/// A thread's name; numbers that Python gives in turn are a `*`: `Thread-3 (run)` and `Thread-7` are `Thread-*`,
/// `ThreadPoolExecutor-0_4` is `ThreadPoolExecutor-*`. Names that the program gives stay: `worker-3`.
pub(super) fn stable_thread(name: &str) -> String {
    // Of another interpreter than the first: ` of interpreter 2`.
    let (own, suffix) = match name.find(" of interpreter ") {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let is_numbers = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    for prefix in ["Thread-", "ThreadPoolExecutor-", "Dummy-", "asyncio_"] {
        let Some(rest) = own.strip_prefix(prefix) else { continue };
        let number = rest.split_once(" (").map_or(rest, |(number, _)| number);
        if is_numbers(number) {
            return format!("{prefix}*{suffix}");
        }
    }
    if own.starts_with("0x") || own == "?" { format!("{A_THREAD}{suffix}") } else { name.to_owned() }
}

/// The root where a way begins, so that it is the same in another process and version. `modules` are the names in
/// `sys.modules`.
pub(super) fn stable_root(modules: &HashSet<&str>, place: &RootPlace) -> RootPlace {
    match place {
        RootPlace::Local { variable, frame } => {
            RootPlace::Local { variable: variable.clone(), frame: stable_frame(modules, frame) }
        }
        RootPlace::ValueStack(frame) => RootPlace::ValueStack(stable_frame(modules, frame)),
        RootPlace::Thread { holds, thread } if !thread.is_empty() => {
            RootPlace::Thread { holds: holds.clone(), thread: stable_thread(thread).into() }
        }
        RootPlace::Thread { .. } | RootPlace::Module(_) | RootPlace::Interpreter(_) | RootPlace::Other(_) => {
            place.clone()
        }
    }
}

/// Function by module and last name, as before 3.11 a frame knows no more.
fn stable_frame(modules: &HashSet<&str>, frame: &FramePlace) -> FramePlace {
    let function = &*frame.function;
    let last = function.rsplit('.').next().unwrap_or(function);
    let mut before = std::iter::successors(function.rsplit_once('.'), |(before, _)| before.rsplit_once('.'));
    let module = before.find(|(before, _)| modules.contains(before));
    let function = module.map_or_else(|| function.into(), |(module, _)| format!("{module}.{last}").into());
    let thread = match &frame.thread {
        ThreadPlace::Named(name) => ThreadPlace::Named(stable_thread(name).into()),
        ThreadPlace::Numbered(_) | ThreadPlace::Unknown => ThreadPlace::Unknown,
    };
    FramePlace { function, thread, is_of_a_debugger: frame.is_of_a_debugger }
}

/// Which thread each entry of a `threading.local` is for.
pub(super) struct ThreadLocals {
    /// What marks a thread in them, and the thread's name.
    thread: HashMap<Object, Arc<str>>,
    /// The dictionaries with an entry for each thread.
    pub tables: HashSet<Object>,
}

/// The slot of `_thread._local` with the dictionary that has an entry for each thread.
const TABLE: &str = "attributes of threads";

impl ThreadLocals {
    /// Looks them up. Linear in roots and objects.
    pub fn of(graph: &HeapGraph) -> ThreadLocals {
        let mut thread = HashMap::new();
        for root in &graph.roots {
            let RootPlace::Thread { holds, thread: of } = &root.place else { continue };
            let name: Arc<str> = stable_thread(of).into();
            match &**holds {
                "key of thread-local data of" => {
                    thread.insert(root.object, name);
                }
                // Before 3.13 a dictionary of the thread holds the marks.
                "thread-local data of" => {
                    let marks = graph.strong_referents(root.object);
                    let is_mark = |&mark: &Object| graph.type_of(mark).name == "_localdummy";
                    thread.extend(marks.filter(is_mark).map(|mark| (mark, name.clone())));
                }
                _ => {}
            }
        }
        let mut tables = HashSet::new();
        let has_table = |shape| graph.fields_of_shape(shape).any(|(_, name)| name == TABLE);
        for object in graph.objects_of_shapes(has_table) {
            tables.extend(graph.field(object, TABLE).and_then(|table| table.referent));
        }
        ThreadLocals { thread, tables }
    }

    /// The thread that an entry of a table is for, by its key: a mark, or a weak reference to one.
    pub fn of_key(&self, graph: &HeapGraph, key: Object) -> Option<Arc<str>> {
        let known = |mark: Object| self.thread.get(&mark).cloned();
        let behind = || graph.references(key).filter(|held| graph.slot(*held) == Slot::Field("()"));
        known(key).or_else(|| behind().find_map(|held| known(held.referent?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_python_gives_in_turn_are_no_part_of_a_name() {
        for (name, stable) in [
            ("Thread-1", "Thread-*"),
            ("Thread-12 (run)", "Thread-*"),
            ("ThreadPoolExecutor-0_3", "ThreadPoolExecutor-*"),
            ("asyncio_0", "asyncio_*"),
            ("worker-3", "worker-3"),
            ("Thread-pool", "Thread-pool"),
            ("MainThread", "MainThread"),
            ("0x7f00", "a thread"),
            ("Thread-2 of interpreter 1", "Thread-* of interpreter 1"),
        ] {
            assert_eq!(stable_thread(name), stable);
        }
    }
}
