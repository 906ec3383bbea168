"""Runs on real PostgreSQL and Valkey, in a worker of the test's own process."""
