# The walk: all tracked objects, then what they refer to, in groups of one type.


def interned_table(objects):
    """The address of the dictionary of interned strings, which Python 3.14 tracks; None when not among `objects`."""
    newest = sys.intern("interned last, at %r" % time.monotonic())
    for o in objects if PYTHON >= (3, 14) else ():
        if type(o) is dict and len(o) > 100 and next(reversed(o)) is newest:
            return id(o)
    return None


def refcounts_of(s, objects):
    """Reference counts without our own: `objects` must hold the only reference that the dumper has."""
    counts = list(map(sub, map(sys.getrefcount, objects), repeat(s.counted_extra)))
    early = s.early.keys() & map(id, objects) if s.early else ()
    if early:
        counts = [s.early[id(o)] if id(o) in early else count for o, count in zip(objects, counts)]
    if counts and max(counts) >= IMMORTAL:            # with `default=` Python would keep a tuple of keywords for ever
        counts = [-1 if count >= IMMORTAL else count for count in counts]
    return counts


def group_by_type(objects, refcounts):
    """[(objects, refcounts)] of one type each."""
    groups = {}
    for o, t, count in zip(objects, map(id, map(type, objects)), refcounts):
        group = groups.get(t)
        if group is None:
            group = groups[t] = ([], [])
        group[0].append(o)
        group[1].append(count)
    return list(groups.values())


def walk(s, objects, refcounts):
    """Write `objects` (all tracked ones) and the closure of what they refer to; empties both lists' contents."""
    work = []
    for start in range(0, len(objects), BATCH_OBJECTS):
        batch = objects[start:start + BATCH_OBJECTS]
        counts = refcounts[start:start + BATCH_OBJECTS]
        ids = list(map(id, batch))
        for i in s.own_references.keys() & ids:
            if counts[ids.index(i)] > 0:
                counts[ids.index(i)] -= s.own_references[i]
        if not s.own.isdisjoint(ids):
            kept = [i not in s.own for i in ids]
            batch = [o for o, keep in zip(batch, kept) if keep]
            counts = [count for count, keep in zip(counts, kept) if keep]
        work += group_by_type(batch, counts)
        del batch, ids
        while True:
            if len(s.pending) > PENDING or s.pending and not work:
                found, s.pending = s.pending, []
                work += group_by_type(found, refcounts_of(s, found))
                del found
            elif work:
                write_group(s, *work.pop())
            elif s.large:
                piece = list(islice(s.large[-1], PENDING))
                if piece:
                    note_new(s, map(id, piece), piece)
                else:
                    s.large.pop()
                del piece
            else:
                break


def write_group(s, group, refcounts):
    """Write objects of one type; when that fails, one by one, so that a strange object costs only itself."""
    t = type(group[0])
    s.emitted = []
    s.words.clear()
    try:
        plan = s.plans.get(id(t)) or make_plan(s, t)
        if plan.exact:
            write_containers(s, plan, group, refcounts)
        elif not plan.is_gc and not plan.hidden and not plan.is_heap:
            emit(s, group, shape_index(s, plan.index, (), None), sizes_of(s, plan, group), refcounts, 0, [])
            if s.text == "all" and (t is str or id(t) in LITERALS):
                note_literals(s, group)
        else:
            write_instances(s, plan, group, refcounts)
            if issubclass(t, type):
                s.static += [(id(o), table_key(o)) for o in group if not flags_of(o) & IS_HEAP_TYPE]
            if s.text != "none":
                note_names(s, plan, group)
        for o in group if plan.external else ():
            n = get(plan.external, o)
            if n and n is not MISSING:
                add_sparse(s, external_of=str(id(o) - s.base), external_bytes=str(n))
        for what in filter(None, map(plan.unseen, group)) if plan.unseen else ():
            count_error(s, what, plan.key)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        written = set(chain.from_iterable(s.emitted))
        if len(group) > 1:
            for o, count in zip(group, refcounts):
                if id(o) not in written:
                    write_group(s, [o], [count])
            if not written:
                return
        count_error(s, "%s: %s" % (type(error).__name__, error), table_key(t))


def walk_pending(s):
    """Write what roots and tables have added."""
    while s.pending:
        found, s.pending = s.pending, []
        walk(s, found, refcounts_of(s, found))


def find_subclasses(s, objects):
    """Find the dictionaries in which types note their subclasses, which they do not report."""
    for d in objects:
        if type(d) is not dict or not d:
            continue
        key, value = next(iter(d.items()))
        if type(key) is int and type(value) is WeakReference:
            alive = [c for c in map(WeakReference.__call__, d.values()) if c is not None]
            if not alive or id(alive[0]) not in d or not issubclass(type(alive[0]), type):
                continue
            for base in bases_of(alive[0]) or ():
                if id(base) not in s.subclasses and set(map(id, alive)) == set(map(id, type.__subclasses__(base))):
                    s.subclasses[id(base)] = d
                    break
