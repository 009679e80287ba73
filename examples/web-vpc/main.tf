data "aws_availability_zones" "available" {
  state = "available"
}

data "aws_caller_identity" "current" {}

locals {
  zones       = slice(data.aws_availability_zones.available.names, 0, 2)
  bucket      = join("-", [var.name, "artifacts", data.aws_caller_identity.current.account_id])
  admin_cidrs = { for name, cidr in var.admin_cidrs : name => cidr if !(var.change && name == "vpn") }
}

module "network" {
  source = "./modules/network"

  name        = var.name
  cidr        = var.cidr
  zones       = local.zones
  admin_cidrs = local.admin_cidrs
}

module "data" {
  source = "./modules/data"

  name            = var.name
  bucket          = local.bucket
  versioning      = !var.change
  table_protected = false
  reader_arns     = [module.compute.role_arn]
  session_hours   = var.change ? 24 : 12
}

module "compute" {
  source = "./modules/compute"

  name           = var.name
  instances      = var.instances
  subnets        = { public = values(module.network.public_subnets)[0], private = values(module.network.private_subnets)[0] }
  groups         = module.network.groups
  bucket         = local.bucket
  table_arn      = module.data.table_arn
  public_key     = var.change ? file("${path.module}/keys/second.pub") : file("${path.module}/keys/first.pub")
  session_secret = var.session_secret
}
