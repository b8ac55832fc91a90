# Everything that is no plain container: instances, with or without contents.


def dict_visited(d, row):
    """How many of the referents `row` of a dict subclass are its contents: values, and keys unless all are str."""
    n = dict.__len__(d)
    if not n:
        return 0
    key, value = next(reversed(dict.items(d)))
    return 2 * n if row[-1] is key and (key is not value or type(key) is not str) and len(row) >= 2 * n else n


def visited_items(plan, o, row, n):
    """Take the `n` items of an instance of a subclass of list or tuple out of its referents `row`, in order.

    None at all when slots are empty: then they stay where they are, and have no names."""
    for _ in range(10):
        if plan.fields is not None:                   # in order, then those that have no index
            start = 1 if row and row[0] is plan.type else 0
            if len(row) == start + plan.fields:
                items = row[start:start + n]
                del row[start:start + n]
                return items
        elif len(row) >= n and (not plan.is_heap or len(row) > n and row[-n - 1] is plan.type):
            items = row[:len(row) - n - 1:-1]
            del row[len(row) - n:]
            return items
        n, row[:] = plan.length(o), gc.get_referents(o)           # another thread came between?
    return []


def contents_of_one(plan, o, row):
    """(the items of `o`, how many they should be); takes them out of its referents `row`."""
    n, mapping = plan.length(o), plan.tail == "mapping"
    if plan.visited:
        return visited_items(plan, o, row, n), n
    del row[len(row) - (dict_visited(o, row) if mapping else n):]
    if len(row) >= n > 0 and mapping and plan.is_ordered:
        # The list that keeps the order refers to each key once more. Worth a reference only for real objects.
        row[-n:] = [key for key in row[-n:] if gc.is_tracked(key)]
    return plan.contents(o), n


def take_contents(s, plan, group, refcounts, rows):
    """[contents of each], taken out of its referents `rows`; None for one that is so large that it is written here."""
    contents = []
    for o, refcount, row in zip(group, refcounts, rows):
        items, n = contents_of_one(plan, o, row)
        if n > BATCH_REFERENCES:
            has_dict, row = without_dictionary(s, plan, o, row)
            names, hidden = name_references(plan, o, row, has_dict)
            write_large(s, plan, o, refcount, names + hidden, row + hidden_values(plan, o, hidden), items)
            contents.append(None)
        elif plan.tail == "mapping":
            contents.append(list(chain.from_iterable(items)))
        else:
            contents.append(items if type(items) is list else list(items))
    return contents


def referents_of(plan, group):
    """What the collector visits in each object."""
    if not plan.is_gc:
        return [[] for _ in group]
    if VISITS_FREED and plan.type is ModuleType:
        # Only the module's dictionary, which is a slot of its own.
        return [[o.__dict__] if dict.get(o.__dict__, "__name__") == "_asyncio" else gc.get_referents(o) for o in group]
    return list(map(gc.get_referents, group))


def write_instances(s, plan, group, refcounts):
    """Write objects that are not plain containers: name the references of one, then of all that are alike."""
    if len(group) > 2048 and plan.contents:
        for start in range(0, len(group), 2048):
            write_instances(s, plan, group[start:start + 2048], refcounts[start:start + 2048])
        return
    rows = referents_of(plan, group)
    contents = take_contents(s, plan, group, refcounts, rows) if plan.contents else None
    buckets = {}                                      # (number of referents, whether with a dictionary) → positions
    for position, row in enumerate(rows):
        has_dict = False
        if plan.dictionary is not None:
            has_dict, rows[position] = without_dictionary(s, plan, group[position], row)
        if contents is None or contents[position] is not None:
            buckets.setdefault((len(rows[position]), has_dict), []).append(position)
    for (_, has_dict), positions in buckets.items():
        rounds = 0
        while positions:
            first = positions[0]
            names, hidden = name_references(plan, group[first], rows[first], has_dict)
            alike, rest = [first], positions[1:]
            if rest and rounds < 40 and plan.frame is MISSING:
                same = alike_with(plan, names, hidden, [group[p] for p in positions], [rows[p] for p in positions])
                same[0] = True
                alike = [p for p, flag in zip(positions, same) if flag]
                rest = [p for p, flag in zip(positions, same) if not flag]
            positions, rounds = rest, rounds + 1
            found = [rows[p] + hidden_values(plan, group[p], hidden) if hidden else rows[p] for p in alike]
            write_named(s, plan, [group[p] for p in alike], [refcounts[p] for p in alike], names + hidden, found,
                        contents and [contents[p] for p in alike], plan.tail)
