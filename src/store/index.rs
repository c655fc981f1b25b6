//! The index that a search asks: which words stand in which text of which session.
//!
//! It is a cache and nothing else: what it says of a session was read there, and with each session stands what was seen of
//! it then, so that whoever asks can tell whether that still holds. It may be removed at any time. Words come in as stems
//! and are never seen as text; what is shown of a text is read where it stands.
//!
//! SQLite's FTS5 maps a stem to the texts it stands in. A text's number says by itself which session it belongs to and how
//! much it counts, so that no further table is read for the thousands of texts that a common word stands in. The stems
//! themselves stand once more, in a few long lines: a slip of the keyboard is looked for by going through all of them. And
//! what is known of the sessions stands in blocks of many, because every search reads all of it.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::error::{Error, Result};
use crate::fs::database::Database;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::text::Slips;

/// The version of the tables; another one is made anew.
const VERSION: i64 = 3;

/// How much a text may count, in hundredths; its place in this list is in its number.
pub const WEIGHTS: [u32; 5] = [100, 90, 80, 60, 40];

/// Bits of a text's number that count the texts of one session and weight, and those that name the weight.
const COUNT_BITS: u32 = 16;
const WEIGHT_BITS: u32 = 4;
const SESSION_SHIFT: u32 = COUNT_BITS + WEIGHT_BITS;

/// The longest stem that is kept, in characters; a longer one is known by its beginning.
pub const MAX_STEM: usize = 64;

/// A word that stands in more texts than this as it is was not mistyped, and is not looked for as a beginning.
const COMMON: usize = 500;

/// How many slips of one word are looked for: the nearest.
const MAX_SLIPS: usize = 16;

/// How many numbers of sessions a block has.
const BLOCK: i64 = 64;

/// How much of the texts is gathered before it is written, in bytes: the less often, the less is put together again.
const GATHERED: i64 = 32 * 1024 * 1024;

/// Lines of stems are put together when there are so many of them.
const MAX_LINES: i64 = 256;

const TABLES: &str = "\
    CREATE TABLE sessions (block INTEGER PRIMARY KEY, known BLOB NOT NULL);\
    CREATE TABLE texts (no INTEGER PRIMARY KEY, field TEXT NOT NULL);\
    CREATE VIRTUAL TABLE words USING fts5(stems, content='', contentless_delete=1, detail=none, tokenize='ascii');\
    CREATE TABLE stems (stem TEXT PRIMARY KEY) WITHOUT ROWID;\
    CREATE TABLE lines (no INTEGER PRIMARY KEY, stems TEXT NOT NULL);\
    CREATE TABLE signs (no INTEGER PRIMARY KEY CHECK (no = 0), signs BLOB NOT NULL);\
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

/// Sessions as the index has them, with the bytes of their paths.
pub type AllKnown = Vec<(Vec<u8>, Known)>;

/// One text of a session.
#[derive(Debug)]
pub struct Words {
    /// What kind of text.
    pub field: String,
    /// How much it counts; one of [`WEIGHTS`].
    pub weight: u32,
    /// Its stems, each once, with spaces between; of a long one the first [`MAX_STEM`] characters.
    pub stems: String,
}

/// A session as it was read.
#[derive(Debug)]
pub struct Entry {
    /// Its directory, relative to the project.
    pub path: RelPath,
    /// Its number, where the index has it already; what it said then is forgotten.
    pub no: Option<i64>,
    /// What was seen of it before it was read.
    pub seen: Seen,
    /// Its texts.
    pub texts: Vec<Words>,
    /// The stems among them that no entry before it had; others may be there, too.
    pub fresh: Vec<String>,
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
                    change.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?1)", [GATHERED])?;
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

    /// Gives the signs by which whoever asks knows that nothing changed, as they were [remembered](Self::remember).
    pub fn signs(&self) -> Result<Vec<i64>> {
        self.database.ask(|connection| {
            let asked = "SELECT signs FROM signs";
            let bytes: Option<Vec<u8>> = connection.query_row(asked, [], |row| row.get(0)).optional()?;
            let (numbers, _) = bytes.as_deref().unwrap_or_default().as_chunks();
            Ok(numbers.iter().map(|number| i64::from_le_bytes(*number)).collect())
        })
    }

    /// Remembers signs: as long as they are the same, it has every session as it is.
    pub fn remember(&mut self, signs: &[i64]) -> Result<()> {
        self.let_go()?;
        let bytes: Vec<u8> = signs.iter().flat_map(|sign| sign.to_le_bytes()).collect();
        self.database
            .change(|change| change.execute("INSERT OR REPLACE INTO signs VALUES (0, ?1)", [bytes]).map(drop))
    }

    /// Gives every session that it has, in the order of their numbers. From then on everything is answered as it was at that
    /// moment, until the index is changed: a number means the same session in each answer.
    pub fn known(&mut self) -> Result<AllKnown> {
        self.let_go()?;
        self.database.hold()?;
        self.held = true;
        let mut all = Vec::new();
        self.database.ask(|connection| {
            let mut asked = connection.prepare("SELECT known FROM sessions ORDER BY block")?;
            let mut blocks = asked.query([])?;
            while let Some(block) = blocks.next()? {
                all.push(block.get_ref(0)?.as_blob()?.to_vec());
            }
            Ok(())
        })?;
        let mut known = Vec::with_capacity(all.len() * usize::try_from(BLOCK).unwrap_or(0));
        for block in &all {
            read_block(block, &mut known)
                .ok_or_else(|| Error::corrupt("a block of the index's sessions cannot be read"))?;
        }
        Ok(known)
    }

    fn let_go(&mut self) -> Result<()> {
        if std::mem::take(&mut self.held) { self.database.let_go() } else { Ok(()) }
    }

    /// Forgets sessions and takes in others, all or nothing. The caller holds the index's lock. Who makes many updates in a row [tidies](Self::tidy) after the last.
    pub fn update(&mut self, gone: &[i64], entries: &[Entry]) -> Result<()> {
        self.let_go()?;
        self.database.change(|change| {
            let mut blocks = Blocks { changed: BTreeMap::new(), next: next_number(change)? };
            for no in gone {
                forget(change, *no)?;
                blocks.set(change, *no, None)?;
            }
            let mut fresh = Vec::new();
            for entry in entries {
                put(change, &mut blocks, entry)?;
                let mut add = change.prepare_cached("INSERT OR IGNORE INTO stems VALUES (?1)")?;
                for stem in &entry.fresh {
                    if add.execute([stem])? > 0 {
                        fresh.push(stem.as_str());
                    }
                }
            }
            blocks.write(change)?;
            add_line(change, &fresh)
        })
    }

    /// Brings what was updated to where the next search reads it fastest.
    pub fn tidy(&self) -> Result<()> {
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

/// The blocks that an update changes.
struct Blocks {
    /// What each is to have, by number.
    changed: BTreeMap<i64, BTreeMap<i64, (Vec<u8>, Seen)>>,
    /// The next free number.
    next: i64,
}

impl Blocks {
    /// Says what is known of a session from now on.
    fn set(
        &mut self,
        change: &Transaction<'_>,
        no: i64,
        known: Option<(Vec<u8>, Seen)>,
    ) -> rusqlite::Result<()> {
        let block = no.div_euclid(BLOCK);
        let sessions = match self.changed.entry(block) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => place.insert(sessions_of(change, block)?),
        };
        match known {
            Some(known) => sessions.insert(no, known),
            None => sessions.remove(&no),
        };
        Ok(())
    }

    fn write(self, change: &Transaction<'_>) -> rusqlite::Result<()> {
        for (block, sessions) in self.changed {
            if sessions.is_empty() {
                change.prepare_cached("DELETE FROM sessions WHERE block = ?1")?.execute([block])?;
                continue;
            }
            let mut bytes = Vec::new();
            for (no, (path, Seen { ino, stamp, print })) in &sessions {
                for number in [*no, ino.cast_signed(), *stamp, *print] {
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                // A path is shorter than 4,096 bytes.
                bytes.extend_from_slice(&u16::try_from(path.len()).unwrap_or(0).to_le_bytes());
                bytes.extend_from_slice(path);
            }
            change
                .prepare_cached("INSERT OR REPLACE INTO sessions VALUES (?1, ?2)")?
                .execute((block, bytes))?;
        }
        Ok(())
    }
}

/// Reads what is known of the sessions of one block; one that cannot be read is a malformed database.
fn sessions_of(change: &Transaction<'_>, block: i64) -> rusqlite::Result<BTreeMap<i64, (Vec<u8>, Seen)>> {
    let bytes: Option<Vec<u8>> = change
        .prepare_cached("SELECT known FROM sessions WHERE block = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?;
    let mut known = Vec::new();
    read_block(&bytes.unwrap_or_default(), &mut known).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(known.into_iter().map(|(path, Known { no, seen })| (no, (path, seen))).collect())
}

/// Reads a block; `None` when it is none.
fn read_block(mut bytes: &[u8], known: &mut AllKnown) -> Option<()> {
    while !bytes.is_empty() {
        let mut number = || {
            let (first, rest) = bytes.split_first_chunk()?;
            bytes = rest;
            Some(i64::from_le_bytes(*first))
        };
        let (no, ino, stamp, print) = (number()?, number()?, number()?, number()?);
        let (length, rest) = bytes.split_first_chunk()?;
        let (path, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        bytes = rest;
        let seen = Seen { ino: ino.cast_unsigned(), stamp, print };
        known.push((path.to_vec(), Known { no, seen }));
    }
    Some(())
}

/// Gives a number that no session has, nor any after it.
fn next_number(change: &Transaction<'_>) -> rusqlite::Result<i64> {
    let last: Option<i64> = change.query_row("SELECT max(block) FROM sessions", [], |row| row.get(0))?;
    let Some(last) = last else { return Ok(1) };
    let highest = sessions_of(change, last)?.into_keys().next_back();
    Ok(highest.unwrap_or(last * BLOCK) + 1)
}

fn put(change: &Transaction<'_>, blocks: &mut Blocks, entry: &Entry) -> rusqlite::Result<()> {
    let no = entry.no.unwrap_or(blocks.next);
    blocks.next = blocks.next.max(no + 1);
    if entry.no.is_some() {
        forget(change, no)?;
    }
    blocks.set(change, no, Some((entry.path.as_bytes().to_vec(), entry.seen)))?;
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
        add_text.execute((number, &text.field))?;
        add_words.execute((number, &text.stems))?;
    }
    Ok(())
}

/// Forgets what a session said.
fn forget(change: &Transaction<'_>, no: i64) -> rusqlite::Result<()> {
    let (first, last) = (no << SESSION_SHIFT, ((no + 1) << SESSION_SHIFT) - 1);
    change.prepare_cached("DELETE FROM words WHERE rowid BETWEEN ?1 AND ?2")?.execute((first, last))?;
    change.prepare_cached("DELETE FROM texts WHERE no BETWEEN ?1 AND ?2")?.execute((first, last))?;
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
mod tests;
