"""A server of asyncio with connections, tasks that wait for queues and for each other, and a context variable."""

import asyncio
import contextvars

import snapshot_dumper

REQUEST = contextvars.ContextVar("REQUEST")
SESSIONS = {}


class Session:
    def __init__(self, name):
        self.name = name
        self.inbox = asyncio.Queue()
        self.history = []

    async def run(self):
        REQUEST.set({"session": self.name})
        while True:
            message = await self.inbox.get()
            self.history.append({"message": message, "by": self})


async def answer(reader, writer):
    lines = []
    async for line in reader:
        lines.append(line)
        writer.write(line)


async def watch(tasks):
    done, waiting = await asyncio.wait(tasks)
    return done, waiting


async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    clients = [await asyncio.open_connection(*server.sockets[0].getsockname()) for _ in range(20)]
    for _, writer in clients:
        writer.write(b"hello\n")
    for reader, _ in clients:
        await reader.readline()
    for number in range(200):
        SESSIONS["user%d" % number] = session = Session("user%d" % number)
        session.task = asyncio.ensure_future(session.run())
        for message in range(5):
            session.inbox.put_nowait(("text %d" % message, [message]))
    watcher = asyncio.ensure_future(watch([session.task for session in SESSIONS.values()]))
    for _ in range(20):
        await asyncio.sleep(0)
    snapshot_dumper.dump("snap.json")
    return watcher


asyncio.new_event_loop().run_until_complete(serve())
