//! What was sent last arrives, though the peer has sent something that nobody reads.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::Ipv4Addr, time::Duration};

use futures::SinkExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{connection::Builder, framing::FramingKind, tcp::Listener};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::TcpStream,
    task::yield_now,
    time::Instant,
};

const COUNT: usize = 32;

fn cue() -> Packet {
    Message::new("/cue", ("x".repeat(32 * 1024 - 16),)).unwrap().into()
}

#[tokio::test]
async fn a_slow_reader_gets_what_was_sent_last() {
    let framing = FramingKind::LengthPrefix;
    let builder = Listener::builder().framing(framing);
    let listener = builder.bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut connection, _) = listener.accept().await;
    // Nobody reads this.
    peer.write_all(b"\0\0\0\x08/a\0\0,\0\0\0").await.unwrap();
    let server = tokio::spawn(async move {
        for _ in 0..COUNT {
            connection.send(cue()).await.unwrap();
        }
        connection.close().await.unwrap();
        connection.linger().await;
    });
    let mut bytes = Vec::new();
    let mut part = vec![0; 8 * 1024];
    loop {
        // Slow enough that the server has closed long before the end.
        for _ in 0..20 {
            yield_now().await;
        }
        match peer.read(&mut part).await.unwrap() {
            0 => break,
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
    assert_eq!(bytes.len(), COUNT * (4 + cue().as_bytes().len()));
    drop(peer);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lingering_ends_at_once_or_with_the_peer_or_when_its_time_is_over() {
    let begin = Instant::now();
    // Nothing is unread.
    let (near, _far) = duplex(64);
    Builder::new().wrap(near).linger().await;
    // The peer ends.
    let (near, mut far) = duplex(64);
    far.write_all(b"late").await.unwrap();
    drop(far);
    Builder::new().wrap(near).linger().await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
    // It does not.
    let (near, mut far) = duplex(64);
    far.write_all(b"late").await.unwrap();
    Builder::new().wrap(near).linger().await;
    assert_eq!(begin.elapsed().as_secs(), 1);
    // It sends without end.
    let begin = Instant::now();
    let mut endless = Builder::new().wrap(tokio::io::join(tokio::io::repeat(0), tokio::io::sink()));
    endless.linger().await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
}
