"""The Celery application."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convergio.settings")

app = Celery("convergio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["executions", "approvals", "workflows", "agents"])
