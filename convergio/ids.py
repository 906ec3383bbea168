"""Identifiers that sort by the time they were made."""

import os
import time
import uuid

_OTHERS = ~((0xF << 76) | (0x3 << 62))
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)


def uuid7() -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, then randomness."""
    return uuid.UUID(int=_value())


def uuid7_text() -> str:
    """Return one as 32 hexadecimal digits, which PostgreSQL reads as well."""
    return f"{_value():032x}"


def _value() -> int:
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    return (value & _OTHERS) | _VERSION_AND_VARIANT
