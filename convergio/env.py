"""Settings from the environment, with a sentence when one cannot be used."""

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


class SettingWrong(SystemExit):
    """Stops the start and says which setting to mend."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"Setting {name}: {sentence}")


def text(name: str, default: str = "") -> str:
    """Return a setting, or its default when it is not given or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes or no."""
    value = text(name).lower()
    if value in ("", "1", "true", "yes", "on"):
        return default if not value else True
    if value in ("0", "false", "no", "off"):
        return False
    raise SettingWrong(name, f"“{value}” is neither yes nor no; use 1 or 0.")


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number."""
    value = text(name) or str(default)
    if not value.isdigit() or int(value) < least:
        raise SettingWrong(name, f"“{value}” is not a whole number of at least {least}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return a list given with commas between."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Return an address, of one of the schemes."""
    value = text(name, default)
    if urlsplit(value).scheme not in schemes:
        raise SettingWrong(name, f"it must begin with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def origin(address: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server: with TLS from the first byte (`tls`), or from its greeting on (`starttls`)."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool


def mail(name: str = "EMAIL_URL") -> Mail | None:
    """Return the mail server; None when there is none, so that mail is written to files."""
    if not text(name):
        return None
    schemes = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    parts = urlsplit(url(name, "", tuple(schemes)))
    try:
        port = parts.port or schemes[parts.scheme]
    except ValueError as error:
        raise SettingWrong(name, "its port is no number up to 65535.") from error
    if not parts.hostname:
        raise SettingWrong(name, "it must look like smtp+tls://user:password@host:587.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Mail(parts.hostname, port, user, password, parts.scheme == "smtps", parts.scheme == "smtp+tls")


def database(name: str = "DATABASE_URL") -> dict[str, str]:
    """Return a PostgreSQL address as Django wants it. Not given: the socket of the embedded server."""
    value = text(name)
    if not value:
        return {"NAME": "convergio"}
    try:
        parts = {key: str(part) for key, part in conninfo_to_dict(value).items()}
    except ProgrammingError as error:
        raise SettingWrong(name, "it must look like postgresql://user:password@host:5432/name.") from error
    if "dbname" not in parts:
        raise SettingWrong(name, "it names no database; end it with /name.")
    keys = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {keys[key]: part for key, part in parts.items() if key in keys}
