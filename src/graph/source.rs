//! Where a function was written: the file and line that its code object tells.

use super::{HeapGraph, Object};

/// A place in the source of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourcePlace<'g> {
    /// The file as the code object has it, e.g. `/srv/app/cache.py` or `<string>`.
    pub file: &'g str,
    /// The first line, decorators included.
    pub line: &'g str,
}

impl<'g> SourcePlace<'g> {
    /// The file without its folders.
    pub fn file_name(&self) -> &'g str {
        self.file.rsplit(['/', '\\']).next().unwrap_or(self.file)
    }
}

impl HeapGraph {
    /// Where a function, or a code object, was written; `None` for anything else, and where the snapshot has no names.
    pub fn source_of(&self, object: Object) -> Option<SourcePlace<'_>> {
        let of = self.type_of(object);
        let code = match (of.module.as_str(), of.name.as_str()) {
            ("builtins", "function") => self.field(object, ".__code__")?.referent?,
            ("builtins", "code") => object,
            _ => return None,
        };
        // The text of a code object is `NAME (FILE:LINE)`.
        let known = self.text(code).filter(|known| known.is_whole)?;
        let (file, line) = known.text.strip_suffix(')')?.split_once(" (")?.1.rsplit_once(':')?;
        Some(SourcePlace { file, line })
    }
}
