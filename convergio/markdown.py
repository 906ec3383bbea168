"""Agent text is untrusted: Markdown becomes HTML that can neither run nor load anything."""

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

MOST_CHARACTERS = 200_000
MOST_BRACKETS = 3_000
"""Looking for a link takes time with the square of its brackets; a text with more of them has no links."""
BLOCKS = frozenset(
    {"p", "br", "hr", "ul", "ol", "li", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
)
INLINE = frozenset({"a", "strong", "em", "s", "del", "code"})
TABLES = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
TAGS = BLOCKS | INLINE | TABLES
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}}


@cache
def _parser() -> MarkdownIt:
    return _plain().enable(["table", "strikethrough"])


@cache
def _parser_without_links() -> MarkdownIt:
    return _plain().disable(["link", "image", "reference"])


def _plain() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    parser.core.ruler.push("below_the_page", _below_the_page)
    return parser


def _below_the_page(state: StateCore) -> None:
    """The page has its heading already: the first level of a text is the second of the page."""
    for token in state.tokens:
        if token.tag == "h1":
            token.tag = "h2"


def to_html(text: str) -> SafeString:
    """Return safe HTML of a Markdown text. Pictures are left out; HTML in the text is shown as it was written."""
    text = text[:MOST_CHARACTERS]
    parser = _parser_without_links() if text.count("[") > MOST_BRACKETS else _parser()
    html = parser.render(text)
    clean = nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has cleaned it
