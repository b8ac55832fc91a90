//! A set of objects of one heap, one bit each.

use crate::graph::{HeapGraph, Object};

/// Objects of one heap; a bit per object of the heap, whatever the set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSet {
    words: Vec<u64>,
    count: usize,
}

impl ObjectSet {
    /// The empty set.
    pub fn empty(graph: &HeapGraph) -> Self {
        ObjectSet { words: vec![0; graph.object_count().div_ceil(64)], count: 0 }
    }

    /// A set of these objects.
    pub fn of(graph: &HeapGraph, objects: impl IntoIterator<Item = Object>) -> Self {
        let mut set = ObjectSet::empty(graph);
        set.extend(objects);
        set
    }

    /// Adds an object; `false` when it was there already.
    pub fn insert(&mut self, object: Object) -> bool {
        let word = &mut self.words[object.index() / 64];
        let bit = 1 << (object.0 % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        self.count += usize::from(is_new);
        is_new
    }

    /// Whether the object is in the set.
    pub fn contains(&self, object: Object) -> bool {
        self.words[object.index() / 64] & (1 << (object.0 % 64)) != 0
    }

    /// The bits, 64 objects each, the lowest bit for the lowest address.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The set with these bits; `None` when they are not those of a set of this heap.
    pub(super) fn of_words(graph: &HeapGraph, words: Vec<u64>) -> Option<ObjectSet> {
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        (words.len() == graph.object_count().div_ceil(64)).then_some(ObjectSet { words, count })
    }

    /// How many objects are in the set.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no object is in the set.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Extend<Object> for ObjectSet {
    fn extend<I: IntoIterator<Item = Object>>(&mut self, objects: I) {
        for object in objects {
            self.insert(object);
        }
    }
}
