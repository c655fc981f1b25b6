//! What a tool call is answered with, as a table: facts in, plan out, nothing touched.
//!
//! Two questions, because most calls never need the second: [`unasked`] is decided by the path alone and holds whether
//! or not a session is active; [`decide`] needs to know where the session has the file. What a plan takes to carry out
//! (copy-up, the words) is `tools`' part.

use super::event::Tool;
use super::place::Target;

/// What kind of place a call names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Nothing that sessions isolate.
    Free,
    /// redraft's own records.
    State,
    /// Kept versions.
    Kept,
    /// A tracked path that a link leads away.
    LedAway,
    /// One path, two files.
    Ambiguous,
    /// A tracked file, by the project's path.
    Project,
    /// A tracked path that a session has no room for.
    Reserved,
    /// A tracked file, by its path in the active session.
    Session,
    /// A path in the active session that is not isolated.
    Stray,
    /// A file of another session.
    Foreign,
}

/// Where the session has the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In its layer.
    Session,
    /// In its layer, as a symbolic link.
    Link,
    /// In its layer, as a directory or something else that is no file.
    Other,
    /// Deleted.
    Deleted,
    /// Only the project has it.
    Project,
    /// Nobody has it.
    Nowhere,
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the spot or state of the same name")]
pub enum Why {
    State,
    Kept,
    LedAway,
    Ambiguous,
    Reserved,
    Stray,
    Foreign,
    Deleted,
}

/// What is done about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Pass,
    /// It is refused.
    Deny(Why),
    /// It reads the session's copy, which follows the project as long as it is clean.
    ReadSession {
        /// The call names the project's path.
        redirect: bool,
    },
    /// It reads what the session's link leads to.
    ReadLink,
    /// It reads the project's file instead of a copy that is not there; the copy is made for the edit to come.
    ReadProject,
    /// The file is copied up, so that the copy is what the client has read.
    CopyThenRead {
        /// The call names the project's path.
        redirect: bool,
    },
    /// The file is brought into the layer and written there.
    Write {
        /// The call names the project's path.
        redirect: bool,
    },
}

/// Tells what kind of place a target is for the owner of a session; `isolated` tells whether a session can hold a path.
pub fn spot(target: &Target, own: &str, isolated: bool) -> Spot {
    match target {
        Target::Free => Spot::Free,
        Target::State(_) => Spot::State,
        Target::Kept(_) => Spot::Kept,
        Target::LedAway { .. } => Spot::LedAway,
        Target::Ambiguous { .. } => Spot::Ambiguous,
        Target::Artifact { session } if session == own => Spot::Free,
        Target::Layer { session, .. } if session == own && isolated => Spot::Session,
        Target::Layer { session, .. } if session == own => Spot::Stray,
        Target::Artifact { .. } | Target::Layer { .. } => Spot::Foreign,
        Target::Tracked(_) if isolated => Spot::Project,
        Target::Tracked(_) => Spot::Reserved,
    }
}

/// Decides what the path alone decides: whatever sessions there are, this is the answer. `None`: ask on.
pub fn unasked(tool: Tool, target: &Target) -> Option<Plan> {
    let reads = tool == Tool::Read;
    match target {
        Target::State(_) if tool.mutates() || reads => Some(Plan::Deny(Why::State)),
        Target::Kept(_) if tool.mutates() => Some(Plan::Deny(Why::Kept)),
        Target::Free | Target::State(_) | Target::Kept(_) => Some(Plan::Pass),
        _ => None,
    }
}

/// Decides a call of a session's owner. `reads_first`: this agent's model must have read what it writes.
pub fn decide(tool: Tool, spot: Spot, seen: Seen, reads_first: bool) -> Plan {
    let mutates = tool.mutates();
    let deny_write = |why| if mutates { Plan::Deny(why) } else { Plan::Pass };
    match spot {
        Spot::Free => Plan::Pass,
        Spot::State => Plan::Deny(Why::State),
        Spot::Kept => deny_write(Why::Kept),
        Spot::LedAway => deny_write(Why::LedAway),
        Spot::Ambiguous => deny_write(Why::Ambiguous),
        Spot::Reserved => deny_write(Why::Reserved),
        Spot::Stray => deny_write(Why::Stray),
        Spot::Foreign => Plan::Deny(Why::Foreign),
        Spot::Project | Spot::Session => isolated(tool, spot == Spot::Project, seen, reads_first),
    }
}

/// Decides a call on a file that the session isolates.
fn isolated(tool: Tool, redirect: bool, seen: Seen, reads_first: bool) -> Plan {
    if tool.mutates() {
        return match seen {
            Seen::Deleted if tool != Tool::Write => Plan::Deny(Why::Deleted),
            _ => Plan::Write { redirect },
        };
    }
    match seen {
        Seen::Deleted => Plan::Deny(Why::Deleted),
        Seen::Link => Plan::ReadLink,
        Seen::Session => Plan::ReadSession { redirect },
        Seen::Project if reads_first => Plan::CopyThenRead { redirect },
        Seen::Project if !redirect => Plan::ReadProject,
        Seen::Other | Seen::Project | Seen::Nowhere => Plan::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relpath::RelPath;

    #[test]
    fn a_call_on_an_isolated_file() {
        use Plan::{CopyThenRead, Deny, Pass, ReadLink, ReadProject, ReadSession, Write};
        use Seen::{Deleted, Link, Nowhere, Other, Project, Session};
        let to_s = Write { redirect: true };
        let here = Write { redirect: false };
        let (read_s, read_here) = (ReadSession { redirect: true }, ReadSession { redirect: false });
        // seen, reads first: Read P, Write P, Edit P, Read S, Write S, Edit S
        for (seen, reads_first, expected) in [
            (Session, false, [read_s, to_s, to_s, read_here, here, here]),
            (Session, true, [read_s, to_s, to_s, read_here, here, here]),
            (Project, false, [Pass, to_s, to_s, ReadProject, here, here]),
            (
                Project,
                true,
                [CopyThenRead { redirect: true }, to_s, to_s, CopyThenRead { redirect: false }, here, here],
            ),
            (
                Deleted,
                false,
                [Deny(Why::Deleted), to_s, Deny(Why::Deleted), Deny(Why::Deleted), here, Deny(Why::Deleted)],
            ),
            (Nowhere, false, [Pass, to_s, to_s, Pass, here, here]),
            (Nowhere, true, [Pass, to_s, to_s, Pass, here, here]),
            (Link, false, [ReadLink, to_s, to_s, ReadLink, here, here]),
            (Other, false, [Pass, to_s, to_s, Pass, here, here]),
        ] {
            let got = [Spot::Project, Spot::Session].map(|spot| {
                [Tool::Read, Tool::Write, Tool::Edit].map(|tool| decide(tool, spot, seen, reads_first))
            });
            assert_eq!(got.concat(), expected, "{seen:?} {reads_first}");
        }
        for tool in [Tool::MultiEdit, Tool::NotebookEdit] {
            for seen in [Session, Project, Deleted, Nowhere, Link, Other] {
                let edit = decide(Tool::Edit, Spot::Project, seen, false);
                assert_eq!(decide(tool, Spot::Project, seen, false), edit, "{tool:?} {seen:?}");
            }
        }
    }

    #[test]
    fn a_call_on_anything_else() {
        use Plan::{Deny, Pass};
        for (spot, read, write) in [
            (Spot::Free, Pass, Pass),
            (Spot::State, Deny(Why::State), Deny(Why::State)),
            (Spot::Kept, Pass, Deny(Why::Kept)),
            (Spot::LedAway, Pass, Deny(Why::LedAway)),
            (Spot::Ambiguous, Pass, Deny(Why::Ambiguous)),
            (Spot::Reserved, Pass, Deny(Why::Reserved)),
            (Spot::Stray, Pass, Deny(Why::Stray)),
            (Spot::Foreign, Deny(Why::Foreign), Deny(Why::Foreign)),
        ] {
            for seen in [Seen::Session, Seen::Project, Seen::Deleted, Seen::Nowhere] {
                assert_eq!(decide(Tool::Read, spot, seen, true), read, "{spot:?}");
                for tool in [Tool::Write, Tool::Edit, Tool::MultiEdit, Tool::NotebookEdit] {
                    assert_eq!(decide(tool, spot, seen, false), write, "{spot:?}");
                }
            }
        }
    }

    #[test]
    fn the_path_alone_decides_about_state() {
        let path = || RelPath::new("workspace/x").unwrap();
        let layer = Target::Layer { session: "a".into(), path: path() };
        for (target, read, write, grep) in [
            (Target::Free, Some(Plan::Pass), Some(Plan::Pass), Some(Plan::Pass)),
            (
                Target::State(path()),
                Some(Plan::Deny(Why::State)),
                Some(Plan::Deny(Why::State)),
                Some(Plan::Pass),
            ),
            (Target::Kept(path()), Some(Plan::Pass), Some(Plan::Deny(Why::Kept)), Some(Plan::Pass)),
            (Target::Tracked(path()), None, None, None),
            (layer, None, None, None),
        ] {
            let got = [Tool::Read, Tool::Edit, Tool::Grep].map(|tool| unasked(tool, &target));
            assert_eq!(got, [read, write, grep], "{target:?}");
        }
    }

    #[test]
    fn a_session_has_its_own_files_and_no_others() {
        let path = || RelPath::new("acts/x").unwrap();
        let layer = || Target::Layer { session: "a".into(), path: path() };
        let artifact = || Target::Artifact { session: "a".into() };
        for (target, own, isolated, expected) in [
            (layer(), "a", true, Spot::Session),
            (layer(), "a", false, Spot::Stray),
            (layer(), "aa", true, Spot::Foreign),
            (artifact(), "a", false, Spot::Free),
            (artifact(), "b", false, Spot::Foreign),
            (Target::Tracked(path()), "a", true, Spot::Project),
            (Target::Tracked(path()), "a", false, Spot::Reserved),
        ] {
            assert_eq!(spot(&target, own, isolated), expected, "{target:?} {own}");
        }
    }
}
