//! Why a multicast group was not joined or left.

use std::{io, net::IpAddr};

use thiserror::Error;

use crate::udp::interface::InterfaceError;

/// Why a multicast group was not joined or left.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The address is not that of a group. The caller's fault.
    #[error("{group} is not a multicast address")]
    NotMulticast {
        /// The address.
        group: IpAddr,
    },
    /// The source is of another family than the group. The caller's fault.
    #[error("{sender} cannot send to group {group}, it is of another family")]
    OtherFamily {
        /// The group.
        group: IpAddr,
        /// The source.
        sender: IpAddr,
    },
    /// Groups of one source are there for IPv4 alone.
    #[error("joining {group} for one source is supported for IPv4 groups alone")]
    SourceV6 {
        /// The group.
        group: IpAddr,
    },
    /// The interface cannot be used.
    #[error(transparent)]
    Interface(#[from] InterfaceError),
    /// The system refused: the group was joined already, or not joined, or has no route.
    #[error("the system refuses")]
    Io(#[from] io::Error),
}

impl From<GroupError> for io::Error {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Interface(error) => error.into(),
            GroupError::Io(error) => error,
            GroupError::NotMulticast { .. } | GroupError::OtherFamily { .. } => {
                Self::new(io::ErrorKind::InvalidInput, error)
            }
            GroupError::SourceV6 { .. } => Self::new(io::ErrorKind::Unsupported, error),
        }
    }
}
