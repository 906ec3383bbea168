"""Readable text out of web pages."""

from hypothesis import given
from hypothesis import strategies as st

from agents.tools.html_text import readable

PAGE = """<!doctype html><html><head><title> The  Page </title><style>p {}</style></head><body>
<nav><a href=/>Home</a></nav><script>var a = "<p>no</p>";</script>
<h2>Prices</h2><p>Tea &amp; coffee<br>cost more.<ul><li>Tea: 3<li>Coffee: 4</ul>
<table><tr><th>Drink<th>Price</tr><tr><td>Tea<td>3</tr></table>
<p hidden>secret order</p><div aria-hidden="true">icon <b>x</b></div><footer>© us</footer><p>End"""


def test_text_stays_and_clutter_goes() -> None:
    title, text = readable(PAGE)
    assert title == "The Page"
    lines = text.split("\n")
    assert lines[0] == "## Prices"
    assert "Tea & coffee" in lines
    assert "- Tea: 3" in lines
    assert "Drink | Price" in lines
    assert lines[-1] == "End"
    for clutter in ("Home", "var a", "secret", "icon", "© us"):
        assert clutter not in text


@given(st.text(alphabet=st.sampled_from(list('<>/="abp &;!-')), max_size=200))
def test_broken_pages_never_raise(html: str) -> None:
    readable(html)
