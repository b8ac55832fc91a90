//! The rules of leak suspects in words: what they find, what helps, what they count.

use crate::analysis::suspects::Rule;

/// The words of one rule.
pub(super) struct RuleWords {
    id: &'static str,
    /// What is found, in plural, e.g. `functools caches without a bound`.
    pub title: &'static str,
    /// What to do about it, one sentence.
    pub advice: &'static str,
    /// What `Hit::entries` counts: one, several.
    pub entries: (&'static str, &'static str),
}

/// The words of a rule.
pub(super) fn of(rule: &Rule) -> &'static RuleWords {
    RULE_WORDS.iter().find(|words| words.id == rule.id).expect("each rule has words, as a test says")
}

const RULE_WORDS: &[RuleWords] = &[
    RuleWords {
        id: "exception-traceback",
        title: "kept exceptions whose traceback keeps frames and their locals",
        advice: "Keep the text of the exception instead, or drop its frames: exception.with_traceback(None).",
        entries: ("frame", "frames"),
    },
    RuleWords {
        id: "finished-task",
        title: "finished asyncio tasks that something still refers to",
        advice: "Take tasks out of their collection when they are done: task.add_done_callback(tasks.discard).",
        entries: ("task", "tasks"),
    },
    RuleWords {
        id: "unbounded-cache",
        title: "functools caches without a bound",
        advice: "Give lru_cache a maxsize, or call cache_clear().",
        entries: ("cached result", "cached results"),
    },
    RuleWords {
        id: "cached-method",
        title: "functools caches on methods, which keep each instance as part of a key",
        advice: "Cache on the instance instead (functools.cached_property, or a cache made in __init__), or key by a value that \
                 names it.",
        entries: ("cached result", "cached results"),
    },
    RuleWords {
        id: "weak-key-held-by-value",
        title: "weak dictionaries whose values keep their own keys alive",
        advice: "Let the value hold its key by a weak reference, or keep the value on the key itself.",
        entries: ("entry", "entries"),
    },
    RuleWords {
        id: "mutable-default",
        title: "functions whose default argument has grown",
        advice: "Use None for the default and make the container inside the function.",
        entries: ("element", "elements"),
    },
    RuleWords {
        id: "bound-methods",
        title: "containers of bound methods, each of which keeps its object alive",
        advice: "Unregister the callbacks, or keep weakref.WeakMethod(method).",
        entries: ("bound method", "bound methods"),
    },
    RuleWords {
        id: "closure-over-self",
        title: "objects that keep a function which closes over them",
        advice: "Such an object is only freed by the collector: close over what the function needs, not over the object.",
        entries: ("function", "functions"),
    },
    RuleWords {
        id: "finalizer-cycle",
        title: "reference cycles of objects with a finalizer (__del__)",
        advice: "Use weakref.finalize, or break the cycle when the object is done with.",
        entries: ("object in the cycle", "objects in the cycle"),
    },
    RuleWords {
        id: "uncollectable-cycle",
        title: "garbage that the collector can't free: cycles through objects that take no part in collection",
        advice: "Break the cycle before the last reference to it goes: keep no owner in what it holds, or a weak reference.",
        entries: ("object in the cycle", "objects in the cycle"),
    },
    RuleWords {
        id: "thread-local",
        title: "thread-locals with the attributes of more threads than there are",
        advice: "Something keeps what ended threads have stored: clear it before a thread ends.",
        entries: ("thread too many", "threads too many"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::suspects::RULES;

    #[test]
    fn each_rule_has_words_and_all_words_have_a_rule() {
        let ids: Vec<&str> = RULES.iter().map(|rule| of(rule).id).collect();
        assert_eq!(ids, RULE_WORDS.iter().map(|words| words.id).collect::<Vec<_>>());
    }
}
