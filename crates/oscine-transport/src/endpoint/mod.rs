//! Where to send and receive, in one line of text.
//!
//! | text | meaning |
//! | --- | --- |
//! | `osc.udp://host:port` | datagrams |
//! | `osc.tcp://host:port` | a stream whose framing is detected |
//! | `osc.tcp://host:port?framing=slip` | a stream of that framing: `slip`, `length` or `auto` |
//! | `osc.unix:///path` | unix datagrams |
//! | `osc.unix:///path?framing=slip` | a unix stream of that framing |
//!
//! The host is a name, an IPv4 address, an IPv6 address in brackets (with a scope, as in
//! `[fe80::1%2]`, if it needs one), or `*` for all interfaces. A number alone is no host. A port
//! left out is 0: any free port when binding, and nothing that a client can connect to. One slash after the port is read, as other software writes it.

pub(crate) mod error;
pub(crate) mod host;
pub(crate) mod uri;

pub use error::ParseEndpointError;
pub use host::Host;
pub use uri::Endpoint;
