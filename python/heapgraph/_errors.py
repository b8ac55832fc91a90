"""The errors of this package: each says what was expected, what was found, and what to do."""


class HeapgraphError(Exception):
    """The program `heapgraph` could not answer. The message is its own: what was asked for, and what to do.

    `exit_code` is the program's (1 error, 2 usage), None when it was not started or did not end by itself.
    """

    def __init__(self, message, exit_code=None):
        super().__init__(message)
        self.exit_code = exit_code


class BinaryNotFound(HeapgraphError, FileNotFoundError):
    """The program `heapgraph` is not where it was looked for. `looked_at` lists all these places, in order."""

    def __init__(self, looked_at):
        self.looked_at = list(looked_at)
        super().__init__(
            "the program heapgraph is in none of these places:\n%s\n"
            "install the wheel of heapgraph, or name the program in $HEAPGRAPH_BINARY"
            % "\n".join("  " + place for place in self.looked_at)
        )


for _public in (HeapgraphError, BinaryNotFound):  # by the name under which it can be caught
    _public.__module__ = "heapgraph"
