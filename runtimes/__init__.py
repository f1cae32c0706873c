"""What runs inside: the zygote, the init process, the sandbox and the language runtimes.

Started by lambda-tui under the project's own interpreter (Python 3.9 and later), so nothing here
may import more than the standard library, and nothing of ``lambda_tui``.
"""
