"""All processes of the product with services of their own, which can be killed, frozen and misled one by one."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack.chaos.control import Control
from tests.stack.chaos.services import Services
from tests.stack.chaos.watch import WORK
from tests.stack.rig import Rig
from tests.stack.running import free_port

PLUGIN = Path(__file__).parent / "plugin"
WORKERS = ("worker 1", "worker 2")
OF_WEB = ("run.queued:", "inbox.posted:")
"""Failpoints that a web process comes to; all others are a worker's."""
PROCESSES = ("web", *WORKERS, "beat")


@dataclass
class House:
    """Web, two workers and the scheduler. Whatever ends is started again by `revive`."""

    rig: Rig
    services: Services
    port: str = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    failpoints: list[str] = field(default_factory=list)
    """Places at which the next workers or web processes are to die, as FAILPOINT wants them."""
    on_death: Callable[[str], None] = lambda name: None
    """Told before a process is killed."""
    planned: dict[str, str] = field(default_factory=dict)
    """Processes that are going to die by themselves, and where."""

    def start(self) -> None:
        """Start everything; ready when this returns."""
        for name in PROCESSES:
            self._start(name)
        self.rig.until(self.is_up, 90, "the house")

    def is_up(self) -> bool:
        """Whether web and workers answer."""
        from convergio.embedded.ports import answers
        from executions.models import Worker

        known = " ".join(Worker.objects.values_list("name", flat=True))
        return answers(int(self.port)) and all(f":{self.pid(name)}:" in known for name in WORKERS)

    def has_runs(self, name: str) -> bool:
        """Whether a worker owns any run."""
        from executions.models import Execution

        return Execution.objects.filter(owner__contains=f":{self.pid(name)}:").exists()

    def is_at_work(self, name: str) -> bool:
        """Whether a worker is in the middle of a step that works."""
        from executions.models import StepRun

        mine = StepRun.objects.filter(execution__owner__contains=f":{self.pid(name)}:")
        return mine.filter(status="running", kind__in=WORK).exists()

    def holds_ended_runs(self) -> bool:
        """Whether a run that has ended still belongs to somebody: to one who died then, until that one's lease ends."""
        from executions.models import Execution

        return Execution.objects.filter(ended_at__isnull=False).exclude(owner="").exists()

    def revive(self) -> None:
        """Start again what has ended."""
        for name in PROCESSES:
            if self.running[name].poll() is not None:
                self._start(name)

    def kill(self, name: str) -> None:
        """End a process as kill -9 does."""
        self.on_death(name)
        self._plan_again(name)
        self.running[name].kill()
        self.running[name].wait(10)

    def dismiss(self, name: str) -> None:
        """Ask a process to end, and wait until it has."""
        self._plan_again(name)
        self.running[name].terminate()
        try:
            self.running[name].wait(15)
        except subprocess.TimeoutExpired:
            self.kill(name)

    def is_armed(self, name: str) -> bool:
        """Whether a process lives that will die when it comes to a certain place."""
        return name in self.planned and self.running[name].poll() is None

    def arm(self, name: str, place: str) -> bool:
        """Replace a process by one that dies when it first comes to a place that is planned; False when none is."""
        planned = f"{place}:1"
        if planned not in self.failpoints:
            return False
        self.kill(name)
        self.failpoints.remove(planned)
        self.running[name] = self.rig.begin_worker(**self._own_settings(name) | {"FAILPOINT": planned})
        self.planned[name] = planned
        return True

    def freeze(self, name: str, seconds: float) -> None:
        """Stop a process for a while and let it go on as if nothing had been."""
        self.on_death(name)
        self.rig.freeze(self.running[name])
        time.sleep(seconds)
        self.rig.thaw(self.running[name])

    def pid(self, name: str) -> int:
        """The process that has the part now."""
        return self.running[name].pid

    def calm(self) -> None:
        """Take back everything that can be taken back; nothing dies any more from now on."""
        for control in self.controls.values():
            control.calm()
        for name in list(self.planned):
            self.kill(name)
        self.failpoints.clear()
        self.planned.clear()
        self.revive()

    def died_at(self) -> list[str]:
        """The failpoints at which processes did die."""
        return re.findall(r"^failpoint ([\w.]+)$", self.rig.logs(), re.MULTILINE)

    def _plan_again(self, name: str) -> None:
        """Who ends in another way before it came to its place leaves the place to another."""
        if name in self.planned and self.running[name].poll() is None:
            self.failpoints.insert(0, self.planned.pop(name))

    def _start(self, name: str) -> None:
        given = self._own_settings(name) | self._next_failpoint(name)
        if name == "web":
            self.running[name] = self.rig.web(self.port, **given)
        elif name == "beat":
            self.running[name] = self.rig.beat(**given)
        else:
            self.running[name] = self.rig.begin_worker(**given)

    def _own_settings(self, name: str) -> dict[str, str]:
        control = self.controls.get(name) or Control(self.rig.folder / f"{name}.control")
        self.controls[name] = control
        paths = [str(PLUGIN), os.environ.get("PYTHONPATH", "")]
        given = {"CHAOS_CONTROL": str(control.path), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        if name in WORKERS:
            given["CHAOS_CLOCK"] = "1"
        return given

    def _next_failpoint(self, name: str) -> dict[str, str]:
        """The first planned place that this process can come to, unless the other worker waits for one already."""
        self.planned.pop(name, None)
        if name == "beat" or (name in WORKERS and any(map(self.is_armed, WORKERS))):
            return {}
        for planned in self.failpoints:
            if planned.startswith(OF_WEB) == (name == "web") and not planned.startswith("run.disowned"):
                self.failpoints.remove(planned)
                self.planned[name] = planned
                return {"FAILPOINT": planned}
        return {}
