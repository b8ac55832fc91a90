"""A cache that is never emptied, and a bus whose listeners hold what they close over: two leaks for one session."""
import snapshot_dumper


class Session:
    def __init__(self, user):
        self.user = user
        self.cart = []


class Bus:
    def __init__(self):
        self.listeners = []


class Shop:
    def __init__(self, bus):
        self.sessions = {}
        self.bus = bus

    def visit(self, user):
        session = Session(user)
        self.sessions[user] = session
        self.bus.listeners.append(lambda event: session.cart)


SHOP = Shop(Bus())
for number in range(40):
    SHOP.visit("user-%d" % number)

snapshot_dumper.dump("snap.json", collect=True)
print(hex(id(SHOP.sessions["user-17"])))
