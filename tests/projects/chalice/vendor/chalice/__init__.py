"""Stands for the package itself: its decorators leave functions as they are."""

from __future__ import annotations


class Blueprint:
    def __init__(self, _name):
        pass

    def __getattr__(self, _decorator):
        return lambda *_arguments, **_options: lambda function: function


class Chalice(Blueprint):
    def __init__(self, app_name):
        self.app_name = app_name

    def register_blueprint(self, blueprint, **options):
        pass

    def __call__(self, event, context):
        return [self.app_name, event, context.function_name]


class Rate:
    MINUTES = "MINUTES"

    def __init__(self, value, unit):
        pass


class Cron:
    def __init__(self, *fields):
        pass
