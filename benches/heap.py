"""heap.py N: a heap of about N tracked objects that looks like a service's, for the benches.

As a module: `heap.build(1_000_000)` returns the objects that keep it alive; the last one is the object to look for.
"""

import random
import sys


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class Link:
    __slots__ = ("payload", "next")

    def __init__(self, payload, following):
        self.payload, self.next = payload, following


class Customer:
    def __init__(self, number, chance):
        self.number = number
        self.name = "customer-%d" % number
        self.tags = ["tag-%d" % chance.randrange(500) for _ in range(chance.randrange(1, 4))]
        self.place = Point(chance.random(), chance.random())
        self.orders = [
            {"id": number * 10 + k, "total": chance.random(), "lines": [("sku", k + 300, 9.99)]} for k in range(3)
        ]
        self.seen = {"customer-%d" % chance.randrange(number + 1) for _ in range(2)}
        self.callback = self.notify

    def notify(self, event):
        return event


class Sought:
    pass


def handler_for(customer):
    def handle(event):
        return customer, event

    return handle


def build(tracked):
    chance = random.Random(7)
    chain = None
    for number in range(min(100_000, tracked // 10)):
        chain = Link(number + 0.5, chain)
    customers, handlers, by_name = [], [], {}
    for number in range(max(1, int((tracked - tracked // 10) / 15.2))):
        customer = Customer(number, chance)
        customers.append(customer)
        handlers.append(handler_for(customer))
        by_name[customer.name] = customer
    sought = Sought()
    customers[-1].orders[0]["deep"] = [{"here": (sought,)}]
    return chain, customers, handlers, by_name, sought


if __name__ == "__main__":
    import gc

    keep = build(int(float(sys.argv[1])))
    print(len(gc.get_objects()), "tracked objects")
