"""The Celery application: threads, because a run lives in the process's one event loop and not in a task."""

import os

from celery import Celery
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convergio.settings")

app = Celery("convergio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    worker_pool="threads",
    worker_concurrency=4,
    task_publish_retry=False,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2, "health_check_interval": 10},
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_max_retries=None,
)
app.autodiscover_tasks(["executions", "approvals", "workflows", "agents", "convergio.notifications"])


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    """Start the loop and load the agents' libraries before the first run comes."""
    from executions.worker import current

    current().warm_up()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _hand_over(**_: object) -> None:
    """Give every run up at once, so that another worker goes on with it."""
    from executions.worker import retire

    retire(wait_s=0)


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def _wait_for_hand_over(**_: object) -> None:
    from executions.worker import retire

    retire(wait_s=5)
