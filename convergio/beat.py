"""The scheduler's Celery application. It only sends what the schedule names, so it loads no apps."""

from celery import Celery

app = Celery("convergio", fixups=[])
app.config_from_object("convergio.settings", namespace="CELERY")
