"""The page that a link of a mail opens: who you are, what is asked, and the form. It needs no sign-in.

Whoever is signed in in this browser does not matter: the link alone says who answers. Nothing is drawn with the
request at hand, so nothing of another person's session gets onto the page.
"""

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from approvals import links, packet, queries, schema
from approvals.links import Visit
from convergio.errors import Conflict, ConvergioError, InvalidInput, NotAllowed
from convergio.json_forms import fields_of, values_from
from convergio.rest import limits
from convergio.workspaces.middleware import client_address

VISITS_PER_MINUTE = 40
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow",
}


def _unseen[**P](view: Any) -> Any:
    """Have nobody keep the page, and no other site learn its address; a refusal is a page too."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        address = client_address(request)
        try:
            limits.take(f"link:{address}", most=VISITS_PER_MINUTE)
            response: HttpResponse = view(request, token, address)
        except ConvergioError as refusal:
            response = _page({"refusal": refusal}, refusal.status)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_unseen
def answer_link(request: HttpRequest, token: str, address: str | None) -> HttpResponse:
    """Show what is asked; decide by POST. The token is what a forged form cannot have, so no cookie is needed."""
    visit = links.visit(token, address)
    return _post(request, visit) if request.method == "POST" else _shown(request, visit)


def _post(request: HttpRequest, visit: Visit) -> HttpResponse:
    asked = visit.request
    values = values_from(asked.form, request.POST) if asked.form else None
    try:
        answer, comment = request.POST.get("answer", ""), request.POST.get("comment", "")
        links.answer(visit, answer, comment=comment, form=values)
    except InvalidInput as refusal:
        return _shown(request, visit, refusal)
    except (Conflict, NotAllowed) as refusal:
        asked.refresh_from_db()
        visit.link.refresh_from_db()
        return _ended(visit, refusal.sentence, refusal.status)
    response = HttpResponse(status=303)
    response["Location"] = request.path
    return response


def _shown(request: HttpRequest, visit: Visit, refusal: InvalidInput | None = None) -> HttpResponse:
    closed = _closed(visit)
    if closed:
        return _ended(visit, closed)
    asked = visit.request
    chosen = request.POST.get("answer") or request.GET.get("answer", "")
    options = sorted(queries.answers_of(asked), key=lambda option: option.id != chosen)
    posted = values_from(asked.form, request.POST) if asked.form else {}
    facts = {
        "asked": asked,
        "visitor": visit.user,
        "options": options,
        "chosen": chosen,
        "fields": fields_of(asked.form, posted, schema.faults_of(refusal)),
        "comment": request.POST.get("comment", ""),
        "packet": packet.build(asked, visit.actor) if visit.actor else {},
        "problem": refusal,
        "expires_at": visit.link.expires_at,
    }
    return _page(facts, refusal.status if refusal else 200)


def _closed(visit: Visit) -> str:
    """Why the form is not shown, as a sentence; empty when it is."""
    if visit.link.used_at is not None:
        return "Your answer was recorded; this link was good for that one answer."
    if visit.actor is None:
        return "You are no longer in this workspace, so you cannot answer here."
    refusal = queries.refusal(visit.request, visit.actor)
    if refusal:
        return refusal
    return "" if visit.is_open else links.LinkExpired().sentence


def _ended(visit: Visit, sentence: str, status: int = 200) -> HttpResponse:
    asked, is_member = visit.request, visit.actor is not None
    settled = "" if asked.settled_at is None or not is_member else queries.settled_sentence(asked)
    facts = {
        "asked": asked,
        "visitor": visit.user,
        "sentence": sentence,
        "settled": settled if settled != sentence else "",
        "decisions": asked.decisions.select_related("user", "on_behalf_of") if is_member else (),
    }
    return _page(facts, status)


def _page(facts: dict[str, Any], status: int) -> HttpResponse:
    return HttpResponse(render_to_string("approvals/link.html", facts), status=status)
