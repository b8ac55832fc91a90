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

# The Python package: builds the wheel, installs it in fresh environments, tests it there
test-front-door *ARGS:
    python3 tests/front_door/run.py {{ARGS}}

# Pages of heaps in a browser, and exports in its Memory panel: needs Chromium and npm; pictures of each state go to target/page
test-page:
    cargo build
    npm --prefix tests/page install --no-audit --no-fund --no-package-lock
    node tests/page/browser.mjs target/page
    node tests/page/memory_panel.mjs target/page

# What a release is made of, in target/release-files: wheel for old systems too, sdist, static program, checksums
release:
    rm -rf target/release-files
    python3 -m venv target/release-tools
    target/release-tools/bin/pip install --quiet --disable-pip-version-check "maturin>=1.9,<2" ziglang
    rustup target add x86_64-unknown-linux-musl
    PATH="$PWD/target/release-tools/bin:$PATH" maturin build --release --zig --compatibility manylinux2014 --out target/release-files
    python3 tests/front_door/symbols.py target/release-files/heapgraph-*.whl 2.17
    target/release-tools/bin/maturin sdist --out target/release-files
    CARGO_PROFILE_RELEASE_STRIP=symbols cargo build --release --target x86_64-unknown-linux-musl
    cp target/x86_64-unknown-linux-musl/release/heapgraph target/release-files/heapgraph-x86_64-linux-static
    target/release-files/heapgraph-x86_64-linux-static --version
    cd target/release-files && sha256sum heapgraph* > SHA256SUMS && cat SHA256SUMS

# Join the dumper's pieces into the file that users copy
join:
    python3 snapshot-dumper/join.py

# Rewrite transcripts and gallery; look at the difference before you commit it
bless:
    TRYCMD=overwrite cargo test --test golden
    HEAPGRAPH_BLESS=1 cargo test --test gallery

# Which share of the lines the tests run: Rust (needs cargo-llvm-cov and llvm-tools), the dumper and the Python package
coverage PYTHON="python3":
    cargo llvm-cov --summary-only --lib --test architecture --test golden --test untrusted --test excerpt_cli --test gates --test places --test suspects --test main_job --test pictures --test path_properties --test schema
    {{PYTHON}} tests/coverage.py

# Time and memory beside others
bench:
    cargo build --release
    python3 benches/scale.py
    cargo bench --bench dominators
    cargo bench --bench pictures -- 26

# The other machines that it is written for: compiles only
targets:
    rustup target add aarch64-unknown-linux-gnu x86_64-unknown-linux-musl x86_64-pc-windows-gnu
    cargo check --target aarch64-unknown-linux-gnu
    cargo check --target x86_64-unknown-linux-musl
    cargo check --target x86_64-pc-windows-gnu

# The gate
ci:
    .ci/run
