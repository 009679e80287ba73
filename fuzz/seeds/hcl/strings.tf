a = "x\ty\u00e9 ${b ? "c${d}" : e} %{ if f }g%{ else }h%{ endif ~}  i"
b = <<-EOT
    one ${a.b[0].c}
      two %{ for x in y ~}
    ${x}
    %{ endfor }
  EOT
c = <<EOT
$${not} %%{not}
EOT
d = "${jsonencode({ a = [1, 2.5e3, -3], b = !true })}"
