# Shallow sizes, all the arithmetic of versions that they need, and the words of memory that no getter returns.

# Where CPython (GIL, 64 bits) keeps words that no getter returns:
CACHED_KEYS = {(3, 11): 872, (3, 12): 880}.get(PYTHON) # `PyHeapTypeObject.ht_cached_keys`, shared by the instances
DICT_KEYS, DICT_VALUES = 32, 40                        # `PyDictObject.ma_keys`, `.ma_values`
KEYS_USABLE, KEYS_ENTRIES = 16, 24                     # `PyDictKeysObject.dk_usable`, `.dk_nentries` (3.11 and later)
MANAGED_DICT = 24                                      # before an instance: its dictionary, or (3.12) its values and 1
MANAGED_VALUES = 32 if PYTHON == (3, 11) else 24       # before an instance: the block of its values
VAR_SIZE, LIST_ALLOCATED = 16, 32                      # `PyVarObject.ob_size`, `PyListObject.allocated`
TEXT_LENGTH, TEXT_STATE = 16, 32                       # `PyASCIIObject.length`, `.state`
# `stringio.buf`, `.buf_size`, `.state`, then `.accu.large`, `.accu.small` (to 3.11) or `.writer.buffer`.
STRING_IO, STATE_ACCUMULATING = (16, 40, 48, 56, 64), 2
# As `sys.getsizeof` says; dictionaries between them may share their table of keys.
EMPTY_DICT, SMALL_DICT = 64, 304
LOCK = 0 if PYTHON >= (3, 14) else 32                  # the semaphore that `PyThread_allocate_lock` asks for
RING = 64 if PYTHON >= (3, 13) else LOCK               # the places of a `SimpleQueue`, before it grows


def open_memory():
    """A descriptor of this process's own memory, None where there is none or objects look otherwise."""
    try:
        usual = sys.maxsize > 1 << 32 and "t" not in getattr(sys, "abiflags", "t")
        return os.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC) if usual else None
    except OSError:
        return None


def word_at(s, address):
    """The word at an address of this process, 0 when it can't be read. Pages are kept for one group of objects."""
    page = s.words.get(address >> 12)
    if page is None:
        try:
            data = os.pread(s.memory, 4096, address & ~4095) if s.memory is not None else b""
        except (OSError, OverflowError):
            data = b""
        page = s.words[address >> 12] = memoryview(data).cast("Q")
    place = (address & 4095) >> 3
    return page[place] if place < len(page) else 0


def room_of(s, keys):
    """(room of shared keys for values, whether it stays so): with each instance, up to thirty, room for one is lost."""
    usable = word_at(s, keys + KEYS_USABLE)
    return usable + word_at(s, keys + KEYS_ENTRIES), usable <= 1


def values_bytes(s, values, room):
    """Bytes of a block of attribute values; `room`: what its keys have room for now, which is the least it may have."""
    if PYTHON >= (3, 13):
        capacity = word_at(s, values) & 255           # `PyDictValues.capacity`
        return (capacity + 7 & ~7) + 8 * (capacity + 1)
    before = word_at(s, values - 8) >> 56             # bytes in front of the values, which tell a range of eight
    least, most = max(room[0], before - 9), before - 2
    return before + 8 * (least if room[1] or least > most else (least + most) // 2)


def has_dictionary(s, o):
    """Whether an instance that may keep its attributes without a dictionary has one."""
    word = word_at(s, id(o) - MANAGED_DICT)
    return word != 0 and not word & 1


def attributes_bytes(s, plan, names, group):
    """Bytes of the blocks in which 3.11 and later keep attributes without a dictionary; `__sizeof__` omits them."""
    if s.memory is None:                              # room for those that there are, and one more
        return repeat(0 if ".__dict__" in names else (len(names) + 8 & ~7) + 8 * (len(names) + 1))
    if PYTHON >= (3, 13):                             # behind the object, also when there is a dictionary
        if not flags_of(plan.type) & HAS_INLINE_VALUES:
            return repeat(0)
        size = basicsize_of(plan.type)
        return [values_bytes(s, id(o) + size, None) for o in group]
    room = room_of(s, word_at(s, id(plan.type) + CACHED_KEYS))
    found = [word_at(s, id(o) - MANAGED_VALUES) for o in group]
    if PYTHON >= (3, 12):
        found = [word + 1 if word & 1 else 0 for word in found]
    return [values_bytes(s, values, room) if values else 0 for values in found]


def text_buffer_bytes(s, o):
    """Bytes of the buffers of a `StringIO`: UCS4, and what grows while it is written to the end only."""
    buffer, size, state, first, second = (word_at(s, id(o) + offset) for offset in STRING_IO)
    total = 4 * size if buffer else 0
    if state & 255 != STATE_ACCUMULATING:
        return total
    if PYTHON >= (3, 12):                             # a text of one, two or four bytes for each character
        each = word_at(s, first + TEXT_STATE) >> 2 & 7
        return total + (basicsize_of(str) + word_at(s, first + TEXT_LENGTH) * each if first else 0)
    return total + sum(GC_HEADER + basicsize_of(list) + 8 * word_at(s, texts + LIST_ALLOCATED)
                       for texts in (first, second) if texts)


def class_bytes(s, o):
    """Slots of a class, and the spare one that all types of a variable length have."""
    return itemsize_of(type) * (word_at(s, id(o) + VAR_SIZE) + 1) if flags_of(o) & IS_HEAP_TYPE else 0


def moment_bytes(s, o):
    """A `datetime` or `time` without a zone has no room for one."""
    return -8 if part_of(o, "tzinfo") is None else 0


# Blocks of memory that the `__sizeof__` of a type leaves out: how many bytes, or what tells.
BLOCKS = {"_thread.lock": LOCK, "_thread.RLock": LOCK, "_queue.SimpleQueue": RING, "_io.BufferedReader": LOCK,
          "_io.BufferedWriter": LOCK, "_io.BufferedRandom": LOCK, "_io.StringIO": text_buffer_bytes,
          "type": class_bytes, "datetime.datetime": moment_bytes, "datetime.time": moment_bytes}


def spare_bytes(t, classes):
    """What is allocated for an instance of a variable length and not told: the spare item of a class made in Python,
    the words of its own that `__sizeof__` of the built-in one does not know; fields of a structure without an index."""
    fields, items = (lookup(t, name) for name in ("n_fields", "n_sequence_fields"))
    if type(fields) is type(items) is int and any(c is tuple for c in classes):
        return 8 * (fields - items)
    base = next((c for c in classes if c is tuple or c is bytes or c is int or c is str), None)
    if base is None:
        return 0
    more = basicsize_of(t) - basicsize_of(base) if base is int or base is str else 0
    return more + (itemsize_of(base) if flags_of(t) & IS_HEAP_TYPE else 0)


def plan_size(plan, classes, keys):
    """How the shallow size of an instance is found: the same for all (`constant`), or by a `__sizeof__` in C."""
    t = plan.type
    header = GC_HEADER * plan.is_gc + (16 if flags_of(t) & HAS_PREHEADER else 0)
    # That of numpy's scalars tells too much.
    found = [namespace_of(c)["__sizeof__"] for c, key in zip(classes, keys)
             if "__sizeof__" in namespace_of(c) and key != "numpy.generic"]
    safe = [f for f in found if type(f) is MethodDescriptor]
    plan.constant, plan.block = None, next((BLOCKS[key] for key in keys if key in BLOCKS), 0)
    if safe[0] is object.__dict__["__sizeof__"] and not itemsize_of(t):
        plan.constant = basicsize_of(t) + header
    else:
        own = safe[0] is found[0]                     # no method of the program comes before
        plan.size, plan.size_extra = sys.getsizeof if own else safe[0], 0 if own else header
        plan.size_extra += spare_bytes(t, classes)


def sizes_of(s, plan, group):
    """Shallow sizes in bytes, one per object, without the block of attributes."""
    if plan.constant is not None:
        sizes = [plan.constant] * len(group)
    elif plan.size_extra:
        unit = 7 if itemsize_of(plan.type) else 0     # those of a variable length are rounded up
        sizes = [size + plan.size_extra + unit & ~unit for size in map(plan.size, group)]
    else:
        sizes = list(map(plan.size, group))
    if plan.block:
        constant = type(plan.block) is int
        sizes = [size + (plan.block if constant else plan.block(s, o)) for size, o in zip(sizes, group)]
    return sizes


def sizes_of_dicts(s, plan, group):
    """Shallow sizes of dictionaries, which may share their table of keys, or their values with an instance."""
    sizes = sizes_of(s, plan, group)
    for position, size in enumerate(sizes) if PYTHON >= (3, 11) and s.memory is not None else ():
        if EMPTY_DICT < size <= SMALL_DICT:
            values = word_at(s, id(group[position]) + DICT_VALUES)
            if values:
                room = room_of(s, word_at(s, id(group[position]) + DICT_KEYS))
                is_embedded = PYTHON >= (3, 13) and word_at(s, values) >> 16 & 255
                sizes[position] = size - 8 * room[0] + (0 if is_embedded else values_bytes(s, values, room))
    return sizes
