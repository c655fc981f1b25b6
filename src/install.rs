//! Puts redraft's hooks, skills and shell prefix into Claude Code's configuration, and takes exactly that out again.
//!
//! What is to be written is decided first, wholly and without effects (`install/merge.rs` on values, `install/text.rs`
//! on bytes, `install/skills.rs` on the skill files, `install/prefix.rs` on what Bash goes through); only then are files written, each in one step. A refusal
//! therefore changes nothing. The record of what we made is written first and removed last, so that an installation
//! that was interrupted can be finished, or taken out, by running the command again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::fs::ambient;
use crate::report::{Installed, Report, Uninstalled};
use crate::verbs::Desk;
use crate::view::means::Means;

mod merge;
mod place;
pub(crate) mod prefix;
pub(crate) mod server;
mod skills;
mod table;
mod text;

pub(crate) use merge::{events_of_ours, is_statusline_of_ours};
pub(crate) use place::Place;
pub(crate) use skills::{Found, Record, SKILLS};
pub(crate) use table::EVENTS;

/// Permission bits of a file that is made.
const NEW_FILE: u32 = 0o644;

/// What to install, and for whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Install {
    /// For this user in every project, instead of for this project.
    pub user: bool,
    /// Set the status line too.
    pub statusline: bool,
    /// Add the MCP server to the project's `.mcp.json` too.
    pub mcp: bool,
}

/// Merges hooks and skills into the settings of a scope; a second time changes nothing.
pub fn install(desk: &Desk, exe: &Path, project_root: &Path, options: &Install) -> Result<Report> {
    let place = Place::of(desk, project_root, options.user)?;
    let command = command_of(exe)?;
    let settings = Settings::read(&place)?;
    let record = Record::read(&Record::file(&place.skills()))?;
    let plan = plan_skills(&place, &record)?;
    let server = plan_server(project_root, command, &record, *options)?;
    let others = other_settings(desk, project_root, &place);
    if options.statusline {
        merge::refuse_other_statusline(command, others.iter().map(|other| &other.value))?;
    }
    let links = prefix::Links::plan(&place, exe)?;
    let foreign = prefix::foreign(&place, &settings, &others);
    let value = links.value()?;
    let merged = merge::merge_in(
        &settings.value,
        merge::Wanted {
            command,
            earlier: record.command.as_deref(),
            statusline: options.statusline,
            prefix: foreign.is_none().then_some(value.as_str()),
            made: &record.made,
        },
    )
    .map_err(|error| error.detail(settings.path.display().to_string()))?;
    let had_ours = !events_of_ours(&settings.value, record.command.as_deref().unwrap_or(command)).is_empty();
    let new_record = Record {
        command: Some(command.to_string()),
        made_settings: settings.bytes.is_none() || (record.made_settings && had_ours),
        made: merged.made,
        made_mcp: record.made_mcp || server.as_ref().is_some_and(|server| server.made),
        made_dirs: made_dirs(&place, &record),
        skills: plan.hashes,
    };
    let text = settings.text_for(&merged.settings)?;

    write_if_new(&place, &Record::file(&place.skills()), &new_record.to_bytes())?;
    for (file, content) in plan.writes {
        write_if_new(&place, &file, content.as_bytes())?;
    }
    if foreign.is_none() {
        // First what is named, then what names it: a prefix that is not there fails every command.
        links.write()?;
    }
    settings.write(&text)?;
    server.as_ref().map(server::Planned::write).transpose()?;

    let mut changed = merged.changed;
    changed.extend(plan.changed);
    changed.extend(server.filter(|server| server.is_new).map(|_| "added the MCP server".to_string()));
    let mut notes = plan.notes;
    notes.extend(notes_on(&place, &merged.settings, changed.is_empty()));
    let means = Means::find(project_root);
    notes.extend(means.told().filter(|_| foreign.is_none()));
    notes.extend(means.hint().map(|hint| format!("an administrator can allow it: {hint}")));
    notes.extend(foreign.map(|path| prefix::left_alone(&path, &place)));
    notes.extend(others.iter().filter_map(|other| also_called(other, command)));
    if let Some(file) = hiding_skill(desk, &SKILLS[0])?.filter(|_| !place.user) {
        notes.push(format!("{} stands before ours: Claude Code prefers the user's skills", file.display()));
    }
    Ok(Report::Installed(Installed { settings_path: settings.path.display().to_string(), changed, notes }))
}

/// Takes out what [`install`] put into a scope; what was changed by hand since is left and named.
pub fn uninstall(desk: &Desk, project_root: &Path, user: bool) -> Result<Report> {
    let place = Place::of(desk, project_root, user)?;
    let settings = Settings::read(&place)?;
    let record_file = Record::file(&place.skills());
    let record = Record::read(&record_file)?;
    let taken = merge::take_out(&settings.value, record.command.as_deref(), &record.made);
    let mut removed = taken.removed;
    let mut left = Vec::new();
    let mut emptied = Vec::new();

    if record.made_settings && taken.settings.as_object().is_some_and(serde_json::Map::is_empty) {
        if ambient::remove_file(&settings.target)? {
            removed.push(format!("removed {}", settings.path.display()));
        }
    } else if settings.bytes.is_some() {
        settings.write(&settings.text_for(&taken.settings)?)?;
    }
    removed.extend(if user { None } else { server::remove(project_root, &record)? });
    emptied.extend(prefix::Links::remove(&place)?);
    for skill in &SKILLS {
        let file = skill.file(&place.skills());
        match skill.judge(ambient::read_optional(&file)?.as_deref(), &record) {
            Found::Current | Found::Older => {
                ambient::remove_file(&place.landing(&file)?)?;
                removed.push(format!("removed skill {}", skill.name));
                emptied.push(place.skills().join(skill.name));
            }
            Found::Edited => left.push(format!("{} (changed by hand)", file.display())),
            Found::Absent | Found::Foreign => {}
        }
    }
    ambient::remove_file(&place.landing(&record_file)?)?;
    emptied.extend(record.made_dirs.iter().rev().map(|dir| place.dir.join(dir)));
    for dir in emptied {
        if ambient::symlink_target(&dir)?.is_none() {
            ambient::remove_empty_dir(&dir)?;
        }
    }
    Ok(Report::Uninstalled(Uninstalled { settings_path: settings.path.display().to_string(), removed, left }))
}

/// Decides about the MCP server, if it is wanted; the client's own file of a user's servers is not ours to edit.
fn plan_server(
    root: &Path,
    command: &str,
    record: &Record,
    options: Install,
) -> Result<Option<server::Planned>> {
    match (options.mcp, options.user) {
        (false, _) => Ok(None),
        (true, false) => server::Planned::of(root, command, record).map(Some),
        (true, true) => {
            Err(Error::refused("the servers of a user are kept by Claude Code itself; nothing was changed")
                .hint(format!("claude mcp add --scope user redraft -- {command} mcp"))
                .hint("then, without --mcp: redraft install --user"))
        }
    }
}

/// Gives the path as JSON can hold it; a relative one would depend on where Claude Code is started.
fn command_of(exe: &Path) -> Result<&str> {
    let text = exe.to_str().ok_or_else(|| {
        Error::refused(format!("the path of this program is not UTF-8: {}", exe.display()))
            .hint("put redraft into a directory whose name is UTF-8, then install from there")
    })?;
    if exe.is_absolute() {
        Ok(text)
    } else {
        Err(Error::new(Kind::Bug, format!("the path of this program is not absolute: {text}")))
    }
}

/// A settings file as it was read.
pub(crate) struct Settings {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Where a write lands, links followed.
    target: PathBuf,
    /// Its content; nothing when there is no such file.
    bytes: Option<Vec<u8>>,
    /// What stands before the JSON (a byte order mark) and the JSON itself.
    mark: &'static str,
    text: String,
    /// What it says; an empty object when there is no such file.
    pub(crate) value: Value,
}

impl Settings {
    /// Reads the settings of a place; refuses, saying where, when they are not JSON.
    pub(crate) fn read(place: &Place) -> Result<Self> {
        let target = place.landing(&place.settings())?;
        Ok(Self { target, ..Self::read_file(place.settings())? })
    }

    /// Reads one settings file.
    pub(crate) fn read_file(path: PathBuf) -> Result<Self> {
        let bytes = ambient::read_optional(&path)?;
        let not_json = |why: String| {
            Error::refused(format!("{} is not valid JSON: {why}; nothing was changed", path.display()))
                .hint("correct it there, then run the command again")
        };
        let text = std::str::from_utf8(bytes.as_deref().unwrap_or_default());
        let text = text.map_err(|e| not_json(format!("byte {} is not UTF-8", e.valid_up_to())))?;
        let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
        let value = match &bytes {
            None => Value::Object(serde_json::Map::new()),
            Some(_) if text.trim().is_empty() => {
                return Err(not_json("it is empty".into()).hint("or remove it"));
            }
            Some(_) => serde_json::from_str(text).map_err(|e| not_json(e.to_string()))?,
        };
        let text = text.to_string();
        Ok(Self { target: path.clone(), path, bytes, mark, text, value })
    }

    /// Gives the text that says `new`, with every other byte as it is.
    fn text_for(&self, new: &Value) -> Result<String> {
        if self.bytes.is_none() {
            return Ok(text::pretty(new));
        }
        let text = text::rewrite(&self.text, &self.value, new);
        let text = text.map_err(|error| error.detail(self.path.display().to_string()))?;
        Ok(format!("{}{text}", self.mark))
    }

    /// Writes the file unless it says that already, or somebody else wrote it meanwhile.
    fn write(&self, text: &str) -> Result<()> {
        if self.bytes.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        if ambient::read_optional(&self.path)? != self.bytes {
            return Err(Error::new(
                Kind::Busy,
                format!("{} was changed just now by another program", self.path.display()),
            )
            .hint("run the command again"));
        }
        ambient::write_atomic(&self.target, text.as_bytes(), ambient::mode(&self.target)?.unwrap_or(NEW_FILE))
    }
}

/// What is to happen to the skill files.
#[derive(Default)]
struct SkillPlan {
    writes: Vec<(PathBuf, &'static str)>,
    changed: Vec<String>,
    notes: Vec<String>,
    hashes: std::collections::BTreeMap<String, String>,
}

fn plan_skills(place: &Place, record: &Record) -> Result<SkillPlan> {
    let mut plan = SkillPlan::default();
    for skill in &SKILLS {
        let file = skill.file(&place.skills());
        place.landing(&file)?;
        let found = skill.judge(ambient::read_optional(&file)?.as_deref(), record);
        match found {
            Found::Foreign => return Err(foreign(place, skill.name, &file)),
            Found::Edited => {
                let shown = file.display();
                plan.notes
                    .push(format!("{shown} was changed by hand and is left as it is; remove it to get ours"));
                plan.hashes
                    .extend(record.skills.get_key_value(skill.name).map(|(k, v)| (k.clone(), v.clone())));
                continue;
            }
            Found::Absent => plan.changed.push(format!("added skill {}", skill.name)),
            Found::Older => plan.changed.push(format!("updated skill {}", skill.name)),
            Found::Current => {}
        }
        if found != Found::Current {
            plan.writes.push((file, skill.text));
        }
        plan.hashes.insert(skill.name.to_string(), skills::hash_of(skill.text.as_bytes()));
    }
    Ok(plan)
}

fn foreign(place: &Place, name: &str, file: &Path) -> Error {
    let scope = if place.user {
        ("redraft install", "this project only")
    } else {
        ("redraft install --user", "your own settings")
    };
    Error::refused(format!(
        "{} is somebody else's skill named \"{name}\"; nothing was changed",
        file.display()
    ))
    .hint(format!("rename its directory (and its `name:`), then: {}", place.install_command()))
    .hint(format!("{}   ({})", scope.0, scope.1))
}

/// Reads the other settings that Claude Code merges with the ones written here; unreadable ones are the doctor's.
fn other_settings(desk: &Desk, root: &Path, place: &Place) -> Vec<Settings> {
    let project = Place::project(root);
    let mut files = vec![project.settings(), project.dir.join("settings.local.json")];
    files.extend(Place::user(desk).ok().map(|user| user.settings()));
    files.retain(|file| *file != place.settings());
    files.into_iter().filter_map(|file| Settings::read_file(file).ok()).collect()
}

/// Says that other settings call redraft too: Claude Code runs identical hooks once, any others side by side.
fn also_called(other: &Settings, command: &str) -> Option<String> {
    let hooks = events_of_ours(&other.value, command);
    let another = hooks.iter().flat_map(|(_, hooks)| hooks).any(|hook| hook["command"] != *command);
    let who = match (another, enables_plugin(&other.value)) {
        (true, _) => "calls another redraft",
        (_, true) => "enables the redraft plugin",
        _ => return None,
    };
    Some(format!(
        "{} {who} too, so each command would run twice; take one of the two out",
        other.path.display()
    ))
}

/// Tells whether settings enable the plugin.
pub(crate) fn enables_plugin(settings: &Value) -> bool {
    let plugins = settings.get("enabledPlugins").and_then(Value::as_object);
    let ours = |name: &str| name.split('@').next() == Some("redraft");
    plugins.is_some_and(|plugins| plugins.iter().any(|(name, on)| ours(name) && *on == Value::Bool(true)))
}

/// Gives the file of a user's own skill that takes the name of ours in every project.
pub(crate) fn hiding_skill(desk: &Desk, skill: &skills::Skill) -> Result<Option<PathBuf>> {
    let Ok(user) = Place::user(desk) else { return Ok(None) };
    let file = skill.file(&user.skills());
    let record = Record::read(&Record::file(&user.skills()))?;
    let found = skill.judge(ambient::read_optional(&file)?.as_deref(), &record);
    Ok((found == Found::Foreign).then_some(file))
}

/// Lists the directories that are not there yet (or that we made before), outermost first.
fn made_dirs(place: &Place, record: &Record) -> Vec<String> {
    let mut dirs = Vec::new();
    for dir in ["", "skills", prefix::DIR] {
        let there = ambient::exists(&place.dir.join(dir));
        if !there || record.made_dirs.iter().any(|d| d == dir) {
            dirs.push(dir.to_string());
        }
    }
    dirs
}

fn write_if_new(place: &Place, path: &Path, content: &[u8]) -> Result<()> {
    let target = place.landing(path)?;
    if ambient::read_optional(&target)?.as_deref() == Some(content) {
        return Ok(());
    }
    ambient::write_atomic(&target, content, ambient::mode(&target)?.unwrap_or(NEW_FILE))
}

/// Says what the person should know about the settings as they are now.
fn notes_on(place: &Place, settings: &Value, unchanged: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if unchanged {
        notes.push("nothing to change".to_string());
    } else {
        notes.push(
            "start Claude Code anew so that open windows see it; `redraft doctor` runs the hooks once".into(),
        );
        if !place.user {
            notes.push(format!(
                "{} names redraft by its path on this machine; on another one commands fail until `redraft install` has run there",
                place.settings().display()
            ));
        }
    }
    if settings.get("disableAllHooks") == Some(&Value::Bool(true)) {
        notes.push("\"disableAllHooks\" is true in these settings: Claude Code will run no hook".to_string());
    }
    for skill in &SKILLS {
        let command = place.dir.join("commands").join(format!("{}.md", skill.name));
        if ambient::exists(&command) {
            notes.push(format!("{} is hidden by the skill of that name", command.display()));
        }
    }
    notes
}

#[cfg(test)]
pub(crate) mod world;

#[cfg(test)]
#[path = "install/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "install/roundtrip_tests.rs"]
mod roundtrip_tests;
