//! Which number an object has in each file of a series.

use std::io;

use crate::analysis::since::Earlier;
use crate::graph::HeapGraph;

use super::{FIRST_NUMBER, Ids};

/// The objects of the heap before, and their numbers.
#[derive(Debug, Default)]
pub(super) struct Identity {
    before: Option<(Earlier, Vec<u32>)>,
    /// No object has had this number, nor any larger one.
    next: u32,
}

impl Identity {
    /// The numbers of the objects of the next heap, and how many of them are new; `None` of the first.
    pub fn of(&mut self, graph: &HeapGraph, is_last: bool) -> io::Result<(Ids, Option<u64>)> {
        let count = graph.object_count() as u32;
        let Some((earlier, before)) = self.before.take() else {
            self.reserve(count)?;
            if !is_last {
                self.before = Some((Earlier::of(graph), (0..count).collect()));
            }
            return Ok((Ids { numbers: Vec::new() }, None));
        };
        let known = if earlier.is_of_one_process_with(graph) { earlier.same_objects(graph) } else { Vec::new() };
        drop(earlier);
        let mut numbers = Vec::with_capacity(count as usize);
        let mut new = 0;
        for index in 0..count as usize {
            numbers.push(match known.get(index).copied().flatten() {
                Some(at) => before[at as usize],
                None => {
                    new += 1;
                    self.reserve(1)?
                }
            });
        }
        if !is_last {
            self.before = Some((Earlier::of(graph), numbers.clone()));
        }
        Ok((Ids { numbers }, Some(new)))
    }

    /// The first of so many numbers that nobody has.
    fn reserve(&mut self, count: u32) -> io::Result<u32> {
        let first = self.next;
        let end = first.checked_add(count).filter(|end| *end < u32::MAX / 2 - FIRST_NUMBER);
        self.next = end.ok_or_else(|| {
            io::Error::other(
                "expected at most 2,147,483,583 objects in all files together, found more: export fewer snapshots",
            )
        })?;
        Ok(first)
    }
}
