//! Transcripts of the command line, byte for byte. `TRYCMD=overwrite cargo test --test golden` rewrites them.

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("NO_COLOR", "1").env("COLUMNS", "100").case("golden/*.md").run();
}
