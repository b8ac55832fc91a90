//! From a [`Snapshot`] to a [`HeapGraph`].

use std::sync::OnceLock;

use crate::sections::{IndexColumn, RowStarts};
use crate::snapshot::{Snapshot, Texts};
use crate::units::Address;

use super::given_names::{self, GivenNames};
use super::lookup::AddressIndex;
use super::slot::Shape;
use super::{Anomalies, DANGLING, HeapGraph, Object, Referrers, TextSpan, Type, TypeId, roots};

impl HeapGraph {
    /// Builds the graph of a snapshot that was read with [`Wanted::References`](crate::snapshot::Wanted).
    ///
    /// Objects are numbered by ascending address, whatever their order in the file; where an address occurs twice, the
    /// first object counts. Linear in objects and references;
    /// while it is being built, about 15 bytes per object and 4 per reference come on top of the graph.
    ///
    /// # Panics
    /// When the snapshot was read without its references, or its tables do not fit together
    /// ([`Snapshot::read`] refuses such files).
    pub fn build(snapshot: Snapshot) -> HeapGraph {
        let Snapshot {
            header,
            objects,
            types,
            shapes,
            texts,
            external,
            allocations,
            roots,
            mut threads,
            own,
            end,
            oddities,
            ..
        } = snapshot;
        assert_eq!(objects.reference_count.len(), objects.address.len(), "a graph needs the references");

        // Each column is dropped as soon as its sorted twin stands: this is where memory is highest.
        let listed = objects.address.len();
        let (addresses, finder, order) = AddressIndex::of(&objects.address);
        drop(objects.address);
        let count = order.len();
        let duplicate_objects = (listed - count) as u64;
        let in_order = || order.iter().map(|&file_index| file_index as usize);
        let mut shape: Vec<u32> = in_order().map(|index| objects.shape[index]).collect();
        drop(objects.shape);
        let size = objects.size.in_order(in_order());
        drop(objects.size);
        let refcount = objects.refcount.in_order(in_order());
        drop(objects.refcount);
        let mut mark: Vec<u8> = Vec::new();
        if !objects.mark.is_empty() {
            mark.extend(in_order().map(|index| objects.mark.get(index).copied().unwrap_or(0)));
        }
        drop(objects.mark);
        let traced = if objects.allocated_at.is_empty() { &[][..] } else { &order[..] };
        let allocated_at = traced.iter().map(|&index| objects.allocated_at[index as usize]).collect();
        drop(objects.allocated_at);

        // Where each object's row begins in the file, and the last one ends.
        let mut first_in_file = objects.reference_count;
        let mut sum = 0_u32;
        for place in &mut first_in_file {
            sum += std::mem::replace(place, sum);
        }
        first_in_file.push(sum);
        let mut first_reference = Vec::with_capacity(count + 1);
        let mut referent = Vec::with_capacity(objects.referent.len());
        let mut dangling_references = 0;
        let is_own = |address: u64| own.binary_search_by_key(&address, |own| own.absolute().0).is_ok();
        // What the tool has read from outside it has named itself; of other tools' dumps more is without a name than the rules know.
        let by_types = !matches!(header.dumper.name.as_deref(), Some("heapgraph" | "pyheap"));
        let mut names = GivenNames::new(shapes, &types, by_types);
        let mut own_positions = Vec::new();
        let pages = finder.known_pages(&objects.referent);
        for (object, index) in in_order().enumerate() {
            let start = referent.len();
            first_reference.push(start as u32);
            let row = first_in_file[index] as usize..first_in_file[index + 1] as usize;
            for at in row.clone() {
                referent.push(match finder.find_entry(&addresses, &objects.referent, &pages, at) {
                    Some(object) => object.0,
                    None => {
                        if !own.is_empty() && is_own(objects.referent.get(at)) {
                            own_positions.push(at - row.start);
                        } else {
                            dangling_references += 1;
                        }
                        DANGLING
                    }
                });
            }
            if !own_positions.is_empty() {
                shape[object] = names.without(shape[object], row.len(), &mut own_positions);
                let mut position = 0..row.len();
                let kept = referent.split_off(start).into_iter();
                referent.extend(
                    kept.filter(|_| position.next().is_some_and(|at| own_positions.binary_search(&at).is_err())),
                );
                own_positions.clear();
            }
        }
        first_reference.push(referent.len() as u32);
        // The objects of the dumper's own are nobody's local variables either.
        for frame in threads.iter_mut().flat_map(|thread| &mut thread.frames) {
            frame.locals.retain(|local| own.is_empty() || !is_own(local.address.absolute().0));
        }
        for object in 0..count {
            if names.has_rules(shape[object]) {
                let row = &referent[first_reference[object] as usize..first_reference[object + 1] as usize];
                let kinds = row.iter().map(|&at| (at != DANGLING).then(|| names.type_of(shape[at as usize])));
                let kinds: Vec<Option<u32>> = kinds.take(given_names::MOST_SLOTS).collect();
                shape[object] = names.named(shape[object], &kinds);
            }
        }
        let shapes = names.shapes;
        drop((order, first_in_file, objects.referent));

        let types: Vec<Type> = types
            .into_iter()
            .map(|record| Type {
                module: record.module.0,
                name: record.name.0,
                object: record.address.and_then(|address| addresses.find(address.absolute().0)),
                base: record.base.map(TypeId),
                flags: record.flags,
            })
            .collect();
        let find = |address: Address| addresses.find(address.0);
        let (roots, dangling_roots) = roots::resolve(&roots, &threads, find);
        let (texts, text_arena, duplicate_texts) = sort_texts(&texts, |address| finder.find(&addresses, address.0));
        drop(finder);
        let mut external: Vec<(Object, u64)> =
            external.iter().filter_map(|&(address, bytes)| Some((find(Address(address))?, bytes))).collect();
        external.sort_unstable();
        external.dedup_by_key(|entry| entry.0);
        let mut anomalies = Anomalies { file: oddities, dangling_references, dangling_roots };
        anomalies.file.duplicate_texts += duplicate_texts;
        anomalies.file.duplicate_objects += duplicate_objects;
        let mut graph = HeapGraph {
            header,
            end,
            threads,
            anomalies,
            types,
            roots,
            shapes: shapes.into_iter().map(Shape::new).collect(),
            addresses,
            shape: IndexColumn::Wide(shape.into()),
            size,
            refcount,
            mark: mark.into(),
            first_reference: first_reference.into(),
            referent: referent.into(),
            referrers: OnceLock::new(),
            texts: texts.into(),
            text_arena: text_arena.into_bytes().into(),
            external,
            allocations,
            allocated_at,
            index: None,
        };
        graph.name_context_variables();
        graph.shape = graph.shape.narrowed();
        graph
    }
}

/// Turns references around: for each object its referrers, ascending. Counting sort, linear.
pub(super) fn transpose(count: usize, rows: &RowStarts, referent: &[u32]) -> Referrers {
    let mut first_referrer = vec![0_u32; count + 1];
    for &object in referent.iter().filter(|&&object| object != DANGLING) {
        first_referrer[object as usize + 1] += 1;
    }
    for index in 0..count {
        first_referrer[index + 1] += first_referrer[index];
    }
    // `first_referrer[i]` is used as the place for the next referrer of `i`, then moved back by one row.
    let mut referrer = vec![0_u32; first_referrer[count] as usize];
    for holder in 0..count {
        let row = rows.row(holder);
        for &object in &referent[row.start as usize..row.end as usize] {
            if object != DANGLING {
                let place = &mut first_referrer[object as usize];
                referrer[*place as usize] = holder as u32;
                *place += 1;
            }
        }
    }
    first_referrer.copy_within(0..count, 1);
    first_referrer[0] = 0;
    Referrers { first: first_referrer.into(), referrer: referrer.into() }
}

/// Texts by object, end to end; the first text of an object in the file counts. Returns also how many did not.
fn sort_texts(texts: &Texts, mut find: impl FnMut(Address) -> Option<Object>) -> (Vec<TextSpan>, String, u64) {
    let mut arena = String::new();
    let mut spans = Vec::with_capacity(texts.len());
    for known in texts.iter() {
        // An arena of over 4 GiB of names can't come from our dumper; what is beyond stays unknown.
        let end = arena.len() + known.text.len();
        let (Some(object), Ok(end)) = (find(Address(known.address)), u32::try_from(end)) else { continue };
        let start = arena.len() as u32;
        arena.push_str(known.text);
        let whole_length = u32::try_from(known.whole_length).unwrap_or(u32::MAX);
        spans.push(TextSpan { object: object.0, start, end, whole_length });
    }
    spans.sort_by_key(|span| span.object);
    let before = spans.len();
    spans.dedup_by_key(|span| span.object);
    let duplicates = (before - spans.len()) as u64;
    (spans, arena, duplicates)
}
