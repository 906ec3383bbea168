"""The real services that run when none is given: PostgreSQL, Valkey, a language model.

`Services` starts what the environment does not name. `ensure_services` is for commands run by hand: it borrows what a
running `make up` has started, or starts its own for as long as the command lasts.
"""

from convergio.embedded.services import Services, ensure_services
from convergio.embedded.trouble import Trouble

__all__ = ["Services", "Trouble", "ensure_services"]
