//! The Python source that takes a snapshot of the process in which it is run.

use crate::app::cli::NewSnapshotArgs;
use crate::app::commands::DUMPER;

/// Runs after the dumper.
const IN_TARGET: &str = include_str!("in_target.py");

/// Source for [`crate::attach::run_python`]: it writes the snapshot to the exchange folder's stream
/// or to its file `snapshot`, and how far it is to its file `status`.
///
/// The dumper goes in pieces: compiling all of it at once would keep the interpreter lock for 50 ms
/// and more. Between two pieces other threads get it when they ask.
pub fn source(args: &NewSnapshotArgs) -> String {
    let mut source = String::from("__name__ = '__heapgraph__'\nfor _line, _piece in (\n");
    let text = [DUMPER, IN_TARGET].concat();
    let mut line = 0;
    for piece in pieces(&text) {
        source.push_str(&format!("({line}, {}),\n", literal(piece)));
        line += piece.matches('\n').count();
    }
    // Empty lines in front keep the numbers of the lines right.
    source.push_str("):\n    exec(compile('\\n' * _line + _piece, '<snapshot_dumper>', 'exec'))\n");
    source.push_str(&format!(
        "_main(exchange_folder, {{'method': {}, 'text': {}, 'collect': {}}})\noutcome = ''\n",
        if args.in_process { "'in_process'" } else { "None" },
        literal(args.text.word()),
        if args.collect { "True" } else { "False" },
    ));
    source
}

/// Splits Python text in front of functions at the margin.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices("\ndef ").map(|(position, _)| position + 1).collect();
    starts.push(text.len());
    let mut from = 0;
    starts.into_iter().map(|to| &text[std::mem::replace(&mut from, to)..to]).collect()
}

/// `text` as a Python literal of pure ASCII.
fn literal(text: &str) -> String {
    let mut literal = String::from("'");
    for char in text.chars() {
        match char {
            '\n' => literal.push_str("\\n"),
            '\'' | '\\' => literal.extend(['\\', char]),
            ' '..='~' => literal.push(char),
            other => literal.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_and_are_small() {
        let parts = pieces(DUMPER);
        assert_eq!(parts.concat(), DUMPER);
        let longest = parts.iter().map(|part| part.lines().count()).max();
        assert!(longest < Some(200), "a piece of {longest:?} lines");
    }

    #[test]
    fn literals_are_python_and_plain() {
        assert_eq!(literal("a'\\\n…"), r"'a\'\\\n\U00002026'");
    }
}
