"""`manage.py seed_demo`: a workspace in which a newcomer can start at once. Repeatable; changes nobody's work.

The owner signs in with DEMO_EMAIL and DEMO_PASSWORD. Without a password one is made and printed, once.
"""

import secrets
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from agents.operations import seed_agents
from convergio import env
from convergio.audit.models import AuditEntry
from convergio.workspaces import operations as workspaces
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User, Workspace
from workflows import operations as workflows

SLUG = "demo"
EMAIL = "ada@example.com"
COLLEAGUES = {
    "Ben Okafor": ("ben@example.com", "admin"),
    "Cleo Martin": ("cleo@example.com", "builder"),
    "Dan Petrov": ("dan@example.com", "approver"),
    "Eve Larsen": ("eve@example.com", "viewer"),
}
"""People to show roles with; they have no password until an admin gives them one."""
FIRST = ("strategic-analysis", "data-analysis-pipeline")
"""Templates that are ready to run; the others wait in the gallery."""


class Command(BaseCommand):
    """Load the demo workspace."""

    help = "Load the demo workspace, its agents and its first workflows, unless they are there."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing; where people made workspaces of their own instead, there is nothing to load."""
        if _was_sent_away():
            return
        owner, password = _owner()
        if password:
            self.stdout.write(f"Sign in as {owner.email} with the password {password}")
        workspace = Workspace.objects.filter(slug=SLUG).first()
        if workspace is not None:
            _keep_owner(workspace, owner)
        elif not Workspace.objects.exists():
            workspace = _new_workspace(owner)
            self.stdout.write("Demo workspace made.")
        if workspace is not None and (added := seed_agents(workspace)):
            self.stdout.write(f"{added} agents added.")
        if workspace is not None and (made := _first_workflows(workspace)):
            self.stdout.write(f"{made} workflows published.")


def _was_sent_away() -> bool:
    """Whether the installation lives without its demo owner, so that nobody brings one back unasked."""
    if env.text("DEMO_EMAIL") or env.text("DEMO_PASSWORD"):
        return False
    return Workspace.objects.exists() and not User.objects.filter(email=EMAIL).exists()


def _owner() -> tuple[User, str]:
    """Return the owner, with a new password when nobody gave one. One who is there keeps the password they have."""
    email, given = env.text("DEMO_EMAIL", EMAIL).lower(), env.text("DEMO_PASSWORD")
    owner = User.objects.filter(email=email).first()
    made = "" if owner or given else secrets.token_urlsafe(12)
    if owner is None:
        return User.objects.create_superuser(email, given or made, name="Ada Rossi"), made
    return owner, ""


def _keep_owner(workspace: Workspace, owner: User) -> None:
    if not Member.objects.filter(workspace=workspace, user=owner).exists():
        workspaces.add_member(owner.email, "owner", by=Actor.system(workspace))


def _new_workspace(owner: User) -> Workspace:
    workspace = workspaces.create_workspace(name="Demo", slug=SLUG, owner=owner)
    by = Actor.system(workspace)
    members = [
        workspaces.add_member(email, role, by=by, name=name) for name, (email, role) in COLLEAGUES.items()
    ]
    deciders = [member for member in members if member.role in ("admin", "approver")]
    board = workspaces.create_group(name="Board", by=by)
    workspaces.set_group_members(board, [workspace.members.get(user=owner), *deciders], by=by)
    return workspace


def _first_workflows(workspace: Workspace) -> int:
    """Publish the first templates in a workspace that never had a workflow."""
    if AuditEntry.objects.filter(workspace=workspace, action="workflow.create").exists():
        return 0
    by = Actor.system(workspace)
    return len([workflows.instantiate(slug, by=by) for slug in FIRST])
