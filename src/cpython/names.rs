//! The names of slots, each stored once.

use std::collections::HashMap;
use std::rc::Rc;

/// A name of a slot; small, and equal for equal names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameId(pub u32);

/// Nobody knows the name.
pub(super) const UNNAMED: NameId = NameId(0);

/// All names so far.
#[derive(Debug)]
pub(super) struct Names {
    ids: HashMap<Rc<str>, NameId>,
    texts: Vec<Rc<str>>,
}

impl Default for Names {
    fn default() -> Self {
        Names { ids: HashMap::new(), texts: vec!["".into()] }
    }
}

impl Names {
    pub fn id(&mut self, name: &str) -> NameId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let text: Rc<str> = name.into();
        let id = NameId(self.texts.len() as u32);
        self.texts.push(Rc::clone(&text));
        self.ids.insert(text, id);
        id
    }

    pub fn text(&self, id: NameId) -> &str {
        &self.texts[id.0 as usize]
    }
}
