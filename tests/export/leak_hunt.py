"""A leak hunt over the Model Context Protocol, with its official SDK: `python leak_hunt.py HEAPGRAPH FOLDER`.

What is called next comes from what the answer before says, as a model would do it.
"""

import asyncio
import json
import re
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


class Hunt:
    def __init__(self, session):
        self.session, self.calls, self.bytes, self.largest = session, 0, 0, 0

    async def call(self, tool, **arguments):
        result = await self.session.call_tool(tool, arguments)
        text = "".join(part.text for part in result.content)
        self.calls += 1
        self.bytes += len(text.encode())
        self.largest = max(self.largest, len(text.encode()))
        return text, result


async def main():
    heapgraph, folder = sys.argv[1:3]
    before, after = folder + "/before.json", folder + "/after.json"
    server = StdioServerParameters(command=heapgraph, args=["mcp", after])
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        assert len(tools) <= 10, tools
        hunt = Hunt(session)
        # A mistake is answered with the next call.
        text, _ = await hunt.call("diff")
        assert "next: " in text and "before" in text, text
        text, _ = await hunt.call("diff", before=[before])
        place = re.search(r"^\s*\+\S+ \S+\s+(\S+)", text, re.MULTILINE).group(1)
        kind = re.search(r"entries of `([^`]+)`", text).group(1)
        text, _ = await hunt.call("why", type=kind)
        address = re.findall(r"e\.g\. (0x[0-9a-f]+)", text)[-1]
        text, result = await hunt.call("why", id=address)
        expression = re.search(r"^(sys\.modules\S+)", text, re.MULTILINE).group(1)
        # A small page has a cursor, and the pages together are the answer.
        pages, cursor = [], None
        while True:
            arguments = {"max_bytes": 1000, "limit": 60}
            if cursor:
                arguments["cursor"] = cursor
            answer = await session.call_tool("common", arguments)
            pages.append("".join(part.text for part in answer.content))
            structured = getattr(answer, "structured_content", None) or getattr(answer, "structuredContent", None)
            cursor = structured["next_cursor"]
            if cursor is None:
                break
        assert len(pages) > 1 and all(len(page.encode()) <= 1000 for page in pages), [len(page) for page in pages]
        print(
            json.dumps(
                {
                    "calls": hunt.calls,
                    "bytes": hunt.bytes,
                    "largest": hunt.largest,
                    "culprit": place,
                    "expression": expression,
                }
            )
        )


asyncio.run(main())
