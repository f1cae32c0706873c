"""An environment that comes from its function's snapshot: it has a Restore phase, and no Init."""

from __future__ import annotations

import time

from lambda_tui import limits
from lambda_tui.engine.environment import (
    ExecutionEnvironment,
    Loss,
    RestoreAttempt,
    lost_outcome,
    timeout,
)
from lambda_tui.engine.invocation import Refusal
from lambda_tui.engine.lifecycle import Phase, State
from lambda_tui.engine.snapshots.snapshot import Snapshot

# As AWS's SDKs describe these errors.
_HOOK_FAILED = Refusal(
    "SnapStartException",
    "The afterRestore() runtime hook encountered an error. "
    "For more information, check the Amazon CloudWatch logs.",
)
_STUCK = (
    "The snapshot does not fork; look for what the function, or a library of its, has registered "
    "with os.register_at_fork. The next invocation begins with a new one."
)
_TOO_SLOW = Refusal(
    "SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit."
)


class RestoredEnvironment(ExecutionEnvironment):
    """Is gone when its Restore phase fails; after a reset it is restored again."""

    attempt_type = RestoreAttempt

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that it is in; None between phases."""
        phase = super().phase
        return Phase.RESTORE if phase is Phase.INIT else phase

    def give_up(self, why: Loss) -> None:
        """There is no snapshot: the invocation that waits for it fails as its Init has."""
        invocation, self.invocation = self.invocation, None
        if invocation is not None:
            outcome = lost_outcome(why, invocation.request_id)
            invocation.finish(outcome.status, outcome.payload)
        self.shut_down("failure")

    def on_built(self) -> None:
        """The phase begins, although nothing of the environment is there yet."""
        super().on_built()
        if self.state is State.CREATING:
            self._limit.set(limits.RESTORE_SECONDS)

    def on_lost(self, why: Loss) -> None:
        """What cannot be restored is of no more use."""
        super().on_lost(why)
        if self.init_error is not None:
            self.shut_down("failure")

    def _pass_limit(self) -> None:
        if self.state is not State.CREATING:
            super()._pass_limit()
            return
        self.on_started(time.monotonic())
        self._limit.clear()
        self._fail_init(timeout(limits.RESTORE_SECONDS))
        if isinstance(self.fork_server, Snapshot):
            self.fork_server.is_stuck = True
        self._init.give_up(_STUCK)

    def _fail_init(self, why: Loss) -> None:
        # The service refuses the invocation: for the function it has never been.
        invocation, self.invocation, self._invoke_attempt = self.invocation, None, None
        super()._fail_init(why)
        if invocation is not None:
            invocation.refuse(_TOO_SLOW if why.is_timeout else _HOOK_FAILED)
