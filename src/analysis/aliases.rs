//! Which references of modules are aliases: other ways to what the program knows by the name of the module that has made it.

use std::collections::HashMap;

use super::object_set::ObjectSet;
use crate::graph::{HeapGraph, Object, Reference, Slot};

/// The modules of a heap, and what they have in their dictionaries.
#[derive(Debug)]
pub struct Aliases<'g> {
    graph: &'g HeapGraph,
    /// Dictionaries of modules.
    modules: HashMap<Object, &'g str>,
    /// The modules and their dictionaries.
    special: ObjectSet,
    by_name: HashMap<&'g str, Object>,
}

impl<'g> Aliases<'g> {
    /// Looks the modules up. Linear in them.
    pub fn of(graph: &'g HeapGraph) -> Self {
        let dict = |module| graph.field(module, ".__dict__").and_then(|dict| dict.referent);
        let modules: HashMap<Object, &str> =
            graph.modules().filter_map(|(root, name)| Some((dict(root.object)?, name))).collect();
        let by_name = modules.iter().map(|(&dict, &name)| (name, dict)).collect();
        let mut special = ObjectSet::of(graph, modules.keys().copied());
        special.extend(graph.modules().map(|(root, _)| root.object));
        Aliases { graph, modules, special, by_name }
    }

    /// Whether an object is a module or the dictionary of one: of all others no reference is an alias.
    pub fn may_have(&self, object: Object) -> bool {
        self.special.contains(object)
    }

    /// Whether a reference of such an object is an alias: a module has imported an instance of a class, a class, or a function
    /// of another one, or a module written in C holds the referent under no name. Of plain containers and values nothing
    /// tells who has made them.
    pub fn is_alias(&self, referrer: Object, position: u32, referent: Object) -> bool {
        match self.modules.get(&referrer) {
            Some(module) => self.home(referent).is_some_and(|home| home != *module && self.by_name.contains_key(home)),
            None => {
                let reference = Reference { referrer, position, referent: Some(referent) };
                matches!(self.graph.slot(reference), Slot::Field(name) if !name.starts_with('.'))
                    || self.graph.slot(reference) == Slot::Unnamed
            }
        }
    }

    /// The module that has made an object, as far as its type or its name tells.
    fn home(&self, object: Object) -> Option<&'g str> {
        let of = self.graph.type_of(object);
        if of.module != "builtins" {
            return Some(&of.module);
        }
        if of.name != "function" && of.name != "type" {
            return None;
        }
        // `module.qualified_name`: the longest beginning that is a module.
        let mut name = self.graph.text(object)?.text;
        while let Some((before, _)) = name.rsplit_once('.') {
            if let Some((&module, _)) = self.by_name.get_key_value(before) {
                return Some(module);
            }
            name = before;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::explored::Explored;
    use crate::graph::{DrawnHeap, Sketch};

    fn expression(heap: &DrawnHeap, name: &str) -> String {
        let explored = Explored::of(&heap.graph);
        explored.expression(&explored.path(heap.get(name)).unwrap()).text.unwrap()
    }

    /// Modules with their dictionaries, in this order.
    fn modules(names: &[&str]) -> Sketch {
        let mut sketch = Sketch::new();
        for name in names {
            let dict = format!("{name}.dict");
            sketch.object(name, "module", 1).object(&dict, "dict", 1).refer(name, ".__dict__", &dict).module_root(name);
        }
        sketch
    }

    #[test]
    fn what_a_package_has_imported_belongs_to_its_module() {
        let mut sketch = modules(&["app", "app.cache"]);
        sketch.object("sessions", "dict", 1).object("pool", "app.cache.Pool", 1).object("held", "list", 1);
        for module in ["app", "app.cache"] {
            sketch.refer(&format!("{module}.dict"), "['SESSIONS']", "sessions");
            sketch.refer(&format!("{module}.dict"), "['POOL']", "pool");
        }
        sketch.refer("pool", "['x']", "held");
        let heap = sketch.build();
        assert_eq!(expression(&heap, "sessions"), "sys.modules['app.cache'].__dict__['SESSIONS']");
        assert_eq!(expression(&heap, "held"), "sys.modules['app.cache'].__dict__['POOL']['x']");
    }

    #[test]
    fn of_ways_of_one_length_that_through_the_defining_module_is_told() {
        // As with `base = logging.getLogger("gateway")`: its manager is that of all loggers.
        let mut sketch = modules(&["__main__", "zlog"]);
        sketch.object("base", "zlog.Logger", 1).object("root", "zlog.RootLogger", 1).object(
            "manager",
            "zlog.Manager",
            1,
        );
        sketch.refer("__main__.dict", "['base']", "base").refer("zlog.dict", "['root']", "root");
        sketch.refer("base", "['manager']", "manager").refer("root", "['manager']", "manager");
        let heap = sketch.build();
        assert_eq!(expression(&heap, "manager"), "sys.modules['zlog'].__dict__['root']['manager']");
        // What only an alias reaches is told by the alias.
        assert_eq!(expression(&heap, "base"), "sys.modules['__main__'].__dict__['base']");
    }
}
