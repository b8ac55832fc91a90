//! The GC roots that a snapshot names: modules, frames' locals, interpreter state.

use crate::snapshot::{RootRecord, Thread};
use crate::units::Address;

use super::Object;

/// What kind of GC root an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    /// A module in `sys.modules`.
    Module,
    /// A named local variable of a running frame.
    FrameLocal,
    /// Held by a running frame without a name: its value stack.
    FrameStack,
    /// Interpreter state such as `sys.modules` itself.
    Interpreter,
    /// Anything else that the dumper named.
    Other,
}

impl RootKind {
    /// For reports: `module`, `local`, `value stack`, `interpreter`, `other`.
    pub fn label(self) -> &'static str {
        match self {
            RootKind::Module => "module",
            RootKind::FrameLocal => "local",
            RootKind::FrameStack => "value stack",
            RootKind::Interpreter => "interpreter",
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
        for (depth, frame) in thread.frames.iter().enumerate() {
            for local in &frame.locals {
                add(local.address.absolute(), &|object| Root {
                    object,
                    kind: RootKind::FrameLocal,
                    name: format!("{} in {} ({thread_name})", &*local.name, &*frame.function),
                    expression: thread.id.map(|id| {
                        let back = ".f_back".repeat(depth);
                        let variable = super::python_str(&local.name);
                        format!("sys._current_frames()[{id}]{back}.f_locals[{variable}]")
                    }),
                    file: None,
                });
            }
            for address in &frame.stack {
                add(address.absolute(), &|object| Root {
                    object,
                    kind: RootKind::FrameStack,
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
