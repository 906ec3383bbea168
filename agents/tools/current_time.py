"""What time it is."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from agents.tools.base import ToolError, tool


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises ToolError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolError(f"“{name}” is no time zone; write it like Europe/Rome.") from error


def described(moment: datetime) -> dict[str, Any]:
    """Return a moment in the forms that people and programs ask for."""
    week = moment.isocalendar()
    return {
        "iso": moment.isoformat(timespec="seconds"),
        "date": moment.date().isoformat(),
        "time": moment.strftime("%H:%M:%S"),
        "weekday": moment.strftime("%A"),
        "week": f"{week.year}-W{week.week:02}",
        "quarter": f"{moment.year}-Q{(moment.month - 1) // 3 + 1}",
    }


@tool(slug="current_time")
def current_time(
    time_zone: Annotated[str, "IANA name such as UTC or Europe/Rome"] = "UTC",
) -> dict[str, Any]:
    """Tell the present date and time, weekday, ISO week and quarter in a time zone."""
    return described(timezone.now().astimezone(zone(time_zone))) | {"time_zone": time_zone}
