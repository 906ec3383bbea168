"""Who acts: a member through a page, a key through the API, or the system itself."""

from dataclasses import dataclass

from convergio.errors import NotAllowed
from convergio.workspaces.models import Member, Role, User, Workspace
from convergio.workspaces.permissions import GRANTS, SCOPES, Permission


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting in one workspace. Every operation takes one as `by`."""

    workspace: Workspace
    user: User | None = None
    role: Role | None = None
    via: str = "system"
    address: str | None = None
    scopes: frozenset[str] | None = None
    """Scopes of the API key in use; None means that no key narrows the role."""

    @classmethod
    def of(
        cls, member: Member, *, via: str, address: str | None = None, scopes: frozenset[str] | None = None
    ) -> "Actor":
        """Return a member as an actor."""
        return cls(member.workspace, member.user, Role(member.role), via, address, scopes)

    @classmethod
    def system(cls, workspace: Workspace) -> "Actor":
        """Return the product itself (timers, seeds, sub-workflows), which may do everything."""
        return cls(workspace)

    @property
    def label(self) -> str:
        """What the audit trail shows."""
        return str(self.user) if self.user else "Convergio"

    def may(self, permission: Permission) -> bool:
        """Tell whether role and key allow it."""
        if self.role is None:
            return self.user is None
        by_key = self.scopes is None or any(permission in SCOPES.get(scope, ()) for scope in self.scopes)
        return by_key and permission in GRANTS[self.role]

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed, with a sentence, unless role and key allow it."""
        if not self.may(permission):
            who = f"The role {self.role.label.lower()}" if self.role else "This caller"
            key = (
                ""
                if self.scopes is None
                else f" with the key's scopes ({', '.join(sorted(self.scopes)) or 'none'})"
            )
            raise NotAllowed(f"{who}{key} may not do this; it needs the permission “{permission}”.")
