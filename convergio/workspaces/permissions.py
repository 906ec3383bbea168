"""Which role may do what. The table is read aloud from the top; operations ask `Actor.require`."""

from enum import StrEnum

from convergio.workspaces.models import Role


class Permission(StrEnum):
    """One kind of act."""

    VIEW = "view"
    DECIDE = "decide"
    RUN = "run"
    BUILD = "build"
    ADMINISTER = "administer"
    OWN = "own"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.APPROVER: frozenset({Permission.VIEW, Permission.DECIDE}),
    Role.BUILDER: frozenset({Permission.VIEW, Permission.DECIDE, Permission.RUN, Permission.BUILD}),
    Role.ADMIN: frozenset(Permission) - {Permission.OWN},
    Role.OWNER: frozenset(Permission),
}

SCOPES: dict[str, frozenset[Permission]] = {
    "read": frozenset({Permission.VIEW}),
    "run": frozenset({Permission.VIEW, Permission.RUN}),
    "decide": frozenset({Permission.VIEW, Permission.DECIDE}),
    "build": frozenset({Permission.VIEW, Permission.BUILD}),
    "admin": frozenset(Permission) - {Permission.OWN},
}
"""What a scope of an API key allows; the key's member must be allowed it too."""
