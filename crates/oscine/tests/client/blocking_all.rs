//! The blocking client has all that the other one has: a test that goes through each.

use std::time::Duration;

use oscine::blocking::{self, BlockingError};
use oscine::transport::reconnect::{Reconnecting, State};
use oscine::transport::{BadPacket, SendError, Udp};
use oscine::{AddressSpace, Client, ClientError, Message, Packet, RecvError, RequestError};
use tokio::runtime::Runtime;

use crate::common::wire::packet;
use crate::elsewhere::Elsewhere;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// Goes through everything that every client has.
fn go_through(elsewhere: &mut Elsewhere, mut client: blocking::Client) {
    let reconnects = client.state().is_some();
    assert!(client.connected(LONG).unwrap());
    sending(elsewhere, &client);
    let sender = client.sender();
    asking(&client, &sender);
    receiving(&mut client);
    keeping_up(elsewhere, &mut client);

    assert_eq!(client.states().is_some(), reconnects);
    assert_eq!(client.missed(), 0);
    assert!(client.fault().is_none());
    assert!(client.peer().ip().is_some());
    assert_eq!(client.peer(), sender.peer());
    // One more may have been kept up in between.
    let figures = client.stats();
    assert!(figures.received > 0 && figures.received == sender.stats().received);
    assert!(figures.sent > 0 && figures.sent <= sender.stats().sent);
    assert_eq!(client.local_addr().is_some(), !reconnects);
    client.close().unwrap();
    if reconnects {
        assert!(matches!(client.state(), Some(State::Closed)));
        assert!(matches!(sender.try_send(("/late", ())), Err(ClientError::Send(_))));
    }
}

fn sending(elsewhere: &mut Elsewhere, client: &blocking::Client) {
    let sender = client.sender();
    client.send(("/a", 1)).unwrap();
    sender.send(("/a", 2)).unwrap();
    client.try_send(("/a", 3)).unwrap();
    sender.try_send(("/a", 4)).unwrap();
    client.send_within(LONG, ("/a", 5)).unwrap();
    sender.send_within(LONG, ("/a", 6)).unwrap();
    client.send_bundle(Duration::ZERO, [Message::new("/a", 7).unwrap()]).unwrap();
    sender.send_bundle(Duration::ZERO, [Message::new("/a", 8).unwrap()]).unwrap();
    client.send_all(&[packet("/a", 9), packet("/a", 10)]).unwrap();
    sender.send_all(&[packet("/a", 11)]).unwrap();
    client.queue(("/a", 12)).unwrap().wait().unwrap();
    sender.queue(("/a", 13)).unwrap().wait_timeout(LONG).unwrap();
    client.urgent(("/a", 14)).unwrap().wait().unwrap();
    sender.urgent(("/a", 15)).unwrap().wait().unwrap();
    let expected: Vec<_> = (1..=15).map(|number| format!("/a ,i {number}")).collect();
    let mut noted = elsewhere.noted(15);
    // Those in bundles, which are due now, may be overtaken by what was sent while they waited.
    noted.sort_by_key(|text| text.rsplit(' ').next().unwrap().parse::<i32>().unwrap());
    assert_eq!(noted, expected);
}

fn asking(client: &blocking::Client, sender: &blocking::Sender) {
    for reply in [
        client.request(("/ask", 1), "/answer"),
        sender.request(("/ask", 1), "/answer"),
        client.request_within(LONG, ("/ask", 1), "/answer"),
        sender.request_within(LONG, ("/ask", 1), "/answer"),
    ] {
        assert_eq!(reply.unwrap().args().parse(), Ok(1));
    }
    client.estimate_offset("/oscine/clock", 1).unwrap();
    let error = sender.estimate_offset("no address", 1).unwrap_err();
    assert!(matches!(error, RequestError::Pattern { .. }), "{error:?}");
}

fn receiving(client: &mut blocking::Client) {
    client.send(("/count", 9)).unwrap();
    let numbered = |number: i32| packet("/n", number);
    let bytes = |number: i32| numbered(number).into_bytes();
    assert_eq!(client.recv().unwrap(), numbered(0));
    assert_eq!(client.recv_timeout(LONG).unwrap(), numbered(1));
    assert_eq!(client.recv_any().unwrap().unwrap(), numbered(2));
    assert_eq!(client.recv_frame().unwrap(), bytes(3));
    assert_eq!(client.recv_frame_timeout(LONG).unwrap(), bytes(4));
    assert_eq!(client.packets().next().unwrap(), numbered(5));
    assert_eq!(client.frames().next().unwrap(), bytes(6));
    let seventh = at_last(|| client.try_recv_frame());
    assert_eq!(seventh, bytes(7));
    let eighth = at_last(|| client.try_recv());
    assert_eq!(eighth, numbered(8));
    assert!(matches!(client.recv_frame_timeout(SHORT), Err(RecvError::Timeout { .. })));
    assert!(matches!(client.try_recv_frame(), Err(RecvError::Empty)));
    assert_eq!(client.frames_timeout(SHORT).count(), 0);
    assert_eq!(client.packets_timeout(SHORT).count(), 0);
}

/// Asks until something has arrived.
fn at_last<T>(mut receive: impl FnMut() -> Result<T, RecvError>) -> T {
    for _ in 0..60_000 {
        match receive() {
            Err(RecvError::Empty) => std::thread::sleep(Duration::from_millis(1)),
            received => return received.unwrap(),
        }
    }
    panic!("nothing arrives");
}

fn keeping_up(elsewhere: &mut Elsewhere, client: &mut blocking::Client) {
    client.on_connect(("/hello", ())).unwrap();
    assert_eq!(elsewhere.noted(1), ["/hello ,"]);
    let kept = client.keep_alive(("/alive", ()), LONG).unwrap();
    assert_eq!(elsewhere.noted(1), ["/alive ,"]);
    kept.stop();
    client.latest_wins(SHORT).send("/newest", 1).unwrap();
    assert_eq!(elsewhere.noted(1), ["/newest ,i 1"]);
}

#[test]
fn every_kind_has_everything() {
    let mut elsewhere = Elsewhere::start();
    let client = blocking::Client::udp(elsewhere.running().udp()).unwrap();
    go_through(&mut elsewhere, client);
    let client = blocking::Client::tcp(elsewhere.running().tcp()).unwrap();
    go_through(&mut elsewhere, client);
    let client =
        blocking::Client::connect(format!("{}?framing=length", elsewhere.tcp_endpoint())).unwrap();
    go_through(&mut elsewhere, client);
    let builder = Client::builder().reconnect(true);
    let client = blocking::Client::with(builder, elsewhere.tcp_endpoint()).unwrap();
    go_through(&mut elsewhere, client);
    let to = elsewhere.running().udp();
    let client = blocking::Client::made_by(|| async move {
        let socket = Udp::from_std(std::net::UdpSocket::bind("127.0.0.1:0")?)?;
        Ok::<_, Box<dyn std::error::Error>>(Client::from_udp(socket, to).await?)
    });
    go_through(&mut elsewhere, client.unwrap());
    blocking::send(elsewhere.udp_endpoint(), ("/once", 1)).unwrap();
    assert_eq!(elsewhere.noted(1), ["/once ,i 1"]);
}

#[test]
fn what_is_no_packet_comes_as_bytes_and_as_a_fault() {
    let device = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut client = blocking::Client::udp(device.local_addr().unwrap()).unwrap();
    client.send(("/here", ())).unwrap();
    let (_, from) = device.recv_from(&mut [0; 64]).unwrap();
    for _ in 0..2 {
        device.send_to(b"nonsense", from).unwrap();
    }
    assert_eq!(client.recv_frame().unwrap(), &b"nonsense"[..]);
    let bad = client.recv_any().unwrap().unwrap_err();
    assert!(matches!(bad, BadPacket::Decode { .. }), "{bad:?}");
}

#[test]
fn states_and_the_fate_of_packets_are_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let policy = Reconnecting::builder()
        .backoff(Duration::from_secs(3600), Duration::from_secs(3600))
        .max_age(SHORT)
        .queue(1);
    let builder = Client::builder().reconnect_with(policy);
    let mut client = blocking::Client::with(builder, format!("osc.tcp://{address}")).unwrap();
    let mut states = client.states().unwrap();
    assert!(states.by_ref().any(|state| matches!(state, State::Lost { .. })));
    assert!(states.next_timeout(SHORT).is_none());
    assert!(!client.connected(SHORT).unwrap());
    let mut sent = client.queue(("/stale", ())).unwrap();
    let error = sent.wait_timeout(Duration::ZERO).unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error:?}");
    let error = sent.wait().unwrap_err();
    assert!(matches!(error, ClientError::Send(SendError::Dropped { .. })), "{error:?}");
    client.close().unwrap();
    assert!(states.any(|state| matches!(state, State::Closed)));
    assert!(!client.connected(LONG).unwrap());
}

#[test]
fn it_serves_on_a_thread_or_step_by_step() {
    let mut elsewhere = Elsewhere::start();
    let space = AddressSpace::new();
    space.method("/answer", |number: i32| ("/thanks", number)).unwrap();
    for tcp in [false, true] {
        let endpoint =
            if tcp { elsewhere.tcp_endpoint() } else { elsewhere.udp_endpoint().to_string() };
        let client = blocking::Client::connect(&endpoint).unwrap();
        let sender = client.sender();
        let serving = client.serve(space.clone()).unwrap().spawn();
        sender.send(("/ask", 1)).unwrap();
        assert_eq!(elsewhere.noted(1), ["/thanks ,i 1"]);
        // Messages are counted before they run, and calls when they have: the reply may be here before that.
        assert_eq!(serving.handle().stats().messages, 1);
        serving.stop().unwrap();

        let client = blocking::Client::connect(&endpoint).unwrap();
        let sender = client.sender();
        let mut serving = client.serve_with(|server| server.address_space(space.clone())).unwrap();
        sender.send(("/ask", 2)).unwrap();
        assert!(serving.process_one(LONG).unwrap());
        assert_eq!(elsewhere.noted(1), ["/thanks ,i 2"]);
        drop(serving);
        // Soon: its thread lets go of it.
        let closed = (0..60_000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            sender.send(("/ask", 3)).is_err()
        });
        assert!(closed);
    }
}

#[test]
fn inside_of_a_runtime_what_would_wait_is_refused_and_the_rest_is_not() {
    let mut elsewhere = Elsewhere::start();
    let mut clients = [
        blocking::Client::connect(elsewhere.udp_endpoint()).unwrap(),
        blocking::Client::connect(elsewhere.tcp_endpoint()).unwrap(),
    ];
    let runtime = Runtime::new().unwrap();
    for client in &mut clients {
        let _entered = runtime.enter();
        client.try_send(("/a", 1)).unwrap();
        let refused = [
            client.queue(("/b", 1)).map(drop),
            client.urgent(("/b", 1)).map(drop),
            blocking::send(elsewhere.udp_endpoint(), ("/b", 1)),
        ];
        for outcome in refused {
            let error = outcome.unwrap_err();
            assert!(matches!(error, ClientError::Blocking(BlockingError::InsideRuntime)));
        }
        assert!(matches!(client.recv_frame(), Err(RecvError::Blocking(_))));
        assert!(matches!(client.recv_frame_timeout(LONG), Err(RecvError::Blocking(_))));
        assert!(matches!(client.try_recv_frame(), Err(RecvError::Blocking(_))));
        assert!(matches!(client.recv_any(), Err(RecvError::Blocking(_))));
        assert_eq!(client.frames().next(), None);
        let error = client.estimate_offset("/oscine/clock", 1).unwrap_err();
        assert!(matches!(error, RequestError::Send(ClientError::Blocking(_))), "{error:?}");
    }
    assert_eq!(elsewhere.noted(2), ["/a ,i 1", "/a ,i 1"]);
    let _entered = runtime.enter();
    for client in clients {
        let error = client.serve(AddressSpace::new()).map(drop).unwrap_err();
        assert!(matches!(error, BlockingError::InsideRuntime), "{error:?}");
    }
}

/// What is on its way when the last call is over goes out: nobody else runs the client.
#[test]
fn a_stream_that_was_full_is_written_between_calls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("osc.tcp://{}?framing=length", listener.local_addr().unwrap());
    let client = blocking::Client::connect(endpoint).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let big: Packet = packet("/big", vec![0_u8; 1 << 16]);
    let mut taken = 0;
    while client.try_send(&big).is_ok() {
        taken += 1;
        assert!(taken < 10_000);
    }
    let mut bytes = vec![0; taken * (4 + big.as_bytes().len())];
    peer.set_read_timeout(Some(LONG)).unwrap();
    std::io::Read::read_exact(&mut peer, &mut bytes).unwrap();
    for frame in bytes.chunks(4 + big.as_bytes().len()) {
        assert_eq!(&frame[4..], big.as_bytes());
    }
}
