"""A browser without scripts for tests of pages."""

from django.test import Client

from tests.people import Person


def browser(person: Person) -> Client:
    """A signed-in person's browser."""
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client
