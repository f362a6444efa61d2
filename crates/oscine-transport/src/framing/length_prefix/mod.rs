//! A length before each packet: OSC 1.0, and headers like it.

pub(crate) mod builder;
pub(crate) mod header;
pub(crate) mod stream;
#[cfg(test)]
mod tests;

pub use builder::LengthPrefixBuilder;
pub use stream::LengthPrefix;
