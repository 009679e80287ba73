a = (1 + 2) * -3 / 4 % 5 - b.c
b = a == b && c != d || !(e <= f) ? g >= h : i < j
c = f(a, b...) 
d = provider::aws::arn_parse("x").0.*.y[*].z["k"]
e = [for k, v in x : v if v > 1]
f = { for k, v in x : k => v... }
g = [
  1, # one
  2,
]
