"""A doubly linked list of 200: whoever holds one end, or one place in the middle, holds it all."""
# trim: --depth 300
import snapshot_dumper


class Node:
    def __init__(self, before):
        self.before = before
        self.next = None
        if before is not None:
            before.next = self


class History:
    def __init__(self):
        self.first = node = Node(None)
        for _ in range(199):
            node = Node(node)
        self.last = node


HISTORY = History()
node = HISTORY.first
for _ in range(120):
    node = node.next
wanted = hex(id(node))
del node
snapshot_dumper.dump("snap.json", collect=True)
print(wanted)
