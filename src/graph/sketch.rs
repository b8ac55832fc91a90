//! Small graphs drawn in code, for tests, benches and examples.

use std::collections::HashMap;

use crate::snapshot::{
    Allocations, CodeLine, FunctionLines, RootRecord, Segment, ShapeRecord, ShapeTally, Snapshot, Text, TypeRecord,
    UNKNOWN_TRACEBACK, WireAddress,
};

use super::{HeapGraph, Object};

/// A heap being drawn: objects get names instead of addresses.
///
/// ```
/// use heapgraph::graph::Sketch;
///
/// let mut sketch = Sketch::new();
/// sketch.object("cache", "dict", 64);
/// sketch.object("user", "app.User", 48);
/// sketch.refer("cache", "['u1']", "user");
/// sketch.module_root("cache");
/// let heap = sketch.build();
/// assert_eq!(heap.graph.referrers(heap.get("user")).count(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Sketch {
    objects: Vec<Drawn>,
    places: HashMap<String, usize>,
    roots: Vec<(String, String, String)>,
    classes: Vec<(String, String)>,
    allocations: Allocations,
    made: HashMap<String, u32>,
}

#[derive(Debug)]
struct Drawn {
    address: u64,
    type_name: String,
    size: u64,
    /// `None`: as many as references were drawn.
    refcount: Option<i64>,
    references: Vec<(String, String)>,
    /// How many references come before the elements, and what names the elements.
    elements: Option<(usize, Segment)>,
    text: Option<String>,
}

/// A drawn heap as a graph that knows the names.
#[derive(Debug)]
pub struct DrawnHeap {
    /// The graph.
    pub graph: HeapGraph,
    places: HashMap<String, u64>,
}

impl DrawnHeap {
    /// The object of this name.
    ///
    /// # Panics
    /// When nothing of that name was drawn.
    pub fn get(&self, name: &str) -> Object {
        let address = self.places.get(name).unwrap_or_else(|| panic!("nothing called {name} was drawn"));
        self.graph.object_at(crate::units::Address(*address)).expect("every drawn object is in the graph")
    }

    /// The name of an object.
    pub fn name(&self, object: Object) -> &str {
        let address = self.graph.address(object).0;
        self.places.iter().find(|(_, other)| **other == address).map(|(name, _)| name.as_str()).expect("drawn")
    }
}

impl Sketch {
    /// An empty drawing.
    pub fn new() -> Self {
        Sketch::default()
    }

    /// Draws an object; its address is 0x1000 and 16 for each object before it. `type_name` is a full name such as `app.User`.
    pub fn object(&mut self, name: &str, type_name: &str, size: u64) -> &mut Self {
        let address = 0x1000 + 16 * self.objects.len() as u64;
        self.object_at(name, type_name, size, address)
    }

    /// Draws an object at an address of your choice.
    pub fn object_at(&mut self, name: &str, type_name: &str, size: u64, address: u64) -> &mut Self {
        self.places.insert(name.to_owned(), self.objects.len());
        self.objects.push(Drawn {
            address,
            type_name: type_name.to_owned(),
            size,
            refcount: None,
            references: Vec::new(),
            elements: None,
            text: None,
        });
        self
    }

    /// Draws a reference, in a slot written as in FORMAT.md (`.x`, `['k']`, `~()` for a weak one).
    ///
    /// # Panics
    /// When the referrer was not drawn. A referent that is never drawn makes a dangling reference.
    pub fn refer(&mut self, referrer: &str, slot: &str, referent: &str) -> &mut Self {
        self.drawn(referrer).references.push((slot.to_owned(), referent.to_owned()));
        self
    }

    /// Makes the references drawn from here on elements, named by a segment that takes all that are left:
    /// [`Segment::Sequence`], [`Segment::Mapping`] (keys and values in turn), [`Segment::Set`]. Their slots in
    /// [`Sketch::refer`] are ignored.
    pub fn elements(&mut self, name: &str, segment: Segment) -> &mut Self {
        let drawn = self.drawn(name);
        drawn.elements = Some((drawn.references.len(), segment));
        self
    }

    /// Makes the object the class of all objects of type `type_name`.
    pub fn class(&mut self, type_name: &str, name: &str) -> &mut Self {
        self.classes.push((type_name.to_owned(), name.to_owned()));
        self
    }

    /// Sets the reference count (−1 immortal, −2 unknown); without it, it is the number of references drawn.
    pub fn refcount(&mut self, name: &str, count: i64) -> &mut Self {
        self.drawn(name).refcount = Some(count);
        self
    }

    /// Gives the object a text: contents of a str, a literal, a function's name.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.drawn(name).text = Some(text.to_owned());
        self
    }

    /// Says which line made the object, and which lines called it: from then on the drawing is of a process that traces.
    pub fn made(&mut self, name: &str, frames: &[(&str, u32)]) -> &mut Self {
        let frames: Vec<CodeLine> =
            frames.iter().map(|&(file, line)| CodeLine { file: self.file(file), line }).collect();
        let known = self.allocations.tracebacks().position(|other| other == frames);
        let traceback = known.unwrap_or_else(|| {
            self.allocations.push(frames);
            self.allocations.len() - 1
        });
        self.made.insert(name.to_owned(), traceback as u32);
        self
    }

    /// Says which lines of a file are a function's: where it begins, where its body does, and the last one.
    pub fn function(&mut self, file: &str, [first, body, last]: [u32; 3], name: &str) -> &mut Self {
        let file = self.file(file);
        self.allocations.functions.push(FunctionLines { file, first, body, last, name: name.into() });
        self
    }

    fn file(&mut self, name: &str) -> u32 {
        let files = &mut self.allocations.files;
        let known = files.iter().position(|file| &**file == name);
        known.unwrap_or_else(|| {
            files.push(name.into());
            files.len() - 1
        }) as u32
    }

    /// Makes the object a module root of the same name.
    pub fn module_root(&mut self, name: &str) -> &mut Self {
        self.root("module", name, name)
    }

    /// Makes the object a root of this kind and name.
    pub fn root(&mut self, kind: &str, root_name: &str, name: &str) -> &mut Self {
        self.roots.push((kind.to_owned(), root_name.to_owned(), name.to_owned()));
        self
    }

    fn drawn(&mut self, name: &str) -> &mut Drawn {
        let place = *self.places.get(name).unwrap_or_else(|| panic!("nothing called {name} was drawn"));
        &mut self.objects[place]
    }

    /// The graph of the drawing.
    pub fn build(&self) -> DrawnHeap {
        let places = self.places.iter().map(|(name, &place)| (name.clone(), self.objects[place].address)).collect();
        DrawnHeap { graph: HeapGraph::build(self.snapshot()), places }
    }

    /// The drawing as a snapshot, objects in the order they were drawn.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let address_of = |name: &str| match self.places.get(name) {
            Some(&place) => self.objects[place].address,
            None => 0xDEAD_0000,
        };
        let mut held: HashMap<u64, i64> = HashMap::new();
        for referent in self.objects.iter().flat_map(|drawn| &drawn.references) {
            if !referent.0.starts_with('~') {
                *held.entry(address_of(&referent.1)).or_default() += 1;
            }
        }
        for drawn in &self.objects {
            let (module, name) = drawn.type_name.rsplit_once('.').unwrap_or(("builtins", &drawn.type_name));
            let known = snapshot.types.iter().position(|of| &*of.module == module && &*of.name == name);
            let type_index = known.unwrap_or_else(|| {
                let record = TypeRecord { module: module.into(), name: name.into(), ..TypeRecord::default() };
                snapshot.types.push(record);
                snapshot.types.len() - 1
            }) as u32;
            let (fixed, elements) = match &drawn.elements {
                Some((fixed, segment)) => (*fixed, Some(segment.clone())),
                None => (drawn.references.len(), None),
            };
            let names = drawn.references[..fixed].iter().map(|(slot, _)| slot.as_str().into()).collect();
            let slots = [Segment::Fields(names)].into_iter().chain(elements).collect();
            let shape = ShapeRecord { type_index, slots };
            let known = snapshot.shapes.iter().position(|other| *other == shape);
            let shape_index = known.unwrap_or_else(|| {
                snapshot.shapes.push(shape);
                snapshot.shapes.len() - 1
            });
            let objects = &mut snapshot.objects;
            objects.address.push(drawn.address);
            objects.shape.push(shape_index as u32);
            objects.size.push(drawn.size);
            let refcount = drawn.refcount.unwrap_or(held.get(&drawn.address).copied().unwrap_or(0));
            assert!(objects.refcount.push(refcount), "{refcount} is no reference count");
            snapshot.tallies.resize(snapshot.shapes.len(), ShapeTally::default());
            let tally = &mut snapshot.tallies[shape_index];
            tally.objects += 1;
            tally.shallow_bytes += drawn.size;
            objects.reference_count.push(drawn.references.len() as u32);
            objects.referent.extend(drawn.references.iter().map(|(_, referent)| address_of(referent)));
            if let Some(text) = &drawn.text {
                snapshot.texts.push(drawn.address, text, text.chars().count() as u64);
            }
        }
        if !self.made.is_empty() {
            snapshot.header.tracing.frames = Some(1);
            snapshot.allocations = self.allocations.clone();
            snapshot.allocation_tallies.resize(self.allocations.len(), ShapeTally::default());
            snapshot.objects.allocated_at.resize(self.objects.len(), UNKNOWN_TRACEBACK);
            for (name, &traceback) in &self.made {
                let place = self.places[name];
                snapshot.objects.allocated_at[place] = traceback;
                let tally = &mut snapshot.allocation_tallies[traceback as usize];
                tally.objects += 1;
                tally.shallow_bytes += self.objects[place].size;
            }
        }
        for (type_name, class) in &self.classes {
            let (module, name) = type_name.rsplit_once('.').unwrap_or(("builtins", type_name));
            let address = Some(WireAddress::at(address_of(class)));
            match snapshot.types.iter_mut().find(|of| &*of.module == module && &*of.name == name) {
                Some(record) => record.address = address,
                None => snapshot.types.push(TypeRecord {
                    address,
                    module: module.into(),
                    name: name.into(),
                    ..TypeRecord::default()
                }),
            }
        }
        snapshot.roots = self
            .roots
            .iter()
            .map(|(kind, root_name, name)| RootRecord {
                kind: Text(kind.clone()),
                name: Text(root_name.clone()),
                address: WireAddress::at(address_of(name)),
                file: None,
            })
            .collect();
        snapshot.end.objects = snapshot.objects.address.len() as u64;
        snapshot.end.references = snapshot.objects.referent.len() as u64;
        snapshot
    }
}
