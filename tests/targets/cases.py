"""A program in one of the situations in which heaps have been read wrongly, or programs harmed.

    python cases.py CASE

It holds 777 things, prints a line when it is in the situation, and answers each line on stdin with `fine`, or with what is
wrong in it.
"""

import ctypes
import os
import resource
import signal
import struct
import sys
import threading

wrong = []
libc = ctypes.CDLL(None, use_errno=True)


class Thing:
    def __init__(self, number=0):
        self.number = number


things = [Thing(number) for number in range(777)]


def start(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def started(work, count=1):
    """Starts threads that tell when they are where they should be."""
    there = threading.Semaphore(0)
    for number in range(count):
        start(work, number, there)
    for _ in range(count):
        there.acquire()


def for_ever():
    threading.Event().wait()


def busy():
    while True:
        if sum([step for step in range(2000)]) != 1999000:
            wrong.append("a wrong sum")


# What is in the heap.


def tuple_of_generator():
    """Such a tuple is known to the collector while most of its places are empty."""

    def work():
        while True:
            made = tuple([number, {"number": number}] for number in range(500))
            if len(made) != 500:
                wrong.append("a tuple of %d" % len(made))

    start(work)


class Feed:
    """A document without an end."""

    def __init__(self):
        self.pieces = 0

    def read(self, size=-1):
        self.pieces += 1
        return b"<feed>" if self.pieces == 1 else b"<entry><a/></entry>" * 20


def iterparse_root():
    import xml.etree.ElementTree as tree

    global stream
    stream = tree.iterparse(Feed())
    for _ in range(240):
        next(stream)


class Connection:
    """Like a connection of a database; nobody holds it but its thread."""


def thread_locals():
    global local, own
    local = threading.local()

    class Own(threading.local):
        def __init__(self):
            self.connection = Connection()

    own = Own()

    def work(number, there):
        local.connection = Connection()
        own.connection.number = number
        there.release()
        for_ever()

    started(work, 4)
    local.connection = Connection()


class Scope:
    pass


def context_variable():
    import contextvars

    variable = contextvars.ContextVar("request_scope")

    def work(number, there):
        variable.set(Scope())
        there.release()
        for_ever()

    started(work)


class Broken(Exception):
    pass


class Payload:
    pass


class Memorised:
    """An object that only a table in C holds."""


def held_in_c():
    """A pickler keeps what it has written, in memory of its own: a table behind a table."""
    import io
    import pickle

    pickler = pickle.Pickler(io.BytesIO())
    pickler.dump([Memorised() for _ in range(300)])
    globals()["pickler"] = pickler


def handled_exception():
    def fail():
        raise Broken(Payload())

    def work(number, there):
        try:
            fail()
        except Broken:
            there.release()
            for_ever()

    started(work)


def interpreters():
    """Two more interpreters, which hold objects of their own."""
    try:
        import _interpreters as module
    except ImportError:
        import _xxsubinterpreters as module
    run = getattr(module, "run_string", None) or module.exec
    global others
    others = [module.create() for _ in range(2)]
    for other in others:
        run(other, "class OfAnother: pass\nkept = [OfAnother() for _ in range(33)]")
    return run, others


def busy_interpreters():
    """A thread runs in another interpreter, which has a lock of its own from 3.12 on."""
    run, others = interpreters()
    start(run, others[0], "while True: row = [[step] for step in range(100)]")
    start(busy)


def frozen():
    import gc

    gc.collect()
    gc.freeze()
    things.append(things.pop())
    start(busy)


class Held:
    pass


def many_threads():
    def work(number, there):
        own = Held()
        there.release()
        for_ever()
        return own

    started(work, 200)
    start(busy)


DEPTH = 20000


def recursion():
    def down(depth, there):
        own = Held()
        if depth:
            down(depth - 1, there)
        else:
            there.release()
            busy()
        return own

    sys.setrecursionlimit(DEPTH * 2)
    threading.stack_size(512 << 20)
    started(lambda number, there: down(DEPTH - 1, there))
    threading.stack_size(0)


def entering_the_loop():
    """3.11 and 3.12: a thread has told where its new loop keeps the frame, and not yet which frame that is."""
    where, frame, previous = {(3, 11): (56, 1, 2), (3, 12): (56, 0, 1)}.get(sys.version_info[:2], (None, 0, 0))
    ctypes.pythonapi.PyThreadState_Get.restype = ctypes.c_void_p

    def work(number, there):
        own = Held()
        if where is not None:
            place = ctypes.c_void_p.from_address(ctypes.pythonapi.PyThreadState_Get() + where)
            new = (ctypes.c_void_p * 3)()
            new[frame], new[previous], address = id(things), place.value, ctypes.addressof(new)
            there.release()
            place.value = address
        else:
            there.release()
        libc.pause()
        return own

    started(work)


# What may harm the program.


def filter_forks():
    """Kills whoever starts a process; threads are let through."""
    load, equal, has, leave = 0x20, 0x15, 0x45, 0x06
    allow, kill, no_such_call = 0x7FFF0000, 0x80000000, 0x00050026
    clone, fork, vfork, clone3, thread = 56, 57, 58, 435, 0x00010000
    code = [(load, 0, 0, 0)]
    code += [(equal, 0, 1, clone3), (leave, 0, 0, no_such_call)]
    for number in (fork, vfork):
        code += [(equal, 0, 1, number), (leave, 0, 0, kill)]
    code += [(equal, 0, 3, clone), (load, 0, 0, 16), (has, 1, 0, thread), (leave, 0, 0, kill)]
    code.append((leave, 0, 0, allow))
    raw = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(raw)))
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def seccomp():
    filter_forks()
    start(busy)


def limit(what, value):
    resource.setrlimit(what, (value, value))


def no_more_processes():
    start(busy)
    os.setgid(54321)
    os.setuid(54321)
    limit(resource.RLIMIT_NPROC, 1)


def no_more_files():
    start(busy)
    limit(resource.RLIMIT_NOFILE, len(os.listdir("/proc/self/fd")) - 1)


def no_more_memory():
    start(busy)
    with open("/proc/self/statm") as pages:
        limit(resource.RLIMIT_AS, int(pages.read().split()[0]) * 4096 + (4 << 20))


def no_folder():
    import tempfile

    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)
    start(busy)


def supervisor():
    """Waits for any child, and looks it up among those that it has started."""
    workers = {}
    for number in range(2):
        pid = os.fork()
        if pid == 0:
            # Ends with us.
            libc.prctl(1, signal.SIGKILL, 0, 0, 0)
            while True:
                signal.pause()
        workers[pid] = number
    start(busy)

    def wait():
        while True:
            pid, status = os.wait()
            wrong.append("child %d ended: %s" % (pid, "known" if pid in workers else "unknown"))

    start(wait)


def lock_held_in_c():
    """C that sleeps and does not let others run meanwhile."""
    sleep = ctypes.PyDLL(None).usleep

    def work():
        while True:
            if sleep(2000000):
                wrong.append("a sleep was cut short")

    start(work)


def alarm():
    """A signal every millisecond, to a thread that calls and computes."""
    fired = [0]

    def handler(number, frame):
        fired[0] += 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    begin()
    start(serve)
    while True:
        before = fired[0]
        while fired[0] == before:
            if sum([step for step in range(200)]) != 19900:
                wrong.append("a wrong sum")


def begin():
    os.write(1, b"ready\n")


def serve():
    """Answers; the end of its input is the end of the program."""
    for line in iter(lambda: os.read(0, 100), b""):
        if len(things) != 777 or sum(range(1000)) != 499500:
            wrong.append("a wrong answer")
        os.write(1, ("; ".join(wrong) or "fine").encode() + b"\n")
    os._exit(0)


globals()[sys.argv[1]]()
begin()
serve()
