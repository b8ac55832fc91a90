"""A shop that forgets nobody."""

import time

SESSIONS, LOG = {}, []


class Session:
    """Who is logged in."""


def login(name):
    session = Session()
    SESSIONS[name] = session.__dict__ = {"name": name}
    return session


def note(text):
    LOG.append([time.time(), text])


def main():
    for number in range(1000):
        login("user-%d" % number)


main()
