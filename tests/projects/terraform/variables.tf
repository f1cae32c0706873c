variable "name" {
  type    = string
  default = "shop"
}

variable "stage" {
  type = string
}

variable "region" {
  default = "eu-west-1"
}

variable "runtime" {
  default = "python3.13"
}

variable "is_verbose" {
  type    = bool
  default = "true"
}
