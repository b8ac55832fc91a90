# Shallow sizes, and all the arithmetic of versions that they need.

# Small dictionaries with a table of their own have these sizes; any other up to 304 is that of one with shared keys.
EMPTY_DICT, SMALL_DICT, WHOLE_TABLES = 64, 304, (184, 224, 232, 272)


def plan_size(plan, classes):
    """How the shallow size of an instance is found: the same for all (`constant`), or by a `__sizeof__` in C."""
    t = plan.type
    header = GC_HEADER * plan.is_gc + (16 if flags_of(t) & HAS_PREHEADER else 0)
    found = [namespace_of(c)["__sizeof__"] for c in classes if "__sizeof__" in namespace_of(c)]
    safe = [f for f in found if type(f) is MethodDescriptor]
    plan.constant = None
    if safe[0] is object.__dict__["__sizeof__"] and not itemsize_of(t):
        plan.constant = basicsize_of(t) + header
    else:
        own = safe[0] is found[0]                     # no method of the program comes before
        plan.size, plan.size_extra = sys.getsizeof if own else safe[0], 0 if own else header
        if plan.is_heap and any(c is tuple for c in classes) and lookup(t, "n_sequence_fields") is MISSING:
            plan.size_extra += 8                      # for subclasses of tuple, one item more is allocated


def sizes_of(plan, group):
    """Shallow sizes in bytes, one per object."""
    if plan.constant is not None:
        return [plan.constant] * len(group)
    if plan.size_extra:
        return [size + plan.size_extra for size in map(plan.size, group)]
    return list(map(plan.size, group))


def inline_bytes(count):
    """Bytes of the block in which Python 3.11 and later keep `count` attribute values; `__sizeof__` leaves it out.

    The block has room for the attributes that the class has seen so far, and one more."""
    capacity = count + 1
    return ((capacity + 7) & ~7) + 8 * (capacity + 1) if PYTHON >= (3, 13) else ((capacity + 9) & ~7) + 8 * capacity


def add_inline_bytes(plan, names, sizes):
    """The same sizes, with the block of values where an instance keeps its attributes without a dictionary."""
    has_block = flags_of(plan.type) & HAS_INLINE_VALUES if PYTHON >= (3, 13) else ".__dict__" not in names
    if not plan.inline or not has_block or not plan.most and PYTHON < (3, 13):
        return sizes
    extra = inline_bytes(plan.most)
    return [size + extra for size in sizes]


def sizes_of_dicts(s, plan, addresses, group):
    """Shallow sizes of dictionaries, which may share their table of keys, or their values with an instance."""
    sizes = sizes_of(plan, group)
    if s.embedded_dicts:                              # their values are counted with the instance
        return [basicsize_of(dict) + GC_HEADER if i in s.embedded_dicts else size for i, size in zip(addresses, sizes)]
    if PYTHON < (3, 11) or PYTHON == (3, 13):
        return sizes
    # The values of a split table: what stands before them is not counted; from 3.14 on they are the instance's.
    return [size if size <= EMPTY_DICT or size > SMALL_DICT or size in WHOLE_TABLES else
            EMPTY_DICT if PYTHON >= (3, 14) else size + (size - EMPTY_DICT >> 3) + 9 & ~7 for size in sizes]
