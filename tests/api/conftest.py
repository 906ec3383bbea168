"""Fixtures of the API's tests."""

import pytest
from django.core.cache import cache

from tests.api.callers import Callers
from tests.people import Cast


@pytest.fixture(autouse=True)
def _no_counts_from_before() -> None:
    cache.clear()


@pytest.fixture
def callers(cast: Cast) -> Callers:
    """Everybody, each with a key of all scopes."""
    return Callers(cast)
