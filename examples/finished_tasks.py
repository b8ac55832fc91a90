"""Finished asyncio tasks that stay in a list: each keeps its result.

`python3 finished_tasks.py` writes snap.json; `heapgraph suspects` names `JOBS`.
"""

import asyncio

import snapshot_dumper

JOBS = []


async def fetch(number):
    await asyncio.sleep(0)
    return {"number": number, "rows": ["row-%d-%d" % (number, line) for line in range(20)]}


async def main():
    for number in range(500):
        JOBS.append(asyncio.ensure_future(fetch(number)))   # so that they are not lost; the leak: never taken out
    await asyncio.gather(*JOBS)
    snapshot_dumper.dump()


if __name__ == "__main__":
    asyncio.run(main())
