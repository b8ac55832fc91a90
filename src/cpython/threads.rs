//! The threads of an interpreter: what each holds, its frames, and the line that each frame executes.

use super::layout::ABSENT;
use super::lines::line_of;
use super::python::flag;
use super::seen::Seen;
use super::state::Interpreter;
use super::types::Kind;
use super::walk::Walk;
use crate::snapshot::{Frame, Local, Text, Thread, WireAddress};

/// More threads, frames than these are torn lists.
const MOST_THREADS: usize = 1 << 18;
const MOST_FRAMES: usize = 1 << 22;

/// A value on the stack of a running frame that may be a reference.
#[derive(Debug, Clone, Copy)]
pub(super) struct StackValue {
    pub thread: usize,
    pub frame: usize,
    pub value: u64,
}

impl Walk<'_> {
    /// Threads of an interpreter with their frames; values on stacks that are only probable are returned.
    pub fn add_threads(&mut self, interpreter: &Interpreter, probable: &mut Vec<StackValue>) {
        let at = self.python.at;
        let names = self.thread_names(interpreter);
        let mut next = self.python.pointer(interpreter.address, at.interpreter.threads_head);
        let mut count = 0;
        while let Some(thread) = next {
            count += 1;
            if count > MOST_THREADS {
                break;
            }
            next = self.python.pointer(thread, at.thread.next);
            let id = self.python.field(thread, at.thread.thread_id);
            let known = id.and_then(|id| names.iter().find(|(ident, _, _)| *ident == id));
            let name = known.and_then(|(_, name, _)| name.clone());
            let daemon = known.and_then(|(_, _, daemon)| *daemon);
            let label = match (&name, id) {
                (Some(name), _) => name.clone(),
                (None, Some(id)) => format!("{id:#x}"),
                (None, None) => "?".to_owned(),
            };
            let label = if interpreter.is_main { label } else { format!("{label} of interpreter {}", interpreter.id) };
            for (offset, what) in [
                (at.thread.dict, "thread-local data of"),
                (at.thread.context, "context of"),
                (at.thread.curexc_type, "exception being raised in"),
                (at.thread.curexc_value, "exception being raised in"),
                (at.thread.curexc_traceback, "exception being raised in"),
                (at.thread.current_exception, "exception being raised in"),
                (at.thread.c_profileobj, "profile function of"),
                (at.thread.c_traceobj, "trace function of"),
                (at.thread.async_exc, "exception sent to"),
                (at.thread.async_gen_firstiter, "hook for asynchronous generators of"),
                (at.thread.async_gen_finalizer, "hook for asynchronous generators of"),
                (at.thread.threading_local_key, "key of thread-local data of"),
                (at.thread.threading_local_sentinel, "sentinel of thread-local data of"),
            ] {
                if let Some(object) = self.python.pointer(thread, offset) {
                    self.root("thread", format!("{what} {label}"), object, None);
                }
            }
            if at.thread.exc_state != ABSENT {
                let item = thread + u64::from(at.thread.exc_state);
                let of = &at.exception_item;
                for offset in [of.exc_type, of.exc_value, of.exc_traceback] {
                    if let Some(object) = self.python.pointer(item, offset)
                        && self.plan_of(object).is_none_or(|plan| plan.key() != "NoneType")
                    {
                        self.root("thread", format!("exception being handled by {label}"), object, None);
                    }
                }
            }
            let place = self.snapshot.threads.len();
            let frames = self.frames(thread, place, probable);
            let name = name.map(Text);
            self.snapshot.threads.push(Thread { id, name, daemon, frames });
        }
    }

    /// (ident, name, daemon) as the module `threading` of the interpreter knows them.
    fn thread_names(&mut self, interpreter: &Interpreter) -> Vec<(u64, Option<String>, Option<bool>)> {
        let at = self.python.at;
        let module = self.python.item(interpreter.modules, "threading");
        let dict = module.and_then(|module| self.python.pointer(module, at.module.dict));
        let Some(active) = dict.and_then(|dict| self.python.item(dict, "_active")) else { return Vec::new() };
        let mut items = Vec::new();
        if self.python.flags_of(active) & flag::DICT != 0 {
            self.python.items(active, &mut items);
        }
        let mut names = Vec::new();
        for item in items {
            let Some(ident) = self.python.small_int(item.key) else { continue };
            let name = self.attribute(item.value, "_name");
            let name = name.and_then(|name| self.python.name(name).map(str::to_owned));
            let daemon = self.attribute(item.value, "_daemonic").and_then(|daemon| self.python.small_int(daemon));
            names.push((ident.cast_unsigned(), name, daemon.map(|daemon| daemon != 0)));
        }
        names
    }

    /// The frames of a thread, the innermost first.
    fn frames(&mut self, thread: u64, place: usize, probable: &mut Vec<StackValue>) -> Vec<Frame> {
        let at = self.python.at;
        let mut frames = Vec::new();
        if at.thread.frame != ABSENT {
            let mut next = self.python.pointer(thread, at.thread.frame);
            let mut met = Seen::default();
            while let Some(frame) = next {
                if frames.len() == MOST_FRAMES || !met.insert(frame) {
                    break;
                }
                let found = self.old_frame(frame, (place, frames.len()), probable);
                frames.push(found);
                next = self.python.pointer(frame, at.frame_object.back);
            }
            return frames;
        }
        let mut next = self.innermost_frame(thread);
        let mut met = Seen::default();
        while let Some(frame) = next {
            if frames.len() == MOST_FRAMES || !met.insert(frame) {
                break;
            }
            if let Some(found) = self.frame(frame, (place, frames.len()), probable) {
                frames.push(found);
            }
            next = self.python.pointer(frame, at.interpreter_frame.previous);
        }
        frames
    }

    /// The innermost frame of a thread, from 3.11 on.
    ///
    /// 3.11 and 3.12 tell it by way of what the running loop keeps on the C stack. A thread that has just entered the loop has
    /// said where that is, but not yet which frame it will run: what stands there is left over from an earlier call. The frame of
    /// the loop around it counts then.
    fn innermost_frame(&mut self, thread: u64) -> Option<u64> {
        let at = self.python.at;
        if at.thread.current_frame != ABSENT {
            return self.python.pointer(thread, at.thread.current_frame);
        }
        let mut met = Seen::default();
        let mut next = self.python.pointer(thread, at.thread.cframe);
        while let Some(cframe) = next {
            if !met.insert(cframe) {
                break;
            }
            let frame = self.python.pointer(cframe, at.cframe.current_frame);
            if frame.is_none_or(|frame| self.is_chain_of_frames(frame)) {
                return frame;
            }
            next = self.python.pointer(cframe, at.cframe.previous);
        }
        None
    }

    /// Whether a frame and all that called it have code.
    fn is_chain_of_frames(&mut self, innermost: u64) -> bool {
        let mut met = Seen::default();
        let mut next = Some(innermost);
        while let Some(frame) = next {
            if self.code_of(frame).is_none() || !met.insert(frame) {
                return false;
            }
            next = self.python.pointer(frame, self.python.at.interpreter_frame.previous);
        }
        true
    }

    fn function_name(&mut self, code: u64, globals: u64) -> String {
        let at = &self.python.at.code;
        let offset = if at.qualname == ABSENT { at.name } else { at.qualname };
        let name = self.python.pointer(code, offset);
        let name = name.and_then(|name| self.python.name(name)).unwrap_or("?").to_owned();
        let module = self.python.item(globals, "__name__");
        let module = module.and_then(|module| self.python.name(module)).unwrap_or("?");
        format!("{module}.{name}")
    }

    /// A running frame up to 3.10: an object, which is in the snapshot.
    fn old_frame(&mut self, frame: u64, place: (usize, usize), probable: &mut Vec<StackValue>) -> Frame {
        let at = &self.python.at.frame_object;
        let code = self.python.pointer(frame, at.code).unwrap_or(0);
        let globals = self.python.pointer(frame, at.globals).unwrap_or(0);
        let namespace = self.python.pointer(frame, at.locals);
        let first = frame + u64::from(at.localsplus);
        let last_instruction = self.python.int(frame, at.lasti).unwrap_or(-1);
        self.meet(frame);
        if let Some(stack) = self.python.pointer(frame, self.python.at.frame_object.valuestack) {
            let depth = self.python.int(code, self.python.at.code.stacksize).unwrap_or(0).clamp(0, 1 << 16);
            self.probable_values(stack, depth.cast_unsigned() as usize, place, probable);
        }
        Frame {
            address: Some(WireAddress::at(frame)),
            ..self.described(code, globals, namespace, first, i64::from(last_instruction))
        }
    }

    /// A running frame of 3.11 and later; `None` for one that only marks an entry from C.
    fn frame(&mut self, frame: u64, place: (usize, usize), probable: &mut Vec<StackValue>) -> Option<Frame> {
        let at = &self.python.at.interpreter_frame;
        // From 3 on the owner is C: such a frame has no function, no variables, and a stack of nobody.
        if self.python.byte(frame, at.owner)? >= 3 {
            return None;
        }
        let code = self.code_of(frame)?;
        let object = self.python.pointer(frame, at.frame_object);
        let globals = self.python.pointer(frame, at.globals).unwrap_or(0);
        let namespace = self.python.pointer(frame, at.locals);
        let first = frame + u64::from(at.localsplus);
        let instruction = self.python.field(frame, at.instruction).unwrap_or(0);
        let function = self.python.pointer(frame, at.funcobj).map(|function| function & !3);
        let begin = code + u64::from(self.python.at.code.code_adaptive);
        let offset = instruction.wrapping_sub(begin).cast_signed();
        // The pointer is at the next instruction from 3.13 on, before that at the one that runs.
        let mut described = self.described(code, globals, namespace, first, offset);
        let is_object = object.filter(|&object| self.plan_of(object).is_some_and(|plan| plan.kind == Kind::Frame));
        if let Some(object) = is_object {
            self.meet(object);
            described.address = Some(WireAddress::at(object));
        }
        for held in [Some(code), function].into_iter().flatten() {
            if self.plan_of(held).is_some_and(|plan| plan.key() != "NoneType") {
                self.meet(held);
                described.stack.push(WireAddress::at(held));
            }
        }
        let variables = self.variables_of(code).len();
        let values = first + 8 * variables as u64;
        match self.stack_depth(frame, variables) {
            Some(depth) if depth > 0 => {
                let mut words = Vec::new();
                self.python.image.words(values, depth, &mut words);
                for word in words {
                    let value = self.stack_reference(word);
                    if self.is_plausible(value) {
                        self.meet(value);
                        described.stack.push(WireAddress::at(value));
                    }
                }
            }
            _ => {
                let depth = self.python.int(code, self.python.at.code.stacksize).unwrap_or(0).clamp(0, 1 << 16);
                self.probable_values(values, depth.cast_unsigned() as usize, place, probable);
            }
        }
        Some(described)
    }

    fn probable_values(&mut self, first: u64, depth: usize, place: (usize, usize), probable: &mut Vec<StackValue>) {
        let mut words = Vec::new();
        self.python.image.words(first, depth, &mut words);
        for word in words {
            let value = self.stack_reference(word);
            if value != 0 {
                probable.push(StackValue { thread: place.0, frame: place.1, value });
            }
        }
    }

    /// What every frame has: function, file, line, locals.
    fn described(&mut self, code: u64, globals: u64, namespace: Option<u64>, first: u64, offset: i64) -> Frame {
        let at = &self.python.at.code;
        let file = self.python.pointer(code, at.filename);
        let file = file.and_then(|file| self.python.name(file).map(|file| Text(file.to_owned())));
        let flags = self.python.int(code, self.python.at.code.flags).unwrap_or(0);
        let mut frame = Frame {
            function: Text(self.function_name(code, globals)),
            file,
            line: line_of(&mut self.python, code, offset),
            ..Frame::default()
        };
        // Optimised code keeps its locals in the frame; the body of a class, or text that is executed, in a dictionary.
        if flags & 1 == 0 {
            if let Some(namespace) = namespace
                && namespace != globals
                && self.python.flags_of(namespace) & flag::DICT != 0
            {
                self.meet(namespace);
                frame.namespace = Some(WireAddress::at(namespace));
                let mut items = Vec::new();
                self.python.items(namespace, &mut items);
                for item in items {
                    if let Some(name) = self.python.name(item.key).map(str::to_owned) {
                        frame.locals.push(Local { name: Text(name), address: WireAddress::at(item.value) });
                    }
                }
            }
            return frame;
        }
        let variables = self.variables_of(code);
        let mut words = Vec::new();
        self.python.image.words(first, variables.len(), &mut words);
        for (name, word) in variables.iter().zip(words) {
            let mut value = self.stack_reference(word);
            if value == 0 {
                continue;
            }
            let Some(plan) = self.plan_of(value) else { continue };
            self.meet(value);
            // The frame holds the cell, and the cell the value: told is the value, as a closure's variable.
            if plan.key() == "cell" {
                match self.python.pointer(value, self.python.at.cell.value) {
                    Some(inside) => value = inside,
                    None => continue,
                }
                self.meet(value);
            }
            frame.locals.push(Local { name: Text(name.to_string()), address: WireAddress::at(value) });
        }
        frame
    }
}
