locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
  doc   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "s" {
  vpc_id            = aws_vpc.v.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-west-1a"
}
resource "aws_internet_gateway" "g" { vpc_id = aws_vpc.v.id }
resource "aws_route_table" "t" { vpc_id = aws_vpc.v.id }
resource "aws_route" "r" {
  route_table_id         = aws_route_table.t.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.g.id
}
resource "aws_route_table_association" "a" {
  route_table_id = aws_route_table.t.id
  subnet_id      = aws_subnet.s.id
}
resource "aws_security_group" "g" { vpc_id = aws_vpc.v.id }
resource "aws_security_group_rule" "r" {
  security_group_id = aws_security_group.g.id
  type              = "ingress"
  from_port         = 80
  to_port           = 80
  protocol          = "tcp"
  cidr_blocks       = ["10.0.0.0/8"]
}
resource "aws_vpc_security_group_egress_rule" "e" {
  security_group_id = aws_security_group.g.id
  cidr_ipv4         = "10.9.0.0/16"
  ip_protocol       = "-1"
}
resource "aws_network_acl" "n" { vpc_id = aws_vpc.v.id }
resource "aws_network_acl_rule" "n" {
  network_acl_id = aws_network_acl.n.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 80
  to_port        = 80
}
resource "aws_vpc_dhcp_options" "d" { domain_name = "x.test" }
resource "aws_vpc_dhcp_options_association" "d" {
  vpc_id          = aws_vpc.v.id
  dhcp_options_id = aws_vpc_dhcp_options.d.id
}
resource "aws_ec2_tag" "t" {
  resource_id = aws_vpc_dhcp_options.d.id
  key         = "K"
  value       = "V"
}
resource "aws_vpc_ipv4_cidr_block_association" "c" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.1.0.0/16"
}
resource "aws_vpc_endpoint" "e" {
  vpc_id       = aws_vpc.v.id
  service_name = "com.amazonaws.eu-west-1.s3"
}
resource "aws_vpc_endpoint_route_table_association" "e" {
  vpc_endpoint_id = aws_vpc_endpoint.e.id
  route_table_id  = aws_route_table.t.id
}
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = local.trust
}
resource "aws_iam_user" "u" { name = "u" }
resource "aws_iam_group" "g" { name = "g" }
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = local.doc
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_user_policy_attachment" "a" {
  user       = aws_iam_user.u.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_group_policy_attachment" "a" {
  group      = aws_iam_group.g.name
  policy_arn = aws_iam_policy.p.arn
}
resource "aws_iam_role_policy" "i" {
  role   = aws_iam_role.r.name
  policy = local.doc
}
resource "aws_iam_group_policy" "i" {
  group  = aws_iam_group.g.name
  policy = local.doc
}
resource "aws_iam_user_policy" "i" {
  user   = aws_iam_user.u.name
  policy = local.doc
}
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.u.name
  groups = [aws_iam_group.g.name]
}
resource "aws_iam_access_key" "k" { user = aws_iam_user.u.name }
resource "aws_iam_user_login_profile" "l" { user = aws_iam_user.u.name }
resource "aws_iam_instance_profile" "p" {
  name = "p"
  role = aws_iam_role.r.name
}
resource "aws_ebs_volume" "v" {
  availability_zone = "eu-west-1a"
  size              = 1
}
resource "aws_eip" "e" { domain = "vpc" }
resource "aws_network_interface" "n" { subnet_id = aws_subnet.s.id }
resource "aws_kms_key" "k" {}
resource "aws_kms_alias" "k" {
  name          = "alias/UNIQUE"
  target_key_id = aws_kms_key.k.id
}
resource "aws_cloudwatch_log_group" "l" { name = "UNIQUE" }
resource "aws_s3_bucket" "b" { bucket = "UNIQUE" }
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_public_access_block" "b" { bucket = aws_s3_bucket.b.id }
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerPreferred" }
}
resource "aws_s3_bucket_acl" "b" {
  bucket = aws_s3_bucket_ownership_controls.b.bucket
  acl    = "private"
}
resource "aws_s3_object" "o" {
  bucket  = aws_s3_bucket.b.id
  key     = "a/b"
  content = "x"
}
