//! Small drawn heaps: which leaks are found in them, which are not.

use crate::analysis::explored::Explored;
use crate::graph::{DrawnHeap, HeapGraph, Sketch};
use crate::snapshot::Segment;

use super::*;

/// A module whose dictionary is drawn as slots, so that tests stay short.
fn module(sketch: &mut Sketch, name: &str) {
    let dict = format!("{name}.dict");
    sketch.object(name, "module", 10).object(&dict, "dict", 10).refer(name, ".__dict__", &dict).module_root(name);
}

fn suspects(heap: &DrawnHeap) -> Suspects {
    find(&Explored::of(&heap.graph), &Thresholds::default())
}

fn expression(graph: &HeapGraph, object: Object) -> Option<String> {
    let heap = Explored::of(graph);
    heap.expression(&heap.path(object)?).text
}

#[test]
fn a_registry_of_many_small_things_is_the_accumulation_point() {
    let mut sketch = Sketch::new();
    module(&mut sketch, "app.cache");
    sketch.object("SESSIONS", "dict", 100).refer("app.cache.dict", "['SESSIONS']", "SESSIONS");
    sketch.elements("SESSIONS", Segment::Mapping);
    for number in 0..50 {
        let (key, user, name) = (format!("k{number}"), format!("u{number}"), format!("n{number}"));
        sketch.object(&key, "str", 1).text(&key, &key).object(&user, "app.User", 100).object(&name, "str", 50);
        sketch.refer("SESSIONS", "", &key).refer("SESSIONS", "", &user).refer(&user, ".name", &name);
    }
    let heap = sketch.build();
    let found = suspects(&heap);
    assert_eq!(found.accumulations.len(), 1);
    let point = &found.accumulations[0];
    assert_eq!((point.object, point.retained_bytes, point.objects), (heap.get("SESSIONS"), 100 + 50 * 151, 151));
    assert_eq!(point.own_code, None, "the module's file is unknown");
    let user = heap.graph.type_id(heap.get("u0"));
    assert_eq!(point.contents[0], ContentRow { type_id: user, count: 50, retained_bytes: 50 * 150 });
    assert_eq!((point.containers[0].elements, point.containers[0].most), (50, Some((user, 50))));
    assert!(found.types.is_empty(), "the users are explained");
    let path = expression(&heap.graph, heap.get("u7"));
    assert_eq!(path.as_deref(), Some("sys.modules['app.cache'].__dict__['SESSIONS']['k7']"));
}

#[test]
fn an_instance_with_its_dictionary_is_one_thing_and_its_containers_are_told() {
    let mut sketch = Sketch::new();
    module(&mut sketch, "__main__");
    sketch.object("registry", "app.Registry", 10).object("attributes", "dict", 10).object("users", "list", 10);
    sketch.object("by_name", "list", 10).refer("__main__.dict", "['R']", "registry");
    sketch.refer("registry", ".__dict__", "attributes");
    sketch.refer("attributes", "['users']", "users").refer("attributes", "['by_name']", "by_name");
    for list in ["users", "by_name"] {
        sketch.elements(list, Segment::Sequence);
    }
    for number in 0..30 {
        let user = format!("u{number}");
        sketch.object(&user, "app.User", 100).refer("users", "", &user).refer("by_name", "", &user);
    }
    let heap = sketch.build();
    let point = &suspects(&heap).accumulations[0];
    assert_eq!(point.object, heap.get("registry"));
    assert_eq!(point.own_code, Some(heap.get("__main__")));
    let containers: Vec<Object> = point.containers.iter().map(|container| container.object).collect();
    assert_eq!(containers, [heap.get("users"), heap.get("by_name")]);
    assert_eq!(point.contents[0].count, 30);
}

#[test]
fn a_chain_is_told_by_its_head() {
    let mut sketch = Sketch::new();
    module(&mut sketch, "app");
    sketch.object("n0", "app.Node", 10).refer("app.dict", "['HEAD']", "n0");
    for number in 1..1000 {
        let (before, own) = (format!("n{}", number - 1), format!("n{number}"));
        sketch.object(&own, "app.Node", 10).refer(&before, ".next", &own);
    }
    let heap = sketch.build();
    let point = &suspects(&heap).accumulations[0];
    assert_eq!((point.object, point.chain, point.objects), (heap.get("n0"), Some(1000), 1000));
}

#[test]
fn scattered_instances_are_told_by_their_type() {
    let mut sketch = Sketch::new();
    for number in 0..20 {
        let (name, row) = (format!("m{number}"), format!("row{number}"));
        module(&mut sketch, &name);
        sketch.object(&row, "db.Row", 1000).refer(&format!("{name}.dict"), "['row']", &row);
    }
    let heap = sketch.build();
    let found = suspects(&heap);
    assert!(found.accumulations.is_empty());
    assert_eq!(found.types.len(), 1);
    assert_eq!((found.types[0].sum.count, found.types[0].sum.retained_bytes), (20, 20_000));
}

/// Draws one leak of each kind, every one of 100 bytes or more in a heap of a few thousand.
fn leaks() -> Sketch {
    let mut sketch = Sketch::new();
    module(&mut sketch, "app");
    let global = |sketch: &mut Sketch, name: &str| {
        sketch.refer("app.dict", &format!("['{name}']"), name);
    };
    sketch.object("error", "ValueError", 100).object("traceback", "traceback", 10).object("frame", "frame", 50);
    sketch.refer("error", ".__traceback__", "traceback").refer("traceback", ".tb_frame", "frame");
    global(&mut sketch, "error");

    for (task, local) in [("done", None), ("waiting", Some("name"))] {
        let coroutine = format!("{task} coroutine");
        sketch.object(task, "_asyncio.Task", 100).object(&coroutine, "coroutine", 10).refer(task, "._coro", &coroutine);
        sketch.object(&format!("{task} name"), "str", 1).refer(&coroutine, ".__name__", &format!("{task} name"));
        if local.is_some() {
            sketch.refer(&coroutine, ".cr_frame.f_locals['x']", "waiting name");
        }
        global(&mut sketch, task);
    }

    for (cache, value) in [("unbounded", "app.Result"), ("bounded", "functools._lru_list_elem")] {
        let dict = format!("{cache} dict");
        sketch
            .object(cache, "functools._lru_cache_wrapper", 100)
            .object(&dict, "dict", 10)
            .refer(cache, "cache", &dict);
        sketch.elements(&dict, Segment::Mapping);
        for number in 0..3 {
            let (key, result) = (format!("{cache} key {number}"), format!("{cache} result {number}"));
            sketch.object(&key, "int", 1).object(&result, value, 10).refer(&dict, "", &key).refer(&dict, "", &result);
        }
        global(&mut sketch, cache);
    }

    sketch.object("function", "function", 100).object("defaults", "tuple", 10).object("seen", "list", 10);
    sketch.refer("function", ".__defaults__", "defaults").refer("defaults", "[0]", "seen");
    sketch.object("handlers", "list", 100).elements("handlers", Segment::Sequence).elements("seen", Segment::Sequence);
    for number in 0..4 {
        let (method, listener) = (format!("method {number}"), format!("listener {number}"));
        sketch.object(&method, "method", 10).object(&listener, "app.Listener", 10).refer(
            &method,
            ".__self__",
            &listener,
        );
        sketch.refer("handlers", "", &method).refer("seen", "", &listener);
    }
    global(&mut sketch, "function");
    global(&mut sketch, "handlers");

    sketch.object("closer", "app.Closer", 100).object("close", "function", 10).object("cells", "tuple", 10);
    sketch.object("cell", "cell", 10).refer("closer", ".close", "close").refer("close", ".__closure__", "cells");
    sketch.refer("cells", "[0]", "cell").refer("cell", ".cell_contents", "closer");
    global(&mut sketch, "closer");

    sketch.object("Del", "type", 10).object("mro", "tuple", 10).object("namespace", "dict", 10).class("app.Del", "Del");
    sketch.refer("Del", ".__mro__", "mro").refer("mro", "[0]", "Del").refer("Del", ".__dict__", "namespace");
    sketch.object("name", "str", 1).text("name", "__del__").object("method", "function", 10);
    sketch.elements("namespace", Segment::Mapping).refer("namespace", "", "name").refer("namespace", "", "method");
    sketch.object("dying", "app.Del", 100).refer("dying", ".__class__", "Del").refer("dying", ".me", "dying");

    sketch.object("array", "ext.Array", 100).object("trapped", "app.Trapped", 10).refer("array", "[0]", "trapped");
    sketch.refer("trapped", ".array", "array");

    // A cache that is a method, whose keys begin with an instance: and one of whose keys does not.
    sketch.object("Page", "type", 10).object("Page dict", "dict", 10).class("app.Page", "Page");
    sketch.refer("Page", ".__dict__", "Page dict").refer("Page dict", "['render']", "render");
    sketch.object("render", "functools._lru_cache_wrapper", 100).object("rendered", "dict", 10);
    sketch.refer("render", "cache", "rendered").elements("rendered", Segment::Mapping);
    for (number, of) in ["app.Page", "app.Page", "app.Other"].iter().enumerate() {
        let (key, page) = (format!("page key {number}"), format!("page {number}"));
        sketch.object(&key, "tuple", 1).object(&page, of, 10).refer(&key, "[0]", &page);
        sketch.refer("rendered", "", &key).refer("rendered", "", "name");
    }
    global(&mut sketch, "Page");

    // A weak dictionary: of two keys the values hold these, of a third it doesn't.
    sketch.object("registry", "weakref.WeakKeyDictionary", 100).object("data", "dict", 10);
    sketch.refer("registry", ".data", "data").elements("data", Segment::Mapping);
    for number in 0..3 {
        let part = |what: &str| format!("{what} {number}");
        sketch.object(&part("weak"), "weakref.ReferenceType", 1).object(&part("session"), "app.Session", 10);
        sketch.object(&part("state"), "app.State", 10).object(&part("parts"), "list", 10);
        sketch.refer(&part("weak"), "~()", &part("session")).refer(&part("state"), ".parts", &part("parts"));
        sketch.refer("data", "", &part("weak")).refer("data", "", &part("state"));
        if number < 2 {
            sketch.refer(&part("parts"), "[0]", &part("session"));
        }
    }
    global(&mut sketch, "registry");

    sketch.object("local", "_thread._local", 100).object("one", "dict", 10).object("two", "dict", 10);
    sketch.refer("local", "attributes of a thread", "one").refer("local", "attributes of a thread", "two");
    global(&mut sketch, "local");
    sketch
}

#[test]
fn each_rule_finds_its_leak_and_nothing_else() {
    let sketch = leaks();
    let heap = sketch.build();
    let mut snapshot = sketch.snapshot();
    snapshot.threads.push(crate::snapshot::Thread::default());
    let array = snapshot.types.iter_mut().find(|of| &*of.name.0 == "Array");
    array.unwrap().flags = Some(0);
    let graph = HeapGraph::build(snapshot);
    let found = find(&Explored::of(&graph), &Thresholds::default());
    let mut shown: Vec<(&str, Vec<(&str, u64)>)> = found
        .findings
        .iter()
        .map(|finding| {
            assert_eq!(finding.count, finding.hits.len() as u64);
            (finding.rule.id, finding.hits.iter().map(|hit| (heap.name(hit.object), hit.entries)).collect())
        })
        .collect();
    shown.sort();
    let expected = [
        ("bound-methods", vec![("handlers", 4)]),
        ("cached-method", vec![("render", 2)]),
        ("closure-over-self", vec![("closer", 1)]),
        ("exception-traceback", vec![("error", 1)]),
        ("finalizer-cycle", vec![("dying", 1)]),
        ("finished-task", vec![("done", 1)]),
        ("mutable-default", vec![("function", 4)]),
        ("thread-local", vec![("local", 1)]),
        ("unbounded-cache", vec![("unbounded", 3)]),
        ("uncollectable-cycle", vec![("array", 2)]),
        ("weak-key-held-by-value", vec![("registry", 2)]),
    ];
    assert_eq!(shown, expected);
    assert_eq!(RULES.len(), expected.len());
}
