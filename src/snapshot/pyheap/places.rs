//! What only all objects of a `.pyheap` file together tell: which referent is a dictionary of attributes, and which
//! dictionary is `sys.modules`.

use std::collections::{HashMap, HashSet};

use crate::snapshot::{Objects, RootRecord, Snapshot, Text, WireAddress};

use super::shapes::{Rest, Shapes, Slots};

/// The type of the object at each address.
pub(super) struct Places {
    /// Ascending by address: address, address of the type.
    types: Vec<(u64, u64)>,
}

impl Places {
    pub fn of(objects: &Objects, shapes: &Shapes, types: &[u64]) -> Places {
        let type_of = |shape: u32| types[shapes.all[shape as usize].type_index as usize];
        let mut all: Vec<(u64, u64)> =
            objects.address.iter().zip(&objects.shape).map(|(&address, &shape)| (address, type_of(shape))).collect();
        all.sort_unstable();
        Places { types: all }
    }

    /// The address of the type of an object; `None` when it is not in the file.
    pub fn type_of(&self, address: u64) -> Option<u64> {
        let found = self.types.binary_search_by_key(&address, |entry| entry.0).ok()?;
        Some(self.types[found].1)
    }
}

/// What is looked for among the referents without a name.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// Of a module, or an instance without slots: the only dictionary is its `__dict__`.
    Dictionary,
    /// Of a function: the only code, and the dictionary that is a module's.
    Function,
}

/// Names `__dict__`, `__globals__` and `__code__`, where there is one object alone that they can be. Near-linear.
pub(super) fn name_dictionaries(snapshot: &mut Snapshot, shapes: &mut Shapes, places: &Places, dict: Option<u64>) {
    let Some(dict) = dict else { return };
    let type_named = |name: &str| {
        let found = snapshot.types.iter().position(|of| &*of.name == name && matches!(&*of.module, "" | "builtins"));
        found.map(|at| at as u32)
    };
    let (module, function) = (type_named("module"), type_named("function"));
    let code = type_named("code").and_then(|code| Some(snapshot.types[code as usize].address?.absolute().0));
    let [dict_name, globals_name, code_name] = ["__dict__", "__globals__", "__code__"].map(|name| shapes.name(name));
    let mut dictionaries_of_modules = HashSet::new();
    // Modules first: what is a module's dictionary, functions have for their globals.
    for of_modules in [true, false] {
        let objects = &mut snapshot.objects;
        let mut first = 0;
        for index in 0..objects.address.len() {
            let start = first;
            first += objects.reference_count[index] as usize;
            let slots = &shapes.all[objects.shape[index] as usize];
            let is_module = Some(slots.type_index) == module;
            let wanted = match () {
                () if is_module => Wanted::Dictionary,
                () if Some(slots.type_index) == function => Wanted::Function,
                () if slots.has_dict => Wanted::Dictionary,
                () => continue,
            };
            if slots.unnamed == 0 || is_module != of_modules {
                continue;
            }
            let (named, unnamed) = (slots.names.len(), slots.unnamed as usize);
            let row = &mut objects.referent[start + named..start + named + unnamed];
            let only = |row: &[u64], fits: &dyn Fn(u64) -> bool| {
                let mut found = row.iter().copied().filter(|&referent| fits(referent));
                found.next().filter(|_| found.next().is_none())
            };
            let is_dict = |referent: u64| places.type_of(referent) == Some(dict);
            let mut found: Vec<(u32, u64)> = Vec::new();
            match wanted {
                Wanted::Dictionary => found.extend(only(row, &is_dict).map(|referent| (dict_name, referent))),
                Wanted::Function => {
                    let is_code = |referent: u64| code.is_some() && places.type_of(referent) == code;
                    let is_globals = |referent: u64| dictionaries_of_modules.contains(&referent);
                    found.extend(only(row, &is_code).map(|referent| (code_name, referent)));
                    found.extend(only(row, &is_globals).map(|referent| (globals_name, referent)));
                }
            }
            if found.is_empty() {
                continue;
            }
            if is_module {
                dictionaries_of_modules.extend(found.iter().map(|(_, referent)| *referent));
            }
            for (at, (_, referent)) in found.iter().enumerate() {
                if let Some(other) = row[at..].iter().position(|other| other == referent) {
                    row.swap(at, at + other);
                }
            }
            let names = slots.names.iter().copied().chain(found.iter().map(|(name, _)| *name)).collect();
            let slots = Slots { names, unnamed: slots.unnamed - found.len() as u32, ..slots.clone() };
            objects.shape[index] = shapes.number(slots);
        }
    }
    let tallies = shapes.all.len().max(snapshot.tallies.len());
    snapshot.tallies.resize(tallies, crate::snapshot::ShapeTally::default());
}

/// Takes the dictionary in which the most modules are for `sys.modules`, and its entries for the modules of the program. Without
/// one, every module stands for itself. Linear.
pub(super) fn find_roots(
    snapshot: &mut Snapshot,
    shapes: &Shapes,
    modules: &[(u64, String, Option<String>)],
    dict: Option<u64>,
) {
    let files: HashMap<u64, Option<&String>> =
        modules.iter().map(|(address, _, file)| (*address, file.as_ref())).collect();
    let objects = &snapshot.objects;
    let mut best: Option<(usize, usize, &[u64])> = None;
    let mut first = 0;
    for index in 0..objects.address.len() {
        let row = &objects.referent[first..first + objects.reference_count[index] as usize];
        first += row.len();
        let slots = &shapes.all[objects.shape[index] as usize];
        if slots.rest != Rest::Mapping || dict.is_none() {
            continue;
        }
        let content = &row[slots.names.len() + slots.unnamed as usize..];
        let count = content.chunks_exact(2).filter(|entry| files.contains_key(&entry[1])).count();
        if count * 4 > content.len() && best.is_none_or(|(most, ..)| count > most) {
            best = Some((count, index, content));
        }
    }
    let root = |kind: &str, name: &str, address: u64, file: Option<&String>| RootRecord {
        kind: kind.into(),
        name: name.into(),
        address: WireAddress::at(address),
        file: file.map(|file| Text(file.clone())),
    };
    let mut roots = Vec::new();
    match best {
        Some((_, index, content)) => {
            let keys: HashSet<u64> = content.chunks_exact(2).map(|entry| entry[0]).collect();
            let names: HashMap<u64, &str> = snapshot
                .texts
                .iter()
                .filter(|known| keys.contains(&known.address))
                .map(|known| (known.address, known.text))
                .collect();
            roots.push(root("interpreter", "sys.modules", objects.address[index], None));
            for entry in content.chunks_exact(2) {
                if let (Some(name), Some(file)) = (names.get(&entry[0]), files.get(&entry[1])) {
                    roots.push(root("module", name, entry[1], *file));
                }
            }
        }
        None => roots
            .extend(modules.iter().map(|(address, name, _)| root("other", &format!("module {name}"), *address, None))),
    }
    snapshot.roots = roots;
}
