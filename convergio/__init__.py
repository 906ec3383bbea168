"""Convergio: workflows of AI agents, durable and with people in the middle."""
