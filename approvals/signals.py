"""The one piece of news that this app sends upwards."""

from django.dispatch import Signal

request_settled = Signal()
"""Sent inside the deciding transaction: `sender=ApprovalRequest, request=<the settled request>`.

A listener that raises undoes the decision, so it only writes rows and leaves the rest to on_commit.
"""
