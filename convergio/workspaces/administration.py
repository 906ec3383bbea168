"""What every admin page shares: one's own workspace only, for who administers it, and writes through operations."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.filters import FieldListFilter, RelatedFieldListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from convergio.errors import ConvergioError
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission

POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
"""The admin's theme evaluates expressions in attributes (Alpine); nowhere else is this allowed."""

LOOKUPS = ("workspace", "provider__workspace", "memberships__workspace")
"""Ways from a row to its workspace, tried in this order."""


class AdminPolicy:
    """Gives the pages under /admin/ a Content-Security-Policy that their theme can live with."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, marked for the middleware that writes the header."""
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_config = POLICY  # type: ignore[attr-defined]
        return response


def actor_of(request: HttpRequest) -> Actor | None:
    """Return who works in the admin; None for a superuser who belongs to no workspace."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor and dataclasses.replace(actor, via="admin")


def require_actor(request: HttpRequest) -> Actor:
    """Return who works in the admin. Raises PermissionDenied for who belongs to no workspace."""
    actor = actor_of(request)
    if actor is None:
        raise PermissionDenied("Join a workspace to change something in it.")
    return actor


def administers(request: HttpRequest) -> bool:
    """Tell whether somebody may look after their current workspace."""
    actor = actor_of(request)
    return actor is not None and actor.may(Permission.ADMINISTER)


class Scoped:
    """Rows of one's own workspace, for who administers it. `workspace_lookup` leads from a row to its workspace."""

    workspace_lookup = "workspace"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the current workspace; nothing for who belongs to none."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        actor = actor_of(request)
        return rows.filter(**{self.workspace_lookup: actor.workspace}) if actor else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to who administers."""
        return administers(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let look who administers."""
        return administers(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let add who administers."""
        return administers(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let change who administers."""
        return administers(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let delete who administers."""
        return administers(request)


class ReadOnly(Scoped):
    """Rows that are looked at, not changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class WorkspaceModelAdmin(Scoped, ModelAdmin):
    """An admin whose choices come from the current workspace and whose refusals are messages."""

    list_per_page = 50
    warn_unsaved_form = True

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save; what an operation refuses is told on the same page."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ConvergioError as refused:
            return _told(request, refused, request.get_full_path())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list or do an action; what an operation refuses is told above the list."""
        try:
            return super().changelist_view(request, extra_context)
        except ConvergioError as refused:
            return _told(request, refused, request.get_full_path())

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask or delete; what an operation refuses is told on the row's page."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ConvergioError as refused:
            return _told(request, refused, request.get_full_path().replace("/delete/", "/change/"))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one by one, through the operation."""
        for row in queryset:
            self.delete_model(request, row)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **facts: Any) -> Any:
        """Offer rows of the current workspace only."""
        return super().formfield_for_foreignkey(db_field, request, **(_choices(db_field, request) | facts))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **facts: Any) -> Any:
        """Offer rows of the current workspace only."""
        return super().formfield_for_manytomany(db_field, request, **(_choices(db_field, request) | facts))


class ReadOnlyModelAdmin(ReadOnly, ModelAdmin):
    """An admin for looking."""

    list_per_page = 50


class ReadOnlyTable(ReadOnly, TabularInline):  # type: ignore[misc]
    """Rows under a row, for looking."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    per_page = 25  # type: ignore[assignment]


class OwnRowsFilter(RelatedFieldListFilter):
    """Narrows a list by a related row, of which it names those of the current workspace only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the rows to choose from."""
        limits = _own(field.remote_field.model, request)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=limits)


FieldListFilter.register(lambda field: bool(field.remote_field), OwnRowsFilter, take_priority=True)


def _told(request: HttpRequest, refused: ConvergioError, path: str) -> HttpResponse:
    messages.error(request, refused.sentence)
    return redirect(path)


def _choices(db_field: Any, request: HttpRequest) -> dict[str, Any]:
    model = db_field.remote_field.model
    own = _own(model, request)
    return {"queryset": model._default_manager.filter(**own)} if own else {}


def _own(model: type[Model], request: HttpRequest) -> dict[str, Any]:
    """What a row of the current workspace has in common; nothing where that cannot be said."""
    lookup, actor = next((path for path in LOOKUPS if _has(model, path)), None), actor_of(request)
    return {} if lookup is None or actor is None else {lookup: actor.workspace}


def _has(model: type[Model], path: str) -> bool:
    first = path.split("__", maxsplit=1)[0]
    return any(field.name == first for field in model._meta.get_fields())


def adopt(shown: Model, made: Model) -> None:
    """Let the row that the form holds be the one that an operation made."""
    shown.__dict__.update(made.__dict__)


def as_code(value: Any) -> SafeString:
    """Return JSON as it is shown to people who look after things."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre style="white-space: pre-wrap; max-height: 30rem; overflow: auto">{}</pre>', text)


def as_table(head: list[str], rows: list[list[Any]]) -> SafeString:
    """Return rows as a small table."""
    cell = 'style="padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top"'
    parts = [format_html("<th {}>{}</th>", SafeString(cell), name) for name in head]
    lines = [_line(row, cell) for row in rows]
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        SafeString("".join(parts)),
        SafeString("".join(lines)),
    )


def _line(row: list[Any], cell: str) -> str:
    cells = "".join(format_html("<td {}>{}</td>", SafeString(cell), value) for value in row)
    return f"<tr>{cells}</tr>"


def each(
    request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str
) -> HttpResponse | None:
    """Do something to every chosen row and say how often it worked; a refusal is a message and stops nothing."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except ConvergioError as refused:
            messages.error(request, f"{row}: {refused.sentence}")
    if count:
        messages.success(request, f"{done}: {count}.")
    return None
