"""The one piece of news that this app sends upwards."""

from django.dispatch import Signal

version_published = Signal()
"""Sent inside the publishing transaction: `sender=WorkflowVersion, version=<the new version>`."""
