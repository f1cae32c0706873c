"""Turns the files of a project into ``Function`` objects, and their mistakes into problems.

Nothing here runs the user's code, and nothing here raises an exception for the user's mistakes.

``load`` is the way in. Each kind of project is a package in ``kinds`` that turns its files into the
same ``Function`` objects; ``load`` knows the kinds. The other packages serve all of them:
``handlers``, ``layers``, ``code``, ``images``, ``interpreters`` and ``settings``.
"""

from __future__ import annotations
