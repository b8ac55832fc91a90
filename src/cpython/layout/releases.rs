//! What bugfix releases moved: some minor versions have more than one layout.
//!
//! Known of 3.13.0 to 3.13.15, 3.14.0 to 3.14.10 and 3.15.0 to 3.15.2; the older ones kept every field of the table in its place,
//! but for asyncio's futures. A build configured `--without-freelists` (3.11, 3.12) or with `--with-pydebug` differs as well: in
//! `interpreter` behind the configuration, never before.

use super::{Interpreter, Layout, of_version};

/// The layouts that builds of one minor version with the GIL have, the likeliest first; none when there is no table for it.
///
/// Which one it is can be seen in the process: take the first whose numbers are those that `published` tells, whose lists in `gc`
/// close (a head's neighbours point back to it), and whose `interpreter.audit_hooks` and `interned_strings` are 0, a list, a
/// dictionary.
pub fn candidates(major: u8, minor: u8) -> Vec<Layout> {
    let Some(table) = of_version(major, minor) else { return Vec::new() };
    let mut all = vec![table.clone()];
    match (major, minor) {
        (3, 10) => {
            // To 3.10.5 a future has no `exception_traceback`.
            let mut older = table.clone();
            let future = &mut older.future;
            future.exception_traceback = super::ABSENT;
            let behind = [
                &mut future.size,
                &mut future.result,
                &mut future.source_traceback,
                &mut future.cancel_message,
                &mut future.state,
                &mut future.dict,
                &mut future.weakreflist,
                &mut future.cancelled_exc_state,
                &mut older.task.size,
                &mut older.task.waits_for,
                &mut older.task.coroutine,
                &mut older.task.name,
                &mut older.task.context,
            ];
            behind.into_iter().for_each(|field| *field -= 8);
            all.push(older);
        }
        (3, 13) => {
            // 3.13.15, not yet 3.13.5: an attribute meant to align `PyGC_Head` lets it lie at any fourth byte.
            let mut newer = table.clone();
            newer.gc.generations = 20;
            newer.exception_group.size += 8;
            newer.exception_group.excs_str = newer.exception_group.excs + 8;
            newer.thread.size += 8;
            newer.thread.public_size += 8;
            all.push(newer);
        }
        (3, 14) => {
            // To 3.14.4 the collector's state is 24 bytes shorter; of 3.14.0, and not of 3.14.8, is a queue that has 8 bytes less.
            let mut early = table.clone();
            early.gc.size -= 24;
            moved(&mut early.interpreter, 24, 8);
            let mut between = table.clone();
            moved(&mut between.interpreter, 0, 8);
            all.extend([early, between]);
        }
        _ => {}
    }
    all
}

/// Moves fields behind the collector's state nearer, and those behind `qsbr` by some more.
fn moved(interpreter: &mut Interpreter, behind_gc: u32, behind_queue: u32) {
    let of = interpreter;
    let first = [
        &mut of.sysdict,
        &mut of.builtins,
        &mut of.modules,
        &mut of.modules_by_index,
        &mut of.importlib,
        &mut of.import_func,
        &mut of.codec_search_path,
        &mut of.codec_search_cache,
        &mut of.codec_error_registry,
        &mut of.dict,
        &mut of.sysdict_copy,
        &mut of.builtins_copy,
        &mut of.eval_frame,
        &mut of.before_forkers,
        &mut of.after_forkers_parent,
        &mut of.after_forkers_child,
        &mut of.warnings_filters,
        &mut of.warnings_once_registry,
        &mut of.warnings_default_action,
        &mut of.atexit_callbacks,
    ];
    first.into_iter().for_each(|field| *field -= behind_gc);
    let last = [
        &mut of.audit_hooks,
        &mut of.errnomap,
        &mut of.type_cache,
        &mut of.static_types,
        &mut of.static_types_used,
        &mut of.extension_types,
        &mut of.extension_types_used,
        &mut of.monitoring_callables,
        &mut of.monitoring_tool_names,
        &mut of.cached_objects,
        &mut of.interned_strings,
        &mut of.initial_thread,
    ];
    last.into_iter().for_each(|field| *field -= behind_gc + behind_queue);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_candidate_is_the_table() {
        for minor in 8..=15 {
            assert_eq!(candidates(3, minor).first(), of_version(3, minor));
        }
        assert!(candidates(3, 7).is_empty() && candidates(2, 7).is_empty());
    }

    #[test]
    fn an_early_3_14_has_its_interpreter_where_that_release_had_it() {
        let early = &candidates(3, 14)[1];
        let of = &early.interpreter;
        assert_eq!([early.gc.size, of.gc, of.sysdict, of.modules, of.codec_search_path], [240, 7408, 7648, 7664, 7976]);
        assert_eq!([of.dict, of.before_forkers, of.warnings_filters, of.atexit_callbacks], [8472, 10672, 10696, 10768]);
        assert_eq!([of.audit_hooks, of.errnomap, of.cached_objects, of.initial_thread], [10880, 79856, 224592, 224896]);
        assert_eq!([of.monitoring_callables, of.monitoring_tool_names], [223248, 224464]);
    }
}
