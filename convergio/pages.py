"""What every page needs: the frame's context, and a decorator that turns refusals into pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults
from django_htmx.middleware import HtmxDetails

from convergio.errors import ConvergioError, NotFound, TooLarge
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, Workspace

THEMES = ("paper", "night")


class PageRequest(HttpRequest):
    """A request of a signed-in member of a workspace."""

    member: Member
    actor: Actor
    workspace: Workspace
    htmx: HtmxDetails


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the current member, actor, workspace, the person's workspaces and their theme."""
    member = getattr(request, "member", None)
    theme = request.COOKIES.get("theme", "")
    return {
        "member": member,
        "actor": getattr(request, "actor", None),
        "workspace": member and member.workspace,
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
        "theme": theme if theme in THEMES else "",
    }


def _memberships(request: HttpRequest) -> list[Member]:
    if not request.user.is_authenticated:
        return []
    return list(
        Member.objects.filter(user=request.user).select_related("workspace").order_by("workspace__name")
    )


type View[**P] = Callable[Concatenate[PageRequest, P], HttpResponseBase]
type PlainView[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page[**P](view: View[P]) -> PlainView[P]:
    """Show a page to members only, and every refusal as a page, or as a note on the page that asked through HTMX."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        member: Member | None = getattr(request, "member", None)
        if member is None:
            return render(request, "no_workspace.html", status=403)
        ours = cast(PageRequest, request)
        ours.workspace = member.workspace
        try:
            return view(ours, *args, **kwargs)
        except ConvergioError as refusal:
            return refused(request, refusal)

    return cast(PlainView[P], wrapped)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Ask to sign in; a fragment of a page whose session ended has the whole page go there."""
    if getattr(request, "htmx", False):
        response = HttpResponse(status=401)
        response["HX-Refresh"] = "true"
        return response
    return redirect_to_login(request.get_full_path())


def refused(request: HttpRequest, refusal: ConvergioError) -> HttpResponse:
    """Explain a refusal with the status that belongs to it."""
    facts = {"refusal": refusal, "details": refusal.details[:20]}
    if not getattr(request, "htmx", False):
        return render(request, "refused.html", facts, status=refusal.status)
    response = render(
        request, "parts/_toast.html", {"level": "error", "text": refusal.sentence}, status=refusal.status
    )
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    return response


class Unreadable(ConvergioError):
    """That request cannot be read; go back and try again."""

    status = 400


class Stale(ConvergioError):
    """This page was open for too long, or your role does not allow this; reload the page and try again."""

    status = 403


class WrongMethod(ConvergioError):
    """This address is not opened like that; go back and use the buttons of the page."""

    status = 405


class Broken(ConvergioError):
    """Something broke on our side; it was logged. Try again in a moment."""


_REFUSALS: dict[int, type[ConvergioError]] = {
    one.status: one for one in (Unreadable, Stale, NotFound, WrongMethod, TooLarge, Broken)
}


class DesignedRefusals:
    """Has no refusal of a page be blank, and none that HTMX asked for put a whole page into a part of one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the API has a form of its own for this."""
        response = self.get_response(request)
        kind = _REFUSALS.get(response.status_code)
        if kind is None or not isinstance(response, HttpResponse) or request.path.startswith("/api/"):
            return response
        if response.content and not (getattr(request, "htmx", False) and _is_whole_page(response)):
            return response
        shown = refused(request, kind())
        if "Allow" in response:
            shown["Allow"] = response["Allow"]
        return shown


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show what Django refuses before a view is asked; a form that is too large is told apart."""
    if isinstance(exception, RequestDataTooBig):
        return refused(
            request, TooLarge("What was sent is too large for a form; make it shorter or use a file.")
        )
    return defaults.bad_request(request, exception)


def _is_whole_page(response: HttpResponse) -> bool:
    return response.content.lstrip()[:9].lower() == b"<!doctype"


def wanted_page(request: HttpRequest, otherwise: str) -> str:
    """Return where a form says that the person came from, when that is a page of ours."""
    wanted = request.POST.get("next", "")
    return (
        wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else otherwise
    )


def goto(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to a page, whether it asked with a plain form or through HTMX."""
    response = HttpResponse(status=204 if getattr(request, "htmx", False) else 303)
    response["HX-Redirect" if getattr(request, "htmx", False) else "Location"] = url
    return response
