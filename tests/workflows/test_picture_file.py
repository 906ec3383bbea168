"""The picture of a workflow as a file: whole XML that stands alone, of the draft or of a version."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import browser
from tests.people import Cast
from tests.unit.workflows.strategies import definitions
from tests.workflows.examples import SMALL, greeting
from workflows import operations, picture_file, templates
from workflows.models import Workflow
from workflows.picture import picture
from workflows.schema import Definition, parse_definition

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def small(cast: Cast) -> Workflow:
    made = operations.create(name="A <b> & c", slug="greeting", by=cast.cleo.actor, definition=SMALL)
    operations.publish(made, by=cast.cleo.actor)
    return operations.save_draft(made, greeting("Hi"), revision=0, by=cast.cleo.actor)


def drawn(document: Any, **options: Any) -> ET.Element:
    return read(picture_file.svg(parse_definition(document), title="T", **options))


def read(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


def words(root: ET.Element, kind: str) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text") if one.get("class") == kind]


def noted(**facts: Any) -> dict[str, Any]:
    return {"notes": [{"id": "n", "text": "Ask Ada before this goes out.", **facts}]}


@pytest.mark.parametrize("slug", [one.slug for one in templates.all_templates()])
def test_every_template_has_a_picture_with_all_its_steps(slug: str) -> None:
    definition = templates.template(slug).definition
    root = read(picture_file.svg(definition, title="T"))
    assert len(words(root, "title")) == len(definition.steps)
    drawn_lines = [one for one in root.iter(f"{SVG}path") if one.get("class") == "edge"]
    assert len(drawn_lines) == len(picture(definition).lines) >= len(definition.edges)


@given(definitions(max_steps=10), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_definition_under_any_title_gives_whole_xml(definition: Definition, title: str) -> None:
    assert read(picture_file.svg(definition, title=title)).tag == f"{SVG}svg"


def test_a_picture_fetches_nothing_and_runs_nothing() -> None:
    text = picture_file.svg(templates.template("strategic-analysis").definition, title="T")
    addresses = [
        value for one in read(text).iter() for key, value in one.attrib.items() if key.endswith("href")
    ]
    assert addresses
    assert all(address.startswith("#icon-") for address in addresses)
    assert text.count("url(") == text.count('url("data:font/woff2')
    assert "<script" not in text
    assert "var(" not in text


def test_icons_and_letters_lie_in_the_picture() -> None:
    text = picture_file.svg(parse_definition(SMALL), title="T")
    shapes = {one.get("id"): len(one) for one in read(text).iter(f"{SVG}g") if one.get("id")}
    assert shapes.keys() == {"icon-transform", "icon-approval"}
    assert all(shapes.values())
    assert "data:font/woff2;base64," in text


def test_it_is_light_unless_dark_is_asked_for() -> None:
    light, dark = (picture_file.svg(parse_definition(SMALL), title="T", theme=one) for one in ("", "dark"))
    assert "#fefefc" in light
    assert "#161922" in dark
    assert "#fefefc" not in dark


def test_notes_are_written_in_lines_that_fit() -> None:
    root = drawn({**SMALL, **noted(size={"width": 120, "height": 100})})
    lines = words(root, "note-text")
    assert " ".join(lines) == "Ask Ada before this goes out."
    assert len(lines) > 1
    cut = words(drawn(noted(size={"width": 120, "height": 45})), "note-text")
    assert cut == ["Ask Ada before…"]


def test_a_note_left_of_all_steps_is_within_the_picture() -> None:
    step = {**SMALL["steps"][0], "position": {"x": 100, "y": 100}}
    root = drawn({"inputs": SMALL["inputs"], "steps": [step], **noted(position={"x": -300, "y": 40})})
    left, top, width, height = map(float, str(root.get("viewBox")).split())
    box = next(one for one in root.iter(f"{SVG}rect") if "note" in str(one.get("class")).split())
    assert left <= float(str(box.get("x"))) == -380
    assert top <= float(str(box.get("y"))) < top + height
    assert width > 380 + 232


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    assert drawn({}).get("viewBox") == "0 0 320 120"


def test_a_viewer_downloads_the_draft_and_each_version(cast: Cast, small: Workflow) -> None:
    eve = browser(cast.eve)
    answer = eve.get("/workflows/greeting/picture.svg")
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert answer["Content-Disposition"] == 'inline; filename="greeting.svg"'
    assert "style-src 'sha256-" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    root = read(answer.content.decode())
    assert root.find(f"{SVG}title").text == "A <b> & c"  # type: ignore[union-attr]
    version = eve.get("/workflows/greeting/picture.svg?version=1&theme=dark")
    assert version["Content-Disposition"] == 'inline; filename="greeting-v1.svg"'


def test_nobody_downloads_what_is_not_there(cast: Cast, small: Workflow) -> None:
    assert browser(cast.finn).get("/workflows/greeting/picture.svg").status_code == 404
    for version in ("7", "x", "9" * 500, "%00", "1/../2"):
        answer = browser(cast.eve).get(f"/workflows/greeting/picture.svg?version={version}")
        assert answer.status_code == 404, version


def test_the_page_offers_both_kinds_of_picture(cast: Cast, small: Workflow) -> None:
    for address in ("", "versions/1/"):
        page = browser(cast.eve).get(f"/workflows/greeting/{address}").content.decode()
        assert ".svg" in page
        assert "data-png=" in page
