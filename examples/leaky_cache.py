"""A small web shop that leaks: each visit leaves a Session behind, although nobody needs it any more.

Run it with the dumper beside it (`python3 leaky_cache.py`): it takes two snapshots, before.json and after.json.
Can you find both places that keep the sessions? `heapgraph demo` does it step by step.
"""

import snapshot_dumper


class Session:
    def __init__(self, user):
        self.user = user
        self.cart = []
        self.history = [("GET", "/shop/%s/%d" % (user, page)) for page in range(12)]


class EventBus:
    def __init__(self):
        self.listeners = []

    def subscribe(self, listener):
        self.listeners.append(listener)


class Shop:
    def __init__(self, bus):
        self.sessions = {}
        self.bus = bus

    def visit(self, user):
        session = Session(user)
        self.sessions[user] = session                     # the first leak: never removed at logout
        self.bus.subscribe(lambda event: session.cart)    # the second: a closure holds the session
        return session

    def logout(self, user):
        pass


BUS = EventBus()
SHOP = Shop(BUS)


def serve(first, last):
    for number in range(first, last):
        user = "user-%d" % number
        SHOP.visit(user).cart.append({"sku": number, "price": 9.99})
        SHOP.logout(user)


if __name__ == "__main__":
    serve(0, 100)                                         # warm up: caches fill, modules load
    snapshot_dumper.dump("before.json")
    serve(100, 1100)
    snapshot_dumper.dump("after.json")
