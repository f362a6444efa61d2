//! Tests of the engine, with a clock of their own.

mod random;
mod stories;
