"""The engine: functions in, events out. It knows nothing of a screen.

Others import ``engine.Engine`` and ``invocation.Invocation``, the states in ``lifecycle``, and what
the packages name in their ``__all__``. From below to the top these are:

* ``lifecycle``: the states of an environment, and the one table of transitions
* ``events``: the records of what happens, the stream, and the forms in which it is written
* ``watching``, ``event_loop``, ``invocation``
* ``launch``: what an environment consists of
* ``wire``: channels to zygotes, init processes and runtimes, and their logs
* ``runtime_api``: the state behind the APIs that an environment's processes call
* ``environment``: the state machine, with its phases, processes and freezer
* ``snapshots``, ``pool``, ``asynchronous``, ``dependency_checks``, ``sampling``, ``sync``, and
  ``engine`` on top
"""

from __future__ import annotations
