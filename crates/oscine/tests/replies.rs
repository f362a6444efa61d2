//! What handlers send back, and which way it goes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};

use common::log::log;
use common::wire::{Raw, frame, packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running, within};
use oscine::transport::framing::FramingKind;
use oscine::{AddressSpace, Bundle, Message, Packet, Reply, SendError, Server, TimeTag};
use tokio::sync::Notify;

fn message(address: &str, args: i32) -> Message {
    Message::new(address, args).unwrap()
}

fn bundle() -> Bundle {
    Bundle::new(TimeTag::IMMEDIATE, [message("/in", 1), message("/in", 2)]).unwrap()
}

/// A method for every kind of reply, named after it, and what each is to send.
fn every_kind(space: &AddressSpace) -> Vec<(&'static str, Vec<Packet>)> {
    type Fault = std::fmt::Error;
    let one = || vec![packet("/one", 1)];
    let mut expected = Vec::new();
    macro_rules! kinds {
        ($($address:literal: $handler:expr => $packets:expr;)+) => {$(
            space.method($address, $handler).unwrap();
            expected.push(($address, $packets));
        )+};
    }
    kinds! {
        "/nothing": || () => vec![];
        "/no-args": || ("/none", ()) => vec![packet("/none", ())];
        "/args": |a: i32, b: String| (format!("/{b}"), (b, a)) => vec![packet("/x", ("x", 7))];
        "/message": || message("/one", 1) => one();
        "/bundle": bundle => vec![bundle().into()];
        "/packet": || packet("/one", 1) => one();
        "/some": || Some(("/one", 1)) => one();
        "/none": || None::<Message> => vec![];
        "/ok": || Ok::<_, Fault>(message("/one", 1)) => one();
        "/error": || Err::<Message, _>(std::fmt::Error) => vec![];
        "/text-error": || Err::<(), _>("no such thing") => vec![];
        "/built": || Message::new("/one", 1) => one();
        "/not-built": || Message::new("no slash", 1) => vec![];
        "/bad-tuple": || ("no slash", 1) => vec![];
        "/empty": Vec::<Message>::new => vec![];
        "/several": || vec![message("/one", 1), message("/two", 2), message("/three", 3)]
            => vec![packet("/one", 1), packet("/two", 2), packet("/three", 3)];
        "/mixed": || {
            vec![Ok(Some(("/one", 1))), Ok(None), Err("not this one"), Ok(Some(("/two", 2)))]
        } => vec![packet("/one", 1), packet("/two", 2)];
        "/async": async || ("/one", 1) => one();
        "/async-later": async || {
            tokio::task::yield_now().await;
            Ok::<_, Fault>(vec![bundle()])
        } => vec![bundle().into()];
    }
    expected
}

#[tokio::test]
async fn every_kind_of_reply_on_every_transport() {
    let space = AddressSpace::new();
    let expected = every_kind(&space);
    space.method("/sync", || ("/synced", ())).unwrap();
    let server = Running::start(space).await;
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    for client in &mut clients {
        for (address, packets) in &expected {
            let question = match *address {
                "/args" => packet("/args", (7, "x")),
                address => packet(address, ()),
            };
            client.send(&question).await.unwrap();
            // Whatever the handler sent lies before the answer to this.
            client.send(("/sync", ())).await.unwrap();
            let mut replies = Vec::new();
            loop {
                let reply = within(client.recv()).await.unwrap();
                if reply == packet("/synced", ()) {
                    break;
                }
                replies.push(reply);
            }
            assert_eq!(replies, *packets, "{address}");
        }
    }
    let sent: usize = expected.iter().map(|(_, packets)| packets.len() + 1).sum();
    let stats = server.stop().await;
    let clients = clients.len() as u64;
    assert_eq!((stats.sent, stats.send_failures), (clients * sent as u64, 0));
    // /error, /text-error, /not-built, /bad-tuple, and one of /mixed.
    assert_eq!(stats.handler_errors, clients * 5);
}

#[tokio::test]
async fn every_handler_that_matched_replies() {
    let space = AddressSpace::new();
    for number in 1..=3 {
        space.method(format!("/m/{number}"), move || ("/value", number)).unwrap();
    }
    let server = Running::start(space).await;
    let mut client = server.udp_client().await;
    client.send(("/m/*", ())).await.unwrap();
    for number in 1..=3 {
        assert_eq!(within(client.recv()).await.unwrap(), packet("/value", number));
    }
    assert_eq!(server.stop().await.sent, 3);
}

#[tokio::test]
async fn udp_replies_leave_from_the_socket_that_was_written_to() {
    let space = AddressSpace::new();
    space
        .method("/ping", |reply: Reply| reply.send("/called", ()).map(|()| ("/returned", ())))
        .unwrap();
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).udp(LOOPBACK);
    let server = Running::bind(builder.address_space(space)).await;
    let socket = raw_udp().await;
    let mut buffer = [0; 64];
    let endpoints = server.handle.endpoints().to_vec();
    assert_eq!(endpoints.len(), 3);
    for endpoint in endpoints {
        let addr = endpoint.resolve().await.unwrap();
        socket.send_to(packet("/ping", ()).as_bytes(), addr).await.unwrap();
        for reply in [&b"/called\0,\0\0\0"[..], b"/returned\0\0\0,\0\0\0"] {
            let (length, from) = within(socket.recv_from(&mut buffer)).await.unwrap();
            assert_eq!((buffer.get(..length).unwrap(), from), (reply, addr));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn tcp_replies_are_in_the_framing_of_the_sender() {
    let space = AddressSpace::new();
    // Both bytes that SLIP escapes.
    space.method("/blob", || ("/b", [0xc0_u8, 0xdb, 0, 0xc0])).unwrap();
    let reply = b"/b\0\0,b\0\0\0\0\0\x04\xc0\xdb\0\xc0";
    let builder =
        |endpoint: &str| Server::builder().endpoint(endpoint).address_space(space.clone());
    for (endpoint, framings) in [
        ("osc.tcp://127.0.0.1:0", &[FramingKind::Slip, FramingKind::LengthPrefix][..]),
        ("osc.tcp://127.0.0.1:0?framing=slip", &[FramingKind::Slip]),
        ("osc.tcp://127.0.0.1:0?framing=length", &[FramingKind::LengthPrefix]),
    ] {
        let server = Running::bind(builder(endpoint)).await;
        for framing in framings {
            let mut raw = Raw::connect(server.tcp()).await;
            let expected = frame(*framing, reply);
            for _ in 0..3 {
                raw.write(&frame(*framing, b"/blob\0\0\0,\0\0\0")).await;
                assert_eq!(raw.read(expected.len()).await, expected, "{endpoint} {framing}");
            }
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_reply_may_be_kept_and_used_later_from_elsewhere() {
    let kept = Arc::new(Mutex::new(Vec::<Reply>::new()));
    let space = AddressSpace::new();
    let keep = Arc::clone(&kept);
    space.method("/keep", move |reply: Reply| keep.lock().unwrap().push(reply)).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    let server = Running::start(space).await;
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    for client in &mut clients {
        client.send(("/keep", ())).await.unwrap();
        within(client.request(("/sync", ()), "/synced")).await.unwrap();
    }
    let replies = kept.lock().unwrap().clone();
    assert_eq!(replies.len(), clients.len());
    for (number, reply) in (0..).zip(&replies) {
        reply.send("/late", number).unwrap();
        reply.send_packet(bundle()).unwrap();
        server.handle.send_to(reply.peer(), "/handle", number).unwrap();
    }
    for (number, client) in (0..).zip(&mut clients) {
        for expected in [packet("/late", number), bundle().into(), packet("/handle", number)] {
            assert_eq!(within(client.recv()).await.unwrap(), expected);
        }
    }
    assert!(matches!(replies[0].send("no slash", ()), Err(SendError::Encode(_))));

    // A server that has stopped sends nothing, and says so.
    let handle = server.handle.clone();
    server.stop().await;
    for reply in &replies {
        let peer = reply.peer();
        assert_eq!(reply.send("/late", 1), Err(SendError::Gone { peer: peer.clone() }));
        assert_eq!(handle.send_to(peer, "/late", 1), Err(SendError::Gone { peer: peer.clone() }));
    }
    assert_eq!(handle.stats().send_failures, 2 * replies.len() as u64);
}

#[tokio::test]
async fn a_connection_that_has_closed_is_gone() {
    let (pen, mut log) = log();
    let kept = Arc::new(Mutex::new(None));
    let space = AddressSpace::new();
    let keep = Arc::clone(&kept);
    let keeper = move |reply: Reply| {
        *keep.lock().unwrap() = Some(reply);
        pen.note("kept");
    };
    space.method("/keep", keeper).unwrap();
    let server = Running::start(space).await;
    let mut raw = Raw::connect(server.tcp()).await;
    raw.write(&frame(FramingKind::Slip, b"/keep\0\0\0,\0\0\0")).await;
    assert_eq!(log.next().await, "kept");
    raw.finish().await;
    // The server closes its side in turn; from then on nobody can be reached.
    assert_eq!(raw.read_to_end().await, b"");
    let reply = kept.lock().unwrap().clone().unwrap();
    let peer = reply.peer();
    let gone = async {
        while reply.send("/late", ()) != Err(SendError::Gone { peer: peer.clone() }) {
            tokio::task::yield_now().await;
        }
    };
    within(gone).await;
    server.stop().await;
}

/// A peer that writes, ends its direction, and reads to the end gets all replies.
async fn check_half_close(endpoint: &str, framing: FramingKind) {
    let gate = Arc::new(Notify::new());
    let space = AddressSpace::new();
    let wait = Arc::clone(&gate);
    let slow = move |reply: Reply| {
        let wait = Arc::clone(&wait);
        async move {
            reply.send("/begun", ()).unwrap();
            wait.notified().await;
            ("/done", ())
        }
    };
    space.method("/slow", slow).unwrap();
    space.method("/fast", || ("/fast", ())).unwrap();
    let server = Running::bind(Server::builder().endpoint(endpoint).address_space(space)).await;
    let mut raw = Raw::connect(server.tcp()).await;
    let questions = [&b"/fast\0\0\0,\0\0\0"[..], b"/slow\0\0\0,\0\0\0", b"/fast\0\0\0,\0\0\0"];
    for question in questions {
        raw.write(&frame(framing, question)).await;
    }
    raw.finish().await;
    let answers = [&b"/fast\0\0\0,\0\0\0"[..], b"/begun\0\0,\0\0\0"];
    for answer in answers.map(|answer| frame(framing, answer)) {
        assert_eq!(raw.read(answer.len()).await, answer, "{framing}");
    }
    gate.notify_one();
    let rest = [&b"/done\0\0\0,\0\0\0"[..], b"/fast\0\0\0,\0\0\0"];
    let rest = rest.map(|answer| frame(framing, answer)).concat();
    assert_eq!(raw.read_to_end().await, rest, "{framing}");
    assert_eq!(server.stop().await.sent, 4);
}

#[tokio::test]
async fn a_peer_that_is_done_sending_still_gets_its_replies() {
    check_half_close("osc.tcp://127.0.0.1:0", FramingKind::Slip).await;
    check_half_close("osc.tcp://127.0.0.1:0", FramingKind::LengthPrefix).await;
    check_half_close("osc.tcp://127.0.0.1:0?framing=slip", FramingKind::Slip).await;
    check_half_close("osc.tcp://127.0.0.1:0?framing=length", FramingKind::LengthPrefix).await;
}

#[tokio::test]
async fn arguments_that_fit_nothing_are_answered_if_that_is_asked_for() {
    let space = AddressSpace::new();
    space.method("/gain", |_: f32| {}).unwrap();
    space.error_replies(true);
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let reply = within(client.request(("/gain", "loud"), "/error")).await.unwrap();
    let (address, reason) = reply.args().parse::<(&str, &str)>().unwrap();
    assert_eq!(address, "/gain");
    assert!(reason.contains("argument 0"), "{reason}");
    assert_eq!(server.stop().await.misfits, 1);
}

#[tokio::test]
async fn a_slash_at_the_end_asks_for_the_names_below_if_that_is_allowed() {
    let space = AddressSpace::new();
    for address in ["/synth/freq", "/synth/amp/left", "/other"] {
        space.method(address, || {}).unwrap();
    }
    space.list_replies(true);
    let server = Running::start(space).await;
    let raw = raw_udp().await;
    for (asked, names) in [("/synth/", &["amp", "freq"][..]), ("/", &["other", "synth"])] {
        let asking = packet(asked, ());
        raw.send_to(asking.as_bytes(), server.udp()).await.unwrap();
        let mut buffer = [0; 1500];
        let length = within(raw.recv(&mut buffer)).await.unwrap();
        // `#reply` is no address: only liblo and those who know it read it.
        let field = oscine::DecodeOptions::new().profile(oscine::Profile::Field);
        let reply = oscine::PacketRef::decode_with(&buffer[..length], &field).unwrap();
        let reply = reply.message().unwrap();
        assert_eq!(reply.address(), "#reply");
        let told = reply.args().parse::<oscine::Rest<String>>().unwrap().0;
        assert_eq!(told[0], asked);
        assert_eq!(told[1..], *names);
    }
    server.stop().await;
}

#[tokio::test]
async fn replies_go_to_another_port_of_the_sender_and_as_bundles() {
    let space = AddressSpace::new();
    let there = move |port: i32, reply: Reply| {
        let port = u16::try_from(port).unwrap();
        match reply.to_port(port) {
            Some(there) => {
                assert_eq!(there.peer().addr().map(|addr| addr.port()), Some(port));
                there.send("/there", 1)?;
                there.send_bundle(TimeTag::IMMEDIATE, [message("/in", 1), message("/in", 2)])
            }
            None => reply.send("/no-ports", ()),
        }
    };
    space.method("/there", there).unwrap();
    let server = Running::start(space).await;
    let (asking, listening) = (raw_udp().await, raw_udp().await);
    let port = listening.local_addr().unwrap().port();
    let question = packet("/there", i32::from(port));
    asking.send_to(question.as_bytes(), server.udp()).await.unwrap();
    let mut buffer = [0; 1500];
    for expected in [packet("/there", 1), bundle().into()] {
        let (length, from) = within(listening.recv_from(&mut buffer)).await.unwrap();
        assert_eq!((&buffer[..length], from), (expected.as_bytes(), server.udp()));
    }
    // A connection has one other end.
    let client = server.tcp_client(FRAMINGS[0]).await;
    within(client.request(&question, "/no-ports")).await.unwrap();
    assert_eq!(server.stop().await.handler_errors, 0);
}
