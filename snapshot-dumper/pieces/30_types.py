# Types: what they are called, what an instance would find in them, all without running code of theirs.


def mro_of(t):
    """The classes of `t`; only `object` for a type of an extension that was never made ready."""
    return stored_mro_of(t) or (object,)


def lookup(t, name):
    """What `t.name` finds in the classes of `t`, without calling descriptors; MISSING when there is nothing."""
    for c in mro_of(t):
        namespace = namespace_of(c)
        if name in namespace:
            return namespace[name]
    return MISSING


def bases_of(t):
    """`t.__bases__` as stored; reading those of a type that was never made ready would crash."""
    return type.__dict__["__bases__"].__get__(t) if stored_mro_of(t) else None


def full_name(t):
    """(module, qualified name) of a type, as exact texts."""
    try:
        module = exact_text(module_of(t))
    except AttributeError:
        module = None
    return module or "?", exact_text(qualname_of(t))


def table_key(t):
    """The name of a type as the tables above write it. The types of Cython hide their module, or number it."""
    module, name = full_name(t)
    return name if module in ("builtins", "?") or module.startswith("_cython_") else module + "." + name


def namespace_of_module(name):
    """The namespace of a module, empty when it is not loaded or not a plain module."""
    module = sys.modules.get(name)
    return module.__dict__ if type(module) is ModuleType else {}


def get(getter, o):
    """`getter(o)`, MISSING for an empty slot or cell."""
    try:
        return getter(o)
    except Exception:
        return MISSING


def part_of(o, name):
    """Attribute `name` by the descriptor that a class in C has for it; what a class of the program has is not asked."""
    found = [namespace_of(c)[name] for c in mro_of(type(o)) if id(type(namespace_of(c).get(name))) in C_LEVEL]
    return found[0].__get__(o) if found else None


def is_safe(plan, name):
    """Whether reading attribute `name` of an instance runs no Python code: no descriptor of the class is in the way."""
    safe = plan.safe.get(name)
    if safe is None:
        found = lookup(plan.type, name)
        safe = plan.safe[name] = (found is MISSING or id(type(found)) in HARMLESS
                                  or lookup(type(found), "__get__") is MISSING)
    return safe


def read(plan, o, name):
    """Attribute `name` as the instance stores it (or its class, when it has none), MISSING when that is not known."""
    if not is_safe(plan, name):
        return MISSING
    try:
        return object.__getattribute__(o, name)
    except Exception:
        return MISSING


def column_of(getter, group):
    """`getter` of every object, MISSING where there is no value."""
    try:
        return list(map(getter, group))
    except Exception:
        return [get(getter, o) for o in group]
