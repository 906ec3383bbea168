"""Requests, decisions and people's desks over HTTP."""

from ninja import Router

from approvals.api import desk, requests

__all__ = ["router"]

router = Router()
router.add_router("", requests.router)
router.add_router("", desk.router)
