//! A socket in a directory: where processes in a view ask for what is done outside of it.
//!
//! A socket's path may have 108 bytes, and a project may lie deeper: it is named through the open directory.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};

use super::{Dir, failpoint};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// How many open files one message carries at most.
const MAX_FILES: usize = 3;

impl Dir {
    /// Listens at a name in this directory, in the place of whoever did before.
    pub fn listen(&self, name: &RelPath) -> Result<UnixListener> {
        self.remove_file(name)?;
        failpoint::hit("bind", &self.full(name))?;
        let listen = || {
            let listener = UnixListener::bind(self.short(name))?;
            listener.set_nonblocking(true).map(|()| listener)
        };
        listen().map_err(|e| Error::io("listen at", &self.full(name), &e))
    }

    /// Connects to whoever listens at a name in this directory.
    pub fn connect(&self, name: &RelPath) -> Result<UnixStream> {
        UnixStream::connect(self.short(name)).map_err(|e| Error::io("connect to", &self.full(name), &e))
    }

    fn short(&self, name: &RelPath) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd())).join(name.as_path())
    }
}

/// Sends bytes and open files with the first of them; gives how many bytes were taken.
pub fn send_files(to: &UnixStream, bytes: &[u8], files: &[BorrowedFd<'_>]) -> std::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    Ok(rustix::net::sendmsg(to, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}

/// Receives bytes and the open files that came with them.
pub fn receive_files(from: &UnixStream, bytes: &mut [u8]) -> std::io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = rustix::net::recvmsg(from, &mut [IoSliceMut::new(bytes)], &mut control, flags)?;
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(given) = message {
            files.extend(given);
        }
    }
    Ok((received.bytes, files))
}

/// Tells whether whoever is at the other end belongs to the same user.
pub fn is_own(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|other| other.uid == rustix::process::geteuid())
}

/// Tells whether the other end is gone.
pub fn is_closed(stream: &UnixStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let mut byte = [0_u8; 1];
    matches!(rustix::net::recv(stream, &mut byte[..], flags), Ok((0, _)))
}
