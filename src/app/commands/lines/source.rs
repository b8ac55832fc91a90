//! The source file that is listed: its text, which files of a snapshot it is, and what to know of it.

use std::path::Path;
use std::time::SystemTime;

use anyhow::bail;

use crate::report::{Listing, short_file};

/// No source file is longer.
const MOST_BYTES: u64 = 64 << 20;
/// Columns to which a tab goes on.
const TAB: usize = 8;
/// So many files are told where none fits.
const MOST_FILES: usize = 5;

/// The lines of a source file, tabs as blanks; none when it can't be read.
pub fn lines_of(file: &Path) -> Vec<String> {
    if !std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= MOST_BYTES) {
        return Vec::new();
    }
    let Ok(bytes) = std::fs::read(file) else { return Vec::new() };
    String::from_utf8_lossy(&bytes).lines().map(without_tabs).collect()
}

fn without_tabs(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        if character == '\t' {
            let column = text.chars().count();
            text.extend(std::iter::repeat_n(' ', TAB - column % TAB));
        } else {
            text.push(character);
        }
    }
    text
}

/// Which of a snapshot's files are meant: those of this very name, else the one whose name ends so.
///
/// # Errors
/// When none is, or several files end so: with what there is.
pub fn matching(files: &[&str], wanted: &Path) -> anyhow::Result<Vec<bool>> {
    let same = |exact: &dyn Fn(&Path) -> bool| files.iter().map(|file| exact(Path::new(file))).collect::<Vec<bool>>();
    let whole = std::fs::canonicalize(wanted).ok();
    let is_same = |file: &Path| {
        file == wanted
            || whole.is_some()
                && (whole.as_deref() == Some(file) || file.is_absolute() && std::fs::canonicalize(file).ok() == whole)
    };
    let found = same(&is_same);
    if found.contains(&true) {
        return Ok(found);
    }
    // A program that was started with `python app.py` may have files without folders.
    let shorter = wanted.strip_prefix(".").unwrap_or(wanted);
    let found = same(&|file| file.ends_with(shorter) || !file.is_absolute() && shorter.ends_with(file));
    let mut names: Vec<&str> =
        files.iter().zip(&found).filter(|(_, is_meant)| **is_meant).map(|(file, _)| *file).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => {
            let name = wanted.file_name().unwrap_or_default();
            let alike = files.iter().filter(|file| Path::new(file).file_name() == Some(name)).take(MOST_FILES);
            let alike: Vec<&str> = alike.copied().collect();
            // Of what a file that is there has made, nothing need be left.
            if alike.is_empty() && whole.is_some() {
                return Ok(found);
            }
            let hint = if alike.is_empty() {
                "`heapgraph common --by file` lists the files that did".to_owned()
            } else {
                format!("did you mean {}?", alike.join(", "))
            };
            bail!("{}: no line of this file made an object that is traced; {hint}", wanted.display())
        }
        1 => Ok(found),
        _ => bail!(
            "{}: several files of the program end so: {}; give more of the name",
            wanted.display(),
            names.join(", ")
        ),
    }
}

/// How far tracebacks reach, in words.
pub fn reach(frames: u64) -> String {
    match frames {
        1 => "a line is told with what it made itself: the program kept one frame of each traceback".to_owned(),
        frames => format!(
            "a line is told with what it made and what it called made, over up to {frames} frames: so many the program kept of \
             each traceback"
        ),
    }
}

/// That a file is newer than a snapshot, so that its lines may be others.
pub fn age(file: &Path, time: Option<&str>) -> Option<String> {
    let changed: SystemTime = std::fs::metadata(file).ok()?.modified().ok()?;
    let taken = humantime::parse_rfc3339(time?).ok()?;
    let is_newer = changed.duration_since(taken).is_ok_and(|age| age.as_secs() > 1);
    is_newer.then(|| {
        format!("{} is newer than the snapshot: its lines may have moved", short_file(&file.to_string_lossy()))
    })
}

/// First and last line of a function.
///
/// # Errors
/// When the snapshot knows no function of this name in the file, or several.
pub fn span_of(listing: &Listing, name: &str) -> anyhow::Result<(u32, u32)> {
    let is_meant = |known: &str| known == name || known.rsplit('.').next() == Some(name);
    let spans: Vec<(u32, u32)> =
        listing.functions.iter().filter(|(_, known)| is_meant(known)).map(|(span, _)| *span).collect();
    match spans[..] {
        [span] => Ok(span),
        [] => {
            let known: Vec<&str> = listing.functions.values().map(String::as_str).take(MOST_FILES).collect();
            bail!(
                "--function {name}: no function of this name in {} made what is traced; there are {}",
                listing.file,
                known.join(", ")
            )
        }
        _ => bail!("--function {name}: several functions of {} are called so: give the qualified name", listing.file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_the_end_of_its_name() {
        let files = ["/srv/app/cache.py", "/srv/other/cache.py", "run.py"];
        let find = |name: &str| matching(&files, Path::new(name));
        assert_eq!(find("/srv/app/cache.py").unwrap(), [true, false, false]);
        assert_eq!(find("./app/cache.py").unwrap(), [true, false, false]);
        assert_eq!(find("/elsewhere/run.py").unwrap(), [false, false, true]);
        assert!(find("cache.py").unwrap_err().to_string().contains("several files"));
        assert!(find("lib/cache.py").unwrap_err().to_string().contains("did you mean /srv/app/cache.py, /srv/other"));
    }

    #[test]
    fn tabs_become_blanks() {
        assert_eq!(without_tabs("\tx = 1\t# y"), "        x = 1   # y");
    }
}
