# Which objects are the dumper's own. They are left out with their references; the reader drops references to them.


def text_keys(o):
    """The keys of a dictionary that has only texts as keys; the collector does not report them."""
    keys = list(o) if type(o) is dict else []
    return [] if any(type(key) is not str for key in keys) else keys


def untracked_of(own):
    """The numbers and texts that the dumper uses itself: counted now, for it is to refer to them ever more."""
    found = {id(o): o for o in chain(range(-5, 257), (None, True, False, Ellipsis, NotImplemented, "", b"", ()))}
    for o in own.values():
        found.update((id(r), r) for r in chain(gc.get_referents(o), text_keys(o))
                     if not gc.is_tracked(r) and id(r) not in own)
    return list(found.values())


def own_places(frame):
    """Where the search for the dumper's own objects begins: its module, its functions that run."""
    ours = globals()
    places, spec, module = [ours, _saving], ours.get("__spec__"), sys.modules.get(__name__)
    while frame is not None:
        if frame.f_globals is ours:
            places += [frame, frame.f_code]
        frame = frame.f_back
    if spec is not None:
        places += [spec, spec.__dict__]
        if getattr(spec.loader, "name", None) == __name__:
            places += [spec.loader, spec.loader.__dict__]
    if type(module) is ModuleType and module.__dict__ is ours:
        places.append(module)
    if __name__ == "__main__":                        # while a script runs, the parser's list of its words is kept
        places += [o for o in gc.get_referrers(REASON) if type(o) is list]
    return places


def own_parts(o):
    """What belongs to an own object `o` beyond what the collector reports."""
    if type(o) is FunctionType and o.__kwdefaults__ is not None:
        return [o.__kwdefaults__]
    if type(o) is CodeType:                           # it holds what the collector still tracks
        # In 3.11 the names of variables are made anew for who asks.
        return [o.co_consts, o.co_names] + ([o.co_varnames, o.co_cellvars, o.co_freevars] if PYTHON != (3, 11) else [])
    if type(o) is type:
        return [o.__mro__, o.__bases__, gc.get_referents(namespace_of(o))[0], WeakReference(o)] + [
            d for d in namespace_of(o).values() if type(d) is GetSetDescriptor]
    return []


def is_own(o, r, classes):
    """Whether the referent `r` of an own object `o` is an own one too; `classes`: ids of the dumper's classes."""
    t = type(r)
    return (id(t) in OWN_KINDS and not (t is dict and type(o) in (FrameType, FunctionType))
            or t is FunctionType and r.__globals__ is globals()
            or t is CodeType and type(o) in (FunctionType, FrameType, tuple)
            or id(r) in classes
            or type(o) is ModuleType and t is dict)


def own_objects(s, frame):
    """{id: object} of all that the dumper has made, without what it only refers to."""
    ours, own = globals(), {}
    builtins = ours.get("__builtins__")
    foreign = {id(builtins), id(getattr(builtins, "__dict__", None)), id(sys.modules), id(sys.path), id(())}
    foreign.update(map(id, s.held))
    classes = {id(value) for value in ours.values() if type(value) is type and full_name(value)[0] == __name__}
    stack = own_places(frame) + [s, s.__dict__, s.own, s.own_references]
    while stack:
        o = stack.pop()
        if id(o) not in own and id(o) not in foreign:
            own[id(o)] = o
            stack += own_parts(o)
            stack += [r for r in gc.get_referents(o) if id(r) not in foreign and is_own(o, r, classes)]
    return own


def find_own(s, frame):
    """Fill `s.own` with the ids of the dumper's own objects, `s.own_references` with how often they refer to others."""
    own = own_objects(s, frame)
    early = untracked_of(own) if PYTHON < (3, 12) else []        # later nearly all of these are immortal
    counts = refcounts_of(s, early)
    for o in own.values():
        for r in chain(gc.get_referents(o), text_keys(o)) if o is not s.own_references else ():
            if id(r) not in own:
                s.own_references[id(r)] = s.own_references.get(id(r), 0) + 1
    for i, n in _borrowed.items():
        s.own_references[i] = s.own_references.get(i, 0) + n
    s.own.update(own)
    for o, count in zip(early, counts):
        s.early[id(o)] = count if count < 0 else max(1, count - s.own_references.get(id(o), 0))


def own_addresses(s):
    """The member `own` of the document, as text: the reader drops references to these objects."""
    return numbers([i - s.base for i in sorted(s.own)])
