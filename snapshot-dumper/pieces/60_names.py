# Which slot holds which referent: of one object, and of all that are alike.


def name_by_getters(plan, o, row):
    """(names of the referents `row`, names of slots to be added), as far as getters explain them."""
    pool = {}
    for name, getter in plan.getters.items():
        value = get(getter, o)
        if value is not MISSING:
            pool.setdefault(id(value), []).append(name)
    names = []
    for r in row:
        found = pool.get(id(r))
        names.append(found.pop(0) if found else ".__class__" if r is plan.type and ".__class__" not in names else None)
    hidden = []
    for name in plan.hidden:
        if name not in names:
            value = get(plan.getters[name], o)
            if value is not None and value is not MISSING:
                hidden.append(name)
    if plan.is_heap and ".__class__" not in names:
        hidden.append(".__class__")
    return names, hidden


def name_dictionary(plan, o, row, names, unknown):
    """Name the dictionary of attributes among the referents at the positions `unknown`."""
    # A functools cache reports its results before its attributes.
    places = unknown[::-1] if plan.is_cache else unknown
    for position in places if not plan.inline or len(unknown) == 1 else ():
        d = row[position]
        if type(d) is not dict:
            continue
        if type(o) is FunctionType and not d:
            names[position] = "attributes or annotations"
        elif ".__dict__" not in names and is_attribute_dict(plan, o, d):
            # Futures written in C have attributes, but no `__dict__` to ask for.
            names[position] = ".__dict__" if lookup(plan.type, "__dict__") is not MISSING else "attributes"
            if plan.inline:
                plan.known.update((copy_of(key), None) for key in islice(d, 200) if type(key) is str)
        elif type(o) is FunctionType and not is_annotations(o, d):
            names[position] = "attributes or annotations"


def is_annotations(o, d):
    """Whether the keys of a dictionary are those of annotations: parameters of the function, and `return`."""
    names = local_names(o.__code__)
    return all(type(key) is str and (key == "return" or key in names) for key in d)


def name_references(plan, o, row, has_dict=False):
    """Name the referents `row` of `o`; `has_dict`: it is known to have a dictionary, which `row` is without.

    Returns (names, hidden): one name or None for each referent, and the names of slots to be added that
    gc.get_referents does not report.
    """
    names, hidden = name_by_getters(plan, o, row)
    unknown = [position for position, name in enumerate(names) if name is None]
    if has_dict:
        hidden.append(".__dict__")
    elif unknown and plan.has_dict:
        if plan.dictionary is None:
            name_dictionary(plan, o, row, names, unknown)
        if plan.inline and ".__dict__" not in names:
            name_attributes(plan, o, row, names)
    if unknown and plan.frame is not MISSING:
        name_locals(plan, o, row, names)
    return names, hidden


def hidden_values(plan, o, hidden):
    """The referents of the slots that gc.get_referents does not report."""
    return [plan.type if name == ".__class__" else plan.dictionary(o) if name == ".__dict__" and plan.dictionary
            else plan.getters[name](o) for name in hidden]


def alike_with(plan, names, hidden, group, rows):
    """For each object whether `names` and `hidden` are right for it too; loops in C over a whole column."""
    checks = []
    for position, name in enumerate(names):
        column = list(map(itemgetter(position), rows))
        if name == ".__class__":
            checks.append(map(is_, column, repeat(plan.type)))
        elif name in plan.getters:
            checks.append(map(is_, column, column_of(plan.getters[name], group)))
        elif name == ".__dict__" and plan.has_dict:
            checks.append([type(d) is dict and is_attribute_dict(plan, o, d) for o, d in zip(group, column)])
        elif plan.type is FunctionType and type(column[0]) is dict:       # its annotations, or nobody knows
            checks.append([type(d) is dict and bool(d) is bool(column[0])
                           and is_annotations(o, d) is is_annotations(group[0], column[0])
                           and not is_attribute_dict(plan, o, d) for o, d in zip(group, column)])
        elif plan.inline and name is not None and name[1:] in plan.known:
            attribute = name[1:]
            if plan.plain and is_safe(plan, attribute):
                checks.append(map(is_, column, map(getattr, group, repeat(attribute), repeat(MISSING))))
            else:
                checks.append([read(plan, o, attribute) is r for o, r in zip(group, column)])
        else:
            checks.append(map(is_, map(type, column), repeat(type(column[0]))))
    for name in plan.hidden:
        if name not in names:
            there = name in hidden
            checks.append([(value is not None and value is not MISSING) is there
                           for value in column_of(plan.getters[name], group)])
    return list(map(all, zip(*checks))) if checks else [True] * len(group)
