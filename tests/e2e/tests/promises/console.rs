//! The console answers from the configuration and the state, and changes neither.

use terrane_e2e::World;

const MAIN: &str = r#"
variable "name" {
  default = "web"
}

variable "unset" {
  type = string
}

resource "terraform_data" "one" {
  input = { name = var.name, ports = [80, 443] }
}

resource "terraform_data" "some" {
  count = 2
  input = count.index
}

output "password" {
  value     = sensitive("hunter2")
  sensitive = true
}
"#;

#[test]
fn expressions_are_answered_from_the_state() {
    let Some(world) = World::new("console_eval") else { return };
    world.write("main.tf", MAIN);
    let before = world.terrane(&["console", "-eval", "terraform_data.one.output", "-eval", "var.unset"]);
    assert_eq!(before.code(0).stdout, "(known after apply)\n(known after apply)\n");
    world.terrane(&["apply", "-auto-approve", "-var", "unset=x"]).code(0);
    let state = world.read("terraform.tfstate");
    let words = ["console", "-eval", "terraform_data.one.output.ports", "-eval", "terraform_data.some[*].output"];
    let after = world.terrane(&words).code(0);
    assert_eq!(after.stdout, "[\n  80,\n  443,\n]\n[\n  0,\n  1,\n]\n");
    world.terrane(&["console", "-eval", "sensitive(var.name)"]).code(0).says(&["(sensitive value)"]);
    world.terrane(&["console", "-eval", "type(var.name)", "-var", "name=1"]).code(0).says(&["string\n"]);
    assert_eq!(world.read("terraform.tfstate"), state);
}

#[test]
fn an_expression_that_fails_makes_the_exit_code_1() {
    let Some(world) = World::new("console_errors") else { return };
    world.write("main.tf", MAIN);
    let run = world.terrane(&["console", "-eval", "var.nam", "-eval", "1 + 1"]).code(1);
    let run = run.complains(&["<console-input> line 1", "Did you mean \"name\"?"]);
    assert_eq!(run.stdout, "2\n");
    world.terrane(&["console", "-eval", "[type(1)]"]).code(1).complains(&["Invalid use of type function"]);
    let run = world.terrane(&["console", "-json", "-eval", "upper([])", "-eval", "1"]).code(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].contains("\"function_call\":{\"called_as\":\"upper\""), "{}", lines[0]);
    assert_eq!(lines[1], r#"{"expression":"1","type":"number","value":1}"#);
}

#[test]
fn lines_of_a_pipe_are_expressions() {
    let Some(world) = World::new("console_pipe") else { return };
    world.write("main.tf", MAIN);
    let run = world.terrane_reading(&["console"], "1 + 1\n[\n  var.name,\n]\n\"a\" + 1\n2\n").code(1);
    assert_eq!(run.stdout, "2\n[\n  \"web\",\n]\n");
    let run = world.terrane_reading(&["console"], "<<EOT\na (\nb\nEOT\nexit\n3\n").code(0);
    assert_eq!(run.stdout, "<<EOT\na (\nb\n\nEOT\n");
    world.terrane_reading(&["console"], "[1,").code(1).complains(&["Error:"]);
}
