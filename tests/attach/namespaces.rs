//! Targets that see other processes and other files than the tool does.
