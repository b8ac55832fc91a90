//! Bad input: each kind gets one clear error or a counted note, never a panic, a hang, or memory by claim.

#[allow(dead_code)] // Its numbers alone are needed here.
mod random_heap;

use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::suspects::{self, Thresholds};
use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{Columns, ReadError, ReadErrorKind, Snapshot, Wanted};
use random_heap::Rng;

/// A good snapshot of three objects; members can be replaced.
fn document(chunk: &str, types: &str, shapes: &str, end: &str) -> String {
    format!(
        "{{\"format\":\"heapgraph-snapshot\",\"version\":1,\n\"process\":{{\"pid\":7,\"unknown\":[1]}},\n\
         \"address_base\":4096,\n\"chunks\":[\n{chunk}\n],\n\"types\":{types},\n\"shapes\":{shapes},\n\
         \"roots\":[{{\"kind\":\"module\",\"name\":\"m\",\"address\":0}}],\n\"threads\":[],\n\"surprise\":{{\"a\":[]}},\n\"end\":{end}}}\n"
    )
}

const CHUNK: &str = r#"{"address":[0,64,128],"shape":[0,0,1],"size":[64,64,50],"refcount":[1,1,-1],"reference_count":[2,2,0],"referent":[128,64,128,0],"text_of":[128],"text":["key"],"text_length":[3]}"#;
const TYPES: &str = r#"[{"module":"builtins","name":"dict"},{"module":"builtins","name":"str","base":0}]"#;
const SHAPES: &str = r#"[{"type":0,"slots":["mapping"]},{"type":1,"slots":[]}]"#;
const END: &str = r#"{"objects":3,"references":4,"texts":1,"types":2,"shapes":2,"roots":1}"#;

fn good() -> String {
    document(CHUNK, TYPES, SHAPES, END)
}

fn read(bytes: &[u8]) -> Result<Snapshot, ReadError> {
    let _ = Snapshot::read(bytes, Wanted::Objects);
    let everything = Snapshot::read(bytes, Wanted::References);
    if let Ok(snapshot) = &everything {
        HeapGraph::build(snapshot.clone());
    }
    everything
}

/// The error of a bad file; it must name place, expected and found on one line.
fn refused(bytes: &[u8]) -> ReadError {
    let error = read(bytes).err().unwrap_or_else(|| panic!("accepted: {}", String::from_utf8_lossy(bytes)));
    let line = error.to_string();
    assert!(!error.place.is_empty() && !error.expected.is_empty() && !error.found.is_empty(), "{line}");
    assert!(!line.contains('\n') && line.len() < 500, "{line}");
    error
}

fn with_chunk(chunk: &str) -> Vec<u8> {
    document(chunk, TYPES, SHAPES, END).into_bytes()
}

#[test]
fn the_good_one_is_read() {
    let snapshot = read(good().as_bytes()).unwrap();
    assert_eq!(snapshot.objects.address, [4096, 4160, 4224]);
    assert!(snapshot.objects.referent.iter().eq([4224, 4160, 4224, 4096]));
    assert_eq!(snapshot.texts.iter().next().unwrap().text, "key");
}

#[test]
fn white_space_and_other_line_breaks_do_not_matter() {
    let value: serde_json::Value = serde_json::from_str(&good()).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(read(pretty.as_bytes()).unwrap().objects.address.len(), 3);
    let Ok(snapshot) = read(good().replace(',', " ,\r\n\t").replace(':', " : ").as_bytes()) else {
        panic!("white space was refused")
    };
    assert_eq!(snapshot.objects.address.len(), 3);
}

/// A snapshot that says where its objects were made.
fn traced(allocated_at: &str, files: &str, tracebacks: &str, functions: &str) -> Vec<u8> {
    let chunk = CHUNK.replace("\"text_of\"", &format!("\"allocated_at\":{allocated_at},\"text_of\""));
    let shapes = format!("{SHAPES},\"files\":{files},\"tracebacks\":{tracebacks},\"functions\":{functions}");
    let whole = document(&chunk, TYPES, &shapes, END);
    whole.replace("\"address_base\"", "\"tracemalloc\":{\"frames\":2,\"later\":1},\"address_base\"").into_bytes()
}

#[test]
fn lines_are_read_and_what_is_wrong_with_them_is_said() {
    const ROWS: [&str; 3] = ["[\"a.py\",\"b.py\"]", "[[0,3],[1,7,0,4]]", "[[0,1,2,9,\"f\",\"later\"]]"];
    let with = |at: &str| traced(at, ROWS[0], ROWS[1], ROWS[2]);
    let snapshot = read(&with("[1,-1,0]")).unwrap();
    assert_eq!(snapshot.objects.allocated_at, [1, u32::MAX, 0]);
    assert_eq!(snapshot.allocation_tallies[1].shallow_bytes, 64);
    let graph = HeapGraph::build(snapshot);
    let made = graph.made_at(graph.objects().next().unwrap()).unwrap();
    assert_eq!((made.frames.len(), made.file(made.frames[0]), made.frames[1].line), (2, "b.py", 4));
    // None at all, and tables that nobody needs.
    assert!(read(&with("[]")).unwrap().objects.allocated_at.is_empty());
    assert!(read(&traced("[-1,-1,-1]", "null", "null", "null")).unwrap().allocations.is_empty());

    let places = |bytes: &[u8]| refused(bytes).place;
    assert!(places(&with("[1,0]")).contains("allocated_at"));
    assert!(places(&with("[2,0,0]")).contains("column allocated_at (1 objects)"));
    assert!(places(&with("[4294967294,0,0]")).contains("allocated_at"));
    for wrong in ["[-2,0,0]", "[4294967295,0,0]", "[9223372036854775807,0,0]"] {
        assert!(places(&with(wrong)).contains("column allocated_at, entry 0"), "{wrong}");
    }
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[0]]", "[]")).contains("tracebacks, entry 0"));
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[]]", "[]")).contains("tracebacks, entry 0"));
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[2,1]]", "[]")).contains("tracebacks, entry 0"));
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[0,-1]]", "[]")).contains("tracebacks"));
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[0,1]]", "[[5,1,1,1,\"f\"]]")).contains("functions, entry 0"));
    assert!(places(&traced("[0,0,0]", ROWS[0], "[[0,1]]", "[[0,1]]")).contains("functions"));
}

#[test]
fn empty_files_say_so() {
    assert_eq!(refused(b"").kind, ReadErrorKind::Empty);
    assert_eq!(refused(b" \n\t").kind, ReadErrorKind::Empty);
}

#[test]
fn what_is_not_json_says_where() {
    for text in ["x", "hello", "\u{FEFF}{}", "[1,2]", "12", "\"snap\"", "\0\0\0\0", "<html>"] {
        assert_eq!(refused(text.as_bytes()).kind, ReadErrorKind::NotJson, "{text}");
    }
    let error = refused(&with_chunk(&CHUNK.replace("[0,0,1]", "[0,0 1]")));
    assert_eq!(error.kind, ReadErrorKind::NotJson);
    assert!(error.place.contains("chunk 0, column shape, entry 2"), "{error}");
}

#[test]
fn json_of_another_tool_is_recognised() {
    for text in ["{}", r#"{"a":1}"#, r#"{"snapshot":{"meta":{}},"nodes":[]}"#, r#"{"format":"pyheap","version":1}"#] {
        assert_eq!(refused(text.as_bytes()).kind, ReadErrorKind::OtherFormat, "{text}");
    }
}

#[test]
fn another_version_is_refused_by_name() {
    for version in ["0", "3", "99", "\"1\"", "1.5", "-1", "null", "[]", "18446744073709551616"] {
        let error = refused(good().replace("\"version\":1", &format!("\"version\":{version}")).as_bytes());
        assert_eq!(error.kind, ReadErrorKind::OtherVersion, "{version}: {error}");
        assert_eq!((error.found.as_str(), error.expected.as_str()), (version, "version 1 or 2"));
    }
    let error = refused(good().replace("\"version\":1,", "").as_bytes());
    assert_eq!(error.kind, ReadErrorKind::Damaged);
}

#[test]
fn a_cut_at_any_byte_is_never_taken_for_a_small_file() {
    let good = good();
    for length in 1..good.trim_end().len() {
        let error = refused(&good.as_bytes()[..length]);
        assert_eq!(error.kind, ReadErrorKind::CutOff, "cut at {length}: {error}");
    }
}

#[test]
fn a_cut_gzip_is_cut_off_too() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(good().as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    assert_eq!(read(&whole).unwrap().objects.address.len(), 3);
    for length in 3..whole.len() {
        let error = refused(&whole[..length]);
        assert!(matches!(error.kind, ReadErrorKind::CutOff | ReadErrorKind::Empty), "cut at {length}: {error}");
    }
    let mut broken = whole.clone();
    broken[20] ^= 0xFF;
    refused(&broken);
}

/// The good one as a file of version 2, with its columns packed.
fn good_packed() -> String {
    let mut packed = Vec::new();
    Snapshot::rewrite(good().as_bytes(), &mut packed, Columns::Packed).unwrap();
    String::from_utf8(packed).unwrap()
}

/// All that the chunks of a file say, as text.
fn columns(snapshot: &Snapshot) -> String {
    let objects = &snapshot.objects;
    let (sizes, referents): (Vec<u64>, Vec<u64>) = (objects.size.iter().collect(), objects.referent.iter().collect());
    let texts: Vec<_> = snapshot.texts.iter().collect();
    format!(
        "{:?} {:?} {sizes:?} {:?} {:?} {referents:?} {:?} {:?} {texts:?} {:?} {:?}",
        objects.address,
        objects.shape,
        objects.refcount,
        objects.reference_count,
        objects.mark,
        objects.allocated_at,
        snapshot.external,
        snapshot.tallies,
    )
}

#[test]
fn packed_columns_say_the_same() {
    let (plain, packed) = (read(good().as_bytes()).unwrap(), read(good_packed().as_bytes()).unwrap());
    assert_eq!(columns(&plain), columns(&packed));
    assert!(good_packed().contains("\"version\":2,"));
    // Whoever knows version 1 alone is told so, and never sees a column that is none.
    let error = refused(good_packed().replace("\"version\":2", "\"version\":1").as_bytes());
    assert!(error.place.contains("column address") && error.expected.starts_with("a list, each entry"), "{error}");
}

#[test]
fn what_is_wrong_with_a_packed_column_is_told_with_its_place() {
    let good = good_packed();
    // 0, 64, 128: a shift of 6, then 0, 1, 1.
    assert!(good.contains("\"address\":\"BgACAg==\""), "{good}");
    for (column, expected, place) in [
        ("\"BgACAg=\"", "base64", "column address, entry 0"),
        ("\"BgACAh==\"", "base64", "column address, entry 0"),
        ("\"BgAC Ag=\"", "base64", "column address, entry 0"),
        ("\"BgAC\\nAg==\"", "base64", "column address, entry 0"),
        ("\"Bg==\"", "the rest of a number", "column address, entry 0"),
        ("\"BgACgg==\"", "the rest of a number", "column address, entry 2"),
        ("\"BgACggA=\"", "a number in as few bytes as it takes", "column address, entry 2"),
        ("\"BgAC////////////Ag==\"", "a number of at most 64 bits", "column address, entry 2"),
        ("\"QAACAg==\"", "a shift from 0 to 63", "column address, entry 0"),
        ("\"BgAC\"", "2 entries as in column address", "column shape"),
        ("\"BgACAgI=\"", "4 entries as in column address", "column shape"),
        ("\"\"", "0 entries as in column address", "column shape"),
        // -4097 in place of 64: before the first address.
        ("\"AACBQAI=\"", "an address from 0", "column address, entry 1"),
        ("7", "a list or a packed column, each entry an address", "column address, entry 0"),
        ("null", "a list or a packed column, each entry an address", "column address, entry 0"),
        ("[0,64.5,128]", "i64", "column address, entry 1"),
    ] {
        let error = refused(good.replace("\"BgACAg==\"", column).as_bytes());
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{column}: {error}");
        assert!(error.place.contains(&format!("chunk 0, {place}")), "{column}: {error}");
        assert!(error.expected.contains(expected), "{column}: {error}");
    }
    // -1 of sizes, counts and indices, and an index of 2^32: no number of such a column.
    for (column, value, expected) in [
        ("shape", "AAE=", "an index into shapes"),
        ("shape", "AICAgIAg", "an index into shapes"),
        ("reference_count", "AAE=", "a number of references"),
    ] {
        let begin = good.find(&format!("\"{column}\":\"")).unwrap() + column.len() + 4;
        let end = begin + good[begin..].find('"').unwrap();
        let damaged = format!("{}{value}{}", &good[..begin], &good[end..]);
        let error = refused(damaged.as_bytes());
        assert!(error.place.contains(&format!("column {column}, entry 0")), "{error}");
        assert_eq!(error.expected, expected, "{error}");
    }
    let referents = good.replace("\"referent\":\"", "\"referent\":\"AAAA");
    refused(referents.as_bytes());
    Snapshot::read(referents.as_bytes(), Wanted::Objects).unwrap_err();
}

#[test]
fn a_packed_column_is_not_longer_than_the_format_says() {
    // Zeros of a byte each: 16 MiB of text are as many objects as that has bytes.
    let longest = "A".repeat(16 << 20);
    let error = refused(good_packed().replace("BgACAg==", &longest).as_bytes());
    assert!(error.place.contains("column shape"), "{error}");
    let error = refused(good_packed().replace("BgACAg==", &format!("{longest}AAAA")).as_bytes());
    assert_eq!(error.expected, "a packed column of at most 16777216 characters", "{error}");
}

#[test]
fn any_changed_byte_of_packed_columns_is_read_or_refused_without_a_panic() {
    let good = good_packed().into_bytes();
    for place in 0..good.len() {
        for byte in [b'9', b'A', b'/', b'=', b'"', b'\\', 0xFF] {
            let mut changed = good.clone();
            changed[place] = byte;
            let _ = read(&changed);
        }
    }
    for length in 1..good.trim_ascii_end().len() {
        assert_eq!(refused(&good[..length]).kind, ReadErrorKind::CutOff, "cut at {length}");
    }
}

/// A frame of Zstandard with these bytes.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn zstandard_is_read_of_any_number_of_frames() {
    let good = good();
    let (begin, end) = good.as_bytes().split_at(200);
    // What begins so is for others, and passed over.
    let skippable = [0x5A, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, b'o', b't', b'h', b'e', b'r'];
    for file in [
        zstd(good.as_bytes()),
        [zstd(begin), zstd(end)].concat(),
        [&skippable[..], &zstd(begin), &skippable, &zstd(b""), &zstd(end), &skippable].concat(),
        zstd(good_packed().as_bytes()),
    ] {
        assert_eq!(read(&file).unwrap().objects.address.len(), 3);
        for length in 5..file.len() {
            match Snapshot::read(&file[..length], Wanted::References) {
                // Between the frames, or what is behind the last one.
                Ok(snapshot) => assert!(snapshot.objects.address.len() == 3 && file.ends_with(b"other")),
                Err(error) => assert!(
                    matches!(error.kind, ReadErrorKind::CutOff | ReadErrorKind::Empty),
                    "cut at {length}: {error}"
                ),
            }
        }
    }
}

#[test]
fn damaged_zstandard_is_refused() {
    let whole = zstd(good().repeat(20).replace('\n', " ").as_bytes());
    let mut rng = Rng::new(7);
    for _ in 0..3000 {
        let mut damaged = whole.clone();
        for _ in 0..=rng.below(2) {
            let at = 4 + rng.below(damaged.len() as u64 - 4) as usize;
            damaged[at] = rng.below(256) as u8;
        }
        let _ = Snapshot::read(damaged.as_slice(), Wanted::References);
    }
    let good = zstd(good().as_bytes());
    let mut checksum = good.clone();
    *checksum.last_mut().unwrap() ^= 1;
    let error = refused(&checksum);
    assert_eq!((error.kind, error.expected.as_str()), (ReadErrorKind::Damaged, "compressed data that can be unpacked"));
    assert!(error.found.contains("checksum"), "{error}");
    let error = refused(&[&good[..], b"more"].concat());
    assert!(error.found.contains("something else behind"), "{error}");
    // A window of two gigabytes, and a dictionary that nobody has.
    for header in [&[0x00, 0xA8][..], &[0x01, 0x58, 7]] {
        let error = refused(&[&[0x28, 0xB5, 0x2F, 0xFD], header, &[0x01, 0, 0]].concat());
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{error}");
    }
}

/// Some kilobytes that would be gigabytes: one text, one packed column. Memory stays what the format allows.
#[test]
fn gigabytes_in_a_small_file_are_refused_while_they_are_read() {
    const GIGABYTE: usize = 1 << 30;
    const BLOCK: usize = 128 << 10;
    let block = |length: usize, kind: u32, is_last: bool| {
        let header = (length as u32) << 3 | kind << 1 | u32::from(is_last);
        header.to_le_bytes()[..3].to_vec()
    };
    let bomb = |before: &str| {
        let mut file = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38];
        file.extend(block(before.len(), 0, false));
        file.extend(before.as_bytes());
        for _ in 0..GIGABYTE / BLOCK {
            file.extend(block(BLOCK, 1, false));
            file.push(b'A');
        }
        file.extend(block(0, 0, true));
        file
    };
    let begin = "{\"format\":\"heapgraph-snapshot\",\"version\":2,\"address_base\":0,";
    for before in ["\"types\":[\"", "\"chunks\":[{\"address\":\""] {
        let file = bomb(&format!("{begin}{before}"));
        assert!(file.len() < 40_000);
        let error = refused(&file);
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{error}");
        assert!(error.expected.contains("a text of at most 16777216 bytes"), "{error}");
        assert!(error.place.starts_with(&format!("byte {}", begin.len() + before.len() - 1)), "{error}");
        let Err(error) = Snapshot::rewrite(file.as_slice(), std::io::sink(), Columns::Plain) else { panic!("taken") };
        assert!(error.to_string().contains("a text of at most"), "{error}");
    }
}

#[test]
fn something_behind_the_document_is_refused() {
    assert_eq!(refused(format!("{}{}", good(), good()).as_bytes()).kind, ReadErrorKind::NotJson);
}

#[test]
fn columns_must_be_equally_long() {
    for (from, to) in [
        ("\"shape\":[0,0,1]", "\"shape\":[0,0]"),
        ("\"size\":[64,64,50]", "\"size\":[64,64,50,1]"),
        ("\"refcount\":[1,1,-1]", "\"refcount\":[]"),
        ("\"reference_count\":[2,2,0]", "\"reference_count\":[2,2]"),
        ("\"text_of\":[128]", "\"mark\":[1,2],\"text_of\":[128]"),
        ("\"reference_count\":[2,2,0]", "\"reference_count\":[2,2,1]"),
        ("\"reference_count\":[2,2,0]", "\"reference_count\":[2,4294967295,4294967295]"),
        ("\"text\":[\"key\"]", "\"text\":[]"),
        ("\"text_length\":[3]", "\"text_length\":[3,4]"),
        ("\"address\":[0,64,128],", ""),
        ("\"size\":[64,64,50]", "\"size\":[64,64,50],\"size\":[64,64,50]"),
    ] {
        let changed = CHUNK.replace(from, to);
        assert_ne!(changed, CHUNK, "{from}");
        let result = Snapshot::read(&with_chunk(&changed)[..], Wanted::References);
        let error = result.err().unwrap_or_else(|| panic!("accepted: {changed}"));
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{to}: {error}");
        assert!(error.place.contains("chunk 0"), "{error}");
    }
}

#[test]
fn numbers_out_of_range_are_refused_with_their_place() {
    for (from, to, place) in [
        ("[0,64,128],\"shape\"", "[0,64.0,128],\"shape\"", "column address, entry 1"),
        ("[0,64,128],\"shape\"", "[0,\"64\",128],\"shape\"", "column address, entry 1"),
        ("[0,64,128],\"shape\"", "[0,-4097,128],\"shape\"", "column address, entry 1"),
        ("[0,64,128],\"shape\"", "[0,18446744073709551615,128],\"shape\"", "column address, entry 1"),
        ("[0,64,128],\"shape\"", "[0,1e400,128],\"shape\"", "column address"),
        ("[64,64,50]", "[64,-1,50]", "column size, entry 1"),
        ("[64,64,50]", "[64,18446744073709551616,50]", "column size, entry 1"),
        ("[0,0,1]", "[0,0,-1]", "column shape, entry 2"),
        ("[0,0,1]", "[0,0,4294967296]", "column shape, entry 2"),
        ("[1,1,-1]", "[1,-3,-1]", "column refcount, entry 1"),
        ("[2,2,0]", "[2,2,4294967296]", "column reference_count, entry 2"),
        ("[128,64,128,0]", "[128,64,128,null]", "column referent, entry 3"),
        ("\"text_of\"", "\"mark\":[1,256,0],\"text_of\"", "column mark, entry 1"),
    ] {
        let changed = CHUNK.replacen(from, to, 1);
        assert_ne!(changed, CHUNK, "{from}");
        let error = Snapshot::read(&with_chunk(&changed)[..], Wanted::References).unwrap_err();
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{to}: {error}");
        assert!(error.place.contains(place), "{to}: {error}");
    }
}

#[test]
fn indices_must_be_inside_their_tables() {
    let error = refused(&with_chunk(&CHUNK.replace("[0,0,1]", "[0,0,2]")));
    assert_eq!((error.kind, error.expected.as_str()), (ReadErrorKind::Damaged, "an index below 2"));
    refused(document(CHUNK, TYPES, &SHAPES.replace("\"type\":1", "\"type\":2"), END).as_bytes());
    refused(document(CHUNK, &TYPES.replace("\"base\":0", "\"base\":9"), SHAPES, END).as_bytes());
    refused(document(CHUNK, TYPES, &SHAPES.replace("[\"mapping\"]", "[\"mapping\",\"sequence\"]"), END).as_bytes());
}

#[test]
fn totals_must_add_up() {
    for (from, to) in [
        ("\"objects\":3", "\"objects\":4"),
        ("\"objects\":3", "\"objects\":1000000000000000000"),
        ("\"references\":4", "\"references\":3"),
        ("\"types\":2", "\"types\":3"),
        ("\"shapes\":2", "\"shapes\":1"),
        ("\"roots\":1", "\"roots\":0"),
    ] {
        let error = refused(document(CHUNK, TYPES, SHAPES, &END.replace(from, to)).as_bytes());
        assert_eq!(error.kind, ReadErrorKind::Damaged, "{error}");
        assert!(error.place.contains("end"), "{error}");
    }
    let without_end = good().replace("\"end\"", "\"fin\"");
    assert_eq!(refused(without_end.as_bytes()).kind, ReadErrorKind::CutOff);
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let unknown = good().replace("{\"a\":[]}", &deep);
    assert_eq!(read(unknown.as_bytes()).unwrap().objects.address.len(), 3, "an unknown key may hold anything");
    refused(&with_chunk(&CHUNK.replace("[64,64,50]", &deep)));
    refused(good().replace("\"pid\":7", &format!("\"pid\":{deep}")).as_bytes());
}

#[test]
fn surrogates_and_control_characters_are_tamed() {
    let text = "\"\\ud800\\u0000\\u001b[31m\\udfff\"";
    let snapshot = read(&with_chunk(&CHUNK.replace("\"key\"", text).replace("[3]", "[8]"))).unwrap();
    assert_eq!(snapshot.texts.iter().next().unwrap().text, "\u{FFFD}\0\u{1b}[31m\u{FFFD}");
    let error = refused(good().replace("\"format\"", "\"\\u001b[31m\\n\"").as_bytes());
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
}

#[test]
fn duplicate_addresses_are_counted_and_left_out() {
    let file = with_chunk(&CHUNK.replacen("[0,64,128]", "[0,0,128]", 1));
    let graph = HeapGraph::build(read(&file).unwrap());
    assert_eq!(graph.anomalies.file.duplicate_objects, 1);
    assert_eq!(graph.object_count(), 2);
    assert_eq!(graph.reference_count(), 2, "the references of the left out object go with it");
    let census = Snapshot::read(&file[..], Wanted::Objects).unwrap();
    assert_eq!(census.oddities.duplicate_objects, 1);
    assert_eq!(census.tallies.iter().map(|tally| tally.objects).sum::<u64>(), 2);
}

#[test]
fn dangling_references_are_counted() {
    let snapshot = read(&with_chunk(&CHUNK.replace("[128,64,128,0]", "[128,64,128,9999]"))).unwrap();
    let graph = HeapGraph::build(snapshot);
    assert_eq!(graph.anomalies.dangling_references, 1);
    assert_eq!(graph.reference_count(), 4);
}

#[test]
fn references_that_do_not_fit_their_shape_are_counted() {
    let odd = CHUNK.replace("[2,2,0]", "[3,1,0]");
    assert_eq!(read(&with_chunk(&odd)).unwrap().oddities.misfitting_objects, 2);
    let shapes = SHAPES.replace("[\"mapping\"]", "[\"tree of a later version\"]");
    assert_eq!(read(document(CHUNK, TYPES, &shapes, END).as_bytes()).unwrap().oddities.unknown_segments, 1);
}

#[test]
fn any_changed_byte_is_read_or_refused_without_a_panic() {
    let good = good().into_bytes();
    for place in 0..good.len() {
        for byte in [b'9', b'"', b'[', b'}', b',', 0xFF] {
            let mut changed = good.clone();
            changed[place] = byte;
            let _ = read(&changed);
        }
    }
}

/// What `fuzz/fuzz_targets/reader.rs` does, in a bounded run: the seeds, and what random damage makes of them.
#[test]
fn damaged_seeds_are_refused_or_answered() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/reader");
    let mut files: Vec<_> = std::fs::read_dir(seeds).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    let mut rng = Rng::new(1);
    let mut answered = 0;
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        Snapshot::read(whole.as_slice(), Wanted::References)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for _ in 0..2000 {
            let mut bytes = whole.clone();
            for _ in 0..=rng.below(3) {
                let at = rng.below(bytes.len() as u64) as usize;
                match rng.below(4) {
                    // Another digit changes a number, not the grammar.
                    0 => {
                        let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
                        bytes[digits[rng.below(digits.len() as u64) as usize]] = b'0' + rng.below(10) as u8;
                    }
                    1 => bytes[at] = rng.below(256) as u8,
                    2 => drop(bytes.splice(at..at, *b"-1")),
                    _ => drop(bytes.remove(at)),
                }
            }
            let Ok(snapshot) = Snapshot::read(bytes.as_slice(), Wanted::References) else { continue };
            answered += 1;
            let mut packed = Vec::new();
            Snapshot::rewrite(bytes.as_slice(), &mut packed, Columns::Packed).unwrap();
            let again = Snapshot::read(packed.as_slice(), Wanted::References).unwrap();
            assert_eq!(columns(&again), columns(&snapshot));
            let graph = HeapGraph::build(snapshot);
            let heap = Explored::of(&graph);
            for path in graph.objects().filter_map(|object| heap.path(object)) {
                heap.expression(&path);
            }
            suspects::find(&heap, &Thresholds::default());
        }
    }
    assert!(answered > 1000, "{answered}");
}
