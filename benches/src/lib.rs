//! What the benches share: what is measured, how it is timed, and how it is told.
//!
//! * [`codec`] is a section of `compare`: the packets, and a file for each side that reads and writes them.
//! * [`udp`] and [`tcp`] are sections too: messages through sockets.
//! * [`dispatch`] is one: from the bytes of a message to its handlers.
//! * [`serve`] is one: from the socket to a handler.
//! * [`schedule`] is one: bundles that wait, and how late they run.
//! * [`contest`] lets sides take turns and takes medians.
//! * [`report`] prints a table, or a line of JSON for each result.
//! * [`section`] lists the sections.

pub mod codec;
pub mod contest;
pub mod dispatch;
mod message;
mod receiver;
pub mod report;
pub mod schedule;
pub mod section;
pub mod serve;
pub mod tcp;
pub mod udp;

pub use oscine_benches_sys::Counting;
