variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "cidr" {
  description = "Address range of the network; each subnet gets a sixteenth."
  type        = string
}

variable "zones" {
  description = "Names of the availability zones."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4
    error_message = "Between two and four availability zones are needed, not ${length(var.zones)}."
  }
}

variable "admin_cidrs" {
  description = "Address ranges that may reach the servers by SSH, by name."
  type        = map(string)
}
