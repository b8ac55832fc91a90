//! The single facts about a snapshot, group by group.

use crate::analysis::blind_spots::BlindSpots;
use crate::analysis::explored::Explored;
use crate::snapshot::{ResidentParts, Text};

use super::super::Cell;
use super::{Fact, Group};

/// All facts, in the order of reading. What the snapshot doesn't say is [`Cell::Missing`].
pub(super) fn groups(heap: &Explored<'_>, spots: &BlindSpots) -> Vec<Group> {
    let graph = heap.graph;
    let header = &graph.header;
    let group = |key, heading, facts| Group { key, heading, facts };
    vec![
        group("process", "process", process(&header.process)),
        group("interpreter", "interpreter", interpreter(header)),
        group("gc", "garbage collector", collector(&header.gc)),
        group("capture", "snapshot", capture(heap)),
        group("totals_of_heap", "heap", totals(heap, spots)),
        group("blind_spots", "what it doesn't show", blind(spots)),
    ]
}

fn fact(key: &'static str, what: &'static str, value: Cell) -> Fact {
    Fact { key, what, value }
}

fn known<T>(value: Option<T>, cell: impl Fn(T) -> Cell) -> Cell {
    value.map_or(Cell::Missing, cell)
}

fn text(value: &Option<Text>) -> Cell {
    known(value.as_ref(), |text| Cell::Text(text.0.clone()))
}

fn numbers(value: &Option<Vec<u64>>) -> Cell {
    known(value.as_ref(), |numbers| Cell::Text(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")))
}

fn process(process: &crate::snapshot::Process) -> Vec<Fact> {
    let command = known(process.argv.as_ref(), |words| {
        Cell::Text(words.iter().map(|word| super::super::shell_word(word)).collect::<Vec<_>>().join(" "))
    });
    let part = |of: fn(&ResidentParts) -> Option<u64>| known(process.rss_parts.as_ref().and_then(of), Cell::Bytes);
    vec![
        fact("pid", "process id", known(process.pid, Cell::Count)),
        fact("argv", "command line", command),
        fact("rss_bytes", "resident memory", known(process.rss_bytes, Cell::Bytes)),
        fact("rss_heap_bytes", "of it, heap of malloc", part(|parts| parts.heap)),
        fact("rss_anonymous_bytes", "of it, other memory without a file", part(|parts| parts.anonymous)),
        fact("rss_stack_bytes", "of it, stack of the main thread", part(|parts| parts.stack)),
        fact("rss_mapped_bytes", "of it, mapped files", part(|parts| parts.mapped)),
        fact("peak_rss_bytes", "highest resident memory", known(process.peak_rss_bytes, Cell::Bytes)),
        fact("memory_limit_bytes", "memory limit", known(process.memory_limit_bytes, Cell::Bytes)),
        fact("user_seconds", "CPU time, user", known(process.user_seconds, Cell::Seconds)),
        fact("system_seconds", "CPU time, kernel", known(process.system_seconds, Cell::Seconds)),
        fact("real_seconds", "running for", known(process.real_seconds, Cell::Seconds)),
    ]
}

fn interpreter(header: &crate::snapshot::Header) -> Vec<Fact> {
    let interpreter = &header.interpreter;
    let platform = &header.platform;
    let folders = known(interpreter.site_packages.as_ref(), |folders| {
        Cell::Text(folders.iter().map(|folder| folder.0.as_str()).collect::<Vec<_>>().join(", "))
    });
    vec![
        fact("python_implementation", "implementation", text(&interpreter.implementation)),
        fact("python_version", "version", text(&interpreter.version)),
        fact("python_pointer_bytes", "size of a pointer", known(interpreter.pointer_bytes, Cell::Bytes)),
        fact("python_free_threaded", "free-threaded build", known(interpreter.free_threaded, Cell::Flag)),
        fact("python_debug", "debug build", known(interpreter.debug, Cell::Flag)),
        fact("python_prefix", "prefix", text(&interpreter.prefix)),
        fact("python_stdlib", "standard library", text(&interpreter.stdlib)),
        fact("python_site_packages", "installed packages", folders),
        fact("platform_system", "operating system", text(&platform.system)),
        fact("platform_release", "OS release", text(&platform.release)),
        fact("platform_machine", "machine", text(&platform.machine)),
    ]
}

fn collector(gc: &crate::snapshot::Collector) -> Vec<Fact> {
    vec![
        fact("gc_enabled", "automatic", known(gc.enabled, Cell::Flag)),
        fact("gc_counts", "counts", numbers(&gc.counts)),
        fact("gc_thresholds", "thresholds", numbers(&gc.thresholds)),
        fact("gc_frozen_objects", "frozen objects", known(gc.frozen, Cell::Count)),
        fact("gc_collected_first", "run before the snapshot", known(gc.collected_first, Cell::Flag)),
        fact("gc_mark_set", "mark set with the snapshot", text(&gc.mark_set)),
        fact("gc_marked_since", "mark that tells what is new", text(&gc.marked_since)),
    ]
}

fn capture(heap: &Explored<'_>) -> Vec<Fact> {
    let graph = heap.graph;
    let (header, end) = (&graph.header, &graph.end);
    let (capture, options, dumper) = (&header.capture, &header.options, &header.dumper);
    vec![
        fact("time", "taken at", text(&capture.time)),
        fact("trigger", "trigger", text(&capture.trigger)),
        fact("method", "how", text(&capture.method)),
        fact("method_reason", "reason", text(&capture.reason)),
        fact("pause_seconds", "longest pause of a thread", known(end.pause_seconds, Cell::Seconds)),
        fact("dump_real_seconds", "duration", known(end.real_seconds, Cell::Seconds)),
        fact("dump_cpu_seconds", "CPU time", known(end.cpu_seconds, Cell::Seconds)),
        fact("dump_growth_bytes", "memory added", known(end.growth_bytes, Cell::Bytes)),
        fact("traced_frames", "allocations traced, frames of each", known(header.tracing.frames, Cell::Count)),
        fact("option_text", "texts written", text(&options.text)),
        fact("option_text_limit", "longest text, in characters", known(options.text_limit, Cell::Count)),
        fact("dumper_name", "written by", text(&dumper.name)),
        fact("dumper_version", "dumper version", text(&dumper.version)),
        fact(
            "dumper_errors",
            "errors met",
            Cell::Count(end.errors.iter().fold(0_u64, |sum, error| sum.saturating_add(error.count))),
        ),
    ]
}

fn totals(heap: &Explored<'_>, spots: &BlindSpots) -> Vec<Fact> {
    let graph = heap.graph;
    let (garbage, for_good) = (spots.garbage, spots.garbage_for_good);
    vec![
        fact("objects", "objects", Cell::Count(graph.object_count() as u64)),
        fact("references", "references", Cell::Count(graph.reference_count() as u64)),
        fact("types", "types, those without objects too", Cell::Count(graph.types.len() as u64)),
        fact("shallow_bytes", "shallow size", Cell::Bytes(spots.shallow_bytes)),
        fact("external_bytes", "known to be held outside the Python heap", Cell::Bytes(spots.external_bytes)),
        fact("garbage_objects", "garbage, objects", Cell::Count(garbage.objects)),
        fact("garbage_bytes", "garbage, size", Cell::Bytes(garbage.bytes)),
        fact(
            "garbage_for_good_objects",
            "of it, what the collector can't free, objects",
            known(for_good, |sum| Cell::Count(sum.objects)),
        ),
        fact(
            "garbage_for_good_bytes",
            "of it, what the collector can't free, size",
            known(for_good, |sum| Cell::Bytes(sum.bytes)),
        ),
    ]
}

fn blind(spots: &BlindSpots) -> Vec<Fact> {
    let explained = spots.shallow_bytes.saturating_add(spots.external_bytes);
    let sum = |rows: &[crate::analysis::blind_spots::UnexplainedRow]| {
        Cell::Count(rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.references)))
    };
    vec![
        fact(
            "rss_explained_share",
            "share of resident memory that the graph explains",
            known(spots.rss_bytes, |rss| Cell::Share { part: explained, whole: rss }),
        ),
        fact(
            "rss_unexplained_bytes",
            "resident memory that it doesn't: C libraries, code, stacks, free blocks",
            known(spots.rss_bytes, |rss| Cell::Bytes(rss.saturating_sub(explained))),
        ),
        fact("held_from_c_references", "references that something outside of the graph holds", sum(&spots.held_from_c)),
        fact(
            "unnamed_references",
            "references without a name",
            Cell::Count(spots.unnamed.iter().map(|row| row.1).sum()),
        ),
        fact("dangling_references", "references to objects that are missing", Cell::Count(spots.dangling_references)),
        fact("dangling_roots", "roots that are missing", Cell::Count(spots.dangling_roots)),
        fact(
            "beyond_count_references",
            "references beyond the reference count: of static types, of keys in shared tables",
            sum(&spots.beyond_count),
        ),
        fact("unknown_refcounts", "objects of unknown reference count", Cell::Count(spots.unknown_refcounts)),
        fact("immortal_objects", "immortal objects, whose references nobody counts", Cell::Count(spots.immortal)),
    ]
}
