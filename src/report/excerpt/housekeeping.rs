//! What is set aside in an excerpt, in words.

use crate::analysis::excerpt::Housekeeping;

/// Who refers so, in the singular and the plural.
pub(super) fn referrers(kind: Housekeeping) -> (&'static str, &'static str) {
    match kind {
        Housekeeping::Globals => ("function", "functions"),
        Housekeeping::Class => ("instance", "instances"),
        Housekeeping::ClassTables => ("table of classes", "tables of classes"),
        Housekeeping::Descriptor => ("descriptor", "descriptors"),
        Housekeeping::Name => ("name", "names"),
        Housekeeping::Key => ("dictionary", "dictionaries"),
        Housekeeping::Constant => ("holder", "holders"),
        Housekeeping::Debugger => ("object of the debugger", "objects of the debugger"),
    }
}

/// The slot, or what stands for several.
pub(super) fn slot(kind: Housekeeping) -> &'static str {
    match kind {
        Housekeeping::Globals => ".__globals__",
        Housekeeping::Class => ".__class__",
        Housekeeping::ClassTables => ".__mro__",
        Housekeeping::Descriptor => ".__objclass__",
        Housekeeping::Name => ".__name__",
        Housekeeping::Key => "key",
        Housekeeping::Constant => "constant",
        Housekeeping::Debugger => "debugger",
    }
}

/// What is referred to so, in the singular and the plural.
pub(super) fn referents(kind: Housekeeping) -> (&'static str, &'static str) {
    match kind {
        Housekeeping::Globals => ("namespace of functions", "namespaces of functions"),
        Housekeeping::Class => ("class of instances", "classes of instances"),
        Housekeeping::ClassTables => ("table of classes", "tables of classes"),
        Housekeeping::Descriptor => ("class of descriptors", "classes of descriptors"),
        Housekeeping::Name => ("name", "names"),
        Housekeeping::Key => ("key", "keys"),
        Housekeeping::Constant => ("constant such as None", "constants such as None"),
        Housekeeping::Debugger => ("object of the program", "objects of the program"),
    }
}
