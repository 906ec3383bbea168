"""The readable text of a web page: headings, paragraphs, lists and tables, without menus, scripts and styles."""

import re
from html.parser import HTMLParser

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "nav",
        "footer",
        "aside",
        "form",
        "button",
        "select",
        "iframe",
        "object",
        "head",
    ]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "blockquote",
        "pre",
        "br",
        "hr",
        "dl",
        "dt",
        "dd",
        "header",
        "figure",
    ]
)
_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"]
)
_HEADING = re.compile(r"h[1-6]")


class _Reader(HTMLParser):
    """Gathers text block by block. Skipping ends with the closing tag, or with that of a skipped tag around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.title = ""
        self._line: list[str] = []
        self._skipping: list[str] = []
        self._in_title = False
        self._prefix = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = dict(attrs)
        if tag == "title" and not self.title:
            self._in_title = True
        elif tag in _SKIPPED and tag not in _VOID:
            self._skipping.append(tag)
        elif "hidden" in hidden or hidden.get("aria-hidden") == "true":
            if tag not in _VOID:
                self._skipping.append(tag)
        elif tag in _BLOCKS:
            self._break()
            self._prefix = _prefix(tag)
        elif tag in ("td", "th"):
            self._line.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in self._skipping:
            while self._skipping.pop() != tag:
                pass
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._skipping:
            self._line.append(data)

    def _break(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self._line)).strip().strip("|").strip()
        if text:
            self.blocks.append(self._prefix + text)
        self._line, self._prefix = [], ""

    def close(self) -> None:
        super().close()
        self._break()


def _prefix(tag: str) -> str:
    if _HEADING.fullmatch(tag):
        return "#" * int(tag[1]) + " "
    return "- " if tag == "li" else ""


def readable(html: str) -> tuple[str, str]:
    """Return a page's title and its text. Never raises, however broken the page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\s+", " ", reader.title).strip(), "\n".join(reader.blocks)
