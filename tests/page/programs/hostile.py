"""hostile.py FILE: a snapshot whose names, keys, modules and files mean harm; the last word of each tells where it stood."""

import os
import sys
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "snapshot-dumper"))
import snapshot_dumper

# Texts that would do something if a page took them for more than text: each sets the title to `harmed`.
HARM = "document.title='harmed'"
TEXTS = [
    "<script>%s</script>" % HARM,
    "</script><script>%s</script>" % HARM,
    "</SCRIPT ><ScRiPt>%s</sCrIpT>" % HARM,
    "<!--<script>%s</script>-->" % HARM,
    "--><img src=x onerror=%s>" % HARM,
    "<img src=x onerror=\"%s\">" % HARM,
    "<svg/onload=%s>" % HARM,
    "<svg><style>*{display:none}</style></svg>",
    "<style>body{display:none}</style>",
    "<iframe srcdoc=\"<script>parent.%s</script>\"></iframe>" % HARM,
    "<a href=\"javascript:%s\">x</a>" % HARM,
    "javascript:%s" % HARM,
    "\" onmouseover=\"%s\" x=\"" % HARM,
    "' onfocus='%s' autofocus x='" % HARM,
    "`${%s}`" % HARM,
    "${%s}" % HARM,
    "{{constructor.constructor(\"%s\")()}}" % HARM,
    "</title><script>%s</script>" % HARM,
    "</textarea><script>%s</script>" % HARM,
    "</style><script>%s</script>" % HARM,
    "]]><script>%s</script>" % HARM,
    "<meta http-equiv=refresh content=0;url=http://127.0.0.1:9/>",
    "<base href=http://127.0.0.1:9/>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    "&lt;script&gt;%s&lt;/script&gt;" % HARM,
    "&#60;script&#62;%s" % HARM,
    "\\u003cscript\\u003e%s" % HARM,
    "\\\"};%s;//" % HARM,
    "\u2028%s\u2029" % HARM,
    "\u202eevil\u202c\u2066turned\u2069\u200f",
    "\0nul\x1b[31m\r\n\ttab\x7f\x85",
    "\ufeff\u200b\xad\u3164hidden",
    "__proto__",
    "constructor",
    "wide " + "w" * 3000,
]


def harm():
    """Objects whose types, attributes, keys, modules and functions have these names, enough of each to be told."""
    held = {}
    for number, text in enumerate(TEXTS):
        kind = type("Kind " + text.replace("\0", "0") + " %d" % number, (), {"__module__": "module " + text})
        things = []
        for _ in range(300):
            thing = kind()
            thing.__dict__["attribute " + text] = [text] * 20
            things.append(thing)
        module = types.ModuleType("module " + text.replace("\0", "0"))
        module.__dict__["variable " + text] = {"key " + text: things}
        sys.modules["module %d %s" % (number, text)] = module
        code = compile("def f(): pass", "file " + text.replace("\0", "0"), "exec")
        namespace = {"__name__": "module " + text}
        exec(code, namespace)
        namespace["f"].__qualname__ = "function " + text.replace("\0", "0")
        held["key " + text] = (things, namespace["f"])
    return held


HELD = harm()
snapshot_dumper.dump(sys.argv[1], text="all")
