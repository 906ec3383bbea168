"""A restart of the database costs whoever asks next nothing."""

import psycopg
import pytest
from django.db import connection

from tests.stack.rig import database_url


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_not_handed_out() -> None:
    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        connection.close()
        with psycopg.connect(database_url(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
        connection.close()
