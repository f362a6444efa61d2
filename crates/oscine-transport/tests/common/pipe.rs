//! Connections over pipes.

use futures::StreamExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{
    connection::{Builder, Connection},
    framing::slip,
};
use tokio::io::{DuplexStream, duplex};

pub(crate) fn packet(address: &str) -> Packet {
    Message::new(address, ()).unwrap().into()
}

pub(crate) fn framed(address: &str) -> Vec<u8> {
    slip::encode(packet(address).as_bytes())
}

/// A connection, and the bare other end of its pipe.
pub(crate) fn pipe(builder: Builder) -> (Connection<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(1 << 16);
    (builder.wrap(near), far)
}

pub(crate) async fn next(connection: &mut Connection<DuplexStream>) -> Packet {
    connection.next().await.unwrap().unwrap().unwrap()
}
