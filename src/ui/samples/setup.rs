//! The reports about the installation, filled in.

use crate::report::{Check, CheckResult, Doctor, Initialised, Installed, Report, Uninstalled};

pub(in crate::ui) fn initialised() -> Report {
    Report::Initialised(Initialised {
        config_path: "/book/redraft.json".into(),
        existed: false,
        tracked: vec!["acts/**".into(), "context/**".into()],
    })
}

pub(in crate::ui) fn installed() -> Report {
    Report::Installed(Installed {
        settings_path: "/book/.claude/settings.json".into(),
        changed: vec!["hooks for 9 events".into(), "the skills session and retry".into()],
        notes: vec!["other hooks on PreToolUse are kept".into()],
    })
}

pub(in crate::ui) fn uninstalled() -> Report {
    Report::Uninstalled(Uninstalled {
        settings_path: "/book/.claude/settings.json".into(),
        removed: vec!["hooks for 9 events".into()],
        left: vec!["the skill retry".into()],
    })
}

pub(in crate::ui) fn doctor() -> Report {
    let check = |name: &str, result, message: &str, hint: Option<&str>| Check {
        name: name.into(),
        result,
        message: message.into(),
        hint: hint.map(Into::into),
    };
    Report::Doctor(Doctor {
        checks: vec![
            check("hooks", CheckResult::Ok, "all events answer", None),
            check("reflink", CheckResult::Warn, "not on this filesystem: copies take their time", None),
            check("skills", CheckResult::Fail, "not installed", Some("redraft install")),
        ],
    })
}
