//! To be written.

mod address_space;
mod client;
mod clock;
mod engine;
pub mod handler;
mod peer;
mod schedule;
mod server;
mod space;
mod timer;

pub use address_space::AddressSpace;
pub use client::{Client, ClientBuilder, ClientError, IntoPacket, IntoTimeTag, RequestError};
pub use engine::{Engine, Handled, Unit};
pub use handler::{
    BundleTime, Call, FromCall, Handler, IntoReply, Lateness, ReceivedAt, Replies, Reply, SendError,
};
pub use oscine_codec::{
    self as codec, Address, AddressError, Arg, ArgReader, Args, ArrayRef, Blob, Bundle,
    BundleBuilder, BundleRef, Char, Color, DecodeError, DecodeErrorKind, DecodeOptions,
    EncodeError, FromArg, FromArgs, Impulse, Limits, Message, MessageBuilder, MessageRef, Midi,
    Nil, Packet, PacketRef, Pattern, Profile, ReadError, Rest, Symbol, Text, TimeTag, TimedMessage,
    ToArg, ToArgs,
};
pub use oscine_transport as transport;
pub use oscine_transport::Endpoint;
pub use peer::Peer;
pub use schedule::{Overflow, Schedule, ScheduleKey, ScheduleLimits};
pub use server::{BindError, Serve, Server, ServerBuilder, ServerHandle, Stats};
pub use space::{Entries, Entry, MethodKey, Space};
