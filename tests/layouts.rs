//! The table of layouts is what the headers of the Pythons on this machine say, and what their live objects show.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use heapgraph::cpython::layout::{ABSENT, Layout, candidates, of_version};

mod pythons;

/// Interpreters whose internal headers are installed, if there is a C compiler; what is passed over is printed.
fn with_headers() -> Vec<PathBuf> {
    if Command::new("cc").arg("--version").output().is_err() {
        println!("skipped: no C compiler `cc` to read CPython's headers with");
        return Vec::new();
    }
    let question =
        "import os, sysconfig; print(os.path.isdir(os.path.join(sysconfig.get_path('include'), 'internal')))";
    let mut found = Vec::new();
    for one in pythons::interpreters() {
        let answer = Command::new(&one.program).args(["-c", question]).output().unwrap();
        if String::from_utf8_lossy(&answer.stdout).trim() == "True" {
            found.push(one.program);
        } else {
            println!("skipped: {} {} has no internal headers", one.program.display(), one.version);
        }
    }
    found
}

#[test]
fn the_table_is_what_the_headers_say() {
    let pythons = with_headers();
    let Some(python) = pythons.last() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cpython/layout/generate.py");
    let output = Command::new(python).arg("-B").arg(script).arg("--check").args(&pythons).output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Reads its own objects as the numbers say; each line of its input is `name number`.
const LOOK: &str = r#"
import asyncio, collections, ctypes, functools, sys, types
at = dict((name, int(number)) for name, number in (line.split() for line in sys.stdin))
def word(object, field): return ctypes.c_size_t.from_address(id(object) + at[field]).value
class Thing: pass
thing, ordered, many = Thing(), collections.OrderedDict(), collections.deque()
ordered[thing] = many.append(thing)
cached = functools.lru_cache()(print)
async def wait(): pass
coroutine = wait()
seen = {
    'object.kind': word(thing, 'object.kind') == id(Thing),
    'type_object.basicsize': word(Thing, 'type_object.basicsize') == Thing.__basicsize__,
    'function.code': word(wait, 'function.code') == id(wait.__code__),
    'dict.used': word({1: 2, 3: 4}, 'dict.used') == 2,
    'mapping_proxy.mapping': word(types.MappingProxyType(at), 'mapping_proxy.mapping') == id(at),
    'lru_cache.func': word(cached, 'lru_cache.func') == id(print),
    'odict.first': ctypes.c_size_t.from_address(word(ordered, 'odict.first') + at['odict_node.key']).value == id(thing),
    'deque.left_block': ctypes.c_size_t.from_address(word(many, 'deque.left_block') + at['deque_block.data'] + 8 * word(many, 'deque.left_index')).value == id(thing),
}
kinds = {'dict': dict, 'list': list, 'set': set, 'function': types.FunctionType, 'code': types.CodeType, 'generator': types.GeneratorType,
    'coroutine': types.CoroutineType, 'exception': BaseException, 'frame_object': types.FrameType, 'module': types.ModuleType, 'heap_type': type,
    'odict': collections.OrderedDict, 'default_dict': collections.defaultdict, 'deque': collections.deque, 'partial': functools.partial,
    'lru_cache': type(cached), 'task': asyncio.Task, 'property': property, 'memory_view': memoryview, 'traceback': types.TracebackType}
seen.update((name + '.size', kind.__basicsize__ == at[name + '.size']) for name, kind in kinds.items())
coroutine.close()
print(*sorted(name for name, right in seen.items() if not right))
"#;

#[test]
fn live_objects_are_where_the_table_says() {
    for python in pythons::interpreters() {
        let numbers: Vec<u8> = python.version.split('.').map(|part| part.parse().unwrap()).collect();
        let wrong: Vec<String> =
            candidates(numbers[0], numbers[1]).iter().map(|layout| differences(&python, layout)).collect();
        assert!(wrong.iter().any(String::is_empty), "{}: not as in any table: {wrong:?}", python.version);
    }
}

/// Names of what an interpreter's own objects show to be elsewhere than a layout says.
fn differences(python: &pythons::Interpreter, layout: &Layout) -> String {
    let mut run = Command::new(&python.program)
        .args(["-B", "-c", LOOK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(fields(layout).as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{} ended with {}", python.version, output.status);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// `group.field number` on each line, out of what a layout prints of itself; absent fields are left out.
fn fields(layout: &Layout) -> String {
    let (mut group, mut lines) = (String::new(), String::new());
    for line in format!("{layout:#?}").lines() {
        let Some((name, value)) = line.trim().trim_end_matches(',').split_once(": ") else { continue };
        match value.parse::<u32>() {
            Ok(ABSENT) => {}
            Ok(number) => lines += &format!("{group}.{name} {number}\n"),
            Err(_) => group = name.to_owned(),
        }
    }
    lines
}

#[test]
fn versions_without_a_table_are_told() {
    assert!(of_version(3, 7).is_none() && of_version(3, 99).is_none() && of_version(2, 7).is_none());
    let (old, new) = (of_version(3, 8).unwrap(), of_version(3, 13).unwrap());
    assert!(old.interpreter_frame.localsplus == ABSENT && new.frame_object.localsplus == ABSENT);
    assert!(old.runtime.gc != ABSENT && old.interpreter.gc == ABSENT);
}
