terraform {
  required_version = "~> 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "zones" {
  type    = list(object({ name = string, cidr = optional(string, "10.0.0.0/24") }))
  default = []
}

resource "aws_subnet" "this" {
  for_each = { for i, zone in var.zones : zone.name => merge(zone, { index = i }) if zone.name != "" }

  vpc_id            = aws_vpc.main[0].id
  cidr_block        = cidrsubnet(aws_vpc.main[0].cidr_block, 8, each.value.index + 1) # one each
  availability_zone = each.key
  tags              = { Name = "${var.prefix}-${each.key}", "a b" : 1, (local.k) = null }

  dynamic "ingress" {
    for_each = local.rules[*].port
    content { from_port = ingress.value }
  }
  lifecycle {
    ignore_changes = [tags["x"], user_data]
  }
}
/* a block
   comment */
output "ids" { value = values(aws_subnet.this)[*].id }
