//! What a server counts, told to the recorder of crate `metrics`.

pub(crate) mod options;
pub(crate) mod publisher;
pub(crate) mod table;

pub use options::Metrics;
