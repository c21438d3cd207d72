"""Follows a payment until its verdict: shows it, asks, and never leaves without a word.

Whatever fails on the way (the line, the screen, the keyboard, a signal, an error of our own), the exit
code is the payment's own, or 3 where it is not known.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from agent.api.v1.bodies import PaymentEvent, PaymentView, Prompt
from agent.cli.ui import verdict
from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError, payment_path
from agent.cli.ui.endings import EndedError, told_when_ended
from agent.cli.ui.exits import CommandError, Exit, exit_of
from agent.cli.ui.inbox import EndOfEvents, PaymentInbox
from agent.cli.ui.json_line import write_json
from agent.cli.ui.options import api, screen
from agent.cli.ui.prompt import Asker
from agent.cli.ui.screen import Screen
from agent.texts import say

# An agent that systemd starts again is back within a few seconds.
RETRY_PAUSES_S: Sequence[float] = (1.0, 2.0, 4.0)
# A terminal's pauses are shorter; from here on somebody may think that nothing happens.
SILENT_S: Final = 3
# An unclear payment is resolved within half a minute, if its terminal can tell. After this persons look.
UNCLEAR_PATIENCE_S: Final = 120
_TICK_S: Final = 1.0


Begin = Callable[[ApiClient], PaymentView]


def run(args: argparse.Namespace, payment_id: str, begin: Begin) -> int:
    """Begin a payment and wait for its verdict, which sets the exit code."""
    client, out = api(args), screen(args)
    out.say(f"Payment id {payment_id}")
    follower = PaymentFollower(client, out, payment_id)
    try:
        with told_when_ended():
            return finish(args, follower.from_begin(begin))
    except RefusedError as error:
        raise refused(error, payment_id) from None
    except AgentUnreachableError as error:
        text = say("cli.not_reached", path=client.path, why=error, payment_id=payment_id)
        raise CommandError(text, Exit.UNAVAILABLE) from None
    except (BrokenError, GoneError, EndedError, KeyboardInterrupt):
        return _lost(follower, out)
    except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing about the money
        out.say(say("cli.broke", error=type(error).__name__))
        return _lost(follower, out)


def _lost(follower: PaymentFollower, out: Screen) -> int:
    """The wait is over. What is known of the payment still decides."""
    known = follower.view
    if known is None or known.verdict in {None, "unclear"}:
        raise CommandError(say("cli.lost", payment_id=follower.payment_id), Exit.UNCLEAR) from None
    safely(out, known, lambda: verdict.print_verdict(out, known))
    return exit_of(known)


def finish(args: argparse.Namespace, view: PaymentView) -> int:
    """Print the JSON if requested; returns the payment's exit code."""
    if args.json:
        write_json(view)
    return exit_of(view)


def show_and_finish(args: argparse.Namespace, view: PaymentView) -> int:
    """Show a payment as persons have just changed it; returns its exit code."""
    out = screen(args)
    safely(out, view, lambda: out.say(verdict.headline(view)))
    safely(out, view, lambda: verdict.print_verdict(out, view))
    return finish(args, view)


def safely(out: Screen, view: PaymentView, show: Callable[[], None]) -> None:
    """Show a payment. An error of our own in it hides no verdict and changes none."""
    try:
        show()
    except Exception as error:  # noqa: BLE001 - a view that fails must not look like a payment that failed
        known = (view.verdict or view.phase).replace("_", " ").upper()
        out.say(say("cli.view_failed", payment_id=view.payment_id, known=known, error=type(error).__name__))


def refused(error: RefusedError, payment_id: str = "") -> CommandError:
    """The agent's three sentences. The exit code says if it is safe to try again.

    Where the answer tells the payment that was asked about, its money decides.
    """
    answer = error.answer
    text = f"{answer.message}\n{answer.money}\nNext: {answer.next_step}"
    known = answer.payment
    if known is not None and payment_id and known.payment_id == answer.figures.get("payment_id", payment_id):
        code = exit_of(msgspec.structs.replace(known, repeated=True))
        if code not in {Exit.NO, Exit.NOT_SENT}:
            return CommandError(text, code)
    codes = {401: Exit.NO_PERMISSION, 403: Exit.NO_PERMISSION, 423: Exit.NO_PERMISSION, 503: Exit.NOT_SENT}
    codes[408] = Exit.NOT_SENT
    if answer.error in {"terminal_busy", "terminal_unclear"}:
        return CommandError(text, Exit.NOT_SENT)
    if error.status >= 500 and error.status not in codes:
        return CommandError(text, Exit.UNCLEAR)
    return CommandError(text, codes.get(error.status, Exit.USAGE))


class GoneError(Exception):
    """The agent did not come back while we waited for a verdict."""


class PaymentFollower:
    """One payment's events, resumed over broken lines and Ctrl-C. `view` is what is known of it."""

    def __init__(self, client: ApiClient, out: Screen, payment_id: str) -> None:
        self.payment_id = payment_id
        self.view: PaymentView | None = None
        self._client = client
        self._out = out
        self._after = 0
        self._shown = ""
        self._verdict_shown = False
        self._asked: set[str] = set()
        self._breaks = 0
        self._silent_s = 0
        self._repeated = False
        self._inbox: PaymentInbox | None = None

    def from_begin(self, begin: Begin) -> PaymentView:
        """Begin the payment and follow it to its verdict.

        Raises `RefusedError` and `AgentUnreachableError` only if this command has begun nothing.
        """
        try:
            view = begin(self._client)
        except KeyboardInterrupt:  # the line broke while the request was on its way: is there a payment?
            view = self._after_break()
        self.view, self._repeated = view, view.repeated
        safely(self._out, view, lambda: self._out.say(verdict.headline(view)))
        if view.phase == "done":
            self._show_verdict(view)
        if view.phase != "done" or view.verdict == "unclear":
            view = self.until_done()
        return view

    def _after_break(self) -> PaymentView:
        self.cancel()
        try:
            return self._client.call("GET", payment_path(self.payment_id), PaymentView)
        except (AgentUnreachableError, RefusedError) as error:
            raise BrokenError(str(error)) from None

    def until_done(self) -> PaymentView:
        """The payment with its verdict; for an unclear one the verdict that resolves it, if it comes soon.

        Ctrl-C asks to cancel; while an unclear payment is asked about, it ends the wait. A second one, while
        the request to cancel is on its way, ends the wait with `KeyboardInterrupt`. Raises `GoneError` when
        the agent does not come back.
        """
        try:
            while True:
                try:
                    if (done := self._step()) is not None:
                        return done
                except KeyboardInterrupt:
                    if self.view is not None and self.view.verdict == "unclear":
                        return self.view
                    self.cancel()
        finally:
            self._close()

    def _step(self) -> PaymentView | None:
        """Wait a second for news; the payment if it needs no more waiting."""
        if self._inbox is None:
            self._pause()
            self._inbox = PaymentInbox(self._client, self.payment_id, self._after)
        match self._inbox.next(_TICK_S):
            case PaymentEvent() as event:
                self._breaks = self._silent_s = 0
                return self._told(event)
            case EndOfEvents(error=error):
                self._close()
                return self._ended(error)
            case _:
                return self._nothing_came()

    def _told(self, event: PaymentEvent) -> PaymentView | None:
        # An answer to a repeated request stays one, also where the first had not ended yet.
        view = self.view = msgspec.structs.replace(event.payment, repeated=self._repeated)
        self._after = event.id
        safely(self._out, view, lambda: self._show(view))
        if view.prompt is not None and view.prompt.id not in self._asked:
            self._put_to_cashier(view.prompt)
        return view if view.phase == "done" and view.verdict != "unclear" else None

    def _ended(self, error: Exception | None) -> PaymentView | None:
        """The stream is over. A payment that is unclear then has nobody who resolves it now."""
        if error is None and self.view is not None and self.view.phase == "done":
            return self.view
        self._breaks += 1
        return None

    def _nothing_came(self) -> PaymentView | None:
        self._silent_s += 1
        view = self.view
        if view is not None and view.verdict == "unclear":
            self._count("cli.asking", self._silent_s)
            return view if self._silent_s >= UNCLEAR_PATIENCE_S else None
        if self._silent_s >= SILENT_S:
            self._count("cli.waiting", self._silent_s)
        return None

    def _count(self, key: str, seconds: int) -> None:
        self._out.count(say(key, payment_id=self.payment_id, seconds=seconds), seconds)

    def _show(self, view: PaymentView) -> None:
        if view.phase == "done":
            self._show_verdict(view)
        elif view.display and view.display != self._shown:
            self._shown = view.display
            self._out.detail(view.display)

    def _show_verdict(self, view: PaymentView) -> None:
        """Each verdict once: an unclear payment is told again when it is resolved."""
        if self._verdict_shown and view.verdict == "unclear":
            return
        if self._verdict_shown:
            self._out.bell()
            self._out.say(say("cli.resolved_now", payment_id=view.payment_id))
        self._verdict_shown = True
        safely(self._out, view, lambda: verdict.print_verdict(self._out, view))

    def _put_to_cashier(self, prompt: Prompt) -> None:
        self._asked.add(prompt.id)
        inbox = self._inbox
        if inbox is None:
            return
        asker = Asker(self._client, self._out, self.payment_id, inbox.descriptor, self._is_over)
        try:
            asker.ask(prompt)
        except (AgentUnreachableError, BrokenError):  # the answer is asked for again when the line is back
            self._asked.discard(prompt.id)
        self._silent_s = 0

    def _is_over(self, prompt: Prompt) -> bool:
        """Whether the agent has told that nothing waits for this answer any more, or has gone."""
        for news in self._inbox.peek() if self._inbox else ():
            if isinstance(news, EndOfEvents):
                self._asked.discard(prompt.id)
                return True
            if news.payment.prompt is None or news.payment.prompt.id != prompt.id:
                return True
        return False

    def _pause(self) -> None:
        if self._breaks > len(RETRY_PAUSES_S):
            raise GoneError
        if self._breaks:
            time.sleep(RETRY_PAUSES_S[self._breaks - 1])

    def _close(self) -> None:
        if self._inbox is not None:
            self._inbox.close()
            self._inbox = None

    def cancel(self) -> None:
        """Ask the agent to cancel; the verdict is still to come."""
        try:
            self._client.call("POST", payment_path(self.payment_id, "/cancel"), PaymentView)
            self._out.detail(say("cli.cancel_asked"))
        except RefusedError as error:
            self._out.detail(say("cli.cancel_refused", message=error.answer.message))
        except (AgentUnreachableError, BrokenError):
            self._out.detail(say("cli.cancel_lost"))
