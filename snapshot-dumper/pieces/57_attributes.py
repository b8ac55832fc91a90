# Attributes: dictionaries, and values without one (3.11 and later). Nothing tells their names but the class.


def names_in(values):
    """Identifiers that the functions among `values` mention, as names or constants."""
    names = {}
    for value in values:
        value = value.fget if type(value) is property else value.__func__ if id(type(value)) in METHODS else value
        if type(value) is FunctionType:
            code = FunctionType.__dict__["__code__"].__get__(value)
            names.update(dict.fromkeys(code.co_names))
            names.update((name, None) for name in code.co_consts if type(name) is str and name.isidentifier())
    return names


def candidates(plan, wide=False):
    """Names that instances of a class written in Python probably have: what its methods and annotations mention;
    `wide`: also what its metaclass, the modules in which it and its bases are defined, and modules that run mention."""
    if plan.candidates is None or wide and not plan.wide:
        names = dict(plan.candidates or ())
        for c in mro_of(plan.type) + (mro_of(type(plan.type)) if wide else ()):
            namespace = namespace_of(c)
            names.update(names_in([namespace.get("__init__")] + list(namespace.values())))
            for extra in (namespace.get("__static_attributes__"), namespace.get("__annotations__"), namespace):
                if id(type(extra)) in NAMESPACES:
                    names.update((key, None) for key in extra if type(key) is str)
            module = sys.modules.get(full_name(c)[0]) if wide else None
            if type(module) is ModuleType and flags_of(c) & IS_HEAP_TYPE:
                values = list(module.__dict__.values())
                names.update(names_in(chain(values, *(namespace_of(v).values() for v in values if type(v) is type))))
        names.update(plan.mentioned if wide else ())
        plan.candidates, plan.wide = {copy_of(name): None for name in names if is_safe(plan, name)}, wide
    return plan.candidates


def is_attribute_dict(plan, o, d):
    """Whether the dictionary `d`, a referent of `o`, is its `__dict__` and not the value of an attribute."""
    is_function = type(o) is FunctionType or "cython_function" in plan.key
    if plan.is_heap and not plan.inline and not is_function:
        return True                               # every other slot has been named already
    if is_function and not d:
        return False                              # or its annotations: nobody can tell without making the other
    for key, value in islice(dict.items(d), 8):
        if type(key) is not str:
            return False
        if is_safe(plan, key):
            return read(plan, o, key) is value
    return len(d) == 0 and not any(read(plan, o, name) is d for name in (candidates(plan) if plan.inline else ()))


def without_dictionary(s, plan, o, row):
    """(whether `o` is known to have a dictionary, its referents without that).

    3.13.0 to 3.13.2 report the values of the dictionary in its place."""
    if plan.dictionary is None or not has_dictionary(s, o):
        return False, row
    d, row = plan.dictionary(o), list(row)
    values, seen = list(dict.values(d)), set(map(id, row))
    shared = id(d) not in seen or id(d) in set(map(id, values)) and seen.issuperset(map(id, values))
    for value in values if shared else [d]:
        for position, r in enumerate(row):
            if r is value:
                del row[position]
                break
    return True, row


def name_attributes(plan, o, row, names):
    """Name the attributes that `o` keeps without a dictionary (3.11 and later)."""
    unknown = [position for position, name in enumerate(names) if name is None]
    wanted = {}
    for position in unknown:
        wanted[id(row[position])] = wanted.get(id(row[position]), 0) + 1
    for attempt in ("known", "probable", "wide"):     # the cheapest way that explains all
        pool, doubtful = {}, {}                       # what the class has too the instance need not have
        for name in plan.known if attempt == "known" else candidates(plan, attempt == "wide"):
            value = read(plan, o, name)
            if id(value) in wanted:
                of_class = lookup(plan.type, name) is value
                (doubtful if of_class else pool).setdefault(id(value), []).append(name)
        if all(len(pool.get(i, ())) >= n for i, n in wanted.items()):
            break
    for i, found in doubtful.items():
        pool.setdefault(i, []).extend([name for name in found if not (name[:2] == "__" == name[-2:])])
    for position in unknown:
        found = pool.get(id(row[position]))
        if found:
            plan.known[found[0]] = None
            names[position] = "." + found.pop(0)
