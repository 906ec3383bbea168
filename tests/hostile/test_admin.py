"""The administration shows and changes nothing of another workspace, and no secret of one's own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from convergio.urls import admin
from convergio.workspaces.models import ApiKey, Group
from tests.hostile.conftest import text_of, undone
from tests.hostile.world import World, rows_of, snapshot
from tests.pages import browser
from tests.people import Cast

FOR_SUPERUSERS = frozenset({"account.emailaddress", "workspaces.user"})
VIEWS = ("change", "delete", "history")


@pytest.fixture
def ben(cast: Cast, ours: World) -> Client:
    return browser(cast.ben)


def registered() -> Iterator[tuple[str, type[Any]]]:
    """Every model of the administration, by the stem of its addresses."""
    for model in admin.site._registry:
        yield f"admin:{model._meta.app_label}_{model._meta.model_name}", model


def ours_only() -> list[tuple[str, type[Any]]]:
    return [(stem, model) for stem, model in registered() if model._meta.label_lower not in FOR_SUPERUSERS]


def key_of(model: type[Any], world: World) -> Any:
    """The primary key of a row of a workspace."""
    return rows_of(model, world)[0][model._meta.pk.attname]


def test_no_foreign_row_is_opened_changed_or_deleted(ben: Client, ours: World, theirs: World) -> None:
    before = snapshot(theirs)
    for stem, model in ours_only():
        for view in VIEWS:
            address = reverse(f"{stem}_{view}", args=[key_of(model, theirs)])
            for send in (ben.get, lambda where: ben.post(where, {"post": "yes", "name": "Mine now"})):
                with undone():
                    answer = send(address)
                assert answer.status_code in (302, 403, 404), f"{address}: {answer.status_code}"
                assert answer.status_code != 302 or answer["Location"] == "/admin/", address
                assert theirs.mark not in text_of(answer), address
    assert snapshot(theirs) == before


def test_lists_searches_and_forms_show_ours_alone_and_no_secret(
    ben: Client, ours: World, theirs: World
) -> None:
    digest = ApiKey.objects.get(pk=ours.ids["key"]).digest
    secrets = (ours.provider_key, ours.api_key, digest, "pbkdf2_", "md5$")
    hidden = (*secrets, theirs.mark, theirs.owner.email)
    for stem, model in ours_only():
        row = [key_of(model, ours)]
        addresses = [reverse(f"{stem}_{view}") for view in ("changelist", "add")]
        addresses += [reverse(f"{stem}_{view}", args=row) for view in ("change", "history")]
        for address in [*addresses, f"{addresses[0]}?q=Zanz"]:
            answer = ben.get(address)
            assert answer.status_code in (200, 302, 403), address
            assert [text for text in hidden if text in text_of(answer)] == [], address
    for address in ("/admin/", "/admin/search/?s=Zanz", "/admin/search/?s=zz", "/admin/search/?s=finn"):
        assert theirs.mark not in text_of(ben.get(address)), address


def test_no_completion_offers_what_lies_elsewhere(ben: Client, ours: World, theirs: World) -> None:
    for _, model in ours_only():
        for field in model._meta.get_fields():
            if not field.is_relation or field.auto_created:
                continue
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
                "term": "",
            }
            answer = ben.get(reverse("admin:autocomplete"), query)
            assert answer.status_code in (200, 403, 404)
            assert theirs.mark not in text_of(answer), field


def test_no_action_reaches_a_foreign_row(ben: Client, ours: World, theirs: World) -> None:
    before, tried = snapshot(theirs), 0
    for stem, model in ours_only():
        request = ben.get("/admin/").wsgi_request
        names = set(admin.site._registry[model].get_actions(request)) | {"delete_selected"}
        for name in names:
            data = {"action": name, "_selected_action": [str(key_of(model, theirs))], "post": "yes"}
            with undone():
                answer = ben.post(reverse(f"{stem}_changelist"), data)
            assert answer.status_code in (200, 302, 403), f"{stem} {name}: {answer.status_code}"
            assert theirs.mark not in text_of(answer)
            tried += 1
    assert tried > 10
    assert snapshot(theirs) == before


def test_a_form_takes_no_foreign_row(ben: Client, ours: World, theirs: World) -> None:
    before = snapshot(theirs)
    agent = {
        "name": "A",
        "slug": "a",
        "role": "r",
        "system_prompt": "p",
        "temperature": "0.1",
        "max_tokens": "100",
        "tier": "economy",
        "model": theirs.ids["model"],
        "icon": "bot",
    }
    model = {
        "provider": theirs.ids["provider"],
        "name": "m",
        "prompt_price": "0",
        "completion_price": "0",
        "context_tokens": "1000",
    }
    key = {"name": "K", "member": theirs.ids["member"], "scopes": ["read"]}
    for stem, data in (("agents_agent", agent), ("agents_languagemodel", model), ("workspaces_apikey", key)):
        answer = ben.post(reverse(f"admin:{stem}_add"), data)
        assert answer.status_code == 200, "the form comes back"
        assert "valid choice" in text_of(answer), stem
    group = Group.objects.get(workspace=ours.workspace, slug="own-group")
    address = reverse("admin:workspaces_group_change", args=[group.pk])
    assert ben.post(address, {"members": [theirs.ids["member"]]}).status_code == 200
    assert not group.members.filter(pk=theirs.ids["member"]).exists()
    assert snapshot(theirs) == before


def test_what_is_for_superusers_is_for_them_alone(cast: Cast, ours: World, theirs: World) -> None:
    for person in (cast.ada, cast.ben, cast.cleo, cast.eve):
        client = browser(person)
        for stem, model in registered():
            if model._meta.label_lower in FOR_SUPERUSERS:
                for address in (reverse(f"{stem}_changelist"), reverse(f"{stem}_add")):
                    assert client.get(address).status_code in (302, 403), address
        password = reverse("admin:auth_user_password_change", args=[cast.ada.user.pk])
        assert client.get(password).status_code in (302, 403)


@pytest.mark.parametrize("who", ["cleo", "dan", "eve"])
def test_who_does_not_administer_gets_nothing(cast: Cast, ours: World, who: str) -> None:
    client = browser(getattr(cast, who))
    for stem, model in registered():
        for address in (
            reverse(f"{stem}_changelist"),
            *(
                [reverse(f"{stem}_change", args=[key_of(model, ours)])]
                if model._meta.app_label != "account"
                else []
            ),
        ):
            answer = client.get(address)
            assert answer.status_code in (302, 403), address
            assert ours.mark not in text_of(answer)


def test_a_lost_role_closes_the_administration_at_once(cast: Cast, ben: Client) -> None:
    assert ben.get(reverse("admin:agents_agent_changelist")).status_code == 200
    type(cast.ben.member).objects.filter(pk=cast.ben.member.pk).update(role="viewer")
    assert ben.get(reverse("admin:agents_agent_changelist")).status_code == 403
