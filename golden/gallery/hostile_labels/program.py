"""Names that try to break a picture: quotes, markup, controls, other scripts, marks of direction, great length."""
import snapshot_dumper

Größe = type("Größe", (), {})
Hostile = type("</text><script>alert(1)</script>", (), {"__module__": "evil\"]; b0 -> b0"})
target = Größe()
KEYS = [
    "plain", "it's \"quoted\"", "</text>&amp;<b>", "%%{init: {}}%%", "a\nb\tc\x00\x1b[31m", "Ελληνικά Русский",
    "\u202eright to left", "שלום", "combining e\u0301", "back\\slash|{}<>", "long " * 60, "\ud800 lone", "",
]
holder = {key: [target] for key in KEYS}
strange = Hostile()
strange.__dict__.update({"we ird": target, "größe": target, "class": target, "ok": target})

snapshot_dumper.dump("snap.json", collect=True)
print(hex(id(target)))
