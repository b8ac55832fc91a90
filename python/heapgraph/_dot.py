"""A Graph as text for Graphviz, with the colours and marks that objgraph gives it."""

from heapgraph import _words
from heapgraph._slots import is_proper_module


def quoted(text):
    """A string of the DOT language; control characters and lone surrogates as escapes that can be read."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif char.isprintable() or char in "\u200c\u200d":
            out.append(char)
        else:
            out.append("\\\\" + ("x%02x" % ord(char) if char <= "\xff" else "u%04x" % ord(char)))
    return '"%s"' % "".join(out)


def name_of(o):
    """The name of the node of an object."""
    return "o%d" % id(o)


def _brightness(distance, depth):
    """Of a box: white for targets, darker with the distance."""
    return 1.0 if not depth else 1.0 - 0.7 * min(distance, depth) / depth


def write(graph, depth, style):
    """The whole Graph as text; `style` is a `_words.Style`, `depth` the distance at which boxes are darkest."""
    lines = ["digraph ObjectGraph {", "  node[shape=box, style=filled, fillcolor=white];"]
    nodes = graph.nodes
    lines += ["  %s[fontcolor=red];" % name_of(node.object) for node in nodes if node.is_target]
    for referrer, referent, names, more in graph.edges:
        label = edge_label(names, more)
        attributes = " [label=%s,weight=%d]" % (quoted(label), 10 if label[0] == "." else 2) if label else ""
        lines.append("  %s -> %s%s;" % (name_of(nodes[referrer].object), name_of(nodes[referent].object), attributes))
    for node in nodes:
        lines += _box(node, depth, style)
        if node.skipped:
            lines += _left_out(node, graph.backwards)
    return "\n".join(lines + ["}", ""])


def edge_label(names, more):
    """What stands at an arrow; empty when nobody knows."""
    if not names:
        return "" if more <= 1 else "%d references" % more
    return ", ".join(names) + (" and %d more" % more if more else "")


def _box(node, depth, style):
    o, name = node.object, name_of(node.object)
    shade = _brightness(node.distance, depth)
    colour = "0,0,%.3g" % shade
    if is_proper_module(o):
        colour = "0.333,1,%.3g" % max(0.5, shade)
    elif style.is_highlighted(o):
        colour = "0.667,0.3,%.3g" % max(0.5, shade)
    label = [style.heading(node), _words.words(o), *style.extra(o)]
    attributes = "".join(", %s=%s" % (key, quoted(value)) for key, value in style.attributes(o))
    lines = ["  %s[label=%s%s];" % (name, quoted("\n".join(label)), attributes)]
    lines.append('  %s[fillcolor="%s"];' % (name, colour))
    if shade < 0.5:
        lines.append("  %s[fontcolor=white];" % name)
    if _words.has_finalizer(o):
        lines.append("  %s -> %s_del[color=red,style=dotted,len=0.25,weight=10];" % (name, name))
        mark = 'label="__del__",shape=doublecircle,height=0.25,color=red,fillcolor="0,.5,1",fontsize=6'
        lines.append("  %s_del[%s];" % (name, mark))
    return lines


def _left_out(node, backwards):
    """The box that counts the neighbours which are not drawn."""
    name, shade = name_of(node.object), '"0,1,1"'
    arrow = "too_many_%s -> %s" if backwards else "%s -> too_many_%s"
    label = "%d more %s" % (node.skipped, "backreferences" if backwards else "references")
    return [
        "  %s;" % (arrow % (name, name)),
        '  too_many_%s[label="%s",shape=box,height=0.25,color=red,fillcolor=%s,fontsize=6];' % (name, label, shade),
        "  too_many_%s[fontcolor=white];" % name,
    ]
