//! What the benches need and safe Rust cannot give: peers in C++, and an allocator that counts.
//!
//! The peers are behind the feature `peers`, through a shim that is compiled from `shim/`. Each call runs a measure many
//! times, so that crossing the border costs nothing.

mod allocations;
#[cfg(feature = "peers")]
pub mod liblo;
#[cfg(feature = "peers")]
pub mod liblo_dispatch;
#[cfg(feature = "peers")]
pub mod liblo_server;
#[cfg(feature = "peers")]
pub mod liblo_timed;
#[cfg(feature = "peers")]
pub mod oscpack;
#[cfg(feature = "peers")]
pub mod oscpack_socket;

pub use allocations::{Counting, allocations, bytes_kept};
