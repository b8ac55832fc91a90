//! The memory that is lent to the target: machine code, the functions it calls, and a stack.
//!
//! Layout: one page of code (read, execute), then data and stack (read, write). The code knows no
//! addresses: it finds everything through the data, whose address it is given in `rbx`.

use std::arch::global_asm;
use std::io;

use super::sigframe::{self, Frame};
use crate::attach::memory::Memory;

const PAGE: u64 = 4096;
const STACK_SIZE: u64 = 64 << 10;
/// Signals 32 and 33 belong to the C library: `setuid` in another thread waits for their handlers.
const ALL_SIGNALS: u64 = !(1 << 31 | 1 << 32);
const MAGIC: u64 = u64::from_le_bytes(*b"heapgrph");

// Offsets into the data page. The assembler text below takes them as constants.
const FUNCTIONS: u64 = 24;
const THREAD_ID: u64 = 128;
const CREATED: u64 = 136;
const STATUS: u64 = 140;
const CANCEL: u64 = 144;
const RELEASED: u64 = 148;
const SIGNALS: u64 = 152;
const CONTEXT: u64 = 160;
const PAUSE: u64 = 168;
const SOURCE_ADDRESS: u64 = 184;
const BASE: u64 = 8;
const LENGTH: u64 = 16;
const PATIENCE: u64 = 192;
const SOURCE: u64 = 256;

/// `CREATED` before the borrowed thread has called `pthread_create`.
const NOT_YET: u32 = u32::MAX;

/// Addresses of the functions in the target, in the order in which the code expects them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Functions {
    /// `pthread_create`, `pthread_self`, `pthread_detach`, `munmap`.
    pub(super) c_library: [u64; 4],
    /// See [`PYTHON_FUNCTIONS`].
    pub(super) python: [u64; 8],
}

/// The functions of the C library, by name.
pub(super) const C_FUNCTIONS: [&str; 4] = ["pthread_create", "pthread_self", "pthread_detach", "munmap"];

/// The functions of the interpreter: all are there from 3.8 to 3.14 with the same signature.
pub(super) const PYTHON_FUNCTIONS: [&str; 8] = [
    "Py_IsInitialized",
    "PyGILState_Ensure",
    "PyGILState_Release",
    "PyDict_New",
    "PyRun_StringFlags",
    "PyDict_Clear",
    "Py_DecRef",
    "PyErr_Clear",
];

/// How far the new thread has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attach) enum Progress {
    /// The kernel has not run it yet.
    NotStarted,
    /// It waits for the global interpreter lock.
    WaitsForGil,
    /// The source runs.
    Runs,
    /// Done; the thread is about to end.
    Done,
    /// There is no initialised interpreter (not yet, or not any more).
    NotInitialized,
    /// The bootstrap itself failed: its outcome could not be written.
    Failed,
}

global_asm!(
    ".pushsection .rodata.heapgraph_attach, \"a\", @progbits",
    ".p2align 4",
    ".globl heapgraph_attach_code",
    ".hidden heapgraph_attach_code",
    "heapgraph_attach_code:",
    // The borrowed thread enters here: rbx = data, rsp = the lent stack.
    // Signals wait meanwhile, and the new thread, which inherits the mask, never handles any.
    "    mov eax, 14",                              // rt_sigprocmask
    "    mov edi, 2",                               // SIG_SETMASK
    "    lea rsi, [rbx + {signals}]",
    "    xor edx, edx",
    "    mov r10d, 8",
    "    syscall",
    "    lea rdi, [rbx + {thread_id}]",
    "    xor esi, esi",
    "    lea rdx, [rip + 20f]",
    "    mov rcx, rbx",
    "    call [rbx + {functions}]",                 // pthread_create
    "    mov [rbx + {created}], eax",
    // Wait for the tool, which puts the thread back better than the frame can: only so long, and
    // by a call that leaves alone what the kernel remembers of an interrupted timed wait.
    "    mov eax, 23", // select
    "    xor edi, edi",
    "    xor esi, esi",
    "    xor edx, edx",
    "    xor r10d, r10d",
    "    lea r8, [rbx + {patience}]",
    "    syscall",
    // Without the tool, back to where it was: registers, vector registers and mask come from the
    // frame.
    "10: mov rsp, [rbx + {context}]",
    "    mov eax, 15",                              // rt_sigreturn
    "    syscall",
    "    jmp 10b",
    // The new thread enters here: rdi = data. It has a stack and thread-local memory of its own.
    "20: push rbx",
    "    push r12",
    "    push r13",
    "    mov rbx, rdi",
    "    call [rbx + {functions} + 8]",             // pthread_self
    "    mov rdi, rax",
    "    call [rbx + {functions} + 16]",            // pthread_detach
    "    mov r13d, 4",                              // NotInitialized
    "    call [rbx + {functions} + 32]",            // Py_IsInitialized
    "    test eax, eax",
    "    jz 60f",
    "    mov dword ptr [rbx + {status}], 1",        // WaitsForGil
    "    call [rbx + {functions} + 40]",            // PyGILState_Ensure
    "    mov r12d, eax",
    "    mov r13d, 3",                              // Done
    // Says that it runs, then looks whether it may: the tool writes and looks in the other order, so
    // that one of the two always sees the other.
    "    mov eax, 2",                               // Runs
    "    xchg dword ptr [rbx + {status}], eax",
    "    cmp dword ptr [rbx + {cancel}], 0",
    "    jne 50f",
    "    call [rbx + {functions} + 56]",            // PyDict_New
    "    mov r13, rax",
    "    test rax, rax",
    "    jz 30f",
    "    mov rdi, [rbx + {source_address}]",
    "    mov esi, 257",                             // Py_file_input
    "    mov rdx, r13",
    "    mov rcx, r13",
    "    xor r8d, r8d",
    "    call [rbx + {functions} + 64]",            // PyRun_StringFlags
    "    push rax",
    "    push rax",
    "    mov rdi, r13",
    "    call [rbx + {functions} + 72]",            // PyDict_Clear: the functions refer to their globals
    "    mov rdi, r13",
    "    call [rbx + {functions} + 80]",            // Py_DecRef
    "    pop rax",
    "    pop rax",
    "    mov r13d, 3",                              // Done
    "    mov rdi, rax",
    "    test rax, rax",
    "    jz 30f",
    "    call [rbx + {functions} + 80]",            // Py_DecRef
    "    jmp 50f",
    "30: call [rbx + {functions} + 88]",            // PyErr_Clear
    "    mov r13d, 5",                              // Failed
    "50: mov edi, r12d",
    "    call [rbx + {functions} + 48]",            // PyGILState_Release
    "60: mov dword ptr [rbx + {status}], r13d",
    // The memory is given back when the borrowed thread has left it and the tool has read it:
    // the tool says so. Without a tool it stays, a few pages: wait 3 s at most.
    "    mov r12d, 3000",
    "70: cmp dword ptr [rbx + {released}], 0",
    "    jne 80f",
    "    mov eax, 35",                              // nanosleep
    "    lea rdi, [rbx + {pause}]",
    "    xor esi, esi",
    "    syscall",
    "    dec r12d",
    "    jnz 70b",
    "    xor eax, eax",
    "    pop r13",
    "    pop r12",
    "    pop rbx",
    "    ret",
    // munmap returns straight to the C library: the code it was called from is gone.
    "80: mov rdi, [rbx + {base}]",
    "    mov rsi, [rbx + {length}]",
    "    mov rax, [rbx + {functions} + 24]",        // munmap
    "    pop r13",
    "    pop r12",
    "    pop rbx",
    "    jmp rax",
    ".globl heapgraph_attach_code_end",
    ".hidden heapgraph_attach_code_end",
    "heapgraph_attach_code_end:",
    ".popsection",
    signals = const SIGNALS,
    thread_id = const THREAD_ID,
    functions = const FUNCTIONS,
    created = const CREATED,
    context = const CONTEXT,
    patience = const PATIENCE,
    status = const STATUS,
    cancel = const CANCEL,
    source_address = const SOURCE_ADDRESS,
    released = const RELEASED,
    pause = const PAUSE,
    base = const BASE,
    length = const LENGTH,
);

unsafe extern "C" {
    static heapgraph_attach_code: u8;
    static heapgraph_attach_code_end: u8;
}

/// The machine code above, as bytes. It is never run in the tool.
fn code() -> &'static [u8] {
    // SAFETY: the two labels enclose one read-only section written above.
    unsafe {
        let start = &raw const heapgraph_attach_code;
        let end = &raw const heapgraph_attach_code_end;
        std::slice::from_raw_parts(start, end.offset_from_unsigned(start))
    }
}

/// Memory lent to the target at `base`; the target itself has mapped it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub(super) base: u64,
    pub(super) length: u64,
}

impl Region {
    /// Bytes that a region needs for a source and a frame of these lengths.
    pub(super) fn length_for(source: &str, frame_size: u64) -> u64 {
        let data = SOURCE + source.len() as u64 + 1 + frame_size;
        PAGE + data.next_multiple_of(PAGE) + STACK_SIZE
    }

    /// The code page, to be made executable.
    pub(super) fn code_length(&self) -> u64 {
        PAGE
    }

    pub(super) fn data(&self) -> u64 {
        self.base + PAGE
    }

    /// The top of the lent stack, aligned as at a call.
    pub(super) fn stack_top(&self) -> u64 {
        self.base + self.length - 64
    }

    /// Fills the region. `frame` is built for the address it is given. The code page must be
    /// filled before it is made unwritable, or be written as a debugger does.
    pub(super) fn fill(
        &self,
        memory: &Memory,
        functions: &Functions,
        source: &str,
        frame: impl FnOnce(u64) -> Frame,
    ) -> io::Result<()> {
        debug_assert!(code().len() as u64 <= PAGE);
        memory.write(self.base, code())?;
        let source_address = self.data() + SOURCE;
        let frame = frame(source_address + source.len() as u64 + 1);
        let mut data = vec![0u8; SOURCE as usize];
        let mut put = |offset: u64, word: u64| {
            data[offset as usize..offset as usize + 8].copy_from_slice(&word.to_le_bytes());
        };
        put(0, MAGIC);
        put(BASE, self.base);
        put(LENGTH, self.length);
        for (index, address) in functions.c_library.iter().chain(&functions.python).enumerate() {
            put(FUNCTIONS + 8 * index as u64, *address);
        }
        put(CREATED, u64::from(NOT_YET));
        put(SIGNALS, ALL_SIGNALS);
        put(CONTEXT, frame.context);
        put(PAUSE + 8, 1_000_000); // 1 ms
        put(PATIENCE + 8, 200_000); // 200 ms
        put(SOURCE_ADDRESS, source_address);
        memory.write(self.data(), &data)?;
        memory.write(source_address, source.as_bytes())?;
        memory.write(frame.address, &frame.bytes)
    }

    /// What `pthread_create` returned; `None` before it has.
    pub(super) fn created(&self, memory: &Memory) -> Option<u32> {
        memory.half(self.data() + CREATED).ok().filter(|result| *result != NOT_YET)
    }

    /// How far the new thread has come; `None` when the region is gone.
    pub(super) fn progress(&self, memory: &Memory) -> Option<Progress> {
        if memory.word(self.data()).ok()? != MAGIC {
            return None;
        }
        match memory.half(self.data() + STATUS).ok()? {
            0 => Some(Progress::NotStarted),
            1 => Some(Progress::WaitsForGil),
            2 => Some(Progress::Runs),
            3 => Some(Progress::Done),
            4 => Some(Progress::NotInitialized),
            _ => Some(Progress::Failed),
        }
    }

    /// Tells the new thread not to begin, should it still wait for the interpreter lock.
    pub(super) fn cancel(&self, memory: &Memory) {
        let _ = memory.write(self.data() + CANCEL, &1u32.to_le_bytes());
    }

    /// Tells the new thread that the tool is done with the region: it may be unmapped.
    pub(super) fn release(&self, memory: &Memory) {
        let _ = memory.write(self.data() + RELEASED, &1u32.to_le_bytes());
    }

    /// Whether `address` lies in the region.
    pub(super) fn contains(&self, address: u64) -> bool {
        (self.base..self.base + self.length).contains(&address)
    }
}

/// The longest frame a thread with this extended state needs.
pub(super) fn frame_size(extended_state: &[u8]) -> u64 {
    sigframe::size_limit(extended_state)
}
