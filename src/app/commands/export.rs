//! `heapgraph export`: heaps in the formats of other tools.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::cli::{ColorArg, SnapshotArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::export::heapsnapshot::HeapSnapshotWriter;
use crate::graph::HeapGraph;
use crate::report::{ExportedContent, ExportedFile, Report, SnapshotFacts, graph_notes};

/// Help after `export --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph export snap.json -o snap.heapsnapshot          then DevTools, Memory, Load profile
  heapgraph export a.json b.json -o grown.heapsnapshot     grown.1.heapsnapshot, grown.2.heapsnapshot: compare them
  heapgraph export --pid PID -o now.heapsnapshot           of a process that runs";

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The snapshots, in the order in which they were taken: one file each
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshots: Vec<PathBuf>,
    /// Read this process from outside instead of a snapshot; nothing runs in it
    #[arg(long, value_name = "PID", value_parser = crate::app::cli::pid)]
    pub pid: Option<u32>,
    /// The file to write, FILE.heapsnapshot; of several snapshots each has its number in it
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: PathBuf,
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
            Some(_) => vec![SnapshotArg { snapshot: PathBuf::new(), pid: self.pid }],
            None => self.snapshots.iter().map(|path| SnapshotArg { snapshot: path.clone(), pid: None }).collect(),
        }
    }
}

pub fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    input::refuse_standard_input_twice(&args.snapshots)?;
    let extension = output::extension(&args.output);
    if extension != "heapsnapshot" {
        return Err(output::unknown_extension(&args.output, &extension, ".heapsnapshot"));
    }
    let sources = args.sources();
    if sources.len() > 1 && sources.iter().any(|source| source.snapshot == args.output) {
        return Err(
            UsageError(format!("-o {}: is one of the snapshots; name another file", args.output.display())).into()
        );
    }
    let mut writer = HeapSnapshotWriter::new();
    let mut files = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let graph = input::graph(source, args.quiet)?;
        let path = numbered(&args.output, at + 1, sources.len());
        files.push(heap_file(&mut writer, &graph, source, &path, at + 1 == sources.len())?);
    }
    if !args.quiet {
        output::print_report(&Report::exported_heaps(&files), args.color)?;
    }
    Ok(ExitCode::Ok)
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
        let mut out = Counted { out, bytes: 0 };
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
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}.{number:0width$}.{extension}"))
}

/// Counts what goes through.
struct Counted<'w> {
    out: &'w mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_series_sort_as_their_snapshots() {
        let of = |number, of| numbered(Path::new("out/grown.heapsnapshot"), number, of);
        assert_eq!(of(1, 1), Path::new("out/grown.heapsnapshot"));
        assert_eq!(of(2, 3), Path::new("out/grown.2.heapsnapshot"));
        assert_eq!(of(2, 12), Path::new("out/grown.02.heapsnapshot"));
    }
}
