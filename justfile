# What can be run in this house; `.ci/run` is the gate, and the last recipe is the same.

# List the recipes
default:
    @just --list

# The main job on a real Python process, as in the README
demo:
    cargo run -- demo

# Every test, those of the dumper included, on each Python that is found
test:
    cargo test

# What tells most in three minutes: unit tests and the main job, on one Python, without pictures
quick PYTHON="python3":
    cargo fmt --check
    cargo test --lib -- --skip render::
    HEAPGRAPH_TEST_PYTHON={{PYTHON}} cargo test --test architecture --test main_job
    HEAPGRAPH_TEST_PYTHON={{PYTHON}} cargo test --test dump live::
    HEAPGRAPH_TEST_PYTHON={{PYTHON}} python3 -B tests/dumper/run_all.py test_slots test_harmless

# The dumper's own tests alone
test-dumper *ARGS:
    python3 tests/dumper/run_all.py {{ARGS}}

# Join the dumper's pieces into the file that users copy
join:
    python3 snapshot-dumper/join.py

# Rewrite transcripts and gallery; look at the difference before you commit it
bless:
    TRYCMD=overwrite cargo test --test golden
    HEAPGRAPH_BLESS=1 cargo test --test gallery

# Time and memory beside others
bench:
    cargo build --release
    python3 benches/against_json.py
    cargo bench --bench dominators
    cargo bench --bench pictures -- 26

# The other machines that it is written for: compiles only
targets:
    rustup target add aarch64-unknown-linux-gnu x86_64-unknown-linux-musl
    cargo check --target aarch64-unknown-linux-gnu
    cargo check --target x86_64-unknown-linux-musl

# The gate
ci:
    .ci/run
