"""An answer of the program: as text for a terminal, as data, as a table or picture for a notebook."""

from __future__ import annotations

import os

from heapgraph import _binary, _folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Commands that can draw.
DRAWN = ("backrefs", "refs", "why", "cycles")


class Report:
    """What a question to a snapshot has answered. `print(report)` shows it as the program does on a terminal.

    It is made by the methods of `heapgraph.Snapshot`; the snapshot has to be there as long as new forms are asked for.
    """

    def __init__(self, arguments, text, codes=(0,), keeps=None):
        self._arguments, self._text, self._codes = list(arguments), text, codes
        self._keeps = keeps  # the Snapshots, whose files go with them
        self._data = None

    @classmethod
    def of(cls, arguments, codes=(0,), keeps=None):
        """Ask the program. Raises HeapgraphError with its words when it has no answer."""
        _, text = _binary.ask([*arguments, "--quiet", "--color", "never"], codes=codes)
        return cls(arguments, text, codes, keeps)

    def __str__(self) -> str:
        return self._text.rstrip("\n")

    __repr__ = __str__  # an answer is what one wants to see at a prompt

    @property
    def data(self) -> dict[str, Any]:
        """The whole answer as JSON has it: a dictionary with `schema_version`, `rows`, `notes`, …

        Sizes are in bytes (`…_bytes`), shares from 0 to 1 (`…_share`), addresses are texts like `0x7f…`. What is not
        known is None or left out, never 0.
        """
        if self._data is None:
            import json

            asked = [*self._arguments, "--quiet", "--format", "json"]
            self._data = json.loads(_binary.ask(asked, codes=self._codes)[1])
        return self._data

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the answer, a list of dictionaries; empty when the answer has none. See `data` for units."""
        return self.data.get("rows", [])

    def to_pandas(self) -> Any:
        """The rows as a `pandas.DataFrame`. Raises ImportError when pandas is not installed."""
        import pandas

        return pandas.DataFrame(self.rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the answer to a file, as its name says: .txt, .json, .csv, .md; .svg, .png, .dot, .mmd of a picture.

        Raises HeapgraphError when it can't be written or the name says nothing.
        """
        _binary.ask([*self._arguments, "--quiet", "--output", os.path.abspath(os.fspath(path))], codes=self._codes)

    def svg(self) -> str | None:
        """The answer as a picture, the text of an SVG file; None for an answer that has no picture."""
        if self._arguments[0] not in DRAWN:
            return None
        path = _folder.new_file(".svg")
        try:
            self.save(path)
            with open(path, encoding="utf-8") as file:
                return file.read()
        except _binary.HeapgraphError:  # a list of candidates is no picture
            return None
        finally:
            _folder.remove_file(path)

    def html(self) -> str:
        """The rows as an HTML table, all text escaped, with the notes below it."""
        from html import escape

        rows, data = self.rows, self.data
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = ["<table><thead><tr>"]
        lines += ["<th>%s</th>" % escape(name.replace("_", " ")) for name in columns]
        lines.append("</tr></thead><tbody>")
        for row in rows:
            lines.append("<tr>%s</tr>" % "".join(_cell(name, row.get(name)) for name in columns))
        lines.append("</tbody></table>")
        title = data.get("title")
        notes = [str(note) for note in data.get("cut", []) + data.get("notes", [])]
        return "%s%s%s" % (
            "<p><b>%s</b></p>" % escape(title) if title else "",
            "".join(lines) if rows else "<pre>%s</pre>" % escape(str(self)),
            "".join("<p>%s</p>" % escape(note) for note in notes),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": str(self)}
        picture = self.svg()
        if picture is not None:
            bundle["image/svg+xml"] = picture
        else:
            bundle["text/html"] = self.html()
        return bundle


def _cell(name, value):
    """A cell of a table, escaped; a number stands at the right, a share is in percent."""
    from html import escape

    if value is None:
        return "<td></td>"
    if type(value) in (int, float):
        text = "%.1f %%" % (100 * value) if name.endswith("_share") else f"{value:,}"
        return '<td style="text-align:right">%s</td>' % text
    if type(value) in (list, dict):
        import json

        value = json.dumps(value, ensure_ascii=False)
    return "<td>%s</td>" % escape(str(value))
