"""What log lines must not hold."""

import logging
import re

_LINK = re.compile(r"(/answer/)[^\s/?\"']+")


class WithoutTokens(logging.Filter):
    """Takes the secret part out of addresses that let somebody answer without signing in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every line; change those that name such an address."""
        text = record.getMessage()
        if "/answer/" in text:
            record.msg, record.args = _LINK.sub(r"\1…", text), ()
        return True
