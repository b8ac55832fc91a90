# Text: JSON of the dumper's own data.


def quoted(text):
    """JSON text of an exact `str`, pure ASCII; lone surrogates become \\udXXX."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    return '"%s"' % "".join([
        char if " " <= char <= "~" and char not in '"\\' else "\\u%04x" % ord(char) if char <= "\uffff" else
        "\\u%04x\\u%04x" % (0xD7C0 + (ord(char) >> 10), 0xDC00 + (ord(char) & 0x3FF)) for char in text])


def to_json(value):
    """JSON text of the dumper's own data (None, bool, int, float, str, list, tuple, dict)."""
    kind = type(value)
    if value is None or kind is bool:
        return {None: "null", True: "true", False: "false"}[value]
    if kind is str or kind is int or kind is float:
        return quoted(value) if kind is str else repr(value)
    if kind is dict:
        return "{" + ",".join(quoted(key) + ":" + to_json(item) for key, item in value.items()) + "}"
    return "[" + ",".join(map(to_json, value)) + "]"


def numbers(values):
    """The inside of a JSON array of integers. Nothing is faster in CPython; `repr` of a list would also leave a list
    in the state of the thread."""
    return ("%d," * len(values) % tuple(values))[:-1]


def exact_text(value, limit=200):
    """`value` as an exact `str` when it is a str (or of a subclass), shortened; otherwise None."""
    return str.__getitem__(value, slice(0, limit)) if issubclass(type(value), str) else None


def copy_of(name):
    """An equal name: our references to one of the program are not to be counted."""
    return str.__add__(name, " ")[:-1]
