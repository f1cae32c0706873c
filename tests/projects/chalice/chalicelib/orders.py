from __future__ import annotations

from chalice import Blueprint

orders = Blueprint(__name__)
alarms = Blueprint(__name__)


@orders.route("/new", methods=["POST"])
def new(): ...


@orders.lambda_function()
def clean(event, context):
    return "clean"


@alarms.on_sns_message(topic="alarms")
def on_alarm(event): ...
