"""Programs that grow, one kind each: `growing.py KIND FOLDER STEPS` takes a snapshot before the work and after each step of it.

`growing.py each FOLDER` does one step of each kind that leaks, one after the other, with a snapshot after each. Without arguments it
lists the kinds, each with the place that its first row must name.
"""

import atexit
import gc
import logging
import sys

import snapshot_dumper


class Payload:
    def __init__(self, number):
        self.number = number
        self.text = "payload %d " % number * 5


# Handlers on a long-lived session.
class Session:
    def __init__(self):
        self.hooks = {"response": []}


SESSION = Session()


def handlers(step):
    for number in range(300):
        payload = Payload(number)
        SESSION.hooks["response"].append(lambda response, payload=payload: payload)


# Label children of a metric.
class Metric:
    def __init__(self):
        self._metrics = {}

    def labels(self, *values):
        return self._metrics.setdefault(values, Payload(len(values)))


REQUESTS = Metric()


def label_children(step):
    for number in range(300):
        REQUESTS.labels("GET", "/user/%d-%d" % (step, number))


# A logger for each connection.
def connection_loggers(step):
    for number in range(300):
        logging.getLogger("connection.%d.%d" % (step, number)).setLevel(logging.INFO)


# Listeners at exit.
def exit_listeners(step):
    for number in range(300):
        atexit.register(Payload(number).__init__, number)


# Parametrised types in a cache.
TYPES = {}


def parametrised_types(step):
    for number in range(100):
        TYPES[step, number] = type("Model_%d_%d" % (step, number), (), {"number": number, "text": "x" * number})


# Engines kept by their listeners.
class Registry:
    def __init__(self):
        self.listeners = {}

    def listen(self, engine, function):
        self.listeners[id(engine), "connect"] = function


class Engine:
    def __init__(self, number):
        self.pool = [Payload(number), Payload(number)]

    def on_connect(self):
        pass


REGISTRY = Registry()


def engines(step):
    for number in range(300):
        engine = Engine(number)
        REGISTRY.listen(engine, engine.on_connect)


# Figures kept by a manager.
class Manager:
    figs = {}


class Figure:
    def __init__(self, number):
        self.canvas = bytearray(2000)
        self.axes = [Payload(number)]


def figures(step):
    for number in range(100):
        Manager.figs[step * 100 + number] = Figure(number)


# An extension that never gives a reference back.
def extension(step):
    import ctypes
    for number in range(300):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(Payload(number)))


# Arenas that stay: what was freed is no longer Python objects, and the process keeps it.
SURVIVORS = []


def arenas(step):
    def filled():
        return [b"%0500d" % number for number in range(400_000)]

    blocks = filled()
    SURVIVORS.extend(blocks[::2000])
    del blocks


# A service: one dict leaks, a second warms up, a third is churned, a large index stays.
class User:
    def __init__(self, number):
        self.number = number
        self.history = [number, number + 1, str(number)]


LEAK, WARM, CHURN = {}, {}, {}
INDEX = {}


def service(step):
    for number in range(400):
        LEAK[step, number] = User(number)
    for number in range(300):
        WARM[number] = WARM.get(number) or User(number)
    CHURN.clear()
    for number in range(3000):
        CHURN[number] = User(number)


# Every object freed and made anew.
STORE = {}


def renewed(step):
    STORE.clear()
    gc.collect()
    for number in range(5000):
        STORE[number] = User(number)
    for number in range(500):
        LEAK[step, number] = User(number)


def quiet(step):
    pass


KINDS = {
    handlers: "__main__.SESSION.hooks[…]",
    label_children: "__main__.REQUESTS._metrics",
    connection_loggers: "logging.Logger.manager.loggerDict",
    exit_listeners: "held from C",                    # before 3.10: the state of the module
    parametrised_types: "__main__.TYPES",
    engines: "__main__.REGISTRY.listeners",
    figures: "__main__.Manager.figs",
    extension: "held from C · __main__.Payload",
    arenas: "",
    service: "__main__.LEAK",
    renewed: "__main__.LEAK",
    quiet: "",
}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        for kind, place in KINDS.items():
            print(kind.__name__, place)
        sys.exit()
    name, folder = sys.argv[1], sys.argv[2]
    if name == "each":
        import ctypes                                 # its own objects are no leak
        del ctypes
        leaks = [kind for kind, place in KINDS.items() if place and kind is not service]
        for work in leaks:
            work(-1)
        renewed(-2)
        snapshot_dumper.dump("%s/0.json" % folder)
        for number, work in enumerate(leaks, 1):
            work(0)
            snapshot_dumper.dump("%s/%d.json" % (folder, number))
        sys.exit()
    work = {kind.__name__: kind for kind in KINDS}[name]
    if name != "arenas":
        work(-1)                                      # warm: what is made once is made
    if name == "service":
        WARM.clear()
        INDEX.update((number, ("title %d" % number, [number])) for number in range(20_000))
    snapshot_dumper.dump("%s/0.json" % folder)
    for step in range(int(sys.argv[3])):
        work(step)
        snapshot_dumper.dump("%s/%d.json" % (folder, step + 1))
