//! Where each version of CPython keeps what a heap walker reads: offsets and sizes in bytes, one table for all.
//!
//! Numbers come from CPython's own headers by `generate.py` and `generate.c`, for release builds on 64-bit Linux (x86-64;
//! elsewhere the C library's locks may be larger, which moves what lies behind one in `runtime`). Structs that no header
//! publishes are written by hand there ("By hand"), and were read in live objects of every version. What can't be told by a
//! number, bits that mark a pointer or fields that are valid only now and then, is said at the struct.
//!
//! `size` of a struct that is an object is what its type has in `type_object.basicsize`. Compare them before trusting the
//! fields of a type found by name: a version may grow a struct in a bugfix release (asyncio's in 3.10.6), and a program may
//! bring its own type of that name.
//!
//! Bits of flags and states are counted from 0, the lowest. All reads are of a process that owes us nothing: a number here
//! says where to look, never that what is there is right.

/// In place of an offset: this version has no such field.
pub const ABSENT: u32 = u32::MAX;

macro_rules! cell {
    (-) => {
        super::ABSENT
    };
    ($number:literal) => {
        $number
    };
}

/// Makes the structs out of the lines of `table.rs`, and a [`Layout`] out of each column.
macro_rules! layouts {
    (
        versions: 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15 3.13t 3.14t 3.15t
        $(
            $(#[$about:meta])*
            $group:ident: $name:ident {$(
                $(#[$doc:meta])*
                $field:ident $v8:tt $v9:tt $v10:tt $v11:tt $v12:tt $v13:tt $v14:tt $v15:tt $t13:tt $t14:tt $t15:tt
            )*}
        )*
    ) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[$doc])* pub $field: u32,)*
            }
        )*

        /// What one version keeps where.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Layout {
            $($(#[$about])* pub $group: $name,)*
        }

        pub(super) static V3_8: Layout = Layout { $($group: $name { $($field: cell!($v8),)* },)* };
        pub(super) static V3_9: Layout = Layout { $($group: $name { $($field: cell!($v9),)* },)* };
        pub(super) static V3_10: Layout = Layout { $($group: $name { $($field: cell!($v10),)* },)* };
        pub(super) static V3_11: Layout = Layout { $($group: $name { $($field: cell!($v11),)* },)* };
        pub(super) static V3_12: Layout = Layout { $($group: $name { $($field: cell!($v12),)* },)* };
        pub(super) static V3_13: Layout = Layout { $($group: $name { $($field: cell!($v13),)* },)* };
        pub(super) static V3_14: Layout = Layout { $($group: $name { $($field: cell!($v14),)* },)* };
        pub(super) static V3_15: Layout = Layout { $($group: $name { $($field: cell!($v15),)* },)* };
        pub(super) static T3_13: Layout = Layout { $($group: $name { $($field: cell!($t13),)* },)* };
        pub(super) static T3_14: Layout = Layout { $($group: $name { $($field: cell!($t14),)* },)* };
        pub(super) static T3_15: Layout = Layout { $($group: $name { $($field: cell!($t15),)* },)* };
    };
}

mod releases;
mod table;

pub use releases::candidates;
pub use table::*;

/// The layout of one minor version, of a build with the GIL; `None` when there is no table for it.
pub fn of_version(major: u8, minor: u8) -> Option<&'static Layout> {
    match (major, minor) {
        (3, 8) => Some(&V3_8),
        (3, 9) => Some(&V3_9),
        (3, 10) => Some(&V3_10),
        (3, 11) => Some(&V3_11),
        (3, 12) => Some(&V3_12),
        (3, 13) => Some(&V3_13),
        (3, 14) => Some(&V3_14),
        (3, 15) => Some(&V3_15),
        _ => None,
    }
}

/// The layout of one minor version, of a build without the GIL; `None` when there is no table for it.
///
/// Such builds have no lists of tracked objects: what there is can be found from the roots, and by the allocator's pages.
pub fn of_free_threaded(major: u8, minor: u8) -> Option<&'static Layout> {
    match (major, minor) {
        (3, 13) => Some(&T3_13),
        (3, 14) => Some(&T3_14),
        (3, 15) => Some(&T3_15),
        _ => None,
    }
}
