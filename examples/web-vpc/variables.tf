variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "web"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "The name must be 2 to 21 lower-case letters, digits and hyphens, and start with a letter."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  default     = "eu-west-1"
}

variable "cidr" {
  description = "Address range of the network."
  type        = string
  default     = "10.20.0.0/16"
}

variable "admin_cidrs" {
  description = "Address ranges that may reach the servers by SSH, by name."
  type        = map(string)
  default = {
    office = "198.51.100.0/24"
    vpn    = "203.0.113.8/32"
  }
}

variable "instances" {
  description = "The servers by role."
  type = map(object({
    type      = optional(string, "t3.micro")
    public    = optional(bool, false)
    disk_size = optional(number, 16)
  }))
  default = {
    web = { public = true }
    app = { type = "t3.small", disk_size = 32 }
  }
}

variable "session_secret" {
  description = "Signs session cookies; handed to the servers at first boot."
  type        = string
  default     = "change-me"
  sensitive   = true
}

variable "change" {
  description = "Shows a change: bucket versioning is suspended, sessions last longer, the key pair is replaced, and the VPN loses its access."
  type        = bool
  default     = false
}
