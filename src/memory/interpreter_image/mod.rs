//! Where CPython is: the image that holds its runtime, and its version; or in one line why there is none to read.
//!
//! Nothing of the target is run, and nothing is believed that only its file's name says, as long as its memory says more.

mod not_found;
mod python_version;

use std::path::PathBuf;

pub use self::not_found::NotFound;
pub use self::python_version::PythonVersion;
use super::AddressSpace;
use super::bytes::{Bytes, Memory, find_all, range_at};
use super::elf::{Image, ImageFile, Images, Symbol};

/// What starts `_PyRuntime` from 3.13 on.
const COOKIE: &[u8; 8] = b"xdebugpy";
/// Full symbol tables are read up to this many bytes together.
const SYMBOL_TABLE_BUDGET: u64 = 512 << 20;
/// Variables of an image are searched up to this many bytes.
const SEARCHED_VARIABLES: u64 = 64 << 20;

/// The runtime of a CPython: the structure that leads to its interpreters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Address of `_PyRuntime`.
    pub address: u64,
    /// Its bytes; `None` when the image does not tell.
    pub size: Option<u64>,
    /// Which CPython it is.
    pub version: PythonVersion,
    /// How the version is known.
    pub evidence: VersionEvidence,
    /// The last part of the name of the file that holds it, e.g. `libpython3.8.so.1.0`; empty for an image without one.
    pub image: String,
    /// The file as the target's kernel tells it, perhaps with ` (deleted)`; `None` for an image in anonymous memory.
    pub file: Option<PathBuf>,
}

/// How the version of a CPython is known, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionEvidence {
    /// `_Py_DebugOffsets` at the start of `_PyRuntime` (3.13 and later).
    DebugOffsets,
    /// The constant `Py_Version` (3.11 and later).
    Constant,
    /// The text that `Py_GetVersion` returns.
    Text,
    /// The name of the library, the program or its modules: major and minor alone.
    Name,
}

/// Finds the runtime of the CPython in `space`.
///
/// One that was started comes before one that was only loaded; the program before libraries, as for the dynamic linker, and
/// names of Python before others. An embedded CPython
/// is found in whatever image holds it. O(ranges + images), and a few reads for each image; full symbol tables of files
/// are read only when nothing else tells.
pub fn find_runtime(space: &dyn AddressSpace) -> Result<Runtime, NotFound> {
    let found = Images::of(space);
    let mut images: Vec<&Image> = found.images.iter().collect();
    images.sort_by_cached_key(|image| (image.is_program(space) != Some(true), !is_pythons_name(&image.name())));

    let mut places = places(space, &images);
    if places.len() > 1 {
        // A program may load a second CPython and never start it.
        let others: Vec<u64> = places.iter().map(|(_, address, _)| *address).collect();
        places.sort_by_cached_key(|(_, address, size)| !is_started(space, &found, &others, *address, *size));
    }
    let mut refusal = None;
    for (image, address, size) in places {
        match runtime_at(space, image, address, size) {
            Ok(runtime) => return Ok(runtime),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    Err(refusal
        .or_else(|| other_python(space, &images))
        .or_else(|| foreign(&found))
        .unwrap_or_else(|| hidden(space, &images)))
}

/// Places where `_PyRuntime` is, best first; looking stops with the cheapest way that finds any.
fn places<'a>(space: &dyn AddressSpace, images: &[&'a Image]) -> Vec<(&'a Image, u64, Option<u64>)> {
    let known = |size: u64| (size > 0).then_some(size);
    let mut places: Vec<(&Image, u64, Option<u64>)> = Vec::new();
    for image in images {
        if let Some(symbol) = image.exported(space, "_PyRuntime") {
            places.push((image, symbol.address, known(symbol.size)));
        }
    }
    if !places.is_empty() {
        return places;
    }
    // From 3.10 on it has a section of its own.
    for image in images {
        if let Some(section) = image.section(space, ".PyRuntime") {
            places.push((image, section.address, known(section.size)));
        }
    }
    if !places.is_empty() {
        return places;
    }
    let mut budget = SYMBOL_TABLE_BUDGET;
    for image in images {
        let size = image.matching_file(space).as_ref().map_or(0, ImageFile::full_table_size);
        if size > 0 && size <= budget {
            budget -= size;
            if let Some(symbol) = image.symbol(space, "_PyRuntime") {
                return vec![(image, symbol.address, known(symbol.size))];
            }
        }
    }
    // Neither symbols nor a file: from 3.13 on its first bytes are known.
    let memory = Memory(space);
    for image in images {
        for (start, end) in variables(space, image) {
            let cookies = find_all(&memory, start, end - start, COOKIE, 16);
            places.extend(cookies.into_iter().filter(|at| at % 8 == 0).map(|at| (*image, at, None)));
        }
    }
    places
}

/// Whether the runtime at `address` leads to memory that was allocated. One that was only loaded leads into images, and,
/// where the dynamic linker took one `_PyRuntime` for the other, to places that count from another one.
fn is_started(space: &dyn AddressSpace, images: &Images, all: &[u64], address: u64, size: Option<u64>) -> bool {
    const WINDOW: u64 = 1 << 16;
    let ranges = space.ranges();
    let memory = Memory(space);
    let mut buffer = vec![0; WINDOW as usize];
    let size = size.unwrap_or(WINDOW).min(16 * WINDOW);
    let end = address.saturating_add(size);
    let mut at = address;
    while at < end {
        let wanted = (end - at).min(WINDOW) as usize;
        let filled = memory.fill(at, &mut buffer[..wanted]);
        let words =
            buffer[..filled].chunks_exact(8).map(|word| u64::from_le_bytes(std::array::from_fn(|byte| word[byte])));
        let is_allocated = |word: u64| {
            if all.iter().any(|other| word.wrapping_sub(*other) < size) {
                return false;
            }
            let range = range_at(ranges, word).filter(|range| range.writable && images.holding(word).is_none());
            range.is_some_and(|range| range.file.as_deref().is_none_or(|file| file.as_os_str() == "[heap]"))
        };
        if words.into_iter().any(is_allocated) {
            return true;
        }
        if filled < wanted {
            break;
        }
        at += wanted as u64;
    }
    false
}

/// Checks what is at `address` and names its version.
fn runtime_at(space: &dyn AddressSpace, image: &Image, address: u64, size: Option<u64>) -> Result<Runtime, NotFound> {
    let name = image.name();
    let offsets = debug_offsets(space, address);
    let (version, evidence) = match offsets {
        Some((version, _)) => (version, VersionEvidence::DebugOffsets),
        None => version_of(space, image).ok_or_else(|| NotFound::VersionUnknown { image: name.clone() })?,
    };
    if let Some(old) = too_old(version, &name) {
        return Err(old);
    }
    if offsets.is_some_and(|(_, is_free_threaded)| is_free_threaded) {
        return Err(NotFound::FreeThreaded { version, image: name });
    }
    if is_debug_build(space, image, &name, version) {
        return Err(NotFound::DebugBuild { version, image: name });
    }
    let file = image.file().map(PathBuf::from);
    Ok(Runtime { address, size, version, evidence, image: name, file })
}

/// Version and whether it is free-threaded, from the start of `_PyRuntime`; `None` before 3.13.
fn debug_offsets(space: &dyn AddressSpace, address: u64) -> Option<(PythonVersion, bool)> {
    let memory = Memory(space);
    if memory.structure::<[u8; 8]>(address)? != *COOKIE {
        return None;
    }
    let version = PythonVersion::exact(u32::try_from(memory.u64_at(address.checked_add(8)?)?).ok()?);
    let is_known = version.major() == 3 && version.minor() >= 13;
    is_known.then_some((version, memory.u64_at(address.checked_add(16)?)? != 0))
}

/// The version of the CPython in `image`, by everything but its runtime.
fn version_of(space: &dyn AddressSpace, image: &Image) -> Option<(PythonVersion, VersionEvidence)> {
    let memory = Memory(space);
    if let Some(constant) = look_up(space, image, "Py_Version")
        && let Some(hex) = memory.u32_at(constant.address)
        && hex >> 24 == 3
        && hex >> 16 & 0xff >= 11
    {
        return Some((PythonVersion::exact(hex), VersionEvidence::Constant));
    }
    if let Some(version) = version_by_function(space, image).or_else(|| version_by_variable(space, image)) {
        return Some((version, VersionEvidence::Text));
    }
    let soname = image.soname(space).unwrap_or_default();
    let named = PythonVersion::of_name(&soname).or_else(|| PythonVersion::of_name(&image.name()));
    // Modules in C that it has loaded come from a folder with its version.
    let by_modules = || {
        let files = space.ranges().iter().filter_map(|range| range.file.as_deref());
        let mut modules = files.filter(|file| file.components().any(|part| part.as_os_str() == "lib-dynload"));
        modules.find_map(|file| PythonVersion::of_name(&file.to_string_lossy()))
    };
    Some((named.or_else(by_modules)?, VersionEvidence::Name))
}

/// The text that the code of `Py_GetVersion` refers to: `PY_VERSION`, or where the function builds its answer.
fn version_by_function(space: &dyn AddressSpace, image: &Image) -> Option<PythonVersion> {
    let function = look_up(space, image, "Py_GetVersion")?;
    let memory = Memory(space);
    let mut code = [0; 512];
    let size = if function.size == 0 { 128 } else { function.size.min(code.len() as u64) };
    let filled = memory.fill(function.address, &mut code[..size as usize]);
    // Each four bytes may be an address: relative to what follows them, or, in a program that is not relocatable, whole.
    let operands = code[..filled].windows(4).zip(function.address..).filter_map(|(bytes, at)| {
        let operand = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let relative = at.checked_add(4)?.checked_add_signed(i32::from_le_bytes(operand).into())?;
        Some([relative, u32::from_le_bytes(operand).into()])
    });
    let mut addresses = operands.flatten().filter(|address| image.spans(*address));
    addresses.find_map(|address| version_text_at(&memory, address))
}

/// The answer of `Py_GetVersion`, e.g. `3.8.18 (default, …) [GCC …]`, among the image's variables: every CPython asks for it
/// when it starts.
fn version_by_variable(space: &dyn AddressSpace, image: &Image) -> Option<PythonVersion> {
    let memory = Memory(space);
    variables(space, image).into_iter().find_map(|(start, end)| {
        [&b"3."[..], b"2."].into_iter().find_map(|first| {
            let places = find_all(&memory, start, end - start, first, 4096);
            places.into_iter().find_map(|place| {
                let mut text = [0; 128];
                let filled = memory.fill(place, &mut text);
                let text = &text[..filled];
                let has_compiler = text.windows(2).any(|two| two == b"[G" || two == b"[C");
                PythonVersion::parse(text).filter(|_| has_compiler)
            })
        })
    })
}

fn version_text_at(memory: &Memory<'_>, address: u64) -> Option<PythonVersion> {
    let mut text = [0; 24];
    let filled = memory.fill(address, &mut text);
    PythonVersion::parse(&text[..filled])
}

/// The writable parts of an image, up to a limit: first address, and the address behind the last.
pub fn variables(space: &dyn AddressSpace, image: &Image) -> Vec<(u64, u64)> {
    let ranges = space.ranges();
    let mut parts = Vec::new();
    let mut budget = SEARCHED_VARIABLES;
    for (start, end) in image.extents() {
        let first = ranges.partition_point(|range| range.end <= *start);
        for range in ranges[first..].iter().take_while(|range| range.start < *end) {
            let part = (range.start.max(*start), range.end.min(*end));
            if range.writable && part.0 < part.1 && part.1 - part.0 <= budget {
                budget -= part.1 - part.0;
                parts.push(part);
            }
        }
    }
    parts
}

/// Whether it was built with `--with-pydebug` or `--with-trace-refs`: both count all references and complain of negative
/// counts, with a function that no other build has. The name of such a build ends in `d`, at Debian and elsewhere.
fn is_debug_build(space: &dyn AddressSpace, image: &Image, name: &str, version: PythonVersion) -> bool {
    let stem = format!("python{}.{}d", version.major(), version.minor());
    let is_named = [name, &image.soname(space).unwrap_or_default()].into_iter().any(|name| {
        let rest = name.split_once(&stem).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', 'm', '-']))
    });
    is_named || ["_Py_NegativeRefcount", "_Py_RefTotal"].into_iter().any(|name| look_up(space, image, name).is_some())
}

/// A symbol of CPython: where the runtime is exported the others are too, and no file has to be read.
fn look_up(space: &dyn AddressSpace, image: &Image, name: &str) -> Option<Symbol> {
    let exported = image.exported(space, name);
    if exported.is_some() || image.exported(space, "_PyRuntime").is_some() {
        return exported;
    }
    image.symbol(space, name)
}

fn too_old(version: PythonVersion, image: &str) -> Option<NotFound> {
    let image = image.to_owned();
    match (version.major(), version.minor()) {
        (2, _) => Some(NotFound::Python2 { version, image }),
        (3, ..8) => Some(NotFound::TooOld { version, image }),
        _ => None,
    }
}

/// A Python without CPython's runtime: 3.6 and older, or another implementation.
fn other_python(space: &dyn AddressSpace, images: &[&Image]) -> Option<NotFound> {
    for image in images {
        let name = image.name();
        let lower = name.to_lowercase();
        let is_pypy = lower.starts_with("pypy") || lower.starts_with("libpypy");
        if is_pypy || image.exported(space, "pypy_execute_source").is_some() {
            return Some(NotFound::OtherImplementation { name: "PyPy", image: name });
        }
        if lower.starts_with("graalpy") || lower.starts_with("libpythonvm") {
            return Some(NotFound::OtherImplementation { name: "GraalPy", image: name });
        }
    }
    let mut with_version = images.iter().filter(|image| image.exported(space, "Py_GetVersion").is_some());
    with_version.find_map(|image| too_old(version_of(space, image)?.0, &image.name()))
}

/// A program for another processor, when it is Python or everything is for another one.
fn foreign(found: &Images) -> Option<NotFound> {
    let name = |file: &Option<PathBuf>| {
        let name = file.as_deref().and_then(|file| file.file_name()).unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let is_all = found.images.iter().all(|image| image.file().is_none());
    let foreign = found.foreign.iter().find(|foreign| is_all || is_pythons_name(&name(&foreign.file)))?;
    Some(NotFound::Foreign { architecture: foreign.architecture.clone(), image: name(&foreign.file) })
}

/// Nothing leads to a runtime: a Python whose names were all stripped, or none.
fn hidden(space: &dyn AddressSpace, images: &[&Image]) -> NotFound {
    let named = |image: &&&Image| is_pythons_name(&image.name()) || image.exported(space, "Py_GetVersion").is_some();
    let with_answer =
        |image: &&&Image| image.is_program(space) != Some(false) && version_by_variable(space, image).is_some();
    let Some(image) = images.iter().find(named).or_else(|| images.iter().find(with_answer)) else {
        return NotFound::NoPython { images: images.len() };
    };
    let old = version_of(space, image).and_then(|(version, _)| too_old(version, &image.name()));
    old.unwrap_or_else(|| NotFound::RuntimeHidden { image: image.name() })
}

/// `python`, `python3.8`, `libpython3.8.so.1.0`; not the library of the stable interface, `libpython3.so`.
fn is_pythons_name(name: &str) -> bool {
    let rest = name.strip_prefix("lib").unwrap_or(name);
    rest.strip_prefix("python").is_some_and(|rest| {
        name != "libpython3.so"
            && (rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_digit() || first == '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_python_are_known() {
        for name in ["python", "python3", "python3.8", "python3.8-dbg", "libpython3.6m.so.1.0", "python-static"] {
            assert!(is_pythons_name(name), "{name}");
        }
        for name in ["libpython3.so", "pythonic", "libc.so.6", "", "lib"] {
            assert!(!is_pythons_name(name), "{name}");
        }
    }
}
