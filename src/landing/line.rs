//! A step as a line of the journal: byte for byte what serde writes, at a tenth of its cost, and read at a tenth of it, too.
//!
//! serde hands over a line in some sixty pieces, each copied by a call of its own: 15,000 instructions for each file of a landing.

use super::plan::{Action, Identity, Step};
use crate::relpath::RelPath;
use crate::store::plain::Plain;

/// Writes a step behind what is there.
pub(super) fn push_step(out: &mut Vec<u8>, step: &Step) -> serde_json::Result<()> {
    put(out, b"{\"action\":");
    match step.action {
        Action::Delete => put(out, b"\"delete\""),
        Action::RemoveDir => put(out, b"\"remove_dir\""),
        Action::MakeDir => put(out, b"\"make_dir\""),
        Action::Create => put(out, b"\"create\""),
        Action::Replace => put(out, b"\"replace\""),
    }
    put(out, b",\"path\":");
    push_path(out, &step.path)?;
    put(out, b",\"carrier\":");
    match &step.carrier {
        Some(carrier) => push_path(out, carrier)?,
        None => put(out, b"null"),
    }
    put(out, b",\"new\":");
    push_identity(out, step.new.as_ref());
    put(out, b",\"old\":");
    push_identity(out, step.old.as_ref());
    put(out, b"}");
    Ok(())
}

fn push_identity(out: &mut Vec<u8>, identity: Option<&Identity>) {
    let Some(identity) = identity else { return put(out, b"null") };
    put(out, b"{\"ino\":");
    push_number(out, identity.ino);
    put(out, b",\"dev\":");
    push_number(out, identity.dev);
    put(out, b",\"size\":");
    push_number(out, identity.size);
    put(out, b",\"mtime\":");
    push_number(out, identity.mtime);
    put(out, b",\"mode\":");
    push_number(out, identity.mode);
    if let Some(btime) = identity.btime {
        put(out, b",\"btime\":");
        push_number(out, btime);
    }
    put(out, b"}");
}

/// Writes a path as it is where nothing in it has to be escaped; serde knows the rest.
fn push_path(out: &mut Vec<u8>, path: &RelPath) -> serde_json::Result<()> {
    let bytes = path.as_bytes();
    let is_odd = |b: &u8| !matches!(b, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    // To the end in any case: so the compiler looks at sixteen bytes at once.
    let is_plain = bytes.iter().fold(0, |odd, b| odd | u8::from(is_odd(b))) == 0;
    if !is_plain {
        return serde_json::to_writer(out, path);
    }
    put(out, b"\"");
    out.extend_from_slice(bytes);
    put(out, b"\"");
    Ok(())
}

fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes what is known while compiling: as long as that, it is stored without a call.
#[inline]
fn put<const N: usize>(out: &mut Vec<u8>, text: &[u8; N]) {
    out.extend_from_slice(text);
}

/// Reads the step that these bytes begin with, and gives what stands behind its line; `None` where it is another line, or is not
/// written as [`push_step`] does: then serde has to look.
pub(super) fn read_step(bytes: &[u8]) -> Option<(Step, &[u8])> {
    let mut rest = Plain::of(bytes);
    rest.skip(b"{\"action\":\"")?;
    let action = match rest.text()? {
        "delete" => Action::Delete,
        "remove_dir" => Action::RemoveDir,
        "make_dir" => Action::MakeDir,
        "create" => Action::Create,
        "replace" => Action::Replace,
        _ => return None,
    };
    rest.skip(b",\"path\":\"")?;
    let path = rest.text()?;
    rest.skip(b",\"carrier\":")?;
    let carrier = if rest.skip(b"null").is_some() {
        None
    } else {
        rest.skip(b"\"")?;
        Some(rest.text()?)
    };
    rest.skip(b",\"new\":")?;
    let new = if rest.skip(b"null").is_some() { None } else { Some(read_identity(&mut rest)?) };
    rest.skip(b",\"old\":")?;
    let old = if rest.skip(b"null").is_some() { None } else { Some(read_identity(&mut rest)?) };
    let rest = rest.end()?;
    let carrier = carrier.map(RelPath::new).transpose().ok()?;
    Some((Step { action, path: RelPath::new(path).ok()?, carrier, new, old }, rest))
}

fn read_identity(rest: &mut Plain<'_>) -> Option<Identity> {
    rest.skip(b"{\"ino\":")?;
    let ino = rest.number()?;
    rest.skip(b",\"dev\":")?;
    let dev = rest.number()?;
    rest.skip(b",\"size\":")?;
    let size = rest.number()?;
    rest.skip(b",\"mtime\":")?;
    let mtime = rest.signed()?;
    rest.skip(b",\"mode\":")?;
    let mode = u32::try_from(rest.number()?).ok()?;
    let btime = if rest.skip(b",\"btime\":").is_some() { Some(rest.signed()?) } else { None };
    rest.skip(b"}")?;
    Some(Identity { ino, dev, size, mtime, mode, btime })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::store::plain::ODD_PATHS;

    fn steps() -> Vec<Step> {
        let identity = |n: u64, made: Option<i64>| Identity {
            ino: n,
            dev: n / 7,
            size: n % 1_000,
            mtime: made.unwrap_or(-1),
            mode: 0o644,
            btime: made,
        };
        let identities = [
            None,
            Some(identity(0, None)),
            Some(identity(u64::MAX, Some(i64::MIN))),
            Some(identity(10, Some(i64::MAX))),
            Some(identity(1_234_567_890, Some(1_764_470_284_000_000_000))),
            Some(identity(100, Some(9))),
            Some(identity(99, Some(-105))),
        ];
        let actions = [Action::Delete, Action::RemoveDir, Action::MakeDir, Action::Create, Action::Replace];
        let path = |bytes| RelPath::new(OsStr::from_bytes(bytes)).unwrap();
        let nth_step = |(nth, action)| Step {
            action,
            // Each action meets each path.
            path: path(ODD_PATHS[(nth + nth / 10) % ODD_PATHS.len()]),
            carrier: (nth % 4 > 0).then(|| path(ODD_PATHS[(nth + 4) % ODD_PATHS.len()])),
            new: identities[nth % identities.len()],
            old: identities[(nth / 3) % identities.len()],
        };
        actions.into_iter().cycle().take(50).enumerate().map(nth_step).collect()
    }

    /// `==` of identities overlooks the device, and a time of making that one of them does not know.
    fn shown(step: &Step) -> String {
        format!("{step:?}")
    }

    #[test]
    fn a_line_is_what_serde_writes() {
        for step in steps() {
            let mut line = b"before".to_vec();
            push_step(&mut line, &step).unwrap();
            let expected = format!("before{}", serde_json::to_string(&step).unwrap());
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_read_is_what_serde_reads_and_the_rest_is_left_to_it() {
        let mut by_hand = 0;
        for step in steps() {
            let text = serde_json::to_string(&step).unwrap();
            for after in ["", "\n", "\n\n", "\n{\"steps\":1}"] {
                let both = format!("{text}{after}");
                let Some((read, rest)) = read_step(both.as_bytes()) else { continue };
                assert_eq!(shown(&read), shown(&step));
                assert_eq!(rest, after.strip_prefix('\n').unwrap_or(after).as_bytes());
                by_hand += 1;
            }
        }
        assert!(by_hand >= 40, "only {by_hand} lines were read by hand");
    }

    #[test]
    fn a_line_that_was_changed_in_any_byte_is_read_as_serde_reads_it() {
        for step in steps() {
            let text = serde_json::to_string(&step).unwrap().into_bytes();
            for at in 0..text.len() {
                for byte in [b'0', b'9', b'-', b'"', b'\\', b' ', b'}', b',', b'.', b'e', b'/', 0, 0xff] {
                    let mut other = text.clone();
                    other[at] = byte;
                    for line in [other.as_slice(), &text[..at]] {
                        if let Some((by_hand, rest)) = read_step(line) {
                            let by_serde: Step = serde_json::from_slice(&line[..line.len() - rest.len()])
                                .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(line)));
                            assert_eq!((shown(&by_hand), rest), (shown(&by_serde), [].as_slice()));
                        }
                    }
                }
            }
        }
    }
}
