"""Two modules that import each other, and a handler that one keeps for the other."""
import sys
import types

import snapshot_dumper

SHOP = '''
import billing
class Order:
    def __init__(self, number):
        self.number = number
OPEN = {number: Order(number) for number in range(3)}
def paid(order):
    OPEN.pop(order.number, None)
billing.HANDLERS.append(paid)
billing.LAST = OPEN[2]
'''
BILLING = '''
HANDLERS = []
LAST = None
import shop
def charge(order):
    for handler in HANDLERS:
        handler(order)
'''
for name in ("billing", "shop"):
    sys.modules[name] = types.ModuleType(name)
exec(compile("HANDLERS = []", "billing.py", "exec"), sys.modules["billing"].__dict__)
exec(compile(SHOP, "shop.py", "exec"), sys.modules["shop"].__dict__)
exec(compile(BILLING.replace("HANDLERS = []\nLAST = None\n", ""), "billing.py", "exec"), sys.modules["billing"].__dict__)

snapshot_dumper.dump("snap.json", collect=True)
print(hex(id(sys.modules["shop"].OPEN[2])))
