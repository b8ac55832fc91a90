//! The limits of `heapgraph check`: from its options and from a TOML file.

use std::path::Path;

use anyhow::{Context, bail};
use toml_edit::{Document, Item};

use crate::analysis::limits::{Limit, Measure};

use super::arguments;
use super::commands::check::CheckArgs;
use super::exit_code::UsageError;

/// The file that is read when no limit is given.
const USUAL_FILE: &str = "heapgraph.toml";

/// What is to be checked.
#[derive(Debug, Default)]
pub struct Limits {
    pub all: Vec<Limit>,
    pub no_garbage: bool,
}

/// Reads all limits.
///
/// # Errors
/// When there is none, or one can't be understood; says which.
pub fn of(args: &CheckArgs) -> anyhow::Result<Limits> {
    let mut limits = Limits { no_garbage: args.no_garbage, ..Limits::default() };
    for (flag, measure, texts) in [
        ("--max", Measure::Count, &args.max),
        ("--max-growth", Measure::Growth, &args.max_growth),
        ("--max-retained", Measure::Bytes, &args.max_retained),
    ] {
        for text in texts {
            let wrong = |why: String| UsageError(format!("{flag} {text}: {why}"));
            let Some((name, most)) = text.rsplit_once('=') else {
                return Err(wrong("expected NAME=LIMIT, as in 'app.Session=10'".to_owned()).into());
            };
            let most = number(measure, most.trim()).map_err(wrong)?;
            limits.all.push(Limit::new(measure, name.trim(), most)?);
        }
    }
    let has_some = !limits.all.is_empty() || limits.no_garbage;
    match &args.config {
        Some(path) => add_file(&mut limits, path)?,
        None if !has_some && Path::new(USUAL_FILE).is_file() => add_file(&mut limits, Path::new(USUAL_FILE))?,
        None => {}
    }
    if limits.all.is_empty() && !limits.no_garbage {
        return Err(UsageError(
            "nothing to check: give a limit, as --max 'app.Session=10', or a file with --config".to_owned(),
        )
        .into());
    }
    Ok(limits)
}

fn number(measure: Measure, text: &str) -> Result<u64, String> {
    match measure {
        Measure::Bytes if text == "0" => Ok(0),
        Measure::Bytes => arguments::byte_size(text),
        _ => text.replace('_', "").parse().map_err(|_| format!("expected a number, found `{text}`")),
    }
}

fn add_file(limits: &mut Limits, path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| name.to_string())?;
    let document: Document<String> = text.parse().with_context(|| name.to_string())?;
    let Some(table) = document.get("check").and_then(Item::as_table_like) else {
        bail!("{name}: has no table [check]");
    };
    for (key, item) in table.iter() {
        let measure = match key {
            "no-garbage" => {
                let is_set = item.as_bool();
                limits.no_garbage |=
                    is_set.with_context(|| format!("{name}: check.no-garbage: expected true or false"))?;
                continue;
            }
            "max" => Measure::Count,
            "max-growth" => Measure::Growth,
            "max-retained" => Measure::Bytes,
            other => bail!("{name}: check.{other}: expected max, max-growth, max-retained or no-garbage"),
        };
        let Some(entries) = item.as_table_like() else {
            bail!("{name}: check.{key}: expected names and limits, as \"app.Session\" = 10");
        };
        for (of, most) in entries.iter() {
            let text = match (most.as_integer(), most.as_str()) {
                (Some(number), _) => number.to_string(),
                (None, Some(text)) => text.to_owned(),
                (None, None) => bail!("{name}: check.{key}.\"{of}\": expected a number, or bytes as \"50MB\""),
            };
            let most = number(measure, &text).map_err(|why| anyhow::anyhow!("{name}: check.{key}.\"{of}\": {why}"))?;
            limits.all.push(Limit::new(measure, of, most)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_limits_of_the_options() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let mut limits = Limits::default();
            add_file(&mut limits, &path).map(|()| limits)
        };
        let limits =
            read("[check]\nno-garbage = true\n[check.max]\n\"app.S\" = 1_000\n[check.max-retained]\nx = \"2K\"\n");
        let limits = limits.unwrap();
        let all: Vec<(Measure, String, u64)> =
            limits.all.iter().map(|limit| (limit.measure, limit.text(), limit.most)).collect();
        assert_eq!(all, [(Measure::Count, "app.S".into(), 1000), (Measure::Bytes, "x".into(), 2048)]);
        assert!(limits.no_garbage);
        for (text, error) in [
            ("[other]\n", "has no table [check]"),
            ("[check]\nmix = 1\n", "check.mix: expected max"),
            ("[check.max]\n\"a\" = 1.5\n", "check.max.\"a\": expected a number"),
            ("[check.max]\n\"a\" = -1\n", "check.max.\"a\": expected a number, found `-1`"),
        ] {
            let found = format!("{:#}", read(text).unwrap_err());
            assert!(found.contains(error), "{found}");
        }
    }
}
