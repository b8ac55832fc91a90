"""A program that loads and uses much of the standard library, then dumps its own heap to snap.json."""

import argparse
import asyncio
import concurrent.futures
import email.message
import email.policy
import http.server
import logging
import logging.handlers
import sqlite3
import threading
import unittest  # noqa: F401 (its classes are part of the heap)
import xml.dom.minidom

import snapshot_dumper


class Folder:
    """A tree whose entries know their folder, as files do."""

    def __init__(self, name, parent=None):
        self.name, self.parent, self.entries = name, parent, []
        if parent:
            parent.entries.append(self)


class Leaf(Folder):
    pass


def tree():
    root = Folder("/")
    for first in range(6):
        folder = Folder("part%d" % first, root)
        for second in range(5):
            inner = Folder("module%d" % second, folder)
            for third in range(second + 2):
                Leaf("file%d" % third, inner)
    return root


def message():
    whole = email.message.EmailMessage(policy=email.policy.default)
    whole["Subject"], whole["From"], whole["To"] = "Report", "a@example.org", "b@example.org, c@example.org"
    whole.set_content("plain")
    whole.add_alternative("<p>rich</p>", subtype="html")
    whole.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="data.bin")
    return whole


def document():
    rows = "".join("<row id='%d'><cell>%d</cell><cell/></row>" % (row, row * row) for row in range(12))
    return xml.dom.minidom.parseString("<table kind='sum'>%s</table>" % rows)


def loggers():
    for name in ("app", "app.db", "app.db.pool", "app.web", "app.web.views", "jobs", "jobs.nightly"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.handlers.MemoryHandler(100))
    logging.getLogger("app.web").addFilter(logging.Filter("app"))


def parser():
    whole = argparse.ArgumentParser(prog="tool")
    whole.add_argument("--verbose", action="store_true")
    commands = whole.add_subparsers()
    for name in ("add", "remove", "list", "show"):
        command = commands.add_parser(name)
        command.add_argument("name", nargs="*")
        command.add_argument("--limit", type=int, choices=[1, 2, 3])
    return whole


def database():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("create table t (a, b)")
    connection.executemany("insert into t values (?, ?)", [(1, "x"), (2, "y")])
    return connection, connection.execute("select * from t")


async def wait(queue):
    while True:
        await queue.get()


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.ensure_future(wait(queue)) for _ in range(8)]
    await asyncio.sleep(0)
    lock = threading.Lock()
    pool = concurrent.futures.ThreadPoolExecutor(2)
    pool.submit(lock.locked).result()
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    held = [tree(), message(), document(), parser(), database(), pool, server]
    loggers()
    snapshot_dumper.dump()
    server.server_close()
    pool.shutdown()
    for task in tasks:
        task.cancel()
    return len(held)


if __name__ == "__main__":
    asyncio.run(main())
