variable "v" {
type="list"
default="${[
1]}"
}
