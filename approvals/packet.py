"""Everything a person needs to decide, beside the form.

Other apps know what made the work and what an answer leads to; they give it through a provider, so that this app
needs to know none of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from approvals.models import ApprovalRequest
from convergio.workspaces.actors import Actor

type Packet = dict[str, Any]
type Provider = Callable[[ApprovalRequest, Actor], Mapping[str, Any]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """From now on the packet of every request holds what this provider says about it."""
    if provider not in _providers:
        _providers.append(provider)


def build(request: ApprovalRequest, actor: Actor) -> Packet:
    """The packet of a request as this person may see it now, as JSON."""
    return {}
