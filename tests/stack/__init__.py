"""Tests that need several services at once, and what they share."""
