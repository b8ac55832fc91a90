# Texts of objects: names of the program, keys of dictionaries, values.


def note_text(s, o, text, length=None):
    """Write `text` as the text of `o`, unless it has been written already."""
    page, granule = s.pages[id(o) >> 20], id(o) >> 4 & 65535
    if not page[granule] & 2:
        page[granule] |= 2
        short = text[:TEXT_LIMIT]
        add_sparse(s, text_of=str(id(o) - s.base), text=quoted(short), text_length=str(length or len(text)))
        s.texts += 1


def note_literals(s, objects):
    """Write the texts of the str, int, float, … among `objects` (dictionary keys, or everything with `all`)."""
    for o in dict(zip(map(id, objects), objects)).values():
        t = type(o)
        if t is str:
            note_text(s, o, o[:TEXT_LIMIT], len(o))
        elif id(t) in LITERALS:
            if t is int and o.bit_length() > 256:     # its decimal digits may be refused, or take for ever
                note_text(s, o, "%#x…" % (o >> o.bit_length() - 64), o.bit_length() // 4 + 3)
            elif t is bytes:
                note_text(s, o, repr(o[:TEXT_LIMIT]), len(o) + 3)
            else:
                note_text(s, o, repr(o))


def note_names(s, plan, group):
    """Write the texts that are part of the program: names of functions, modules, types, code; names in code."""
    t = plan.type
    for o in group:
        text = None
        if t is FunctionType:
            module = exact_text(get(plan.getters[".__module__"], o))
            text = o.__qualname__ if module is None else module + "." + o.__qualname__
        elif t is BuiltinFunction:
            owner = plan.getters[".__self__"](o)
            text = o.__name__ if owner is None else "%s.%s" % (
                exact_text(get(plan.getters[".__module__"], o)) or table_key(type(owner)), o.__name__)
        elif t is CodeType:
            if s.traced:
                note_lines(s, o)
            text = "%s (%s:%d)" % (getattr(o, "co_qualname", o.co_name), o.co_filename, o.co_firstlineno)
            note_literals(s, [n for n in chain(o.co_names, local_names(o), (o.co_name,))
                              if id(n) >> 20 in s.pages])
        elif issubclass(t, type):
            text = "%s.%s" % full_name(o)
        elif ".__objclass__" in plan.getters and ".__name__" in plan.hidden:
            text = "%s.%s" % (table_key(plan.getters[".__objclass__"](o)), plan.getters[".__name__"](o))
        elif plan.key == "_asyncio.Task":                         # its name, in so far as it has been made
            note_literals(s, [r for r in gc.get_referents(o) if type(r) is str])
        elif plan.key == CONTEXT + "ContextVar":
            text = exact_text(plan.getters[".name"](o))
        elif plan.text:
            text = plan.text(o)
        elif issubclass(t, ModuleType):
            text = exact_text(dict.get(plan.getters[".__dict__"](o) or {}, "__name__"))
        if text is not None:
            note_text(s, o, text)
