//! Objects that fit what somebody looks for, those that retain most first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Object;

use super::explored::Explored;
use super::object_set::ObjectSet;
use super::places::PlacedHeap;

/// What an object must be; `None` and 0 for what does not matter.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Of one of these types, by [`TypeId`](crate::graph::TypeId).
    pub types: Option<Vec<bool>>,
    /// At one of these places of the heap.
    pub places: Option<Vec<bool>>,
    /// Its own text contains this.
    pub text: Option<String>,
    /// Retains so many bytes.
    pub bytes: u64,
    /// Has so many elements.
    pub elements: u64,
}

/// How many objects fit, and the first `keep` of them: most retained first, ties by address. One pass over the objects; where a text
/// is asked for, over all texts.
pub fn search(heap: &Explored<'_>, placed: &PlacedHeap<'_>, wish: &Wish, keep: usize) -> (u64, Vec<Object>) {
    let graph = heap.graph;
    let retained = heap.retained();
    let with_text = wish.text.as_ref().map(|text| ObjectSet::of(graph, graph.objects_with_text(text)));
    let at_place = |object| wish.places.as_ref().is_none_or(|places| places[placed.place(object) as usize]);
    // What the shape tells is asked once for each shape.
    let of_shape = |shape| {
        let of_type = |types: &Vec<bool>| types[graph.type_of_shape(shape).index()];
        wish.types.as_ref().is_none_or(of_type) && (wish.elements == 0 || graph.shape_has_elements(shape))
    };
    let fits = |&object: &Object| {
        retained.bytes(object) >= wish.bytes
            && with_text.as_ref().is_none_or(|with| with.contains(object))
            && at_place(object)
            && (wish.elements == 0
                || graph.elements(object).is_some_and(|(count, _)| u64::from(count) >= wish.elements))
    };
    let mut all = 0;
    // The worst of those that are kept is on top.
    let mut kept: BinaryHeap<(Reverse<u64>, Object)> = BinaryHeap::new();
    for object in graph.objects_of_shapes(of_shape).filter(fits) {
        all += 1;
        let one = (Reverse(retained.bytes(object)), object);
        if kept.len() < keep {
            kept.push(one);
        } else if let Some(mut worst) = kept.peek_mut().filter(|worst| one < **worst) {
            *worst = one;
        }
    }
    (all, kept.into_sorted_vec().into_iter().map(|(_, object)| object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;
    use crate::snapshot::Segment;

    #[test]
    fn all_that_is_asked_for_must_fit() {
        let mut sketch = Sketch::new();
        sketch
            .object("app", "module", 10)
            .object("users", "dict", 30)
            .module_root("app")
            .refer("app", ".users", "users");
        sketch.elements("users", Segment::Mapping);
        for (name, size) in [("ann", 10), ("bob", 90), ("cid", 50)] {
            let key = format!("key of {name}");
            sketch.object(&key, "str", 5).text(&key, name).object(name, "app.User", size);
            sketch.refer("users", "", &key).refer("users", "", name);
        }
        let drawn = sketch.build();
        let heap = Explored::of(&drawn.graph);
        let placed = PlacedHeap::of(&drawn.graph, &heap.roots);
        let found = |wish: Wish, keep| {
            let (all, objects) = search(&heap, &placed, &wish, keep);
            (all, objects.into_iter().map(|object| drawn.name(object).to_owned()).collect::<Vec<_>>())
        };
        let of = |name: &str| Some(drawn.graph.types.iter().map(|of| of.full_name() == name).collect());
        assert_eq!(found(Wish { types: of("app.User"), ..Wish::default() }, 2), (3, vec!["bob".into(), "cid".into()]));
        let large = Wish { types: of("app.User"), bytes: 50, ..Wish::default() };
        assert_eq!(found(large, 9), (2, vec!["bob".into(), "cid".into()]));
        assert_eq!(found(Wish { text: Some("bo".to_owned()), ..Wish::default() }, 9), (1, vec!["key of bob".into()]));
        assert_eq!(found(Wish { elements: 3, ..Wish::default() }, 9), (1, vec!["users".into()]));
        let nowhere = Wish { places: Some(vec![false; placed.tree.places.len()]), ..Wish::default() };
        assert_eq!(found(nowhere, 9), (0, vec![]));
    }
}
