//! The stack of a borrowed thread, prepared so that it comes back by itself, whatever becomes of the tool.
//!
//! A *step* is one system call, and every step leads to the next by itself: the instruction behind `syscall` is `ret`, which
//! takes its address from the stack, where `rt_sigreturn` is called on a frame that holds the registers of the next step. The
//! frame is the one that the kernel itself pushes before a signal handler (`struct rt_sigframe` of
//! `arch/x86/include/asm/sigframe.h`).
//!
//! ```text
//!  lowest   borrowed    prctl: do orphans become children of this process? If so the next number is that of no call
//!           child       clone into a child that shares all memory
//!           burial      wait4(the child that clone told of)
//!           note        prctl, whose answer says that the thread comes back
//!           own life    all registers, the vector registers and the signal mask of the thread
//!           copying     close_range on a table of files of its own        the child's steps, when it is told so
//!           copy        clone into the copy
//!           end         exit_group                                         the child's step otherwise
//!           copy's end  exit_group
//!  highest  margin and red zone, then the thread's own stack
//! ```
//!
//! The thread's own steps are lowest, as a handler's frame would be pushed below. Child and copy have stack pointers of their
//! own from their first instruction on, so neither ever runs on into code of the program.

use libc::user_regs_struct;

use super::super::AddressSpace;
use super::gadgets::Gadgets;

/// Bytes of `struct ucontext`: flags, link, stack, registers, mask.
const CONTEXT_SIZE: usize = 304;
/// Where the general registers begin in it (`struct sigcontext`).
const REGISTERS: usize = 40;
const RDI: usize = REGISTERS + 8 * 8;
const RAX: usize = REGISTERS + 8 * 13;
const MASK: usize = 296;
/// `UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS`.
const FLAGS: u64 = 1 | 2 | 4;
/// No valid mode: the kernel ignores the alternate stack of the frame and keeps the thread's own.
const KEEP_ALTERNATE_STACK: u32 = 7;
/// AMX tile configuration and data: large, and only allocated for threads that asked.
const AMX: u64 = 1 << 17 | 1 << 18;
/// What the calling convention lets a function use below its stack pointer.
const RED_ZONE: u64 = 128;
/// Untouched space between the red zone and what is written.
const MARGIN: u64 = 256;
/// A process that there is none of: to wait for it is an error at once.
const NO_CHILD: u64 = i32::MAX as u64;

/// What stands in a word before the thread writes there.
const UNTOUCHED: u32 = u32::MAX;

/// Flags of the child that shares the memory: nothing is copied, no signal tells of its end, its number is written down.
const CHILD_FLAGS: u64 = (libc::CLONE_VM | libc::CLONE_FILES | libc::CLONE_PARENT_SETTID) as u64;
/// Flags of the copy: traced by its parent's tracer from its first moment on. It shares its parent's table of files, which
/// has been emptied.
const COPY_FLAGS: u64 = (libc::CLONE_FILES | libc::CLONE_PARENT_SETTID | libc::CLONE_PTRACE) as u64;

/// The prepared stack.
#[derive(Debug)]
pub(super) struct Stack {
    /// Where the bytes are to stand; a multiple of 64.
    pub(super) address: u64,
    pub(super) bytes: Vec<u8>,
    /// The thread's registers for its first step.
    pub(super) first_step: user_regs_struct,
    /// The child's registers for its first step.
    pub(super) childs_first_step: user_regs_struct,
    /// Registers that lead the thread back to its own life at once.
    pub(super) come_back: user_regs_struct,
    /// Where the thread notes that it comes back.
    note: u64,
    /// Where the child notes the number of the copy.
    copy_number: u64,
}

/// What is known of a stopped thread.
#[derive(Debug)]
pub(super) struct Interrupted<'a> {
    pub(super) registers: &'a user_regs_struct,
    pub(super) extended_state: &'a [u8],
    pub(super) mask: u64,
}

/// How many frames there are.
const FRAMES: u64 = 8;
/// From one frame to the next.
const FRAME_SIZE: u64 = (CONTEXT_SIZE as u64 + 8).next_multiple_of(16);
/// Words behind the frames.
const WORDS: u64 = 16;

/// Bytes of stack that are needed below the stack pointer of a thread with this extended state.
pub(super) fn room_needed(extended_state: &[u8]) -> u64 {
    let alignments = 3 * 64;
    extended_state.len() as u64 + FRAMES * FRAME_SIZE + WORDS + alignments + MARGIN + RED_ZONE
}

impl Stack {
    /// Lays out the stack below that of the `thread`.
    pub(super) fn below(thread: &Interrupted, gadgets: Gadgets) -> Self {
        let own = thread.registers;
        let address = (own.rsp - room_needed(thread.extended_state)) & !63;
        // A frame is found by the word below its context, which holds the address that `ret` takes.
        let frame = |number: u64| address + 8 + number * FRAME_SIZE;
        let [child, burial, noting, own_life, copy, end, copys_end] = [0, 1, 2, 3, 4, 5, 6].map(frame);
        let note = frame(FRAMES - 1);
        let copy_number = note + 8;
        let extended_state_at = (note + WORDS).next_multiple_of(64);
        let register_of = |frame: u64, register: usize| frame + 8 + register as u64;

        // Registers for one system call; then `ret` takes the address of the next step from the frame `next`.
        let template = diverted(own);
        let step = |number: libc::c_long, [rdi, rsi, rdx]: [u64; 3], next: u64| {
            let (rip, rax) = (gadgets.system_call, number.cast_unsigned());
            user_regs_struct { rip, rax, rdi, rsi, rdx, r10: 0, r8: 0, r9: 0, rsp: next, ..template }
        };
        let ask = libc::PR_GET_CHILD_SUBREAPER as u64;
        // The answer is 0 or 1, four bytes in the middle of the next step's number: 1 makes it a number of no call.
        let answer = register_of(child, RAX) + 2;
        let first_step = step(libc::SYS_prctl, [ask, answer, 0], child);
        let make_child = step(libc::SYS_clone, [CHILD_FLAGS, end, register_of(burial, RDI)], burial);
        let bury = step(libc::SYS_wait4, [NO_CHILD, 0, libc::__WALL as u64], noting);
        let note_it = step(libc::SYS_prctl, [ask, note, 0], own_life);
        let alone = user_regs_struct { orig_rax: u64::MAX, ..*own };
        const UNSHARE: u64 = 2;
        let childs_first_step = step(libc::SYS_close_range, [0, u64::from(u32::MAX), UNSHARE], copy);
        let make_copy = step(libc::SYS_clone, [COPY_FLAGS, copys_end, copy_number], end);
        let exit = step(libc::SYS_exit_group, [0; 3], end);

        let (state, state_length) = signal_state(thread.extended_state);
        let state_address = if state_length == 0 { 0 } else { extended_state_at };
        let all = u64::MAX;
        let mut bytes = Vec::new();
        for (registers, state_address, mask) in [
            (&make_child, 0, all),
            (&bury, 0, all),
            (&note_it, 0, all),
            (&alone, state_address, thread.mask),
            (&make_copy, 0, all),
            (&exit, 0, all),
            (&exit, 0, all),
        ] {
            // 8 bytes below a multiple of 16, as at the beginning of a handler.
            bytes.resize(bytes.len().next_multiple_of(16) + 8, 0);
            bytes.extend_from_slice(&gadgets.signal_return.to_le_bytes());
            bytes.extend_from_slice(&context(registers, state_address, mask));
        }
        bytes.resize((note - address) as usize, 0);
        bytes.extend_from_slice(&u64::from(UNTOUCHED).to_le_bytes());
        bytes.resize((extended_state_at - address) as usize, 0);
        bytes.extend_from_slice(&state);
        debug_assert!(address + bytes.len() as u64 + MARGIN + RED_ZONE <= own.rsp);

        let come_back = user_regs_struct { rip: gadgets.signal_return, rsp: own_life + 8, ..template };
        Self { address, bytes, first_step, childs_first_step, come_back, note, copy_number }
    }

    /// Whether a thread with this stack pointer is on one of the steps.
    pub(super) fn holds(&self, stack_pointer: u64) -> bool {
        (self.address..self.address + self.bytes.len() as u64).contains(&stack_pointer)
    }

    /// Whether the thread has noted that it comes back.
    pub(super) fn has_come_back(&self, space: &dyn AddressSpace) -> bool {
        half(space, self.note).is_none_or(|note| note != UNTOUCHED)
    }

    /// Whether the child has noted that there is a copy.
    pub(super) fn has_copy(&self, space: &dyn AddressSpace) -> bool {
        half(space, self.copy_number).is_some_and(|number| number != 0)
    }
}

fn half(space: &dyn AddressSpace, address: u64) -> Option<u32> {
    let mut bytes = [0; 4];
    (space.read(address, &mut bytes) == bytes.len()).then(|| u32::from_le_bytes(bytes))
}

/// Registers for something else in the thread's place: no system call to restart, and the flags that the calling convention
/// asks for.
fn diverted(registers: &user_regs_struct) -> user_regs_struct {
    user_regs_struct { orig_rax: u64::MAX, eflags: 0x202, ..*registers }
}

/// The `struct ucontext` that gives a thread these registers.
fn context(registers: &user_regs_struct, extended_state_address: u64, mask: u64) -> [u8; CONTEXT_SIZE] {
    let mut body = [0u8; CONTEXT_SIZE];
    let mut put = |offset: usize, word: u64| body[offset..offset + 8].copy_from_slice(&word.to_le_bytes());
    put(0, FLAGS);
    put(24, u64::from(KEEP_ALTERNATE_STACK));
    let r = registers;
    let general = [
        r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rdi, r.rsi, r.rbp, r.rbx, r.rdx, r.rax, r.rcx, r.rsp,
        r.rip, r.eflags,
    ];
    for (index, word) in general.into_iter().enumerate() {
        put(REGISTERS + 8 * index, word);
    }
    put(REGISTERS + 144, r.cs & 0xffff | (r.ss & 0xffff) << 48);
    put(REGISTERS + 184, extended_state_address);
    put(MASK, mask);
    body
}

/// An extended state as `ptrace` gives it, as a signal frame has it; and how many bytes of it count.
fn signal_state(extended_state: &[u8]) -> (Vec<u8>, usize) {
    const SOFTWARE_BYTES: usize = 464;
    const HEADER: usize = 512;
    const MAGIC_BEFORE: u32 = 0x4650_5853;
    const MAGIC_BEHIND: u32 = 0x4650_5845;
    let mut state = extended_state.to_vec();
    if state.len() < HEADER + 64 {
        // A processor without XSAVE: 512 bytes of FXSAVE, no software bytes.
        let length = state.len();
        return (state, length);
    }
    let word = |at: usize| u64::from_le_bytes(extended_state[at..at + 8].try_into().unwrap_or_default());
    // `ptrace` hands over the enabled features where a signal frame has its magic.
    let (enabled, in_use) = (word(SOFTWARE_BYTES), word(HEADER));
    let features = enabled & !(AMX & !in_use);
    let length = extended_state_size(features).min(state.len());
    let software = &mut state[SOFTWARE_BYTES..HEADER];
    software.fill(0);
    software[0..4].copy_from_slice(&MAGIC_BEFORE.to_le_bytes());
    software[4..8].copy_from_slice(&(length as u32 + 4).to_le_bytes());
    software[8..16].copy_from_slice(&features.to_le_bytes());
    software[16..20].copy_from_slice(&(length as u32).to_le_bytes());
    state.truncate(length);
    state.extend_from_slice(&MAGIC_BEHIND.to_le_bytes());
    (state, length)
}

/// Bytes of a standard-format XSAVE area with `features`: the processor tells where each one ends.
fn extended_state_size(features: u64) -> usize {
    (2..63)
        .filter(|feature| features & (1 << feature) != 0)
        .map(|feature| {
            // SAFETY: every x86-64 processor has the instruction. (Newer compilers know that, and call the function safe.)
            #[allow(unused_unsafe)]
            let part = unsafe { std::arch::x86_64::__cpuid_count(0xd, feature) };
            (part.eax + part.ebx) as usize
        })
        .max()
        .unwrap_or(0)
        .max(576)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(stack: &Stack, address: u64) -> u64 {
        let at = (address - stack.address) as usize;
        u64::from_le_bytes(stack.bytes[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn every_step_leads_on() {
        // SAFETY: all zeroes are a valid `user_regs_struct` (integers only).
        let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
        (registers.rsp, registers.rip, registers.rbx) = (0x7000_0000_1238, 0x1234, 42);
        let gadgets = Gadgets { system_call: 0xaaaa, signal_return: 0xbbbb };
        let extended_state = [0; 2696];
        let thread = Interrupted { registers: &registers, extended_state: &extended_state, mask: 7 };
        let stack = Stack::below(&thread, gadgets);
        let end = stack.address + stack.bytes.len() as u64;
        assert!(end + RED_ZONE + MARGIN <= registers.rsp && stack.address.is_multiple_of(64));
        assert!(stack.address + room_needed(&extended_state) + 64 > registers.rsp);
        // What `ret` finds is `rt_sigreturn`, with the stack pointer at a context; that holds the next registers.
        let context_of = |frame: u64| {
            assert!(stack.holds(frame) && word(&stack, frame) == 0xbbbb && (frame + 8).is_multiple_of(16));
            let register = |index: u64| word(&stack, frame + 8 + REGISTERS as u64 + 8 * index);
            let arguments = [register(8), register(9), register(12)];
            (register(13), register(16), arguments, register(15), word(&stack, frame + 8 + MASK as u64))
        };
        let (prctl, clone, wait4, exit_group) = (157, 56, 61, 231);
        let first = stack.first_step;
        assert_eq!((first.rax, first.rip, first.rdi), (prctl, 0xaaaa, 37));
        let (number, code, [flags, childs_stack, child_number], burial, mask) = context_of(first.rsp);
        assert_eq!((number, code, flags & 0xff, mask), (clone, 0xaaaa, 0, u64::MAX));
        assert_eq!(first.rsi, first.rsp + 8 + RAX as u64 + 2);
        let (number, _, [waited_for, 0, 0x4000_0000], noting, u64::MAX) = context_of(burial) else { panic!() };
        assert_eq!((number, waited_for, child_number), (wait4, NO_CHILD, burial + 8 + RDI as u64));
        let (number, _, [37, note, 0], own_life, u64::MAX) = context_of(noting) else { panic!() };
        assert!(number == prctl && word(&stack, note) == u64::from(UNTOUCHED));
        assert_eq!(context_of(own_life), (0, 0x1234, [0; 3], registers.rsp, 7));
        let state = word(&stack, own_life + 8 + REGISTERS as u64 + 184);
        assert!(state.is_multiple_of(64) && stack.holds(state) && !stack.holds(registers.rsp));
        assert_eq!((stack.come_back.rip, stack.come_back.rsp), (0xbbbb, own_life + 8));

        let (exit, _, _, _, u64::MAX) = context_of(childs_stack) else { panic!() };
        let (number, _, [flags, copys_stack, copy_number], next, u64::MAX) = context_of(stack.childs_first_step.rsp)
        else {
            panic!()
        };
        assert_eq!((exit, number, flags & 0xff, next), (exit_group, clone, 0, childs_stack));
        assert!(context_of(copys_stack).0 == exit_group && copys_stack != childs_stack);
        assert!(stack.holds(copy_number) && word(&stack, copy_number) == 0 && copy_number != note);
    }
}
