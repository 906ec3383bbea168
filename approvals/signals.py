"""The news that this app sends upwards."""

from django.dispatch import Signal

request_settled = Signal()
"""Sent inside the deciding transaction: `sender=ApprovalRequest, request=<the settled request>`.

A listener that raises undoes the decision, so it only writes rows and leaves the rest to on_commit.
"""

request_changed = Signal()
"""Sent inside the transaction of every write: `sender=ApprovalRequest, request, verb, user, about`.

`verb` is one of opened, claimed, released, delegated, commented, mentioned, reminded, escalated, decided, settled,
timed_out, withdrawn. `user` is who did it, None when it was time or the product. `about` is a list of people: whom it
was handed to, who was mentioned, whom it was escalated to; empty otherwise. An answer that settles sends `decided` and
then `settled`; a timeout sends `timed_out` alone. A listener that raises undoes the write.
"""
