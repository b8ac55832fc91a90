//! What frames, generators and coroutines own: variables by name, values on the stack, exceptions being handled.

use std::rc::Rc;

use super::layout::ABSENT;
use super::python::flag;
use super::types::{Kind, Plan};
use super::walk::Walk;

/// Calls deeper than this get no names in a greenlet: an expression repeats `.f_back` for each.
const DEEPEST_CALL: usize = 100;
/// What greenlet keeps of a greenlet takes fewer words.
const GREENLET_WORDS: usize = 64;

impl Walk<'_> {
    /// A frame as an object.
    pub(super) fn push_frame_object(&mut self, object: u64) {
        let at = &self.python.at.frame_object;
        if at.frame == ABSENT {
            return self.push_old_frame(object);
        }
        self.push_fields(
            object,
            &[
                (at.back, ".f_back"),
                (at.trace, ".f_trace"),
                (at.extra_locals, "variables added by a debugger"),
                (at.locals_cache, "locals of a debugger"),
            ],
        );
        let Some(frame) = self.python.pointer(object, at.frame) else { return };
        // While a call runs, its thread holds what is in the frame.
        let owner = self.python.byte(frame, self.python.at.interpreter_frame.owner);
        if owner == Some(2) {
            self.push_frame(frame, "", ".f_code");
        } else if let Some(code) = self.code_of(frame) {
            self.push_text(".f_code", code);
        }
    }

    /// Frames up to 3.10, which are objects.
    pub(super) fn push_old_frame(&mut self, object: u64) {
        let at = &self.python.at.frame_object;
        self.push_fields(
            object,
            &[
                (at.back, ".f_back"),
                (at.code, ".f_code"),
                (at.builtins, ".f_builtins"),
                (at.globals, ".f_globals"),
                (at.locals, ".f_locals"),
                (at.trace, ".f_trace"),
            ],
        );
        let first = object + u64::from(at.localsplus);
        let Some(code) = self.python.pointer(object, at.code) else { return };
        let variables = self.variables_of(code);
        self.push_variables(first, &variables, "");
        for value in self.old_stack(object) {
            self.push_text("value stack", value);
        }
    }

    /// What is on the value stack of a frame up to 3.10 that does not run now.
    pub(super) fn old_stack(&mut self, object: u64) -> Vec<u64> {
        let at = &self.python.at.frame_object;
        let Some(first) = self.python.pointer(object, at.valuestack) else { return Vec::new() };
        let depth = if at.stacktop != ABSENT {
            let top = self.python.field(object, at.stacktop).unwrap_or(0);
            top.checked_sub(first).map_or(0, |bytes| bytes / 8)
        } else {
            u64::try_from(self.python.int(object, at.stackdepth).unwrap_or(0)).unwrap_or(0)
        };
        let mut words = Vec::new();
        self.python.image.words(first, depth.min(1 << 16) as usize, &mut words);
        words.retain(|&value| value != 0);
        words
    }

    /// A generator, coroutine or asynchronous generator.
    pub(super) fn push_generator(&mut self, object: u64, letters: &str) {
        let at = &self.python.at.generator;
        self.push_fields(object, &[(at.name, ".__name__"), (at.qualname, ".__qualname__")]);
        if at.exc_state != ABSENT {
            self.push_handled(object + u64::from(at.exc_state));
        }
        let origin = match letters {
            "cr" if self.python.at.coroutine.origin != ABSENT => self.python.at.coroutine.origin,
            "ag" if self.python.at.async_generator.finalizer != ABSENT => self.python.at.async_generator.finalizer,
            _ => at.origin_or_finalizer,
        };
        let size =
            self.python.type_of(object).and_then(|kind| self.python.field(kind, self.python.at.type_object.basicsize));
        if origin != ABSENT
            && letters != "gi"
            && size.is_some_and(|size| u64::from(origin) < size)
            && let Some(referent) = self.python.pointer(object, origin)
        {
            self.push_text(if letters == "cr" { ".cr_origin" } else { "finalizer" }, referent);
        }
        let frame_name = format!(".{letters}_frame");
        if at.iframe == ABSENT {
            if let Some(frame) = self.python.pointer(object, at.frame) {
                self.push_text(&frame_name, frame);
            }
            if let Some(code) = self.python.pointer(object, at.code) {
                self.push_text(&format!(".{letters}_code"), code);
            }
            return;
        }
        let state = i64::from(self.python.byte(object, at.frame_state).unwrap_or(0).cast_signed());
        // While it runs, its thread tells what is in the frame; when it has ended, nothing is.
        let is_suspended = if at.executing == 0 { state < 0 } else { state < i64::from(at.executing) };
        if is_suspended {
            let frame = object + u64::from(at.iframe);
            self.push_frame(frame, &frame_name, &format!(".{letters}_code"));
            if let Some(frame) = self.python.pointer(frame, self.python.at.interpreter_frame.frame_object) {
                self.push_text(&frame_name, frame);
            }
        } else if at.code != ABSENT
            && let Some(code) = self.python.pointer(object, at.code)
        {
            self.push_text(&format!(".{letters}_code"), code);
        }
    }

    /// A greenlet that does not run now: the frame in which it left off, and those that called it. Up to 3.10 frames are objects
    /// that hold each other.
    pub(super) fn push_greenlet(&mut self, plan: &Plan, object: u64) {
        let Some(frame) = self.frame_of_greenlet(plan, object) else { return };
        let at = &self.python.at.frame_object;
        if at.frame == ABSENT {
            // The one that runs keeps there where it was before.
            return self.push_text("frame", frame);
        }
        self.push_text(".gr_frame", frame);
        let mut next = self.python.pointer(frame, at.frame);
        let mut prefix = ".gr_frame".to_owned();
        for _ in 0..DEEPEST_CALL {
            let Some(frame) = next else { return };
            let at = &self.python.at.interpreter_frame;
            let (owner, previous) = (self.python.byte(frame, at.owner), self.python.pointer(frame, at.previous));
            // A generator tells what is in its frame itself; others have no code of Python.
            if owner == Some(0) {
                let code_name = format!("{prefix}.f_code");
                self.push_frame(frame, &prefix, &code_name);
            }
            if matches!(owner, Some(0 | 1)) {
                prefix.push_str(".f_back");
            }
            next = previous;
        }
    }

    /// The package keeps it in memory of its own, in a place that each release may move.
    fn frame_of_greenlet(&mut self, plan: &Plan, object: u64) -> Option<u64> {
        for &offset in &plan.unknown {
            let Some(block) = self.python.image.word(object + u64::from(offset)) else { continue };
            for word in self.words_of_block(block, GREENLET_WORDS) {
                if word & 7 == 0
                    && self.refcount(word) > 0
                    && self.plan_of(word).is_some_and(|plan| plan.kind == Kind::Frame)
                {
                    return Some(word);
                }
            }
        }
        None
    }

    /// An exception that is being handled.
    pub(super) fn push_handled(&mut self, item: u64) {
        let at = &self.python.at.exception_item;
        for offset in [at.exc_type, at.exc_value, at.exc_traceback] {
            if let Some(referent) = self.python.pointer(item, offset)
                && !self.is_none(referent)
            {
                self.push_text("exception being handled", referent);
            }
        }
    }

    /// The code of a frame of 3.11 and later.
    pub fn code_of(&mut self, frame: u64) -> Option<u64> {
        let code = self.python.pointer(frame, self.python.at.interpreter_frame.code)? & !3;
        let plan = self.plan_of(code)?;
        (plan.kind == Kind::Code).then_some(code)
    }

    /// What a frame of 3.11 and later owns that does not run now. `prefix`: how it is reached, such as `.gi_frame`.
    pub(super) fn push_frame(&mut self, frame: u64, prefix: &str, code_name: &str) {
        let at = &self.python.at.interpreter_frame;
        let Some(code) = self.code_of(frame) else { return };
        self.push_text(code_name, code);
        if let Some(function) = self.python.pointer(frame, at.funcobj).map(|function| function & !3)
            && !self.is_none(function)
        {
            self.push_text("function", function);
        }
        if let Some(locals) = self.python.pointer(frame, at.locals) {
            self.push_text(&format!("{prefix}.f_locals"), locals);
        }
        let first = frame + u64::from(at.localsplus);
        let variables = self.variables_of(code);
        self.push_variables(first, &variables, prefix);
        for value in self.frame_stack(frame, variables.len()) {
            self.push_text("value stack", value);
        }
    }

    /// What is on the value stack of a frame of 3.11 and later that does not run now.
    pub(super) fn frame_stack(&mut self, frame: u64, variables: usize) -> Vec<u64> {
        let Some(depth) = self.stack_depth(frame, variables) else { return Vec::new() };
        let first = frame + u64::from(self.python.at.interpreter_frame.localsplus) + 8 * variables as u64;
        let mut words = Vec::new();
        self.python.image.words(first, depth, &mut words);
        words.iter().map(|&value| self.stack_reference(value)).filter(|&value| value != 0).collect()
    }

    /// How many values are on the stack of a frame; `None` while it runs.
    pub fn stack_depth(&mut self, frame: u64, variables: usize) -> Option<usize> {
        let at = &self.python.at.interpreter_frame;
        let top = if at.stackpointer == ABSENT {
            u64::try_from(self.python.int(frame, at.stacktop)?).ok()?
        } else {
            let pointer = self.python.pointer(frame, at.stackpointer)?;
            pointer.checked_sub(frame + u64::from(at.localsplus))? / 8
        };
        top.checked_sub(variables as u64).filter(|&depth| depth < 1 << 16).map(|depth| depth as usize)
    }

    /// A word of a frame's stack without its marks.
    pub fn stack_reference(&self, word: u64) -> u64 {
        match self.python.minor {
            0..=13 => word,
            // Marked as a number that is no object.
            _ if word & 3 == 3 => 0,
            _ => word & !3,
        }
    }

    pub(super) fn push_variables(&mut self, first: u64, variables: &[Rc<str>], prefix: &str) {
        let mut words = Vec::new();
        self.python.image.words(first, variables.len(), &mut words);
        for (name, &word) in variables.iter().zip(&words) {
            let value = self.stack_reference(word);
            if value == 0 {
                continue;
            }
            let is_cell = self.plan_of(value).is_some_and(|plan| plan.key() == "cell");
            let name = if is_cell { format!("cell {name}") } else { format!("{prefix}.f_locals['{name}']") };
            self.push_text(&name, value);
        }
    }

    /// Names of locals, cells and free variables of a code object, in the order of the frame.
    pub fn variables_of(&mut self, code: u64) -> Rc<[Rc<str>]> {
        let at = &self.python.at.code;
        let offsets = if at.localsplusnames != ABSENT {
            vec![at.localsplusnames]
        } else {
            vec![at.varnames, at.cellvars, at.freevars]
        };
        let mut names = Vec::new();
        let mut words = Vec::new();
        for offset in offsets {
            let Some(tuple) = self.python.pointer(code, offset) else { continue };
            if self.python.flags_of(tuple) & flag::TUPLE == 0 {
                continue;
            }
            let length = self.python.length(tuple).unwrap_or(0).min(1 << 16);
            self.python.image.words(tuple + u64::from(self.python.at.tuple.item), length as usize, &mut words);
            for &text in &words {
                names.push(Rc::from(self.python.name(text).unwrap_or("?")));
            }
        }
        names.into()
    }
}
