//! Clients that keep a connection alive: over pipes and in simulated time, and over loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod accounts;
mod closing;
mod line;
mod network;
mod queue;
mod states;
