//! Memory for what is read, in huge pages where the kernel has them: to touch it first is most of the cost of reading.

use std::alloc::{Layout, handle_alloc_error};

use memmap2::MmapMut;

/// So many zero bytes, given back to the system when dropped.
#[derive(Debug)]
pub(super) struct Room(MmapMut);

impl Room {
    /// As any allocation, this ends the program where the system has no memory. O(1): pages come when they are touched.
    pub(super) fn of(bytes: usize) -> Self {
        let Ok(room) = MmapMut::map_anon(bytes.max(1)) else {
            handle_alloc_error(Layout::from_size_align(bytes, 1).unwrap_or(Layout::new::<u64>()));
        };
        // Whoever has no huge pages has small ones.
        let _ = room.advise(memmap2::Advice::HugePage);
        Self(room)
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
