//! The interpreter's own interface for debuggers (PEP 768), from CPython 3.14 on.
