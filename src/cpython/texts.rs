//! Texts that a snapshot holds: names of the program, keys, and all literals when asked for.

use super::layout::ABSENT;
use super::literal;
use super::python::{END_OF_MEMORY, flag};
use super::types::{Kind, Plan};
use super::walk::Walk;

impl Walk<'_> {
    pub(super) fn note(&mut self, object: u64, text: &str, whole_length: u64) {
        if self.texts_noted.insert(object) {
            let end = text.char_indices().nth(literal::TEXT_LIMIT).map_or(text.len(), |(end, _)| end);
            self.snapshot.texts.push(object, &text[..end], whole_length);
        }
    }

    /// The text of a key, or of any literal.
    pub(super) fn note_literal(&mut self, object: u64) {
        if self.texts_noted.contains(object) {
            return;
        }
        let Some(plan) = self.plan_of(object) else { return };
        if plan.key() == "str" {
            let length = self.python.text_length(object).unwrap_or(0);
            if let Some(text) = self.python.text(object, literal::TEXT_LIMIT) {
                self.note(object, &text, length);
            }
        } else if let Some((text, length)) = literal::text_of(&mut self.python, object, plan.key()) {
            self.note(object, &text, length);
        }
    }

    /// Texts that are part of the program: names of functions, modules, types, code; names in code.
    pub(super) fn note_names(&mut self, plan: &Plan, object: u64) {
        let at = self.python.at;
        let named = |walk: &mut Self, offset: u32| -> Option<String> {
            let text = walk.python.pointer(object, offset)?;
            walk.python.name(text).map(str::to_owned)
        };
        let text = match plan.kind {
            Kind::Function => named(self, at.function.qualname).map(|name| match named(self, at.function.module) {
                Some(module) => format!("{module}.{name}"),
                None => name,
            }),
            Kind::BuiltinFunction => self.builtin_name(object),
            Kind::Descriptor => named(self, at.descriptor.name).and_then(|name| {
                let kind = self.python.pointer(object, at.descriptor.kind)?;
                let plan = self.types.plan(&mut self.python, &mut self.names, kind)?;
                Some(format!("{}.{name}", plan.key()))
            }),
            Kind::Code => {
                self.note_lines(object);
                for offset in
                    [at.code.names, at.code.localsplusnames, at.code.varnames, at.code.cellvars, at.code.freevars]
                {
                    self.note_tuple(object, offset);
                }
                for offset in [at.code.name, at.code.qualname, at.code.filename] {
                    if let Some(text) = self.python.pointer(object, offset) {
                        self.note_literal(text);
                    }
                }
                let offset = if at.code.qualname == ABSENT { at.code.name } else { at.code.qualname };
                let line = self.python.int(object, at.code.firstlineno).unwrap_or(0);
                let file = named(self, at.code.filename).unwrap_or_default();
                named(self, offset).map(|name| format!("{name} ({file}:{line})"))
            }
            Kind::Type => self.types.plan(&mut self.python, &mut self.names, object).map(|plan| {
                let record = &self.types.records[plan.index as usize];
                format!("{}.{}", &*record.module, &*record.name)
            }),
            Kind::Module => self.python.pointer(object, at.module.dict).and_then(|dict| {
                let name = self.python.item(dict, "__name__")?;
                self.python.name(name).map(str::to_owned)
            }),
            Kind::NumpyArray => self.array_text(object),
            _ if plan.key() == "_asyncio.Task" => {
                if let Some(name) = self.python.pointer(object, at.task.name) {
                    self.note_literal(name);
                }
                None
            }
            _ => None,
        };
        if let Some(text) = text {
            let length = text.chars().count() as u64;
            self.note(object, &text, length);
        }
    }

    /// What an array of numpy is: `float64 (1000, 3)`.
    fn array_text(&mut self, object: u64) -> Option<String> {
        let descriptor = self.python.image.word(object + 56).filter(|&descriptor| descriptor < END_OF_MEMORY)?;
        let kind = self.python.image.byte(descriptor + 24)?;
        let bits = self.numpy_item_bytes(object)?.saturating_mul(8);
        let name = match kind {
            b'b' => "bool".to_owned(),
            b'i' => format!("int{bits}"),
            b'u' => format!("uint{bits}"),
            b'f' => format!("float{bits}"),
            b'c' => format!("complex{bits}"),
            b'M' => "datetime64".to_owned(),
            b'm' => "timedelta64".to_owned(),
            b'O' => "object".to_owned(),
            b'S' => "bytes".to_owned(),
            b'U' => "str".to_owned(),
            b'V' => "void".to_owned(),
            other if other.is_ascii_graphic() => char::from(other).to_string(),
            _ => return None,
        };
        let shape: Vec<String> = self.numpy_shape(object)?.iter().map(u64::to_string).collect();
        // As Python writes a tuple.
        let comma = if shape.len() == 1 { "," } else { "" };
        Some(format!("{name} ({}{comma})", shape.join(", ")))
    }

    pub(super) fn note_tuple(&mut self, object: u64, offset: u32) {
        let Some(tuple) = self.python.pointer(object, offset) else { return };
        if self.python.flags_of(tuple) & flag::TUPLE == 0 {
            return;
        }
        let length = self.python.length(tuple).unwrap_or(0).min(1 << 16);
        let mut words = std::mem::take(&mut self.words);
        self.python.image.words(tuple + u64::from(self.python.at.tuple.item), length as usize, &mut words);
        for &text in &words {
            self.note_literal(text);
        }
        self.words = words;
    }

    pub(super) fn builtin_name(&mut self, object: u64) -> Option<String> {
        let at = self.python.at;
        let definition = self.python.pointer(object, at.c_function.definition)?;
        let name = self.python.pointer(definition, at.method_def.name)?;
        let name = self.python.image.c_string(name, 500)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        let Some(owner) = self.python.pointer(object, at.c_function.self_) else { return Some(name) };
        let module = self.python.pointer(object, at.c_function.module);
        let module = module.and_then(|module| self.python.name(module)).map(str::to_owned);
        let owner = match module {
            Some(module) => module,
            None => self.plan_of(owner)?.key().to_owned(),
        };
        Some(format!("{owner}.{name}"))
    }
}
