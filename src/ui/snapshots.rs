//! The look, pinned: every report whole, at a terminal with signs and in Claude Code without them.
//!
//! Longer than 500 lines because each text stands here as a person would see it.

use crate::report::{Found, List, Report};
use crate::ui::{Voice, phrase, samples, text};

/// Compares a report's text at a terminal with signs, and in Claude Code without.
#[track_caller]
fn looks(report: &Report, terminal: &str, plain_slash: &str) {
    assert_eq!(text(report, &samples::terminal()), terminal);
    assert_eq!(text(report, &samples::plain_slash()), plain_slash);
}

#[test]
fn voices_differ_in_commands_only() {
    for (_, report) in samples::all() {
        // A document for others is the same for everybody.
        if matches!(report, Report::Resolved(_) | Report::Summary(_)) {
            continue;
        }
        let phrased = |style| phrase(&text(&report, &style), Voice::Slash);
        // Claude Code has fewer columns, so lines may break elsewhere.
        let words = |text: String| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        assert_eq!(words(text(&report, &samples::slash())), words(phrased(samples::terminal())));
        assert_eq!(words(text(&report, &samples::plain_slash())), words(phrased(samples::plain())));
    }
}

#[test]
fn started() {
    looks(
        &samples::started(),
        r#"✅ SESSION CREATED: work-on-chapter-01

Description: Generating all scenes for chapter 01

📂 Session Path:
   workspace/sessions/work-on-chapter-01/

⚡ Copy-on-Write Mode:
   • Empty session created (~10 KB structure only)
   • Files will copy on first write
   • Read operations use global files by default
   • Isolated: acts/**, context/**

🔒 Session activated (written to session.lock)
   It takes over from 'main-work', which keeps its changes.
   Back to that one: redraft switch main-work

💡 How CoW works:
   1. Read "acts/.../plan.md" → Reads from global (not yet modified)
   2. Write "acts/.../plan.md" → CoW: Copies to session, then modifies
   3. Read "acts/.../plan.md" → Reads from session (now modified)

🚀 Ready to work in session!
"#,
        r#"SESSION CREATED: work-on-chapter-01

Description: Generating all scenes for chapter 01

Session Path:
   workspace/sessions/work-on-chapter-01/

Copy-on-Write Mode:
   - Empty session created (~10 KB structure only)
   - Files will copy on first write
   - Read operations use global files by default
   - Isolated: acts/**, context/**

Session activated (written to session.lock)
   It takes over from 'main-work', which keeps its changes.
   Back to that one: /session switch main-work

How CoW works:
   1. Read "acts/.../plan.md" → Reads from global (not yet modified)
   2. Write "acts/.../plan.md" → CoW: Copies to session, then modifies
   3. Read "acts/.../plan.md" → Reads from session (now modified)

Ready to work in session!
"#,
    );
}

#[test]
fn list() {
    looks(
        &samples::list(),
        "\
📋 SESSIONS (3 total)

┌────────────────────────────┬──────────┬────────────┬──────────┐
│ Name                       │ Status   │ Created    │ Changes  │
├────────────────────────────┼──────────┼────────────┼──────────┤
│ work-on-chapter-01         │ ACTIVE   │ 2025-11-09 │ 4 files  │
│ experimental-scene-0102    │ INACTIVE │ 2025-11-08 │ 1 file   │
│ rewrite-act-1-ending       │ CRASHED  │ unknown    │ unknown  │
└────────────────────────────┴──────────┴────────────┴──────────┘

🔒 Active: work-on-chapter-01

⚠️ Crashed sessions (1):
   • rewrite-act-1-ending
     session.json cannot be read: expected value at line 1 column 1
     Action required: redraft recover rewrite-act-1-ending

💡 Commands:
   - Switch: redraft switch <name>
   - Commit: redraft commit
   - Cancel: redraft cancel
",
        "\
SESSIONS (3 total)

┌────────────────────────────┬──────────┬────────────┬──────────┐
│ Name                       │ Status   │ Created    │ Changes  │
├────────────────────────────┼──────────┼────────────┼──────────┤
│ work-on-chapter-01         │ ACTIVE   │ 2025-11-09 │ 4 files  │
│ experimental-scene-0102    │ INACTIVE │ 2025-11-08 │ 1 file   │
│ rewrite-act-1-ending       │ CRASHED  │ unknown    │ unknown  │
└────────────────────────────┴──────────┴────────────┴──────────┘

Active: work-on-chapter-01

Crashed sessions (1):
   - rewrite-act-1-ending
     session.json cannot be read: expected value at line 1 column 1
     Action required: /session recover rewrite-act-1-ending

Commands:
   - Switch: /session switch <name>
   - Commit: /session commit
   - Cancel: /session cancel
",
    );
}

#[test]
fn status() {
    looks(
        &samples::status(),
        r#"📂 ACTIVE SESSION: work-on-chapter-01

Status: ACTIVE
Created: 2 hours ago
Description: Generating all scenes for chapter 01
Tags: draft

📓 Notebook:
   • Objectives: 1 of 2 completed
   • Tasks: 0 of 3 completed
   • Blockers: 1 open
   • Decisions: 1

📊 Changes (uncommitted):
   • Modified: 2 files
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     - acts/map.png                                  (binary) (project changed too)
   • Created: 1 file
     - acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0
   • Deleted: 1 file
     - context/old-timeline.json  +0 −41

⚠️ Changed in the project, too: 1 file (marked above)

🔄 Human Retries: 2
   • acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
     - Retry 1: "Too much exposition"
     - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

💾 Session Size: 2.3 MB

📁 Paths:
   • Session: workspace/sessions/work-on-chapter-01/
   • Context: workspace/sessions/work-on-chapter-01/context/
   • Acts: workspace/sessions/work-on-chapter-01/acts/

💡 Next steps:
   - See the changes: redraft diff
   - Preview the commit: redraft commit
   - Discard them: redraft cancel
"#,
        r#"ACTIVE SESSION: work-on-chapter-01

Status: ACTIVE
Created: 2 hours ago
Description: Generating all scenes for chapter 01
Tags: draft

Notebook:
   - Objectives: 1 of 2 completed
   - Tasks: 0 of 3 completed
   - Blockers: 1 open
   - Decisions: 1

Changes (uncommitted):
   - Modified: 2 files
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     - acts/map.png                                  (binary) (project changed too)
   - Created: 1 file
     - acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0
   - Deleted: 1 file
     - context/old-timeline.json  +0 −41

Changed in the project, too: 1 file (marked above)

Human Retries: 2
   - acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
     - Retry 1: "Too much exposition"
     - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

Session Size: 2.3 MB

Paths:
   - Session: workspace/sessions/work-on-chapter-01/
   - Context: workspace/sessions/work-on-chapter-01/context/
   - Acts: workspace/sessions/work-on-chapter-01/acts/

Next steps:
   - See the changes: /session diff
   - Preview the commit: /session commit
   - Discard them: /session cancel
"#,
    );
}

#[test]
fn no_session() {
    looks(
        &samples::no_session(),
        "\
📂 NO ACTIVE SESSION

Writes go straight to the project's files.

📋 Sessions waiting (2):
   • main-work
   • experimental-v2

💡 Next steps:
   - Create new session: redraft start <name>
   - Switch to existing: redraft list → redraft switch <name>
",
        "\
NO ACTIVE SESSION

Writes go straight to the project's files.

Sessions waiting (2):
   - main-work
   - experimental-v2

Next steps:
   - Create new session: /session start <name>
   - Switch to existing: /session list → /session switch <name>
",
    );
}

#[test]
fn switched() {
    looks(
        &samples::switched(),
        "\
🔄 SWITCHED SESSION

From: work-on-chapter-01
To:   experimental-scene-0102

📂 Active Session Directory:
   workspace/sessions/experimental-scene-0102/

📊 Progress:
   • Modified files: 1
   • Created files: 0
   • Deleted files: 0
   • Session size: 487 KB
   • Human retries: 0

💡 Resume work or commit when ready
",
        "\
SWITCHED SESSION

From: work-on-chapter-01
To:   experimental-scene-0102

Active Session Directory:
   workspace/sessions/experimental-scene-0102/

Progress:
   - Modified files: 1
   - Created files: 0
   - Deleted files: 0
   - Session size: 487 KB
   - Human retries: 0

Resume work or commit when ready
",
    );
}

#[test]
fn preview() {
    looks(
        &samples::preview(),
        r#"⚠️ COMMIT SESSION: work-on-chapter-01

📊 Changes to be committed (4 files, +92 −44):

   Modified files (2):
     • acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     • acts/map.png                                  (binary) (project changed too)

   Created files (1):
     • acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     • context/old-timeline.json  +0 −41

   Human retries: 2
     • acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

🔢 Fingerprint: 5f0c2a91b3d47e68

❓ This will OVERWRITE global files.

💡 To proceed:
   - Land exactly this: redraft commit --force --expect 5f0c2a91b3d47e68
   - Land it as it is by then: redraft commit --force
   - Land only some files:
     redraft commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
        r#"COMMIT SESSION: work-on-chapter-01

Changes to be committed (4 files, +92 −44):

   Modified files (2):
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     - acts/map.png                                  (binary) (project changed too)

   Created files (1):
     - acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     - context/old-timeline.json  +0 −41

   Human retries: 2
     - acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

Fingerprint: 5f0c2a91b3d47e68

This will OVERWRITE global files.

To proceed:
   - Land exactly this:
     /session commit --force --expect 5f0c2a91b3d47e68
   - Land it as it is by then: /session commit --force
   - Land only some files:
     /session commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
    );
}

#[test]
fn committed() {
    looks(
        &samples::committed(),
        "\
✅ SESSION COMMITTED

Session: work-on-chapter-01
Commit: 20251109-143000-work-on-chapter-01

📁 Files copied to global:
   ✓ acts/act-1/chapters/chapter-01/scene-0101.md
   ✓ acts/map.png
   ✓ acts/act-1/chapters/chapter-01/scene-0103.md

📁 Files deleted from global:
   ✓ context/old-timeline.json

📦 Human retries archived:
   workspace/retries-archive/work-on-chapter-01/

🗑️ Session directory removed (kept in the trash)
🔓 Session lock cleared

🎉 Changes committed to the project!

💡 Next steps:
   - Take it back: redraft undo 20251109-143000-work-on-chapter-01
",
        "\
SESSION COMMITTED

Session: work-on-chapter-01
Commit: 20251109-143000-work-on-chapter-01

Files copied to global:
   - acts/act-1/chapters/chapter-01/scene-0101.md
   - acts/map.png
   - acts/act-1/chapters/chapter-01/scene-0103.md

Files deleted from global:
   - context/old-timeline.json

Human retries archived:
   workspace/retries-archive/work-on-chapter-01/

Session directory removed (kept in the trash)
Session lock cleared

Changes committed to the project!

Next steps:
   - Take it back: /session undo 20251109-143000-work-on-chapter-01
",
    );
}

#[test]
fn cancelled() {
    looks(
        &samples::cancelled(),
        "\
🛑 SESSION CANCELLED

Session: work-on-chapter-01

📊 Discarded changes:
   • Modified files: 5
   • Created files: 2
   • Deleted files: 0
   • Human retries: 2

📦 Human retries backed up:
   workspace/retries-archive/work-on-chapter-01-cancelled-20251109-143000/

🗑️ Session directory removed (in the trash for 14 days)
🔓 Session lock cleared

💡 Global files unchanged

💡 Next steps:
   - Bring it back: redraft restore work-on-chapter-01
",
        "\
SESSION CANCELLED

Session: work-on-chapter-01

Discarded changes:
   - Modified files: 5
   - Created files: 2
   - Deleted files: 0
   - Human retries: 2

Human retries backed up:
   workspace/retries-archive/work-on-chapter-01-cancelled-20251109-143000/

Session directory removed (in the trash for 14 days)
Session lock cleared

Global files unchanged

Next steps:
   - Bring it back: /session restore work-on-chapter-01
",
    );
}

#[test]
fn restored() {
    looks(
        &samples::restored(),
        "\
✅ SESSION RESTORED: work-on-chapter-01

It was cancelled 3 days ago.

📊 Changes (uncommitted):
   • Modified: 2 files
   • Created: 1 file
   • Deleted: 1 file

💡 Next steps:
   - Work in it: redraft switch work-on-chapter-01
",
        "\
SESSION RESTORED: work-on-chapter-01

It was cancelled 3 days ago.

Changes (uncommitted):
   - Modified: 2 files
   - Created: 1 file
   - Deleted: 1 file

Next steps:
   - Work in it: /session switch work-on-chapter-01
",
    );
}

#[test]
fn archived() {
    looks(
        &samples::archived(),
        "\
🗄️ SESSION ARCHIVED: work-on-chapter-01

It is kept as it is; nothing has landed.

📊 What it came to:
   • At work for 2h 15m
   • Landed: 3 files (+120 −30)
   • Modified: 2 files, not landed
   • Created: 1 file, not landed
   • Deleted: 1 file, not landed
   • Checkpoints: 3, retries: 2

📓 Notebook:
   • Objectives: 1 of 2 completed
   • Tasks: 0 of 3 completed
   • Blockers: 1 open
   • Decisions: 1

🔓 Session lock cleared

💡 Next steps:
   - Bring it back: redraft reopen work-on-chapter-01
   - See what is archived: redraft list --state archived
",
        "\
SESSION ARCHIVED: work-on-chapter-01

It is kept as it is; nothing has landed.

What it came to:
   - At work for 2h 15m
   - Landed: 3 files (+120 −30)
   - Modified: 2 files, not landed
   - Created: 1 file, not landed
   - Deleted: 1 file, not landed
   - Checkpoints: 3, retries: 2

Notebook:
   - Objectives: 1 of 2 completed
   - Tasks: 0 of 3 completed
   - Blockers: 1 open
   - Decisions: 1

Session lock cleared

Next steps:
   - Bring it back: /session reopen work-on-chapter-01
   - See what is archived: /session list --state archived
",
    );
}

#[test]
fn retried() {
    looks(
        &samples::retried(),
        "\
✅ HUMAN RETRY RECORDED

📝 File: acts/act-1/chapters/chapter-01/scene-0101.md
🔢 Retry Number: 1
📝 Reason: Too much exposition, needs more action
🤖 Source: User command

💾 Saved to:
   • workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md
   • workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md.reason.txt

💡 Previous version preserved for review
",
        "\
HUMAN RETRY RECORDED

File: acts/act-1/chapters/chapter-01/scene-0101.md
Retry Number: 1
Reason: Too much exposition, needs more action
Source: User command

Saved to:
   - workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md
   - workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md.reason.txt

Previous version preserved for review
",
    );
}

#[test]
fn an_empty_list_says_whether_there_are_others() {
    for (narrowed, says) in [
        (false, "No sessions yet.\n\n💡 Next steps:\n   - Create new session: redraft start <name>\n"),
        (true, "None is like that.\n\n💡 Next steps:\n   - See them all: redraft list\n"),
    ] {
        let report = Report::List(List { active: None, sessions: Vec::new(), narrowed });
        assert_eq!(text(&report, &samples::terminal()), format!("📋 SESSIONS (0 total)\n\n{says}"));
    }
}

#[test]
fn retried_of_the_project() {
    let Report::Retried(mut report) = samples::retried() else { unreachable!("a kept retry") };
    report.from_session = false;
    let text = text(&Report::Retried(report), &samples::terminal());
    let end =
        "Previous version preserved for review\n   • it is the project's: the session has none of its own\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn resolved() {
    looks(
        &samples::resolved(1),
        r#"{"ok":true,"report":"resolved","paths":[{"path":"acts/scene-0101.md","resolved_path":"workspace/sessions/work-on-chapter-01/acts/scene-0101.md","absolute_path":"/book/workspace/sessions/work-on-chapter-01/acts/scene-0101.md","source":"session","exists":true,"modified_in_session":true,"session":"work-on-chapter-01"}],"path":"acts/scene-0101.md","resolved_path":"workspace/sessions/work-on-chapter-01/acts/scene-0101.md","absolute_path":"/book/workspace/sessions/work-on-chapter-01/acts/scene-0101.md","source":"session","exists":true,"modified_in_session":true,"session":"work-on-chapter-01"}
"#,
        "\
acts/scene-0101.md
   - Resolved: workspace/sessions/work-on-chapter-01/acts/scene-0101.md
   - Source: session
   - Exists: yes
   - Modified in session: yes
   - Session: work-on-chapter-01
",
    );
}

#[test]
fn removed() {
    looks(
        &samples::removed(),
        "\
🗑️ DELETED IN SESSION: work-on-chapter-01 (1 file)

   ✓ acts/scene-0104.md

💡 Global files unchanged until the session is committed
",
        "\
DELETED IN SESSION: work-on-chapter-01 (1 file)

   - acts/scene-0104.md

Global files unchanged until the session is committed
",
    );
}

#[test]
fn brought() {
    looks(
        &samples::brought(),
        "\
📥 IN SESSION: work-on-chapter-01 (2 files)

   ✓ acts/scene-0101.md
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0101.md
   ✓ acts/scene-0102.md (was there)
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0102.md

💡 Change them there; what is not changed goes on following the project
",
        "\
IN SESSION: work-on-chapter-01 (2 files)

   - acts/scene-0101.md
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0101.md
   - acts/scene-0102.md (was there)
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0102.md

Change them there; what is not changed goes on following the project
",
    );
}

#[test]
fn moved() {
    looks(
        &samples::moved(),
        "\
🔄 RENAMED IN SESSION: work-on-chapter-01

From: acts/scene-0101.md
To:   acts/scene-0110.md

📂 In the session:
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0110.md

💡 Global files unchanged until the session is committed
",
        "\
RENAMED IN SESSION: work-on-chapter-01

From: acts/scene-0101.md
To:   acts/scene-0110.md

In the session:
   /book/workspace/sessions/work-on-chapter-01/acts/scene-0110.md

Global files unchanged until the session is committed
",
    );
}

#[test]
fn initialised() {
    looks(
        &samples::initialised(),
        "\
✅ CONFIGURATION WRITTEN

📁 File:
   /book/redraft.json

📂 Isolated in a session:
   • acts/**
   • context/**

💡 Next steps:
   - Create new session: redraft start <name>
",
        "\
CONFIGURATION WRITTEN

File:
   /book/redraft.json

Isolated in a session:
   - acts/**
   - context/**

Next steps:
   - Create new session: /session start <name>
",
    );
}

#[test]
fn installed() {
    looks(
        &samples::installed(),
        "\
✅ INSTALLED

📁 Settings:
   /book/.claude/settings.json

📝 Changed:
   ✓ hooks for 9 events
   ✓ the skills session and retry

⚠️ Worth knowing:
   • other hooks on PreToolUse are kept

💡 Next steps:
   - Check that it works: redraft doctor
",
        "\
INSTALLED

Settings:
   /book/.claude/settings.json

Changed:
   - hooks for 9 events
   - the skills session and retry

Worth knowing:
   - other hooks on PreToolUse are kept

Next steps:
   - Check that it works: redraft doctor
",
    );
}

#[test]
fn uninstalled() {
    looks(
        &samples::uninstalled(),
        "\
✅ UNINSTALLED

📁 Settings:
   /book/.claude/settings.json

🗑️ Taken out:
   ✓ hooks for 9 events

⚠️ Left, because it was changed by hand:
   • the skill retry
",
        "\
UNINSTALLED

Settings:
   /book/.claude/settings.json

Taken out:
   - hooks for 9 events

Left, because it was changed by hand:
   - the skill retry
",
    );
}

#[test]
fn doctor() {
    looks(
        &samples::doctor(),
        "\
❌ DOCTOR: 1 check failed

✅ hooks: all events answer
⚠️ reflink: not on this filesystem: copies take their time
❌ skills: not installed
   → redraft install
",
        "\
DOCTOR: 1 check failed

ok   hooks: all events answer
warn reflink: not on this filesystem: copies take their time
FAIL skills: not installed
   → redraft install
",
    );
}

#[test]
fn plain() {
    looks(
        &samples::plain_text(),
        "\
work-on-chapter-01 · 4 files
",
        "\
work-on-chapter-01 · 4 files
",
    );
}

#[test]
fn preview_in_conflict() {
    looks(
        &samples::preview_in_conflict(),
        r#"⚠️ COMMIT SESSION: work-on-chapter-01

📊 Changes to be committed (4 files, +92 −44):

   Modified files (2):
     • acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     • acts/map.png                                  (binary) (project changed too)

   Created files (1):
     • acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     • context/old-timeline.json  +0 −41

   Human retries: 2
     • acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

🛑 Conflicts (1):
   • acts/map.png
     changed in the project since the session first touched it

🔢 Fingerprint: 5f0c2a91b3d47e68

❓ Nothing lands while a file is in conflict.

💡 To proceed:
   - See both sides: redraft diff
   - Take the session's version: redraft commit --force --ours acts/map.png
   - Keep the project's version: redraft commit --force --theirs acts/map.png
   - Land only what is free, for example:
     redraft commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
        r#"COMMIT SESSION: work-on-chapter-01

Changes to be committed (4 files, +92 −44):

   Modified files (2):
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     - acts/map.png                                  (binary) (project changed too)

   Created files (1):
     - acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     - context/old-timeline.json  +0 −41

   Human retries: 2
     - acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

Conflicts (1):
   - acts/map.png
     changed in the project since the session first touched it

Fingerprint: 5f0c2a91b3d47e68

Nothing lands while a file is in conflict.

To proceed:
   - See both sides: /session diff
   - Take the session's version:
     /session commit --force --ours acts/map.png
   - Keep the project's version:
     /session commit --force --theirs acts/map.png
   - Land only what is free, for example:
     /session commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
    );
}

#[test]
fn preview_in_part() {
    looks(
        &samples::preview_in_part(),
        "\
⚠️ COMMIT SESSION: work-on-chapter-01

📊 Changes to be committed (1 file, +12 −3):

   Modified files (1):
     • acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3

   Only: acts/**/scene-0101.md, acts/a b.md
   Staying in the session: 3 files

🔢 Fingerprint: 5f0c2a91b3d47e68

❓ This will OVERWRITE global files.

💡 To proceed:
   - Land exactly this:
     redraft commit --force --files 'acts/**/scene-0101.md,acts/a b.md' --expect 5f0c2a91b3d47e68
   - Land it as it is by then:
     redraft commit --force --files 'acts/**/scene-0101.md,acts/a b.md'
",
        r#"COMMIT SESSION: work-on-chapter-01

Changes to be committed (1 file, +12 −3):

   Modified files (1):
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3

   Only: acts/**/scene-0101.md, acts/a b.md
   Staying in the session: 3 files

Fingerprint: 5f0c2a91b3d47e68

This will OVERWRITE global files.

To proceed:
   - Land exactly this:
     /session commit --force --files "acts/**/scene-0101.md,acts/a b.md" --expect 5f0c2a91b3d47e68
   - Land it as it is by then:
     /session commit --force --files "acts/**/scene-0101.md,acts/a b.md"
"#,
    );
}

#[test]
fn preview_of_retries_only() {
    looks(
        &samples::preview_of_retries_only(),
        r#"⚠️ COMMIT SESSION: work-on-chapter-01

📊 No changes to be committed

   Human retries: 2
     • acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

❓ No file changed: a commit archives the retries and closes the session.

💡 To proceed:
   - Close it: redraft commit --force
"#,
        r#"COMMIT SESSION: work-on-chapter-01

No changes to be committed

   Human retries: 2
     - acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

No file changed: a commit archives the retries and closes the session.

To proceed:
   - Close it: /session commit --force
"#,
    );
}

#[test]
fn committed_in_part() {
    looks(
        &samples::committed_in_part(),
        "\
✅ SESSION COMMITTED

Session: work-on-chapter-01

📁 Files copied to global:
   ✓ acts/act-1/chapters/chapter-01/scene-0101.md

📂 The project's version kept:
   • acts/map.png

📂 Session stays open: 3 files not committed

🎉 Changes committed to the project!

⚠️ Not tidied up yet; the next command does it:
     write workspace/.redraft/commits/20251109-143000/commit.jsonl: No space
     left on device
",
        "\
SESSION COMMITTED

Session: work-on-chapter-01

Files copied to global:
   - acts/act-1/chapters/chapter-01/scene-0101.md

The project's version kept:
   - acts/map.png

Session stays open: 3 files not committed

Changes committed to the project!

Not tidied up yet; the next command does it:
     write workspace/.redraft/commits/20251109-143000/commit.jsonl: No
     space left on device
",
    );
}

#[test]
fn cancelled_crashed() {
    looks(
        &samples::cancelled_crashed(),
        r"🛑 SESSION CANCELLED

Session: a\u{1b}b

📊 Discarded changes:
   • Files: unknown (its records could not be read)
   • Human retries: 0

🗑️ Session directory removed for good

💡 Global files unchanged
",
        r"SESSION CANCELLED

Session: a\u{1b}b

Discarded changes:
   - Files: unknown (its records could not be read)
   - Human retries: 0

Session directory removed for good

Global files unchanged
",
    );
}

#[test]
fn removed_odd_names() {
    looks(
        &samples::removed_odd_names(),
        r#"🗑️ DELETED IN SESSION: work-on-chapter-01 (2 files)

   ✓ "acts/a\nb.md"
   ✓ "acts/\xff.md"

💡 Global files unchanged until the session is committed
"#,
        r#"DELETED IN SESSION: work-on-chapter-01 (2 files)

   - "acts/a\nb.md"
   - "acts/\xff.md"

Global files unchanged until the session is committed
"#,
    );
}

#[test]
fn log() {
    looks(
        &samples::log(),
        "\
📋 COMMITS (2 total)

   • 20251109-120000-2  work-on-chapter-01  2 hours ago
     - 3 files, +12 −3, takes back 20251109-120000
   • 20251109-120000  work-on-chapter-01    2 hours ago
     - 3 files, +12 −3, taken back
",
        "\
COMMITS (2 total)

   - 20251109-120000-2  work-on-chapter-01  2 hours ago
     - 3 files, +12 −3, takes back 20251109-120000
   - 20251109-120000  work-on-chapter-01    2 hours ago
     - 3 files, +12 −3, taken back
",
    );
}

#[test]
fn undone() {
    looks(
        &samples::undone(),
        "\
✅ COMMIT TAKEN BACK: 20251109-120000

Session: work-on-chapter-01
Undo: 20251109-120000-2

📁 As before the commit:
   ✓ acts/plan.md

⚠️ Left alone:
   • acts/map.png
     the project has moved on since: it is not what the commit put there

💡 Next steps:
   - Take this undo back: redraft undo 20251109-120000-2
",
        "\
COMMIT TAKEN BACK: 20251109-120000

Session: work-on-chapter-01
Undo: 20251109-120000-2

As before the commit:
   - acts/plan.md

Left alone:
   - acts/map.png
     the project has moved on since: it is not what the commit put
     there

Next steps:
   - Take this undo back: /session undo 20251109-120000-2
",
    );
}

#[test]
fn recovered() {
    looks(
        &samples::recovered(),
        "\
✅ RECOVERED: work-on-chapter-01

   ✓ session.json is made anew, with 2 retries

⚠️ Not known any more:
   • description and tags

💡 Next steps:
   - Look at it: redraft status work-on-chapter-01
",
        "\
RECOVERED: work-on-chapter-01

   - session.json is made anew, with 2 retries

Not known any more:
   - description and tags

Next steps:
   - Look at it: /session status work-on-chapter-01
",
    );
}

#[test]
fn noted() {
    looks(
        &samples::noted(),
        "\
✅ OBJECTIVE COMPLETED: obj-1

Implement OAuth2 integration

📊 Objectives: 1 of 2 completed

💡 Next steps:
   - See them all: redraft objective list
",
        "\
OBJECTIVE COMPLETED: obj-1

Implement OAuth2 integration

Objectives: 1 of 2 completed

Next steps:
   - See them all: /session objective list
",
    );
}

#[test]
fn notes() {
    looks(
        &samples::notes(),
        r#"📋 TASKS: 0 OF 3 COMPLETED

   • task-2  Cover the refresh with a test [tdd] (blocked)
     - 2 hours ago pending
     - 1 hour ago in_progress
     - just now blocked: no keys yet

⚠️ 1 line of the notebook cannot be read and is left out

💡 Next steps:
   - Add one: redraft task add "<text>"
"#,
        r#"TASKS: 0 OF 3 COMPLETED

   - task-2  Cover the refresh with a test [tdd] (blocked)
     - 2 hours ago pending
     - 1 hour ago in_progress
     - just now blocked: no keys yet

1 line of the notebook cannot be read and is left out

Next steps:
   - Add one: /session task add "<text>"
"#,
    );
}

#[test]
fn decided() {
    looks(
        &samples::decided(),
        "\
✅ DECISION RECORDED: dec-1

Using PKCE flow
     - Rationale: Protection against code interception
     - Alternative: Implicit flow: deprecated

💡 Next steps:
   - See them all: redraft decision list
",
        "\
DECISION RECORDED: dec-1

Using PKCE flow
     - Rationale: Protection against code interception
     - Alternative: Implicit flow: deprecated

Next steps:
   - See them all: /session decision list
",
    );
}

#[test]
fn tagged() {
    looks(
        &samples::tagged(),
        "\
✅ TAGS ADDED: draft, chapter-01

💡 Next steps:
   - See them all: redraft tag list
",
        "\
TAGS ADDED: draft, chapter-01

Next steps:
   - See them all: /session tag list
",
    );
}

#[test]
fn objectives() {
    looks(
        &samples::objectives(),
        r#"🎯 OBJECTIVES: 1 OF 2 COMPLETED

   ✓ obj-1  OAuth provider interface (completed)
   • obj-2  GitHub OAuth\u{1b}[2J

💡 Next steps:
   - Add one: redraft objective add "<text>"
"#,
        r#"OBJECTIVES: 1 OF 2 COMPLETED

   - obj-1  OAuth provider interface (completed)
   - obj-2  GitHub OAuth\u{1b}[2J

Next steps:
   - Add one: /session objective add "<text>"
"#,
    );
}

#[test]
fn started_for_task() {
    looks(
        &samples::started_for_task(),
        r#"WARNING: Multiple active sessions detected
ANALYSIS: Task relevance = low
DECISION: Creating new session
SESSION_ID: work-on-chapter-01

📊 Open sessions by relevance:
   • main-work: low (20 %)
   • old-work: none (0 %)

✅ SESSION CREATED: work-on-chapter-01

Description: Generating all scenes for chapter 01

Type: tdd

🌿 Git branch: feature/auth

🎯 Objectives:
   • Token refresh

📂 Session Path:
   workspace/sessions/work-on-chapter-01/

⚡ Copy-on-Write Mode:
   • Empty session created (~10 KB structure only)
   • Files will copy on first write
   • Read operations use global files by default
   • Isolated: acts/**, context/**

🔒 Session activated (written to session.lock)

💡 How CoW works:
   1. Read "acts/.../plan.md" → Reads from global (not yet modified)
   2. Write "acts/.../plan.md" → CoW: Copies to session, then modifies
   3. Read "acts/.../plan.md" → Reads from session (now modified)

🚀 Ready to work in session!
"#,
        r#"WARNING: Multiple active sessions detected
ANALYSIS: Task relevance = low
DECISION: Creating new session
SESSION_ID: work-on-chapter-01

Open sessions by relevance:
   - main-work: low (20 %)
   - old-work: none (0 %)

SESSION CREATED: work-on-chapter-01

Description: Generating all scenes for chapter 01

Type: tdd

Git branch: feature/auth

Objectives:
   - Token refresh

Session Path:
   workspace/sessions/work-on-chapter-01/

Copy-on-Write Mode:
   - Empty session created (~10 KB structure only)
   - Files will copy on first write
   - Read operations use global files by default
   - Isolated: acts/**, context/**

Session activated (written to session.lock)

How CoW works:
   1. Read "acts/.../plan.md" → Reads from global (not yet modified)
   2. Write "acts/.../plan.md" → CoW: Copies to session, then modifies
   3. Read "acts/.../plan.md" → Reads from session (now modified)

Ready to work in session!
"#,
    );
}

#[test]
fn checkpoint_taken() {
    looks(
        &samples::checkpoint_taken(),
        "\
✅ CHECKPOINT: cp-2

Session: work-on-chapter-01
Label: oauth-complete
TDD phase: GREEN
Notes: OAuth flow tested
Git: feature/auth, 2 paths not committed
Git commit: 89e6c98d92887913cadf06b2adb97f26cde4849b

📊 Changed since cp-1 (4 files):
   • acts/scene-0101.md (modified)
   • acts/scene-0103.md (created)
   • acts/scene-0110.md (renamed from acts/scene-0102.md)
   • context/old.json (deleted)

💡 Next steps:
   - Return to it: redraft rollback cp-2
   - See them all: redraft checkpoints
",
        "\
CHECKPOINT: cp-2

Session: work-on-chapter-01
Label: oauth-complete
TDD phase: GREEN
Notes: OAuth flow tested
Git: feature/auth, 2 paths not committed
Git commit: 89e6c98d92887913cadf06b2adb97f26cde4849b

Changed since cp-1 (4 files):
   - acts/scene-0101.md (modified)
   - acts/scene-0103.md (created)
   - acts/scene-0110.md (renamed from acts/scene-0102.md)
   - context/old.json (deleted)

Next steps:
   - Return to it: /session rollback cp-2
   - See them all: /session checkpoints
",
    );
}

#[test]
fn checkpoints() {
    looks(
        &samples::checkpoints(),
        "\
📋 CHECKPOINTS OF work-on-chapter-01 (2 total)

   • cp-2  oauth-complete  1 hour ago
     - 4 files changed, GREEN, on feature/auth, git 89e6c98d92
     - OAuth flow tested
   • cp-1  2 hours ago
     - 1 file changed

💡 Next steps:
   - Return to one: redraft rollback <id>
",
        "\
CHECKPOINTS OF work-on-chapter-01 (2 total)

   - cp-2  oauth-complete  1 hour ago
     - 4 files changed, GREEN, on feature/auth, git 89e6c98d92
     - OAuth flow tested
   - cp-1  2 hours ago
     - 1 file changed

Next steps:
   - Return to one: /session rollback <id>
",
    );
}

#[test]
fn rolled_back() {
    looks(
        &samples::rolled_back(),
        "\
✅ ROLLED BACK TO: cp-1

Session: work-on-chapter-01

📊 Different now (4 files):
   • acts/scene-0101.md (modified)
   • acts/scene-0103.md (created)
   • acts/scene-0110.md (renamed from acts/scene-0102.md)
   • context/old.json (deleted)

💡 Global files unchanged

💡 Next steps:
   - Take it back: redraft rollback cp-3
",
        "\
ROLLED BACK TO: cp-1

Session: work-on-chapter-01

Different now (4 files):
   - acts/scene-0101.md (modified)
   - acts/scene-0103.md (created)
   - acts/scene-0110.md (renamed from acts/scene-0102.md)
   - context/old.json (deleted)

Global files unchanged

Next steps:
   - Take it back: /session rollback cp-3
",
    );
}

#[test]
fn preview_gated() {
    looks(
        &samples::preview_gated(),
        r#"⚠️ COMMIT SESSION: work-on-chapter-01

📊 Changes to be committed (4 files, +92 −44):

   Modified files (2):
     • acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     • acts/map.png                                  (binary) (project changed too)

   Created files (1):
     • acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     • context/old-timeline.json  +0 −41

   Human retries: 2
     • acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

🔢 Fingerprint: 5f0c2a91b3d47e68

🚧 Gates:
   • blockers: closed
     - blk-1: Waiting on API keys
   • tasks: open
   • tests: is run before it lands

❓ This will OVERWRITE global files.

💡 To proceed:
   - Land exactly this: redraft commit --force --expect 5f0c2a91b3d47e68
   - Land it as it is by then: redraft commit --force
   - Land only some files:
     redraft commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
        r#"COMMIT SESSION: work-on-chapter-01

Changes to be committed (4 files, +92 −44):

   Modified files (2):
     - acts/act-1/chapters/chapter-01/scene-0101.md  +12 −3
     - acts/map.png                                  (binary) (project changed too)

   Created files (1):
     - acts/act-1/chapters/chapter-01/scene-0103.md  +80 −0

   Deleted files (1):
     - context/old-timeline.json  +0 −41

   Human retries: 2
     - acts/act-1/chapters/chapter-01/scene-0101.md: 2 retries
       - Retry 1: "Too much exposition"
       - Retry 2: "Character voice inconsistent\u{1b}[2J" (AI detected)

Fingerprint: 5f0c2a91b3d47e68

Gates:
   - blockers: closed
     - blk-1: Waiting on API keys
   - tasks: open
   - tests: is run before it lands

This will OVERWRITE global files.

To proceed:
   - Land exactly this:
     /session commit --force --expect 5f0c2a91b3d47e68
   - Land it as it is by then: /session commit --force
   - Land only some files:
     /session commit --force --files acts/act-1/chapters/chapter-01/scene-0101.md
"#,
    );
}

#[test]
fn brief() {
    assert_eq!(
        text(&samples::brief(), &samples::terminal()),
        r#"📂 RESUMED SESSION: work-on-chapter-01

From: main-work, which keeps its changes
What it is for: OAuth for everybody
Type: tdd, created 2 hours ago
Git branch: feature/auth

🎯 What we are building:
   • obj-1  Google OAuth

🧭 How, as decided:
   • dec-1  Using PKCE flow
     - Rationale: Protection against code interception

📚 How, as the project says:
   • CLAUDE.md (3 days old)
   • docs/architecture.md (90 days old, may be out of date)

✅ What is done:
   ✓ task-1  Provider interface (completed)
   • Modified: 1 file, not landed yet
   • Created: 1 file, not landed yet
   • Deleted: 0 files, not landed yet
     - src/auth.rs
     - and 1 more

▶️ What is next:
   • task-2  Token refresh

⚠️ What to watch for:
   • blk-1  Waiting on API keys
   • src/auth.rs changed in the project, too
   • src/auth.rs was rejected 2 times: "Too clever"

📓 Noted:
   • note-1  The keys come on Monday

🤝 Handed over 30 minutes ago:
   • OAuth works but for the refresh
   • Last: worked on src/auth.rs
   • Next: Token refresh
   • Next: Docs
   • Read: src/auth.rs
   • Asked last: now the refresh
   • To remember: Keys are in the vault

⚠️ The notebook is large: what is older is not told here

💡 Next steps:
   - See the changes: redraft diff
   - See everything: redraft status
"#
    );
}

#[test]
fn brief_in_claude_code() {
    assert_eq!(
        text(&samples::brief(), &samples::plain_slash()),
        r#"RESUMED SESSION: work-on-chapter-01

From: main-work, which keeps its changes
What it is for: OAuth for everybody
Type: tdd, created 2 hours ago
Git branch: feature/auth

What we are building:
   - obj-1  Google OAuth

How, as decided:
   - dec-1  Using PKCE flow
     - Rationale: Protection against code interception

How, as the project says:
   - CLAUDE.md (3 days old)
   - docs/architecture.md (90 days old, may be out of date)

What is done:
   - task-1  Provider interface (completed)
   - Modified: 1 file, not landed yet
   - Created: 1 file, not landed yet
   - Deleted: 0 files, not landed yet
     - src/auth.rs
     - and 1 more

What is next:
   - task-2  Token refresh

What to watch for:
   - blk-1  Waiting on API keys
   - src/auth.rs changed in the project, too
   - src/auth.rs was rejected 2 times: "Too clever"

Noted:
   - note-1  The keys come on Monday

Handed over 30 minutes ago:
   - OAuth works but for the refresh
   - Last: worked on src/auth.rs
   - Next: Token refresh
   - Next: Docs
   - Read: src/auth.rs
   - Asked last: now the refresh
   - To remember: Keys are in the vault

The notebook is large: what is older is not told here

Next steps:
   - See the changes: /session diff
   - See everything: /session status
"#
    );
}

#[test]
fn ended() {
    looks(
        &samples::ended(),
        "\
🏁 SESSION PAUSED: work-on-chapter-01

Its work is kept; nothing has landed.

📄 Handoff:
   workspace/sessions/work-on-chapter-01/artifacts/handoff-20251109-143000.md

📓 Notebook:
   • Objectives: 1 of 2 completed
   • Tasks: 0 of 3 completed
   • Blockers: 1 open
   • Decisions: 1

📊 Not landed yet:
   • Modified: 2 files
   • Created: 1 file
   • Deleted: 1 file

🌿 Git: merged into main

🌿 Git: pushed main

💡 Next steps:
   - Go on: redraft resume work-on-chapter-01
",
        "\
SESSION PAUSED: work-on-chapter-01

Its work is kept; nothing has landed.

Handoff:
   workspace/sessions/work-on-chapter-01/artifacts/handoff-20251109-143000.md

Notebook:
   - Objectives: 1 of 2 completed
   - Tasks: 0 of 3 completed
   - Blockers: 1 open
   - Decisions: 1

Not landed yet:
   - Modified: 2 files
   - Created: 1 file
   - Deleted: 1 file

Git: merged into main

Git: pushed main

Next steps:
   - Go on: /session resume work-on-chapter-01
",
    );
}

#[test]
fn handed_over() {
    looks(
        &samples::handed_over(),
        r#"🤝 HANDOVER: work-on-chapter-01

🤝 Handed over 30 minutes ago:
   • OAuth works but for the refresh
   • Last: worked on src/auth.rs
   • Next: Token refresh
   • Next: Docs
   • Read: src/auth.rs
   • Asked last: now the refresh
   • To remember: Keys are in the vault

⚠️ /etc/passwd is left out: Path "/etc/passwd" is outside the project

💡 To go on from here, type at the terminal:
   claude --resume 5e551011-0000-4000-8000-000000000001
"#,
        r#"HANDOVER: work-on-chapter-01

Handed over 30 minutes ago:
   - OAuth works but for the refresh
   - Last: worked on src/auth.rs
   - Next: Token refresh
   - Next: Docs
   - Read: src/auth.rs
   - Asked last: now the refresh
   - To remember: Keys are in the vault

/etc/passwd is left out: Path "/etc/passwd" is outside the project

To go on from here, type at the terminal:
   claude --resume 5e551011-0000-4000-8000-000000000001
"#,
    );
}

#[test]
fn found() {
    looks(
        &samples::found(),
        r#"🔎 FOUND: 3 sessions for "token refresh"

   • work-on-chapter-01 (open, 80 %)
     objective: Token refresh for Google OAuth
   • old-work (landed, 30 %)
     src/auth.rs: fn refresh()
   • and 1 more

💡 Next steps:
   - Go on in one: redraft resume <name>
   - Bring one back: redraft restore <name>
"#,
        r#"FOUND: 3 sessions for "token refresh"

   - work-on-chapter-01 (open, 80 %)
     objective: Token refresh for Google OAuth
   - old-work (landed, 30 %)
     src/auth.rs: fn refresh()
   - and 1 more

Next steps:
   - Go on in one: /session resume <name>
   - Bring one back: /session restore <name>
"#,
    );
}

#[test]
fn found_so_far() {
    let Report::Found(found) = samples::found() else { panic!("no search") };
    looks(
        &Report::Found(Found { hits: Vec::new(), total: 0, kept: 10_000, unsearched: 9_000, ..found }),
        r#"🔎 FOUND: 0 sessions for "token refresh"

⚠️ The index is still being made: 1000 of 10000 sessions searched
   • What was changed last is searched first. Searching again goes on from
     there; at a terminal `redraft search` does the rest at once.

💡 Next steps:
   - Search again: redraft search <text>
   - See them all: redraft list
"#,
        r#"FOUND: 0 sessions for "token refresh"

The index is still being made: 1000 of 10000 sessions searched
   - What was changed last is searched first. Searching again goes on
     from there; at a terminal `redraft search` does the rest at once.

Next steps:
   - Search again: /session search <text>
   - See them all: /session list
"#,
    );
}

#[test]
fn history() {
    looks(
        &samples::history(),
        "\
📜 HISTORY (the latest 2 sessions)

   • work-on-chapter-01 (open, tdd, last worked on 15 minutes ago)
     - OAuth for everybody
     - 2h 15m, 1 of 2 objectives, 0 of 3 tasks, 3 files landed (+120 −30), 4
       files not landed, 2 blockers, 1 decision, 3 checkpoints, 2 retries
   • old-work (landed, 3 days ago)
     - 45m, 1 file landed (+8 −0)

💡 Next steps:
   - See more: redraft history --count 4
   - Put two side by side: redraft compare <name> <name>
",
        "\
HISTORY (the latest 2 sessions)

   - work-on-chapter-01 (open, tdd, last worked on 15 minutes ago)
     - OAuth for everybody
     - 2h 15m, 1 of 2 objectives, 0 of 3 tasks, 3 files landed (+120
       −30), 4 files not landed, 2 blockers, 1 decision, 3
       checkpoints, 2 retries
   - old-work (landed, 3 days ago)
     - 45m, 1 file landed (+8 −0)

Next steps:
   - See more: /session history --count 4
   - Put two side by side: /session compare <name> <name>
",
    );
}

#[test]
fn compared() {
    looks(
        &samples::compared(),
        "\
⚖️ COMPARED: work-on-chapter-01 and old-work

   • work-on-chapter-01 (open, tdd, last worked on 15 minutes ago)
     - OAuth for everybody
   • old-work (landed, 3 days ago)

📊 What each came to:
   • At work:           2h 15m and 45m
   • Objectives:        1 of 2 and 0
   • Tasks:             0 of 3 and 0
   • Blockers:          2 and 0
   • Decisions:         1 and 0
   • Checkpoints:       3 and 0
   • Retries:           2 and 0
   • Landings:          1 and 1
   • Files landed:      3 and 1
   • Files not landed:  4 and 0

🔀 Files of both (1):
   • src/auth.rs

📁 Files of work-on-chapter-01 alone (1):
   • src/token.rs

📁 Files of old-work alone (0):
",
        "\
COMPARED: work-on-chapter-01 and old-work

   - work-on-chapter-01 (open, tdd, last worked on 15 minutes ago)
     - OAuth for everybody
   - old-work (landed, 3 days ago)

What each came to:
   - At work:           2h 15m and 45m
   - Objectives:        1 of 2 and 0
   - Tasks:             0 of 3 and 0
   - Blockers:          2 and 0
   - Decisions:         1 and 0
   - Checkpoints:       3 and 0
   - Retries:           2 and 0
   - Landings:          1 and 1
   - Files landed:      3 and 1
   - Files not landed:  4 and 0

Files of both (1):
   - src/auth.rs

Files of work-on-chapter-01 alone (1):
   - src/token.rs

Files of old-work alone (0):
",
    );
}

#[test]
fn analysis() {
    looks(
        &samples::analysis(),
        r#"📈 ANALYSIS (2 sessions)

All that are kept, open and ended.

🚀 Velocity, week by week:
   • 2025-11-03: 2 sessions started, 1 session landed, 1 objective completed, 3
     tasks completed, 4 files in 2 landings (+128 −30), 2 retries
   • 2025-11-10: nothing
   • From start to landing: 1h 00m (median)

🔄 Retries by file:
   • acts/scene-0101.md: 2 retries
     - "Too much exposition"
     - "Exposition again"

🔁 Patterns:
   • src/auth.rs is in 3 sessions
   • src/auth.rs and tests/auth.rs landed together 4 times
   • "exposition" is in 2 reasons: "Too much exposition"

🧪 Test-driven work:
   • 2 cycles in 1 session
   • Checkpoints: 2 RED, 3 GREEN, 1 REFACTOR

📏 Discipline:
   • work-on-chapter-01 (open): cp-3 is GREEN, and no test was RED before it

💡 Next steps:
   - See the sessions: redraft history --metrics
   - Only what is new: redraft analyze --since 7d
"#,
        r#"ANALYSIS (2 sessions)

All that are kept, open and ended.

Velocity, week by week:
   - 2025-11-03: 2 sessions started, 1 session landed, 1 objective
     completed, 3 tasks completed, 4 files in 2 landings (+128 −30), 2
     retries
   - 2025-11-10: nothing
   - From start to landing: 1h 00m (median)

Retries by file:
   - acts/scene-0101.md: 2 retries
     - "Too much exposition"
     - "Exposition again"

Patterns:
   - src/auth.rs is in 3 sessions
   - src/auth.rs and tests/auth.rs landed together 4 times
   - "exposition" is in 2 reasons: "Too much exposition"

Test-driven work:
   - 2 cycles in 1 session
   - Checkpoints: 2 RED, 3 GREEN, 1 REFACTOR

Discipline:
   - work-on-chapter-01 (open): cp-3 is GREEN, and no test was RED
     before it

Next steps:
   - See the sessions: /session history --metrics
   - Only what is new: /session analyze --since 7d
"#,
    );
}

#[test]
fn analysis_of_nothing() {
    looks(
        &samples::analysis_of_nothing(),
        "\
📈 ANALYSIS (0 sessions)

Since 2025-11-02.

🚀 Velocity, week by week:
   • Nothing yet

🔄 Retries by file:
   • None

🔁 Patterns:
   • Nothing happened twice

📏 Discipline:
   • Every rule was kept

💡 Next steps:
   - See the sessions: redraft history --metrics
   - Only what is new: redraft analyze --since 7d
",
        "\
ANALYSIS (0 sessions)

Since 2025-11-02.

Velocity, week by week:
   - Nothing yet

Retries by file:
   - None

Patterns:
   - Nothing happened twice

Discipline:
   - Every rule was kept

Next steps:
   - See the sessions: /session history --metrics
   - Only what is new: /session analyze --since 7d
",
    );
}

#[test]
fn collected() {
    looks(
        &samples::collected(),
        "\
🧹 WOULD BE REMOVED: 2.3 MB

   • 1 session of the trash
   • 1 landing that could be taken back
   • 12 contents that no session refers to
   • 1 thing that killed processes left behind
     - old-idea.20251001-120000.cancelled
     - 20250901-120000

💡 Next steps:
   - Do it: redraft gc
",
        "\
WOULD BE REMOVED: 2.3 MB

   - 1 session of the trash
   - 1 landing that could be taken back
   - 12 contents that no session refers to
   - 1 thing that killed processes left behind
     - old-idea.20251001-120000.cancelled
     - 20250901-120000

Next steps:
   - Do it: /session gc
",
    );
}

#[test]
fn summary() {
    looks(
        &samples::summary(),
        r"# my\_book: 2025-11-02 to 2025-11-09

2 sessions started, 1 session landed, 1 objective completed, 3 tasks completed, 4 files in 2 landings (+128 −30), 2 retries.

## Completed

* Implement OAuth2 \<integration\> (work-on-chapter-01)

## Decided

* Using \*PKCE\* (work-on-chapter-01)
  * No code interception \& the like

## In the way

* Waiting on API keys (work-on-chapter-01)

## Next

* Token refresh (work-on-chapter-01)

## Sessions

* work-on-chapter-01 (open, 2025-11-09)
  * OAuth for everybody
  * 2h 15m, 1 of 2 objectives, 0 of 3 tasks, 3 files landed (+120 −30), 4 files not landed, 2 blockers, 1 decision, 3 checkpoints, 2 retries
* old-work (landed, 2025-11-06)
  * 45m, 1 file landed (+8 −0)

## Rejected versions

* acts/scene-0101.md (2)
  * Too much exposition
  * Exposition again

## Rules that were not kept

* work-on-chapter-01: cp-3 is GREEN, and no test was RED before it

## Week by week

| Week from | Started | Landed | Objectives | Tasks | Files | Lines | Retries |
|---|---|---|---|---|---|---|---|
| 2025-11-03 | 2 | 1 | 1 | 3 | 4 | +128 −30 | 2 |
| 2025-11-10 | 0 | 0 | 0 | 0 | 0 | +0 −0 | 0 |

There are older sessions, which are not told here.
",
        r"# my\_book: 2025-11-02 to 2025-11-09

2 sessions started, 1 session landed, 1 objective completed, 3 tasks completed, 4 files in 2 landings (+128 −30), 2 retries.

## Completed

* Implement OAuth2 \<integration\> (work-on-chapter-01)

## Decided

* Using \*PKCE\* (work-on-chapter-01)
  * No code interception \& the like

## In the way

* Waiting on API keys (work-on-chapter-01)

## Next

* Token refresh (work-on-chapter-01)

## Sessions

* work-on-chapter-01 (open, 2025-11-09)
  * OAuth for everybody
  * 2h 15m, 1 of 2 objectives, 0 of 3 tasks, 3 files landed (+120 −30), 4 files not landed, 2 blockers, 1 decision, 3 checkpoints, 2 retries
* old-work (landed, 2025-11-06)
  * 45m, 1 file landed (+8 −0)

## Rejected versions

* acts/scene-0101.md (2)
  * Too much exposition
  * Exposition again

## Rules that were not kept

* work-on-chapter-01: cp-3 is GREEN, and no test was RED before it

## Week by week

| Week from | Started | Landed | Objectives | Tasks | Files | Lines | Retries |
|---|---|---|---|---|---|---|---|
| 2025-11-03 | 2 | 1 | 1 | 3 | 4 | +128 −30 | 2 |
| 2025-11-10 | 0 | 0 | 0 | 0 | 0 | +0 −0 | 0 |

There are older sessions, which are not told here.
",
    );
}

/// A program gets the same as with `--json`, whichever way it asked.
#[test]
fn a_summary_as_json_is_the_answer_itself() {
    let plain = text(&samples::summary_json(), &samples::terminal());
    assert_eq!(plain, crate::ui::json(&samples::summary()) + "\n");
}

#[test]
fn summary_html() {
    let page = text(&samples::summary_html(), &samples::terminal());
    assert_eq!(
        page,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>my_book: 2025-11-02 to 2025-11-09</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse }
th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left }
</style>
</head>
<body>
<h1>my_book: 2025-11-02 to 2025-11-09</h1>
<p>2 sessions started, 1 session landed, 1 objective completed, 3 tasks completed, 4 files in 2 landings (+128 −30), 2 retries.</p>
<h2>Completed</h2>
<ul>
<li>Implement OAuth2 &lt;integration&gt; (work-on-chapter-01)</li>
</ul>
<h2>Decided</h2>
<ul>
<li>Using *PKCE* (work-on-chapter-01)<br>No code interception &amp; the like</li>
</ul>
<h2>In the way</h2>
<ul>
<li>Waiting on API keys (work-on-chapter-01)</li>
</ul>
<h2>Next</h2>
<ul>
<li>Token refresh (work-on-chapter-01)</li>
</ul>
<h2>Sessions</h2>
<ul>
<li>work-on-chapter-01 (open, 2025-11-09)<br>OAuth for everybody<br>2h 15m, 1 of 2 objectives, 0 of 3 tasks, 3 files landed (+120 −30), 4 files not landed, 2 blockers, 1 decision, 3 checkpoints, 2 retries</li>
<li>old-work (landed, 2025-11-06)<br>45m, 1 file landed (+8 −0)</li>
</ul>
<h2>Rejected versions</h2>
<ul>
<li>acts/scene-0101.md (2)<br>Too much exposition<br>Exposition again</li>
</ul>
<h2>Rules that were not kept</h2>
<ul>
<li>work-on-chapter-01: cp-3 is GREEN, and no test was RED before it</li>
</ul>
<h2>Week by week</h2>
<table>
<tr><th>Week from</th><th>Started</th><th>Landed</th><th>Objectives</th><th>Tasks</th><th>Files</th><th>Lines</th><th>Retries</th></tr>
<tr><td>2025-11-03</td><td>2</td><td>1</td><td>1</td><td>3</td><td>4</td><td>+128 −30</td><td>2</td></tr>
<tr><td>2025-11-10</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>+0 −0</td><td>0</td></tr>
</table>
<p>There are older sessions, which are not told here.</p>
</body>
</html>
"#
    );
}

#[test]
fn repairs() {
    looks(
        &samples::repairs(false),
        "\
🔧 WOULD BE REPAIRED (2)

   • workspace/sessions/auth-copy
     it is a copy of session 'auth', or was renamed
     - its record gets this name
   • workspace/sessions/gone
     it has no session's records
     - it is moved to workspace/strays/20251109-143000/gone
   • workspace/sessions/broken
     its records cannot be read
     - left as it is: redraft recover broken

💡 Next steps:
   - Do it, deleting nothing: redraft doctor --repair --apply
",
        "\
WOULD BE REPAIRED (2)

   - workspace/sessions/auth-copy
     it is a copy of session 'auth', or was renamed
     - its record gets this name
   - workspace/sessions/gone
     it has no session's records
     - it is moved to workspace/strays/20251109-143000/gone
   - workspace/sessions/broken
     its records cannot be read
     - left as it is: /session recover broken

Next steps:
   - Do it, deleting nothing: redraft doctor --repair --apply
",
    );
}

#[test]
fn repaired() {
    looks(
        &samples::repairs(true),
        "\
🔧 REPAIRED (2)

   • workspace/sessions/auth-copy
     it is a copy of session 'auth', or was renamed
     - its record gets this name
   • workspace/sessions/gone
     it has no session's records
     - it is moved to workspace/strays/20251109-143000/gone
   • workspace/sessions/broken
     its records cannot be read
     - left as it is: redraft recover broken
",
        "\
REPAIRED (2)

   - workspace/sessions/auth-copy
     it is a copy of session 'auth', or was renamed
     - its record gets this name
   - workspace/sessions/gone
     it has no session's records
     - it is moved to workspace/strays/20251109-143000/gone
   - workspace/sessions/broken
     its records cannot be read
     - left as it is: /session recover broken
",
    );
}
