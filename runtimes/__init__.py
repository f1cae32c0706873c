"""The code that runs inside execution environments, and the fork server that starts them.

From the outside in: ``boot`` starts the ``zygote``, the fork server of one interpreter. It forks
the init process of each environment (``init``), which builds the ``sandbox`` and starts the
runtime: ``python`` by a fork, or through ``bootstrap`` as a program; ``node`` always as a program.
``snapshots`` restores environments from an initialised runtime. All of them speak to the engine in
``frames``.

It runs under the project's own interpreter, Python 3.8 or later: it imports the standard library
alone, and nothing of ``lambda_tui``.
"""
