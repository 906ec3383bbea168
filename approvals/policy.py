"""Who may decide, and what the answers given so far add up to. Pure.

The rules, which the tests hold as tables:

- Assignees are tokens: `user:<e-mail>`, `group:<slug>`, `role:<role>`. A person who carries one may answer.
- Owners and admins stand in for every role, so that a request to `role:approver` never waits for a role that
  nobody has. They do not stand in for named people or groups.
- Quorum `any`: the first answer settles. `all`: everybody assigned must approve; the first rejection settles.
  A number n: n approvals settle, and so do as many rejections as make n approvals impossible.
- One request for changes settles under every quorum: the work changes, so other opinions of it are void.
- Separation of duties: whoever asked may not answer, and nobody may answer in their place.
- Somebody who is away has stand-ins: they answer in that person's place. So do the people that a request was escalated
  to, for everybody asked at first, and somebody a request was handed on to, for who handed it on.
- One person has one voice, whoever they stand in for. Under `all` it covers everybody whose stand-in has approved.
- Who hands a request on and who takes it count once together under a number, unless both were asked anyway.
- Who is away may still answer, as long as nobody did in their place.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

APPROVE, REJECT, REQUEST_CHANGES, SUBMIT = "approve", "reject", "request_changes", "submit"
APPROVED, REJECTED, CHANGES_REQUESTED, SUBMITTED = "approved", "rejected", "changes_requested", "submitted"

COUNTS = {
    APPROVE: APPROVED,
    REJECT: REJECTED,
    REQUEST_CHANGES: CHANGES_REQUESTED,
    SUBMIT: SUBMITTED,
}
"""What status each answer works towards."""

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as it decides who may answer. `answered` gave an answer, for `spoken_for` somebody else did."""

    assignees: Collection[str]
    requester: Person | None = None
    separation_of_duties: bool = False
    answered: Collection[Person] = ()
    spoken_for: Collection[Person] = ()

    def barred(self, person: Person) -> bool:
        """Tell whether it is the person who asked, where somebody else has to decide."""
        return self.separation_of_duties and self.requester == person

    def is_for(self, candidate: Candidate) -> bool:
        """Tell whether the request is addressed to this member."""
        return not candidate.tokens.isdisjoint(self.assignees)


def refusal(candidate: Candidate, asked: Asked, absent: Collection[Candidate] = ()) -> str | None:
    """Return why this member may not answer, as a sentence; None when they may. They stand in for the absent."""
    if asked.barred(candidate.person):
        return "Whoever asked for this approval may not decide it; somebody else has to."
    if candidate.person in asked.answered:
        return "You have answered this request already; it waits for others now."
    own = _own_refusal(candidate, asked)
    return own if own and place_of(candidate, asked, absent) is None else None


def _own_refusal(candidate: Candidate, asked: Asked) -> str | None:
    if not asked.is_for(candidate):
        return f"This request is addressed to {addressed_to(asked.assignees)}; you are not among them."
    if candidate.person in asked.spoken_for:
        return "Somebody who stands in for you has answered this request already."
    return None


def place_of(candidate: Candidate, asked: Asked, absent: Collection[Candidate]) -> Person | None:
    """Return in whose place this member answers; None when in their own."""
    if _own_refusal(candidate, asked) is None:
        return None
    return next((one.person for one in absent if _may_be_represented(one, asked)), None)


def _may_be_represented(absent: Candidate, asked: Asked) -> bool:
    spoken = absent.person in asked.answered or absent.person in asked.spoken_for
    return (
        absent.role in DECIDING_ROLES
        and asked.is_for(absent)
        and not asked.barred(absent.person)
        and not spoken
    )


@dataclass(frozen=True, slots=True)
class Voice:
    """An answer that was given: what it counts as, by whom, and in whose place (their own, usually)."""

    counts_as: str
    speaker: Person
    place: Person


def outcome(
    quorum: str,
    meant: Collection[Person],
    voices: Sequence[Voice],
    stand_ins: Mapping[Person, Collection[Person]] | None = None,
    seats: Mapping[Person, Person] | None = None,
) -> str | None:
    """Return the final status that the voices make, or None while more are needed.

    `stand_ins` names, for people who are meant, those who may answer in their place; `seats` in whose place somebody
    was asked who otherwise would not have been.
    """
    given = [voice.counts_as for voice in voices]
    if SUBMIT in given:
        return SUBMITTED
    if REQUEST_CHANGES in given:
        return CHANGES_REQUESTED
    if quorum == "any":
        return next((COUNTS[answer] for answer in given), None)
    if quorum == "all":
        return _all(meant, voices, stand_ins or {})
    return _at_least(int(quorum), meant, voices, seats or {})


def _all(
    meant: Collection[Person], voices: Sequence[Voice], stand_ins: Mapping[Person, Collection[Person]]
) -> str | None:
    if any(voice.counts_as == REJECT for voice in voices):
        return REJECTED
    speakers, places = {voice.speaker for voice in voices}, {voice.place for voice in voices}
    covered = {one for one in meant if one in places or not speakers.isdisjoint(stand_ins.get(one, ()))}
    return APPROVED if voices and covered >= set(meant) else None


def _at_least(
    needed: int, meant: Collection[Person], voices: Sequence[Voice], seats: Mapping[Person, Person]
) -> str | None:
    taken = [(seats.get(voice.place, voice.place), voice.counts_as) for voice in voices]
    approvals = len({seat for seat, counts_as in taken if counts_as == APPROVE})
    if approvals >= needed:
        return APPROVED
    undecided = len({seats.get(one, one) for one in meant} - {seat for seat, _ in taken})
    rejected = any(voice.counts_as == REJECT for voice in voices)
    return REJECTED if rejected and approvals + undecided < needed else None


def chosen(status: str, given: Iterable[tuple[str, str]]) -> str:
    """Return which answer settled it, of (id, what it counts as) in the order given.

    Of those that make the status it is the one most people gave, and of several such the last.
    """
    fitting = [answer for answer, counts_as in given if COUNTS[counts_as] == status]
    votes = Counter(fitting)
    return max(reversed(fitting), key=votes.__getitem__, default="")


def is_quorum(quorum: str) -> bool:
    """Tell whether a text is a quorum: any, all or a number from 1 to 50."""
    return quorum in ("any", "all") or (quorum.isascii() and quorum.isdigit() and 1 <= int(quorum[:9]) <= 50)


def addressed_to(assignees: Collection[str]) -> str:
    """Return assignees as people read them: `the group board or the role approver`."""
    named = [f"the {kind} {name}" for kind, _, name in (token.partition(":") for token in assignees)]
    named = [name.removeprefix("the user ") for name in named]
    return " or ".join(named) or "nobody"
