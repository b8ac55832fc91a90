//! `heapgraph export`: heaps in the formats of other tools, and snapshots packed, unpacked, compressed.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::explored::Explored;
use crate::analysis::places::PlacedHeap;
use crate::app::arguments::{ColorArg, IndexArg, SnapshotArg};
use crate::app::commands::dump::columns;
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::export::census::census;
use crate::export::heapsnapshot::HeapSnapshotWriter;
use crate::export::parquet::{Origin, ParquetHeap, Table, snapshot_id};
use crate::graph::HeapGraph;
use crate::report::{
    ExportedContent, ExportedFile, ExportedSnapshot, ExportedTable, Report, SnapshotFacts, graph_notes,
};

/// Help after `export --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph export snap.json -o snap.heapsnapshot          then DevTools, Memory, Load profile
  heapgraph export a.json b.json -o grown.heapsnapshot     grown.1.heapsnapshot, grown.2.heapsnapshot: compare them
  heapgraph export snap.json -o heaps/ --service web       tables of all objects and references, as Parquet
  heapgraph export snap.json -o small.json.zst --packed    the snapshot itself, a tenth of the size
  heapgraph export small.json.zst -o snap.json             and as every tool can read it
  heapgraph export --pid PID --census -o heaps/            some kilobytes of a process that runs, for a fleet";

/// Types and places in the census of one process.
const CENSUS_ROWS: usize = 100;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The snapshots, in the order in which they were taken
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshots: Vec<PathBuf>,
    /// Read this process from outside instead of a snapshot; nothing runs in it
    #[arg(long, value_name = "PID", value_parser = crate::app::arguments::pid)]
    pub pid: Option<u32>,
    #[command(flatten)]
    pub index: IndexArg,
    /// FILE.heapsnapshot, or FILE.json (.json.gz, .json.zst) for the snapshot itself, of several numbered; or a folder, as heaps/, for
    /// tables as Parquet
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: PathBuf,
    /// With FILE.json: pack the columns of numbers: half the size or less; without it they are lists, as other tools want them
    #[arg(long)]
    pub packed: bool,
    /// Only the tables that tell a process in some kilobytes: totals, types, places
    #[arg(long, help_heading = "Parquet")]
    pub census: bool,
    /// The service that the process is of [default: the program of its command line]
    #[arg(long, value_name = "NAME", help_heading = "Parquet")]
    pub service: Option<String>,
    /// The machine, which no snapshot tells
    #[arg(long, value_name = "NAME", help_heading = "Parquet")]
    pub host: Option<String>,
    /// The version of the service
    #[arg(long, value_name = "VERSION", help_heading = "Parquet")]
    pub release: Option<String>,
    /// Colours on standard output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
    /// No progress and no report
    #[arg(short, long)]
    pub quiet: bool,
}

impl ExportArgs {
    /// What is exported, one after the other.
    fn sources(&self) -> Vec<SnapshotArg> {
        match self.pid {
            Some(_) => vec![SnapshotArg { snapshot: PathBuf::new(), pid: self.pid, index: IndexArg::default() }],
            None => self
                .snapshots
                .iter()
                .map(|path| SnapshotArg { snapshot: path.clone(), pid: None, index: IndexArg::default() })
                .collect(),
        }
    }

    /// Whether `-o` names a folder.
    fn is_folder(&self) -> bool {
        let ends_so = self.output.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
        ends_so || self.output.is_dir() || self.output.extension().is_none() && self.output != Path::new("-")
    }
}

pub fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    input::refuse_standard_input_twice(&args.snapshots)?;
    let sources = args.sources();
    let is_folder = args.is_folder();
    let extension = output::extension(&args.output);
    let is_snapshot = !is_folder && ["json", "gz", "zst"].contains(&extension.as_str());
    if args.packed && !is_snapshot {
        let message = "--packed is for the snapshot itself: name a file, as -o packed.json";
        return Err(UsageError(message.to_owned()).into());
    }
    let of_tables = [
        ("--census", args.census),
        ("--service", args.service.is_some()),
        ("--host", args.host.is_some()),
        ("--release", args.release.is_some()),
    ];
    if let Some((option, _)) = of_tables.into_iter().find(|(_, is_given)| *is_given && !is_folder) {
        let message = format!("{option} is for tables as Parquet: name a folder, as -o heaps/");
        return Err(UsageError(message).into());
    }
    let report = if is_folder {
        let mut tables = Vec::new();
        for source in &sources {
            let graph = input::graph(source, args.quiet)?;
            tables.extend(table_files(&graph, source, args)?);
        }
        Report::exported_tables(&tables, &input::name(&args.output))
    } else if is_snapshot {
        if let Some(pid) = args.pid {
            let message = format!("a snapshot of a process is written by `heapgraph dump --pid {pid} -o FILE`");
            return Err(UsageError(message).into());
        }
        let mut files = Vec::new();
        for (at, path) in args.snapshots.iter().enumerate() {
            let to = numbered(&args.output, at + 1, args.snapshots.len());
            let (content, bytes) = input::rewrite(path, &to, columns(args.packed), args.quiet)?;
            files.push(ExportedSnapshot {
                snapshot: input::name(path),
                file: input::name(&to),
                objects: content.objects,
                references: content.references,
                bytes,
            });
        }
        Report::exported_snapshots(&files)
    } else if extension == "heapsnapshot" {
        let mut writer = HeapSnapshotWriter::new();
        let mut files = Vec::new();
        for (at, source) in sources.iter().enumerate() {
            let graph = input::graph(source, args.quiet)?;
            let path = numbered(&args.output, at + 1, sources.len());
            files.push(heap_file(&mut writer, &graph, source, &path, at + 1 == sources.len())?);
        }
        Report::exported_heaps(&files)
    } else {
        let known = ".heapsnapshot, .json, .json.gz, .json.zst, or a folder as heaps/";
        return Err(output::unknown_extension(&args.output, &extension, known));
    };
    if !args.quiet {
        output::print_report(&report, args.color)?;
    }
    Ok(ExitCode::Ok)
}

/// Writes the tables of one heap.
fn table_files(graph: &HeapGraph, source: &SnapshotArg, args: &ExportArgs) -> anyhow::Result<Vec<ExportedTable>> {
    let heap = Explored::of(graph);
    let placed = PlacedHeap::of(graph, &heap.roots);
    let rows = census(&heap, &placed, CENSUS_ROWS);
    let origin = Origin {
        service: args.service.clone().unwrap_or_else(|| program_name(graph)),
        host: args.host.clone(),
        release: args.release.clone(),
    };
    let id = snapshot_id(graph, &origin);
    let tables = ParquetHeap { heap: &heap, placed: &placed, census: &rows, origin: &origin };
    let wanted: &[Table] = if args.census { &Table::OF_CENSUS } else { &Table::ALL };
    let mut files = Vec::new();
    for &table in wanted {
        let path = args.output.join(table.file(&graph.header, &origin, &id));
        make_folder(path.parent().unwrap_or(&args.output))?;
        let (rows, bytes) = output::stream_file(&path, |out| {
            let mut out = output::Counted { out, bytes: 0 };
            let rows = tables.write(table, &mut out)?;
            Ok((rows, out.bytes))
        })?;
        files.push(ExportedTable {
            facts: SnapshotFacts::new(&input::argument(source), &graph.header, &graph.end),
            table: table.name(),
            file: input::name(&path),
            rows,
            bytes,
            notes: graph_notes(graph),
        });
    }
    Ok(files)
}

/// Makes a folder with those above it: its owner's alone where what was read is.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(if input::is_private() { 0o700 } else { 0o777 });
    }
    builder.create(path).map_err(|error| output::cannot_write(path, &error))
}

/// What the program of a command line is called: `app` of `python app.py`, `pkg` of `python -m pkg`; `unknown` without one.
fn program_name(graph: &HeapGraph) -> String {
    let words: Vec<&str> = graph.header.process.argv.iter().flatten().map(|word| &**word).collect();
    let is_python = |word: &str| word.rsplit('/').next().is_some_and(|name| name.starts_with("python"));
    let mut words = words.into_iter().skip_while(|word| is_python(word));
    let name = loop {
        match words.next() {
            Some("-m") => break words.next(),
            Some("-c") | None => break None,
            Some(option) if option.starts_with('-') => {}
            Some(word) => break Some(word),
        }
    };
    let name = name.map(|name| Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Writes one `.heapsnapshot`.
fn heap_file(
    writer: &mut HeapSnapshotWriter,
    graph: &HeapGraph,
    source: &SnapshotArg,
    path: &Path,
    is_last: bool,
) -> anyhow::Result<ExportedFile> {
    let (written, bytes) = output::stream_file(path, |out| {
        let mut out = output::Counted { out, bytes: 0 };
        let written = writer.write(graph, is_last, &mut out)?;
        Ok((written, out.bytes))
    })?;
    Ok(ExportedFile {
        facts: SnapshotFacts::new(&input::argument(source), &graph.header, &graph.end),
        file: input::name(path),
        bytes,
        content: ExportedContent {
            nodes: written.nodes,
            edges: written.edges,
            new_objects: written.new_objects,
            capped_sizes: written.capped_sizes,
            has_too_many_strings: written.has_too_many_strings,
        },
        notes: graph_notes(graph),
    })
}

/// The file of one snapshot of several: `grown.heapsnapshot` is `grown.01.heapsnapshot` of the first of twelve.
fn numbered(path: &Path, number: usize, of: usize) -> PathBuf {
    if of == 1 {
        return path.to_owned();
    }
    let width = of.to_string().len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // `.json.gz` stays together.
    let whole = [".json.gz", ".json.zst"].into_iter().find(|ending| name.ends_with(ending)).map(str::len);
    let at = whole.map_or_else(|| name.rfind('.').unwrap_or(name.len()), |length| name.len() - length);
    path.with_file_name(format!("{}.{number:0width$}{}", &name[..at], &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_as_its_program() {
        let name = |words: &[&str]| {
            let mut snapshot = crate::graph::Sketch::new().snapshot();
            snapshot.header.process.argv = Some(words.iter().map(|word| crate::snapshot::Text::from(*word)).collect());
            program_name(&HeapGraph::build(snapshot))
        };
        assert_eq!(name(&["/usr/bin/python3", "-u", "/srv/app.py", "--port", "1"]), "app");
        assert_eq!(name(&["python", "-m", "shop.web"]), "shop");
        assert_eq!(name(&["/srv/app.py"]), "app");
        assert_eq!(name(&["python3.12", "-c", "import app"]), "unknown");
        assert_eq!(name(&[]), "unknown");
    }

    #[test]
    fn files_of_a_series_sort_as_their_snapshots() {
        let of = |number, of| numbered(Path::new("out/grown.heapsnapshot"), number, of);
        assert_eq!(of(1, 1), Path::new("out/grown.heapsnapshot"));
        assert_eq!(of(2, 3), Path::new("out/grown.2.heapsnapshot"));
        assert_eq!(of(2, 12), Path::new("out/grown.02.heapsnapshot"));
        assert_eq!(numbered(Path::new("a.b.json.zst"), 3, 4), Path::new("a.b.3.json.zst"));
        assert_eq!(numbered(Path::new("a.gz"), 3, 4), Path::new("a.3.gz"));
    }
}
