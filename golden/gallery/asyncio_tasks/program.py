"""Tasks that wait for an answer that never comes: a registry holds them, and each holds its job."""
import asyncio

import snapshot_dumper

PENDING = set()


class Job:
    def __init__(self, number):
        self.number = number
        self.payload = bytearray(100)


async def work(job, answer):
    await answer
    return job


async def main():
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    jobs = [Job(number) for number in range(30)]
    wanted = hex(id(jobs[11]))
    for job in jobs:
        task = loop.create_task(work(job, answer))
        PENDING.add(task)
        task.add_done_callback(PENDING.discard)
    del job, jobs, task
    await asyncio.sleep(0)
    snapshot_dumper.dump("snap.json", collect=True)
    print(wanted)
    for task in list(PENDING):
        task.cancel()


asyncio.run(main())
