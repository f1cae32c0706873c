"""Pane 2: the execution environments of the chosen function."""

from __future__ import annotations

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.pool import Pool
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.glyphs import EXTENSION_GLYPHS, STATE_GLYPHS
from lambda_tui.ui.lives import LivesView, legend
from lambda_tui.ui.model.lives import Lives, clock_time
from lambda_tui.ui.widgets import Pane

_NEXT_TO_LEGEND = 30
"""Cells of the frame that are left to what stands beside the legend."""


class EnvironmentsPane(LivesView, Pane):
    """A row for each environment: its state, its figures, and its life on one clock."""

    BORDER_TITLE = "2 Environments"

    def show_pool(self, pool: Pool, lives: Lives) -> None:
        """Show the environments of this pool as they are now."""
        self.show_lives(pool, lives.of(pool.function.name))

    def on_shown(self) -> None:
        """Write the frame."""
        if (pool := self.pool) is None:
            return
        name = one_line(pool.function.name)
        throttled = f" · {pool.throttles} throttled" if pool.throttles else ""
        self.write_frame(f"2 Environments · {name}{throttled}", self._subtitle(pool))

    @property
    def environment(self) -> ExecutionEnvironment | None:
        """The environment under the cursor; None for one that has ended."""
        return self.highlighted.environment if self.highlighted is not None else None

    @property
    def item_text(self) -> str | None:
        """The id of the environment under the cursor."""
        return self.highlighted.id if self.highlighted is not None else None

    @property
    def whole_text(self) -> str | None:
        """The log stream of the environment under the cursor."""
        return self.environment.log_stream if self.environment is not None else None

    def _subtitle(self, pool: Pool) -> str:
        parts = [_snapshot(pool)]
        if self.environment is not None and self.environment.extensions:
            parts.append(_extension_states(self.environment))
        elif self.items:
            parts.append(legend(self.size.width - _NEXT_TO_LEGEND))
        parts.append(self._clock_state())
        return " · ".join(filter(None, parts))

    def _clock_state(self) -> str:
        """Return how the clock stands, where it does not follow the present."""
        if not self.is_following:
            return "0 goes back to now"
        last = self.lives.activity.last
        if last is None or self.lives.activity.is_under_way:
            return ""
        return f"quiet since {clock_time(last)}"


def _snapshot(pool: Pool) -> str:
    """Return the state of the snapshot that environments are restored from, if there is one."""
    if pool.snapshot is None:
        return ""
    return f"snap-start: snapshot {STATE_GLYPHS[pool.snapshot.state]} {pool.snapshot.state}"


def _extension_states(environment: ExecutionEnvironment) -> str:
    """Return each extension's name and state."""
    states = (
        f"{EXTENSION_GLYPHS[one.state]} {one_line(one.name)} {one.state}"
        for one in environment.extensions
    )
    return " · ".join(states)
