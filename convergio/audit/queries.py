"""Reading the audit trail."""

from django.db.models import QuerySet

from convergio.audit.models import AuditEntry
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission


def visible_to(actor: Actor) -> QuerySet[AuditEntry]:
    """Return the trail of the actor's workspace. Raises NotAllowed to whoever does not administer it."""
    actor.require(Permission.ADMINISTER)
    return AuditEntry.objects.filter(workspace=actor.workspace).select_related("actor")
