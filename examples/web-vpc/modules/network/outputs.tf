output "vpc_id" {
  value = aws_vpc.this.id
}

output "public_subnets" {
  value = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "private_subnets" {
  value = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "groups" {
  value = {
    web = aws_security_group.web.id
    app = aws_security_group.app.id
  }
}
