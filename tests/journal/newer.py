"""A schema one version newer than ours: what the next version may add, and what it must not hide."""

from __future__ import annotations

from typing import Literal, cast

from agent.journal.schema.base import Body
from agent.journal.schema.entry import (
    FORMAT_VERSION,
    AnyBody,
    Completed,
    EpochEnded,
    Reason,
    Requested,
    Schema,
    Started,
)


class NewerReason(Reason, frozen=True, omit_defaults=True, kw_only=True):
    """A reason that names its source too."""

    pack: str = ""


class NewerRequested(Requested, frozen=True, kw_only=True, tag="requested"):
    """A request with a field that an older version may read over."""

    basket: str = ""


class NewerDecided(Body, frozen=True, kw_only=True, tag="decided"):
    """A decision whose reasons have a field more."""

    payment_id: str
    action: str
    reasons: list[NewerReason]


class ReservedRequested(Body, frozen=True, kw_only=True, tag="requested"):
    """A request of a payment kind that this version does not know."""

    payment_id: str
    payment: Literal["sale", "reservation"]
    terminal: str
    till: str
    amount: int | None = None
    currency: str | None = None


class Inspected(Body, frozen=True, kw_only=True):
    """A kind of entry that this version does not know."""

    payment_id: str
    seen: int = 0


# Only optional fields are new: the format version is still ours.
OPTIONAL = Schema(FORMAT_VERSION, NewerRequested | NewerDecided | Completed | Started | EpochEnded)
# What needs a new version.
NEWER = Schema(FORMAT_VERSION + 1, ReservedRequested | Inspected | Completed | Started | EpochEnded)


def with_basket() -> NewerRequested:
    return NewerRequested(
        payment_id="B-1",
        payment="sale",
        terminal="front",
        till="1",
        amount=1010,
        currency="EUR",
        basket="three apples",
    )


def reservation() -> AnyBody:
    """A known kind of entry about an unknown kind of payment."""
    return newer(ReservedRequested(payment_id="R-1", payment="reservation", terminal="front", till="1"))


def inspected() -> AnyBody:
    """An unknown kind of entry."""
    return newer(Inspected(payment_id="B-1", seen=3))


def newer(body: Body) -> AnyBody:
    """A body of the newer schema, for a journal whose types are ours."""
    return cast("AnyBody", body)
