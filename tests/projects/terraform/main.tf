terraform {
  required_version = ">= 1.5"
}

provider "aws" {
  region = var.region
}

locals {
  prefix = "${var.name}-${var.stage}"
  tables = { for name in ["orders", "carts"] : name => "${local.prefix}-${name}" }

  functions = {
    hello   = { handler = "hello.handler", timeout = 20 }
    goodbye = { handler = "hello.goodbye", memory = 512, layers = false }
  }

  environment = merge(
    { STAGE = upper(var.stage) },
    var.is_verbose ? { LEVEL = "debug" } : {},
  )
}

data "aws_caller_identity" "current" {}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/code.zip"
}

resource "aws_dynamodb_table" "this" {
  for_each = local.tables
  name     = each.value
  hash_key = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sqs_queue" "orders" {
  name = "${local.prefix}-orders"
}

resource "aws_lambda_layer_version" "common" {
  layer_name = "common"
  filename   = data.archive_file.common.output_path
}

data "archive_file" "common" {
  type        = "zip"
  source_dir  = "layers/common"
  output_path = "build/common.zip"
}

resource "aws_lambda_function" "web" {
  for_each = local.functions

  function_name = "${local.prefix}-${each.key}"
  role          = aws_iam_role.lambda.arn
  handler       = each.value.handler
  runtime       = var.runtime
  timeout       = try(each.value.timeout, 6)
  memory_size   = lookup(each.value, "memory", 256)
  architectures = ["arm64"]
  publish       = true
  layers        = lookup(each.value, "layers", true) ? [aws_lambda_layer_version.common.arn] : []

  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256

  environment {
    variables = merge(local.environment, {
      ACCOUNT   = data.aws_caller_identity.current.account_id
      GREETING  = <<-EOT
        Hello,
          ${each.key}!
      EOT
      ORDERS    = aws_dynamodb_table.this["orders"].arn
      QUEUE_URL = aws_sqs_queue.orders.url
      SETTINGS  = jsonencode({ b = [1, true, null], a = "<x>" })
      TABLES    = join(",", values(aws_dynamodb_table.this)[*].name)
      TEXT      = templatefile("${path.module}/greeting.tftpl", { name = "you" })
    })
  }

  ephemeral_storage {
    size = 1024
  }

  dynamic "tracing_config" {
    for_each = var.is_verbose ? ["Active"] : []
    content {
      mode = tracing_config.value
    }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "DEBUG"
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.web["hello"].function_name
  function_version = aws_lambda_function.web["hello"].version
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_alias.live.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 2
}

resource "aws_lambda_function_event_invoke_config" "hello" {
  function_name                = aws_lambda_function.web["hello"].function_name
  maximum_event_age_in_seconds = 120
  maximum_retry_attempts       = 1

  destination_config {
    on_failure {
      destination = aws_sqs_queue.orders.arn
    }
  }
}

resource "aws_apigatewayv2_api" "web" {
  name          = "web"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "hello" {
  api_id                 = aws_apigatewayv2_api.web.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.web["hello"].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "hello" {
  api_id    = aws_apigatewayv2_api.web.id
  route_key = "GET /hello/{name}"
  target    = "integrations/${aws_apigatewayv2_integration.hello.id}"
}

module "workers" {
  source = "./modules/worker"
  count  = 2

  name  = "${local.prefix}-worker-${count.index}"
  queue = aws_sqs_queue.orders
  limits = {
    retries = 3
  }
}

module "report" {
  source  = "terraform-aws-modules/lambda/aws"
  version = "~> 8.0"

  function_name = "${local.prefix}-report"
  handler       = "report.handler"
  runtime       = var.runtime
  source_path = [
    "packages/report",
    { path = "packages/shared", prefix_in_zip = "shared" },
  ]
  environment_variables = {
    WORKERS = join(" ", module.workers[*].arn)
  }
  event_source_mapping = {
    orders = { event_source_arn = aws_sqs_queue.orders.arn }
  }
}
