data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-kernel-6.1-x86_64"]
  }
}

data "aws_region" "current" {}

resource "aws_key_pair" "operators" {
  key_name   = "${var.name}-operators"
  public_key = var.public_key
}

resource "aws_instance" "server" {
  for_each = var.instances

  ami                    = data.aws_ami.linux.id
  instance_type          = each.value.type
  subnet_id              = each.value.public ? var.subnets.public : var.subnets.private
  vpc_security_group_ids = [var.groups[each.key]]
  key_name               = aws_key_pair.operators.key_name
  iam_instance_profile   = aws_iam_instance_profile.server.name

  user_data = templatefile("${path.module}/boot.sh.tftpl", {
    role   = each.key
    region = data.aws_region.current.region
    bucket = var.bucket
    secret = var.session_secret
  })

  root_block_device {
    volume_size = each.value.disk_size
    volume_type = "gp3"
    encrypted   = true
  }

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    ignore_changes = [ami]
  }
}
