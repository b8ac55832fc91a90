# Lists, tuples, sets and dictionaries: groups at once, or a very large one in pieces.


def write_named(s, plan, group, refcounts, names, rows, contents, tail):
    """Write objects whose references have the same names: `rows` of referents, then `contents` for each object."""
    note_unnamed(s, plan, names.count(None) * len(group) + (sum(map(len, contents)) if tail == "unnamed" else 0))
    sizes = sizes_of(s, plan, group)
    if plan.inline:
        sizes = list(map(add, sizes, attributes_bytes(s, plan, names, group)))
    counts = len(names)
    if contents:
        counts = [len(names) + len(content) for content in contents]
        flat = list(chain.from_iterable(chain.from_iterable(zip(rows, contents))))
    else:
        flat = list(chain.from_iterable(rows))
    ids = list(map(id, flat))
    found = dict(zip(ids, flat))
    note_new(s, found.keys(), found.values())
    if contents and tail == "mapping" and s.text in ("keys", "all"):
        note_literals(s, list(chain.from_iterable(content[::2] for content in contents)))
    emit(s, group, shape_index(s, plan.index, tuple(names), tail), sizes, refcounts, counts, ids)


def write_large(s, plan, o, refcount, names, row, contents):
    """Write one very large container in pieces, as a chunk of its own; its contents are visited later, so too."""
    flush_chunk(s)
    base, count = s.base, len(names)
    mapping, holes = plan.tail == "mapping", plan.visited and len(contents) != plan.length(o)
    note_unnamed(s, plan, names.count(None) + (len(contents) if holes else 0))
    shape = shape_index(s, plan.index, tuple(names), "unnamed" if holes else plan.tail)
    size = sizes_of(s, plan, [o])[0]
    s.write('%s{"address":[%d],"shape":[%d],"size":[%d],"refcount":[%d],"referent":[%s' % (
        s.separator, id(o) - base, shape, size, refcount, numbers([id(r) - base for r in row])))
    s.separator, comma, iterator = ",\n", "," if row else "", iter(contents)
    try:
        piece = list(islice(iterator, PENDING))
        while piece:
            if mapping:
                piece = list(chain.from_iterable(piece))
                if s.text in ("keys", "all"):
                    note_new(s, map(id, piece[::2]), piece[::2])
                    note_literals(s, piece[::2])
            s.write(comma + numbers([i - base for i in map(id, piece)]))
            count += len(piece)
            comma, piece = ",", list(islice(iterator, PENDING))
    except RuntimeError:                              # another thread changed its size: the rest is not known
        count_error(s, "changed while it was read", plan.key)
    made = ',"allocated_at":[%d]' % allocations_of(s, [o])[0] if s.traced else ""
    s.write('],"reference_count":[%d]%s}' % (count, made))
    s.objects += 1
    s.references += count
    note_new(s, map(id, row), row)
    # Of lists and tuples the references are taken when it is their turn: they cost 8 bytes each.
    iterator = map(gc.get_referents, (o,)) if plan.visited else iter(plan.contents(o))
    s.large.append(chain.from_iterable(iterator) if mapping or plan.visited else iterator)


def write_interned(s, plan, group, refcounts):
    """Write the dictionary of interned texts without its contents, which it holds weakly. Returns the others."""
    if s.interned is None or s.interned not in map(id, group):
        return group, refcounts
    place = list(map(id, group)).index(s.interned)
    emit(s, group[place:place + 1], shape_index(s, plan.index, (), None), sizes_of(s, plan, group[place:place + 1]),
         refcounts[place], 0, [])
    s.interned = None
    return group[:place] + group[place + 1:], refcounts[:place] + refcounts[place + 1:]


def read_containers(plan, group):
    """(how many items each has, all items in order or None when these are too many, whether these do not fit)."""
    mapping = plan.tail == "mapping"
    for _ in range(10):
        counts = list(map(len, group))
        if sum(counts) > BATCH_REFERENCES:
            return counts, None, False
        if plan.visited:
            flat = items_of(*group)
        elif mapping:
            flat = list(chain.from_iterable(chain.from_iterable(map(plan.contents, group))))
        else:
            flat = list(chain.from_iterable(group))
        torn = len(flat) != sum(counts) * (1 + mapping)
        if not torn or plan.visited and len(group) > 1:          # or another thread came between, or a slot is empty
            break
    return counts, flat, torn


def write_containers(s, plan, group, refcounts):
    """Write exact lists, tuples, sets or dicts: their contents in order, read by C loops over the whole group."""
    mapping = plan.tail == "mapping"
    if mapping:
        group, refcounts = write_interned(s, plan, group, refcounts)
    counts, flat, torn = read_containers(plan, group)
    ids = [] if flat is None else list(map(id, flat))
    if flat is None or torn:                          # what is too much, or has empty slots, is written alone
        middle = len(group) // 2
        if middle:
            write_containers(s, plan, group[:middle], refcounts[:middle])
            write_containers(s, plan, group[middle:], refcounts[middle:])
        elif flat is None:
            write_large(s, plan, group[0], refcounts[0], [], [], plan.contents(group[0]))
        else:
            write_named(s, plan, group, refcounts, [], [[]], [flat], "unnamed" if plan.visited else plan.tail)
        return
    found = dict(zip(ids, flat))
    note_new(s, found.keys(), found.values())
    if mapping:
        counts, sizes = [2 * count for count in counts], sizes_of_dicts(s, plan, group)
        if s.text in ("keys", "all"):
            note_literals(s, flat[::2])
    else:
        sizes = sizes_of(s, plan, group)
    emit(s, group, shape_index(s, plan.index, (), plan.tail), sizes, refcounts, counts, ids)
