"""The APIs that the engine has over HTTP, for clients and for an environment's own processes.

Import each from its module: a screen is painted before the Lambda API has to be loaded.
"""
