//! Ways to peers: tasks that read and write for the loop, what waits for them, and how they end.

pub(crate) mod backlog;
pub(crate) mod calls;
pub(crate) mod connection;
pub(crate) mod datagram_sender;
pub(crate) mod datagrams;
pub(crate) mod delivery;
pub(crate) mod inbound;
pub(crate) mod inbox;
pub(crate) mod outbound;
pub(crate) mod served;
pub(crate) mod target;
pub(crate) mod tasks;
pub(crate) mod two_way;
pub(crate) mod udp_sockets;
#[cfg(unix)]
pub(crate) mod unix_datagrams;
pub(crate) mod unsent;
