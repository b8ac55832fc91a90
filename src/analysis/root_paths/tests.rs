//! Small drawn heaps: what path leads to an object, and what it is called.

use super::*;
use crate::analysis::explored::Explored;
use crate::graph::{DrawnHeap, Sketch};
use crate::snapshot::{Segment, Snapshot};

fn text(heap: &DrawnHeap, name: &str) -> Option<String> {
    let explored = Explored::of(&heap.graph);
    explored.expression(&explored.path(heap.get(name))?).text
}

/// A dictionary with one entry under a string key.
fn entry(sketch: &mut Sketch, dict: &str, key: &str, value: &str) {
    let name = format!("key {key} of {dict}");
    sketch.object(&name, "str", 1).text(&name, key).refer(dict, "", &name).refer(dict, "", value);
}

/// `sys.modules['app']` with `C`, an instance of a class that has a property `shadowed`.
fn application() -> Sketch {
    let mut sketch = Sketch::new();
    sketch
        .object("app", "module", 1)
        .object("globals", "dict", 1)
        .refer("app", ".__dict__", "globals")
        .module_root("app");
    sketch.elements("globals", Segment::Mapping);
    sketch.object("C", "app.Cache", 1).object("attributes", "dict", 1).refer("C", ".__dict__", "attributes");
    sketch.elements("attributes", Segment::Mapping);
    sketch
        .object("Cache", "type", 1)
        .object("mro", "tuple", 1)
        .object("methods", "dict", 1)
        .class("app.Cache", "Cache");
    sketch.refer("Cache", ".__mro__", "mro").refer("mro", "[0]", "Cache").refer("Cache", ".__dict__", "methods");
    sketch.object("property", "property", 1).object("method", "function", 1).elements("methods", Segment::Mapping);
    entry(&mut sketch, "methods", "shadowed", "property");
    entry(&mut sketch, "methods", "method", "method");
    entry(&mut sketch, "globals", "C", "C");
    entry(&mut sketch, "globals", "Cache", "Cache");
    sketch
}

#[test]
fn attributes_are_written_as_attributes_where_that_is_certain() {
    let mut sketch = application();
    for key in ["plain", "method", "shadowed", "class", "not a name", "naïve"] {
        sketch.object(key, "app.Thing", 1);
        entry(&mut sketch, "attributes", key, key);
    }
    let heap = sketch.build();
    for (name, expected) in [
        ("plain", ".C.plain"),
        ("shadowed", ".C.__dict__['shadowed']"),
        ("class", ".C.__dict__['class']"),
        ("not a name", ".C.__dict__['not a name']"),
        ("naïve", ".C.__dict__['naïve']"),
        ("property", ".Cache.__dict__['shadowed']"),
        ("globals", ".__dict__"),
    ] {
        assert_eq!(text(&heap, name), Some(format!("sys.modules['app']{expected}")), "{name}");
    }
    let behind_the_view = "gc.get_referents(sys.modules['app'].Cache.__dict__)[0]";
    assert_eq!(text(&heap, "methods").as_deref(), Some(behind_the_view));
}

#[test]
fn what_has_no_literal_is_found_by_its_address() {
    let mut sketch = application();
    sketch.object("table", "dict", 1).elements("table", Segment::Mapping).object("set", "set", 1);
    sketch.elements("set", Segment::Set).object("key", "app.Key", 1).object("value", "app.Value", 1);
    sketch.object("member", "app.Member", 1).object("nan", "float", 1).text("nan", "nan").object("odd", "app.Odd", 1);
    sketch.refer("table", "", "key").refer("table", "", "value").refer("table", "", "nan").refer("table", "", "odd");
    sketch.refer("set", "", "member");
    sketch.object("hidden", "ext.Hidden", 1).elements("hidden", Segment::Unnamed).object("inner", "app.Inner", 1);
    sketch.refer("hidden", "", "inner").refer("member", ".hidden", "hidden");
    entry(&mut sketch, "globals", "T", "table");
    entry(&mut sketch, "globals", "S", "set");
    let heap = sketch.build();
    let at = |name| heap.graph.address(heap.get(name));
    let table = "sys.modules['app'].T";
    let member = format!("next(o for o in sys.modules['app'].S if id(o) == {})", at("member"));
    for (name, expected) in [
        ("key", format!("next(o for o in {table} if id(o) == {})", at("key"))),
        ("value", format!("next(v for k, v in {table}.items() if id(k) == {})", at("key"))),
        ("odd", format!("next(v for k, v in {table}.items() if id(k) == {})", at("nan"))),
        ("member", member.clone()),
        // Of the class of `member` nothing is known: a property may be in the way.
        (
            "inner",
            format!(
                "next(o for o in gc.get_referents(next(o for o in gc.get_referents({member}) if id(o) == {})) if id(o) == {})",
                at("hidden"),
                at("inner")
            ),
        ),
    ] {
        assert_eq!(text(&heap, name), Some(expected), "{name}");
    }
    let explored = Explored::of(&heap.graph);
    let imports = explored.path(heap.get("inner")).map(|path| explored.expression(&path).imports);
    assert_eq!(imports, Some(vec!["gc", "sys"]));

    // Memory was read: that a word without a name is a reference the collector need not know.
    let mut snapshot = sketch.snapshot();
    snapshot.header.capture.method = Some("memory".into());
    let graph = HeapGraph::build(snapshot);
    let explored = Explored::of(&graph);
    let path = explored.path(graph.object_at(heap.graph.address(heap.get("inner"))).unwrap()).unwrap();
    let expression = explored.expression(&path);
    assert_eq!((expression.text, expression.gap), (None, Some(Gap::Hop(path.hops.len() - 1))));
}

#[test]
fn a_class_is_found_by_type_for_an_object_may_lie() {
    let mut sketch = application();
    sketch.refer("C", ".__class__", "Lazy").object("Lazy", "type", 1);
    let heap = sketch.build();
    assert_eq!(text(&heap, "Lazy").as_deref(), Some("type(sys.modules['app'].C)"));
}

fn with_flags(mut snapshot: Snapshot, flags: u64) -> HeapGraph {
    snapshot.types.iter_mut().for_each(|of| of.flags = Some(flags));
    HeapGraph::build(snapshot)
}

#[test]
fn where_python_cannot_follow_the_expression_begins_anew() {
    let mut sketch = Sketch::new();
    sketch.object("held", "app.Held", 1).refcount("held", 1).object("inner", "app.Inner", 1);
    sketch.refer("held", "value stack", "inner").object("leaf", "app.Leaf", 1).refer("inner", ".leaf", "leaf");
    const HEAP_TYPE: u64 = 1 << 9;
    const HAVE_GC: u64 = 1 << 14;
    let heap = sketch.build();
    for (flags, is_found) in [(HEAP_TYPE | HAVE_GC, true), (HEAP_TYPE, false)] {
        let graph = with_flags(sketch.snapshot(), flags);
        let explored = Explored::of(&graph);
        let found = explored.expression(&explored.path(heap.get("leaf")).unwrap());
        assert_eq!(found.gap, Some(Gap::Hop(if is_found { 0 } else { 1 })));
        let inner = graph.address(heap.get("inner"));
        let begins_anew = format!("next(o for o in gc.get_objects() if id(o) == {inner})");
        let leaf = graph.address(heap.get("leaf"));
        let expected = format!("next(o for o in gc.get_referents({begins_anew}) if id(o) == {leaf})");
        assert_eq!(found.text, is_found.then_some(expected));
    }
}

#[test]
fn a_named_root_explains_better_than_a_shorter_path_from_c() {
    let mut sketch = application();
    sketch.object("item", "app.Item", 1).object("held", "app.Held", 1).refcount("held", 1);
    entry(&mut sketch, "attributes", "item", "item");
    sketch.refer("held", ".item", "item");
    let heap = sketch.build();
    assert_eq!(text(&heap, "item").as_deref(), Some("sys.modules['app'].C.item"));
}

#[test]
fn further_paths_have_nothing_in_common_as_long_as_there_are_such() {
    let mut sketch = Sketch::new();
    for name in ["a", "b"] {
        sketch.object(name, "module", 1).module_root(name);
    }
    for name in ["x", "y", "target"] {
        sketch.object(name, "app.Thing", 1);
    }
    sketch.refer("a", ".x", "x").refer("a", ".y", "y").refer("x", ".t", "target").refer("y", ".t", "target");
    // A way round through the target explains nothing.
    sketch.object("behind", "app.Thing", 1).refer("target", ".b", "behind").refer("behind", ".t", "target");
    sketch.object("z", "app.Thing", 1).refer("b", ".z", "z").refer("z", ".t", "target");
    let heap = sketch.build();
    let explored = Explored::of(&heap.graph);
    let shown = |limit| {
        let found = independent_paths(&explored, heap.get("target"), limit, 10);
        let way = |path: &RootPath| path.objects().map(|object| heap.name(object)).collect::<Vec<_>>().join(" ");
        let paths: Vec<_> = found.paths.iter().map(|one| (way(&one.path), one.is_disjoint)).collect();
        (paths, found.more)
    };
    let all = [("a x target", true), ("b z target", true), ("a y target", false)];
    let all = all.map(|(way, is_disjoint)| (way.to_owned(), is_disjoint));
    assert_eq!(shown(9), (all.to_vec(), 0));
    assert_eq!(shown(1), (all[..1].to_vec(), 2));
}

#[test]
fn the_paths_of_many_are_one_tree() {
    let mut sketch = application();
    sketch.object("users", "list", 1).elements("users", Segment::Sequence);
    entry(&mut sketch, "globals", "USERS", "users");
    for number in 0..10 {
        let user = format!("u{number}");
        sketch.object(&user, "app.User", 8).refer("users", "", &user);
    }
    sketch.object("n0", "app.Node", 1);
    entry(&mut sketch, "globals", "HEAD", "n0");
    for number in 1..50 {
        let (before, own) = (format!("n{}", number - 1), format!("n{number}"));
        sketch.object(&own, "app.Node", 1).refer(&before, ".next", &own);
    }
    sketch.object("last", "app.User", 8).refer("n49", ".user", "last").object("lost", "app.User", 8);
    let heap = sketch.build();
    let explored = Explored::of(&heap.graph);
    let of = heap.graph.type_id(heap.get("lost"));
    let users: Vec<Object> = heap.graph.objects().filter(|&object| heap.graph.type_id(object) == of).collect();
    let tree = PathTree::of(&heap.graph, &explored.roots, explored.reachability(), &users);
    let mut shown = Vec::new();
    let mut left: Vec<(u32, usize)> = tree.tops.iter().map(|&top| (top, 0)).collect();
    while let Some((index, depth)) = left.pop() {
        let step = &tree.steps[index as usize];
        shown.push(format!(
            "{depth} {} {}/{} x{}",
            crate::report::step_label(&step.step),
            step.ending,
            step.targets,
            step.repeats
        ));
        left.extend(step.below.iter().rev().map(|&below| (below, depth + 1)));
    }
    let expected = [
        "0 module app 0/11 x1",
        "1 .__dict__ 0/11 x1",
        "2 ['USERS'] 0/10 x1",
        "3 [*] 10/10 x1",
        "2 ['HEAD'] 0/1 x1",
        "3 .next 0/1 x49",
        "4 .user 1/1 x1",
    ];
    assert_eq!(shown, expected);
    assert_eq!(tree.unreachable, 1);
}
