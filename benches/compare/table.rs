//! The result: tables of what was measured, and which budgets that meets.

use std::fmt::Write as _;

use crate::timing::{Contender, Samples};

/// Everything that was found out.
#[derive(Default)]
pub(crate) struct Results {
    text: String,
    budgets: Vec<Budget>,
    /// How much longer than on the machine that the budgets are of *hello* took, when it was measured last.
    pace: Option<f64>,
}

/// What *hello* takes on the machine that the budgets are of, in microseconds.
const HELLO: f64 = 195.0;

/// Units of time, which another machine has others of; ratios, instructions and bytes are the same everywhere.
const TIMES: [&str; 3] = ["µs a file", "µs", "ms"];

/// A figure and what it may be.
pub(crate) struct Budget {
    what: String,
    /// At the most, else at the least.
    at_most: bool,
    limit: f64,
    /// Nothing where who should have been measured was not there, or failed.
    seen: Option<f64>,
    unit: String,
    /// Who does the least that has to be done in any case, and what the figure would be if that were all.
    floor: Option<(String, f64)>,
    /// How much longer than there *hello* took at that time, where the figure is a time.
    pace: Option<f64>,
}

impl Budget {
    fn allows(&self, figure: f64) -> bool {
        if self.at_most { figure <= self.limit } else { figure >= self.limit }
    }

    /// Tells what is missed here, and was not at the pace of that machine.
    fn at_pace(&self) -> Option<String> {
        let (seen, pace) = (self.seen?, self.pace?);
        let there = seen / pace;
        let is_missed_here_alone = !self.allows(seen) && self.allows(there);
        is_missed_here_alone.then(|| format!("; {there:.*} at the budgets' pace ({pace:.2})", digits(there)))
    }

    fn row(&self) -> String {
        let shown = |figure: f64| format!("{figure:.*} {}", digits(figure), self.unit);
        let floor = self.floor.as_ref();
        let verdict = match (self.seen, floor.filter(|(_, figure)| !self.allows(*figure))) {
            (None, _) => "**not measured**".to_string(),
            (Some(seen), _) if self.allows(seen) => "met".to_string(),
            (_, Some((who, _))) => format!("**missed**, by {who} too"),
            (_, None) => "**missed**".to_string(),
        };
        let sign = if self.at_most { "≤" } else { "≥" };
        let floor = floor.map(|(who, figure)| format!("{who}: {}", shown(*figure))).unwrap_or_default();
        let Self { what, limit, unit, seen, .. } = self;
        let (seen, there) = (seen.map_or("—".into(), shown), self.at_pace().unwrap_or_default());
        format!("| {what} | {sign} {limit} {unit} | {seen} | {floor} | {verdict}{there} |")
    }
}

/// How many digits a figure is shown with behind the point.
fn digits(figure: f64) -> usize {
    if figure < 10.0 { 2 } else { 0 }
}

impl Results {
    /// Remembers what *hello* takes now, in microseconds.
    pub(crate) fn hello_takes(&mut self, micros: Option<f64>) {
        self.pace = micros.map(|micros| micros / HELLO);
    }

    /// Opens a section.
    pub(crate) fn section(&mut self, title: &str, about: &str) {
        eprintln!("── {title}");
        let _ = write!(self.text, "\n## {title}\n\n{about}\n");
    }

    /// Writes a table of contenders; ratios are against the first one that has figures.
    pub(crate) fn compare(&mut self, title: &str, contenders: &[Contender<'_>]) {
        let mut rows = Vec::new();
        let base = contenders.iter().find_map(|one| one.samples.median());
        for one in contenders {
            rows.push(match (&one.failed, one.samples.median(), base) {
                (Some(why), ..) => vec![one.name.clone(), format!("— {}", plain(why))],
                (None, Some(median), Some(base)) => vec![
                    one.name.clone(),
                    time(median),
                    one.samples.p99().map(time).unwrap_or_default(),
                    format!("{:.2} ×", median / base),
                    one.samples.count().to_string(),
                ],
                _ => vec![one.name.clone(), "— not run".into()],
            });
        }
        self.table(title, &["", "median", "p99", "ratio", "runs"], &rows);
    }

    /// Writes a table.
    pub(crate) fn table(&mut self, title: &str, heads: &[&str], rows: &[Vec<String>]) {
        if !title.is_empty() {
            let _ = write!(self.text, "\n**{title}**\n");
        }
        let _ = write!(self.text, "\n| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
        for row in rows {
            let mut cells = row.clone();
            cells.resize(heads.len(), String::new());
            let _ = writeln!(self.text, "| {} |", cells.join(" | "));
        }
    }

    /// Holds a figure against what it may be at the most.
    pub(crate) fn at_most(&mut self, what: &str, limit: f64, seen: Option<f64>, unit: &str) -> Judged<'_> {
        self.judge(what, (true, limit), seen, unit)
    }

    /// Holds a figure against what it has to be at the least.
    pub(crate) fn at_least(&mut self, what: &str, limit: f64, seen: Option<f64>, unit: &str) -> Judged<'_> {
        self.judge(what, (false, limit), seen, unit)
    }

    fn judge(
        &mut self,
        what: &str,
        (at_most, limit): (bool, f64),
        seen: Option<f64>,
        unit: &str,
    ) -> Judged<'_> {
        let (what, unit) = (what.to_string(), unit.to_string());
        let pace = self.pace.filter(|_| TIMES.contains(&unit.as_str()));
        self.budgets.push(Budget { what, at_most, limit, seen, unit, floor: None, pace });
        Judged(self.budgets.last_mut())
    }

    /// Writes the whole page.
    pub(crate) fn page(&self, head: &str) -> String {
        let unseen = self.budgets.iter().filter(|budget| budget.seen.is_none()).count();
        let missed =
            self.budgets.iter().filter(|budget| budget.seen.is_some_and(|seen| !budget.allows(seen))).count();
        let unseen = if unseen == 0 { String::new() } else { format!(", {unseen} not measured") };
        let mut page = format!(
            "{head}\n## Budgets\n\n{missed} of {} missed{unseen}. *The least* is what the figure would be for a program that does nothing \
             but what has to be done in any case (the tables below say what that is); where that misses the budget too, no \
             program can meet it here.\n",
            self.budgets.len()
        );
        let _ = writeln!(
            page,
            "\nBudgets that are times are of a machine on which *hello* takes {HELLO} µs, and it is measured again all along the run. Where \
             one is missed here and would not be if all were as much faster as *hello* is there, the figure at that pace is said."
        );
        page.push_str("\n| what | budget | seen | the least | |\n|---|---|---|---|---|\n");
        for budget in &self.budgets {
            page.push_str(&budget.row());
            page.push('\n');
        }
        page + &self.text
    }
}

/// A figure that was held against its budget.
pub(crate) struct Judged<'a>(Option<&'a mut Budget>);

impl Judged<'_> {
    /// Puts beside it what the figure would be for somebody who does the least that has to be done in any case.
    pub(crate) fn beside(self, who: &str, figure: Option<f64>) {
        if let Some(budget) = self.0 {
            budget.floor = figure.map(|figure| (who.to_string(), figure));
        }
    }
}

/// Finds a contender's median by its name.
pub(crate) fn median(contenders: &[Contender<'_>], name: &str) -> Option<f64> {
    contenders.iter().find(|one| one.name == name && one.failed.is_none())?.samples.median()
}

/// Divides where both are there.
pub(crate) fn ratio(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? / b?)
}

/// Shows a duration given in microseconds.
pub(crate) fn time(micros: f64) -> String {
    if micros < 10_000.0 {
        format!("{micros:.0} µs")
    } else if micros < 1e6 {
        format!("{:.1} ms", micros / 1e3)
    } else {
        format!("{:.2} s", micros / 1e6)
    }
}

/// Shows what each of `n` files took.
pub(crate) fn each(samples: &Samples, n: f64) -> Option<f64> {
    samples.median().map(|median| median / n)
}

/// Takes out of a message what is of this machine only, or would break a table.
pub(crate) fn plain(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.starts_with('/') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ").replace('|', "/")
}
