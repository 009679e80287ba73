variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "instances" {
  description = "The servers by role; the role also names their security group."
  type = map(object({
    type      = string
    public    = bool
    disk_size = number
  }))
}

variable "subnets" {
  description = "Where public and private servers stand."
  type        = object({ public = string, private = string })
}

variable "groups" {
  description = "Security groups by role."
  type        = map(string)
}

variable "bucket" {
  description = "Name of the artifact bucket."
  type        = string
}

variable "table_arn" {
  description = "The session table."
  type        = string
}

variable "public_key" {
  description = "Public SSH key of the operators."
  type        = string
}

variable "session_secret" {
  description = "Signs session cookies."
  type        = string
  sensitive   = true
}
