"""A program that would notice nearly everything: it counts, and tells the counts when it is asked.

    python untouched.py idle | busy

Each line on stdin is answered with a line of JSON. Whatever happens between two lines and is not of this program's own
making is in the second answer. `busy` has a thread that computes.
"""

import ctypes
import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import threading

kind = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
HOUR = 3600

# Forks: a child of ours, or of anybody's making, leaves its mark in memory that it shares.

forks = mmap.mmap(-1, 3)


def mark(place):
    def count():
        forks[place] += 1

    return count


os.register_at_fork(before=mark(0), after_in_parent=mark(1), after_in_child=mark(2))

# Signals, all that a program can have a handler for.

signals = []
deadly = {signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT}
for number in signal.valid_signals() - deadly:
    signal.signal(number, lambda number, frame: signals.append(number))

# Audit events, but for those of the waiting threads below, which call C, and of the trace function, which looks at frames.

audited = []
watching = False
waiters = set()


def hook(event, arguments):
    prefix = "ctypes." if threading.get_ident() in waiters else "object.__"
    if watching and not event.startswith(prefix):
        audited.append(event)


sys.addaudithook(hook)

# Calls that a stop or a signal would cut short: each lasts until it is woken, and must then give what it gives.

surprises = []
woken = threading.Semaphore(0)
armed = threading.Semaphore(0)


class Words(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long)]


def wait(name, call, expected, tidy):
    waiters.add(threading.get_ident())
    while True:
        armed.release()
        result = call()
        if result != expected:
            surprises.append("%s gave %d, errno %d" % (name, result, ctypes.get_errno()))
        tidy()
        woken.release()


def waiter(name, call, expected, tidy, wake):
    threading.Thread(target=wait, args=(name, call, expected, tidy), daemon=True).start()
    return wake


def one_byte(read_end, write_end):
    return lambda: os.read(read_end, 1), lambda: os.write(write_end, b"x")


def in_select():
    read_end, write_end = os.pipe()
    wanted = bytearray(128)
    wanted[read_end // 8] |= 1 << read_end % 8

    def call():
        descriptors = (ctypes.c_char * 128).from_buffer_copy(wanted)
        return libc.select(read_end + 1, descriptors, None, None, ctypes.byref(Words(HOUR, 0)))

    tidy, wake = one_byte(read_end, write_end)
    return waiter("select", call, 1, tidy, wake)


def in_epoll():
    read_end, write_end = os.pipe()
    poller = select.epoll()
    poller.register(read_end, select.EPOLLIN)
    events = ctypes.create_string_buffer(12)
    tidy, wake = one_byte(read_end, write_end)
    return waiter("epoll_wait", lambda: libc.epoll_wait(poller.fileno(), events, 1, HOUR * 1000), 1, tidy, wake)


def in_recv():
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", HOUR, 0))
    buffer = ctypes.create_string_buffer(1)
    return waiter("recv", lambda: libc.recv(ours.fileno(), buffer, 1, 0), 1, bool, lambda: theirs.send(b"x"))


def in_write():
    """More than a pipe holds: a write that is cut short tells how far it came."""
    read_end, write_end = os.pipe()
    length = 1 << 20
    block = ctypes.create_string_buffer(length)

    def drain():
        left = length
        while left:
            left -= len(os.read(read_end, left))

    return waiter("write", lambda: libc.write(write_end, block, length), length, bool, drain)


wakes = [in_select(), in_epoll(), in_recv(), in_write()]

# What runs in a function that waits: nothing.

events = []


def idle():
    return os.read(0, 100)


def watch_idle():
    if not hasattr(sys, "monitoring"):

        def trace(frame, event, argument):
            if frame.f_code is not idle.__code__:
                return None
            frame.f_trace_opcodes = True
            events.append(event)
            return trace

        sys.settrace(trace)
        return
    monitoring = sys.monitoring
    monitoring.use_tool_id(2, "untouched")
    wanted = 0
    for name in ("PY_START", "PY_RESUME", "PY_RETURN", "LINE", "INSTRUCTION", "CALL"):
        event = getattr(monitoring.events, name)
        monitoring.register_callback(2, event, lambda *arguments, name=name: events.append(name))
        wanted |= event
    monitoring.set_local_events(2, idle.__code__, wanted)


# A thread that computes.

rounds = 0


def work():
    global rounds
    while True:
        if sum(range(3000)) != 4498500:
            surprises.append("a wrong sum")
        rounds += 1


def children():
    """What a program finds that waits for any child."""
    try:
        return "found %d" % os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return "none"


def report():
    with open("/proc/self/maps") as maps:
        mappings = len(maps.readlines())
    return {
        "forks": list(forks[:3]),
        "signals": signals,
        "audited": audited,
        "surprises": surprises,
        "events": events,
        "children": children(),
        "files": sorted(os.listdir("/proc/self/fd")),
        "threads": sorted(os.listdir("/proc/self/task")),
        "mappings": mappings,
        "temporary": os.listdir(tempfile.gettempdir()),
        "answer": sum(range(1000)),
        "rounds": rounds,
    }


def main():
    global watching
    if kind == "busy":
        threading.Thread(target=work, daemon=True).start()
    for _ in wakes:
        armed.acquire()
    watch_idle()
    while True:
        watching = True
        line = idle()
        watching = False
        if not line:
            os._exit(0)
        for wake in wakes:
            wake()
        for _ in wakes:
            woken.acquire()
            armed.acquire()
        answer = json.dumps(report())
        os.write(1, answer.encode() + b"\n")
        del events[:], audited[:]


main()
