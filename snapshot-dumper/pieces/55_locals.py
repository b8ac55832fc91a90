# Local variables of frames and of suspended functions.


def local_slot(prefix, name, r):
    """The name of a local's slot; what a cell holds is one step further, so the cell itself has no expression."""
    return "cell " + name if type(r) is CellType else prefix + repr(name) + "]"


def local_names(code):
    """Names of the fast locals, cells and free variables of a code object, each once, in the order of the frame."""
    if PYTHON < (3, 11):
        cells = code.co_cellvars + code.co_freevars   # that of an argument stands here, its own place is empty
        return [name for name in code.co_varnames if name not in code.co_cellvars] + list(cells)
    names = []                                        # those attributes would make tuples that the code object keeps
    try:
        while True:
            names.append(code._varname_from_oparg(len(names)))
    except IndexError:
        return names


def name_locals(plan, o, row, names):
    """Name the local variables among the referents of a frame, generator or coroutine.

    The collector reports them behind the code: first what is bound, then what is on the value stack. Names are given
    when there are as many referents as variables and nothing is on the stack: it is empty when the frame has ended, and
    when the last referent is a cell. To ask for the frame or its `f_locals` would make objects. No name is better than
    a wrong one."""
    code = get(plan.getters.get(".f_code" if plan.frame is None else "." + plan.frame[:3] + "code"), o)
    places = [position for position, r in enumerate(row) if r is code]
    if type(code) is not CodeType or not places:
        return
    unknown = [position for position in range(places[-1] + 1, len(row)) if names[position] is None
               and not (type(row[position]) is FunctionType and row[position].__code__ is code)]
    if plan.frame:
        awaited = part_of(o, AWAITED[plan.frame])
        if awaited is not None and unknown and row[unknown[-1]] is awaited:
            names[unknown.pop()] = "." + AWAITED[plan.frame]
    elif PYTHON < (3, 11) and unknown and type(row[unknown[0]]) is dict:
        return                                        # the first variable, or `f_locals` when somebody has asked for it
    variables = local_names(code)
    suspended = plan.frame is not None or PYTHON < (3, 11) and code.co_flags & SUSPENDABLE
    if len(unknown) != len(variables) or suspended and unknown and type(row[unknown[-1]]) is not CellType:
        return
    prefix = "." + plan.frame + ".f_locals[" if plan.frame else ".f_locals["
    for position, name in zip(unknown, variables):
        names[position] = local_slot(prefix, name, row[position])
