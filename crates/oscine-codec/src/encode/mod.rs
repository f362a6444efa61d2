//! Building packets: the wire form is written directly.
//!
//! A value says once what it is made of ([`ToArgs`]), and that description is run twice: a first time to measure
//! and check, a second time to write. So building is all or nothing, and measuring cannot drift from writing.

pub(crate) mod array;
pub(crate) mod as_tags;
pub(crate) mod build_options;
pub(crate) mod bundle;
pub(crate) mod bundle_encoder;
pub(crate) mod message;
pub(crate) mod message_builder;
pub(crate) mod sink;
pub(crate) mod slice;
pub(crate) mod to_arg;
pub(crate) mod to_args;

pub(crate) mod collect;
pub(crate) mod fill;
pub(crate) mod measure;

pub use bundle::BundleBuilder;
pub use bundle_encoder::BundleEncoder;
pub use message_builder::MessageBuilder;
pub use sink::ArgSink;
pub use to_arg::ToArg;
pub use to_args::ToArgs;
