output "vpc_id" {
  description = "The network."
  value       = module.network.vpc_id
}

output "subnets" {
  description = "Subnet ids by kind and zone."
  value = {
    public  = module.network.public_subnets
    private = module.network.private_subnets
  }
}

output "servers" {
  description = "Private addresses by role."
  value       = module.compute.private_ips
}

output "bucket" {
  description = "The artifact bucket."
  value       = module.data.bucket
}

output "session_secret" {
  description = "What signs session cookies."
  value       = var.session_secret
  sensitive   = true
}
