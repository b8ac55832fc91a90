//! What only all objects of a `.pyheap` file together tell: which referent is a dictionary of attributes, an order of classes,
//! and which dictionary is `sys.modules`.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::snapshot::{Objects, RootRecord, Snapshot, Text, WireAddress};

use super::shapes::{Rest, Shapes, Slots};

/// The object at each address.
pub(super) struct Places {
    /// Ascending by address: address, address of the type, index.
    objects: Vec<(u64, u64, u32)>,
    /// Where the row of each object begins, and the last one ends.
    first: Vec<u32>,
}

impl Places {
    pub fn of(objects: &Objects, shapes: &Shapes, types: &[u64]) -> Places {
        let type_of = |shape: u32| types[shapes.all[shape as usize].type_index as usize];
        let all = objects.address.iter().zip(&objects.shape).zip(0..);
        let mut all: Vec<_> = all.map(|((&address, &shape), index)| (address, type_of(shape), index)).collect();
        all.sort_unstable();
        let mut first = vec![0];
        let mut sum = 0;
        first.extend(objects.reference_count.iter().map(|count| {
            sum += count;
            sum
        }));
        Places { objects: all, first }
    }

    fn find(&self, address: u64) -> Option<&(u64, u64, u32)> {
        let found = self.objects.binary_search_by_key(&address, |entry| entry.0).ok()?;
        Some(&self.objects[found])
    }

    /// The address of the type of an object; `None` when it is not in the file.
    pub fn type_of(&self, address: u64) -> Option<u64> {
        self.find(address).map(|entry| entry.1)
    }

    /// What an object refers to.
    fn row<'o>(&self, objects: &'o Objects, address: u64) -> impl Iterator<Item = u64> + use<'o> {
        let ends = self.find(address).map(|&(_, _, index)| &self.first[index as usize..index as usize + 2]);
        let row = ends.map_or(0..0, |ends| ends[0] as usize..ends[1] as usize);
        objects.referent.range(row)
    }
}

/// Names what can be one object alone among the referents without a name: `__dict__` of modules, classes, and instances without slots, `__globals__`
/// and `__code__` of functions, `__mro__`, `__bases__` and `__base__` of classes. Near-linear.
pub(super) fn name_what_is_certain(
    snapshot: &mut Snapshot,
    shapes: &mut Shapes,
    places: &Places,
    [dict, tuple]: [u64; 2],
    classes: &HashMap<u64, u64>,
) {
    let type_named = |name: &str| {
        let found = snapshot.types.iter().position(|of| &*of.name == name && matches!(&*of.module, "" | "builtins"));
        found.map(|at| at as u32)
    };
    let (module, function) = (type_named("module"), type_named("function"));
    let code = type_named("code").and_then(|code| Some(snapshot.types[code as usize].address?.absolute().0));
    let of_type = |referent: u64, of: u64| places.type_of(referent) == Some(of);
    let mut dictionaries_of_modules = HashSet::new();
    let mut bases: HashMap<u64, u64> = HashMap::new();
    // Modules first: what is a module's dictionary, functions have for their globals.
    for of_modules in [true, false] {
        for index in 0..snapshot.objects.address.len() {
            let objects = &snapshot.objects;
            let (address, shape) = (objects.address[index], objects.shape[index]);
            let slots = &shapes.all[shape as usize];
            let is_module = Some(slots.type_index) == module;
            if slots.unnamed == 0 || is_module != of_modules {
                continue;
            }
            let start = places.first[index] as usize + slots.names.len();
            let end = start + slots.unnamed as usize;
            let found = {
                let row = objects.referent.range(start..end);
                let only = |fits: &dyn Fn(u64) -> bool| {
                    let mut found = row.clone().filter(|&referent| fits(referent));
                    found.next().filter(|_| found.next().is_none())
                };
                let only_dict = || only(&|referent| of_type(referent, dict));
                let mut found: Vec<(&str, Option<u64>)> = Vec::new();
                if Some(slots.type_index) == function {
                    found.push(("__code__", only(&|referent| code.is_some_and(|code| of_type(referent, code)))));
                    found.push(("__globals__", only(&|referent| dictionaries_of_modules.contains(&referent))));
                } else if classes.contains_key(&address) {
                    let begins_itself = |referent: u64| {
                        of_type(referent, tuple) && places.row(objects, referent).next() == Some(address)
                    };
                    let order = only(&begins_itself);
                    let all = order.and_then(|order| only(&|referent| of_type(referent, tuple) && referent != order));
                    let is_base =
                        |referent: u64| all.is_some_and(|all| places.row(objects, all).any(|base| base == referent));
                    let base = only(&is_base);
                    bases.extend(base.map(|base| (address, base)));
                    found.extend([
                        ("__dict__", only_dict()),
                        ("__mro__", order),
                        ("__bases__", all),
                        ("__base__", base),
                    ]);
                } else if is_module || slots.has_dict {
                    found.push(("__dict__", only_dict()));
                    if is_module {
                        dictionaries_of_modules.extend(only_dict());
                    }
                }
                found
            };
            let found: Vec<(u32, u64)> =
                found.into_iter().filter_map(|(name, referent)| Some((shapes.name(name), referent?))).collect();
            if found.is_empty() {
                continue;
            }
            let slots = &shapes.all[shape as usize];
            let names = slots.names.iter().copied().chain(found.iter().map(|(name, _)| *name)).collect();
            let slots = Slots { names, unnamed: slots.unnamed - found.len() as u32, ..slots.clone() };
            snapshot.objects.shape[index] = shapes.number(slots);
            let referents = &mut snapshot.objects.referent;
            for (at, (_, referent)) in (start..).zip(&found) {
                let other = referents.range(at..end).position(|other| other == *referent);
                if let Some(other) = other {
                    referents.swap(at, at + other);
                }
            }
        }
    }
    let index_of: HashMap<u64, u32> =
        snapshot.types.iter().zip(0..).filter_map(|(of, index)| Some((of.address?.absolute().0, index))).collect();
    for of in &mut snapshot.types {
        let base = of.address.and_then(|address| bases.get(&address.absolute().0));
        of.base = base.and_then(|base| index_of.get(base).copied());
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
    let entries = |content: Range<usize>| {
        let keys = content.start..content.start + content.len() / 2 * 2;
        keys.step_by(2).map(|key| (objects.referent.get(key), objects.referent.get(key + 1)))
    };
    let mut best: Option<(usize, usize, Range<usize>)> = None;
    let mut first = 0;
    for index in 0..objects.address.len() {
        let row = first..first + objects.reference_count[index] as usize;
        first = row.end;
        let slots = &shapes.all[objects.shape[index] as usize];
        if slots.rest != Rest::Mapping || dict.is_none() {
            continue;
        }
        let content = row.start + slots.names.len() + slots.unnamed as usize..row.end;
        let count = entries(content.clone()).filter(|(_, value)| files.contains_key(value)).count();
        if count * 4 > content.len() && best.as_ref().is_none_or(|(most, ..)| count > *most) {
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
            let keys: HashSet<u64> = entries(content.clone()).map(|(key, _)| key).collect();
            let names: HashMap<u64, &str> = snapshot
                .texts
                .iter()
                .filter(|known| keys.contains(&known.address))
                .map(|known| (known.address, known.text))
                .collect();
            roots.push(root("interpreter", "sys.modules", objects.address[index], None));
            for (key, value) in entries(content) {
                if let (Some(name), Some(file)) = (names.get(&key), files.get(&value)) {
                    roots.push(root("module", name, value, *file));
                }
            }
        }
        None => roots
            .extend(modules.iter().map(|(address, name, _)| root("other", &format!("module {name}"), *address, None))),
    }
    snapshot.roots = roots;
}
