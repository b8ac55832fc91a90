//! Reading Python processes from outside and from core files: every Python found, gdb's and the kernel's cores, damaged ones.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod damage;
mod elf_in_memory;
mod images;
mod live;
mod synthetic;
mod targets;
mod torn;

use std::path::Path;

use heapgraph::memory::AddressSpace;
use heapgraph::memory::core_file::{CoreErrorKind, CoreFile, Shortfalls};
use heapgraph::memory::elf::Images;
use heapgraph::memory::interpreter_image::{NotFound, find_runtime};
use heapgraph::memory::live::LiveProcess;

use self::live::Live;
use self::targets::{TEXT, Target, copied, pythons};

#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// `length` bytes, all of which must be there.
fn bytes(space: &dyn AddressSpace, address: u64, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    let filled = space.read(address, &mut buffer);
    assert_eq!(filled, length, "{address:#x} is cut");
    buffer
}

/// All exported symbols of interest, as addresses.
fn addresses(space: &dyn AddressSpace) -> Vec<(String, String, u64)> {
    let mut found = Vec::new();
    for image in Images::of(space).images {
        for name in ["_PyRuntime", "Py_GetVersion", "PyDict_Type", "malloc", "pthread_create", "main", "no_such_name"] {
            if let Some(symbol) = image.exported(space, name) {
                assert!(image.spans(symbol.address));
                found.push((image.name(), name.to_owned(), symbol.address));
            }
        }
    }
    found
}

#[test]
fn every_python_is_found_or_refused_by_name() {
    for python in pythons() {
        let target = Target::start(&python);
        let space = Live::of(target.pid());
        let found = find_runtime(&space);
        assert_eq!(found, find_runtime(&LiveProcess::open(target.pid()).unwrap()), "{}", python.version);
        if python.is_known() {
            let runtime = found.unwrap_or_else(|reason| panic!("{}: {reason}", python.version));
            assert_eq!(runtime.address, target.runtime, "{}", python.version);
            assert_eq!(runtime.version.hex, python.hex, "{}", python.version);
            assert_eq!(runtime.version.micro(), python.version.rsplit('.').next().unwrap().parse().ok());
            assert!(runtime.size.is_some_and(|size| size > 100 && size < 4 << 20), "{runtime:?}");
            println!("{}: {:?} in {}", python.version, runtime.evidence, runtime.image);
        } else {
            let reason = found.expect_err(&python.version);
            let line = reason.to_string();
            println!("{line}");
            assert!(line.contains(&format!("Python {} ", python.version)) && !line.contains('\n'), "{line}");
            let is_right = match reason {
                NotFound::Python2 { .. } => python.hex >> 24 == 2,
                NotFound::TooOld { .. } => python.hex >> 24 == 3,
                _ => false,
            };
            assert!(is_right, "{line}");
        }
    }
}

#[test]
fn what_is_no_python_is_told_so() {
    let child = std::process::Command::new("sleep").arg("600").spawn();
    let mut child = child.unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let reason = find_runtime(&Live::of(child.id())).unwrap_err();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(reason, NotFound::NoPython { images } if images > 1), "{reason}");
    assert!(reason.to_string().starts_with("no Python: none of its "), "{reason}");
}

/// A core tells what the live process told.
fn assert_same(core: &Path, target: &Target, live: &Remembered, label: &str) {
    let core = CoreFile::open(core, None).unwrap_or_else(|error| panic!("{label}: {error}"));
    assert_eq!(addresses(&core), live.addresses, "{label}");
    assert_eq!(find_runtime(&core), live.runtime, "{label}");
    assert_eq!(core.pid(), Some(target.pid()), "{label}");
    assert!(core.command().is_some_and(|command| command.contains("python")), "{label}: {:?}", core.command());
    assert!(core.program().is_some_and(|program| live.program.ends_with(program.file_name().unwrap())), "{label}");
    assert_eq!(core.threads().len(), 2, "{label}");
    assert!(core.threads().iter().any(|thread| thread.tid == target.pid()), "{label}");
    for thread in core.threads() {
        // The thread's own structure starts with its address.
        let own = bytes(&core, thread.thread_pointer(), 8);
        assert_eq!(u64::from_le_bytes(own.try_into().unwrap()), thread.thread_pointer(), "{label}");
        assert_eq!(bytes(&core, thread.stack_pointer(), 64).len(), 64);
        assert_eq!(bytes(&core, thread.instruction_pointer(), 16).len(), 16, "{label}: code comes from its file");
    }
    for (address, content) in &live.memory {
        assert!(bytes(&core, *address, content.len()) == *content, "{label}: {address:#x} differs");
    }
    assert_eq!(core.shortfalls(), Shortfalls::default(), "{label}");
}

/// What a live process is compared by.
struct Remembered {
    addresses: Vec<(String, String, u64)>,
    runtime: Result<heapgraph::memory::interpreter_image::Runtime, NotFound>,
    program: std::path::PathBuf,
    memory: Vec<(u64, Vec<u8>)>,
}

impl Remembered {
    fn of(target: &Target) -> Self {
        let space = Live::of(target.pid());
        let runtime = find_runtime(&space);
        let mut memory = vec![(target.text, bytes(&space, target.text, 64 + TEXT.len()))];
        if let Ok(runtime) = &runtime {
            memory.push((runtime.address, bytes(&space, runtime.address, runtime.size.unwrap() as usize)));
        }
        // Code and constants, which cores leave out, and variables.
        for image in Images::of(&space).images.iter().filter(|image| image.file().is_some()) {
            for (start, end) in image.extents() {
                let mut content = vec![0; (end - start).min(1 << 20) as usize];
                let filled = space.read(*start, &mut content);
                content.truncate(filled);
                memory.push((*start, content));
            }
        }
        let program = std::fs::read_link(format!("/proc/{}/exe", target.pid())).unwrap();
        Self { addresses: addresses(&space), runtime, program, memory }
    }
}

#[test]
fn cores_of_gdb_and_of_the_kernel_tell_what_the_live_process_told() {
    for python in pythons() {
        let mut target = Target::start(&python);
        let live = Remembered::of(&target);
        assert!(live.memory[0].1.windows(TEXT.len()).any(|part| part == TEXT));
        if let Some(core) = target.gcore() {
            assert_same(&core, &target, &live, &format!("{} gcore", python.version));
        }
        if let Some(core) = target.abort() {
            assert_same(&core, &target, &live, &format!("{} kernel", python.version));
        }
    }
}

#[test]
fn what_the_filter_leaves_out_is_taken_from_files_or_told() {
    let Some(python) = pythons().into_iter().rfind(|python| python.is_known()) else { return };
    // Nothing, and shared memory alone.
    for bits in ["0x0", "0x2"] {
        let mut target = Target::start(&python);
        target.filter(bits);
        let Some(core) = target.abort() else { return };
        let error = CoreFile::open(&core, None).unwrap_err();
        assert_eq!(error.kind, CoreErrorKind::WithoutHeap);
        println!("{error}");
        assert!(error.to_string().contains("the heap was left out"), "{error}");
    }
    // Without the headers of the images; with all pages of all files.
    for bits in ["0x1", "0x7f"] {
        let mut target = Target::start(&python);
        let live = Remembered::of(&target);
        target.filter(bits);
        let Some(core) = target.abort() else { return };
        assert_same(&core, &target, &live, bits);
    }
}

#[test]
fn a_program_that_was_replaced_is_not_believed() {
    let Some(python) = pythons().into_iter().rfind(|python| python.is_known()) else { return };
    // With headers of the images in the core, and without.
    for bits in ["0x33", "0x1"] {
        let folder = tempfile::tempdir().unwrap();
        let (copy, mut command) = copied(&python, folder.path());
        let mut target = Target::start_by(&mut command, &[]);
        let live = Remembered::of(&target);
        target.filter(bits);
        let Some(core) = target.abort() else { return };
        let code = live.memory.iter().find(|(address, _)| {
            let images = Images::of(&CoreFile::open(&core, None).unwrap()).images;
            images.iter().any(|image| image.name() == "python-copy" && image.start == *address)
        });
        let (start, content) = code.unwrap();
        let is_served = |core: &CoreFile| {
            let mut buffer = vec![0; content.len()];
            core.read(*start, &mut buffer) == content.len() && buffer == *content
        };

        std::fs::remove_file(&copy).unwrap();
        let opened = CoreFile::open(&core, None).unwrap();
        assert_eq!(opened.shortfalls().missing_files, std::slice::from_ref(&copy), "{bits}");
        assert!(!is_served(&opened));

        std::fs::copy("/bin/sh", &copy).unwrap();
        let opened = CoreFile::open(&core, None).unwrap();
        assert_eq!(opened.shortfalls().different_files, std::slice::from_ref(&copy), "{bits}");
        assert!(!is_served(&opened));

        // The program is elsewhere now.
        let opened = CoreFile::open(&core, Some(&python.program)).unwrap();
        assert_eq!(opened.shortfalls(), Shortfalls::default(), "{bits}");
        assert!(is_served(&opened));
        assert_eq!(find_runtime(&opened).unwrap().address, target.runtime);

        let error = CoreFile::open(&core, Some(Path::new("/bin/sh"))).unwrap_err();
        assert_eq!(error.kind, CoreErrorKind::OtherProgram, "{error}");
        let error = CoreFile::open(&core, Some(Path::new("/dev/null"))).unwrap_err();
        assert_eq!(error.kind, CoreErrorKind::OtherProgram, "{error}");
        println!("{error}");
    }
}
