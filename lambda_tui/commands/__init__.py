"""The commands that need no screen, each in a module or package of its own.

Import only the one to run: the others would slow it down.
"""
