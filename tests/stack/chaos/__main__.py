"""`python -m tests.stack.chaos --seed 1 --runs 1000`: one seed's day. Fails when a promise was broken."""

import argparse
import faulthandler
import logging
import os
import random
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.stack.chaos.services import Services

SHORT: dict[str, Any] = {
    "variants": 1, "most_open": 30, "pages": 12, "slow_pages": 2, "followers": 4, "pause_s": (0.0, 0.2),
    "patience": 0.3, "attack_s": 0.0, "burst": 1, "scenes": 2, "drain_s": 60.0, "failpoints": 1,
    "most_failpoints": 1, "tempo": 0.2,
}  # fmt: skip
"""Every kind of fault once, as fast as that may be, for `make test`."""
SHORT_LEASE_S = 2
LONGEST_S = 1500
"""Whatever happens, a day ends then, and says where it stood."""


def main() -> int:
    """Live one day and print its tally."""
    given = _arguments()
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    folder = Path(tempfile.mkdtemp(prefix="convergio-chaos-"))
    services = Services(folder)
    with ExitStack() as evening:
        if not given.keep:
            evening.callback(shutil.rmtree, folder, ignore_errors=True)
        evening.callback(services.stop)
        os.environ.update(services.start())
        os.environ.update({"VAR_DIR": str(folder), "SECRET_KEY": "chaos", "DATABASE_POOL": "6"})
        os.environ["RUN_LEASE_S"] = str(SHORT_LEASE_S) if given.short else ""
        _prepare()
        tally = _day(folder, services, given, evening)
    sys.stdout.write("\n".join(tally.lines()) + "\n")
    return 0 if tally.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description="Attack the product while it works.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--short", action="store_true", help="every fault once, with a lease of two seconds")
    parser.add_argument("--keep", action="store_true", help="leave logs and data behind")
    return parser.parse_args()


def _prepare() -> None:
    """Load Django on the services that were just started, and make the tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convergio.settings")
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.CRITICAL)  # our own connections break as well, and are tried again
    call_command("migrate", verbosity=0, interactive=False)


def _day(folder: Path, services: Services, given: argparse.Namespace, evening: ExitStack) -> Any:
    from tests.stack.chaos.day import Day, Plan
    from tests.stack.chaos.driver import Client, Driver
    from tests.stack.chaos.house import House
    from tests.stack.chaos.office import open_office
    from tests.stack.chaos.orders import Orders
    from tests.stack.chaos.pages import Audience
    from tests.stack.chaos.recorder import Recorder
    from tests.stack.chaos.scenes import Stage
    from tests.stack.model_server import ModelServer
    from tests.stack.rig import rig

    plan = Plan(given.seed, given.runs, **(SHORT if given.short else {}))
    models, recorder = evening.enter_context(ModelServer()), evening.enter_context(Recorder())
    settings = {
        "CHAOS_RECORDER": recorder.url,
        "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        "RUN_LEASE_S": os.environ["RUN_LEASE_S"],
        "API_REQUESTS_PER_MINUTE": "1000000",
        "LOG_LEVEL": "INFO",
    }
    house = House(evening.enter_context(rig(folder, models.url, **settings)), services)
    office = open_office(recorder.url)
    builder, approvers = (
        Client(house.port, office.builder),
        [Client(house.port, key) for key in office.approvers],
    )
    driver = Driver(builder, approvers[0], given.seed, most_open=plan.most_open)
    evening.callback(driver.stop)
    stage = Stage(driver, approvers, plan.tempo)
    audience = Audience(house.port, office.cookie, office.builder)
    evening.callback(audience.stop)
    rng = random.Random(given.seed)
    orders = Orders(driver, office.workflows["poisoned"], random.Random(given.seed), plan.tempo)
    day = Day(plan, house, office, driver, stage, audience, models, recorder, rng, orders)
    return day.live()


if __name__ == "__main__":
    sys.exit(main())
