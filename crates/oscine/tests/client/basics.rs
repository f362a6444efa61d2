//! Sends, asks, and keeps what comes back.

use std::time::{Duration, SystemTime};

use crate::common::log::log;
use crate::common::wire::{packet, raw_udp};
use crate::common::{FRAMINGS, LOOPBACK, Running, within};
use futures::StreamExt;
use oscine::{
    AddressSpace, Bundle, BundleTime, Client, ClientError, EncodeError, Message, Packet, Reply,
    RequestError, Server, TimeTag,
};

/// A server that answers `/ask n` with `/answer n`, and `/talk n` with n remarks before the answer.
async fn server() -> Running {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let talk = |number: i32, reply: Reply| {
        (0..number).try_for_each(|index| reply.send("/remark", index))?;
        let answer = Message::new("/answer", number).unwrap();
        let bundle = Bundle::new(TimeTag::IMMEDIATE, [Message::new("/x", ()).unwrap(), answer]);
        reply.send_packet(bundle.unwrap())
    };
    space.method("/talk", talk).unwrap();
    Running::start(space).await
}

/// A client on UDP, and one on TCP for each framing.
async fn clients(server: &Running) -> Vec<Client> {
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    clients.push(Client::tcp(server.tcp()).await.unwrap());
    clients
}

#[tokio::test]
async fn everything_that_is_a_packet_is_sent() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let server = Running::start(space).await;
    for client in clients(&server).await {
        assert_eq!(client.peer().ip().unwrap().ip(), server.udp().ip());
        let message = Message::new("/message", 1).unwrap();
        client.send(("/tuple", (1, "two"))).await.unwrap();
        client.send((String::from("/none"), ())).await.unwrap();
        client.send(message.clone()).await.unwrap();
        client.send(Message::new("/result", 2)).await.unwrap();
        client.send(&packet("/reference", 3)).await.unwrap();
        client.send(Bundle::new(TimeTag::IMMEDIATE, [message.clone(), message])).await.unwrap();
        let many: Vec<_> = (0..100).map(|number| packet("/many", number)).collect();
        client.send_all(&many).await.unwrap();
        client.send_all(&[]).await.unwrap();

        let first = [
            r#"/tuple ,is 1 "two""#,
            "/none ,",
            "/message ,i 1",
            "/result ,i 2",
            "/reference ,i 3",
            "/message ,i 1",
            "/message ,i 1",
        ];
        assert_eq!(log.take(first.len()).await, first);
        let many: Vec<_> = (0..100).map(|number| format!("/many ,i {number}")).collect();
        assert_eq!(log.take(many.len()).await, many);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_encoded_is_an_error_and_nothing_is_sent() {
    let server = server().await;
    for client in clients(&server).await {
        let error = client.send(("no slash", 1)).await.unwrap_err();
        assert!(matches!(error, ClientError::Encode(EncodeError::Address { .. })), "{error:?}");
        let error = client.send(("/nul", "\0")).await.unwrap_err();
        assert!(matches!(error, ClientError::Encode(_)), "{error:?}");
        let error = client.request(("/", "\0"), "/answer").await.unwrap_err();
        assert!(matches!(error, RequestError::Send(ClientError::Encode(_))), "{error:?}");
        // Nothing of them is in the way of what is good.
        let answer = within(client.request(("/ask", 1), "/answer")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(1));
    }
    // A packet may fit into memory and not into a datagram.
    let client = server.udp_client().await;
    let error = client.send(("/b", vec![0_u8; 70_000])).await.unwrap_err();
    assert!(matches!(error, ClientError::Send(_)), "{error:?}");
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad), (5, 0));
}

#[tokio::test]
async fn a_bundle_is_sent_for_any_kind_of_time() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.method("/at", move |_: i32, at: BundleTime| pen.note(format!("{:x}", at.0))).unwrap();
    let server = Running::start(space).await;
    let hour = Duration::from_secs(3600);
    let exact = TimeTag::from(SystemTime::now() - hour);
    for client in clients(&server).await {
        let message = || [Message::new("/at", 1).unwrap()];
        client.send_bundle(TimeTag::IMMEDIATE, message()).await.unwrap();
        client.send_bundle(exact, message()).await.unwrap();
        let time = SystemTime::now() - hour;
        client.send_bundle(time, message()).await.unwrap();
        let expected = [TimeTag::IMMEDIATE, exact, time.into()].map(|tag| format!("{tag:x}"));
        assert_eq!(log.take(3).await, expected);

        let ahead = Duration::from_millis(3);
        let before = TimeTag::from(SystemTime::now()) + ahead;
        client.send_bundle(ahead, message()).await.unwrap();
        let after = TimeTag::from(SystemTime::now()) + ahead;
        // Sixteen hexadecimal digits are in the order of the numbers.
        let at = log.next().await;
        assert!((format!("{before:x}")..=format!("{after:x}")).contains(&at), "{at}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_has_its_reply_and_the_rest_is_kept_for_the_stream() {
    let server = server().await;
    for mut client in clients(&server).await {
        for number in 0..5 {
            let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
            assert_eq!(answer.args().parse(), Ok(number));
        }
        // In a bundle, found by a pattern, behind remarks that nobody asked for.
        let answer = within(client.request(("/talk", 3), "/ans*")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(3));
        let answer = within(client.request(("/ask", 9), "//answer")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(9));
        for index in 0..3 {
            assert_eq!(within(client.next()).await.unwrap(), packet("/remark", index));
        }
        // The bundle that the reply was in, because there was more in it.
        let bundle = within(client.next()).await.unwrap();
        let addresses = bundle.messages().map(|m| m.message.address().to_owned());
        assert_eq!(addresses.collect::<Vec<_>>(), ["/x", "/answer"]);
        client.send(("/ask", 10)).await.unwrap();
        assert_eq!(within(client.recv()).await.unwrap(), packet("/answer", 10));
    }
    server.stop().await;
}

#[tokio::test]
async fn of_what_is_kept_the_oldest_goes_first() {
    let space = AddressSpace::new();
    let talk = |from: i32, to: i32| -> Vec<Packet> {
        (from..to).map(|index| packet("/remark", index)).collect()
    };
    space.method("/talk", talk).unwrap();
    space.method("/ask", || ("/answer", ())).unwrap();
    let server = Running::start(space).await;
    let mut client = server.tcp_client(FRAMINGS[0]).await;
    // Both the client's backlog and the server's queue hold 1,024.
    for start in (0..1100).step_by(100) {
        client.send(("/talk", (start, start + 100))).await.unwrap();
        within(client.request(("/ask", ()), "/answer")).await.unwrap();
    }
    for index in 1100 - 1024..1100 {
        assert_eq!(within(client.recv()).await.unwrap(), packet("/remark", index));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_without_a_reply_times_out_and_loses_nothing() {
    let server = server().await;
    let timeout = Duration::from_millis(50);
    let endpoints = [format!("osc.udp://{}", server.udp()), format!("osc.tcp://{}", server.tcp())];
    for endpoint in endpoints {
        let mut client = Client::builder().timeout(timeout).connect(&endpoint).await.unwrap();
        client.send(("/ask", 1)).await.unwrap();
        let error = within(client.request(("/nothing", ()), "/reply")).await.unwrap_err();
        assert_eq!(error.to_string(), "no reply within 50ms", "{endpoint}");
        assert_eq!(within(client.recv()).await.unwrap(), packet("/answer", 1), "{endpoint}");
    }
    assert_eq!(server.stop().await.unmatched, 2);
}

#[tokio::test]
async fn a_reply_pattern_that_is_none_is_refused() {
    let server = server().await;
    let client = server.udp_client().await;
    for pattern in ["", "answer", "/[", "/{a"] {
        let error = client.request(("/ask", 1), pattern).await.unwrap_err();
        assert!(matches!(error, RequestError::Pattern { .. }), "{error:?}");
    }
    assert_eq!(server.stop().await.received, 0);
}

#[tokio::test]
async fn the_stream_ends_when_the_connection_does() {
    for framing in FRAMINGS {
        let server = server().await;
        let mut client = server.tcp_client(framing).await;
        client.send(("/talk", 2)).await.unwrap();
        client.close().await.unwrap();
        // What was under way still arrives: two remarks and a bundle.
        assert_eq!(within(client.by_ref().count()).await, 3);
        assert_eq!(within(client.recv()).await, None);

        let mut client = server.tcp_client(framing).await;
        within(client.request(("/ask", 1), "/answer")).await.unwrap();
        server.stop().await;
        let error = within(client.request(("/ask", 1), "/answer")).await.unwrap_err();
        assert!(matches!(error, RequestError::Closed | RequestError::Send(_)), "{error:?}");
        assert_eq!(within(client.recv()).await, None);
    }
}

#[tokio::test]
async fn text_that_is_no_endpoint_is_an_error() {
    for text in [
        "",
        "nonsense",
        "osc.http://127.0.0.1:1",
        "osc.udp://127.0.0.1:99999",
        "osc.tcp://127.0.0.1:1?framing=none",
        "osc.udp://127.0.0.1:1?framing=slip",
        "osc.udp://[::1:1",
        "osc.udp://127.0.0.1:1/path",
    ] {
        let error = Client::connect(text).await.unwrap_err();
        assert!(matches!(error, ClientError::Endpoint { .. }), "{text:?}: {error:?}");
        assert_eq!(error.to_string(), format!("{text:?} is not an endpoint"));
    }
}

#[tokio::test]
async fn a_client_needs_a_host_and_a_port() {
    for (text, needed) in [
        ("osc.udp://127.0.0.1", "port"),
        ("osc.udp://localhost:0", "port"),
        ("osc.tcp://[::1]", "port"),
        ("osc.udp://*:9000", "host"),
        ("osc.tcp://*", "host"),
    ] {
        for reconnect in [false, true] {
            let builder = Client::builder().reconnect(reconnect);
            let error = within(builder.connect(text)).await.unwrap_err();
            let ClientError::Connect { endpoint, source } = &error else { panic!("{error:?}") };
            assert_eq!(endpoint, text);
            let source = source.to_string();
            assert!(source.contains(&format!("a client needs a {needed}")), "{source}");
        }
    }
}

#[tokio::test]
async fn an_address_alone_is_a_message_without_arguments() {
    let socket = raw_udp().await;
    let client = Client::udp(socket.local_addr().unwrap()).await.unwrap();
    let address = oscine::Address::new("/go").unwrap();
    client.send("/go").await.unwrap();
    client.send(String::from("/go")).await.unwrap();
    client.send(&String::from("/go")).await.unwrap();
    client.send(&address).await.unwrap();
    client.send(address).await.unwrap();
    let mut buffer = [0; 64];
    for _ in 0..5 {
        let len = within(socket.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..len], b"/go\0,\0\0\0");
    }
    let error = client.send("go").await.unwrap_err();
    assert!(matches!(error, ClientError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn nobody_listening_is_an_error_on_tcp_only() {
    let listener = std::net::TcpListener::bind(LOOPBACK).unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let error = within(Client::tcp(closed)).await.unwrap_err();
    let ClientError::Connect { endpoint, source } = &error else { panic!("{error:?}") };
    assert_eq!(*endpoint, format!("osc.tcp://{closed}"));
    assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);

    // On UDP the system reports it on a later call, which must not be taken for an error.
    let socket = raw_udp().await;
    let closed = socket.local_addr().unwrap();
    drop(socket);
    let client = Client::udp(closed).await.unwrap();
    for number in 0..5 {
        client.send(("/ask", number)).await.unwrap();
    }
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let server = Running::bind(Server::builder().udp(closed).address_space(space)).await;
    let answer = within(client.request(("/ask", 7), "/answer")).await.unwrap();
    assert_eq!(answer.args().parse(), Ok(7));
    server.stop().await;
}

#[tokio::test]
async fn a_client_may_have_a_fixed_port_and_hears_its_peer_alone() {
    let server = server().await;
    let free = raw_udp().await.local_addr().unwrap();
    let endpoint = format!("osc.udp://{}", server.udp());
    let mut client = Client::builder().bind(free).connect(endpoint).await.unwrap();
    assert_eq!(client.local_addr(), Some(free));
    let stranger = raw_udp().await;
    stranger.send_to(packet("/stranger", ()).as_bytes(), free).await.unwrap();
    // Bytes that are no packet are passed over, from the peer as well.
    client.send(("/ask", 1)).await.unwrap();
    assert_eq!(within(client.recv()).await.unwrap(), packet("/answer", 1));
    server.stop().await;
}
