//! How the references of an object of a `.pyheap` file are named, as shapes.

use std::collections::HashMap;

use crate::snapshot::{Segment, ShapeRecord, Text};

/// What follows the fixed slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rest {
    Nothing,
    Sequence,
    Mapping,
    Set,
}

/// The slots of an object: named ones, then some without a name, then what its container holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Slots {
    pub type_index: u32,
    /// Indices into [`Shapes::names`].
    pub names: Vec<u32>,
    pub unnamed: u32,
    pub rest: Rest,
    /// Objects of the type have a dictionary of attributes, and no slots of their own besides.
    pub has_dict: bool,
}

/// All shapes, and the names in them, once each.
#[derive(Default)]
pub(super) struct Shapes {
    pub all: Vec<Slots>,
    numbers: HashMap<Slots, u32>,
    pub names: Vec<String>,
    numbers_of_names: HashMap<String, u32>,
}

impl Shapes {
    /// The number of a shape.
    pub fn number(&mut self, slots: Slots) -> u32 {
        if let Some(&known) = self.numbers.get(&slots) {
            return known;
        }
        let new = self.all.len() as u32;
        self.all.push(slots.clone());
        self.numbers.insert(slots, new);
        new
    }

    /// The number of a name.
    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.numbers_of_names.get(name) {
            return known;
        }
        let new = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers_of_names.insert(name.to_owned(), new);
        new
    }

    /// As the format of snapshots has them.
    pub fn records(&self) -> Vec<ShapeRecord> {
        let record = |slots: &Slots| {
            let mut segments = Vec::new();
            if !slots.names.is_empty() {
                let names = slots.names.iter().map(|&name| Text(slot_name(&self.names[name as usize])));
                segments.push(Segment::Fields(names.collect()));
            }
            if slots.unnamed > 0 {
                segments.push(Segment::UnnamedCount(slots.unnamed));
            }
            match slots.rest {
                Rest::Nothing => {}
                Rest::Sequence => segments.push(Segment::Sequence),
                Rest::Mapping => segments.push(Segment::Mapping),
                Rest::Set => segments.push(Segment::Set),
            }
            ShapeRecord { type_index: slots.type_index, slots: segments }
        };
        self.all.iter().map(record).collect()
    }
}

/// An attribute as a suffix of an expression; one that Python can't write so is a description.
fn slot_name(attribute: &str) -> String {
    let is_word = |text: &str| {
        let mut characters = text.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|character| character.is_alphanumeric() || character == '_')
    };
    if is_word(attribute) { format!(".{attribute}") } else { format!("attribute {attribute}") }
}
