"""A program in one chosen state, which answers requests and keeps count of what went wrong.

    python states.py STATE SOCKET

Whatever the state, a helper thread answers on the Unix socket SOCKET: each line `ping N` with
`pong N PROGRESS ERRORS`. PROGRESS counts the rounds of the state's work; ERRORS counts results of
system calls or computations that were not what they must be. States with one thread only answer
from the work itself.
"""

import os
import select
import signal
import socket
import sys
import threading
import time

progress = 0
errors = []


class Held:
    """What is counted from outside."""


held = [Held() for _ in range(321)]


def wrong(text):
    errors.append(text)


def answer(line):
    _, number = line.split()
    return ("pong %s %d %s\n" % (number, progress, ";".join(errors) or "-")).encode()


def serve(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            data = connection.makefile("rb")
            for line in data:
                connection.sendall(answer(line.decode()))


def in_background(listener):
    threading.Thread(target=serve, args=(listener,), daemon=True).start()


class Inline:
    """Answers between two rounds of the work: for programs that must have one thread only."""

    def __init__(self, listener):
        listener.setblocking(False)
        self.listener = listener
        self.connections = []

    def look(self):
        try:
            connection, _ = self.listener.accept()
            connection.setblocking(False)
            self.connections.append(connection)
        except BlockingIOError:
            pass
        for connection in list(self.connections):
            try:
                data = connection.recv(1000)
            except BlockingIOError:
                continue
            if not data:
                self.connections.remove(connection)
                continue
            for line in data.splitlines():
                connection.sendall(answer(line.decode()))


# Idle: one thread, woken by requests only.


def idle_select(listener):
    """select() without a time limit; the request itself wakes it."""
    global progress
    inline = Inline(listener)
    while True:
        ready, _, _ = select.select([listener] + inline.connections, [], [])
        if not ready:
            wrong("select returned nothing")
        progress += 1
        inline.look()


def idle_poll_timed(listener):
    """poll() with a time limit, whose length is checked."""
    global progress
    inline = Inline(listener)
    while True:
        poller = select.poll()
        for item in [listener] + inline.connections:
            poller.register(item, select.POLLIN)
        begin = time.monotonic()
        ready = poller.poll(400)
        took = time.monotonic() - begin
        if not ready and not 0.39 <= took <= 1.5:
            wrong("poll took %.3f" % took)
        progress += 1
        inline.look()


def idle_sleep(listener):
    """sleep() of a known length, while a thread answers."""
    global progress
    in_background(listener)
    while True:
        begin = time.monotonic()
        time.sleep(0.5)
        took = time.monotonic() - begin
        if not 0.499 <= took <= 2.0:
            wrong("sleep took %.3f" % took)
        progress += 1


def idle_sleep_alone(listener):
    """sleep() in a program with one thread."""
    global progress
    inline = Inline(listener)
    while True:
        begin = time.monotonic()
        time.sleep(0.2)
        took = time.monotonic() - begin
        if not 0.199 <= took <= 1.5:
            wrong("sleep took %.3f" % took)
        progress += 1
        inline.look()


def idle_read(listener):
    """The main thread waits in read() on a pipe that another thread feeds, byte by byte."""
    global progress
    read_end, write_end = os.pipe()

    def feed():
        number = 0
        while True:
            time.sleep(0.3)
            os.write(write_end, bytes([number % 256]))
            number += 1

    threading.Thread(target=feed, daemon=True).start()
    in_background(listener)
    expected = 0
    while True:
        data = os.read(read_end, 1)
        if data != bytes([expected % 256]):
            wrong("read %r" % data)
        expected += 1
        progress += 1


def idle_lock(listener):
    """The main thread waits for a lock that another thread hands over now and then."""
    global progress
    lock = threading.Lock()
    lock.acquire()

    def hand_over():
        while True:
            time.sleep(0.3)
            lock.release()

    threading.Thread(target=hand_over, daemon=True).start()
    in_background(listener)
    while True:
        if not lock.acquire():
            wrong("lock not acquired")
        progress += 1


def idle_wait(listener):
    """The main thread waits for a child process (which answers nothing)."""
    global progress
    in_background(listener)
    while True:
        child = os.fork()
        if child == 0:
            time.sleep(0.3)
            os._exit(7)
        pid, status = os.waitpid(child, 0)
        if pid != child or status != 7 << 8:
            wrong("waitpid gave %r" % ((pid, status),))
        progress += 1


def idle_many(listener):
    """200 threads wait, the main thread too."""
    global progress
    for _ in range(200):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    in_background(listener)
    while True:
        threading.Event().wait(0.2)
        progress += 1


# Busy.


def busy_subprocess(listener):
    """One thread that starts a program and waits for it, over and over (fork, vfork)."""
    global progress
    import subprocess

    inline = Inline(listener)
    while True:
        done = subprocess.run(["sh", "-c", "echo text; exit 3"], stdout=subprocess.PIPE)
        if done.returncode != 3 or done.stdout != b"text\n":
            wrong("subprocess gave %r" % done)
        progress += 1
        inline.look()


def busy_fork(listener):
    """One thread that forks short-lived children, each of which runs some Python."""
    global progress
    inline = Inline(listener)
    while True:
        child = os.fork()
        if child == 0:
            os._exit(5 if sum(range(2000)) == 1999000 else 6)
        pid, status = os.waitpid(child, 0)
        if pid != child or status != 5 << 8:
            wrong("waitpid gave %r" % ((pid, status),))
        progress += 1
        inline.look()


def busy_python(listener):
    """Pure Python, one thread."""
    global progress
    inline = Inline(listener)
    while True:
        total = 0
        for number in range(20000):
            total += number * 1.5
        if total != 299985000.0:
            wrong("sum is %r" % total)
        progress += 1
        inline.look()


def busy_malloc(listener):
    """Three threads that allocate and free blocks of many sizes all the time."""

    def work(size):
        global progress
        while True:
            blocks = [bytearray(size * (number % 50 + 1)) for number in range(200)]
            if sum(map(len, blocks)) != size * 5100:
                wrong("sizes")
            del blocks[::2]
            progress += 1

    for size in (700, 3000, 40000):
        threading.Thread(target=work, args=(size,), daemon=True).start()
    in_background(listener)
    work(1500)


def busy_malloc_alone(listener):
    """One thread that is nearly always inside the C library's allocator."""
    global progress
    inline = Inline(listener)
    while True:
        for _ in range(20):
            # Lists of this size come from malloc, are not zeroed, and take little else.
            blocks = [[None] * (70 + number * 7919 % 400) for number in range(300)]
            if sum(map(len, blocks)) != 81350:
                wrong("lengths %d" % sum(map(len, blocks)))
            del blocks[::3]
            blocks += [[None] * (60 + number * 104729 % 300) for number in range(100)]
            del blocks
        progress += 1
        inline.look()


def busy_signals(listener):
    """A timer interrupts one busy thread a thousand times a second."""
    global progress
    fired = [0]

    def handler(number, frame):
        fired[0] += 1

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    inline = Inline(listener)
    while True:
        before = fired[0]
        blocks = [bytes(3000 + number * 17) for number in range(300)]
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            blocks.append(sum(range(50)))
            del blocks[-1]
        if fired[0] == before:
            wrong("no signal")
        progress += 1
        inline.look()


def busy_moments(listener):
    """Much memory, and microseconds of work in each millisecond: too short to be met by chance, too often to copy between."""
    global progress
    inline = Inline(listener)
    kept = [bytearray(b"x" * 100000) for _ in range(600)]
    while True:
        time.sleep(0.001)
        if sum(range(100)) != 4950 or len(kept) != 600:
            wrong("sum")
        progress += 1
        inline.look()


def busy_gil(listener):
    """C code that keeps the interpreter lock for about a second, again and again; one thread."""
    global progress
    inline = Inline(listener)
    base = 7 ** 60000
    # Find an exponent whose power takes about a second on this machine.
    exponent = 2
    while True:
        begin = time.monotonic()
        base ** exponent
        if time.monotonic() - begin > 0.5:
            break
        exponent += 1
    check = (7 ** 60000) ** exponent % 1000003
    while True:
        if base ** exponent % 1000003 != check:
            wrong("power")
        progress += 1
        inline.look()


def busy_import(listener):
    """Modules, also ones with shared objects, are imported over and over."""
    global progress
    import importlib

    inline = Inline(listener)
    names = ["json", "csv", "_csv", "sqlite3", "decimal", "ctypes", "xml.dom.minidom", "bz2", "lzma", "zlib"]
    while True:
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError:
                pass
            for loaded in [key for key in sys.modules if key.split(".")[0] == name.split(".")[0]]:
                if loaded not in ("ctypes", "_ctypes", "decimal", "_decimal"):
                    del sys.modules[loaded]
            inline.look()
        progress += 1


def asyncio_program(listener, busy):
    import asyncio

    async def handle(reader, writer):
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(answer(line.decode()))
            await writer.drain()
        writer.close()

    async def ticks():
        global progress
        loop = asyncio.get_event_loop()
        while True:
            begin = loop.time()
            await asyncio.sleep(0.4)
            took = loop.time() - begin
            if not 0.39 <= took <= 3.0:
                wrong("asyncio.sleep took %.3f" % took)
            progress += 1

    async def work():
        while True:
            sum(range(500))
            await asyncio.sleep(0)

    async def main():
        listener.setblocking(False)
        server = await asyncio.start_unix_server(handle, sock=listener)
        tasks = [asyncio.ensure_future(ticks())] if busy != "quiet" else []
        if busy == "busy":
            tasks += [asyncio.ensure_future(work()) for _ in range(20)]
        async with server:
            await server.serve_forever()

    asyncio.run(main())


def asyncio_idle(listener):
    """An event loop with a timer and a server: epoll_wait with a time limit."""
    asyncio_program(listener, "idle")


def asyncio_quiet(listener):
    """An event loop with a server only: epoll_wait without a time limit."""
    asyncio_program(listener, "quiet")


def asyncio_busy(listener):
    """An event loop that never sleeps."""
    asyncio_program(listener, "busy")


def main():
    state, path = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    globals()[state](listener)


if __name__ == "__main__":
    main()
