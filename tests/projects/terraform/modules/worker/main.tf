variable "name" {}

variable "queue" {}

variable "limits" {
  type = object({
    retries = number
    timeout = optional(number, 30)
    note    = optional(string)
  })
}

data "archive_file" "this" {
  type        = "zip"
  source_file = "${path.module}/src/worker.py"
  output_path = "build/worker.zip"
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  handler       = "worker.handler"
  runtime       = "python3.13"
  timeout       = var.limits.timeout
  role          = "arn:aws:iam::123456789012:role/worker"
  filename      = data.archive_file.this.output_path

  environment {
    variables = {
      RETRIES = var.limits.retries
      NOTE    = var.limits.note
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn = var.queue.arn
  function_name    = aws_lambda_function.this.arn
}

output "arn" {
  value = aws_lambda_function.this.arn
}
