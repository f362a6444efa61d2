//! What the benches share: what is measured, how it is timed, and how it is told.
//!
//! * [`codec`] is a section of `compare`: the packets, and a file for each side that reads and writes them.
//! * [`contest`] lets sides take turns and takes medians.
//! * [`report`] prints a table, or a line of JSON for each result.
//! * [`section`] lists the sections.

pub mod codec;
pub mod contest;
pub mod report;
pub mod section;

pub use oscine_benches_sys::Counting;
