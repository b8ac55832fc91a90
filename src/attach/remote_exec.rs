//! The interpreter's own interface for debuggers (PEP 768), from CPython 3.14 on.
//!
//! A table in the section `.PyRuntime` (`_Py_DebugOffsets`) tells where things are. The path of a
//! script goes into a buffer of the main thread's state, then a flag asks the evaluation loop to run
//! it. Nothing is stopped; but a main thread that waits in a system call only looks when it is done.
//!
//! The table's layout is that of 3.14. A later version may insert fields, so any other is refused
//! rather than guessed, and what is read is checked against itself before the first write.

use std::time::Instant;

use super::memory::Memory;
use super::process::Target;
use super::symbols;
use super::wait::{self, Waiting};
use super::{AttachError, AttachOptions, Attached, Method};

/// The table of 3.14, in 64-bit words.
mod word {
    pub(super) const VERSION: usize = 1;
    pub(super) const INTERPRETERS_HEAD: usize = 5;
    pub(super) const INTERPRETER_SIZE: usize = 6;
    pub(super) const THREADS_MAIN: usize = 10;
    pub(super) const THREAD_SIZE: usize = 22;
    pub(super) const NATIVE_THREAD_ID: usize = 28;
    pub(super) const EVAL_BREAKER: usize = 89;
    pub(super) const SUPPORT: usize = 90;
    pub(super) const ENABLED: usize = 91;
    pub(super) const PENDING_CALL: usize = 92;
    pub(super) const SCRIPT_PATH: usize = 93;
    pub(super) const SCRIPT_PATH_SIZE: usize = 94;
    pub(super) const COUNT: usize = 95;
}

const COOKIE: &[u8; 8] = b"xdebugpy";
/// `_PY_EVAL_PLEASE_STOP_BIT`, in the lowest byte of the eval breaker.
const PLEASE_STOP: u8 = 1 << 5;

/// Where to write in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places {
    script_path: u64,
    script_path_size: u64,
    pending_call: u64,
    eval_breaker: u64,
}

/// Runs `source` in the main thread of a CPython 3.14.
pub(super) fn run(target: &Target, source: &str, options: &AttachOptions) -> Result<Attached, AttachError> {
    let pid = target.pid;
    let failed = |reason: String| AttachError::Failed { pid, method: Method::RemoteExec, reason };
    let unsupported = |reason: String| AttachError::Unsupported {
        what: format!("--via {}", Method::RemoteExec),
        reason,
        instead: "--via ptrace".to_owned(),
    };
    let deadline = Instant::now() + options.timeout;
    target.check_architecture()?;
    let memory = Memory::of(pid).map_err(|error| target.inaccessible(&error))?;
    let root = target.root().ok();
    let runtime = symbols::mapped_files(&target.maps()?)
        .iter()
        .find_map(|file| symbols::section_address(pid, root.as_ref(), file, ".PyRuntime"))
        .ok_or_else(|| unsupported(format!("process {pid} has no CPython 3.14 in it")))?;
    let read = |address, length| memory.bytes(address, length).ok();
    let places = find_places(&read, runtime, target.inner_pid).map_err(unsupported)?;

    let exchange = wait::prepare(target, source, options)?;
    let script = format!("{}\n", exchange.one_liner());
    exchange.write_bootstrap().map_err(|error| failed(error.to_string()))?;
    exchange.write("start.py", script.as_bytes()).map_err(|error| failed(error.to_string()))?;
    let mut path = exchange.path_in_target().join("start.py").into_os_string().into_encoded_bytes();
    path.push(0);
    if path.len() as u64 > places.script_path_size {
        return Err(failed("the path of the exchange folder is too long; name another folder".to_owned()));
    }
    let written = memory
        .write(places.script_path, &path)
        .and_then(|()| memory.write(places.pending_call, &1u32.to_le_bytes()))
        .and_then(|()| memory.bytes(places.eval_breaker, 1))
        // One byte, which holds flags only: what the target counts in the others is not touched.
        .and_then(|flags| memory.write(places.eval_breaker, &[flags[0] | PLEASE_STOP]));
    written.map_err(|error| failed(error.to_string()))?;
    let outcome = wait::until_outcome(target, &exchange, options, deadline, || {
        Waiting::For(
            "its main thread has not come to run Python code (it waits in a system call or in C code)".to_owned(),
        )
    });
    if outcome.is_err() {
        // Withdraw: the script is about to be deleted.
        let _ = memory.write(places.pending_call, &0u32.to_le_bytes());
    }
    wait::finish(target, outcome?, exchange, Method::RemoteExec, Some(std::time::Duration::ZERO), None)
}

/// Follows the table at `runtime` to the main thread's state. `main_thread` is the target's PID in
/// its own namespace: the thread state found must be that thread's.
fn find_places(
    read: &impl Fn(u64, usize) -> Option<Vec<u8>>,
    runtime: u64,
    main_thread: u64,
) -> Result<Places, String> {
    let table = read(runtime, word::COUNT * 8).ok_or("its table of offsets cannot be read")?;
    if !table.starts_with(COOKIE) {
        return Err("its interpreter is older than 3.13".to_owned());
    }
    let entry = |index: usize| u64::from_le_bytes(table[index * 8..index * 8 + 8].try_into().unwrap_or_default());
    let version = entry(word::VERSION);
    let (major, minor) = (version >> 24, version >> 16 & 0xff);
    if (major, minor) != (3, 14) {
        return Err(format!("its interpreter is {major}.{minor}, and only the interface of 3.14 is known"));
    }
    let pointer = |address: u64| -> Result<u64, String> {
        let bytes = read(address, 8).and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(u64::from_le_bytes)
            .filter(|pointer| *pointer != 0)
            .ok_or_else(|| "its state cannot be read".to_owned())
    };
    let (interpreter_size, thread_size) = (entry(word::INTERPRETER_SIZE), entry(word::THREAD_SIZE));
    let support = entry(word::SUPPORT);
    let path_end = support.saturating_add(entry(word::SCRIPT_PATH)).saturating_add(entry(word::SCRIPT_PATH_SIZE));
    let consistent = entry(word::THREADS_MAIN) < interpreter_size
        && entry(word::ENABLED) < interpreter_size
        && entry(word::EVAL_BREAKER) < thread_size
        && entry(word::NATIVE_THREAD_ID) < thread_size
        && support.saturating_add(entry(word::PENDING_CALL)) < thread_size
        && path_end <= thread_size
        && thread_size < 1 << 20
        && interpreter_size < 1 << 28;
    if !consistent {
        return Err("its table of offsets contradicts itself".to_owned());
    }
    let interpreter = pointer(runtime.wrapping_add(entry(word::INTERPRETERS_HEAD)))?;
    let enabled = read(interpreter.wrapping_add(entry(word::ENABLED)), 4).ok_or("its state cannot be read")?;
    if enabled != 1u32.to_le_bytes() {
        return Err(
            "it was started with remote debugging disabled (PYTHON_DISABLE_REMOTE_DEBUG or -X disable-remote-debug)"
                .to_owned(),
        );
    }
    let thread = pointer(interpreter.wrapping_add(entry(word::THREADS_MAIN)))?;
    if pointer(thread.wrapping_add(entry(word::NATIVE_THREAD_ID)))? != main_thread {
        return Err("its main thread's state was not found where expected".to_owned());
    }
    Ok(Places {
        script_path: thread + support + entry(word::SCRIPT_PATH),
        script_path_size: entry(word::SCRIPT_PATH_SIZE),
        pending_call: thread + support + entry(word::PENDING_CALL),
        eval_breaker: thread + entry(word::EVAL_BREAKER),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNTIME: u64 = 0x1000;
    const INTERPRETER: u64 = 0x3000;
    const THREAD: u64 = 0x5000;

    /// A small address space with a table, an interpreter and a main thread with ID 4242.
    fn memory() -> Vec<u8> {
        let mut memory = vec![0; 0x8000];
        let mut put = |address: u64, value: u64| {
            memory[address as usize..address as usize + 8].copy_from_slice(&value.to_le_bytes());
        };
        let table = [
            (0, u64::from_le_bytes(*COOKIE)),
            (word::VERSION, 0x030e_00f0),
            (word::INTERPRETERS_HEAD, 0x800),
            (word::INTERPRETER_SIZE, 0x1000),
            (word::THREADS_MAIN, 0x40),
            (word::THREAD_SIZE, 0x800),
            (word::NATIVE_THREAD_ID, 0xa0),
            (word::EVAL_BREAKER, 0x18),
            (word::SUPPORT, 0x200),
            (word::ENABLED, 0x90),
            (word::PENDING_CALL, 0),
            (word::SCRIPT_PATH, 4),
            (word::SCRIPT_PATH_SIZE, 512),
        ];
        for (index, value) in table {
            put(RUNTIME + index as u64 * 8, value);
        }
        put(RUNTIME + 0x800, INTERPRETER);
        put(INTERPRETER + 0x40, THREAD);
        put(INTERPRETER + 0x90, 1);
        put(THREAD + 0xa0, 4242);
        memory
    }

    fn find(memory: &[u8], main_thread: u64) -> Result<Places, String> {
        let read = |address: u64, length: usize| {
            let start = usize::try_from(address).ok()?;
            Some(memory.get(start..start.checked_add(length)?)?.to_vec())
        };
        find_places(&read, RUNTIME, main_thread)
    }

    #[test]
    fn the_table_leads_to_the_main_thread() {
        let places = find(&memory(), 4242).unwrap();
        assert_eq!(places.script_path, THREAD + 0x204);
        assert_eq!(places.pending_call, THREAD + 0x200);
        assert_eq!(places.eval_breaker, THREAD + 0x18);
        assert_eq!(places.script_path_size, 512);
    }

    #[test]
    fn nothing_is_guessed() {
        let change = |address: u64, value: u64| {
            let mut memory = memory();
            memory[address as usize..address as usize + 8].copy_from_slice(&value.to_le_bytes());
            find(&memory, 4242).unwrap_err()
        };
        let entry = |index: usize| RUNTIME + index as u64 * 8;
        assert!(change(entry(0), 0).contains("older than 3.13"));
        assert!(change(entry(word::VERSION), 0x030f_00a1).contains("3.15"));
        assert!(change(entry(word::SCRIPT_PATH_SIZE), 1 << 40).contains("contradicts"));
        assert!(change(entry(word::SUPPORT), u64::MAX).contains("contradicts"));
        assert!(change(INTERPRETER + 0x90, 0).contains("disabled"));
        assert!(change(INTERPRETER + 0x40, 0x7fff_0000).contains("cannot be read"));
        assert!(change(RUNTIME + 0x800, 0x7fff_0000).contains("cannot be read"));
        assert!(find(&memory(), 1).unwrap_err().contains("not found where expected"));
    }
}
