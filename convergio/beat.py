"""The scheduler's Celery application: it only sends what the schedule names, so it loads neither Django's apps nor ours."""

from celery import Celery

app = Celery("convergio", fixups=[])
app.config_from_object("convergio.settings", namespace="CELERY")
