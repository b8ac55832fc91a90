# Threads, their frames and locals; roots.


def hold(s, values):
    """Note what the collector may not know of; the rest is found without us, and not ours to keep alive."""
    s.held += [o for o in values if not flags_of(type(o)) & IS_GC or type(o) is tuple or type(o) is dict]


def locals_of(s, frame):
    """(address of the dictionary that has them or None, [[name, address]]) of the local variables of a running frame.

    Leaves nothing in the frame; `s.held` gets the objects that nobody else would find."""
    code, names = frame.f_code, local_names(frame.f_code)
    if not code.co_flags & HAS_FAST_LOCALS:           # module or class body: the namespace is a real dictionary
        namespace = frame.f_locals
        if namespace is frame.f_globals or type(namespace) is not dict:
            return None, []
        hold(s, [namespace])
        return id(namespace), [[name, id(value)] for name, value in dict.items(namespace) if type(name) is str]
    if PYTHON < (3, 11) and frame.f_trace is None and not code.co_cellvars and not code.co_freevars:
        # Caller, code, builtins, globals, then f_locals when somebody has asked for it, then what is bound.
        row = gc.get_referents(frame)[3 if frame.f_back is None else 4:]
        if len(row) == len(names) and not (row and type(row[0]) is dict):
            hold(s, row)
            return None, [[name, id(r)] for name, r in zip(names, row)]
    # An empty dictionary is what an earlier dump has left.
    before = {id(r) for r in gc.get_referents(frame) if type(r) is not dict or r} if PYTHON < (3, 13) else None
    variables = frame.f_locals
    found = [(name, variables[name]) for name in names if name in variables]
    hold(s, [value for _, value in found])
    if before is not None and id(variables) not in before and (
            sys.getrefcount(variables) <= 3 and len(found) == len(variables)):
        variables.clear()                             # it was made for us: do not keep the values alive
    return None, [[name, id(value)] for name, value in found]


def typed_at_prompts(s):
    """[(dictionary, copy of it)]: variables as they are at prompts of pdb. Before 3.13 Python fills this dictionary
    anew when a frame is asked for its locals, and what was typed is lost."""
    kind = namespace_of_module("bdb").get("Bdb")
    if PYTHON >= (3, 13) or type(kind) is not type:
        return []
    found = [o for o in gc.get_objects() if issubclass(type(o), kind)]
    found = [read(s.plans.get(id(type(o))) or make_plan(s, type(o)), o, "curframe_locals") for o in found]
    return [(variables, dict(variables)) for variables in found if type(variables) is dict]


def capture_stacks(s):
    """[(thread id, [frame row])] of all threads, without our own frames."""
    stacks, typed = [], typed_at_prompts(s)
    for ident, frame in sys._current_frames().items():
        rows = []
        while frame is not None:
            if frame.f_globals is not globals():
                code = frame.f_code
                if code.co_name == "<module>":                        # nothing else leads to this code
                    s.mentioned.update((copy_of(name), None) for name in code.co_names)
                module = exact_text(dict.get(frame.f_globals, "__name__")) or "?"
                rows.append([module + "." + getattr(code, "co_qualname", code.co_name), code.co_filename,
                             frame.f_lineno, id(frame), locals_of(s, frame)])
            frame = frame.f_back
        if ident not in _own_threads:
            stacks.append((ident, rows))
    for variables, was in typed:
        if any(variables.get(name, MISSING) is not value for name, value in was.items()):
            variables.update(was)
    return stacks


def threads_of(s):
    """The rows of `threads`."""
    names, rows = {}, []
    active = namespace_of_module("threading").get("_active")
    for ident, thread in list(active.items()) if type(active) is dict else ():
        plan = s.plans.get(id(type(thread))) or make_plan(s, type(thread))
        names[ident] = read(plan, thread, "_name"), read(plan, thread, "_daemonic")
    for ident, frames in s.stacks:
        name, daemon = names.get(ident, (None, None) if len(s.stacks) > 1 else ("MainThread", False))
        rows.append({"id": ident, "name": exact_text(name) if name is not None and name is not MISSING else None,
                     "daemon": daemon if type(daemon) is bool else None, "current": ident == s.current_thread,
                     "frames": []})
        for function, file, line, address, (namespace, variables) in frames:
            page = s.pages.get(address >> 20)
            is_object = page is not None and page[address >> 4 & 65535] & 1
            rows[-1]["frames"].append({
                "function": function, "file": file, "line": line, "address": address - s.base if is_object else None,
                "namespace": namespace - s.base if namespace is not None and namespace not in s.own else None,
                "locals": [[name[:TEXT_LIMIT], i - s.base] for name, i in variables]})
    note_new(s, map(id, s.held), s.held)
    s.held.clear()
    return rows


def roots_of(s):
    """The rows of `roots`; queues what is not yet in the snapshot."""
    rows, objects = [], []

    def add(kind, name, o, **more):
        if id(o) not in s.own:
            rows.append(dict({"kind": kind, "name": name, "address": id(o) - s.base}, **more))
            objects.append(o)
    for name, module in list(dict.items(sys.modules)):
        if type(name) is str:
            more, namespace = {}, {}
            if issubclass(type(module), ModuleType):
                namespace = ModuleType.__dict__["__dict__"].__get__(module) or {}
            file = exact_text(dict.get(namespace, "__file__"), 4096)
            if file is not None:
                more["file"] = file
            elif name in sys.builtin_module_names:
                more["builtin"] = True
            add("module", name, module, **more)
    for name in ("modules", "path_hooks", "meta_path", "path_importer_cache", "path", "__dict__"):
        add("interpreter", "sys." + name, sys.__dict__.get(name, sys.__dict__))
    add("interpreter", "gc.garbage", gc.garbage)
    add("interpreter", "gc.callbacks", gc.callbacks)
    import _signal                                    # built in, and always loaded
    for number in range(1, _signal.NSIG if hasattr(_signal, "NSIG") else 65):
        handler = get(_signal.getsignal, number)
        if handler is not None and handler is not MISSING and type(handler) is not int:
            add("interpreter", "signal.getsignal(%d)" % number, handler)
    note_new(s, map(id, objects), objects)
    return rows


def static_roots(s):
    """Rows of `roots` for the types that are never freed. A function of its own, as `end_of`."""
    return [{"kind": "other", "name": "static type " + name, "address": address - s.base} for address, name in s.static]
