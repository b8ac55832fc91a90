//! `heapgraph demo`: the main job on a small leaking program, step by step.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Args;

use crate::analysis::common::{Counts, Grouping};
use crate::analysis::diff::{Diff, DiffOrder};
use crate::app::arguments::ColorArg;
use crate::app::cli::Cli;
use crate::app::{ExitCode, output};
use crate::graph::{HeapGraph, Object, TypePattern};
use crate::snapshot::{Snapshot, Wanted};

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The Python to run the example with
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub python: PathBuf,
    /// Where the snapshots and pictures go
    #[arg(long, value_name = "FOLDER", default_value = "heapgraph-demo")]
    pub folder: PathBuf,
    /// Colours on standard output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

const PROGRAM: &str = include_str!("../../../examples/leaky_cache.py");

pub fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("{}: can't be made", folder.display()))?;
    output::write_file(&folder.join("snapshot_dumper.py"), super::DUMPER.as_bytes())?;
    output::write_file(&folder.join("leaky_cache.py"), PROGRAM.as_bytes())?;

    say(&format!(
        "1. Run a small leaking program ({}) that takes two snapshots",
        folder.join("leaky_cache.py").display()
    ))?;
    run_program(&args.python, folder)?;
    let before = folder.join("before.json");
    let after = folder.join("after.json");

    say("2. What is in its memory?")?;
    command(&["common", &name(&after), "--limit", "8"], args)?;
    say("3. What grew?")?;
    command(&["diff", &name(&before), &name(&after), "--limit", "8"], args)?;

    let (graph, leaked) = leaked_object(&before, &after)?;
    let id = graph.address(leaked).to_string();
    say(&format!("4. Who holds one of them? A {}, of those that grew most", graph.type_of(leaked).name))?;
    command(&["backrefs", &name(&after), "--id", &id], args)?;
    say("5. The same as pictures")?;
    for picture in ["backrefs.png", "backrefs.svg"] {
        let picture = name(&folder.join(picture));
        command(&["backrefs", &name(&after), "--id", &id, "-o", &picture], args)?;
        say_line(&format!("   {picture}"))?;
    }
    say("Now on your own program:")?;
    say_line("   heapgraph dump --pid PID -o a.json   # read from outside; again some minutes later, into b.json")?;
    say_line("   heapgraph suspects b.json            # what may leak, and who holds it")?;
    say_line("   heapgraph diff a.json b.json         # what grew")?;
    say_line("   heapgraph why b.json --type NAME     # what keeps it alive")?;
    Ok(ExitCode::Ok)
}

fn say(heading: &str) -> anyhow::Result<()> {
    output::write_stdout(format!("\n── {heading}\n\n").as_bytes())
}

fn say_line(line: &str) -> anyhow::Result<()> {
    output::write_stdout(format!("{line}\n").as_bytes())
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn run_program(python: &PathBuf, folder: &Path) -> anyhow::Result<()> {
    let shown = python.display();
    let status = Command::new(python).arg("leaky_cache.py").current_dir(folder).status();
    let status = status.with_context(|| format!("{shown}: can't be run; name a Python 3.8 or later with --python"))?;
    if !status.success() {
        bail!("{shown}: the example ended with {status}; it needs Python 3.8 or later (--python names another)");
    }
    Ok(())
}

/// Runs a command of heapgraph as the user would, and shows how.
fn command(arguments: &[&str], args: &DemoArgs) -> anyhow::Result<()> {
    let words: Vec<String> = arguments.iter().map(|word| crate::report::shell_word(word)).collect();
    say_line(&format!("$ heapgraph {}", words.join(" ")))?;
    let color = match args.color {
        ColorArg::Auto => "auto",
        ColorArg::Always => "always",
        ColorArg::Never => "never",
    };
    let line = [&["heapgraph"], arguments, &["--color", color]].concat();
    let cli = <Cli as clap::Parser>::try_parse_from(line)?;
    super::run(&cli.command)?;
    Ok(())
}

/// An object of the program's own type that grew most: the one at the lowest address.
fn leaked_object(before: &Path, after: &Path) -> anyhow::Result<(HeapGraph, Object)> {
    let read = |path: &Path| -> anyhow::Result<Snapshot> {
        let file = std::fs::File::open(path).with_context(|| name(path))?;
        Snapshot::read(file, Wanted::References).with_context(|| name(path))
    };
    let (first, last) = (read(before)?, read(after)?);
    let counts = [Counts::of(&first, Grouping::Type), Counts::of(&last, Grouping::Type)];
    let diff = Diff::between(&counts, DiffOrder::Count);
    let Some(grown) = diff.changed.iter().find(|group| group.name.starts_with("__main__.")) else {
        bail!("the example's own objects did not grow; its snapshots are in the folder of the demo");
    };
    let graph = HeapGraph::build(last);
    let leaked = graph.select_type(&TypePattern::new(&grown.name)?)?[0];
    Ok((graph, leaked))
}
