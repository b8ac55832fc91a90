//! The GC roots that a snapshot names: modules, frames' locals, interpreter state.

use crate::snapshot::{Frame, RootRecord, Thread};
use crate::units::Address;

use super::Object;

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

/// An object that is alive by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// The object.
    pub object: Object,
    /// Why it is alive.
    pub kind: RootKind,
    /// Name that a user knows: the module, `job in app.worker (thread MainThread)`, `sys.modules`.
    pub name: String,
    /// A Python expression that gives the object inside the process; `None` when there is none.
    pub expression: Option<String>,
    /// Source file of a module; `None` when unknown or built in.
    pub file: Option<String>,
}

/// Finds the objects of the roots. Sorted by object, then kind, then name; each once. Also counts the roots whose object
/// is not in the snapshot.
pub(super) fn resolve(
    records: &[RootRecord],
    threads: &[Thread],
    find: impl Fn(Address) -> Option<Object>,
) -> (Vec<Root>, u64) {
    let mut roots = Vec::new();
    let mut dangling = 0;
    let mut add = |address: Address, make: &dyn Fn(Object) -> Root| match find(address) {
        Some(object) => roots.push(make(object)),
        None => dangling += 1,
    };
    for record in records {
        let name = record.name.0.clone();
        add(record.address.absolute(), &|object| {
            let (kind, expression) = match &*record.kind {
                "module" => (RootKind::Module, Some(format!("sys.modules[{}]", super::python_str(&name)))),
                "interpreter" => (RootKind::Interpreter, name.starts_with("sys.").then(|| name.clone())),
                "thread" => (RootKind::Thread, None),
                _ => (RootKind::Other, None),
            };
            let file = record.file.as_ref().map(|file| file.0.clone());
            Root { object, kind, name: name.clone(), expression, file }
        });
    }
    for thread in threads {
        let thread_name = match (&thread.name, thread.id) {
            (Some(name), _) => format!("thread {}", name.0),
            (None, Some(id)) => format!("thread {id}"),
            (None, None) => "a thread".to_owned(),
        };
        let watches = debugger_frames(&thread.frames);
        for (depth, frame) in thread.frames.iter().enumerate() {
            let kind = |of: RootKind| if watches[depth] { RootKind::Debugger } else { of };
            // Deeper frames have no expression that anybody would paste, and all together would fill the memory.
            let id = thread.id.filter(|_| depth < DEEPEST_EXPRESSION);
            let locals = id.map(|id| format!("sys._current_frames()[{id}]{}.f_locals", ".f_back".repeat(depth)));
            // Where a dictionary has the locals, it is what the frame holds.
            let namespace = frame.namespace.filter(|address| find(address.absolute()).is_some());
            if let Some(namespace) = namespace {
                add(namespace.absolute(), &|object| Root {
                    object,
                    kind: kind(RootKind::FrameLocal),
                    name: format!("locals in {} ({thread_name})", &*frame.function),
                    expression: locals.clone(),
                    file: None,
                });
            }
            for local in frame.locals.iter().filter(|_| namespace.is_none()) {
                add(local.address.absolute(), &|object| Root {
                    object,
                    kind: kind(RootKind::FrameLocal),
                    name: format!("{} in {} ({thread_name})", &*local.name, &*frame.function),
                    expression: locals.as_ref().map(|locals| format!("{locals}[{}]", super::python_str(&local.name))),
                    file: None,
                });
            }
            for address in &frame.stack {
                add(address.absolute(), &|object| Root {
                    object,
                    kind: kind(RootKind::FrameStack),
                    name: format!("{} ({thread_name})", &*frame.function),
                    expression: None,
                    file: None,
                });
            }
        }
    }
    roots.sort();
    roots.dedup();
    (roots, dangling)
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
