"""Who may decide, and what the answers given so far add up to. Pure.

The rules, which the tests hold as tables:

- Assignees are tokens: `user:<e-mail>`, `group:<slug>`, `role:<role>`. A person who carries one may answer.
- Owners and admins stand in for every role, so that a request to `role:approver` never waits for a role that
  nobody has. They do not stand in for named people or groups.
- Quorum `any`: the first answer settles. `all`: everybody assigned must approve; the first rejection settles.
  A number n: n approvals settle, and so do as many rejections as make n approvals impossible.
- One request for changes settles under every quorum: the work changes, so other opinions of it are void.
- Separation of duties: whoever asked may not answer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

APPROVE, REJECT, REQUEST_CHANGES, SUBMIT = "approve", "reject", "request_changes", "submit"
APPROVED, REJECTED, CHANGES_REQUESTED, SUBMITTED = "approved", "rejected", "changes_requested", "submitted"

STAND_INS = frozenset({"owner", "admin"})
ROLES = ("owner", "admin", "builder", "approver", "viewer")
DECIDING_ROLES = frozenset(ROLES) - {"viewer"}

type Person = int
"""Primary key of a user."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member as far as approvals are concerned."""

    person: Person
    email: str
    role: str
    groups: frozenset[str] = frozenset()

    @property
    def own_tokens(self) -> frozenset[str]:
        """What exactly names this member."""
        groups = {f"group:{slug}" for slug in self.groups}
        return frozenset({f"user:{self.email.lower()}", f"role:{self.role}", *groups})

    @property
    def tokens(self) -> frozenset[str]:
        """What lets this member answer: the own tokens, and every role for who stands in."""
        stand_in = {f"role:{role}" for role in ROLES} if self.role in STAND_INS else set()
        return self.own_tokens | stand_in


def assigned(assignees: Collection[str], candidates: Collection[Candidate]) -> frozenset[Person]:
    """Return who is meant exactly; when that is nobody, who stands in."""
    deciding = [candidate for candidate in candidates if candidate.role in DECIDING_ROLES]
    exact = frozenset(c.person for c in deciding if c.own_tokens & set(assignees))
    return exact or frozenset(c.person for c in deciding if c.tokens & set(assignees))


def refusal(
    candidate: Candidate,
    *,
    assignees: Collection[str],
    requester: Person | None,
    separation_of_duties: bool,
    answered: Collection[Person] = (),
) -> str | None:
    """Return why this member may not answer, as a sentence; None when they may."""
    if not candidate.tokens & set(assignees):
        return f"This request is addressed to {addressed_to(assignees)}; you are not among them."
    if separation_of_duties and requester == candidate.person:
        return "Whoever asked for this approval may not decide it; somebody else has to."
    if candidate.person in answered:
        return "You have answered this request already; it waits for others now."
    return None


def outcome(quorum: str, meant: Collection[Person], answers: Mapping[Person, str]) -> str | None:
    """Return the final status that the answers make, or None while more are needed."""
    given = list(answers.values())
    if SUBMIT in given:
        return SUBMITTED
    if REQUEST_CHANGES in given:
        return CHANGES_REQUESTED
    if quorum == "any":
        return next(({APPROVE: APPROVED, REJECT: REJECTED}[answer] for answer in given), None)
    return _all(meant, answers) if quorum == "all" else _at_least(int(quorum), meant, answers)


def _all(meant: Collection[Person], answers: Mapping[Person, str]) -> str | None:
    if REJECT in answers.values():
        return REJECTED
    approving = {person for person, answer in answers.items() if answer == APPROVE}
    return APPROVED if approving and approving >= set(meant) else None


def _at_least(needed: int, meant: Collection[Person], answers: Mapping[Person, str]) -> str | None:
    approvals = sum(answer == APPROVE for answer in answers.values())
    if approvals >= needed:
        return APPROVED
    undecided = len(set(meant) - set(answers))
    rejected = REJECT in answers.values()
    return REJECTED if rejected and approvals + undecided < needed else None


def is_quorum(quorum: str) -> bool:
    """Tell whether a text is a quorum: any, all or a number from 1 to 50."""
    return quorum in ("any", "all") or (quorum.isascii() and quorum.isdigit() and 1 <= int(quorum[:9]) <= 50)


def addressed_to(assignees: Collection[str]) -> str:
    """Return assignees as people read them: `the group board or the role approver`."""
    named = [f"the {kind} {name}" for kind, _, name in (token.partition(":") for token in assignees)]
    named = [name.removeprefix("the user ") for name in named]
    return " or ".join(named) or "nobody"
