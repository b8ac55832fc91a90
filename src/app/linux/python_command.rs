//! Where in a command line that runs Python the dumper goes: `python -X dev app.py` becomes
//! `python -X dev DUMPER… app.py`.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::app::exit_code::UsageError;

/// A command line, cut in front of the program.
#[derive(Debug, PartialEq, Eq)]
pub struct PythonCommand {
    /// The interpreter and its options.
    pub interpreter: Vec<OsString>,
    /// The script, or `-m` and a module, or `-c` and code; and the program's own arguments.
    pub program: Vec<OsString>,
}

impl PythonCommand {
    /// Understands `python [options] (app.py | -m module | -c code) …`, and a script with a `#!`
    /// line for Python, as installed into virtual environments.
    pub fn parse(words: &[OsString]) -> Result<Self, UsageError> {
        let first = words.first().map(OsString::as_os_str).unwrap_or_default();
        if is_python(first) {
            return split(words);
        }
        let shown = first.to_string_lossy();
        let script = find_in_path(first).ok_or_else(|| UsageError(format!("{shown}: no such program")))?;
        let mut line = interpreter_of(&script).ok_or_else(|| {
            UsageError(format!(
                "{shown} is no Python: give `python app.py …`, `python -m module …` or a script with a `#!` line for \
                 Python; where another program starts Python, put heapgraph behind it: `{shown} … heapgraph run python …`"
            ))
        })?;
        line.push(script.into_os_string());
        line.extend_from_slice(&words[1..]);
        split(&line)
    }
}

/// Whether a program is called like a CPython: `python`, `/usr/bin/python3.13`, `python3.13t`.
fn is_python(program: &OsStr) -> bool {
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let Some(version) = name.strip_prefix("python") else { return false };
    version.trim_end_matches(['t', 'd', 'm']).chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Splits behind the interpreter's own options, by the rules of its manual page.
fn split(words: &[OsString]) -> Result<PythonCommand, UsageError> {
    let cut = |at: usize, start: Vec<OsString>, rest: Vec<OsString>| PythonCommand {
        interpreter: words[..at].iter().cloned().chain(start).collect(),
        program: rest,
    };
    let nothing =
        || UsageError("no program for Python to run: give a script, -m module or -c code after `python`".to_owned());
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let bytes = word.as_bytes();
        if bytes == b"-" {
            return Err(UsageError("a program from standard input can't be run: save it as a script".to_owned()));
        }
        if !bytes.starts_with(b"-") {
            return Ok(cut(at, Vec::new(), words[at..].to_vec()));
        }
        if bytes == b"--" {
            return match words.get(at + 1) {
                Some(_) => Ok(cut(at, Vec::new(), words[at + 1..].to_vec())),
                None => Err(nothing()),
            };
        }
        if bytes.starts_with(b"--") {
            at += if bytes == b"--check-hash-based-pycs" { 2 } else { 1 };
            continue;
        }
        // Letters in one word; some take the rest of it, or the next word.
        let mut width = 1;
        for (position, letter) in bytes.iter().enumerate().skip(1) {
            let rest = &bytes[position + 1..];
            match letter {
                b'W' | b'X' => {
                    width = if rest.is_empty() { 2 } else { 1 };
                    break;
                }
                b'c' | b'm' => {
                    let letters = &bytes[..position];
                    let before =
                        if letters.len() > 1 { vec![OsString::from_vec(letters.to_vec())] } else { Vec::new() };
                    let mut program = vec![OsString::from_vec(vec![b'-', *letter])];
                    if !rest.is_empty() {
                        program.push(OsString::from_vec(rest.to_vec()));
                    }
                    program.extend_from_slice(&words[at + 1..]);
                    return if program.len() > 1 { Ok(cut(at, before, program)) } else { Err(nothing()) };
                }
                _ => {}
            }
        }
        at += width;
    }
    Err(nothing())
}

/// The file that the shell would run.
fn find_in_path(program: &OsStr) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

/// The interpreter of a script with its options, when it is a Python.
fn interpreter_of(script: &Path) -> Option<Vec<OsString>> {
    let mut start = Vec::new();
    std::fs::File::open(script).ok()?.take(4096).read_to_end(&mut start).ok()?;
    let mut lines = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n');
    let first = words_of(lines.next()?);
    let line = match first.as_slice() {
        // pip writes this where the interpreter's path is too long for a `#!` line or has blanks.
        [shell] if shell.as_bytes() == b"/bin/sh" => {
            let second = lines.next()?.strip_prefix(b"'''exec' ")?;
            let path = match second.strip_prefix(b"\"") {
                Some(quoted) => quoted.split(|byte| *byte == b'"').next()?,
                None => second.split(|byte| *byte == b' ').next()?,
            };
            vec![OsString::from_vec(path.to_vec())]
        }
        [env, rest @ ..] if env.as_bytes().ends_with(b"/env") => {
            rest.iter().skip_while(|word| word.as_bytes() == b"-S").cloned().collect()
        }
        _ => first,
    };
    line.first().is_some_and(|program| is_python(program)).then_some(line)
}

fn words_of(line: &[u8]) -> Vec<OsString> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    #[test]
    fn the_dumper_goes_behind_the_options() {
        for (interpreter, program) in [
            ("python", "app.py --port 1"),
            ("/venv/bin/python3.13t", "app.py -m x"),
            ("python -u -X dev -Wignore", "app.py"),
            ("python -B --check-hash-based-pycs never", "app.py"),
            ("python3", "-m app.main -c 1"),
            ("python -I", "-c pass x"),
        ] {
            let all = words(&format!("{interpreter} {program}"));
            let expected = PythonCommand { interpreter: words(interpreter), program: words(program) };
            assert_eq!(PythonCommand::parse(&all).unwrap(), expected);
        }
        let parsed = PythonCommand::parse(&words("python -Isum app x")).unwrap();
        assert_eq!((parsed.interpreter, parsed.program), (words("python -Isu"), words("-m app x")));
        let parsed = PythonCommand::parse(&words("python -cpass")).unwrap();
        assert_eq!((parsed.interpreter, parsed.program), (words("python"), words("-c pass")));
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for wrong in ["python", "python -V", "python -", "python -m", "python -X dev", "python --"] {
            assert!(PythonCommand::parse(&words(wrong)).is_err(), "{wrong}");
        }
        let error = PythonCommand::parse(&words("/bin/sh -c x")).unwrap_err().to_string();
        assert!(error.contains("is no Python"), "{error}");
        assert!(PythonCommand::parse(&words("/no/such/program")).unwrap_err().to_string().contains("no such program"));
    }

    #[test]
    fn installed_scripts_name_their_python() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("tool");
        for (start, interpreter) in [
            ("#!/venv/bin/python -s\n", "/venv/bin/python -s"),
            ("#!/usr/bin/env python3\n", "python3"),
            ("#!/usr/bin/env -S python3 -I\n", "python3 -I"),
            ("#!/bin/sh\n'''exec' \"/long/bin/python3\" \"$0\" \"$@\"\n' '''\n", "/long/bin/python3"),
        ] {
            std::fs::write(&script, start).unwrap();
            let parsed = PythonCommand::parse(&[script.clone().into(), "-v".into()]).unwrap();
            assert_eq!(parsed.interpreter, words(interpreter));
            assert_eq!(parsed.program, [script.clone().into_os_string(), "-v".into()]);
        }
    }
}
