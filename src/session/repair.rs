//! Mend a crashed session from what lies on its disk, without losing a file.
//!
//! What cannot be read is set aside as `.<its name>.unreadable-<time>`, never deleted; what it said is made anew from the
//! layer, as far as content allows, and what could not be made is named. The dot keeps it out of the layer: it must not land.

use std::ffi::OsStr;

use super::layer::Layer;
use super::lifecycle::{Caller, set_aside};
use super::{retry, stray};
use crate::error::{Kind, Result};
use crate::relpath::RelPath;
use crate::store::ledger::{self, Ledger};
use crate::store::record::{RetryRecord, SESSION_FILE, SessionRecord};

/// What was done.
#[derive(Debug, Default)]
pub struct Repaired {
    /// What is right again, one phrase each.
    pub done: Vec<String>,
    /// What is not known any more, one phrase each.
    pub unsure: Vec<String>,
}

/// Repairs the record and the ledger of a session, as far as they need it.
pub fn repair(layer: &Layer<'_>, caller: &Caller<'_>) -> Result<Repaired> {
    let _lock = layer.lock(caller.waiter("recover"))?;
    let mut repaired = Repaired::default();
    repair_ledger(layer, caller, &mut repaired)?;
    repair_record(layer, caller, &mut repaired)?;
    Ok(repaired)
}

/// Keeps every line of the ledger that can be read.
fn repair_ledger(layer: &Layer<'_>, caller: &Caller<'_>, repaired: &mut Repaired) -> Result<()> {
    match layer.ledger()?.read() {
        Err(error) if error.kind == Kind::Corrupt => {}
        other => return other.map(drop),
    }
    let file = RelPath::new(ledger::FILE)?;
    let salvaged = Ledger::of(&layer.dir)?.salvage()?;
    let aside = set_aside(&layer.dir, &file, &aside_name(&file)?, caller.env.now())?;
    let Some((entries, lost)) = salvaged else {
        repaired.done.push(format!("{file} is made anew; what was in its place is {aside}"));
        repaired
            .unsure
            .push("the bases it named: what the project has, too, lands only where you say so".into());
        return Ok(());
    };
    layer.ledger()?.append(&entries)?;
    repaired.done.push(format!("{} of {file} kept; the file as it was is {aside}", lines(entries.len())));
    if lost > 0 {
        let what = "the bases they named are not known: such a file lands only where the project has none";
        repaired.unsure.push(format!("{} of {} could not be read; {what}", lines(lost), ledger::FILE));
    }
    Ok(())
}

/// Gives the name that a record of the session is set aside under: names with a dot at its top are never landed.
fn aside_name(file: &RelPath) -> Result<RelPath> {
    RelPath::new(format!(".{file}"))
}

fn lines(n: usize) -> String {
    if n == 1 { "1 line".into() } else { format!("{n} lines") }
}

/// Makes session.json anew: what the directory and the kept versions tell.
fn repair_record(layer: &Layer<'_>, caller: &Caller<'_>, repaired: &mut Repaired) -> Result<()> {
    match SessionRecord::read(&layer.dir, &layer.name) {
        Err(error) if error.kind == Kind::Corrupt => {}
        other => return other.map(drop),
    }
    // A copied or renamed directory: all that it says is right but for the name.
    if let Some(other) = stray::recorded_name(&layer.dir)? {
        let mut record = SessionRecord::read(&layer.dir, &other)?;
        record.name = layer.name.clone();
        record.write(&layer.dir)?;
        repaired.done.push(format!("{SESSION_FILE}, which was that of '{other}', has its directory's name"));
        return Ok(());
    }
    let at = layer.project.session(&layer.name).join(SESSION_FILE)?;
    if layer.project.dir.stat(&at)?.is_some() {
        let name = layer.project.session(&layer.name).join(aside_name(&RelPath::new(SESSION_FILE)?)?)?;
        let aside = set_aside(&layer.project.dir, &at, &name, caller.env.now())?;
        repaired.unsure.push(format!("description and tags; {SESSION_FILE} as it was is {aside}"));
    }
    let made = layer.dir.stat_self()?;
    let created = chrono::DateTime::from_timestamp_nanos(made.btime.unwrap_or(made.mtime));
    let created = created.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut record = SessionRecord::new(layer.name.clone(), String::new(), created, caller.env.user.clone());
    record.human_retries = kept_retries(layer)?;
    record.write(&layer.dir)?;
    repaired.done.push(format!(
        "{SESSION_FILE} is made anew, with {}",
        match record.human_retries.len() {
            1 => "1 retry".into(),
            n => format!("{n} retries"),
        }
    ));
    Ok(())
}

/// Reads the retries back from the kept versions: `<name>-retry-<n>.<ext>` and the reason beside it.
fn kept_retries(layer: &Layer<'_>) -> Result<Vec<RetryRecord>> {
    let dir = RelPath::new(retry::DIR)?;
    let Some(kept) = layer.dir.find_dir(&dir)? else { return Ok(Vec::new()) };
    let known: Vec<RelPath> = layer.ledger()?.read()?.paths.into_keys().collect();
    let mut records = Vec::new();
    for name in kept.names()? {
        let Some((stem, number)) = name.to_str().and_then(split_kept_name) else { continue };
        let saved = dir.join(&name)?;
        let reason = layer.dir.find(&retry::reason_file(&saved)?, 64 * 1024)?.unwrap_or_default();
        let own: Vec<&RelPath> = known.iter().filter(|path| path.file_name() == OsStr::new(stem)).collect();
        let file = match own.as_slice() {
            [one] => (*one).clone(),
            _ => RelPath::new(stem)?,
        };
        let at = kept.stat(&RelPath::new(&name)?)?.map_or(0, |stat| stat.mtime);
        records.push(RetryRecord {
            file,
            retry_number: number,
            reason: String::from_utf8_lossy(&reason).trim().to_string(),
            timestamp: chrono::DateTime::from_timestamp_nanos(at)
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            auto_detected: false,
            saved,
        });
    }
    records.sort_by(|a, b| (&a.timestamp, a.retry_number).cmp(&(&b.timestamp, b.retry_number)));
    Ok(records)
}

/// Takes `scene.md-retry-2.md` apart into `scene.md` and 2.
fn split_kept_name(name: &str) -> Option<(&str, u32)> {
    if name.ends_with(".reason.txt") {
        return None;
    }
    let (stem, rest) = name.rsplit_once("-retry-")?;
    let digits = rest.split('.').next()?;
    Some((stem, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_names_come_apart() {
        for (name, expected) in [
            ("scene.md-retry-2.md", Some(("scene.md", 2))),
            ("Makefile-retry-10", Some(("Makefile", 10))),
            ("a-retry-1.md-retry-3.md", Some(("a-retry-1.md", 3))),
            ("scene.md-retry-2.md.reason.txt", None),
            ("notes.md", None),
        ] {
            assert_eq!(split_kept_name(name), expected, "{name}");
        }
    }
}
