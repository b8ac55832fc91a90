//! Whose code a module is: the application's own, an installed package's, the standard library's.

use std::collections::HashMap;

use crate::graph::{HeapGraph, RootKind, Type};
use crate::snapshot::{Interpreter, Snapshot};

/// Where a module comes from, the application first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Neither the standard library nor an installed package: what the reader has written.
    Application,
    /// In a `site-packages` or `dist-packages` folder.
    Installed,
    /// The snapshot doesn't say: no file, or not a module of `sys.modules`.
    Unknown,
    /// In the folder of the standard library, or `builtins`.
    StandardLibrary,
}

/// The origins of all modules of a heap.
#[derive(Debug)]
pub struct Origins {
    by_module: HashMap<String, Origin>,
}

impl Origins {
    /// Of the modules of a heap. Linear in them.
    pub fn of(graph: &HeapGraph) -> Origins {
        let files = graph.modules().map(|(root, name)| (name, root.file.as_deref()));
        Origins::of_modules(&graph.header.interpreter, files)
    }

    /// The same of a snapshot, which may have been read without its references.
    pub fn of_snapshot(snapshot: &Snapshot) -> Origins {
        let modules = snapshot.roots.iter().filter(|root| &*root.kind == RootKind::Module.label());
        let files = modules.map(|root| (&*root.name, root.file.as_deref()));
        Origins::of_modules(&snapshot.header.interpreter, files)
    }

    /// Reads the origin of each module off its file.
    ///
    /// `__main__` without a file (`python -c`, a prompt) is the application's. A package without a file (a namespace
    /// package) has the best origin of its submodules. Where the snapshot doesn't say which folders are which, the usual
    /// names of folders decide.
    fn of_modules<'s>(interpreter: &Interpreter, modules: impl Iterator<Item = (&'s str, Option<&'s str>)>) -> Origins {
        let folders = Folders::of(interpreter);
        let mut by_module: HashMap<String, Origin> = HashMap::new();
        for (module, file) in modules {
            let origin = match file {
                Some(file) => folders.origin(file),
                None if module == "__main__" => Origin::Application,
                None => Origin::Unknown,
            };
            let known = by_module.entry(module.to_owned()).or_insert(origin);
            *known = origin.min(*known);
        }
        // A package lends its name to its submodules' types, so it is theirs when it has no file of its own.
        let mut packages: HashMap<String, Origin> = HashMap::new();
        for (module, &origin) in &by_module {
            let mut name = module.as_str();
            while let Some((package, _)) = name.rsplit_once('.') {
                let best = packages.entry(package.to_owned()).or_insert(origin);
                *best = origin.min(*best);
                name = package;
            }
        }
        for (package, origin) in packages {
            if let Some(known @ Origin::Unknown) = by_module.get_mut(&package) {
                *known = origin;
            }
        }
        Origins { by_module }
    }

    /// Origin of a module by its name in `sys.modules`. One without a file may be built into the interpreter or made by
    /// the program, so it is unknown.
    pub fn of_module(&self, name: &str) -> Origin {
        match self.by_module.get(name) {
            Some(&origin) => origin,
            None if name == "builtins" => Origin::StandardLibrary,
            None => Origin::Unknown,
        }
    }

    /// Origin of the module that defines a type.
    pub fn of_type(&self, of: &Type) -> Origin {
        self.of_module(&of.module)
    }
}

/// Where the standard library and installed packages are.
#[derive(Debug)]
pub struct Folders<'s> {
    stdlib: Option<&'s str>,
    site: Vec<&'s str>,
}

impl<'s> Folders<'s> {
    /// As the snapshot has them; where it doesn't say which folders are which, the usual names of folders decide.
    pub fn of(interpreter: &'s Interpreter) -> Self {
        let stdlib = interpreter.stdlib.as_ref().map(|folder| folder.0.as_str());
        let site = interpreter.site_packages.iter().flatten().map(|folder| folder.0.as_str()).collect();
        Folders { stdlib, site }
    }

    /// Whose a source file is.
    pub fn origin(&self, file: &str) -> Origin {
        let has_part = |name: &str| file.split(['/', '\\']).any(|part| part == name);
        if self.site.iter().any(|folder| is_inside(file, folder))
            || has_part("site-packages")
            || has_part("dist-packages")
        {
            Origin::Installed
        } else if file.starts_with("<frozen ")
            || self.stdlib.map_or_else(|| looks_like_stdlib(file), |folder| is_inside(file, folder))
        {
            Origin::StandardLibrary
        } else {
            Origin::Application
        }
    }
}

fn is_inside(file: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches(['/', '\\']);
    !folder.is_empty() && file.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '\\']))
}

/// `…/lib/python3.12/json/__init__.py`.
fn looks_like_stdlib(file: &str) -> bool {
    let mut parts = file.split(['/', '\\']);
    let mut is_lib = false;
    parts.any(|part| {
        let after_lib = is_lib;
        is_lib = matches!(part, "lib" | "lib64" | "Lib");
        after_lib && part.strip_prefix("python3").is_some_and(|version| version.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;
    use crate::snapshot::Text;

    fn origins(stdlib: Option<&str>, modules: &[(&str, Option<&str>)]) -> Origins {
        let mut sketch = Sketch::new();
        for (name, _) in modules {
            sketch.object(name, "module", 1).module_root(name);
        }
        let mut snapshot = sketch.snapshot();
        snapshot.header.interpreter.stdlib = stdlib.map(Text::from);
        for (root, (_, file)) in snapshot.roots.iter_mut().zip(modules) {
            root.file = file.map(Text::from);
        }
        Origins::of(&HeapGraph::build(snapshot))
    }

    #[test]
    fn files_tell_whose_a_module_is() {
        let modules = [
            ("app.cache", Some("/srv/app/cache.py")),
            ("app", None),
            ("json", Some("/usr/lib/python3.12/json/__init__.py")),
            ("requests", Some("/usr/lib/python3.12/site-packages/requests/__init__.py")),
            ("sys", None),
            ("__main__", None),
        ];
        for stdlib in [None, Some("/usr/lib/python3.12")] {
            let origins = origins(stdlib, &modules);
            let found = modules.map(|(name, _)| origins.of_module(name));
            use Origin::*;
            assert_eq!(found, [Application, Application, StandardLibrary, Installed, Unknown, Application]);
            assert_eq!(origins.of_module("elsewhere"), Unknown);
        }
    }

    #[test]
    fn a_folder_is_not_inside_one_with_a_longer_name() {
        let origins = origins(Some("/opt/py"), &[("a", Some("/opt/py2/a.py")), ("b", Some("/opt/py/b.py"))]);
        assert_eq!(origins.of_module("a"), Origin::Application);
        assert_eq!(origins.of_module("b"), Origin::StandardLibrary);
    }
}
