# Plans: how the instances of a type are written. A plan is made once per type.


def namespace_name(t, name):
    """`__name__` of a class that stores it as an object; static types make a new text each time."""
    return type.__dict__[name].__get__(t) if flags_of(t) & IS_HEAP_TYPE else None


def items_of(*group):
    """What lists or tuples hold, in order, without their empty slots.

    C code leaves slots empty (while it builds a tuple from a generator, or for good), and to iterate over one crashes.
    The collector's visit skips them; it begins at the end."""
    found = gc.get_referents(*group[::-1])
    found.reverse()
    return found


def plan_getters(plan, key, namespace):
    """What a class has that returns what an instance stores."""
    for name in ACCESSORS.get(key, "").split():
        getter = namespace.get(name.lstrip("+"))
        if id(type(getter)) in DESCRIPTORS and (key != "code" or type(getter) is MemberDescriptor):
            plan.getters["." + name.lstrip("+")] = getter.__get__
            if name[0] == "+":
                plan.hidden.append("." + name[1:])
    for name, value in namespace.items():
        if type(value) is MemberDescriptor and key != "code":
            plan.getters.setdefault("." + name, value.__get__)
    hidden = {}
    part, count = PARTS.get(key, (None, 0))
    for position in range(count) if id(type(namespace.get(part))) in C_LEVEL else ():
        make = namespace[part] if type(namespace[part]) is MethodDescriptor else namespace[part].__get__
        call = "()" if make is namespace[part] else ""
        hidden[".%s%s[%d]" % (part, call, position)] = lambda o, make=make, position=position: make(o)[position]
    view = namespace.get(VIEWS.get(key))
    if type(view) is GetSetDescriptor:
        hidden[VIEWS[key]] = lambda o: gc.get_referents(view.__get__(o))[0]
    plan.getters.update(hidden)
    plan.hidden += hidden


def plan_contents(plan, c, key, namespace):
    """How the contents are read, when the class is a container or has a buffer of objects."""
    if key in CONTENTS and plan.tail is None:
        how, tail = CONTENTS[key]
        if id(type(namespace.get(how))) in C_LEVEL:               # and not a class of the program with such a name
            plan.tail, plan.contents, plan.length = tail, namespace[how], namespace["__len__"]
            plan.exact = c is plan.type and not plan.is_heap and key != "collections.deque"
            if key in ("list", "tuple"):
                plan.visited, plan.contents = True, items_of
    if key in BUFFERS:
        names, *functions = BUFFERS[key]
        parts = {n: namespace[n].__get__ for n in names.split() if id(type(namespace.get(n))) in C_LEVEL}
        if len(parts) == len(names.split()):
            plan.external, elements, length, plan.unseen, plan.text = (
                f and (lambda o, f=f, parts=parts: f(parts, o)) for f in functions)
            if elements:
                plan.contents, plan.length, plan.tail = elements, length, "flat"


def plan_special(s, plan):
    """Instances of metaclasses, structures such as `os.stat_result`, weak references."""
    t = plan.type
    if issubclass(t, type):
        plan.getters[".__bases__"] = bases_of
        plan.getters[".__dict__"] = lambda o: gc.get_referents(namespace_of(o))[0]
        plan.getters[".__name__"] = lambda o: namespace_name(o, "__name__")
        plan.getters[".__qualname__"] = lambda o: namespace_name(o, "__qualname__")
        plan.getters["subclasses"] = lambda o: s.subclasses.get(id(o))
        plan.hidden += [".__dict__", ".__name__", ".__qualname__", "subclasses"]
    counts = [namespace_of(t).get(name) for name in ("n_fields", "n_sequence_fields")] if plan.visited else ()
    if counts and not flags_of(t) & IS_BASE_TYPE and all(type(n) is int for n in counts):
        # Of a structure only what comes after its items has no index.
        plan.fields, names = counts[0], list(plan.getters)
        for name in names[:len(names) - counts[0] + counts[1]]:
            del plan.getters[name]
    if issubclass(t, WeakReference):
        plan.getters["~()"] = WeakReference.__call__
        plan.hidden.append("~()")


def make_plan(s, t):
    """Everything about a type that writing its instances needs. Made once per type, kept by `id`."""
    classes, keys, flags = mro_of(t), [table_key(c) for c in mro_of(t)], flags_of(t)
    plan = s.plans[id(t)] = Namespace(
        type=t, key=keys[0], index=type_index(s, t), is_gc=bool(flags & IS_GC), is_heap=bool(flags & IS_HEAP_TYPE),
        # references: getters of slots, slots that the collector does not report
        getters={}, hidden=[], frame=MISSING, fields=None,
        is_ordered="collections.OrderedDict" in keys, is_cache="functools._lru_cache_wrapper" in keys,
        # contents: how they are read and counted; whether all of the object is contents; whether the collector visits
        contents=None, length=None, tail=None, exact=False, visited=False, external=None, unseen=None, text=None,
        # attributes: names that are probable, that were right once, that are safe to read
        candidates=None, wide=False, known={}, safe={}, mentioned=s.mentioned)
    for c, key in zip(classes, keys):
        namespace = namespace_of(c)
        plan_getters(plan, key, namespace)
        plan_contents(plan, c, key, namespace)
        if key in FRAME_OF and plan.frame is MISSING:
            plan.frame = FRAME_OF[key]
    plan_special(s, plan)
    # A thread-local has another dictionary in each thread.
    plan.has_dict = bool(dictoffset_of(t)) and ".__dict__" not in plan.getters and "_thread._local" not in keys
    plan.inline = plan.has_dict and bool(flags & HAS_MANAGED_DICT)
    # Where memory tells whether there is a dictionary, to ask for it makes none.
    getters = [namespace_of(c).get("__dict__") for c in classes] if plan.inline and s.memory is not None else ()
    plan.dictionary = next((d.__get__ for d in getters if type(d) is GetSetDescriptor), None)
    plan.plain = (lookup(t, "__getattribute__") is object.__dict__["__getattribute__"]
                  and lookup(t, "__getattr__") is MISSING)
    plan_size(plan, classes, keys)
    return plan
