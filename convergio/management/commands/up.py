"""`manage.py up`, for those who look it up: the command itself starts before Django does."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start everything: the services no setting names, web, worker and scheduler. Ctrl-C stops all."

    def handle(self, *args: Any, **options: Any) -> None:
        os.execv(sys.executable, [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"])
