"""Thread-local data of threads that wait for ever: each keeps a buffer of its own.

`python3 thread_local.py` writes snap.json; `heapgraph suspects` names `LOCAL`.
"""

import threading

import snapshot_dumper

LOCAL = threading.local()


def work(number, ready, stop):
    LOCAL.buffer = ["line-%d-%d" % (number, line) for line in range(1000)]
    ready.release()
    stop.wait()                                         # the leak: a pool that only grows


if __name__ == "__main__":
    ready, stop = threading.Semaphore(0), threading.Event()
    threads = [threading.Thread(target=work, args=(number, ready, stop), daemon=True) for number in range(20)]
    for thread in threads:
        thread.start()
    for _ in threads:
        ready.acquire()
    snapshot_dumper.dump()
    stop.set()
