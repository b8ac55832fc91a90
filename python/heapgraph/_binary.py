"""The program `heapgraph`: where it is, and running it as a child that leaves nothing behind."""

import os
import sys

from heapgraph._errors import BinaryNotFound, HeapgraphError

NAME = "heapgraph.exe" if os.name == "nt" else "heapgraph"


def _candidates():
    """(where, path) of each place in which an installer may have put the program, the likeliest first."""
    yield "beside this Python", os.path.join(os.path.dirname(sys.executable or ""), NAME)
    import sysconfig

    package = os.path.dirname(os.path.abspath(__file__))
    above = os.path.dirname(package)
    yield "the scripts of this Python", os.path.join(sysconfig.get_path("scripts"), NAME)
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    yield (
        "the scripts of the Python behind this environment",
        os.path.join(sysconfig.get_path("scripts", vars=base), NAME),
    )
    if os.path.basename(above) in ("site-packages", "dist-packages"):  # pip install --prefix
        prefix = os.path.dirname(os.path.dirname(os.path.dirname(above)))
        scripts = os.path.basename(sysconfig.get_path("scripts"))
        yield "the scripts of an installation with --prefix", os.path.join(prefix, scripts, NAME)
    yield "beside the package, after pip install --target", os.path.join(above, "bin", NAME)
    user = "%s_user" % os.name if sys.version_info < (3, 10) else sysconfig.get_preferred_scheme("user")
    yield "the scripts of the user", os.path.join(sysconfig.get_path("scripts", scheme=user), NAME)


def find():
    """The path of the program, as text.

    `$HEAPGRAPH_BINARY` comes first, and nothing else is looked at when it is set; then the places of installers, then
    the PATH. Raises BinaryNotFound, which lists them all.
    """
    named = os.environ.get("HEAPGRAPH_BINARY")
    if named:
        if os.path.isfile(named) and os.access(named, os.X_OK):
            return named
        raise BinaryNotFound(["%s ($HEAPGRAPH_BINARY: %s)" % (named, _what_is_wrong(named))])
    looked_at, seen = [], set()
    for where, path in _candidates():
        if path in seen:
            continue
        seen.add(path)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        looked_at.append("%s (%s: %s)" % (path, where, _what_is_wrong(path)))
    import shutil

    found = shutil.which(NAME)
    if found is None:
        raise BinaryNotFound(looked_at + ["the folders of $PATH"])
    return found


def _what_is_wrong(path):
    if not os.path.exists(path):
        return "there is no such file"
    return "is a folder" if os.path.isdir(path) else "may not be executed"


def ask(arguments, data=None, codes=(0,)):
    """Run the program with `arguments` (texts), wait for its end, and return (exit code, its output as text).

    `data` are bytes for its standard input, None for an empty one. An exit code that is not in `codes` raises
    HeapgraphError with the program's own words. Its notes on standard error are dropped when all is well.
    """
    import subprocess

    program = find()
    environment = dict(os.environ, NO_COLOR="1")
    environment.pop("HEAPGRAPH_SNAPSHOT", None)
    try:
        done = subprocess.run(
            [program, *arguments],
            input=b"" if data is None else data,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        raise HeapgraphError(
            "%s can't be run: %s; $HEAPGRAPH_BINARY may name another" % (program, error.strerror)
        ) from None
    if done.returncode not in codes:
        said = done.stderr.decode("utf-8", "replace").strip()
        if "unrecognized subcommand" in said:
            said = "%s has no command %r: it is older than this package; install them together" % (
                program,
                arguments[0],
            )
        raise HeapgraphError(said.replace("heapgraph: error: ", "", 1) or _how_it_ended(done), done.returncode)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _how_it_ended(done):
    if done.returncode < 0:
        return "the program heapgraph was ended by signal %d" % -done.returncode
    return "the program heapgraph ended with exit code %d and said nothing" % done.returncode
