//! Who holds the locks of the interpreters, asked from outside.

use std::collections::HashMap;

use super::layout::{ABSENT, Layout};
use crate::memory::AddressSpace;
use crate::memory::live::LiveProcess;
use crate::memory::moment::{LockPlace, LockState, Locks};
use crate::memory::process;

/// More interpreters than these are a torn list.
const MOST_INTERPRETERS: usize = 256;
/// Where in the C library's own record of a thread its number is looked for.
const THREAD_RECORD: usize = 2048;

/// The locks of all interpreters of a process.
pub(super) struct InterpreterLocks<'p> {
    process: &'p LiveProcess,
    at: &'p Layout,
    runtime: u64,
    /// Thread numbers by what the thread's state says of itself: its address may be another thread's later.
    tids: HashMap<(u64, u64), i32>,
    /// Where the C library keeps a thread's number, from the start of its record.
    place_of_tid: Option<usize>,
}

impl<'p> InterpreterLocks<'p> {
    pub fn new(process: &'p LiveProcess, at: &'p Layout, runtime: u64) -> Self {
        InterpreterLocks { process, at, runtime, tids: HashMap::new(), place_of_tid: None }
    }

    fn word(&self, address: u64, offset: u32) -> Option<u64> {
        let mut bytes = [0; 8];
        let address = address.checked_add(u64::from(offset))?;
        (self.process.read(address, &mut bytes) == 8).then(|| u64::from_le_bytes(bytes))
    }

    fn half(&self, address: u64, offset: u32) -> Option<u32> {
        let mut bytes = [0; 4];
        let address = address.checked_add(u64::from(offset))?;
        (self.process.read(address, &mut bytes) == 4).then(|| u32::from_le_bytes(bytes))
    }

    /// Addresses of all locks, each once.
    fn locks(&self) -> Option<Vec<u64>> {
        if self.at.runtime.gil != ABSENT {
            return Some(vec![self.runtime + u64::from(self.at.runtime.gil)]);
        }
        let mut locks = Vec::new();
        let mut interpreter = self.word(self.runtime, self.at.runtime.interpreters_head)?;
        for _ in 0..MOST_INTERPRETERS {
            if interpreter == 0 {
                break;
            }
            let lock = self.word(interpreter, self.at.interpreter.gil)?;
            if lock != 0 && !locks.contains(&lock) {
                locks.push(lock);
            }
            interpreter = self.word(interpreter, self.at.interpreter.next)?;
        }
        Some(locks)
    }

    /// How the interpreter knows the thread behind a thread state: by the kernel's number, or the C library's address.
    fn identity(&self, thread: u64) -> Option<u64> {
        let at = &self.at.thread;
        let by_number = at.native_thread_id != ABSENT;
        self.word(thread, if by_number { at.native_thread_id } else { at.thread_id })
    }

    /// The kernel's number of the thread behind a thread state; `None` when there is no such thread any more.
    fn tid(&mut self, thread: u64, identity: u64) -> Option<i32> {
        if let Some(&tid) = self.tids.get(&(thread, identity)) {
            return Some(tid);
        }
        let threads = process::threads(self.process.pid());
        let tid = if self.at.thread.native_thread_id != ABSENT {
            threads.iter().find(|(_, inner)| *inner == identity).map(|(tid, _)| *tid)
        } else {
            self.tid_by_record(identity, &threads)
        }?;
        self.tids.insert((thread, identity), tid);
        Some(tid)
    }

    /// Up to 3.10 the interpreter knows only the C library's address of a thread, whose record holds the number.
    fn tid_by_record(&mut self, record: u64, threads: &[(i32, u64)]) -> Option<i32> {
        let mut bytes = vec![0; THREAD_RECORD];
        let length = self.process.read(record, &mut bytes);
        let numbers: Vec<u32> =
            bytes[..length].chunks_exact(4).map(|n| u32::from_le_bytes([n[0], n[1], n[2], n[3]])).collect();
        let tid_at = |place: usize| {
            let number = u64::from(*numbers.get(place)?);
            threads.iter().find(|(_, inner)| *inner == number).map(|(tid, _)| *tid)
        };
        if let Some(tid) = self.place_of_tid.and_then(tid_at) {
            return Some(tid);
        }
        let place = (0..numbers.len()).find(|&place| tid_at(place).is_some())?;
        self.place_of_tid = Some(place);
        tid_at(place)
    }
}

impl Locks for InterpreterLocks<'_> {
    fn look(&mut self) -> Option<Vec<LockState>> {
        let mut states = Vec::new();
        for lock in self.locks()? {
            let locked = self.half(lock, self.at.gil.locked)?;
            let holder = self.word(lock, self.at.gil.last_holder)?;
            let switches = self.word(lock, self.at.gil.switch_number)?;
            let identity = if holder == 0 { None } else { self.identity(holder) };
            let tid = identity.and_then(|identity| self.tid(holder, identity));
            // Who had it last may take it and let it go again without a trace: a switch is counted only when another thread
            // takes it. So that thread is watched like a holder, as long as it lives.
            let held = locked == 1 || locked == 0 && tid.is_some();
            let holder_tid = if held { tid } else { None };
            let stamp =
                switches ^ holder.rotate_left(20) ^ identity.unwrap_or(0).rotate_left(40) ^ u64::from(locked) << 63;
            let place = LockPlace {
                word: lock.saturating_add(u64::from(self.at.gil.locked)),
                holder: lock.saturating_add(u64::from(self.at.gil.last_holder)),
            };
            states.push(LockState { held, holder_tid, stamp, place: Some(place) });
        }
        Some(states)
    }
}
