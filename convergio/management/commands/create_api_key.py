"""`manage.py create_api_key PERSON`: a key for scripts and first steps, printed once and nowhere stored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from convergio.errors import ConvergioError
from convergio.workspaces.actors import Actor
from convergio.workspaces.keys import create_api_key
from convergio.workspaces.models import Member
from convergio.workspaces.permissions import SCOPES


class Command(BaseCommand):
    """Make an API key."""

    help = "Make an API key that acts for a person in a workspace; print it, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, where, for what."""
        parser.add_argument("email", help="e-mail address of the person the key acts for")
        parser.add_argument("--workspace", default="", help="slug; may be left out when there is only one")
        parser.add_argument("--scopes", default="read,run,decide,build", help=f"of {', '.join(SCOPES)}")
        parser.add_argument("--name", default="Command line", help="what the list of keys calls it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key and nothing else, so that a script can take it."""
        member = _member(options["email"], options["workspace"])
        try:
            _, key = create_api_key(
                name=options["name"],
                scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
                by=Actor.of(member, via="command"),
            )
        except ConvergioError as refused:
            raise CommandError(refused.sentence) from refused
        self.stdout.write(key)


def _member(email: str, workspace: str) -> Member:
    found = Member.objects.select_related("user", "workspace").filter(user__email=email.lower())
    found = found.filter(workspace__slug=workspace) if workspace else found
    if not found:
        raise CommandError(f"{email} is no member of {workspace or 'any workspace'}.")
    if len(found) > 1:
        slugs = ", ".join(sorted(member.workspace.slug for member in found))
        raise CommandError(f"{email} belongs to several workspaces; name one with --workspace: {slugs}.")
    return found[0]
