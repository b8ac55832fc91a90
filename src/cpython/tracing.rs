//! Where objects were made: the table of `tracemalloc`, when the process has it on.

use std::collections::HashMap;

use super::TextLevel;
use super::layout::ABSENT;
use super::lines;
use super::python::{AddressMap, END_OF_MEMORY, Python, flag};
use super::walk::Walk;
use crate::memory::elf::Images;
use crate::memory::interpreter_image::variables;
use crate::snapshot::{CodeLine, FunctionLines, Text, UNKNOWN_TRACEBACK};

/// Tracebacks are never longer.
const MOST_FRAMES: u64 = 1 << 16;
/// So many entries of a table are looked at before it is believed to be that of blocks.
const PROBED_ENTRIES: usize = 16;
/// Buckets that are looked at for them.
const PROBED_BUCKETS: u64 = 1 << 12;
/// So many code objects inside one another are looked at for their lines.
const MOST_CODES: usize = 10_000;
const PROBLEM: &str = "table of tracemalloc";

/// What is known of allocations while a heap is walked. Empty when they are not traced.
#[derive(Debug, Default)]
pub(super) struct Tracing {
    is_on: bool,
    /// How many frames a traceback has at most.
    frames: u64,
    /// Blocks and their tracebacks, by ascending address.
    blocks: Vec<(u64, u64)>,
    /// What each traceback is in the snapshot; [`UNKNOWN_TRACEBACK`] for one that makes no sense.
    tracebacks: AddressMap<u32>,
    files: HashMap<Box<str>, u32>,
}

impl Walk<'_> {
    /// Reads whether allocations are traced, and the table of all blocks. Linear in it; 16 bytes for each.
    pub(super) fn read_tracing(&mut self, runtime: u64) {
        let at = self.python.at;
        let is_in_runtime = at.runtime.traces != ABSENT;
        let (is_tracing, frames) = if is_in_runtime {
            (self.python.int(runtime, at.runtime.is_tracing), self.python.int(runtime, at.runtime.traced_frames))
        } else if at.tracing.is_tracing != ABSENT {
            let space = self.python.image.space();
            let images = Images::of(space);
            let variable = images.holding(runtime).and_then(|image| image.symbol(space, "_Py_tracemalloc_config"));
            let Some(variable) = variable else { return };
            let address = variable.address;
            (self.python.int(address, at.tracing.is_tracing), self.python.int(address, at.tracing.frames))
        } else {
            return;
        };
        let frames = frames.and_then(|frames| u64::try_from(frames).ok()).unwrap_or(0);
        if is_tracing != Some(1) || !(1..MOST_FRAMES).contains(&frames) {
            return;
        }
        self.tracing.is_on = true;
        self.tracing.frames = frames;
        self.snapshot.header.tracing.frames = Some(frames);
        self.snapshot.header.tracing.misses_instances = Some(false);
        let table =
            if is_in_runtime { self.python.pointer(runtime, at.runtime.traces) } else { self.find_traces(runtime) };
        match table {
            Some(table) => self.read_traces(table),
            None => self.count_error("could not find it, so that nobody knows where objects were made", PROBLEM),
        }
    }

    /// The table, where it is a variable of its own: by its symbol, or in a build without symbols by its looks.
    fn find_traces(&mut self, runtime: u64) -> Option<u64> {
        let space = self.python.image.space();
        let images = Images::of(space);
        let image = images.holding(runtime)?;
        if let Some(symbol) = image.symbol(space, "tracemalloc_traces")
            && let Some(table) = self.python.pointer(symbol.address, 0)
            && self.is_table_of_blocks(table)
        {
            return Some(table);
        }
        let mut words = Vec::new();
        for (start, end) in variables(space, image) {
            self.python.image.words(start.next_multiple_of(8), ((end - start) / 8) as usize, &mut words);
            let candidates: Vec<u64> =
                words.iter().copied().filter(|&word| is_address(word) && !image.spans(word)).collect();
            if let Some(table) = candidates.into_iter().find(|&table| self.is_table_of_blocks(table)) {
                return Some(table);
            }
        }
        None
    }

    /// Number of buckets and of entries, and where the buckets are; `None` for what can't be such a table.
    fn buckets(&mut self, table: u64) -> Option<(u64, u64, u64)> {
        let at = &self.python.at.traces;
        let count = self.python.field(table, at.bucket_count)?;
        let entries = self.python.field(table, at.entries)?;
        let buckets = self.python.pointer(table, at.buckets).filter(|&buckets| is_address(buckets))?;
        let most = self.most_references as u64;
        (count.is_power_of_two() && count >= 16 && count < most && entries < most && entries <= 2 * count)
            .then_some((count, entries, buckets))
    }

    /// Whether its entries are blocks with tracebacks: hashes are those of addresses, and each traceback begins with a file.
    fn is_table_of_blocks(&mut self, table: u64) -> bool {
        let Some((count, entries, buckets)) = self.buckets(table) else { return false };
        let mut seen = 0;
        for bucket in 0..count.min(PROBED_BUCKETS) {
            let Some(first) = self.python.pointer(buckets + 8 * bucket, 0) else { continue };
            let at = &self.python.at.traces_entry;
            let Some((hash, key)) = self.python.field(first, at.hash).zip(self.python.field(first, at.key)) else {
                return false;
            };
            let Some(traceback) = self.traceback_of(table, first) else { return false };
            if hash & (count - 1) != bucket
                || hash != key.rotate_right(4) && self.domain_of(table, first) == Some(0)
                || self.frames_of(traceback).is_none()
            {
                return false;
            }
            seen += 1;
            if seen == PROBED_ENTRIES {
                return true;
            }
        }
        seen > 0 && seen as u64 <= entries
    }

    /// The domain of an entry, 0 for Python's own blocks; `None` when it can't be read.
    fn domain_of(&mut self, table: u64, entry: u64) -> Option<u32> {
        let (at, key) = (&self.python.at.traces, self.python.at.traces_entry.key);
        if at.key_size == ABSENT || self.python.field(table, at.key_size)? <= 8 {
            return Some(0);
        }
        self.python.int(entry, key + 8).map(i32::cast_unsigned)
    }

    /// The address of an entry's traceback.
    fn traceback_of(&mut self, table: u64, entry: u64) -> Option<u64> {
        let at = self.python.at;
        let trace = if at.traces_entry.value == ABSENT {
            let key_size = self.python.field(table, at.traces.key_size).filter(|size| (8..=32).contains(size))?;
            entry + u64::from(at.traces_entry.key) + key_size
        } else {
            self.python.pointer(entry, at.traces_entry.value)?
        };
        self.python.pointer(trace, at.trace.traceback)
    }

    /// Reads all entries. Chains are cut where there are more than the table says.
    fn read_traces(&mut self, table: u64) {
        let Some((count, entries, buckets)) = self.buckets(table) else {
            return self.count_error("is torn, so that nobody knows where objects were made", PROBLEM);
        };
        let mut words = Vec::new();
        let is_whole = self.python.image.words(buckets, count as usize, &mut words);
        let (mut read, mut torn) = (0, u64::from(!is_whole));
        for first in words {
            let mut place = first;
            while place != 0 && read < entries {
                let at = &self.python.at.traces_entry;
                let next = self.python.field(place, at.next);
                let key = self.python.field(place, at.key);
                let (Some(next), Some(block), true) = (next, key, is_address(place)) else {
                    torn += 1;
                    break;
                };
                read += 1;
                match (self.domain_of(table, place), self.traceback_of(table, place)) {
                    (Some(0), Some(traceback)) => self.tracing.blocks.push((block, traceback)),
                    (Some(_), Some(_)) => {}
                    _ => torn += 1,
                }
                place = next;
            }
        }
        if torn > 0 || read < entries {
            self.count_error("changed while it was read: of some objects nobody knows where they were made", PROBLEM);
        }
        self.tracing.blocks.sort_unstable();
        self.tracing.blocks.shrink_to_fit();
    }

    /// Files and lines of a traceback, the innermost first; `None` when it makes no sense.
    fn frames_of(&mut self, traceback: u64) -> Option<Vec<(u64, u32)>> {
        let at = self.python.at.trace_frames.clone();
        let count = self.python.int(traceback, at.frame_count)?.cast_unsigned();
        let count = if self.python.minor > 8 { count & 0xffff } else { count };
        if count == 0 || u64::from(count) >= MOST_FRAMES {
            return None;
        }
        let mut bytes = Vec::new();
        let size = at.frame_size as usize;
        let start = traceback.checked_add(u64::from(at.frames))?;
        if !self.python.image.bytes(start, count as usize * size, &mut bytes) {
            return None;
        }
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        let frame = |frame: &[u8]| {
            let (file, line) = (at.filename as usize, at.line as usize);
            (number(&frame[file..file + 8]), number(&frame[line..line + 4]) as u32)
        };
        let frames: Vec<(u64, u32)> = bytes.chunks_exact(size).map(frame).collect();
        let is_file = |python: &mut Python<'_>, file: u64| is_address(file) && python.flags_of(file) & flag::TEXT != 0;
        frames.iter().all(|&(file, _)| is_file(&mut self.python, file)).then_some(frames)
    }

    /// The index of the traceback with which an object was made; `header`: bytes of its block before it.
    pub(super) fn allocated_at(&mut self, object: u64, header: u64) -> Option<u32> {
        if !self.tracing.is_on {
            return None;
        }
        let block = object.wrapping_sub(header);
        let found = self.tracing.blocks.binary_search_by_key(&block, |entry| entry.0);
        let Ok(found) = found else { return Some(UNKNOWN_TRACEBACK) };
        let traceback = self.tracing.blocks[found].1;
        if let Some(&known) = self.tracing.tracebacks.get(&traceback) {
            return Some(known);
        }
        let frames = self.frames_of(traceback).and_then(|frames| {
            let rows = frames.into_iter().map(|(file, line)| Some(CodeLine { file: self.file_index(file)?, line }));
            rows.collect::<Option<Vec<CodeLine>>>()
        });
        let allocations = &mut self.snapshot.allocations;
        let index = match frames {
            // Blocks that no Python code has asked for.
            Some(frames) if &*allocations.files[frames[0].file as usize] == "<unknown>" => UNKNOWN_TRACEBACK,
            Some(frames) => {
                allocations.push(frames);
                allocations.len() as u32 - 1
            }
            None => UNKNOWN_TRACEBACK,
        };
        self.tracing.tracebacks.insert(traceback, index);
        Some(index)
    }

    fn file_index(&mut self, file: u64) -> Option<u32> {
        let name = self.python.name(file)?;
        if let Some(&known) = self.tracing.files.get(name) {
            return Some(known);
        }
        let files = &mut self.snapshot.allocations.files;
        let index = files.len() as u32;
        files.push(Text(name.to_owned()));
        self.tracing.files.insert(name.into(), index);
        Some(index)
    }

    /// Notes which lines are those of a function, by which the lines of tracebacks get names.
    pub(super) fn note_lines(&mut self, code: u64) {
        if !self.tracing.is_on || self.text_level == TextLevel::None {
            return;
        }
        let at = &self.python.at.code;
        let qualified = if at.qualname == ABSENT { at.name } else { at.qualname };
        let named = |walk: &mut Self, offset: u32| {
            let text = walk.python.pointer(code, offset)?;
            walk.python.name(text).map(str::to_owned)
        };
        let (name, qualified) = (named(self, at.name), named(self, qualified));
        let first = self.python.int(code, at.firstlineno).and_then(|line| u32::try_from(line).ok());
        let (Some(name), Some(qualified), Some(first)) = (name, qualified, first) else { return };
        let is_module = name == "<module>";
        // Comprehensions and the like are part of the function around them.
        if name.starts_with('<') && !is_module {
            return;
        }
        let lines = self.lines_of(code);
        let later = || lines.iter().filter_map(|&line| u32::try_from(line).ok()).filter(|&line| line > first);
        let body = if is_module { first } else { later().min().unwrap_or(first.saturating_add(1)) };
        let last = later().max().unwrap_or(first);
        let Some(file) = self.python.pointer(code, at.filename).and_then(|file| self.file_index(file)) else { return };
        let row = FunctionLines { file, first, body, last, name: Text(qualified) };
        self.snapshot.allocations.functions.push(row);
    }

    /// All lines of a code object and of those inside it: the code of a class may end before its methods do.
    fn lines_of(&mut self, code: u64) -> Vec<i64> {
        let (mut lines, mut codes, mut next) = (Vec::new(), vec![code], 0);
        while let Some(&code) = codes.get(next) {
            next += 1;
            lines.extend(lines::lines_of(&mut self.python, code));
            let Some(tuple) = self.python.pointer(code, self.python.at.code.consts) else { continue };
            if codes.len() >= MOST_CODES || self.python.flags_of(tuple) & flag::TUPLE == 0 {
                continue;
            }
            let length = self.python.length(tuple).unwrap_or(0).min(1 << 16);
            let mut words = Vec::new();
            self.python.image.words(tuple + u64::from(self.python.at.tuple.item), length as usize, &mut words);
            let kind = self.python.type_of(code);
            codes.extend(words.into_iter().filter(|&word| is_address(word) && self.python.type_of(word) == kind));
        }
        lines
    }

    /// Keeps of the functions those that have a line of a traceback.
    pub(super) fn keep_traced_functions(&mut self) {
        let allocations = &mut self.snapshot.allocations;
        let mut lines: Vec<CodeLine> = allocations.tracebacks().flatten().copied().collect();
        lines.sort_unstable();
        lines.dedup();
        allocations.functions.retain(|row| {
            let next = lines.partition_point(|at| (at.file, at.line) < (row.file, row.first));
            lines.get(next).is_some_and(|at| at.file == row.file && at.line <= row.last)
        });
        allocations
            .functions
            .sort_by(|a, b| (a.file, a.first, a.last, &*a.name).cmp(&(b.file, b.first, b.last, &*b.name)));
        allocations.functions.dedup();
    }
}

fn is_address(word: u64) -> bool {
    word & 7 == 0 && (1 << 12..END_OF_MEMORY).contains(&word)
}
