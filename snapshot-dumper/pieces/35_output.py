# The chunks of columns that the snapshot is made of, and the tables of types and shapes.


def note_new(s, ids, objects):
    """Queue the objects that are seen for the first time. A page of the map covers 1 MiB of addresses."""
    pages, pending, number = s.pages, s.pending, None
    for i, o in zip(ids, objects):
        if i >> 20 != number:
            number = i >> 20
            page = pages.get(number)
            if page is None:
                page = pages[number] = bytearray(65536)
        granule = i >> 4 & 65535                      # no two objects share 16 bytes
        if not page[granule] & 1:
            page[granule] |= 1
            pending.append(o)


def add_sparse(s, **values):
    """Append to the columns that only some objects have."""
    for name, value in values.items():
        s.columns.setdefault(name, []).append(value)


def emit(s, group, shape, sizes, refcounts, counts, referents):
    """Append objects to the chunk. Columns are lists of integers; a single integer stands for all the objects."""
    base, n, ids = s.base, len(group), list(map(id, group))
    s.emitted.append(ids)
    s.objects += n
    s.references += len(referents)
    columns = [[i - base for i in ids], shape, sizes, refcounts, counts, [i - base for i in referents]]
    if s.traced:
        columns.append(allocations_of(s, group))
    for name, values in zip(s.columns, columns):
        text = (str(values) + ",") * (n - 1) + str(values) if type(values) is int else numbers(values)
        if text:
            s.columns[name].append(text)
            s.chunk_bytes += len(text)
    if s.marked and ids:
        pages = s.pages
        add_sparse(s, mark=numbers([pages[i >> 20][i >> 4 & 65535] >> 2 & 7 for i in ids]))
    if s.chunk_bytes > CHUNK_BYTES:
        flush_chunk(s)


def flush_chunk(s):
    """Write the chunk that has been collected."""
    if any(s.columns.values()):
        s.write(s.separator + "{" + ",".join('"%s":[%s]' % (name, ",".join(column))
                                             for name, column in s.columns.items()) + "}")
        s.separator = ",\n"
    s.columns, s.chunk_bytes = {name: [] for name in COLUMNS + (("allocated_at",) if s.traced else ())}, 0


def note_unnamed(s, plan, n):
    """Count references of objects of this type that nobody has named."""
    if n:
        s.unnamed[plan.index] = s.unnamed.get(plan.index, 0) + n


def count_error(s, what, kind):
    """What could not be done, with an object of which type."""
    s.errors[what, kind] = s.errors.get((what, kind), 0) + 1


def type_index(s, t):
    """The index of `t` in the table `types` of the snapshot."""
    index = s.types.get(id(t))
    if index is None:
        base = base_of(t)
        base_index = None if base is None else type_index(s, base)
        module, name = map(copy_of, full_name(t))
        index = s.types[id(t)] = len(s.types)
        s.type_rows.append({"address": id(t) - s.base, "module": module, "name": name, "base": base_index,
                            "flags": flags_of(t), "basic_size": basicsize_of(t), "item_size": itemsize_of(t)})
        note_new(s, (id(t),), (t,))
    return index


def shape_index(s, index, names, tail):
    """The index in `shapes` of: objects of type `index`, whose references are `names` (None: unnamed), then `tail`."""
    key = index, names, tail
    shape = s.shapes.get(key)
    if shape is None:
        shape = s.shapes[key] = len(s.shapes)
        segments = []
        for name in names:
            kind, value = ("unnamed", 1) if name is None else ("fields", [name])
            if segments and kind in segments[-1]:
                segments[-1][kind] += value
            else:
                segments.append({kind: value})
        s.shape_rows.append('{"type":%d,"slots":%s}' % (index, to_json(segments + ([tail] if tail else []))))
    return shape
