"""A program under test: three leaks, and what only looks like one."""

import functools

CACHE, LISTENERS, SETTINGS = {}, [], {}


class Session:
    def __init__(self, user):
        self.user, self.history = user, [user]


class Listener:
    pass


class Job:
    def __init__(self):
        self.me = self  # only the collector frees it


class Node:
    pass


def log_in(user):
    CACHE[len(CACHE)] = Session(user)


def listen():
    LISTENERS.append(Listener())


def remember(node, _seen=[]):  # noqa: B006 (the leak)
    _seen.append(node)


def settings():
    if not SETTINGS:
        SETTINGS.update(a=Session("a"), b=Session("b"))
    return SETTINGS


@functools.lru_cache(maxsize=None)
def parsed(text):
    return Node()
