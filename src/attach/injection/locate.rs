//! Where in the target the interpreter, the C library and their functions are.

use procfs::process::MemoryMaps;

use super::region::{C_FUNCTIONS, Functions, PYTHON_FUNCTIONS};
use crate::attach::AttachError;
use crate::attach::memory::Memory;
use crate::attach::process::{self, Target};
use crate::attach::symbols::{self, MappedFile, SymbolError};
use crate::attach::target_root::TargetRoot;

/// `mov rax, 15; syscall`: what the C library gives the kernel as every handler's return address.
const SIGRETURN: &[u8] = &[0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05];
/// `syscall; ret`.
const SYSTEM_CALL: &[u8] = &[0x0f, 0x05, 0xc3];

/// The code of the target that matters here.
#[derive(Debug)]
pub(in crate::attach) struct Code {
    /// The file that holds the interpreter: `libpython3.x.so` or the program itself.
    pub(super) python: MappedFile,
    /// The C library, with the older `libpthread` and the dynamic linker.
    pub(super) c_library: Vec<MappedFile>,
    pub(super) functions: Functions,
    /// Address of [`SIGRETURN`].
    pub(super) sigreturn: u64,
    /// Address of [`SYSTEM_CALL`].
    pub(super) system_call: u64,
}

/// Finds in the target all that is needed to borrow a thread; nothing is stopped.
pub(in crate::attach) fn locate(target: &Target, memory: &Memory) -> Result<Code, AttachError> {
    let pid = target.pid;
    let maps = target.maps()?;
    let root = target.root().ok();
    let not_python = |reason: String| AttachError::NotPython { pid, program: target.program.clone(), reason };
    let (python, python_functions) = find_python(pid, root.as_ref(), memory, &maps)
        .map_err(|reason| not_python(reason + &process::python_below(pid)))?;

    let is_c_library = |name: &str| {
        ["libc.so", "libc-", "libpthread.so", "libpthread-", "ld-linux", "ld-musl", "ld-2"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let c_library: Vec<MappedFile> =
        symbols::mapped_files(&maps).into_iter().filter(|file| is_c_library(&file.name())).collect();
    if c_library.iter().any(|file| file.path() == python.path()) || c_library.is_empty() {
        return Err(not_python(
            "has its C library built in, and its locks cannot be told apart; use --via gdb".to_owned(),
        ));
    }
    // Before glibc 2.34 the thread functions are in libpthread, `munmap` is in both.
    let from = |name: &'static str| {
        let mut last = None;
        for file in &c_library {
            match symbols::resolve(pid, root.as_ref(), memory, file, [name]) {
                Ok([address]) => return Ok(address),
                Err(error @ SymbolError::Missing { .. }) => last = last.or(Some(error)),
                Err(error) => last = Some(error),
            }
        }
        Err(not_python(format!(
            "cannot start a thread: {}; use --via gdb",
            last.map_or_else(String::new, |e| e.to_string())
        )))
    };
    let mut functions = Functions { c_library: [0; 4], python: python_functions };
    for (slot, name) in functions.c_library.iter_mut().zip(C_FUNCTIONS) {
        *slot = from(name)?;
    }
    let find = |pattern: &[u8]| c_library.iter().find_map(|file| find_bytes(memory, file, pattern));
    let (Some(sigreturn), Some(system_call)) = (find(SIGRETURN), find(SYSTEM_CALL)) else {
        return Err(not_python("has a C library of an unknown kind; use --via gdb".to_owned()));
    };
    Ok(Code { python, c_library, functions, sigreturn, system_call })
}

/// The mapped file that defines the interpreter's functions: `libpython` before the program itself,
/// before anything else with "python" in its path.
fn find_python(
    pid: u32,
    root: Option<&TargetRoot>,
    memory: &Memory,
    maps: &MemoryMaps,
) -> Result<(MappedFile, [u64; 8]), String> {
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let mut candidates: Vec<(u8, MappedFile)> = symbols::mapped_files(maps)
        .into_iter()
        .filter_map(|file| {
            let preference = match file.name() {
                name if name.starts_with("libpython") => 0,
                _ if file.path() == exe => 1,
                name if name.contains("python") && !name.contains(".cpython-") => 2,
                _ => return None,
            };
            Some((preference, file))
        })
        .collect();
    candidates.sort_by_key(|(preference, _)| *preference);
    let mut reasons = Vec::new();
    for (_, file) in candidates {
        match symbols::resolve(pid, root, memory, &file, PYTHON_FUNCTIONS) {
            Ok(functions) => {
                // Found at once in Python 3; searched for in vain only in Python 2.
                let only_in_3 = symbols::resolve(pid, root, memory, &file, ["PyModule_Create2"]);
                if matches!(only_in_3, Err(SymbolError::Missing { .. })) {
                    return Err("runs Python 2; Python 3.8 or newer is needed".to_owned());
                }
                return Ok((file, functions));
            }
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Err(format!("is not a CPython interpreter that can be attached to: {}", reasons.join("; ")))
}

/// The address of `pattern` in the code of `file`.
fn find_bytes(memory: &Memory, file: &MappedFile, pattern: &[u8]) -> Option<u64> {
    file.code().find_map(|map| {
        let (start, end) = map.address;
        let code = memory.bytes_up_to(start, (end - start) as usize);
        let offset = code.windows(pattern.len()).position(|window| window == pattern)?;
        Some(start + offset as u64)
    })
}
