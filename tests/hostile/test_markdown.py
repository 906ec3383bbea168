"""Text of agents and people as HTML: nothing in it runs, and nothing is fetched by looking at it."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergio.markdown import ATTRIBUTES, TAGS, to_html

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><button>Go",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![x][ref]\n\n[ref]: https://evil.example/pixel.png",
    "[![x](https://evil.example/p.png)](https://evil.example)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example" onmouseover="alert(1))',
    "`<script>alert(1)</script>`",
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    '```x" onmouseover="alert(1)\nx\n```',
    "| a |\n|:-:|\n| <img src=x onerror=alert(1)> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3C;img src=x onerror=alert(1)&#x3E;",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "\u202etxt.exe\u202c <b onclick=alert(1)>",
    "a\x00<scr\x00ipt>alert(1)</script>",
]


class Checked(HTMLParser):
    """Reads HTML as a browser would and notes whatever is not on the list."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) | {"rel"}:
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not reachable(value or ""):
                self.wrong.append(f"{name}={value}")


def reachable(target: str) -> bool:
    """Whether a link stays here or leads to the web or a mailbox."""
    return ":" not in target.split("/", maxsplit=1)[0] or target.lower().startswith(
        ("http://", "https://", "mailto:")
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_runs_and_nothing_is_fetched(payload: str) -> None:
    html = to_html(payload)
    assert Checked(html).wrong == []
    for word in ("<script", "<img", "<svg", "<iframe", "<style", "<form", "src="):
        assert word not in html.lower().replace("&lt;", "") or "&lt;" in html


@given(st.text(alphabet=st.sampled_from("<>\"'`![]()&#;:/=\\\n |-*_~javscriptonelodmg123\x00"), max_size=200))
def test_nothing_that_can_be_written_runs(text: str) -> None:
    assert Checked(to_html(text)).wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "*" * 100_000,
        "> " * 20_000 + "x",
        "- " * 5_000,
        "`" * 100_001,
        "![" * 100_000,
        "|" * 200_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    import time

    started = time.process_time()
    to_html(text)
    assert time.process_time() - started < 3
