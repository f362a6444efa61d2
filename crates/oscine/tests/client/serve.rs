//! Handlers for what comes back.

use std::time::Duration;

use oscine::transport::connection::Builder;
use oscine::{AddressSpace, Bundle, Client, Message, Packet, Peer, Reply, ScheduleLimits, Server};
use tokio::net::UnixStream;

use crate::common::log::log;
use crate::common::timed::{bundle, note, noting_space, now};
use crate::common::wire::packet;
use crate::common::{LOOPBACK, Running, within};
use crate::line::{Line, pipe};

#[tokio::test]
async fn handlers_are_called_and_what_they_return_is_sent() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    // The server asks back; the client's handler answers; the server notes the answer.
    space.method("/start", || ("/who", ())).unwrap();
    let noted = pen.clone();
    space
        .method("/me", move |name: String, count: i32| noted.note(format!("{name} {count}")))
        .unwrap();
    let server = Running::start(space).await;
    for client in [server.udp_client().await, Client::tcp(server.tcp()).await.unwrap()] {
        let own = AddressSpace::new();
        own.method("/who", |peer: Peer, reply: Reply| {
            assert!(peer.addr().is_some());
            reply.send("/me", ("first", 1)).unwrap();
            ("/me", ("second", 2))
        })
        .unwrap();
        let sender = client.sender();
        let serving = tokio::spawn(client.serve(own).into_future());
        sender.send(("/start", ())).await.unwrap();
        assert_eq!(log.take(2).await, ["first 1", "second 2"]);
        serving.abort();
    }
    server.stop().await;
}

#[tokio::test]
async fn bundles_run_at_their_time() {
    let (space, mut log) = noting_space();
    let (client, mut far) = pipe(4096);
    let serving = tokio::spawn(client.serve(space).into_future());
    let ahead = |millis| now() + Duration::from_millis(millis);
    far.send(bundle(ahead(120), &["third", "fourth"]).into()).await;
    far.send(bundle(ahead(60), &["second"]).into()).await;
    far.send(note("first").into()).await;
    assert_eq!(log.take(4).await, ["first", "second", "third", "fourth"]);
    drop(far);
    within(serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_asked_for_goes_to_whoever_asked() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let (client, mut far) = pipe(4096);
    let sender = client.sender();
    let serving = tokio::spawn(client.serve(space).into_future());
    let answering = async {
        assert_eq!(far.next().await, packet("/q", 1));
        far.send(packet("/before", 0)).await;
        far.send(packet("/r", 1)).await;
        far.send(packet("/after", 2)).await;
    };
    let (reply, ()) = tokio::join!(within(sender.request(("/q", 1), "/r")), answering);
    assert_eq!(reply.unwrap(), Message::new("/r", 1).unwrap());
    assert_eq!(log.take(2).await, ["/before ,i 0", "/after ,i 2"]);
    serving.abort();
}

#[tokio::test]
async fn replies_that_were_handed_over_go_out_after_the_end() {
    let space = AddressSpace::new();
    let many = |count: i32| -> Vec<Packet> { (0..count).map(|n| packet("/n", n)).collect() };
    space.method("/many", many).unwrap();
    // The peer has finished sending, and still reads; the pipe holds a fraction of the replies.
    let (near, far) = UnixStream::pair().unwrap();
    let client = Client::from_connection(Builder::new().wrap(near));
    let serving = tokio::spawn(client.serve(space).into_future());
    let mut far = Client::from_connection(Builder::new().wrap(far));
    far.send(("/many", 1000)).await.unwrap();
    far.close().await.unwrap();
    for number in 0..1000 {
        assert_eq!(within(far.recv()).await.unwrap(), packet("/n", number));
    }
    assert_eq!(within(far.recv()).await, None);
    within(serving).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reconnects_serves_on_until_it_is_dropped() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let (client, line) = Line::standard();
    let serving = tokio::spawn(client.serve(space).into_future());
    for number in 0..3 {
        let mut far = line.accept();
        far.send(packet("/n", number)).await;
        assert_eq!(log.next().await, format!("/n ,i {number}"));
    }
    assert!(!serving.is_finished());
    serving.abort();
}

#[tokio::test]
async fn limits_hold_and_nothing_that_is_sent_ends_it() {
    let (space, mut log) = noting_space();
    space.method("/panic", || -> () { panic!("a handler may panic") }).unwrap();
    let server = Running::bind(Server::builder().udp(LOOPBACK).tcp(LOOPBACK)).await;
    let (client, mut far) = pipe(1 << 16);
    let limits = ScheduleLimits::new().count(1);
    let serving = tokio::spawn(client.serve(space).schedule_limits(limits).into_future());
    let hour = now() + Duration::from_secs(3600);
    far.send(bundle(hour, &["kept, and dropped at the end"]).into()).await;
    far.send(bundle(hour, &["refused"]).into()).await;
    far.send(packet("/panic", ())).await;
    far.send(packet("/nobody", ())).await;
    far.send(packet("/note", 1)).await;
    far.send(Bundle::new(hour, [packet("/a/[", ())]).map_or_else(|_| packet("/x", ()), Into::into))
        .await;
    far.send(note("still here").into()).await;
    assert_eq!(log.next().await, "still here");
    drop(far);
    within(serving).await.unwrap().unwrap();
    server.stop().await;
}
