//! Which paths sessions isolate: globs, answered without compiling a regular expression for the ordinary ones.
//!
//! A glob without special signs means that path and everything below it, and so does `dir/**`; both are compared as
//! bytes. Any other glob goes to globset (`*` stops at `/`, `**` does not), compiled when it is first asked. `.git`
//! and the workspace are never tracked.

use std::cell::OnceCell;
use std::ffi::OsStr;

use globset::{GlobBuilder, GlobMatcher};

use super::Config;
use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::relpath::RelPath;

/// Tracked by default where they exist: the seeds' book layout.
const BOOK: &[&str] = &["acts", "context"];

/// Directories that are left alone by default, at any depth: dependencies, build results, caches, settings.
pub const LEFT_ALONE: &[&str] = &[
    ".claude",
    ".claude-plugin",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    "bower_components",
    "target",
    "dist",
    "build",
    ".venv",
    "venv",
    "__pycache__",
    ".tox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".gradle",
    ".next",
    ".nuxt",
    ".turbo",
    ".cache",
];

/// The set of isolated paths.
#[derive(Debug)]
pub struct Tracked {
    workspace: RelPath,
    /// Everything but [`LEFT_ALONE`] when no glob says otherwise.
    rules: Option<Vec<Rule>>,
    ignored: Vec<Rule>,
}

impl Tracked {
    /// Takes the globs of the configuration, or the defaults for what the project has.
    pub fn new(config: &Config, dir: &Dir) -> Result<Self> {
        let rules = match &config.tracked {
            Some(globs) => Some(parse_rules(globs)?),
            None => book_rules(dir)?,
        };
        Ok(Self { workspace: config.workspace.clone(), rules, ignored: parse_rules(&config.ignored)? })
    }

    /// Tells whether a path is isolated.
    pub fn contains(&self, path: &RelPath) -> bool {
        if path.is_within(&self.workspace) || path.parts().any(|part| part == ".git") {
            return false;
        }
        let inside = match &self.rules {
            Some(rules) => rules.iter().any(|rule| rule.matches(path)),
            None => !path.parts().any(|part| LEFT_ALONE.iter().any(|name| part == OsStr::new(name))),
        };
        inside && !self.ignored.iter().any(|rule| rule.matches(path))
    }

    /// Tells whether something below this directory may be isolated: where walks of the project need not go.
    pub fn may_contain_below(&self, dir: &RelPath) -> bool {
        if dir.is_within(&self.workspace) || dir.parts().any(|part| part == ".git") {
            return false;
        }
        match &self.rules {
            None => self.contains(dir),
            Some(rules) => rules.iter().any(|rule| match &rule.shape {
                Shape::Under(root) => dir.is_within(root) || root.is_within(dir),
                Shape::Glob(_) => true,
            }),
        }
    }

    /// Tells whether all below this directory is surely isolated: where a search for what is not need not go.
    pub fn holds_all_below(&self, dir: &RelPath) -> bool {
        let under = |rule: &Rule| matches!(&rule.shape, Shape::Under(root) if dir.is_within(root));
        self.ignored.is_empty() && self.rules.as_ref().is_some_and(|rules| rules.iter().any(under))
    }

    /// Gives the directories that hold all isolated paths; `None` when they are spread over the whole project.
    pub fn roots(&self) -> Option<Vec<RelPath>> {
        self.rules.as_ref()?.iter().map(Rule::root).collect()
    }

    /// Gives the globs for a person; `**` where everything is tracked.
    pub fn globs(&self) -> Vec<String> {
        match &self.rules {
            Some(rules) => rules.iter().map(|rule| rule.text.clone()).collect(),
            None => vec!["**".to_string()],
        }
    }

    /// Gives the globs of what is left out.
    pub fn ignored_globs(&self) -> Vec<String> {
        self.ignored.iter().map(|rule| rule.text.clone()).collect()
    }
}

fn book_rules(dir: &Dir) -> Result<Option<Vec<Rule>>> {
    let mut found = Vec::new();
    for name in BOOK {
        if dir.stat(&RelPath::new(name)?)?.is_some() {
            // Both, also where only one exists yet: the book grows the other.
            found = BOOK.iter().map(|name| Rule::new(&format!("{name}/**"))).collect::<Result<_>>()?;
            break;
        }
    }
    Ok((!found.is_empty()).then_some(found))
}

fn parse_rules(globs: &[String]) -> Result<Vec<Rule>> {
    globs.iter().map(|glob| Rule::new(glob)).collect()
}

/// One glob.
#[derive(Debug)]
pub struct Rule {
    text: String,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Under(RelPath),
    Glob(OnceCell<Option<GlobMatcher>>),
}

impl Rule {
    /// Takes a glob; a bad one is an error that shows it.
    pub fn new(glob: &str) -> Result<Self> {
        let glob = glob.strip_prefix("./").unwrap_or(glob);
        let plain = glob.strip_suffix("/**").unwrap_or(glob).trim_end_matches('/');
        let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!');
        let shape = if !plain.is_empty() && !plain.contains(special) {
            Shape::Under(RelPath::new(plain).map_err(|e| bad_glob(glob, &e.message))?)
        } else {
            check(glob)?;
            Shape::Glob(OnceCell::new())
        };
        Ok(Self { text: glob.to_string(), shape })
    }

    /// Tells whether a path matches.
    pub fn matches(&self, path: &RelPath) -> bool {
        match &self.shape {
            Shape::Under(root) => path.is_within(root),
            Shape::Glob(cell) => cell
                .get_or_init(|| compile(&self.text).ok())
                .as_ref()
                .is_some_and(|glob| glob.is_match(path.as_path())),
        }
    }

    /// Gives the directory above every match: the components before the first special sign.
    fn root(&self) -> Option<RelPath> {
        match &self.shape {
            Shape::Under(root) => Some(root.clone()),
            Shape::Glob(_) => {
                let literal = self.text.split(['*', '?', '[', '{', '\\', '!']).next().unwrap_or_default();
                let (dir, _) = literal.rsplit_once('/')?;
                RelPath::new(dir).ok()
            }
        }
    }
}

/// Checks a glob without keeping it: globset writes its regular expression here but compiles none.
///
/// What could never match a path of the project is refused, too: whoever wrote it believes that it isolates something.
fn check(glob: &str) -> Result<()> {
    let odd = |part: &str| matches!(part, "" | "." | "..");
    let why = match glob.rsplit_once('/') {
        _ if glob.is_empty() => Some("it is empty".to_string()),
        _ if glob.starts_with('/') => {
            Some("it begins with '/', but paths begin at the project's root".into())
        }
        Some((dir, "")) => Some(format!("it ends with '/'; what lies below is \"{dir}/**\"")),
        _ => glob.split('/').find(|part| odd(part)).map(|part| format!("no path has the part \"{part}\"")),
    };
    if let Some(why) = why {
        return Err(bad_glob(glob, &why));
    }
    GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .map(drop)
        .map_err(|e| bad_glob(glob, &e.kind().to_string()))
}

fn compile(glob: &str) -> Result<GlobMatcher> {
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    built.map(|g| g.compile_matcher()).map_err(|e| bad_glob(glob, &e.kind().to_string()))
}

fn bad_glob(glob: &str, why: &str) -> Error {
    Error::new(Kind::Usage, format!("bad glob {glob:?}: {why}"))
        .hint("globs look like \"acts/**\" or \"**/*.md\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(tracked: Option<&[&str]>, ignored: &[&str]) -> Tracked {
        let owned = |globs: &[&str]| globs.iter().map(ToString::to_string).collect::<Vec<_>>();
        Tracked {
            workspace: RelPath::new("workspace").unwrap(),
            rules: tracked.map(|globs| parse_rules(&owned(globs)).unwrap()),
            ignored: parse_rules(&owned(ignored)).unwrap(),
        }
    }

    #[test]
    fn decides_by_glob_and_never_tracks_git_or_the_workspace() {
        let book: Option<&[&str]> = Some(&["acts/**", "context"]);
        let globs: Option<&[&str]> = Some(&["**/*.md", "src/*.rs"]);
        for (set, ignored, path, expected) in [
            (book, &[][..], "acts/a.md", true),
            (book, &[], "context/x/y.json", true),
            (book, &[], "acts2/a.md", false),
            (book, &["acts/drafts/**"], "acts/drafts/a.md", false),
            (book, &["**/*.bak"], "acts/a.bak", false),
            (globs, &[], "a.md", true),
            (globs, &[], "deep/down/a.md", true),
            (globs, &[], "src/main.rs", true),
            (globs, &[], "src/deep/main.rs", false),
            (globs, &[], "workspace/a.md", false),
            (globs, &[], "sub/.git/a.md", false),
            (None, &[], "src/main.rs", true),
            (None, &[], "node_modules/x/index.js", false),
            (None, &[], "pkg/target/debug/x", false),
            (None, &[], ".claude/settings.json", false),
            (None, &[], "workspace/sessions/a/b", false),
        ] {
            assert_eq!(
                tracked(set, ignored).contains(&RelPath::new(path).unwrap()),
                expected,
                "{set:?} {path}"
            );
        }
    }

    #[test]
    fn knows_where_all_is_surely_tracked() {
        let book: Option<&[&str]> = Some(&["acts/**", "context"]);
        let globs: Option<&[&str]> = Some(&["acts/**/*.md"]);
        for (set, ignored, dir, expected) in [
            (book, &[][..], "acts", true),
            (book, &[], "acts/deep/down", true),
            (book, &[], "notes", false),
            (book, &["acts/drafts"], "acts", false),
            (globs, &[], "acts", false),
            (None, &[], "src", false),
        ] {
            let dir = RelPath::new(dir).unwrap();
            assert_eq!(tracked(set, ignored).holds_all_below(&dir), expected, "{set:?} {dir}");
        }
    }

    #[test]
    fn names_a_bad_glob() {
        let error = Rule::new("acts/[").unwrap_err();
        assert!(error.message.contains("bad glob \"acts/[\""), "{}", error.message);
        assert!(Rule::new("../x/**").is_err());
        for (glob, why) in [
            ("", "it is empty"),
            ("/**", "begins with '/'"),
            ("/*.md", "begins with '/'"),
            ("**/build/", "what lies below is \"**/build/**\""),
            ("acts//*.md", "no path has the part \"\""),
            ("*/../x", "no path has the part \"..\""),
        ] {
            let message = Rule::new(glob).unwrap_err().message;
            assert!(message.contains(why), "{glob}: {message}");
        }
        let path = RelPath::new("acts/a.md").unwrap();
        assert!(
            ["./acts/*.md", "./acts", "acts/", "acts/**"]
                .iter()
                .all(|g| Rule::new(g).unwrap().matches(&path))
        );
    }
}
