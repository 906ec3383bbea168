"""Convergio: workflows of AI agents, durable and with people in the middle."""

__version__ = "0.1.0"
