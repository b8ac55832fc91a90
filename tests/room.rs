//! A heap that does not fit into memory is refused before it is read, with what it would need.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use heapgraph::snapshot::{ReadErrorKind, Room, Snapshot, Wanted};

#[test]
fn what_does_not_fit_is_refused_with_a_number() {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/leaks.in/snap.json")).unwrap();
    let read = |bytes: u64, progress, wanted| {
        Snapshot::read_within(&file[..], wanted, Room { bytes: Some(bytes), progress }).map(|_| ())
    };
    let error = read(10, None, Wanted::References).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::NoRoom);
    let said = error.to_string();
    assert!(said.contains("the 10 B of free memory") && said.contains("needs about "), "{said}");
    // A count takes hardly any memory.
    assert_eq!(read(10, None, Wanted::Objects), Ok(()));
    // What has been read of a file tells what is to come, once enough of it has been read.
    let fits = (0..).find(|&bytes| read(bytes, None, Wanted::References).is_ok()).unwrap();
    let of_400 = |bytes| Some((400, Arc::new(AtomicU64::new(bytes))));
    assert_eq!(read(fits, of_400(400), Wanted::References), Ok(()));
    assert_eq!(read(fits, of_400(10), Wanted::References), Ok(()));
    assert_eq!(read(fits, of_400(100), Wanted::References).unwrap_err().kind, ReadErrorKind::NoRoom);
    assert_eq!(read(4 * fits, of_400(100), Wanted::References), Ok(()));
}
