//! Unix sockets: streams and datagrams.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{fs, io, path::Path, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use common::Folder;
use futures::{SinkExt, StreamExt, poll};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    BadPacket, PeerAddr, SendError,
    framing::{FrameFaultKind, FramingKind},
    hook::{self, Verdict},
    stats::Counters,
    unix::{self, Connection, Datagrams, Listener, Received},
};
use tokio::{
    net::{UnixDatagram, UnixStream},
    time::timeout,
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1, "\u{db}\u{c0}")).unwrap().into()
}

/// A packet of exactly so many bytes, a multiple of four.
fn packet_of(bytes: usize) -> Packet {
    let packet: Packet = Message::new("/b", (vec![7_u8; bytes - 12],)).unwrap().into();
    assert_eq!(packet.as_bytes().len(), bytes);
    packet
}

/// The next datagram; a test that waits for one that never comes fails.
async fn next(socket: &mut Datagrams) -> Received {
    timeout(Duration::from_secs(60), socket.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn streams_go_both_ways_in_every_framing() {
    let folder = Folder::new();
    let listener = Listener::bind(folder.join("s")).unwrap();
    assert_eq!(listener.path(), Some(&*folder.join("s")));
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip, FramingKind::Auto] {
        let mut client = unix::connect(folder.join("s"), kind).await.unwrap();
        let (mut server, peer) = listener.accept().await;
        assert_eq!((&peer, server.peer()), (&PeerAddr::Unnamed, &PeerAddr::Unnamed));
        assert_eq!(client.peer(), &PeerAddr::Unix(folder.join("s")));
        for address in ["/a", "/b"] {
            client.send(packet(address)).await.unwrap();
            assert_eq!(server.next().await.unwrap().unwrap(), Ok(packet(address)));
            server.send(packet(address)).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Ok(packet(address)));
        }
        client.close().await.unwrap();
        assert!(server.next().await.is_none());
        server.send(packet("/late")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Ok(packet("/late")));
    }
    let stats = listener.stats();
    assert_eq!((stats.received, stats.sent, stats.connections.opened), (6, 9, 3));
    assert_eq!(stats.connections.open, 0);
}

#[tokio::test]
async fn a_listener_has_so_many_places() {
    let folder = Folder::new();
    let listener = Listener::builder().max_connections(1).bind(folder.join("s")).unwrap();
    let _one = UnixStream::connect(folder.join("s")).await.unwrap();
    let _two = UnixStream::connect(folder.join("s")).await.unwrap();
    let (first, _) = listener.accept().await;
    {
        let mut second = pin!(listener.accept());
        assert!(poll!(second.as_mut()).is_pending());
        drop(first);
        second.await;
    }
    assert_eq!(listener.places_left(), 1);
}

/// Whether there is something at a path, without following a link.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[tokio::test]
async fn the_file_is_made_and_removed() {
    let folder = Folder::new();
    let path = folder.join("s");
    drop(Listener::bind(&path).unwrap());
    assert!(!exists(&path));
    drop(Datagrams::bind(&path).unwrap());
    assert!(!exists(&path));

    // One that is there is an error, whatever it is, and stays.
    let listener = Listener::bind(&path).unwrap();
    for error in [Listener::bind(&path).unwrap_err(), Datagrams::bind(&path).unwrap_err()] {
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
    UnixStream::connect(&path).await.unwrap();
    drop(listener);
    fs::write(&path, "mine").unwrap();
    assert_eq!(Listener::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[tokio::test]
async fn the_file_of_another_one_is_not_removed() {
    let folder = Folder::new();
    let path = folder.join("s");
    // Somebody put another socket in the place of ours.
    let ours = Listener::bind(&path).unwrap();
    fs::rename(&path, folder.join("moved")).unwrap();
    let theirs = Datagrams::bind(&path).unwrap();
    drop(ours);
    assert!(exists(&path));
    drop(theirs);
    assert!(!exists(&path));

    // Somebody removed it.
    let ours = Listener::bind(&path).unwrap();
    fs::remove_file(&path).unwrap();
    drop(ours);

    // A socket that somebody else bound.
    let theirs = std::os::unix::net::UnixListener::bind(&path).unwrap();
    drop(Listener::builder().wrap(theirs).unwrap());
    assert!(exists(&path));
}

#[tokio::test]
async fn the_file_is_found_from_another_working_directory() {
    // Relative to where the test runs, which is the folder of the crate.
    let name = format!("oscine-test-{}", std::process::id());
    let listener = Listener::bind(&name).unwrap();
    let path = listener.path().unwrap().to_owned();
    assert!(path.is_absolute() && exists(&path));
    drop(listener);
    assert!(!exists(&path));
}

#[tokio::test]
async fn datagrams_are_answered_by_path() {
    let folder = Folder::new();
    let mut server = Datagrams::bind(folder.join("server")).unwrap();
    let mut client = Datagrams::bind(folder.join("client")).unwrap();
    client.send_to(packet("/a"), folder.join("server")).await.unwrap();
    let received = next(&mut server).await;
    assert_eq!(received.packet, Ok(packet("/a")));
    assert_eq!(received.peer, PeerAddr::Unix(folder.join("client")));
    assert!(received.at.elapsed() < Duration::from_secs(60));
    server.reply(&packet("/b"), &received.peer).await.unwrap();
    assert_eq!(next(&mut client).await.packet, Ok(packet("/b")));

    // Connected, and from another task.
    client.connect(folder.join("server")).unwrap();
    let sender = client.sender();
    let bytes = Bytes::copy_from_slice(packet("/c").as_bytes());
    tokio::spawn(async move { sender.send(bytes).await.unwrap() }).await.unwrap();
    assert_eq!(next(&mut server).await.packet, Ok(packet("/c")));
    let (sent, received) = (client.stats(), server.stats());
    assert_eq!((sent.sent, sent.sent_bytes), (received.received, received.received_bytes));
}

#[tokio::test]
async fn who_has_no_name_is_heard_and_cannot_be_answered() {
    let folder = Folder::new();
    let mut server = Datagrams::bind(folder.join("server")).unwrap();
    let client = Datagrams::unbound().unwrap();
    assert_eq!(client.path(), None);
    client.send_to(packet("/a"), folder.join("server")).await.unwrap();
    let received = next(&mut server).await;
    assert_eq!((received.packet, &received.peer), (Ok(packet("/a")), &PeerAddr::Unnamed));
    for peer in [received.peer, PeerAddr::Ip("127.0.0.1:1".parse().unwrap())] {
        let error = server.reply(packet("/b"), &peer).await.unwrap_err();
        assert!(matches!(&error, SendError::NoAddress { peer: told } if *told == peer));
    }
    // Nobody connected, nobody there.
    for error in [
        client.send(packet("/c")).await.unwrap_err(),
        client.send_to(packet("/c"), folder.join("nobody")).await.unwrap_err(),
    ] {
        assert!(matches!(error, SendError::Io(_)), "{error:?}");
    }
    assert_eq!(client.stats().sent, 1);
}

#[tokio::test]
async fn bad_datagrams_are_items_and_the_stream_goes_on() {
    let folder = Folder::new();
    let mut server = Datagrams::builder().max_datagram(100).bind(folder.join("server")).unwrap();
    let raw = UnixDatagram::unbound().unwrap();
    raw.connect(folder.join("server")).unwrap();
    for datagram in [&b"oops"[..], b"", &[b'/'; 101], packet_of(100).as_bytes()] {
        raw.send(datagram).await.unwrap();
    }
    for length in [4, 0] {
        let bad = next(&mut server).await.packet.unwrap_err();
        let BadPacket::Decode { bytes, .. } = bad else { panic!("{bad:?}") };
        assert_eq!(bytes.len(), length);
    }
    let bad = next(&mut server).await.packet.unwrap_err();
    let BadPacket::Frame(fault) = bad else { panic!("{bad:?}") };
    assert_eq!(fault.kind, FrameFaultKind::TooLong { limit: 100 });
    assert_eq!(next(&mut server).await.packet, Ok(packet_of(100)));
    let stats = server.stats();
    assert_eq!((stats.received, stats.bad.total(), stats.bad.get("frame-too-long")), (4, 3, 1));

    let error = server.send_to(packet_of(104), folder.join("server")).await.unwrap_err();
    assert!(matches!(error, SendError::TooLong(_)), "{error:?}");
}

#[tokio::test]
async fn datagrams_as_bytes_in_turns_with_packets() {
    let folder = Folder::new();
    let builder = Datagrams::builder().max_datagram(100);
    let builder = builder.hook(hook::inbound(|bytes, _| match bytes {
        b"swallow" => Verdict::Swallow,
        b"replace" => Verdict::Replace(Bytes::from_static(b"other")),
        _ => Verdict::Pass,
    }));
    let mut server = builder.bind(folder.join("server")).unwrap();
    let raw = UnixDatagram::bind(folder.join("client")).unwrap();
    raw.connect(folder.join("server")).unwrap();
    let long = [b'/'; 101];
    for datagram in [&b"oops"[..], b"swallow", b"replace", b"", &long, b"/a\0\0,\0\0\0", b"b"] {
        raw.send(datagram).await.unwrap();
    }
    for bytes in ["oops", "other", ""] {
        let received = server.recv_bytes().await;
        assert_eq!(received.bytes, Ok(bytes.into()));
        assert_eq!(received.peer, PeerAddr::Unix(folder.join("client")));
    }
    let received = server.recv_bytes().await;
    assert!(matches!(received.bytes, Err(BadPacket::Frame(_))), "{received:?}");
    assert_eq!(next(&mut server).await.packet.unwrap().as_bytes(), b"/a\0\0,\0\0\0");
    assert_eq!(server.recv_bytes().await.bytes, Ok(Bytes::from_static(b"b")));
    // Who decodes counts what is no packet.
    let stats = server.stats();
    assert_eq!((stats.received, stats.bad.total(), stats.drops.total()), (7, 1, 1));
}

#[tokio::test]
async fn the_longest_datagrams_arrive_whole() {
    let folder = Folder::new();
    let mut server = Datagrams::bind(folder.join("server")).unwrap();
    let longest = packet_of(65_536);
    server.send_to(&longest, folder.join("server")).await.unwrap();
    assert_eq!(next(&mut server).await.packet, Ok(longest));

    // What the system does not take is an error that says so.
    let sender = Datagrams::builder().max_datagram(usize::MAX).unbound().unwrap();
    let error = sender.send_to(packet_of(8 << 20), folder.join("server")).await.unwrap_err();
    let SendError::TooLong(error) = error else { panic!("{error:?}") };
    assert_eq!(error.length, 8 << 20);
    assert!((4096..8 << 20).contains(&error.limit), "{error}");
}

#[tokio::test]
async fn a_full_queue_is_waited_for_and_nothing_is_lost() {
    let folder = Folder::new();
    let mut server = Datagrams::bind(folder.join("server")).unwrap();
    let client = Datagrams::unbound().unwrap();
    let (path, sender) = (folder.join("server"), client.sender());
    // Until the queue is full.
    let mut queued = 0_u32;
    let error = loop {
        match sender.try_send_to(packet("/flood"), &path) {
            Ok(()) => queued += 1,
            Err(error) => break error,
        }
        assert!(queued < 1_000_000, "the queue has no end");
    };
    assert!(matches!(error, SendError::Full), "{error:?}");
    // The rest goes out as it is read, although the system never says that there is room.
    let more = 50;
    let send = async {
        for _ in 0..more {
            client.send_to(packet("/flood"), &path).await.unwrap();
        }
    };
    let receive = async {
        for _ in 0..queued + more {
            assert_eq!(next(&mut server).await.packet, Ok(packet("/flood")));
        }
    };
    timeout(Duration::from_secs(60), async { tokio::join!(send, receive) }).await.unwrap();
    assert_eq!(client.stats().sent, u64::from(queued + more));

    // The same for one who is connected.
    client.connect(&path).unwrap();
    let send = async {
        for _ in 0..1000 {
            client.send(packet("/flood")).await.unwrap();
        }
    };
    let receive = async {
        for _ in 0..1000 {
            assert_eq!(next(&mut server).await.packet, Ok(packet("/flood")));
        }
    };
    timeout(Duration::from_secs(60), async { tokio::join!(send, receive) }).await.unwrap();
}

#[tokio::test]
async fn hooks_and_counters_see_datagrams() {
    let folder = Folder::new();
    let path = folder.join("server");
    let choosy = hook::inbound({
        let path = folder.join("bad");
        move |bytes, peer| match (bytes, peer.path()) {
            (_, Some(peer)) if peer == path => Verdict::Refuse("not you".into()),
            ([_, b's', ..], _) => Verdict::Swallow,
            _ => Verdict::Pass,
        }
    });
    let quiet = hook::outbound(|_, peer| match peer {
        PeerAddr::Unix(_) => Verdict::Pass,
        _ => Verdict::Swallow,
    });
    let counters = Arc::new(Counters::default());
    let mut server =
        Datagrams::builder().hook(choosy).counters(Arc::clone(&counters)).bind(&path).unwrap();
    let good = Datagrams::builder().hook(quiet).bind(folder.join("good")).unwrap();
    let bad = Datagrams::bind(folder.join("bad")).unwrap();
    bad.send_to(packet("/a"), &path).await.unwrap();
    good.send_to(packet("/s"), &path).await.unwrap();
    good.send_to(packet("/a"), &path).await.unwrap();
    good.send(packet("/nobody is connected")).await.unwrap();
    let item = next(&mut server).await;
    assert!(matches!(item.packet, Err(BadPacket::Refused { .. })), "{item:?}");
    assert_eq!(next(&mut server).await.packet, Ok(packet("/a")));
    let stats = counters.read();
    assert_eq!(stats, server.stats());
    assert_eq!((stats.received, stats.bad.total(), stats.drops.total()), (3, 0, 2));
    assert_eq!((stats.drops.get("refused"), stats.drops.get("swallowed")), (1, 1));
    assert_eq!((good.stats().sent, good.stats().drops.get("swallowed-out")), (2, 1));
}

#[tokio::test]
async fn a_stream_that_is_connected_is_taken_over() {
    let (near, far) = UnixStream::pair().unwrap();
    let mut near = Connection::builder().framing(FramingKind::LengthPrefix).wrap(near);
    let mut far = Connection::builder().wrap(far);
    near.send(packet("/a")).await.unwrap();
    assert_eq!(far.next().await.unwrap().unwrap(), Ok(packet("/a")));
    assert_eq!(far.framing(), Some(FramingKind::LengthPrefix));
}
