"""A Graph as a picture: the program `heapgraph` draws it, from the JSON that its command `draw` reads."""

import os

from heapgraph import _binary, _words
from heapgraph._slots import is_proper_module, type_name

FORMATS = (".svg", ".png", ".dot", ".mmd", ".json")


def diagram(graph, style):
    """The drawn graph, as `heapgraph draw` reads it: boxes, arrows, what is left out."""
    nodes = graph.nodes
    boxes = [_box(node, style, id(node.object) in graph.running) for node in nodes]
    arrows = [
        {"from": referrer, "to": referent, "labels": list(names), "unnamed_more": more if names else max(0, more - 1)}
        for referrer, referent, names, more in graph.edges
    ]
    for place, node in enumerate(nodes):
        if node.skipped:
            what = "backreferences" if graph.backwards else "references"
            boxes.append(
                {
                    "role": "more",
                    "heading": "%d more %s" % (node.skipped, what),
                    "distance": node.distance + 1,
                    "objects": node.skipped,
                }
            )
            ends = (len(boxes) - 1, place) if graph.backwards else (place, len(boxes) - 1)
            arrows.append({"from": ends[0], "to": ends[1]})
    return {
        "schema_version": 1,
        "title": _title(graph),
        "notes": [],
        "target_end": "last" if graph.backwards else "first",
        "boxes": boxes,
        "arrows": arrows,
    }


def _title(graph):
    targets = [node for node in graph.nodes if node.is_target]
    if len(targets) == 1:
        what = "%s %#x" % (type_name(type(targets[0].object)), id(targets[0].object))
    else:
        what = "%d objects" % len(targets)
    return "What refers to %s" % what if graph.backwards else "What %s refer%s to" % (what, "s" * (len(targets) == 1))


def _box(node, style, is_running):
    o = node.object
    address, what, lines = "%#x" % id(o), _words.words(o), style.extra(o)
    finalizer, module = _words.has_finalizer(o), is_proper_module(o)
    box = {
        "address": address,
        "role": "target" if node.is_target else "root" if module or is_running else "object",
        "heading": style.heading(node),
        "lines": [what if what == address else what + " · " + address] + lines + ["has __del__"] * finalizer,
        "facts": ["type: " + type_name(type(o), False), "address: " + address],
        "distance": node.distance,
        "highlighted": style.is_highlighted(o),
        "finalizer": finalizer,
    }
    if module:
        box["root"] = "module " + what
    elif is_running:
        box["root"] = "%s() runs" % o.f_code.co_name
    return box


def draw(graph, style, path):
    """Draw into the file `path`, whose extension says how: .svg, .png, .mmd, .json, or .dot of the program's own kind.

    Raises HeapgraphError when the program can't draw or write it, or is not there.
    """
    import json

    text = json.dumps(diagram(graph, style), ensure_ascii=False)
    _binary.ask(["draw", "-", "-q", "-o", os.fspath(path)], text.encode("utf-8", "replace"))
