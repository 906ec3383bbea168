"""Services that somebody else runs, named by a setting: do they answer?"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from convergio.embedded.trouble import Trouble

PATIENCE_S = 5


def reach(settings: Mapping[str, str]) -> None:
    """Try each service a setting names. Raises Trouble with the setting to mend."""
    for name, knock in (("DATABASE_URL", _database), ("REDIS_URL", _broker), ("MODEL_SERVER_URL", _model)):
        address = settings.get(name, "").strip()
        if address:
            knock(address)


def _database(address: str) -> None:
    import psycopg

    try:
        psycopg.connect(address, connect_timeout=PATIENCE_S).close()
    except psycopg.OperationalError as error:
        raise Trouble(f"The database does not answer ({_reason(error)}). Check DATABASE_URL.") from None
    except psycopg.ProgrammingError:
        example = "postgresql://user:password@host:5432/name"
        raise Trouble(f"DATABASE_URL cannot be read; it must look like {example}.") from None


def _broker(address: str) -> None:
    import redis

    try:
        with redis.Redis.from_url(address, socket_timeout=PATIENCE_S, retry=None) as client:
            client.ping()
    except ValueError:
        raise Trouble("REDIS_URL cannot be read; it must look like redis://host:6379/0.") from None
    except redis.RedisError as error:
        raise Trouble(f"The broker does not answer ({_reason(error)}). Check REDIS_URL.") from None


def _model(address: str) -> None:
    """Any answer will do: a server that wants a key says 401, and is there."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise Trouble("MODEL_SERVER_URL cannot be read; it must look like http://host:8089/v1.")
    try:
        urllib.request.urlopen(f"{address.rstrip('/')}/models", timeout=PATIENCE_S).close()  # noqa: S310
    except urllib.error.HTTPError:
        return
    except (OSError, ValueError) as error:
        raise Trouble(
            f"The model server does not answer ({_reason(error)}). Check MODEL_SERVER_URL."
        ) from None


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
