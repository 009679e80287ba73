variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "bucket" {
  description = "Name of the artifact bucket."
  type        = string
}

variable "versioning" {
  description = "Whether the bucket keeps old versions of its objects."
  type        = bool
}

variable "table_protected" {
  description = "Whether AWS refuses to delete the table."
  type        = bool
}

variable "session_hours" {
  description = "How long a session lasts; written into the table's tags."
  type        = number
}

variable "reader_arns" {
  description = "Roles that may read the bucket."
  type        = list(string)
}
