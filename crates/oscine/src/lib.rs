//! Async Open Sound Control (OSC) on Tokio: address space, server, client, schedule.
//!
//! OSC sends small messages, an address and typed arguments, between instruments, lights, stages and programs, and
//! bundles of them that are to run at an exact time. This crate is what a program needs to take part.
//!
//! # Contents
//!
//! * Receive: [`Server`] carries what its sockets receive to the methods of an [`AddressSpace`]. What may be a
//!   method, and what it may ask for and return, is told in [`handler`]; handlers that may not leave their thread have
//!   an owner, [`local`]. What a server can do, and where to look when a handler is not called, is told at [`Server`].
//! * Send: [`Client`], [`Message::new`], [`Bundle::new`]. What a client can do is told in [`client`]; which Rust type
//!   becomes which type tag, in [`ToArg`]. [`Endpoints`] is for many targets, [`blocking`] for programs without async.
//! * Messages as streams: [`ServerHandle::subscribe`], and the client itself.
//! * Transports of one's own, such as TLS, WebSocket and radio: [`ServerBuilder::connections`] and
//!   [`ServerBuilder::datagrams`], [`Client::from_connection`].
//! * Who may send, how much, and how it is read: [`Networks`], [`RateLimit`], [`PeerRules`].
//! * Time: a bundle runs at its [`TimeTag`], never early; [`ScheduleLimits`] bounds what may wait. [`Clock`] is what it
//!   is measured by, [`Clock::simulated`] one for tests. [`LearnOffset`] is for peers whose clocks are wrong.
//! * Figures and faults: [`Stats`], [`LatenessHistogram`], [`PeerView`], [`ServerBuilder::on_error`],
//!   [`ServerBuilder::built_in`] for others who ask; feature `metrics`.
//! * Own loops: [`Dispatcher`] calls the handlers of an address space, in the process; [`Engine`] says what runs and when, without sockets and clock, with a [`Timing`] for each packet;
//!   [`Schedule`] is its queue, [`Space`] its tree.
//! * Below: [`codec`] is bytes to packets and back, [`transport`] is sockets and framings.
//!
//! Not here: discovery, OSCQuery, and WebSocket itself.
//!
//! # Examples
//!
//! ```
//! use oscine::{AddressSpace, Client, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let space = AddressSpace::new();
//! space.method("/echo", |text: String| ("/echoed", text))?;
//! let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
//! let endpoint = server.endpoints()[0].clone();
//! tokio::spawn(server.serve().into_future());
//!
//! let client = Client::connect(&endpoint).await?;
//! let reply = client.request(("/echo", "hello"), "/echoed").await?;
//! assert_eq!(reply.args().parse::<&str>()?, "hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! * `cli`: the `oscine` tool. Off by default.
//! * `serde`: structs and tuples that know serde, as arguments. Off by default.
//! * `regex`: regular expressions as places of methods. Off by default.
//! * `metrics`: what a server counts, told to the recorder of crate `metrics`. Off by default.
//! * `cobs`: COBS as a framing of streams. Off by default.

mod fault;
mod fault_log;
mod peer;
mod time_offset;
mod wakers;

mod address_space;
pub mod handler;
mod space;

mod clock;
mod dispatch;
mod engine;
mod schedule;
mod timer;

pub mod local;

mod peers;

pub mod blocking;
pub mod client;
mod server;

pub use address_space::{
    Access, AddressSpace, Change, Changes, Edit, Info, MethodGuard, MethodRef, MountError, Seen,
    WithState,
};
pub use client::{
    Client, ClientBuilder, ClientError, ClientFrames, ClientSender, ClientServe, IntoPacket,
    IntoTimeTag, KeepAlive, LatestSender, LatestWins, RecvError, RequestError, Sent, send,
};
pub use clock::{BadSample, Clock, Estimate, OffsetEstimator, SimulatedClock};
pub use dispatch::{Dispatched, Dispatcher};
pub use engine::{
    DueMessage, Engine, Handled, LatePolicy, RunStep, RunSteps, TimePolicy, Timing, Unit,
};
pub use fault::Fault;
pub use handler::{
    BundleTime, Call, Captures, FromCall, FromCaptures, Handler, HandlerExt, IntoReply, Lateness,
    Next, ReceivedAt, Replies, Reply, SendError, State, TypeTags,
};
pub use local::{LocalError, LocalHandler, LocalHandlers};
pub use oscine_codec::{
    self as codec, Address, AddressError, Arg, ArgReader, ArgSink, Args, ArrayRef, Blob, Bundle,
    BundleBuilder, BundleEncoder, BundleRef, Char, Color, DecodeError, DecodeErrorKind,
    DecodeOptions, EncodeError, FromArg, FromArgs, Impulse, Limits, Message, MessageBuilder,
    MessageRef, Midi, Nil, Packet, PacketRef, Pattern, PatternOptions, Profile, ReadError, Rest,
    Symbol, TagSet, Text, TimeTag, TimedMessage, ToArg, ToArgs, Tolerances, TypedError,
};
pub use oscine_transport::endpoints::Endpoints;
pub use oscine_transport::{self as transport, Endpoint, PeerAddr};
pub use peer::Peer;
pub use peers::{
    ClockForm, ClockUnit, LearnOffset, Network, NetworkError, Networks, Nonce, OffsetOptions,
    OverLimit, PeerClock, PeerOptions, PeerRules, PeerView, Peers, RateLimit,
};
pub use schedule::{Overflow, Schedule, ScheduleKey, ScheduleLimits, Waiting};
#[cfg(feature = "metrics")]
pub use server::Metrics;
pub use server::{
    Accepted, Bind, BindError, Delivery, LatenessHistogram, LatenessStats, OnError, PendingBundle,
    PortState, Serve, ServeError, Server, ServerBuilder, ServerHandle, Stats, Subscription, Target,
    TypedSubscription,
};
#[cfg(feature = "regex")]
pub use space::AddressRegex;
pub use space::{Entries, Entry, Hit, IntoPlace, MethodKey, MoveError, Place, Space};
pub use time_offset::TimeOffset;

/// The README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The code for those who come from python-osc, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/from-python-osc.md")]
struct FromPythonOsc;
