"""The example that every picture of references begins with: one list, held in four ways."""
import snapshot_dumper

x = [1]
y = [x, [x], {"a": x}]

snapshot_dumper.dump("snap.json", collect=True)
print(hex(id(x)))
