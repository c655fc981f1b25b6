//! Measures `session::intent` on labelled prompts: `retry_figures [FILE.jsonl] [--misses] [--reasons]`.
//!
//! Each line has `lang`, `files`, `last_written`, `prompt`, `retry`, `file`, `reason` and `kind`. With `--misses` every
//! prompt that was not judged as labelled is shown too; with `--reasons`, the reason of every retry beside its label.
#![allow(clippy::print_stdout, reason = "an example talks to the person who runs it")]
#![allow(clippy::disallowed_methods, reason = "an example reads its own data")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use redraft::session::intent::{Prompt, Verdict, judge};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    lang: String,
    files: Vec<String>,
    last_written: Option<String>,
    prompt: String,
    retry: bool,
    file: Option<String>,
    reason: String,
    kind: String,
}

#[derive(Default)]
struct Figures {
    retries: u32,
    others: u32,
    retry_right: u32,
    retry_wrong: u32,
    asked_right: u32,
    asked_wrong: u32,
    files: u32,
    files_right: u32,
    reasons: u32,
    overlap: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let (misses, reasons) = (has("--misses"), has("--reasons"));
    args.retain(|arg| !arg.starts_with("--"));
    let path = args.first().map_or("tests/it/data/retry-own.jsonl", String::as_str);
    let text = std::fs::read_to_string(path)?;
    let mut figures: BTreeMap<String, Figures> = BTreeMap::new();
    let (mut worst, mut spent, mut n) = (Duration::ZERO, Duration::ZERO, 0);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let case: Case = serde_json::from_str(line)?;
        let files: Vec<&str> = case.files.iter().map(String::as_str).collect();
        let prompt = Prompt { text: &case.prompt, files: &files, last_written: case.last_written.as_deref() };
        // The best of three is the program's own time; the rest is the machine's.
        let took = (0..3).map(|_| time(&prompt)).min().unwrap_or_default();
        let intent = judge(&prompt);
        worst = worst.max(took);
        spent += took;
        n += 1;
        for key in [case.lang.as_str(), "total"] {
            figures.entry(key.to_owned()).or_default().count(
                &case,
                intent.verdict,
                intent.file,
                &intent.reason,
            );
        }
        let file_wrong = case.retry && intent.verdict != Verdict::No && intent.file != case.file.as_deref();
        if misses
            && (case.retry != (intent.verdict == Verdict::Retry)
                || file_wrong
                || (!case.retry && intent.verdict != Verdict::No))
        {
            let (verdict, file) = (intent.verdict.as_str(), intent.file.unwrap_or("-"));
            println!(
                "{}/{} {} → {verdict} {file} (meant {:?})\n    {}",
                case.lang, case.kind, case.retry, case.file, case.prompt
            );
        }
        if reasons && case.retry {
            println!(
                "{:.2} {:?} | {:?} | {}",
                overlap(&intent.reason, &case.reason),
                intent.reason,
                case.reason,
                case.prompt
            );
        }
    }
    println!("lang   n    precision recall caught asked  file   reason");
    for (lang, figures) in &figures {
        figures.print(lang);
    }
    println!(
        "time: mean {:.1} µs, worst {:.1} µs",
        spent.as_secs_f64() * 1e6 / f64::from(n),
        worst.as_secs_f64() * 1e6
    );
    Ok(())
}

fn time(prompt: &Prompt) -> Duration {
    let start = Instant::now();
    std::hint::black_box(judge(prompt));
    start.elapsed()
}

impl Figures {
    fn count(&mut self, case: &Case, verdict: Verdict, file: Option<&str>, reason: &str) {
        let right = u32::from(case.retry);
        self.retries += right;
        self.others += 1 - right;
        match verdict {
            Verdict::Retry => {
                self.retry_right += right;
                self.retry_wrong += 1 - right;
            }
            Verdict::Ask => {
                self.asked_right += right;
                self.asked_wrong += 1 - right;
            }
            Verdict::No => {}
        }
        if case.retry && verdict != Verdict::No && case.file.is_some() {
            self.files += 1;
            self.files_right += u32::from(file == case.file.as_deref());
        }
        if case.retry && verdict != Verdict::No && !case.reason.is_empty() {
            self.reasons += 1;
            self.overlap += overlap(reason, &case.reason);
        }
    }

    fn print(&self, lang: &str) {
        let share =
            |part: u32, whole: u32| if whole == 0 { f64::NAN } else { f64::from(part) / f64::from(whole) };
        println!(
            "{lang:<6} {:<4} {:<9.3} {:<6.3} {:<6.3} {:<6.3} {:<6.3} {:<6.3}",
            self.retries + self.others,
            share(self.retry_right, self.retry_right + self.retry_wrong),
            share(self.retry_right, self.retries),
            share(self.retry_right + self.asked_right, self.retries),
            share(self.asked_wrong, self.others),
            share(self.files_right, self.files),
            self.overlap / f64::from(self.reasons.max(1)),
        );
    }
}

/// F1 of the tokens two texts share; an ideograph is a token.
fn overlap(ours: &str, theirs: &str) -> f64 {
    let (ours, theirs) = (tokens(ours), tokens(theirs));
    let mut rest = theirs.clone();
    let shared = ours
        .iter()
        .filter(|token| rest.iter().position(|r| r == *token).map(|i| rest.swap_remove(i)).is_some())
        .count();
    let sum = u32::try_from(ours.len() + theirs.len()).unwrap_or(u32::MAX);
    if sum == 0 { 1.0 } else { 2.0 * f64::from(u32::try_from(shared).unwrap_or(0)) / f64::from(sum) }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.to_lowercase().chars() {
        let ideograph = ('\u{3040}'..='\u{9fff}').contains(&c);
        if ideograph || !c.is_alphanumeric() {
            open = false;
            if ideograph {
                tokens.push(c.to_string());
            }
        } else if open && let Some(last) = tokens.last_mut() {
            last.push(c);
        } else {
            tokens.push(c.to_string());
            open = true;
        }
    }
    tokens
}
