"""The rules that browsers keep for us: headers, cookies, tokens, addresses; and what files and expressions may do."""

import io
import re
import zipfile
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from agents.tools.base import ToolError
from agents.tools.database_query import TABLES, ask
from convergio.json_schemas import value_faults
from convergio.workspaces import operations as workspaces
from executions.files import clean_name
from tests.hostile.conftest import text_of, undone
from tests.hostile.routes import operations, pages
from tests.hostile.test_roles import PAGES
from tests.hostile.world import World
from tests.pages import browser
from tests.people import PASSWORD, Cast
from workflows.expressions import Scope, resolve

LOGIN = "/account/login/"
EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "https:evil.example@testserver/",
    "\thttps://evil.example",
]


@pytest.fixture
def ada(cast: Cast, ours: World) -> Client:
    return browser(cast.ada)


def strict(person: Any) -> Client:
    """A browser in which tokens are asked for, as in a real one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_form_and_every_operation_by_session_needs_a_token(cast: Cast, ours: World) -> None:
    client = strict(cast.ada)
    for route in pages():
        if route.path in PAGES:
            assert client.post(route.filled(ours.ids)).status_code == 403, route
    for route in operations():
        if route.verb != "GET":
            answer = client.generic(route.verb, route.filled(ours.ids), b"{}", "application/json")
            assert answer.status_code == 403, route
            assert answer.json()["error"]["code"] == "csrf", route
    for address in (LOGIN, "/account/logout/", "/admin/logout/", "/account/password/change/"):
        assert client.post(address, {}).status_code == 403, address


def test_the_administration_alone_has_a_softer_policy_and_still_loads_nothing_from_elsewhere(
    ada: Client, ours: World
) -> None:
    policy = ada.get("/admin/")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "connect-src 'self'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy


def test_behind_tls_cookies_are_for_tls_alone_and_browsers_remember_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import runpy

    for tls, is_on in (("1", True), ("0", False)):
        monkeypatch.setenv("BEHIND_TLS", tls)
        settings = runpy.run_path("convergio/settings.py")
        assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is is_on
        assert (settings["SECURE_HSTS_SECONDS"] >= 31_536_000) is is_on


def signed_in(cast: Cast, client: Client, **more: str) -> Any:
    return client.post(LOGIN, {"login": cast.ada.email, "password": PASSWORD, **more})


def test_the_session_cookie_is_not_for_scripts_nor_for_other_sites(cast: Cast) -> None:
    client = Client()
    signed_in(cast, client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    client.get("/")
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def test_a_session_that_was_planted_is_not_taken_over(cast: Cast) -> None:
    client = Client()
    client.cookies["sessionid"] = "planted" * 5
    signed_in(cast, client)
    assert client.cookies["sessionid"].value != "planted" * 5
    known = Client()
    known.cookies["sessionid"] = "planted" * 5
    assert known.get("/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(cast: Cast) -> None:
    client = Client()
    signed_in(cast, client)
    stolen = client.cookies["sessionid"].value
    client.post("/account/logout/")
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/").status_code == 302


def test_nobody_is_sent_elsewhere(cast: Cast, ours: World, ada: Client) -> None:
    decision = f"/approvals/{ours.ids['request']}/decision/"
    for target in EVIL:
        with undone():
            places = [
                signed_in(cast, Client(), next=target),
                Client().post(f"{LOGIN}?next={target}", {"login": cast.ada.email, "password": PASSWORD}),
                ada.get(LOGIN, {"next": target}),
                browser(cast.ada).post("/account/logout/", {"next": target}),
                ada.post(decision, {"answer": "approve", "next": target}),
            ]
        for answer in places:
            location = answer.get("Location", "/")
            assert location.startswith("/") and not re.match(r"[/\\][/\\]", location), location
            assert "evil" not in location.split("?")[0], location
        assert f'href="{target}' not in text_of(Client().get(LOGIN, {"next": target}))


def test_a_foreign_host_header_is_refused(ada: Client) -> None:
    hosts = ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:x", ""]
    for host, address in product(hosts, ("/", LOGIN, "/api/v1/me", "/account/password/reset/")):
        answer = ada.get(address, headers={"Host": host})
        assert answer.status_code == 400 if host else answer.status_code < 500, (host, address)
        assert "evil.example" not in text_of(answer)
    forwarded = ada.get("/api/v1/openapi.json", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in text_of(forwarded)


def test_guessing_passwords_is_slowed_down(cast: Cast) -> None:
    client = Client()
    wrong = {"login": cast.ada.email, "password": "wrong"}
    answers = [client.post(LOGIN, wrong) for _ in range(12)]
    assert any("too many" in text_of(answer).lower() or answer.status_code == 429 for answer in answers)
    blocked = signed_in(cast, client)
    assert "sessionid" not in client.cookies or blocked.status_code != 302


def test_the_administration_has_no_sign_in_of_its_own(cast: Cast) -> None:
    """It would have no limit on guesses."""
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302 and answer["Location"].startswith(LOGIN)
    client = Client()
    client.post("/admin/login/", {"username": cast.ada.email, "password": PASSWORD})
    assert "sessionid" not in client.cookies


def test_a_sign_in_does_not_tell_who_has_an_account(cast: Cast) -> None:
    known = text_of(Client().post(LOGIN, {"login": cast.ada.email, "password": "wrong"}))
    unknown = text_of(Client().post(LOGIN, {"login": "nobody@example.com", "password": "wrong"}))

    def plain(text: str) -> str:
        text = re.sub(r'value="[^"]*"', "", text)
        return text.replace(cast.ada.email, "").replace("nobody@example.com", "")

    assert plain(known) == plain(unknown)


ACTING = {
    "x.html": "text/html",
    "x.svg": "image/svg+xml",
    "x.png": "text/html",
    "x.xml": "text/xml",
    "x.js": "text/javascript",
    "x.pdf": "application/pdf",
}


def test_what_could_act_as_a_page_is_only_ever_a_download(ada: Client) -> None:
    content = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
    for name, kind in ACTING.items():
        made = ada.post("/api/v1/files", {"file": SimpleUploadedFile(name, content, kind)})
        assert made.status_code == 201, name
        for address in (f"/files/{made.json()['file']}/", f"/api/v1/files/{made.json()['file']}"):
            answer = ada.get(address)
            assert answer["Content-Disposition"].startswith("attachment"), address
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "unsafe" not in answer["Content-Security-Policy"]


NAMES = {
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\win.ini": "win.ini",
    "/etc/passwd": "passwd",
    "a/b/c.txt": "c.txt",
    "x\r\nSet-Cookie: a=b.txt": "xSet-Cookie: a=b.txt",
    'x"; filename="evil.html': 'x"; filename="evil.html',
    "\u202egnp.exe": "gnp.exe",
    "a\x7fb.txt": "ab.txt",
}


def test_a_file_name_is_only_a_name(ada: Client, ours: World, tmp_path: Any) -> None:
    for name, clean in NAMES.items():
        assert clean_name(name) == clean
        upload = SimpleUploadedFile("x", b"hello")
        upload._name = name
        made = ada.post("/api/v1/files", {"file": upload})
        if made.status_code == 201:
            answer = ada.get(f"/files/{made.json()['file']}/")
            assert "\n" not in answer["Content-Disposition"], name
            assert "Set-Cookie" not in answer, name
    stored = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"runs/[0-9a-f-]{36}/[0-9a-f-]{36}", str(path)) for path in stored)


def test_an_archive_is_no_workflow_and_is_never_unpacked(ada: Client, ours: World, tmp_path: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../evil.json", "{}")
    for name in ("w.zip", "w.json"):
        upload = SimpleUploadedFile(name, packed.getvalue(), "application/zip")
        assert ada.post("/workflows/import/", {"file": upload}).status_code == 422
    assert list(tmp_path.rglob("*evil*")) == []


def test_importing_component_json_runs_nothing(ada: Client, ours: World, tmp_path: Any) -> None:
    """AutoGen's own loader would import the provider that a document names, and run its tools' source."""
    evil = {
        "provider": "os.system",
        "component_type": "tool",
        "config": {"source_code": f"open('{tmp_path}/ran', 'w')", "name": "x", "command": "id"},
    }
    body = {"name": "X", "document": evil}
    answer = ada.post("/api/v1/workflow-imports", body, "application/json")
    assert answer.status_code in (403, 422)
    assert not (tmp_path / "ran").exists()


QUERIES = [
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SELECT * FROM dblink('dbname=postgres', 'select 1') AS x (a int)",
    "SELECT lo_import('/etc/passwd')",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT email, password FROM workspaces_user",
    "SELECT api_key FROM agents_provider",
    "WITH q AS (SELECT 'select * from workspaces_user' AS t) SELECT w.word FROM q, ts_stat(t) AS w",
    "WITH q AS (SELECT 'select 1' AS t, true AS a, '' AS e) SELECT 1, query_to_xml(t, a, a, e) AS x FROM q",
    "DELETE FROM workflows",
    "SELECT 1; DROP TABLE workflows_workflow",
    "SELECT * FROM workflows FOR UPDATE",
]


@pytest.mark.django_db(transaction=True)
def test_the_database_tool_reads_nothing_but_its_tables(committed_cast: Cast) -> None:
    for query in QUERIES:
        with pytest.raises(ToolError):
            ask(committed_cast.workspace.pk, query, list(TABLES))


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_slipped_through_could_still_not_write_or_read_files(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are the first wall; the transaction and the role are the second."""
    monkeypatch.setattr("agents.tools.sql.fault", lambda *_: "")
    for query in (
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT nextval('workspaces_user_id_seq')",
    ):
        with pytest.raises(ToolError, match="refuses"):
            ask(committed_cast.workspace.pk, query, list(TABLES))


@pytest.mark.parametrize(
    "text",
    [
        "${inputs.__class__}",
        "${inputs.x.__class__.__mro__}",
        "${context.__init__.__globals__}",
        "${__import__('os').system('id')}",
        "${steps.a.output.__globals__}",
        "${inputs['__class__']}",
        "${inputs.x.format}",
        "${item.__dict__}",
    ],
)
def test_an_expression_reaches_data_alone(text: str) -> None:
    scope = Scope(inputs={"x": "value"}, outputs={"a": {}}, context={})
    with pytest.raises(Exception) as refused:
        resolve(text, scope)
    assert "__" not in repr(type(refused.value)) and hasattr(refused.value, "sentence")


def test_a_regular_expression_takes_no_longer_than_its_text() -> None:
    import time

    started = time.process_time()
    for pattern in ("(a+)+$", "(a|aa)+$", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$"):
        value_faults("a" * 50_000 + "!", {"type": "string", "pattern": pattern})
    assert time.process_time() - started < 2


def test_no_file_of_comma_separated_values_is_written_for_a_spreadsheet() -> None:
    """No download makes CSV, so no cell can become a formula; one that does belongs into this test."""
    from tests.hostile.test_outbound import ROOT

    for app in ("agents", "approvals", "convergio", "executions", "workflows"):
        for path in (ROOT / app).rglob("*.py"):
            assert "csv.writer" not in path.read_text() and "DictWriter" not in path.read_text(), path


def test_with_debugging_off_an_error_tells_nothing(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret detail")

    monkeypatch.setattr("workflows.queries.visible_to", broken)
    ada.raise_request_exception = False
    with override_settings(DEBUG=False):
        for address in ("/workflows/", "/api/v1/workflows"):
            answer = ada.get(address)
            assert answer.status_code == 500
            assert "secret detail" not in text_of(answer) and "Traceback" not in text_of(answer)


def test_keys_are_taken_from_the_header_alone(cast: Cast, ours: World) -> None:
    _, key = workspaces.create_api_key(name="R", scopes=["read"], by=cast.ada.actor)
    for name in ("key", "api_key", "token", "access_token", "authorization"):
        assert Client().get(f"/api/v1/me?{name}={key}").status_code == 401
    assert Client(headers={"X-API-Key": key}).get("/api/v1/me").status_code == 401
    client = Client()
    client.cookies["sessionid"] = key
    assert client.get("/api/v1/me").status_code == 401
