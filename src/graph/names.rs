//! Names of types for people: short where that is enough, full where it is not.

use std::collections::HashMap;

use super::{HeapGraph, Type, TypeId};

/// The last part of a qualified name: `Session` of `Session`, `Inner` of `Outer.Inner`, `Local` of `f.<locals>.Local`.
pub fn short_name(qualified: &str) -> &str {
    match qualified.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => last,
        _ => qualified,
    }
}

impl Type {
    /// `app.models.Session`; types of `builtins` go without their module.
    pub fn full_name(&self) -> String {
        crate::snapshot::full_type_name(&self.module, &self.name)
    }
}

impl HeapGraph {
    /// Full name of a type.
    pub fn type_name(&self, id: TypeId) -> String {
        self.types[id.index()].full_name()
    }
}

/// How the types of one report are shown: short, unless two different types would look the same.
#[derive(Debug, Default)]
pub struct TypeNames {
    /// For each short name, the full name that has it alone; `None` when several share it.
    owners: HashMap<String, Option<String>>,
    full: bool,
}

impl TypeNames {
    /// Names for the full names that a report shows. With `full`, nothing is shortened.
    pub fn new<'n>(full_names: impl IntoIterator<Item = &'n str>, full: bool) -> Self {
        let mut owners: HashMap<String, Option<String>> = HashMap::new();
        for name in full_names {
            owners
                .entry(short_name(name).to_owned())
                .and_modify(|owner| {
                    if owner.as_deref() != Some(name) {
                        *owner = None;
                    }
                })
                .or_insert_with(|| Some(name.to_owned()));
        }
        TypeNames { owners, full }
    }

    /// How to show a type, given its full name.
    pub fn show<'n>(&self, full_name: &'n str) -> &'n str {
        let short = short_name(full_name);
        match self.owners.get(short) {
            Some(None) => full_name,
            _ if self.full => full_name,
            _ => short,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_would_look_alike_keep_their_modules() {
        let names = TypeNames::new(["dict", "app.Session", "db.Session", "app.Cache", "app.Cache"], false);
        assert_eq!(names.show("app.Session"), "app.Session");
        assert_eq!(names.show("app.Cache"), "Cache");
        assert_eq!(names.show("dict"), "dict");
        assert_eq!(TypeNames::new(["app.Cache"], true).show("app.Cache"), "app.Cache");
    }
}
