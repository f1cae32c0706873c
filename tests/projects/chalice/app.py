from __future__ import annotations

import os

from chalice import Chalice, Cron, Rate
from chalicelib import orders
from chalicelib.orders import alarms as all_alarms

app = Chalice(app_name="shop")
app.register_blueprint(orders.orders, name_prefix="orders_", url_prefix="/orders")
app.register_blueprint(all_alarms)


@app.route("/")
def index():
    return {"hello": "world"}


@app.route("/items/{name}", methods=["GET", "PUT"])
def item(name):
    return {"hello": name}


@app.authorizer(ttl_seconds=60)
def by_token(request):
    return request.token


@app.lambda_function(name="custom")
def plain(event, context):
    return [context.function_name, os.environ["TABLE"], sorted(os.listdir())]


@app.schedule(Rate(5, unit=Rate.MINUTES))
def often(event): ...


@app.schedule(Cron(0, 18, "?", "*", "MON-FRI", "*"), name="nightly")
def at_night(event): ...


@app.on_s3_event(bucket="pictures", events=["s3:ObjectRemoved:*"], suffix=".jpg")
def on_picture(event): ...


@app.on_sqs_message(queue="jobs", batch_size=5)
def on_job(event): ...


@app.on_cw_event({"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]})
def on_image(event): ...


@app.on_kinesis_record(stream="clicks")
def on_click(event): ...


@app.on_dynamodb_record(stream_arn=os.environ["STREAM"])
def on_change(event): ...


@app.on_ws_message()
def talk(event): ...


def not_deployed(event, context): ...
