"""Fixtures that every app's tests share."""

import pytest

from tests.people import Cast, make_cast


@pytest.fixture(autouse=True)
def _quick_passwords(request: pytest.FixtureRequest) -> None:
    """Let the cast's cheap hashes be checked, in tests alone."""
    if "settings" in request.fixturenames or "cast" in request.fixturenames:
        request.getfixturevalue("settings").PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.MD5PasswordHasher"
        ]


@pytest.fixture
def cast(db: None) -> Cast:
    """Ada, Ben, Cleo, Dan and Eve of Acme; Finn of Elsewhere."""
    return make_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """The cast, committed, for tests with several connections."""
    return make_cast()
