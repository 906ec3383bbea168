"""PostgreSQL and Valkey of the rig's own, to be crashed, emptied and frozen."""

import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

from convergio.embedded.postgres import Postgres
from convergio.embedded.trouble import Trouble
from convergio.embedded.valkey import Valkey


class Services:
    """PostgreSQL, with everything safely on disk, and Valkey."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "postgres")
        self.valkey = Valkey(folder / "valkey")

    def start(self) -> dict[str, str]:
        """Start both; return the settings that lead to them."""
        self.postgres.start()
        self.valkey.start()
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}

    def stop(self) -> None:
        """End both."""
        self.valkey.stop()
        self.postgres.stop()

    def crash_postgres(self, again_after_s: float | None = None) -> None:
        """Restart the database without letting it finish anything; once more while it recovers, if a time is given."""
        self._quit()
        if again_after_s is not None:
            hit = threading.Timer(again_after_s, self._quit)
            hit.start()
            with suppress(Trouble):
                self.postgres.start()
            hit.join()
            self._quit()
        self.postgres.start()

    def _quit(self) -> None:
        if self.postgres.child is not None and not self.postgres.child.ended():
            self.postgres.child.process.send_signal(signal.SIGQUIT)
            self.postgres.child.process.wait(20)

    def lose_valkey(self) -> None:
        """Kill the broker and start it again, empty."""
        if self.valkey.child is not None:
            self.valkey.child.process.kill()
            self.valkey.child.process.wait(10)
        self.valkey.start()

    def flush_valkey(self) -> None:
        """Have the broker forget everything."""
        import redis

        redis.Redis.from_url(self.valkey.url, socket_timeout=5).flushall()

    def freeze_valkey(self, seconds: float) -> None:
        """Have the broker not answer for a while."""
        if self.valkey.child is not None:
            self.valkey.child.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.valkey.child.process.send_signal(signal.SIGCONT)
