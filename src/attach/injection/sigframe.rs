//! The frame from which `rt_sigreturn` puts a borrowed thread back: all its registers and its mask.
//!
//! It is the frame that the kernel itself pushes before a signal handler (`struct rt_sigframe` of
//! `arch/x86/include/asm/sigframe.h`). A diverted thread that ends in `rt_sigreturn` on it goes on
//! where it was, whether or not the tool still lives.

use libc::user_regs_struct;

/// Bytes of `struct ucontext`: flags, link, stack, registers, mask.
const CONTEXT_SIZE: u64 = 304;
/// Where the general registers begin in it (`struct sigcontext`).
const REGISTERS: usize = 40;
const MASK: usize = 296;
/// `UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS`.
const FLAGS: u64 = 1 | 2 | 4;
/// No valid mode: the kernel ignores the alternate stack of the frame and keeps the thread's own.
const KEEP_ALTERNATE_STACK: u32 = 7;
/// AMX tile configuration and data: large, and only allocated for threads that asked.
const AMX: u64 = 1 << 17 | 1 << 18;

/// A frame, laid out for one address.
#[derive(Debug)]
pub(super) struct Frame {
    /// Where the bytes are to stand; a multiple of 64.
    pub(super) address: u64,
    /// The stack pointer with which `rt_sigreturn` is to be called.
    pub(super) context: u64,
    pub(super) bytes: Vec<u8>,
}

/// The longest frame for a thread with this extended state.
pub(super) fn size_limit(extended_state: &[u8]) -> u64 {
    extended_state.len() as u64 + 64 + CONTEXT_SIZE + 8 + 64
}

/// A frame at `address` (rounded up to 64) that restores `registers`, `extended_state` and `mask`.
///
/// The word below [`Frame::context`] holds `return_address`: a function that is entered with the
/// stack pointer there and returns, returns to it.
pub(super) fn build(
    address: u64,
    registers: &user_regs_struct,
    extended_state: &[u8],
    mask: u64,
    return_address: u64,
) -> Frame {
    let address = address.next_multiple_of(64);
    let mut state = extended_state.to_vec();
    let state_size = mark_extended_state(&mut state);
    state.truncate(state_size);
    state.extend_from_slice(&0x4650_5845u32.to_le_bytes()); // FP_XSTATE_MAGIC2

    // [extended state, 64-aligned] … [return address][context, 16-aligned]
    let context = (address + state.len() as u64 + 8).next_multiple_of(16);
    let mut bytes = state;
    bytes.resize((context - 8 - address) as usize, 0);
    bytes.extend_from_slice(&return_address.to_le_bytes());

    let mut body = [0u8; CONTEXT_SIZE as usize];
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
    put(REGISTERS + 184, address); // fpstate
    put(MASK, mask);
    bytes.extend_from_slice(&body);
    Frame { address, context, bytes }
}

/// Writes the software bytes that tell the kernel which parts of an XSAVE area are there; the
/// number of bytes that count.
fn mark_extended_state(state: &mut [u8]) -> usize {
    const SOFTWARE_BYTES: usize = 464;
    const HEADER: usize = 512;
    let word = |state: &[u8], at: usize| u64::from_le_bytes(state[at..at + 8].try_into().unwrap_or_default());
    if state.len() < HEADER + 64 {
        // A processor without XSAVE: 512 bytes of FXSAVE, no software bytes.
        return state.len();
    }
    // `ptrace` hands over the enabled features where a signal frame has its magic.
    let enabled = word(state, SOFTWARE_BYTES);
    let in_use = word(state, HEADER);
    let features = enabled & !(AMX & !in_use);
    let size = extended_state_size(features).min(state.len());
    let software = &mut state[SOFTWARE_BYTES..HEADER];
    software.fill(0);
    software[0..4].copy_from_slice(&0x4650_5853u32.to_le_bytes()); // FP_XSTATE_MAGIC1
    software[4..8].copy_from_slice(&(size as u32 + 4).to_le_bytes());
    software[8..16].copy_from_slice(&features.to_le_bytes());
    software[16..20].copy_from_slice(&(size as u32).to_le_bytes());
    size
}

/// Bytes of a standard-format XSAVE area with `features`: the processor tells where each one ends.
fn extended_state_size(features: u64) -> usize {
    (2..63)
        .filter(|feature| features & (1 << feature) != 0)
        .map(|feature| {
            let part = std::arch::x86_64::__cpuid_count(0xd, feature);
            (part.eax + part.ebx) as usize
        })
        .max()
        .unwrap_or(0)
        .max(576)
}

/// Whether the 8-byte words of `stack` (which begins at `stack_address`) hold the frame of a signal
/// handler that has not returned, given the handlers' return address and the thread's blocked
/// signals now.
///
/// While a handler runs, its own signal is blocked, and the frame holds the mask from before.
pub(super) fn in_signal_handler(stack: &[u8], stack_address: u64, restorer: u64, blocked: u64) -> bool {
    let word =
        |offset: usize| -> Option<u64> { Some(u64::from_le_bytes(stack.get(offset..offset + 8)?.try_into().ok()?)) };
    let first = (stack_address.next_multiple_of(8) - stack_address) as usize;
    (first..stack.len().saturating_sub(7 + CONTEXT_SIZE as usize)).step_by(8).any(|offset| {
        if word(offset) != Some(restorer) {
            return false;
        }
        let context = offset + 8;
        let plausible = word(context).is_some_and(|flags| flags <= 7)
            && word(context + REGISTERS + 144).is_some_and(|segments| segments & 0xffff == 0x33);
        plausible && word(context + MASK).is_some_and(|before| blocked & !before != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_handler_is_told_from_a_finished_one() {
        // SAFETY: all zeroes are a valid `user_regs_struct` (integers only).
        let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
        registers.cs = 0x33;
        let frame = build(0x1000, &registers, &[0; 576], 0b0100, 0xabcdef);
        assert_eq!(frame.context % 16, 0);
        assert!(in_signal_handler(&frame.bytes, frame.address, 0xabcdef, 0b0110));
        assert!(!in_signal_handler(&frame.bytes, frame.address, 0xabcdef, 0b0100));
        assert!(!in_signal_handler(&frame.bytes, frame.address, 0xabcdee, 0b0110));
        assert!(!in_signal_handler(&frame.bytes[..frame.bytes.len() - 300], frame.address, 0xabcdef, 0b0110));
    }
}
