//! Small drawn heaps: what of each is drawn.

use super::*;
use crate::graph::{DrawnHeap, Sketch};
use crate::snapshot::Segment;

const LIMITS: Limits = Limits { depth: 3, on_to_roots: false, too_many: 10, max_boxes: 100 };

fn wish() -> Wish {
    Wish::new(Towards::Referrers, LIMITS)
}

fn unfolded() -> Wish {
    Wish { fold: false, ..wish() }
}

fn around(heap: &DrawnHeap, target: &str, wish: &Wish) -> Excerpt {
    Excerpt::around(&Explored::of(&heap.graph), &[heap.get(target)], wish)
}

/// Names of the first objects of all boxes, ` × N` when there are several.
fn boxes(heap: &DrawnHeap, excerpt: &Excerpt) -> Vec<String> {
    let name = |member: &Member| match member.objects.len() {
        1 => heap.name(member.objects[0]).to_owned(),
        many => format!("{} × {many}", heap.name(member.objects[0])),
    };
    excerpt.members.iter().map(name).collect()
}

fn link<'e>(heap: &DrawnHeap, excerpt: &'e Excerpt, from: &str, to: &str) -> Option<&'e Link> {
    let at = |name: &str| excerpt.members.iter().position(|member| member.objects.contains(&heap.get(name)));
    let (from, to) = (at(from)?, at(to)?);
    excerpt.links.iter().find(|link| (link.from, link.to) == (from, to))
}

fn left(excerpt: &Excerpt, cut: Cut) -> u64 {
    excerpt.left_out.iter().filter(|left| left.cut == cut).map(|left| left.objects).sum()
}

/// A module `main` with its dictionary `names`, in which `x` and `y` are variables.
fn module() -> Sketch {
    let mut sketch = Sketch::new();
    sketch.object("main", "module", 72).object("names", "dict", 232).module_root("main");
    sketch.refer("main", ".__dict__", "names").elements("names", Segment::Mapping);
    sketch
}

fn variable(sketch: &mut Sketch, owner: &str, name: &str, value: &str) {
    let key = format!("key {owner} {name}");
    sketch.object(&key, "str", 50).text(&key, name).refer(owner, "", &key).refer(owner, "", value);
}

#[test]
fn a_module_and_its_dictionary_are_one_box() {
    let mut sketch = module();
    sketch.object("x", "list", 56).object("y", "list", 56).object("inner", "list", 56);
    variable(&mut sketch, "names", "x", "x");
    variable(&mut sketch, "names", "we ird", "y");
    sketch.refer("y", "[0]", "x").refer("y", "[1]", "inner").refer("inner", "[0]", "x");
    let heap = sketch.build();
    let excerpt = around(&heap, "x", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["x", "main", "y", "inner"]);
    assert_eq!(excerpt.members[1].dict, Some(heap.get("names")));
    let names = &link(&heap, &excerpt, "main", "x").unwrap().names;
    assert!(names[0].through_dict);
    assert!(link(&heap, &excerpt, "main", "x").unwrap().on_path);
    assert!(!link(&heap, &excerpt, "main", "y").unwrap().on_path);

    let apart = around(&heap, "x", &Wish { expand: true, ..wish() });
    assert_eq!(boxes(&heap, &apart), ["x", "names", "y", "inner", "main"]);
}

#[test]
fn a_dictionary_that_is_asked_about_or_held_by_another_stays_apart() {
    let mut sketch = module();
    sketch.object("user", "app.User", 48).object("dict", "dict", 64).object("value", "list", 56);
    sketch.refer("user", ".__dict__", "dict").elements("dict", Segment::Mapping);
    variable(&mut sketch, "dict", "value", "value");
    variable(&mut sketch, "names", "user", "user");
    let alone = sketch.build();
    assert_eq!(boxes(&alone, &around(&alone, "value", &wish())), ["value", "user", "main"]);
    assert_eq!(boxes(&alone, &around(&alone, "dict", &wish())), ["dict", "user", "main"]);

    sketch.object("thief", "list", 56).refer("thief", "[0]", "dict");
    variable(&mut sketch, "names", "thief", "thief");
    let shared = sketch.build();
    assert_eq!(boxes(&shared, &around(&shared, "value", &wish())), ["value", "dict", "user", "thief", "main"]);
}

#[test]
fn housekeeping_is_counted_and_not_followed() {
    let mut sketch = module();
    sketch.object("shop", "app.Shop", 48);
    variable(&mut sketch, "names", "SHOP", "shop");
    sketch.object("table", "list", 56).refer("table", "[0]", "shop");
    for number in 0..40 {
        let function = format!("f{number}");
        sketch.object(&function, "function", 152).refer(&function, ".__globals__", "names");
        sketch.refer("table", &format!("[{}]", number + 1), &function);
    }
    let heap = sketch.build();
    let excerpt = around(&heap, "shop", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["shop", "main", "table"]);
    assert_eq!(excerpt.set_aside, [SetAside { at: 1, kind: Housekeeping::Globals, objects: 40 }]);
    // The dictionary itself as target: still no explanation, still counted.
    let excerpt = around(&heap, "names", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["names", "main"]);
    assert_eq!(excerpt.set_aside_in_all, [(Housekeeping::Globals, 40)]);
    let everything = around(&heap, "names", &Wish { expand: true, ..wish() });
    assert!(boxes(&heap, &everything).contains(&"f0 × 40".to_owned()), "{:?}", boxes(&heap, &everything));
}

#[test]
fn globals_are_drawn_when_nothing_else_keeps_them() {
    let mut sketch = module();
    sketch.object("lost", "dict", 64).object("value", "list", 56).object("f", "function", 152);
    sketch.elements("lost", Segment::Mapping).refer("f", ".__globals__", "lost");
    variable(&mut sketch, "lost", "value", "value");
    variable(&mut sketch, "names", "f", "f");
    let heap = sketch.build();
    let excerpt = around(&heap, "value", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["value", "lost", "f", "main"]);
    assert!(link(&heap, &excerpt, "f", "lost").unwrap().on_path);
}

#[test]
fn instances_hold_a_class_only_when_it_is_asked_about() {
    let mut sketch = module();
    sketch.object("User", "type", 1064).object("items", "list", 56).object("mro", "tuple", 56);
    sketch.refer("User", ".items", "items").refer("User", ".__mro__", "mro").refer("mro", "[0]", "User");
    variable(&mut sketch, "names", "User", "User");
    for number in 0..5 {
        let user = format!("user {number}");
        sketch.object(&user, "app.User", 48).refer(&user, ".__class__", "User");
    }
    let heap = sketch.build();
    let excerpt = around(&heap, "items", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["items", "User", "main"]);
    let aside: Vec<_> = excerpt.set_aside.iter().map(|aside| (aside.kind, aside.objects)).collect();
    assert_eq!(aside, [(Housekeeping::Class, 5), (Housekeeping::ClassTables, 1)]);
    assert_eq!(boxes(&heap, &around(&heap, "User", &wish())), ["User", "main", "user 0 × 5"]);
}

#[test]
fn what_is_too_many_or_too_far_is_counted() {
    let mut sketch = Sketch::new();
    sketch.object("target", "str", 50).object("root", "dict", 64).object("far", "dict", 64);
    for number in 0..20 {
        let holder = format!("holder {number}");
        sketch.object(&holder, "list", 56).refer(&holder, "[0]", "target");
    }
    sketch.refer("far", "[0]", "root").refer("root", "['h']", "holder 17").root("other", "r", "root");
    let heap = sketch.build();
    let limits = Limits { depth: 1, too_many: 3, ..LIMITS };
    let excerpt = around(&heap, "target", &Wish { limits, ..unfolded() });
    assert_eq!(boxes(&heap, &excerpt), ["target", "holder 17", "holder 0", "holder 1", "root"]);
    assert_eq!(excerpt.left_out[0], LeftOut { at: 0, objects: 17, cut: Cut::TooMany });
    assert_eq!(left(&excerpt, Cut::BehindRoot), 1);
    let folded = around(&heap, "target", &Wish { limits, ..wish() });
    assert_eq!(boxes(&heap, &folded), ["target", "holder 17", "holder 0 × 19", "root"]);
    assert_eq!(left(&folded, Cut::TooMany), 0);
}

#[test]
fn parallel_references_are_one_link() {
    let mut sketch = Sketch::new();
    sketch.object("a", "list", 56).object("b", "str", 50);
    sketch.refer("a", "~()", "b");
    for number in 0..1000 {
        sketch.refer("a", &format!("[{number}]"), "b");
    }
    sketch.refer("b", ".me", "b");
    let heap = sketch.build();
    let excerpt = around(&heap, "b", &wish());
    let link = excerpt.links.iter().find(|link| link.from == 1).unwrap();
    assert_eq!((link.names.len(), link.more, link.references, link.weak), (3, 998, 1001, false));
    assert!(link.names.iter().all(|name| heap.graph.is_strong(name.reference)));
    assert!(excerpt.links.iter().any(|link| link.from == 0 && link.to == 0), "a reference to itself is kept");
}

#[test]
fn a_full_excerpt_says_so() {
    let mut sketch = Sketch::new();
    sketch.object("target", "dict", 64);
    for number in 0..8 {
        let part = format!("part {number}");
        sketch.object(&part, "str", 50 + number).refer("target", &format!("[{number}]"), &part);
    }
    let heap = sketch.build();
    let limits = Limits { too_many: 100, max_boxes: 4, ..LIMITS };
    let excerpt = around(&heap, "target", &Wish { fold: false, ..Wish::new(Towards::Referents, limits) });
    assert_eq!(boxes(&heap, &excerpt), ["target", "part 5", "part 6", "part 7"], "those that retain most");
    assert_eq!(excerpt.left_out, [LeftOut { at: 0, objects: 5, cut: Cut::Full }]);
}

#[test]
fn the_path_to_the_root_is_drawn_beyond_the_depth() {
    let mut sketch = module();
    sketch.object("target", "app.Leak", 48);
    let mut held = "target".to_owned();
    for (number, of) in ["list", "dict", "set", "app.A", "app.B"].into_iter().enumerate() {
        let holder = format!("holder {number}");
        sketch.object(&holder, of, 64).refer(&holder, "[0]", &held);
        held = holder;
    }
    variable(&mut sketch, "names", "all", &held);
    let heap = sketch.build();
    let excerpt = around(&heap, "target", &Wish { limits: Limits { depth: 1, ..LIMITS }, ..wish() });
    let expected = ["target", "holder 0", "holder 1", "holder 2", "holder 3", "holder 4", "main"];
    assert_eq!(boxes(&heap, &excerpt), expected);
    assert_eq!(excerpt.links.iter().filter(|link| link.on_path).count(), 6);
    assert!(excerpt.left_out.is_empty(), "{:?}", excerpt.left_out);
    // No room for all of it: the middle is one box.
    let limits = Limits { depth: 1, max_boxes: 4, ..LIMITS };
    let excerpt = around(&heap, "target", &Wish { limits, ..wish() });
    assert_eq!(boxes(&heap, &excerpt), ["target", "holder 0", "holder 1 × 4", "main"]);
    assert_eq!(excerpt.members[2].fold, Fold::Stretch);
    // No room at all.
    let excerpt = around(&heap, "target", &Wish { limits: Limits { depth: 1, max_boxes: 2, ..LIMITS }, ..wish() });
    assert_eq!((boxes(&heap, &excerpt).len(), excerpt.alive.paths_not_drawn), (2, 1));
}

#[test]
fn a_long_list_on_the_path_is_a_run() {
    let mut sketch = module();
    sketch.object("target", "app.Leak", 48).object("list", "app.List", 48);
    let mut last = "list".to_owned();
    for number in 0..20_000 {
        let node = format!("node {number}");
        sketch.object(&node, "app.Node", 48).refer(&last, ".next", &node);
        if number > 0 {
            sketch.refer(&node, ".previous", &last);
        }
        last = node;
    }
    sketch.refer(&last, ".value", "target");
    variable(&mut sketch, "names", "all", "list");
    let heap = sketch.build();
    let excerpt = around(&heap, "target", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["target", "node 19999 × 20000", "list", "main"]);
    assert_eq!(excerpt.members[1].fold, Fold::Run);
    assert!(link(&heap, &excerpt, "list", "node 0").unwrap().on_path);
}

#[test]
fn a_path_of_changing_types_is_shortened() {
    let mut sketch = module();
    sketch.object("target", "app.Leak", 48);
    let mut last = "target".to_owned();
    for number in 0..3000 {
        let link = format!("link {number}");
        sketch.object(&link, ["list", "dict"][number % 2], 48).refer(&link, "[0]", &last);
        last = link;
    }
    variable(&mut sketch, "names", "all", &last);
    let heap = sketch.build();
    let excerpt = around(&heap, "target", &wish());
    assert_eq!(excerpt.members.len(), 16);
    let stretch = excerpt.members.iter().find(|member| member.fold == Fold::Stretch).unwrap();
    assert_eq!(stretch.objects.len() + 15, 3002);
}

#[test]
fn ways_lead_on_to_roots_where_there_is_room() {
    let mut sketch = module();
    sketch.object("target", "app.Leak", 48).object("cache", "dict", 64).object("bus", "app.Bus", 48);
    variable(&mut sketch, "names", "cache", "cache");
    variable(&mut sketch, "names", "bus", "bus");
    sketch.refer("cache", "[0]", "target");
    for (name, of, held) in
        [("cell", "cell", "target"), ("tuple", "tuple", "cell"), ("f", "function", "tuple"), ("l", "list", "f")]
    {
        sketch.object(name, of, 48).refer(name, "[0]", held);
    }
    sketch.refer("bus", ".listeners", "l");
    let heap = sketch.build();
    let nearest = around(&heap, "target", &wish());
    assert_eq!(boxes(&heap, &nearest), ["target", "cache", "cell", "main", "tuple", "f"]);
    assert_eq!(left(&nearest, Cut::Depth), 1);
    let all = around(&heap, "target", &Wish { limits: Limits { on_to_roots: true, ..LIMITS }, ..wish() });
    assert_eq!(boxes(&heap, &all), ["target", "cache", "cell", "main", "tuple", "f", "l", "bus"]);
    assert_eq!(left(&all, Cut::Depth), 0);
    assert!(!link(&heap, &all, "bus", "l").unwrap().on_path);
}

#[test]
fn what_is_held_weakly_is_drawn_and_not_followed() {
    let mut sketch = module();
    sketch.object("target", "app.Leak", 48).object("weak", "weakref.ref", 72).object("registry", "list", 56);
    sketch.refer("weak", "~()", "target").refer("registry", "[0]", "weak");
    variable(&mut sketch, "names", "registry", "registry");
    let heap = sketch.build();
    let excerpt = around(&heap, "target", &wish());
    assert_eq!(boxes(&heap, &excerpt), ["target", "weak"]);
    assert!(link(&heap, &excerpt, "weak", "target").unwrap().weak);
    assert_eq!(left(&excerpt, Cut::BehindWeak), 1);
    assert_eq!(excerpt.alive.unreachable, 1);
}

#[test]
fn filters_leave_out_and_count() {
    let mut sketch = module();
    sketch
        .object("target", "app.Leak", 48)
        .object("list", "list", 56)
        .object("dict", "dict", 64)
        .object("set", "set", 64);
    sketch.refer("list", "[0]", "target").refer("dict", "[0]", "target").refer("set", "[0]", "target");
    variable(&mut sketch, "names", "list", "list");
    let heap = sketch.build();
    let fits = |names: &[&str]| heap.graph.types.iter().map(|of| names.contains(&of.name.as_str())).collect();
    let excerpt = around(&heap, "target", &Wish { may_draw: fits(&["set", "Leak"]), ..wish() });
    assert_eq!(boxes(&heap, &excerpt), ["target", "list", "set", "main"], "the path is drawn all the same");
    assert_eq!(left(&excerpt, Cut::Filtered), 1);
}

#[test]
fn keys_and_constants_are_not_drawn_as_referents() {
    let mut sketch = Sketch::new();
    sketch.object("cache", "dict", 64).elements("cache", Segment::Mapping).object("None", "NoneType", 16);
    for number in 0..30 {
        let user = format!("user {number}");
        sketch.object(&user, "app.User", 48);
        variable(&mut sketch, "cache", &user.clone(), &user);
    }
    variable(&mut sketch, "cache", "nobody", "None");
    let heap = sketch.build();
    let excerpt = around(&heap, "cache", &Wish::new(Towards::Referents, LIMITS));
    assert_eq!(boxes(&heap, &excerpt), ["cache", "user 0 × 30"]);
    assert_eq!(excerpt.set_aside_in_all, [(Housekeeping::Key, 31), (Housekeeping::Constant, 1)]);
}

#[test]
fn a_crowd_of_targets_is_one_box_with_one_path() {
    let mut sketch = module();
    sketch.object("cache", "list", 64);
    variable(&mut sketch, "names", "cache", "cache");
    let names: Vec<String> = (0..30).map(|number| format!("user {number}")).collect();
    for name in &names {
        sketch.object(name, "app.User", 48).refer("cache", &format!("[{name}]"), name);
    }
    let heap = sketch.build();
    let targets: Vec<Object> = names.iter().map(|name| heap.get(name)).collect();
    let excerpt = Excerpt::around(&Explored::of(&heap.graph), &targets, &wish());
    assert_eq!(boxes(&heap, &excerpt), ["user 0 × 30", "cache", "main"]);
    assert_eq!(excerpt.links.iter().filter(|link| link.on_path).count(), 2);
    let few = Excerpt::around(&Explored::of(&heap.graph), &targets[..4], &wish());
    assert_eq!(boxes(&heap, &few)[..4], ["user 0", "user 1", "user 2", "user 3"]);
}

/// Extreme shapes, folded and not.
#[test]
fn extreme_shapes_stay_small_or_whole() {
    // A star of 2,000.
    let mut sketch = Sketch::new();
    sketch.object("target", "str", 50);
    for number in 0..2000 {
        let holder = format!("h{number}");
        sketch.object(&holder, "dict", 64).refer(&holder, "['x']", "target");
    }
    let heap = sketch.build();
    assert_eq!(boxes(&heap, &around(&heap, "target", &wish())), ["target", "h0 × 2000"]);
    let limits = Limits { too_many: 5000, max_boxes: 5000, ..LIMITS };
    assert_eq!(around(&heap, "target", &Wish { limits, ..unfolded() }).members.len(), 2001);

    // 30 lists that all refer to the same 30 objects.
    let mut sketch = Sketch::new();
    for number in 0..30 {
        sketch.object(&format!("low {number}"), "app.Low", 50);
    }
    for number in 0..30 {
        let list = format!("list {number}");
        sketch.object(&list, "list", 56);
        for low in 0..30 {
            sketch.refer(&list, &format!("[{low}]"), &format!("low {low}"));
        }
    }
    let heap = sketch.build();
    let lows: Vec<Object> = (0..30).map(|number| heap.get(&format!("low {number}"))).collect();
    let folded = Excerpt::around(&Explored::of(&heap.graph), &lows, &wish());
    assert_eq!(boxes(&heap, &folded), ["low 0 × 30", "list 0 × 30"]);
    assert_eq!(folded.links[0].references, 900);
    let limits = Limits { too_many: 50, ..LIMITS };
    let whole = Excerpt::around(&Explored::of(&heap.graph), &lows, &Wish { limits, ..unfolded() });
    assert_eq!((whole.members.len(), whole.links.len()), (60, 900));
}
