//! What rules change about framing, sizes, bytes and decoding, for some peers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use common::wire::{Raw, frame, packet, raw_udp};
use common::{LOOPBACK, Running, until, within};
use oscine::codec::transform::AddressTable;
use oscine::transport::framing::FramingKind::{LengthPrefix, Slip};
use oscine::transport::hook::{Hook, Verdict, inbound, outbound};
use oscine::transport::stats::DropCause;
use oscine::transport::{PeerAddr, Udp};
use oscine::{
    AddressSpace, Bind, BindError, DecodeOptions, Message, PeerOptions, PeerRules, Profile, Server,
    ServerBuilder, Stats,
};
use tokio::net::UdpSocket;

fn space() -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/sync", |_: Message| ("/synced", ())).unwrap();
    space
}

fn builder() -> ServerBuilder {
    Server::builder().address_space(space())
}

/// Other hosts on loopback are there on Linux without further ado.
#[cfg(target_os = "linux")]
mod hosts {
    use oscine::transport::framing::FramingKind::{self, Auto};
    use tokio::net::TcpSocket;

    use super::*;

    #[tokio::test]
    async fn the_most_exact_rule_says_which_framing_a_connection_has() {
        let framing = |framing| PeerOptions::new().framing(framing);
        let rules = PeerRules::new()
            .all(framing(Slip))
            .endpoint(1, framing(LengthPrefix))
            .peers("127.0.0.2", framing(Auto))
            .unwrap()
            .peers("127.0.0.3", framing(LengthPrefix))
            .unwrap()
            .peers_at(1, "127.0.0.3", framing(Slip))
            .unwrap();
        let builder = builder().tcp(LOOPBACK).tcp(LOOPBACK).peer_rules(rules);
        let server = Running::bind(builder).await;
        for (endpoint, host, slip, length) in [
            (0, 1, true, false),
            (1, 1, false, true),
            (0, 2, true, true),
            (1, 2, true, true),
            (0, 3, false, true),
            (1, 3, true, false),
        ] {
            let addr = common::endpoints::addr(&server.handle, endpoint).await;
            for (framing, expected) in [(Slip, slip), (LengthPrefix, length)] {
                let spoken = speaks([127, 0, 0, host], addr, framing).await;
                assert_eq!(spoken, expected, "{framing} from host {host} at {endpoint}");
            }
        }
        server.stop().await;
    }

    /// A connection from `host`, which is one of this machine.
    async fn connect_from(host: [u8; 4], server: SocketAddr) -> Raw {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((host, 0).into()).unwrap();
        Raw { stream: within(socket.connect(server)).await.unwrap() }
    }

    /// Whether the server understands `framing` from a host, and answers in it.
    async fn speaks(host: [u8; 4], server: SocketAddr, framing: FramingKind) -> bool {
        let mut raw = connect_from(host, server).await;
        raw.write(&frame(framing, packet("/sync", ()).as_bytes())).await;
        raw.finish().await;
        match raw.read_to_end().await {
            answer if answer == frame(framing, packet("/synced", ()).as_bytes()) => true,
            answer => {
                assert_eq!(answer, [0; 0], "an answer in another framing");
                false
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn streams_of_unix_sockets_and_of_the_program_have_the_framing_of_a_rule() {
    let folder = common::folder::Folder::new();
    let rules = PeerRules::new().all(PeerOptions::new().framing(LengthPrefix).max_frame(64));
    let (near, far) = tokio::io::duplex(1024);
    let endpoint = format!("osc.unix://{}?framing=slip", folder.text("server"));
    let server = builder().endpoint(endpoint).stream(near, Slip).peer_rules(rules);
    let server = Running::bind(server).await;
    let unix = tokio::net::UnixStream::connect(folder.path("server")).await.unwrap();
    async fn ask(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let question = frame(LengthPrefix, packet("/sync", ()).as_bytes());
        stream.write_all(&question).await.unwrap();
        let expected = frame(LengthPrefix, packet("/synced", ()).as_bytes());
        let mut answer = vec![0; expected.len()];
        within(stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(answer, expected);
        // A packet that is longer than the rule says ends the connection.
        let long = packet("/sync", "x".repeat(64));
        stream.write_all(&frame(LengthPrefix, long.as_bytes())).await.unwrap();
        assert_eq!(within(stream.read(&mut answer)).await.unwrap_or(0), 0);
    }
    ask(unix).await;
    ask(far).await;
    assert_eq!(server.stop().await.messages, 2);
}

/// Binding fails at this endpoint.
async fn fails_at(number: usize, builder: ServerBuilder, rules: PeerRules) {
    let error = builder.peer_rules(rules).bind().await.unwrap_err();
    assert!(matches!(error, BindError::Rule { endpoint, .. } if endpoint == number), "{error}");
}

#[tokio::test]
async fn rules_that_cannot_be_followed_are_told_when_the_server_is_bound() {
    let framing = || PeerOptions::new().framing(Slip);
    let both = || builder().tcp(LOOPBACK).udp(LOOPBACK);
    fails_at(1, both(), PeerRules::new().endpoint(1, framing())).await;
    let exact = PeerRules::new().peers_at(1, "10.0.0.0/8", framing()).unwrap();
    fails_at(1, both(), exact).await;
    // Those that are not for datagrams alone have no effect on them.
    let anywhere = PeerRules::new().all(framing()).endpoint(0, framing()).endpoint(7, framing());
    let server = Running::bind(both().peer_rules(anywhere)).await;
    within(server.udp_client().await.request(("/sync", ()), "/synced")).await.unwrap();
    let number = server.handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap();
    let added = common::endpoints::client(&server.handle, number).await;
    within(added.request(("/sync", ()), "/synced")).await.unwrap();
    server.stop().await;

    let hooked = || PeerOptions::new().hook(inbound(|_, _| Verdict::Pass));
    let adopting = async || builder().udp_socket(Udp::bind(LOOPBACK).await.unwrap()).tcp(LOOPBACK);
    fails_at(0, adopting().await, PeerRules::new().all(hooked())).await;
    fails_at(0, adopting().await, PeerRules::new().endpoint(0, hooked())).await;
    let elsewhere = PeerRules::new().endpoint(1, hooked());
    drop(adopting().await.peer_rules(elsewhere).bind().await.unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn unix_datagrams_have_no_framing_either() {
    let folder = common::folder::Folder::new();
    let rules = PeerRules::new().endpoint(0, PeerOptions::new().framing(Slip));
    fails_at(0, builder().unix(folder.text("server")), rules).await;
    assert!(!folder.path("server").exists(), "nothing stays bound");
}

#[tokio::test]
async fn packets_of_some_peers_may_be_shorter_or_longer() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&faults);
    let (short, usual) = (raw_udp().await, raw_udp().await);
    let rules = PeerRules::new()
        .peers(short.local_addr().unwrap(), PeerOptions::new().max_frame(16))
        .unwrap()
        .endpoint(1, PeerOptions::new().max_frame(100))
        .endpoint(2, PeerOptions::new().max_frame(32));
    let server = builder().udp(LOOPBACK).tcp(LOOPBACK).tcp(LOOPBACK).max_frame(64);
    let on_error = move |fault: &oscine::Fault<'_>| told.lock().unwrap().push(fault.to_string());
    let server = Running::bind(server.peer_rules(rules).on_error(on_error)).await;
    let long = packet("/sync", "x".repeat(10));
    assert_eq!(long.as_bytes().len(), 24);
    for socket in [&usual, &short] {
        socket.send_to(long.as_bytes(), server.udp()).await.unwrap();
        socket.send_to(packet("/sync", ()).as_bytes(), server.udp()).await.unwrap();
    }
    let answer = packet("/synced", ());
    let answers = async |socket: &UdpSocket, count: usize| {
        let mut buffer = [0; 100];
        for _ in 0..count {
            let length = within(socket.recv(&mut buffer)).await.unwrap();
            assert_eq!(buffer.get(..length), Some(answer.as_bytes()));
        }
    };
    answers(&usual, 2).await;
    answers(&short, 1).await;
    let mut views = server.handle.peers().into_iter();
    let view = views.find(|view| view.peer.addr() == short.local_addr().ok()).unwrap();
    assert_eq!((view.packets, view.bad), (2, 1));

    for (endpoint, letters, fits) in [(1, 70, true), (2, 10, true), (2, 30, false)] {
        let addr = common::endpoints::addr(&server.handle, endpoint).await;
        let mut raw = Raw::connect(addr).await;
        raw.write(&frame(Slip, packet("/sync", "x".repeat(letters)).as_bytes())).await;
        raw.finish().await;
        let expected = if fits { frame(Slip, answer.as_bytes()) } else { Vec::new() };
        assert_eq!(raw.read_to_end().await, expected, "{letters} letters at {endpoint}");
    }
    let stats = server.stop().await;
    assert_eq!((stats.bad, stats.transport.bad.get("frame-too-long"), stats.messages), (2, 2, 5));
    assert_eq!(faults.lock().unwrap().len(), 2, "{faults:?}");
}

fn table() -> AddressTable {
    AddressTable::new([("/sync", 1), ("/synced", 2)]).unwrap()
}

fn drops(stats: &Stats, causes: [DropCause; 4]) -> [u64; 4] {
    causes.map(|cause| stats.transport.dropped(cause))
}

const CAUSES: [DropCause; 4] =
    [DropCause::Refused, DropCause::Swallowed, DropCause::RefusedOut, DropCause::SwallowedOut];

/// Sends a datagram and waits for the answer.
async fn ask(socket: &UdpSocket, server: SocketAddr, question: &[u8]) -> Vec<u8> {
    socket.send_to(question, server).await.unwrap();
    let mut buffer = vec![0; 100];
    let length = within(socket.recv(&mut buffer)).await.unwrap();
    buffer.truncate(length);
    buffer
}

#[tokio::test]
async fn datagrams_of_some_peers_pass_hooks_both_ways() {
    let (plain, numbered, other) = (raw_udp().await, raw_udp().await, raw_udp().await);
    let addr = |socket: &UdpSocket| socket.local_addr().unwrap();
    let choosy = inbound(|bytes, _| match bytes {
        [b'!', ..] => Verdict::Swallow,
        _ => Verdict::Pass,
    });
    let quiet = outbound(|bytes, _| match bytes {
        [b'/', b's', b'y', ..] => Verdict::Pass,
        [b'/', b'h', ..] => Verdict::Swallow,
        _ => Verdict::Refuse("not to you".into()),
    });
    let rules = PeerRules::new()
        .all(PeerOptions::new().hook(table()))
        .peers(addr(&plain), PeerOptions::new().without_hooks())
        .unwrap()
        .peers(addr(&other), PeerOptions::new().hook(choosy).hook(quiet))
        .unwrap();
    let server = Running::bind(builder().udp(LOOPBACK).peer_rules(rules)).await;
    let (question, answer) = (packet("/sync", ()), packet("/synced", ()));
    assert_eq!(ask(&plain, server.udp(), question.as_bytes()).await, answer.as_bytes());
    assert_eq!(ask(&other, server.udp(), question.as_bytes()).await, answer.as_bytes());
    let compressed = table().compress(question.as_bytes());
    assert_ne!(&compressed[..], question.as_bytes());
    let reply = ask(&numbered, server.udp(), &compressed).await;
    assert_eq!(reply, table().compress(answer.as_bytes()));

    // A number that nobody has told, what a hook takes, and two that are not sent.
    let unknown = AddressTable::new([("/sync", 9)]).unwrap().compress(question.as_bytes());
    numbered.send_to(&unknown, server.udp()).await.unwrap();
    other.send_to(b"!mine", server.udp()).await.unwrap();
    until(|| drops(&server.handle.stats(), CAUSES) == [1, 1, 0, 0]).await;
    let peers = server.handle.peers();
    let view = peers.iter().find(|view| view.peer.addr() == Some(addr(&other))).unwrap();
    assert!(server.handle.send_to(&view.peer, "/refused", ()).is_err());
    server.handle.send_to(&view.peer, "/hidden", ()).unwrap();
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.bad), (3, 0));
    assert_eq!(drops(&stats, CAUSES), [1, 1, 1, 1]);
}

/// Lets nobody connect, and hears of those who are connected.
struct Porter {
    opens: bool,
    heard: Mutex<Vec<&'static str>>,
}

impl Hook for Porter {
    fn connecting(&self, _: &PeerAddr) -> bool {
        self.opens
    }

    fn connected(&self, _: &PeerAddr) {
        self.heard.lock().unwrap().push("connected");
    }

    fn closed(&self, _: &PeerAddr) {
        self.heard.lock().unwrap().push("closed");
    }
}

#[tokio::test]
async fn connections_have_the_hooks_of_their_rules() {
    let porter = |opens| Arc::new(Porter { opens, heard: Mutex::default() });
    let (open, shut) = (porter(true), porter(false));
    let rules = PeerRules::new()
        .endpoint(0, PeerOptions::new().hook(table()).hook(Arc::clone(&open)))
        .endpoint(1, PeerOptions::new().hook(Arc::clone(&shut)));
    let server = builder().tcp(LOOPBACK).tcp(LOOPBACK).tcp(LOOPBACK).peer_rules(rules);
    let server = Running::bind(server).await;
    let (question, answer) = (packet("/sync", ()), packet("/synced", ()));
    let ask = async |endpoint: usize, question: &[u8]| {
        let mut raw = Raw::connect(common::endpoints::addr(&server.handle, endpoint).await).await;
        raw.write(&frame(Slip, question)).await;
        raw.finish().await;
        raw.read_to_end().await
    };
    let table = table();
    let compressed = ask(0, &table.compress(question.as_bytes())).await;
    assert_eq!(compressed, frame(Slip, &table.compress(answer.as_bytes())));
    assert_eq!(ask(1, question.as_bytes()).await, [0; 0]);
    assert_eq!(ask(2, question.as_bytes()).await, frame(Slip, answer.as_bytes()));
    let unknown = AddressTable::new([("/sync", 9)]).unwrap().compress(question.as_bytes());
    assert_eq!(ask(0, &unknown).await, [0; 0]);
    until(|| open.heard.lock().unwrap().len() == 4).await;
    assert_eq!(*open.heard.lock().unwrap(), ["connected", "closed"].repeat(2));
    assert!(shut.heard.lock().unwrap().is_empty());
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.refused_connections, stats.messages), (3, 1, 2));
    assert_eq!(drops(&stats, CAUSES), [1, 0, 0, 0]);
}

#[tokio::test]
async fn one_host_has_so_many_connections_at_a_time() {
    let rules = PeerRules::new()
        .all(PeerOptions::new().max_connections(2))
        .endpoint(1, PeerOptions::new().max_connections(3));
    let server = builder().tcp(LOOPBACK).tcp(LOOPBACK).peer_rules(rules);
    let server = Running::bind(server).await;
    let question = frame(Slip, packet("/sync", ()).as_bytes());
    let answer = frame(Slip, packet("/synced", ()).as_bytes());
    let mut open = Vec::new();
    // Those to the other endpoint count, and its rule is another.
    for (endpoint, place) in [(0, true), (0, true), (0, false), (1, true), (1, false), (0, false)] {
        let addr = common::endpoints::addr(&server.handle, endpoint).await;
        let mut raw = Raw::connect(addr).await;
        if place {
            raw.write(&question).await;
            assert_eq!(raw.read(answer.len()).await, answer);
            open.push(raw);
        } else {
            assert_eq!(raw.read_to_end().await, [0; 0]);
        }
    }
    open.truncate(1);
    until(|| server.handle.connections().len() == 1).await;
    let mut raw = Raw::connect(common::endpoints::addr(&server.handle, 0).await).await;
    raw.write(&question).await;
    assert_eq!(raw.read(answer.len()).await, answer);
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.refused_connections), (4, 3));
}

/// A message without type tags, which only `Strict` refuses.
const TYPELESS: &[u8] = b"/sync\0\0\0";

#[cfg(unix)]
#[tokio::test]
async fn unix_datagrams_are_decoded_and_pass_hooks_as_rules_say() {
    let folder = common::folder::Folder::new();
    let strict = DecodeOptions::new().profile(Profile::Strict);
    let rules = PeerRules::new()
        .endpoint(0, PeerOptions::new().decode(DecodeOptions::new()))
        .endpoint(1, PeerOptions::new().decode(strict).max_frame(16))
        .endpoint(2, PeerOptions::new().hook(table()));
    let bind = |name: &str| Bind::new(folder.text(name)).decode_options(strict);
    let server = builder().unix(bind("0")).unix(folder.text("1")).unix(folder.text("2"));
    let server = Running::bind(server.peer_rules(rules)).await;
    let client = tokio::net::UnixDatagram::bind(folder.path("client")).unwrap();
    let compressed = table().compress(TYPELESS);
    let long = packet("/sync", "xxxxxxxx");
    for (server, datagram) in [
        ("0", TYPELESS),
        ("1", TYPELESS),
        ("1", long.as_bytes()),
        ("1", packet("/sync", ()).as_bytes()),
        ("2", &compressed),
        ("2", b"oops"),
    ] {
        client.send_to(datagram, folder.path(server)).await.unwrap();
    }
    let mut buffer = [0; 100];
    let mut answers = Vec::new();
    for _ in 0..3 {
        let length = within(client.recv(&mut buffer)).await.unwrap();
        answers.push(buffer.get(..length).unwrap().to_vec());
    }
    answers.sort();
    let answer = packet("/synced", ());
    let mut expected = vec![answer.as_bytes().to_vec(); 2];
    expected.push(table().compress(answer.as_bytes()).to_vec());
    expected.sort();
    assert_eq!(answers, expected);
    until(|| server.handle.stats().bad == 3).await;
    let mut seen: Vec<_> = server.handle.peers();
    seen.sort_by(|one, other| one.peer.cmp(&other.peer));
    let counts: Vec<_> = seen.iter().map(|view| (view.packets, view.bad)).collect();
    assert_eq!(counts, [(1, 0), (3, 2), (2, 1)]);
    assert_eq!(server.stop().await.messages, 3);
}
