//! The file of a socket.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tracing::debug;

/// The file of a socket, removed when this is dropped.
///
/// Only the file that was made is removed: if another program has replaced it by its own in the
/// meantime, that one stays.
#[derive(Debug)]
pub(super) struct SocketFile {
    /// Absolute, so that a change of the working directory does not lead to another file.
    path: PathBuf,
    identity: Identity,
}

/// The device and the inode.
type Identity = (u64, u64);

impl SocketFile {
    /// Takes responsibility for a file that was just made by binding a socket.
    pub(super) fn adopt(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let identity = identify(&path)?;
        Ok(Self { path, identity })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let path = self.path.display();
        match identify(&self.path) {
            Ok(identity) if identity == self.identity => {
                if let Err(error) = fs::remove_file(&self.path) {
                    debug!(%path, %error, "the file of a socket was left behind");
                }
            }
            Ok(_) => debug!(%path, "the file of a socket has been replaced by another one"),
            Err(error) => debug!(%path, %error, "the file of a socket is gone already"),
        }
    }
}

fn identify(path: &Path) -> io::Result<Identity> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
