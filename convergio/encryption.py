"""Secrets at rest: AES-256-GCM under a key derived from the settings' SECRETS_KEY."""

import base64
import hashlib
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from convergio.errors import ConvergioError

_PREFIX = "v1:"


class SecretUnreadable(ConvergioError):
    """A stored secret cannot be read with the present SECRETS_KEY; enter it again."""

    code = "secret_unreadable"


def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(settings.SECRETS_KEY.encode()).digest())


def encrypt(text: str) -> str:
    """Return text as it is stored: version, then nonce and ciphertext in base64. Empty stays empty."""
    if not text:
        return ""
    nonce = os.urandom(12)
    sealed = _cipher().encrypt(nonce, text.encode(), None)
    return _PREFIX + base64.b64encode(nonce + sealed).decode()


def decrypt(stored: str) -> str:
    """Return the text again. Raises SecretUnreadable when the key changed or the row was touched."""
    if not stored:
        return ""
    try:
        raw = base64.b64decode(stored.removeprefix(_PREFIX))
        return _cipher().decrypt(raw[:12], raw[12:], None).decode()
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted on its way into the database."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on write."""
        return encrypt(value) if value is not None else None

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt on read."""
        return None if value is None else decrypt(value)
