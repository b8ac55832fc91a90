//! Where answers go: standard output, or a file that appears whole or not at all.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::app::arguments::{ColorArg, DirectionArg, FormatArg, LayoutArg, OutputArgs, PictureArgs, ThemeArg};
use crate::render::reports::{self, Format, TextStyle};
use crate::render::{self, Direction, Layout, PictureFormat, PictureOptions, Scale, Theme, flame, folded, speedscope};
use crate::report::diagram::Diagram;
use crate::report::{FoldedStack, Report};

use super::exit_code::UsageError;
use super::input;
use super::whole_file::WholeFile;

/// Writes a report where the user asked for it, in the format asked for.
pub fn write_report(report: &Report, args: &OutputArgs) -> anyhow::Result<()> {
    let format = format(args)?;
    match args.file() {
        Some(path) => write_file(path, &reports::render(report, format, TextStyle::default())),
        None => write_stdout(&reports::render(report, format, style(args.color))),
    }
}

/// Writes bytes into a file, or to standard output without one.
pub fn write_bytes(bytes: &[u8], path: Option<&Path>) -> anyhow::Result<()> {
    match path {
        Some(path) => write_file(path, bytes),
        None => write_stdout(bytes),
    }
}

/// Writes a report for people to standard output.
pub fn print_report(report: &Report, color: ColorArg) -> anyhow::Result<()> {
    write_stdout(&reports::render(report, Format::Text, style(color)))
}

/// Tells on standard error what a picture leaves out.
pub fn say_notes(notes: &[String], quiet: bool) {
    for note in notes.iter().filter(|_| !quiet) {
        eprintln!("heapgraph: note: {}", reports::safe_for_terminal(note));
    }
}

/// The format that `--format` or the name after `-o` says; text without either.
pub fn format(args: &OutputArgs) -> anyhow::Result<Format> {
    if let Some(format) = args.format {
        return Ok(match format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
            FormatArg::Csv => Format::Csv,
            FormatArg::Markdown => Format::Markdown,
            FormatArg::Html => Format::Html,
            FormatArg::Openmetrics => {
                return Err(UsageError("--format openmetrics is for `heapgraph census`".to_owned()).into());
            }
            FormatArg::Folded | FormatArg::Speedscope => {
                let message = "--format folded and speedscope are for `heapgraph dominators` and `places`";
                return Err(UsageError(message.to_owned()).into());
            }
        });
    }
    let Some(path) = args.file() else { return Ok(Format::Text) };
    match extension(path).as_str() {
        "txt" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        "md" => Ok(Format::Markdown),
        "html" => Ok(Format::Html),
        other => Err(unknown_extension(path, other, ".txt, .json, .csv, .md or .html")),
    }
}

/// What a file is to hold, when a command can draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Destination {
    /// A report on standard output or in a file.
    Report,
    /// A picture in a file.
    Picture(PictureFormat),
}

/// What the name after `-o` asks for: a picture, unless `--format` or a report's extension says otherwise.
///
/// # Errors
/// [`UsageError`] when the extension is unknown: before any work is done for it.
pub fn destination(args: &OutputArgs) -> anyhow::Result<Destination> {
    let (Some(path), None) = (args.file(), args.format) else { return Ok(Destination::Report) };
    let extension = extension(path);
    match (PictureFormat::of_extension(&extension), extension.as_str()) {
        (Some(picture), _) => Ok(Destination::Picture(picture)),
        (None, "txt" | "md" | "csv" | "html") => Ok(Destination::Report),
        (None, _) => {
            Err(unknown_extension(path, &extension, ".svg, .png, .dot, .mmd, .json, .txt, .md, .csv or .html"))
        }
    }
}

/// How stacks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StacksFormat {
    Folded,
    Speedscope,
    /// A flame graph, as SVG.
    Flame,
}

/// Whether stacks are asked for: by `--format`, or by a name after `-o` that ends with `.svg`.
pub fn stacks_format(args: &OutputArgs) -> Option<StacksFormat> {
    match args.format {
        Some(FormatArg::Folded) => Some(StacksFormat::Folded),
        Some(FormatArg::Speedscope) => Some(StacksFormat::Speedscope),
        Some(_) => None,
        None => args.file().filter(|path| extension(path) == "svg").map(|_| StacksFormat::Flame),
    }
}

/// Writes stacks where the user asked for them; `what` are they of?
pub fn write_stacks(stacks: &[FoldedStack], format: StacksFormat, what: &str, args: &OutputArgs) -> anyhow::Result<()> {
    let bytes = match format {
        StacksFormat::Folded => folded::write(stacks),
        StacksFormat::Speedscope => speedscope::write(what, stacks),
        StacksFormat::Flame => flame::write(what, stacks),
    };
    write_bytes(&bytes, args.file())
}

/// Draws a picture into the file after `-o`.
pub fn write_picture(
    diagram: &Diagram,
    format: PictureFormat,
    picture: &PictureArgs,
    args: &OutputArgs,
) -> anyhow::Result<()> {
    let Some(path) = args.file() else { return Err(UsageError("a picture needs -o FILE".to_owned()).into()) };
    let options = PictureOptions {
        layout: match picture.layout {
            LayoutArg::Auto => Layout::Auto,
            LayoutArg::LayoutRs => Layout::LayoutRs,
            LayoutArg::Native => Layout::Native,
        },
        direction: match picture.direction {
            DirectionArg::Down => Direction::Down,
            DirectionArg::Up => Direction::Up,
            DirectionArg::Right => Direction::Right,
            DirectionArg::Left => Direction::Left,
        },
        theme: match picture.theme {
            ThemeArg::Auto => Theme::Auto,
            ThemeArg::Light => Theme::Light,
            ThemeArg::Dark => Theme::Dark,
        },
        scale: picture.scale.map_or_else(Scale::default, Scale::Exactly),
        max_pixels: picture.max_pixels,
    };
    let drawn = render::picture(diagram, format, &options)?;
    say_notes(&drawn.notes(options.max_pixels), args.quiet);
    write_file(path, &drawn.bytes)
}

/// Shows the file after `-o` with the desktop's program for it, and doesn't wait for it to end.
///
/// # Errors
/// When there is no such program, or it fails at once. The file stays.
pub fn open(args: &OutputArgs) -> anyhow::Result<()> {
    let Some(path) = args.file() else { return Err(UsageError("--open needs -o FILE".to_owned()).into()) };
    open_file(path)
}

/// The same of any file.
///
/// # Errors
/// As [`open`].
pub fn open_file(path: &Path) -> anyhow::Result<()> {
    // A name such as `-x.png` must not be taken for an option of the program.
    let whole = std::path::absolute(path).with_context(|| path.display().to_string())?;
    open::that_detached(&whole)
        .with_context(|| format!("{}: is written, but no program could be started to show it", path.display()))
}

/// The error for a file name that doesn't say its format.
pub fn unknown_extension(path: &Path, extension: &str, known: &str) -> anyhow::Error {
    let found = if extension.is_empty() { "no extension".to_owned() } else { format!("`.{extension}`") };
    UsageError(format!("-o {}: expected a name that ends with {known}, found {found}", path.display())).into()
}

/// The extension in lower case; empty without one.
pub fn extension(path: &Path) -> String {
    path.extension().map_or(String::new(), |extension| extension.to_string_lossy().to_lowercase())
}

/// How text is set on standard output.
pub fn style(color: ColorArg) -> TextStyle {
    let colour = match color {
        ColorArg::Always => true,
        ColorArg::Never => false,
        // Knows NO_COLOR, CLICOLOR, TERM=dumb and whether it is a terminal.
        ColorArg::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let columns = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    TextStyle { colour, columns: columns.map(|(width, _)| usize::from(width.0)) }
}

/// Writes to standard output; a reader that went away is no error.
pub fn write_stdout(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output"),
    }
}

/// Writes a file beside its final name and renames it: it appears whole or not at all. A device or a pipe is written in place; a
/// symbolic link stays, and what it names is written. What comes of a private snapshot is private, too; a file that was there
/// keeps its mode.
pub fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    stream_file(path, |out| out.write_all(bytes))
}

/// The same of what is written piece by piece.
pub fn stream_file<T>(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<T>) -> anyhow::Result<T> {
    let name = path.display();
    let mut mode = None;
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => bail!("{name}: is a folder; name a file in it"),
        Ok(found) if !found.is_file() => {
            let mut device = std::fs::OpenOptions::new().write(true).open(path).with_context(|| name.to_string())?;
            return write(&mut device).with_context(|| name.to_string());
        }
        Ok(found) if input::was_read(&found) => {
            return Err(UsageError(format!("-o {name}: is the snapshot that was read; name another file")).into());
        }
        Ok(found) => mode = Some(found.permissions()),
        Err(_) => {}
    }
    let path = &behind_links(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cannot_write = |error: io::Error| cannot_write(path, &error);
    let mut whole = WholeFile::begin(folder, input::is_private()).map_err(cannot_write)?;
    let written = write(&mut whole.file).map_err(cannot_write)?;
    if let Some(mode) = mode {
        whole.file.set_permissions(mode).map_err(cannot_write)?;
    }
    whole.appear(path).map_err(cannot_write)?;
    Ok(written)
}

/// Counts what goes through.
pub struct Counted<'w> {
    /// Where it goes.
    pub out: &'w mut (dyn Write + Send),
    /// How many bytes these were.
    pub bytes: u64,
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

/// The file that is meant by a name that may be a symbolic link, to something that need not be there.
pub fn behind_links(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = std::fs::read_link(&path) else { break };
        // A target that is not absolute is meant from the link's folder.
        path = path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    path
}

pub fn cannot_write(path: &Path, error: &io::Error) -> anyhow::Error {
    // The name of the temporary file would only confuse.
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission to write there".to_owned(),
        // Not the system's: what was to be written does not fit its format.
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    };
    anyhow::anyhow!("{}: can't be written: {reason}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_file(&path, b"one").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
        let error = write_file(&folder.path().join("none/a.txt"), b"x").unwrap_err().to_string();
        assert!(error.ends_with("none/a.txt: can't be written: its folder does not exist"), "{error}");
        assert!(write_file(folder.path(), b"x").unwrap_err().to_string().contains("is a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_and_a_file_keeps_its_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("below")).unwrap();
        symlink("below/real.txt", at("link.txt")).unwrap();
        write_file(&at("link.txt"), b"one").unwrap();
        assert_eq!(std::fs::read(at("below/real.txt")).unwrap(), b"one");
        std::fs::set_permissions(at("below/real.txt"), std::fs::Permissions::from_mode(0o640)).unwrap();
        write_file(&at("link.txt"), b"two").unwrap();
        assert!(at("link.txt").symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(at("below/real.txt")).unwrap(), b"two");
        assert_eq!(at("below/real.txt").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
}
