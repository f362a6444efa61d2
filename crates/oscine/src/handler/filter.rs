//! Filters for [`HandlerExt::when`](crate::HandlerExt::when): which calls a handler is for.
//!
//! A filter is any `Fn(&Call<'_>) -> bool`; these are ready-made.
//!
//! ```
//! use oscine::handler::filter;
//! use oscine::{AddressSpace, HandlerExt, Rest};
//!
//! let space = AddressSpace::new();
//! // Only messages that begin with the text "play", received by the first endpoint.
//! let play = |_: String, clips: Rest<i32>| println!("play {:?}", clips.0);
//! space.method("/deck", play.when(filter::text(0, "play")).when(filter::on_endpoint(0)))?;
//! # Ok::<(), oscine::AddressError>(())
//! ```

use std::net::IpAddr;

use oscine_codec::FromArg;

use crate::handler::call::Call;
use crate::peer::Peer;

/// Accepts messages from one host, whatever the port. Peers without an IP address are of no host.
pub fn from_host(host: IpAddr) -> impl Fn(&Call<'_>) -> bool + Send + Sync + 'static {
    let host = host.to_canonical();
    move |call| call.peer().addr().is_some_and(|addr| addr.ip().to_canonical() == host)
}

/// Accepts messages from one peer: a socket, or one connection.
pub fn from_peer(peer: Peer) -> impl Fn(&Call<'_>) -> bool + Send + Sync + 'static {
    move |call| *call.peer() == peer
}

/// Accepts messages that one of the server's endpoints has received; they are counted from 0.
pub fn on_endpoint(endpoint: usize) -> impl Fn(&Call<'_>) -> bool + Send + Sync + 'static {
    move |call| call.peer().endpoint() == Some(endpoint)
}

/// Accepts messages whose argument at `index`, counted from 0, is `value`.
///
/// It is read as the parameter of a handler: numbers and truth values stand in for each other, unless the address
/// space is [exact](crate::AddressSpace::exact). The handler has to take the argument all the same.
pub fn argument<T>(index: usize, value: T) -> impl Fn(&Call<'_>) -> bool + Send + Sync + 'static
where
    T: for<'a> FromArg<'a> + PartialEq + Send + Sync + 'static,
{
    move |call| read::<T>(call, index).is_some_and(|found| found == value)
}

/// Accepts messages whose argument at `index`, counted from 0, is this text: a string or a symbol.
pub fn text(
    index: usize,
    text: impl Into<String>,
) -> impl Fn(&Call<'_>) -> bool + Send + Sync + 'static {
    let text = text.into();
    move |call| read::<&str>(call, index).is_some_and(|found| found == text)
}

fn read<'a, T: FromArg<'a>>(call: &Call<'a>, index: usize) -> Option<T> {
    let args = call.message().args();
    let read = if call.args.is_coercing() { args.get_coercing(index) } else { args.get(index) };
    read.ok()
}
