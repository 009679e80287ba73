//! Configuration as people write it, of any size and without errors.

/// At least `bytes` of configuration in units that refer to one another within the unit; names begin with `prefix`.
pub fn units(prefix: &str, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + UNIT.len());
    let mut n = 0;
    while text.len() < bytes {
        text.push_str(&UNIT.replace("NAME", &format!("{prefix}{n}")).replace("NUMBER", &(n % 250).to_string()));
        n += 1;
    }
    text
}

const UNIT: &str = r#"# The network of NAME: subnets, one instance in each, and what they may do.

variable "NAME" {
  description = "Names and address ranges of the zones of NAME, and what they are tagged with."
  type = object({
    zones   = list(object({ name = string, cidr = optional(string, "10.NUMBER.0.0/24") }))
    tags    = optional(map(string), {})
    enabled = optional(bool, true)
  })
  default = {
    zones = [{ name = "eu-west-1a" }, { name = "eu-west-1b", cidr = "10.NUMBER.1.0/24" }]
  }

  validation {
    condition     = length(var.NAME.zones) > 0 && alltrue([for zone in var.NAME.zones : can(cidrhost(zone.cidr, 1))])
    error_message = "At least one zone is needed, each with an address range such as 10.0.0.0/24."
  }
}

locals {
  NAME_zones = { for i, zone in var.NAME.zones : zone.name => merge(zone, { index = i }) if zone.name != "" }
  NAME_ports = [22, 80, 443, 8000 + NUMBER]
  NAME_tags  = merge(var.NAME.tags, { Unit = "NAME", Project = "example", "Managed by" = "terrane" })
}

resource "aws_vpc" "NAME" {
  cidr_block           = "10.NUMBER.0.0/16"
  enable_dns_hostnames = true
  tags                 = local.NAME_tags
}

resource "aws_subnet" "NAME" {
  for_each = local.NAME_zones

  vpc_id                  = aws_vpc.NAME.id
  cidr_block              = coalesce(each.value.cidr, cidrsubnet(aws_vpc.NAME.cidr_block, 8, each.value.index + 1))
  availability_zone       = each.key
  map_public_ip_on_launch = each.value.index % 2 == 0 ? true : false

  tags = merge(local.NAME_tags, {
    Name = "NAME-${each.key}"
    Tier = each.value.index < 2 ? "public" : "private" # the first two face outside
  })
}

resource "aws_security_group" "NAME" {
  name        = "NAME"
  description = "Lets in what NAME serves"
  vpc_id      = aws_vpc.NAME.id

  dynamic "ingress" {
    for_each = toset(local.NAME_ports)
    content {
      description = "Port ${ingress.value}"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [tags["Owner"], description]
  }
}

resource "aws_instance" "NAME" {
  for_each = aws_subnet.NAME

  ami                    = "ami-0abcdef1234567890"
  instance_type          = "t3.micro"
  subnet_id              = each.value.id
  vpc_security_group_ids = [aws_security_group.NAME.id]

  user_data = <<-EOT
    #!/bin/sh
    echo "zone ${each.key} of NAME" > /etc/motd
    %{ for port in local.NAME_ports ~}
    ufw allow ${port}/tcp
    %{ endfor ~}
    exec /usr/bin/serve --address 0.0.0.0 --region $${AWS_REGION} --tags '${jsonencode(local.NAME_tags)}'
  EOT

  root_block_device {
    volume_size = 20
    volume_type = "gp3"
    encrypted   = true
  }
}

resource "aws_iam_policy" "NAME" {
  name = "NAME"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::NAME/*" },
      {
        Effect    = "Allow"
        Action    = "ec2:Describe*"
        Resource  = "*"
        Condition = { StringEquals = { "aws:RequestedRegion" = ["eu-west-1", "eu-central-1"] } }
      },
    ]
  })
}

output "NAME" {
  description = "Addresses of the instances of NAME, by zone."
  value       = { for zone, instance in aws_instance.NAME : zone => instance.private_ip }
}

output "NAME_subnets" {
  value     = values(aws_subnet.NAME)[*].id
  sensitive = false
}

"#;

/// At least `bytes` of the JSON form.
#[allow(dead_code)]
pub fn json(bytes: usize) -> String {
    let mut text = String::from("{\n  \"resource\": {\n    \"aws_subnet\": {\n");
    let mut n = 0;
    while text.len() < bytes {
        text.push_str(&JSON_UNIT.replace("NAME", &format!("unit_{n}")).replace("NUMBER", &(n % 250).to_string()));
        n += 1;
    }
    text.push_str("      \"last\": {}\n    }\n  }\n}\n");
    text
}

const JSON_UNIT: &str = r#"      "NAME": {
        "for_each": "${local.NAME_zones}",
        "vpc_id": "${aws_vpc.NAME.id}",
        "cidr_block": "${coalesce(each.value.cidr, cidrsubnet(aws_vpc.NAME.cidr_block, 8, each.value.index + 1))}",
        "availability_zone": "eu-west-1a",
        "map_public_ip_on_launch": true,
        "ipv6_netmask_length": NUMBER,
        "tags": {
          "Name": "NAME-${each.key}",
          "Project": "example \"NAME\"",
          "Managed by": "terrane"
        },
        "lifecycle": [{ "ignore_changes": ["tags[\"Owner\"]", "description"] }]
      },
"#;
