"""What axe finds serious on a page as it stands, by day, by night and on a phone.

Axe's source is evaluated through the debugging protocol, where the pages' content security policy does not reach.
"""

from pathlib import Path
from typing import Any

from tests.browser.conftest import PHONE, WIDE

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """(rules) => axe.run(document, {
    runOnly: rules, resultTypes: ['violations'], iframes: false, preload: false,
  }).then(({ violations }) => violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)))"""
NEXT_FRAME = "() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))"
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that may differ between day and night."""


class Auditor:
    """Looks at what a window shows, without loading it anew, and keeps what is wrong."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.found: list[str] = []

    def look(self, where: str) -> None:
        """See the page by day, then by night."""
        self.page.evaluate(AXE.read_text())
        self._note(f"{where} by day", EVERYTHING)
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self._note(f"{where} by night", COLOURS)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def look_at_all_sizes(self, where: str) -> None:
        """See it wide, by day and by night, and on a phone, where it is laid out in another way."""
        self.look(where)
        self.page.set_viewport_size(PHONE)
        self._note(f"{where} on a phone", EVERYTHING)
        self.page.set_viewport_size(WIDE)

    def visit(self, address: str) -> None:
        self.page.goto(address)
        self.look(address)

    def _note(self, where: str, rules: list[str]) -> None:
        self.page.evaluate(NEXT_FRAME)
        self.found += [f"{where}: {one}" for one in self.page.evaluate(LOOK, rules)]
