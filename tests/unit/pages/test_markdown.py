"""Agent text is shown, and can do nothing."""

import pytest

from convergio.markdown import to_html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="x" onclick="alert(1)">x</a>',
        "<svg/onload=alert(1)>",
        "<iframe src=//evil.example></iframe>",
        "![x](javascript:alert(1))",
        "<style>body{display:none}</style>",
        '<p style="position:fixed">x</p>',
    ],
)
def test_agent_text_can_neither_run_nor_load_anything(text: str) -> None:
    html = to_html(text).lower()
    for tag in ("<script", "<img", "<svg", "<iframe", "<style", '<a href="javascript', '<a href="data'):
        assert tag not in html
    assert "<p style" not in html


def test_tables_lists_and_headings_are_kept() -> None:
    html = to_html("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two")
    assert "<h2>Title</h2>" in html
    assert "<td>1</td>" in html
    assert "<li>two</li>" in html


def test_a_link_leads_out_without_telling_where_from() -> None:
    html = to_html("[site](https://example.com)")
    assert 'href="https://example.com"' in html
    assert "noopener" in html


def test_a_line_break_of_an_agent_stays_one() -> None:
    assert "<br" in to_html("one\ntwo")


def test_very_long_text_is_cut_and_not_refused() -> None:
    assert len(to_html("a " * 500_000)) < 900_000
