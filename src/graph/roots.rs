//! The GC roots that a snapshot names: modules, frames' locals, interpreter state.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::snapshot::{Frame, RootRecord, Thread};
use crate::units::Address;

use super::python_syntax::is_access;
use super::{HeapGraph, Object};

/// What kind of GC root an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    /// A module in `sys.modules`.
    Module,
    /// A named local variable of a running frame.
    FrameLocal,
    /// Held by a running frame without a name: its value stack, its cells, its code and function.
    FrameStack,
    /// A local variable of a debugger, or of a line that was typed into one: it watches the program.
    Debugger,
    /// Interpreter state such as `sys.modules` itself.
    Interpreter,
    /// What a thread holds beside its frames: its thread-local data, its context, an exception that is being handled.
    Thread,
    /// Anything else that was named, such as a type that is never freed.
    Other,
}

impl RootKind {
    /// For reports: `module`, `local`, `value stack`, `debugger`, `interpreter`, `thread`, `other`.
    pub fn label(self) -> &'static str {
        match self {
            RootKind::Module => "module",
            RootKind::FrameLocal => "local",
            RootKind::FrameStack => "value stack",
            RootKind::Debugger => "debugger",
            RootKind::Interpreter => "interpreter",
            RootKind::Thread => "thread",
            RootKind::Other => "other",
        }
    }
}

/// Why an object is alive by itself, as data: what a sentence about it is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RootPlace {
    /// A module in `sys.modules`, by the name that it has there.
    Module(Arc<str>),
    /// A variable of a running frame; `variable` is `None` for the dictionary that has all of them.
    Local {
        /// The variable's name.
        variable: Option<Arc<str>>,
        /// Whose it is.
        frame: FramePlace,
    },
    /// Held by a running frame without a name.
    ValueStack(FramePlace),
    /// Interpreter state, by an expression or a description.
    Interpreter(Arc<str>),
    /// What a thread holds beside its frames.
    Thread {
        /// What it is, up to the thread's name: `thread-local data of`.
        holds: Arc<str>,
        /// The thread, as the snapshot calls it; empty when `holds` is all that is known.
        thread: Arc<str>,
    },
    /// Anything else, described.
    Other(Arc<str>),
}

/// A running frame, as far as a reader tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FramePlace {
    /// Qualified name of the function, with its module: `app.worker.run`.
    pub function: Arc<str>,
    /// Whose frame it is.
    pub thread: ThreadPlace,
    /// The frame is a debugger's, or that of a line typed into one.
    pub is_of_a_debugger: bool,
}

impl FramePlace {
    /// Whether it runs the code of a module itself, outside of any function.
    pub fn is_at_module_level(&self) -> bool {
        self.function.ends_with("<module>")
    }
}

/// A thread, by what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ThreadPlace {
    /// By the name that `threading` has for it.
    Named(Arc<str>),
    /// By its identifier.
    Numbered(u64),
    /// Nothing is known.
    Unknown,
}

/// An object that is alive by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Root {
    /// The object.
    pub object: Object,
    /// Why it is alive.
    pub place: RootPlace,
    /// A Python expression that gives the object inside the process; `None` when there is none.
    pub expression: Option<String>,
    /// Source file of a module; `None` when unknown or built in.
    pub file: Option<String>,
}

impl Root {
    /// What kind of root it is.
    pub fn kind(&self) -> RootKind {
        match &self.place {
            RootPlace::Module(_) => RootKind::Module,
            RootPlace::Local { frame, .. } | RootPlace::ValueStack(frame) if frame.is_of_a_debugger => {
                RootKind::Debugger
            }
            RootPlace::Local { .. } => RootKind::FrameLocal,
            RootPlace::ValueStack(_) => RootKind::FrameStack,
            RootPlace::Interpreter(_) => RootKind::Interpreter,
            RootPlace::Thread { .. } => RootKind::Thread,
            RootPlace::Other(_) => RootKind::Other,
        }
    }

    /// The name of the module that it is; `None` for any other root.
    pub fn module(&self) -> Option<&str> {
        match &self.place {
            RootPlace::Module(name) => Some(name),
            _ => None,
        }
    }
}

impl HeapGraph {
    /// The modules that are roots, with their names in `sys.modules`, in the order of their addresses.
    pub fn modules(&self) -> impl Iterator<Item = (&Root, &str)> + Clone {
        self.roots.iter().filter_map(|root| Some((root, root.module()?)))
    }
}

/// Finds the objects of the roots. Sorted by object, then kind, then place; each once. Also counts the roots whose object
/// is not in the snapshot.
pub(super) fn resolve(
    records: &[RootRecord],
    threads: &[Thread],
    find: impl Fn(Address) -> Option<Object>,
) -> (Vec<Root>, u64) {
    let mut roots = Vec::new();
    let mut dangling = 0;
    let mut add =
        |address: Address, place: &dyn Fn() -> (RootPlace, Option<String>, Option<String>)| match find(address) {
            Some(object) => {
                let (place, expression, file) = place();
                roots.push(Root { object, place, expression, file });
            }
            None => dangling += 1,
        };
    for record in records {
        add(record.address.absolute(), &|| {
            let name: Arc<str> = record.name.0.as_str().into();
            let (place, expression) = match &*record.kind {
                "module" => {
                    let expression = format!("sys.modules[{}]", super::python_str(&name));
                    (RootPlace::Module(name), Some(expression))
                }
                "interpreter" => {
                    let expression =
                        name.strip_prefix("sys").filter(|access| is_access(access)).map(|_| name.to_string());
                    (RootPlace::Interpreter(name), expression)
                }
                "thread" => (of_thread(&name), None),
                _ => (RootPlace::Other(name), None),
            };
            (place, expression, record.file.as_ref().map(|file| file.0.clone()))
        });
    }
    for thread in threads {
        let thread_place = match (&thread.name, thread.id) {
            (Some(name), _) => ThreadPlace::Named(name.0.as_str().into()),
            (None, Some(id)) => ThreadPlace::Numbered(id),
            (None, None) => ThreadPlace::Unknown,
        };
        let watches = debugger_frames(&thread.frames);
        for (depth, frame) in thread.frames.iter().enumerate() {
            let of_frame = FramePlace {
                function: (&*frame.function).into(),
                thread: thread_place.clone(),
                is_of_a_debugger: watches[depth],
            };
            // Deeper frames have no expression that anybody would paste, and all together would fill the memory.
            let id = thread.id.filter(|_| depth < DEEPEST_EXPRESSION);
            let locals = id.map(|id| format!("sys._current_frames()[{id}]{}.f_locals", ".f_back".repeat(depth)));
            // Where a dictionary has the locals, it is what the frame holds.
            let namespace = frame.namespace.filter(|address| find(address.absolute()).is_some());
            if let Some(namespace) = namespace {
                add(namespace.absolute(), &|| {
                    (RootPlace::Local { variable: None, frame: of_frame.clone() }, locals.clone(), None)
                });
            }
            for local in frame.locals.iter().filter(|_| namespace.is_none()) {
                add(local.address.absolute(), &|| {
                    let expression =
                        locals.as_ref().map(|locals| format!("{locals}[{}]", super::python_str(&local.name)));
                    let variable = Some((&*local.name).into());
                    (RootPlace::Local { variable, frame: of_frame.clone() }, expression, None)
                });
            }
            for address in &frame.stack {
                add(address.absolute(), &|| (RootPlace::ValueStack(of_frame.clone()), None, None));
            }
        }
    }
    roots.sort_by(|one, other| {
        let key = |root: &Root| (root.object, root.kind());
        key(one).cmp(&key(other)).then_with(|| one.cmp(other))
    });
    roots.dedup();
    (roots, dangling)
}

/// What a thread holds, as the format of snapshots says it before the thread's name.
const THREAD_HOLDS: [&str; 11] = [
    "key of thread-local data of",
    "sentinel of thread-local data of",
    "thread-local data of",
    "context of",
    "context variables of",
    "exception being raised in",
    "exception being handled by",
    "exception sent to",
    "profile function of",
    "trace function of",
    "hook for asynchronous generators of",
];

fn of_thread(name: &str) -> RootPlace {
    let known = THREAD_HOLDS.iter().find_map(|holds| Some((*holds, name.strip_prefix(holds)?.strip_prefix(' ')?)));
    let (holds, thread) = known.unwrap_or((name, ""));
    RootPlace::Thread { holds: holds.into(), thread: thread.into() }
}

/// Locals of frames below this one are told without an expression.
const DEEPEST_EXPRESSION: usize = 100;

/// Beginnings of the names of debuggers' modules.
const DEBUGGERS: [&str; 9] = [
    "bdb.",
    "pdb.",
    "ipdb.",
    "IPython.core.debugger.",
    "IPython.terminal.debugger.",
    "pudb.",
    "pydevd",
    "_pydevd",
    "debugpy.",
];

/// Whether a module is a debugger's.
pub fn is_of_a_debugger(module: &str) -> bool {
    DEBUGGERS.iter().any(|start| match start.strip_suffix('.') {
        Some(name) => module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        None => module.starts_with(start),
    })
}

/// Which frames of a thread, the innermost first, are a debugger's: those of its own modules, and those above the innermost
/// of them when they began with a typed line.
pub fn debugger_frames(frames: &[Frame]) -> Vec<bool> {
    const SHARED: [&str; 2] = ["cmd.", "code."];
    let is_of = |frame: &Frame, modules: &[&str]| modules.iter().any(|module| frame.function.starts_with(module));
    let mut watches = vec![false; frames.len()];
    let may_watch = |frame: &Frame| is_of(frame, &DEBUGGERS) || is_of(frame, &SHARED);
    let mut end = 0;
    for run in frames.chunk_by(|one, next| may_watch(one) == may_watch(next)) {
        let begin = end;
        end += run.len();
        if run.iter().any(|frame| is_of(frame, &DEBUGGERS)) {
            let is_typed = begin > 0 && frames[begin - 1].file.as_ref().is_some_and(|file| is_typed_line(&file.0));
            let first = if is_typed && !watches.contains(&true) { 0 } else { begin };
            watches[first..end].fill(true);
        }
    }
    watches
}

/// Whether this is what debuggers call the file of a line that was typed.
fn is_typed_line(file: &str) -> bool {
    file == "<stdin>" || file == "<console>" || file.starts_with("<ipython-input")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Local, WireAddress};

    #[test]
    fn what_a_thread_holds_and_its_name_are_apart() {
        let place = |holds: &str, thread: &str| RootPlace::Thread { holds: holds.into(), thread: thread.into() };
        assert_eq!(of_thread("context of Thread-1 (run)"), place("context of", "Thread-1 (run)"));
        assert_eq!(of_thread("thread-local data of a of b"), place("thread-local data of", "a of b"));
        assert_eq!(of_thread("something new"), place("something new", ""));
    }

    /// A recursion of twenty thousand calls once made expressions of a gigabyte.
    #[test]
    fn expressions_of_deep_frames_do_not_grow_with_the_depth() {
        let local = Local { name: "x".into(), address: WireAddress::at(0x10) };
        let frame = Frame { function: "app.down".into(), locals: vec![local], ..Frame::default() };
        let thread = Thread { id: Some(1), frames: vec![frame; 20_000], ..Thread::default() };
        let (roots, _) = resolve(&[], &[thread], |_| Some(Object(0)));
        let longest = roots.iter().filter_map(|root| root.expression.as_ref()).map(String::len).max();
        assert_eq!(longest, Some("sys._current_frames()[1].f_locals['x']".len() + 99 * ".f_back".len()));
        assert!(roots.iter().any(|root| root.expression.is_none()));
    }
}
