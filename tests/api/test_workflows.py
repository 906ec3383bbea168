"""Workflows, drafts, versions and templates over HTTP."""

from tests.api.callers import Callers
from tests.workflows.examples import CYCLE, SMALL, greeting
from tests.workflows.teams import team


def make(callers: Callers, name: str = "Greeting") -> str:
    """A published workflow; returns its slug."""
    slug: str = callers.cleo.post("/workflows", {"name": name, "definition": SMALL}).body["slug"]
    assert callers.cleo.post(f"/workflows/{slug}/versions", {"note": "First"}).status == 201
    return slug


def test_a_workflow_is_made_read_changed_and_removed(callers: Callers) -> None:
    made = callers.cleo.post("/workflows", {"name": "Greeting", "tags": ["hello"]})
    assert (made.status, made.body["slug"], made.body["version"]) == (201, "greeting", None)
    assert made.body["created_by"] == "cleo@example.com"
    changed = callers.cleo.patch("/workflows/greeting", {"name": "Salute", "is_active": False})
    assert (changed.body["name"], changed.body["is_active"], changed.body["tags"]) == (
        "Salute",
        False,
        ["hello"],
    )
    assert callers.eve.get("/workflows/greeting").body["name"] == "Salute"
    assert callers.cleo.delete("/workflows/greeting").status == 204
    assert callers.cleo.get("/workflows/greeting").status == 404


def test_a_draft_is_saved_by_revision_and_published(callers: Callers) -> None:
    callers.cleo.post("/workflows", {"name": "Greeting"})
    saved = callers.cleo.put("/workflows/greeting/draft", {"revision": 0, "definition": SMALL})
    assert (saved.status, saved.body["revision"], saved.body["findings"]) == (200, 1, [])
    late = callers.ada.put("/workflows/greeting/draft", {"revision": 0, "definition": CYCLE})
    assert (late.status, late.error["code"]) == (409, "draft_moved")
    version = callers.cleo.post("/workflows/greeting/versions", {"note": "First"})
    assert (version.status, version.body["number"], version.body["note"]) == (201, 1, "First")
    again = callers.cleo.post("/workflows/greeting/versions", {})
    assert (again.status, again.error["code"]) == (409, "nothing_new")
    detail = callers.eve.get("/workflows/greeting").body
    assert (detail["version"], detail["inputs"][0]["name"]) == (1, "city")


def test_a_faulty_draft_is_told_with_its_findings(callers: Callers) -> None:
    callers.cleo.post("/workflows", {"name": "Loop", "definition": CYCLE})
    findings = callers.eve.get("/workflows/loop/findings").body
    assert findings["valid"] is False
    refused = callers.cleo.post("/workflows/loop/versions", {})
    assert (refused.status, refused.error["code"]) == (422, "not_publishable")
    assert {detail["code"] for detail in refused.error["details"]} <= {
        f["code"] for f in findings["findings"]
    }


def test_versions_are_listed_compared_and_restored(callers: Callers) -> None:
    slug = make(callers)
    callers.cleo.put(f"/workflows/{slug}/draft", {"revision": 0, "definition": greeting("Hi")})
    callers.cleo.post(f"/workflows/{slug}/versions", {"note": "Second"})
    listed = callers.eve.get(f"/workflows/{slug}/versions").body
    assert [version["number"] for version in listed["items"]] == [2, 1]
    assert callers.eve.get(f"/workflows/{slug}/versions/1").body["definition"]["steps"][0]["id"] == "greet"
    changed = callers.eve.get(f"/workflows/{slug}/comparison?old=1&new=2").body["steps"]["changed"]
    assert changed[0]["changes"][0]["place"] == "config.value"
    same = callers.eve.get(f"/workflows/{slug}/comparison").body
    assert same["steps"] == {"added": [], "removed": [], "changed": []}
    restored = callers.cleo.post(f"/workflows/{slug}/versions/1/restoration")
    assert (restored.status, restored.body["revision"]) == (200, 2)
    for bad in ("9", "x", "1e9", "²", "9" * 30):
        assert callers.eve.get(f"/workflows/{slug}/comparison?old={bad}").status == 404
    assert callers.eve.get(f"/workflows/{slug}/versions/99999999999999999999").status == 404


def test_export_and_import_are_a_round_trip(callers: Callers) -> None:
    slug = make(callers)
    exported = callers.eve.get(f"/workflows/{slug}/export").body
    imported = callers.finn.post("/workflow-imports", {"document": exported})
    assert (imported.status, imported.body["slug"]) == (201, slug)
    assert callers.finn.get(f"/workflows/{slug}/export").body == exported
    assert callers.eve.get(f"/workflows/{slug}/export?version=1").body == exported
    assert callers.eve.get(f"/workflows/{slug}/export?version=7").status == 404
    named = callers.cleo.post("/workflow-imports", {"document": SMALL, "name": "Bare", "slug": "bare"})
    assert named.body["slug"] == "bare"


def test_a_workflow_is_copied_archived_and_brought_back(callers: Callers) -> None:
    slug = make(callers)
    assert callers.cleo.post(f"/workflows/{slug}/copies", {"name": "Twin"}).body["slug"] == "twin"
    assert callers.cleo.post(f"/workflows/{slug}/archival").body["archived_at"]
    assert [one["slug"] for one in callers.eve.get("/workflows").body["items"]] == ["twin"]
    assert [one["slug"] for one in callers.eve.get("/workflows?archived=true").body["items"]] == [slug]
    assert callers.cleo.delete(f"/workflows/{slug}/archival").body["archived_at"] is None


def test_lists_come_in_pages_and_are_searched(callers: Callers) -> None:
    for number in range(5):
        callers.cleo.post(
            "/workflows", {"name": f"Flow {number}", "category": "odd" if number % 2 else "even"}
        )
    first = callers.eve.get("/workflows?limit=2").body
    assert (len(first["items"]), first["count"], first["next"]) == (2, 5, 2)
    last = callers.eve.get("/workflows?limit=2&offset=4").body
    assert (len(last["items"]), last["next"]) == (1, None)
    assert callers.eve.get("/workflows?category=odd").body["count"] == 2
    assert callers.eve.get("/workflows?search=flow+3").body["count"] == 1


def test_the_gallery_is_read_and_used(callers: Callers) -> None:
    listed = callers.eve.get("/templates").body
    assert listed["count"] == 11
    template = callers.eve.get("/templates/strategic-analysis").body
    assert template["definition"]["steps"]
    made = callers.cleo.post("/templates/strategic-analysis/workflows", {"name": "Ours", "slug": "ours"})
    assert (made.status, made.body["slug"], made.body["source_template"]) == (
        201,
        "ours",
        "strategic-analysis",
    )
    category = template["category"]
    assert 0 < callers.eve.get(f"/templates?category={category}").body["count"] < 11


def test_lists_show_nothing_of_another_workspace(callers: Callers) -> None:
    make(callers)
    assert callers.finn.get("/workflows").body["count"] == 0


def test_a_team_is_imported_with_a_report(callers: Callers) -> None:
    made = callers.cleo.post("/workflow-imports", {"document": team("poet", "critic"), "name": "Pair"})
    report = made.body["report"]
    assert (made.status, report["source"], report["kind"]) == (201, "autogen", "RoundRobinGroupChat")
    assert {one["slug"]: one["state"] for one in report["agents"]} == {"poet": "made", "critic": "made"}
    assert {"fate", "about", "sentence"} == report["remarks"][0].keys()
    assert callers.cleo.get("/agents/poet").status == 200
    again = callers.cleo.post("/workflow-imports", {"document": team("bard"), "make_agents": False})
    assert again.body["report"]["agents"] == [{"slug": "bard", "name": "Bard", "state": "missing"}]


def test_an_import_of_ones_own_has_an_empty_report(callers: Callers) -> None:
    made = callers.cleo.post("/workflow-imports", {"document": SMALL, "name": "Bare"})
    assert made.body["report"] == {"source": "convergio", "kind": "workflow", "agents": [], "remarks": []}


def test_a_component_that_is_no_team_is_refused(callers: Callers) -> None:
    refused = callers.cleo.post("/workflow-imports", {"document": {"provider": "os.system", "config": {}}})
    assert (refused.status, "can be imported" in refused.body["error"]["message"]) == (422, True)
