//! Any bytes as a core file, and any heap in it: `cargo +nightly fuzz run core`. Small real cores make a good corpus.
#![no_main]

use std::io::Write;

use heapgraph::cpython::{WalkOptions, read_heap};
use heapgraph::memory::AddressSpace;
use heapgraph::memory::core_file::CoreFile;
use heapgraph::memory::interpreter_image::find_runtime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let core = match CoreFile::open(file.path(), None) {
        Ok(core) => core,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    assert!(core.ranges().windows(2).all(|pair| pair[0].end <= pair[1].start));
    if let Ok(runtime) = find_runtime(&core)
        && let Ok(snapshot) = read_heap(&core, &runtime, &WalkOptions::default())
    {
        // Each object takes two words at least.
        assert!(snapshot.objects.address.len() <= bytes.len() / 16 + 1000);
    }
});
