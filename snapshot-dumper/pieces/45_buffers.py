# What is behind the objects of extensions, beyond what their sizes and the collector tell.

NPY_OBJECT = 17                                        # numpy's number of the type whose arrays hold references
NPY_ARRAY_OWNDATA = 4                                  # its flag of arrays that have a buffer of their own
ARRAYS = {                                             # what numpy calls its kinds of items
    "b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex", "M": "datetime64", "m": "timedelta64",
    "O": "object", "S": "bytes", "U": "str", "V": "void"}
CTYPES_INSIDE = 16                                     # ctypes keeps up to so many bytes in the object itself


def array_length(of, o):
    """How many objects a numpy array holds; a view holds none, its base does."""
    return of["size"](o) if of["base"](o) is None and part_of(of["dtype"](o), "num") == NPY_OBJECT else 0


def array_elements(of, o):
    """These objects, in the order of `.flat`; at once, for another thread may give the array another size."""
    return list(of["flat"](o)) if array_length(of, o) else ()


def array_unseen(of, o):
    """What of a numpy array can't be shown: the objects in the fields of records. None when nothing is missing."""
    dtype = of["dtype"](o)
    records = part_of(dtype, "num") != NPY_OBJECT and part_of(dtype, "hasobject")
    return "objects in records of an array are not shown" if records and of["base"](o) is None else None


def array_external(of, o):
    """Bytes of the buffer when neither the array nor another object of Python has it."""
    base, owns = of["base"](o), part_of(of["flags"](o), "num") & NPY_ARRAY_OWNDATA
    return of["nbytes"](o) if table_key(type(base)) == "PyCapsule" or base is None and not owns else 0


def map_external(of, o):
    """Bytes of a mapped file."""
    return of["__len__"](o)()


def data_external(of, o):
    """Bytes of an instance of ctypes that are not in the object itself."""
    size = namespace_of_module("_ctypes")["sizeof"]
    n = size(o) if type(size) is BuiltinFunction and of["_b_needsfree_"](o) else 0
    return n if n > CTYPES_INSIDE else 0


def array_text(of, o):
    """What a numpy array is: `float64 (1000, 3)`."""
    dtype = of["dtype"](o)
    kind, bits = part_of(dtype, "kind"), part_of(dtype, "itemsize") * 8
    return "%s%s %s" % (ARRAYS.get(kind, kind), bits if kind in "iufc" else "", of["shape"](o))


# By type: which parts of the class in C are needed, and functions of these parts and an object: bytes outside of
# Python's heap, elements, how many, what is missing, and what it is in a few words.
BUFFERS = {
    "numpy.ndarray": ("base dtype flags flat nbytes shape size", array_external, array_elements, array_length,
                      array_unseen, array_text),
    "mmap.mmap": ("__len__", map_external, None, None, None, None),
    "_ctypes._CData": ("_b_needsfree_", data_external, None, None, None, None)}
