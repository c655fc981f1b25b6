//! The result: tables of what was measured, and which budgets that meets.

use std::fmt::Write as _;

use crate::timing::{Contender, Samples};

/// Everything that was found out.
#[derive(Default)]
pub(crate) struct Results {
    text: String,
    budgets: Vec<(String, String, String, bool)>,
}

impl Results {
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
    pub(crate) fn at_most(&mut self, what: &str, budget: f64, seen: Option<f64>, unit: &str) {
        self.judge(what, ("≤", budget), seen, unit, |seen| seen <= budget);
    }

    /// Holds a figure against what it has to be at the least.
    pub(crate) fn at_least(&mut self, what: &str, budget: f64, seen: Option<f64>, unit: &str) {
        self.judge(what, ("≥", budget), seen, unit, |seen| seen >= budget);
    }

    fn judge(
        &mut self,
        what: &str,
        (sign, budget): (&str, f64),
        seen: Option<f64>,
        unit: &str,
        met: impl Fn(f64) -> bool,
    ) {
        let Some(seen) = seen else { return };
        let digits = if seen < 10.0 { 2 } else { 0 };
        let said = format!("{seen:.digits$} {unit}");
        self.budgets.push((what.to_string(), format!("{sign} {budget} {unit}"), said, met(seen)));
    }

    /// Writes the whole page.
    pub(crate) fn page(&self, head: &str) -> String {
        let missed = self.budgets.iter().filter(|(.., met)| !met).count();
        let mut page = format!("{head}\n## Budgets\n\n{missed} of {} missed.\n", self.budgets.len());
        page.push_str("\n| what | budget | seen | |\n|---|---|---|---|\n");
        for (what, budget, seen, met) in &self.budgets {
            let sign = if *met { "met" } else { "**missed**" };
            let _ = writeln!(page, "| {what} | {budget} | {seen} | {sign} |");
        }
        page + &self.text
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
fn plain(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.starts_with('/') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ").replace('|', "/")
}
