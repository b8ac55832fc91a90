"""A program that a copy is made of: it works, counts what went wrong, and answers a line on stdin with what it sees of itself.

    python moment.py idle | busy | moments | forks | threads | subreaper | seccomp | processes [MIB]

All but `idle` have one busy thread, `threads` has three; `forks` starts children of its own and waits for any; `moments`
sleeps, and works for microseconds in each millisecond: meanwhile it has a lock, whose word stands at a fixed address.
MIB: about how many megabytes of small objects to hold beside.
An answer: `rounds errors signals children files threads mappings`.
"""

import math
import os
import select
import signal
import sys
import threading
import zlib

kind = sys.argv[1]
rounds = 0
errors = 0
signals = 0


def child_ended(number, frame):
    global signals
    signals += 1


signal.signal(signal.SIGCHLD, child_ended)
held = [[number, str(number)] for number in range(int(sys.argv[2]) * 5000 if len(sys.argv) > 2 else 0)]
block = bytes(range(256)) * 4000
floats = [number / 7.0 for number in range(5000)]


def work():
    """Results that differ when a register, a vector register or the stack is not what it was."""
    parts = [{index: [index] for index in range(200)} for _ in range(20)]
    return (
        zlib.crc32(block),
        math.fsum(floats),
        sum(len(part) for part in parts),
        hash("".join(sorted(map(str, range(500))))),
        bytes(bytearray(block)) == block,
        pow(3, 1001, 10**30 + 57),
    )


def fork():
    global errors, signals
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    ended, status = os.waitpid(-1, 0)
    if ended != pid or os.WEXITSTATUS(status) != 7:
        errors += 1
    signals -= 1


expected = work()


def round_of_work():
    global rounds, errors
    if work() != expected:
        errors += 1
    if kind == "forks":
        fork()
    rounds += 1


def children():
    """What a program finds that waits for any child."""
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        return "running" if pid == 0 else str(pid)
    except ChildProcessError:
        return "none"


def answer():
    with open("/proc/self/maps") as maps:
        mappings = len(maps.readlines())
    files = len(os.listdir("/proc/self/fd"))
    tasks = len(os.listdir("/proc/self/task"))
    print(rounds, errors, signals, children(), files, tasks, mappings, flush=True)


def filter_clones():
    """A filter that kills whoever starts a process; threads are let through."""
    import ctypes
    import struct

    load, compare, allow, kill = 0x20, 0x15, 0x7FFF0000, 0x80000000
    clone, fork, vfork = 56, 57, 58
    code = [(load, 0, 0, 0)]
    for number in (clone, fork, vfork):
        code += [(compare, 0, 1, number), (0x06, 0, 0, kill)]
    code.append((0x06, 0, 0, allow))
    raw = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(raw)))
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(38, 1, 0, 0, 0)
    if library.prctl(22, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def become_subreaper():
    import ctypes

    if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0):
        raise OSError("subreaper")


def limit_processes():
    import resource

    os.setgid(54321)
    os.setuid(54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (3, 3))


if kind == "seccomp":
    filter_clones()
if kind == "subreaper":
    become_subreaper()
if kind == "processes":
    limit_processes()
if kind == "threads":

    def forever():
        while True:
            round_of_work()

    for _ in range(3):
        threading.Thread(target=forever, daemon=True).start()

def moments():
    """Work under a lock of this program's own, between sleeps; work and lengths of the sleeps are checked."""
    global rounds, errors
    import ctypes
    import time

    place = 0x200000000000
    library = ctypes.CDLL(None)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    if library.mmap(place, 4096, 3, 0x32, -1, 0) != place:  # private, anonymous, exactly there
        raise OSError("mmap")
    word = ctypes.c_uint32.from_address(place)
    answer()
    while True:
        word.value = 1
        errors += sum(range(100)) != 4950
        word.value = 0
        begin = time.monotonic()
        time.sleep(0.001)
        errors += time.monotonic() - begin < 0.001
        rounds += 1
        if select.select([0], [], [], 0)[0]:
            if not os.read(0, 1000):
                break
            answer()
    os._exit(0)


if kind == "moments":
    moments()
answer()
if kind in ("idle", "threads"):
    for line in sys.stdin:
        if kind == "idle":
            round_of_work()
        answer()
else:
    while True:
        round_of_work()
        if select.select([0], [], [], 0)[0]:
            if not os.read(0, 1000):
                break
            answer()
os._exit(0)
