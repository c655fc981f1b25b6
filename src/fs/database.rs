//! A database in one file, for what can be made anew at any time.
//!
//! SQLite opens its files itself, so this is the one place where another library touches the disk. It is given a path in
//! which nothing is a symbolic link, and nothing but a cache is kept in it. Changes are in the write-ahead log: a killed
//! process leaves the last whole transaction, a power cut an earlier one; nothing waits for the platter.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::{Dir, ambient, failpoint};
use crate::error::{Error, Kind, Result};
use crate::relpath::RelPath;

/// A log that is longer is brought into the file, in bytes.
const MAX_LOG: i64 = 2 * 1024 * 1024;

/// An open database.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Dir {
    /// Opens a database below this directory, or makes an empty one; `wait` is how long others may keep it busy.
    pub fn open_database(&self, rel: &RelPath, wait: Duration) -> Result<Database> {
        if self.has_link(rel)? {
            return Err(super::linked(&self.full(rel)));
        }
        self.hit("open database", rel)?;
        let path = ambient::canonicalize(self.path())?.join(rel.as_path());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let opened = Connection::open_with_flags(&path, flags).and_then(|connection| {
            connection.busy_timeout(wait)?;
            // Whoever closes last would move the log into the file, and wait for the disk to do so.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection.pragma_update(None, "synchronous", "normal")?;
            Ok(connection)
        });
        match opened {
            Ok(connection) => Ok(Database { connection, path }),
            Err(error) => Err(explain("open", &path, &error)),
        }
    }

    /// Removes a database with what lies beside it.
    pub fn remove_database(&self, rel: &RelPath) -> Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name: OsString = rel.file_name().to_os_string();
            name.push(suffix);
            let file = match rel.parent() {
                Some(parent) => parent.join(&name)?,
                None => RelPath::new(&name)?,
            };
            self.remove_file(&file)?;
        }
        Ok(())
    }
}

impl Database {
    /// Asks something of it.
    pub fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        question(&self.connection).map_err(|error| explain("read", &self.path, &error))
    }

    /// Keeps to what there is now, whatever others change, until [`Self::let_go`].
    pub fn hold(&self) -> Result<()> {
        self.ask(|connection| connection.execute_batch("BEGIN"))
    }

    /// Sees again what others have changed.
    pub fn let_go(&self) -> Result<()> {
        self.ask(|connection| connection.execute_batch("COMMIT"))
    }

    /// Makes a change, all of it or none.
    pub fn change<T>(&mut self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        failpoint::hit("change database", &self.path)?;
        let path = &self.path;
        let explained = |error: rusqlite::Error| explain("change", path, &error);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explained)?;
        let done = change(&transaction).map_err(explained)?;
        failpoint::hit("keep database", path)?;
        transaction.commit().map_err(explained)?;
        Ok(done)
    }

    /// Brings a long log into the file: whoever opens the database reads all of the log first.
    pub fn tidy(&self) -> Result<()> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let is_short = rustix::fs::stat(PathBuf::from(log)).map_or(true, |stat| stat.st_size <= MAX_LOG);
        if is_short {
            return Ok(());
        }
        failpoint::hit("tidy database", &self.path)?;
        // Somebody who reads meanwhile keeps it from being cut: then it is cut another time.
        self.ask(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
    }
}

/// Says what went wrong; a file that is no database, or a damaged one, is [`Kind::Corrupt`].
fn explain(doing: &str, path: &std::path::Path, error: &rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Kind::Busy,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => Kind::Io,
        _ => Kind::Corrupt,
    };
    Error::new(kind, format!("cannot {doing} {}: {error}", path.display()))
}
