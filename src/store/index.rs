//! The index that a search asks: which words stand in which text of which session.
//!
//! It is a cache and nothing else: what it says of a session was read there, and with each session stands what was seen of
//! it then, so that whoever asks can tell whether that still holds. It may be removed at any time. Words come in as stems
//! and are never seen as text; what is shown of a text is read where it stands.
//!
//! SQLite's FTS5 maps a stem to the texts it stands in. A text's number says by itself which session it belongs to and how
//! much it counts, so that no further table is read for the thousands of texts that a common word stands in. The stems
//! themselves stand once more, in a few long lines: a slip of the keyboard is looked for by going through all of them.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::error::{Error, Result};
use crate::fs::database::Database;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::text::Slips;

/// The version of the tables; another one is made anew.
const VERSION: i64 = 1;

/// How much a text may count, in hundredths; its place in this list is in its number.
pub const WEIGHTS: [u32; 5] = [100, 90, 80, 60, 40];

/// Bits of a text's number that count the texts of one session and weight, and those that name the weight.
const COUNT_BITS: u32 = 16;
const WEIGHT_BITS: u32 = 4;
const SESSION_SHIFT: u32 = COUNT_BITS + WEIGHT_BITS;

/// The longest stem that is kept, in characters; a longer one is known by its beginning.
const MAX_STEM: usize = 64;

/// A word that stands in more texts than this as it is was not mistyped, and is not looked for as a beginning.
const COMMON: usize = 500;

/// How many slips of one word are looked for: the nearest.
const MAX_SLIPS: usize = 16;

/// Lines of stems are put together when there are so many of them.
const MAX_LINES: i64 = 256;

const TABLES: &str = "\
    CREATE TABLE sessions (path BLOB PRIMARY KEY, no INTEGER NOT NULL UNIQUE, ino INTEGER NOT NULL, \
        stamp INTEGER NOT NULL, print INTEGER NOT NULL) WITHOUT ROWID;\
    CREATE TABLE texts (no INTEGER PRIMARY KEY, field TEXT NOT NULL);\
    CREATE VIRTUAL TABLE words USING fts5(stems, content='', contentless_delete=1, detail=none, tokenize='ascii');\
    CREATE TABLE stems (stem TEXT PRIMARY KEY) WITHOUT ROWID;\
    CREATE TABLE lines (no INTEGER PRIMARY KEY, stems TEXT NOT NULL);\
    CREATE TABLE boots (no INTEGER PRIMARY KEY CHECK (no = 0), boot TEXT NOT NULL);";

/// What was seen of a session when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The inode of its directory.
    pub ino: u64,
    /// When its lock was taken last; [`LOOK_AGAIN`] when it may have been at work just then.
    pub stamp: i64,
    /// What its files looked like; [`LOOK_AGAIN`] when one of them may have been written just then.
    pub print: i64,
}

/// Stands for what cannot be trusted to have been seen.
pub const LOOK_AGAIN: i64 = -1;

/// A session as the index has it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its number in the index.
    pub no: i64,
    /// What was seen of it.
    pub seen: Seen,
}

/// One text of a session.
#[derive(Debug)]
pub struct Words {
    /// What kind of text.
    pub field: String,
    /// How much it counts; one of [`WEIGHTS`].
    pub weight: u32,
    /// Its stems.
    pub stems: BTreeSet<String>,
}

/// A session as it was read.
#[derive(Debug)]
pub struct Entry {
    /// Its directory, relative to the project.
    pub path: RelPath,
    /// What was seen of it before it was read.
    pub seen: Seen,
    /// Its texts.
    pub texts: Vec<Words>,
}

/// Texts with how alike a word of theirs is to the one looked for, in hundredths; by number.
pub type Likeness = Vec<(i64, u32)>;

/// The index of one project.
#[derive(Debug)]
pub struct Index {
    database: Database,
    /// It answers as of one moment.
    held: bool,
}

/// Where the index lies.
fn path(project: &Project) -> RelPath {
    project.private_dir("index/search.db")
}

impl Index {
    /// Opens the index, or makes an empty one. One that cannot be used is [`Kind::Corrupt`](crate::error::Kind::Corrupt).
    pub fn open(project: &Project, wait: Duration) -> Result<Self> {
        project.dir.make_dirs(&project.private_dir("index"))?;
        let mut database = project.dir.open_database(&path(project), wait)?;
        let version =
            |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get(0));
        let mut found: i64 = database.ask(version)?;
        if found == 0 {
            database.ask(|connection| connection.pragma_update(None, "journal_mode", "wal"))?;
            database.change(|change| {
                // Somebody else may have made them just now.
                if version(change)? == 0 {
                    change.execute_batch(TABLES)?;
                    change.pragma_update(None, "user_version", VERSION)?;
                }
                Ok(())
            })?;
            found = database.ask(version)?;
        }
        if found != VERSION {
            return Err(Error::corrupt(format!("{} is of version {found}, not {VERSION}", path(project))));
        }
        Ok(Self { database, held: false })
    }

    /// Removes the index; the next search makes it anew. The caller holds the index's lock.
    pub fn remove(project: &Project) -> Result<()> {
        project.dir.remove_database(&path(project))
    }

    /// Gives which start of the machine the index was made sure of for.
    pub fn boot(&self) -> Result<Option<String>> {
        self.database
            .ask(|connection| connection.query_row("SELECT boot FROM boots", [], |row| row.get(0)).optional())
    }

    /// Says that the index was made sure of since the machine started.
    pub fn sure_since(&mut self, boot: &str) -> Result<()> {
        self.let_go()?;
        self.database
            .change(|change| change.execute("INSERT OR REPLACE INTO boots VALUES (0, ?1)", [boot]).map(drop))
    }

    /// Gives every session that it has, in the order of the bytes of their paths. From then on everything is answered as it
    /// was at that moment, until the index is changed: a number means the same session in each answer.
    pub fn known(&mut self) -> Result<Vec<(Vec<u8>, Known)>> {
        self.let_go()?;
        self.database.hold()?;
        self.held = true;
        self.database.ask(|connection| {
            let mut asked =
                connection.prepare("SELECT no, path, ino, stamp, print FROM sessions ORDER BY path")?;
            let rows = asked.query_map([], |row| {
                let seen = Seen {
                    ino: row.get::<_, i64>(2)?.cast_unsigned(),
                    stamp: row.get(3)?,
                    print: row.get(4)?,
                };
                Ok((row.get(1)?, Known { no: row.get(0)?, seen }))
            })?;
            rows.collect()
        })
    }

    fn let_go(&mut self) -> Result<()> {
        if std::mem::take(&mut self.held) { self.database.let_go() } else { Ok(()) }
    }

    /// Forgets sessions and takes in others, all or nothing; what is taken in replaces what was known of the same path.
    pub fn update(&mut self, gone: &[i64], entries: &[Entry]) -> Result<()> {
        self.let_go()?;
        self.database.change(|change| {
            for no in gone {
                forget(change, *no)?;
            }
            let mut fresh = Vec::new();
            let mut met = HashSet::new();
            for entry in entries {
                put(change, entry)?;
                let mut add = change.prepare_cached("INSERT OR IGNORE INTO stems VALUES (?1)")?;
                for stem in entry.texts.iter().flat_map(|text| &text.stems) {
                    let stem = cut(stem);
                    if met.insert(stem) && add.execute([stem])? > 0 {
                        fresh.push(stem);
                    }
                }
            }
            add_line(change, &fresh)
        })?;
        self.database.tidy()
    }

    /// Finds the texts in which a word stands: as it is, as a beginning, or with a slip of the keyboard.
    pub fn look_up(&self, stem: &str) -> Result<Likeness> {
        let stem = cut(stem);
        let length = stem.chars().count();
        let mut found = self.texts_with(&quoted(stem), 100)?;
        if found.len() > COMMON {
            return Ok(found);
        }
        if length >= 3 {
            found.extend(self.texts_with(&format!("{}*", quoted(stem)), 80)?);
        }
        let slips = if length >= 4 { self.slips(stem)? } else { Vec::new() };
        if !slips.is_empty() {
            let any: Vec<String> = slips.iter().map(|slip| quoted(slip)).collect();
            found.extend(self.texts_with(&any.join(" OR "), 60)?);
        }
        // Three ascending runs: a stable sort does no more than put them together. The best likeness comes first.
        found.sort_by_key(|(text, likeness)| (*text, std::cmp::Reverse(*likeness)));
        found.dedup_by_key(|(text, _)| *text);
        Ok(found)
    }

    /// Gives what kind of text a number stands for.
    pub fn field(&self, text: i64) -> Result<Option<String>> {
        self.database.ask(|connection| {
            let mut asked = connection.prepare_cached("SELECT field FROM texts WHERE no = ?1")?;
            asked.query_row([text], |row| row.get(0)).optional()
        })
    }

    fn texts_with(&self, asked: &str, likeness: u32) -> Result<Likeness> {
        self.database.ask(|connection| {
            let mut rows = connection.prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1")?;
            let rows = rows.query_map([asked], |row| row.get(0))?;
            rows.map(|text| text.map(|text| (text, likeness))).collect()
        })
    }

    /// Finds the stems that a word may have been meant for, nearest first.
    fn slips(&self, stem: &str) -> Result<Vec<String>> {
        let near = Slips::of(stem);
        let mut found: Vec<(usize, String)> = self.database.ask(|connection| {
            let mut found = Vec::new();
            let mut lines = connection.prepare_cached("SELECT stems FROM lines")?;
            let mut lines = lines.query([])?;
            while let Some(line) = lines.next()? {
                let known = line.get_ref(0)?.as_str()?;
                for other in known.split(' ').filter(|other| !other.starts_with(stem)) {
                    found.extend(near.distance(other).map(|distance| (distance, other.to_string())));
                    if found.len() >= 8 * MAX_SLIPS {
                        found.sort_unstable();
                        found.truncate(MAX_SLIPS);
                    }
                }
            }
            Ok(found)
        })?;
        found.sort_unstable();
        found.truncate(MAX_SLIPS);
        Ok(found.into_iter().map(|(_, stem)| stem).collect())
    }
}

/// Gives the number of the session that a text belongs to.
pub fn session_of(text: i64) -> i64 {
    text >> SESSION_SHIFT
}

/// Gives how much a text counts, in hundredths.
pub fn weight_of(text: i64) -> u32 {
    let class = (text >> COUNT_BITS) & ((1 << WEIGHT_BITS) - 1);
    usize::try_from(class).ok().and_then(|class| WEIGHTS.get(class)).copied().unwrap_or(0)
}

fn put(change: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    let path = entry.path.as_bytes();
    let known = change
        .prepare_cached("SELECT no FROM sessions WHERE path = ?1")?
        .query_row([path], |row| row.get(0))
        .optional()?;
    if let Some(no) = known {
        forget(change, no)?;
    }
    let no: i64 = change
        .prepare_cached("SELECT coalesce(max(no), 0) + 1 FROM sessions")?
        .query_row([], |row| row.get(0))?;
    let Seen { ino, stamp, print } = entry.seen;
    change
        .prepare_cached("INSERT INTO sessions (path, no, ino, stamp, print) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((path, no, ino.cast_signed(), stamp, print))?;
    let mut counts = [0_i64; WEIGHTS.len()];
    let mut add_text = change.prepare_cached("INSERT INTO texts VALUES (?1, ?2)")?;
    let mut add_words = change.prepare_cached("INSERT INTO words (rowid, stems) VALUES (?1, ?2)")?;
    for text in &entry.texts {
        let class = WEIGHTS.iter().position(|weight| *weight <= text.weight).unwrap_or(WEIGHTS.len() - 1);
        if counts[class] >> COUNT_BITS != 0 {
            continue;
        }
        let number =
            (no << SESSION_SHIFT) | (i64::try_from(class).unwrap_or(0) << COUNT_BITS) | counts[class];
        counts[class] += 1;
        let stems: Vec<&str> = text.stems.iter().map(|stem| cut(stem)).collect();
        add_text.execute((number, &text.field))?;
        add_words.execute((number, stems.join(" ")))?;
    }
    Ok(())
}

fn forget(change: &Transaction<'_>, no: i64) -> rusqlite::Result<()> {
    let (first, last) = (no << SESSION_SHIFT, ((no + 1) << SESSION_SHIFT) - 1);
    change.prepare_cached("DELETE FROM words WHERE rowid BETWEEN ?1 AND ?2")?.execute((first, last))?;
    change.prepare_cached("DELETE FROM texts WHERE no BETWEEN ?1 AND ?2")?.execute((first, last))?;
    change.prepare_cached("DELETE FROM sessions WHERE no = ?1")?.execute([no])?;
    Ok(())
}

/// Adds stems that were not known; many lines become one.
fn add_line(change: &Transaction<'_>, fresh: &[&str]) -> rusqlite::Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    change.execute("INSERT INTO lines (stems) VALUES (?1)", [fresh.join(" ")])?;
    let lines: i64 = change.query_row("SELECT count(*) FROM lines", [], |row| row.get(0))?;
    if lines > MAX_LINES {
        change.execute_batch(
            "INSERT INTO lines SELECT max(no) + 1, group_concat(stems, ' ') FROM lines;\
             DELETE FROM lines WHERE no < (SELECT max(no) FROM lines);",
        )?;
    }
    Ok(())
}

/// Gives the beginning of a stem that is kept.
fn cut(stem: &str) -> &str {
    stem.char_indices().nth(MAX_STEM).map_or(stem, |(end, _)| &stem[..end])
}

/// Quotes a stem for FTS5, to which it is one word.
fn quoted(stem: &str) -> String {
    format!("\"{}\"", stem.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::FoundBy;

    fn entry(path: &str, weight: u32, stems: &[&str]) -> Entry {
        let seen = Seen { ino: 1, stamp: 2, print: 3 };
        let stems = stems.iter().map(ToString::to_string).collect();
        let texts = vec![Words { field: "note".into(), weight, stems }];
        Entry { path: RelPath::new(path).unwrap(), seen, texts }
    }

    fn hits(index: &Index, stem: &str) -> Vec<(i64, u32)> {
        let found = index.look_up(stem).unwrap();
        found
            .into_iter()
            .map(|(text, likeness)| (session_of(text), likeness * weight_of(text) / 100))
            .collect()
    }

    fn index_of(known: &[(Vec<u8>, Known)], path: &str) -> i64 {
        known.iter().find(|(own, _)| own == path.as_bytes()).unwrap().1.no
    }

    #[test]
    fn words_are_found_replaced_and_forgotten() {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let mut index = Index::open(&project, Duration::from_secs(1)).unwrap();
        let long = "x".repeat(100);
        index
            .update(
                &[],
                &[entry("a", 80, &["authent", "сцен", &long]), entry("b", 40, &["authentic", "autent"])],
            )
            .unwrap();
        assert_eq!(hits(&index, "authent"), [(1, 80), (2, 32)]);
        assert_eq!(hits(&index, "authenti"), [(1, 48), (2, 32)]);
        assert_eq!(hits(&index, "сцена"), [(1, 48)]);
        assert_eq!(hits(&index, "cцен"), [(1, 48)], "a Latin c");
        assert_eq!(hits(&index, &long), [(1, 80)]);
        assert_eq!(hits(&index, "au"), []);

        // Replaced by path, it is another session to the index; what it said before is gone.
        index.update(&[], &[entry("a", 100, &["harbour"])]).unwrap();
        assert_eq!(hits(&index, "authent"), [(2, 32)]);
        let known = index.known().unwrap();
        let (path, own) = &known[0];
        assert_eq!((known.len(), path.as_slice(), own.seen.stamp), (2, b"a".as_slice(), 2));
        assert_eq!(hits(&index, "harbour"), [(own.no, 100)]);
        // What somebody else changes meanwhile is not seen half.
        let mut other = Index::open(&project, Duration::from_secs(1)).unwrap();
        other.update(&[own.no], &[entry("c", 100, &["lagoon"])]).unwrap();
        assert_eq!((hits(&index, "harbour"), hits(&index, "lagoon")), (vec![(own.no, 100)], vec![]));
        index.update(&[index_of(&other.known().unwrap(), "c")], &[]).unwrap();
        assert_eq!(hits(&index, "harbour"), []);

        // Opened again it is the same; removed, it is empty.
        drop((index, other));
        assert_eq!(hits(&Index::open(&project, Duration::from_secs(1)).unwrap(), "autent").len(), 1);
        Index::remove(&project).unwrap();
        assert!(Index::open(&project, Duration::from_secs(1)).unwrap().known().unwrap().is_empty());
    }

    #[test]
    fn many_lines_of_stems_become_one() {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let mut index = Index::open(&project, Duration::from_secs(1)).unwrap();
        for n in 0..MAX_LINES + 3 {
            index.update(&[], &[entry("a", 60, &[&format!("word{n}end")])]).unwrap();
        }
        let lines: i64 =
            index.database.ask(|c| c.query_row("SELECT count(*) FROM lines", [], |row| row.get(0))).unwrap();
        assert!(lines < 5, "{lines}");
        assert!(index.slips("word7endd").unwrap().contains(&"word7end".to_string()));
    }
}
