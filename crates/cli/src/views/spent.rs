//! What the calls of providers took, for people.

use std::collections::BTreeMap;

use terrane_provider::Spent;

use super::lines::Paint;

const HEAD: [&str; 6] = ["operation", "calls", "retries", "throttles", "objects", "held back"];

/// A row of the table: what it is about, its figures, and whether it sums up those below.
struct Row {
    cells: [String; 6],
    sums: bool,
}

/// All calls in one line.
pub fn line(all: &BTreeMap<String, Spent>) -> String {
    let Spent { calls, retries, throttles, .. } = sum(all.values());
    let repeated = if retries > 0 { format!(", {retries} of them repeated") } else { String::new() };
    format!("API calls: {calls}{repeated}; throttled: {throttles}.")
}

/// All of them together.
pub fn sum<'s>(all: impl IntoIterator<Item = &'s Spent>) -> Spent {
    all.into_iter().fold(Spent::default(), |mut sum, more| {
        sum += *more;
        sum
    })
}

/// A table of operations, under the services they belong to.
pub fn table(all: &BTreeMap<String, Spent>, paint: Paint) -> String {
    let rows = rows(all);
    let widest = |at: usize| rows.iter().map(|row| row.cells[at].len()).max().unwrap_or(0).max(HEAD[at].len());
    let widths: [usize; 6] = std::array::from_fn(widest);
    let mut out = paint.dim(&cells(&HEAD.map(str::to_owned), &widths)) + "\n";
    for row in &rows {
        let text = cells(&row.cells, &widths);
        out += &if row.sums { paint.bold(&text) } else { text };
        out.push('\n');
    }
    out
}

fn rows(all: &BTreeMap<String, Spent>) -> Vec<Row> {
    let mut services: BTreeMap<&str, Vec<(&str, &Spent)>> = BTreeMap::new();
    for (name, spent) in all {
        let (service, operation) = name.split_once(':').unwrap_or((name, ""));
        services.entry(service).or_default().push((operation, spent));
    }
    let mut rows = Vec::new();
    for (service, operations) in services {
        let whole = sum(operations.iter().map(|(_, spent)| *spent));
        rows.push(Row { cells: figures(service, &whole), sums: true });
        let one =
            |(operation, spent): (&str, &Spent)| Row { cells: figures(&format!("  {operation}"), spent), sums: false };
        rows.extend(operations.into_iter().map(one));
    }
    rows
}

fn figures(name: &str, spent: &Spent) -> [String; 6] {
    let [calls, retries, throttles, objects] =
        [spent.calls, spent.retries, spent.throttles, spent.objects].map(|number| number.to_string());
    [name.to_owned(), calls, retries, throttles, objects, format!("{:.1} s", spent.waited.as_secs_f64())]
}

/// Cells side by side: the first at the left, figures at the right.
fn cells(texts: &[String; 6], widths: &[usize; 6]) -> String {
    let [name, figures @ ..] = texts;
    let [first, others @ ..] = widths;
    let figures: Vec<String> = figures.iter().zip(others).map(|(text, width)| format!("{text:>width$}")).collect();
    format!("{name:<first$}  {}", figures.join("  "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spent() -> BTreeMap<String, Spent> {
        let one = |calls, retries, objects| Spent { calls, retries, throttles: retries, objects, ..Spent::default() };
        let waited = Spent { waited: Duration::from_millis(1250), ..one(12, 2, 340) };
        [("ec2:DescribeVpcs", waited), ("ec2:DescribeSubnets", one(1, 0, 40)), ("iam:GetRole", one(1, 0, 1))]
            .map(|(name, spent)| (name.to_owned(), spent))
            .into()
    }

    #[test]
    fn one_line_tells_of_all() {
        assert_eq!(line(&spent()), "API calls: 14, 2 of them repeated; throttled: 2.");
        assert_eq!(
            line(&BTreeMap::from([("a:B".into(), Spent { calls: 1, ..Spent::default() })])),
            "API calls: 1; throttled: 0."
        );
    }

    #[test]
    fn operations_stand_under_their_service() {
        let expect = "\
operation          calls  retries  throttles  objects  held back
ec2                   13        2          2      380      1.2 s
  DescribeSubnets      1        0          0       40      0.0 s
  DescribeVpcs        12        2          2      340      1.2 s
iam                    1        0          0        1      0.0 s
  GetRole              1        0          0        1      0.0 s
";
        assert_eq!(table(&spent(), Paint::colored(false)), expect);
    }
}
