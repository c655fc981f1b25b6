//! A process for which the kernel refuses some calls, as it does in a container: a real filter, not a pretence.

#![expect(
    unsafe_code,
    reason = "a filter is put on between fork and exec, by calls that have no safe interface"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Leaving namespaces, which a view needs.
pub(crate) const NAMESPACES: &[i64] = &[libc::SYS_unshare];

/// And Landlock.
pub(crate) const NAMESPACES_AND_LANDLOCK: &[i64] = &[libc::SYS_unshare, libc::SYS_landlock_create_ruleset];

/// What the client's sandbox for Bash refuses, and a little more: it refuses sockets of one kind.
pub(crate) const SANDBOX: &[i64] = &[libc::SYS_unshare, libc::SYS_socket];

/// Has a command start where these calls fail with "Operation not permitted".
pub(crate) fn forbid<'c>(command: &'c mut Command, calls: &'static [i64]) -> &'c mut Command {
    let statement =
        |code: u32, k: u32| libc::sock_filter { code: u16::try_from(code).unwrap(), jt: 0, jf: 0, k };
    // The number of the call; for each that is forbidden a comparison and a refusal; else it is allowed.
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for call in calls {
        let number = u32::try_from(*call).unwrap();
        let compare = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number);
        program.push(libc::sock_filter { jf: 1, ..compare });
        program.push(statement(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs(),
        ));
    }
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let put_on = move || {
        let filter = libc::sock_fprog {
            len: u16::try_from(program.len()).unwrap_or(0),
            filter: program.as_ptr().cast_mut(),
        };
        // SAFETY: the filter lives until the call returns; the kernel keeps a copy.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
                | libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter)
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    if calls.is_empty() {
        return command;
    }
    // SAFETY: two system calls, nothing else.
    unsafe { command.pre_exec(put_on) }
}
