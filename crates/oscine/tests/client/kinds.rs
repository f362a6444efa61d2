//! Every kind of endpoint and socket.

use std::time::Duration;

use futures::SinkExt;
use oscine::transport::hook::{self, Verdict};
use oscine::transport::{PeerAddr, SendError, Udp};
use oscine::{AddressSpace, Client, ClientError, DecodeOptions, Profile};
use tokio::net::UdpSocket;

use crate::common::wire::{packet, raw_udp};
use crate::common::{LOOPBACK, Running, within};

#[cfg(unix)]
mod unix {
    use std::path::PathBuf;

    use futures::StreamExt;
    use oscine::transport::unix::{Datagrams, Listener};

    use super::*;

    /// A folder that is removed with what is in it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("oscine-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn unix_datagrams_go_both_ways_if_the_client_has_a_path() {
        let folder = Folder::new("datagrams");
        let mut synth = Datagrams::bind(folder.path("synth")).unwrap();
        let endpoint = format!("osc.unix://{}", folder.path("synth").display());
        let builder = Client::builder().bind_path(folder.path("panel"));
        let client = builder.connect(&endpoint).await.unwrap();
        assert_eq!(client.peer(), PeerAddr::Unix(folder.path("synth")));
        let answering = async {
            let received = within(synth.next()).await.unwrap();
            assert_eq!(received.packet.unwrap(), packet("/q", 1));
            synth.reply(packet("/r", 1), &received.peer).await.unwrap();
        };
        let (reply, ()) = tokio::join!(client.request(("/q", 1), "/r"), answering);
        assert_eq!(reply.unwrap().args().parse(), Ok(1));
        client.send_all(&[packet("/a", 1), packet("/b", 2)]).await.unwrap();
        assert_eq!(within(synth.next()).await.unwrap().packet.unwrap(), packet("/a", 1));
        assert_eq!(client.stats().sent, 3);
        // Its file goes with it, and its path is taken before.
        let taken = Client::builder().bind_path(folder.path("panel")).connect(&endpoint).await;
        assert!(matches!(taken.unwrap_err(), ClientError::Bind { .. }));
        drop(client);
        assert!(!folder.path("panel").exists());

        let client = Client::connect(&endpoint).await.unwrap();
        client.send(("/nameless", ())).await.unwrap();
        let given = Datagrams::bind(folder.path("given")).unwrap();
        let client = Client::builder().wrap_datagrams(given, folder.path("synth")).unwrap();
        client.send(("/given", ())).await.unwrap();
    }

    #[tokio::test]
    async fn unix_streams_are_connections() {
        let folder = Folder::new("streams");
        let path = folder.path("synth");
        let listener = Listener::bind(&path).unwrap();
        for framing in ["slip", "length", "auto"] {
            let endpoint = format!("osc.unix://{}?framing={framing}", path.display());
            for reconnect in [false, true] {
                let builder = Client::builder().reconnect(reconnect);
                let mut client = builder.connect(&endpoint).await.unwrap();
                client.send(("/q", 1)).await.unwrap();
                let (mut connection, _) = within(listener.accept()).await;
                let received = within(connection.next()).await.unwrap().unwrap().unwrap();
                assert_eq!(received, packet("/q", 1));
                connection.send(&received).await.unwrap();
                assert_eq!(within(client.recv()).await.unwrap(), received);
                within(client.close()).await.unwrap();
                assert!(within(connection.next()).await.is_none());
            }
        }
        drop(listener);
        let endpoint = format!("osc.unix://{}?framing=slip", path.display());
        let error = Client::connect(&endpoint).await.unwrap_err();
        assert!(matches!(error, ClientError::Connect { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_endpoint_without_a_host_is_nothing_to_connect_to() {
    for endpoint in ["osc.udp://*:9000", "osc.tcp://*:9000"] {
        let error = Client::connect(endpoint).await.unwrap_err();
        let ClientError::Connect { source, .. } = &error else { panic!("{error:?}") };
        assert_eq!(source.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_name_is_resolved_over_tcp_and_udp() {
    let space = AddressSpace::new();
    space.method("/ask", || ("/answer", ())).unwrap();
    let server = Running::start(space).await;
    let udp = Client::udp(format!("localhost:{}", server.udp().port())).await.unwrap();
    let tcp = Client::tcp(format!("localhost:{}", server.tcp().port())).await.unwrap();
    for client in [udp, tcp] {
        within(client.request(("/ask", ()), "/answer")).await.unwrap();
    }
    let error = Client::udp("no-such-host.invalid:9").await.unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }), "{error:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_port_of_ones_own() {
    let server = Running::start(AddressSpace::new()).await;
    let free = raw_udp().await.local_addr().unwrap();
    let udp = format!("osc.udp://{}", server.udp());
    let client = Client::builder().bind(free).connect(&udp).await.unwrap();
    assert_eq!(client.local_addr(), Some(free));
    let error = Client::builder().bind(free).connect(&udp).await.unwrap_err();
    let ClientError::Bind { address, source } = &error else { panic!("{error:?}") };
    assert_eq!(*address, free.to_string());
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);

    let tcp = format!("osc.tcp://{}", server.tcp());
    let client = Client::builder().bind(LOOPBACK).connect(&tcp).await.unwrap();
    assert_eq!(client.local_addr().unwrap().ip(), server.tcp().ip());
    let error = Client::builder().bind("nonsense").connect(&tcp).await.unwrap_err();
    assert!(matches!(error, ClientError::Bind { .. }), "{error:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_device_may_answer_from_another_port_if_it_is_asked_to_be_heard() {
    let (device, other) = (raw_udp().await, raw_udp().await);
    let endpoint = format!("osc.udp://{}", device.local_addr().unwrap());
    for anyone in [true, false] {
        let builder = Client::builder().hear_anyone(anyone);
        let mut client = builder.connect(&endpoint).await.unwrap();
        client.send(("/q", ())).await.unwrap();
        let (_, from) = within(device.recv_from(&mut [0; 64])).await.unwrap();
        other.send_to(packet("/other", ()).as_bytes(), from).await.unwrap();
        device.send_to(packet("/own", ()).as_bytes(), from).await.unwrap();
        if anyone {
            assert_eq!(within(client.recv()).await.unwrap(), packet("/other", ()));
        }
        assert_eq!(within(client.recv()).await.unwrap(), packet("/own", ()));
    }
}

/// Linux delivers broadcasts on loopback.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_broadcasts_hears_those_who_answer() {
    let everybody = UdpSocket::bind("127.255.255.255:0").await.unwrap();
    let endpoint = format!("osc.udp://{}", everybody.local_addr().unwrap());
    let mut client = Client::builder().broadcast(true).connect(&endpoint).await.unwrap();
    client.send(("/who", ())).await.unwrap();
    client.send_all(&[packet("/who", ())]).await.unwrap();
    for _ in 0..2 {
        let (_, from) = within(everybody.recv_from(&mut [0; 64])).await.unwrap();
        let device = raw_udp().await;
        device.send_to(packet("/me", ()).as_bytes(), from).await.unwrap();
        assert_eq!(within(client.recv()).await.unwrap(), packet("/me", ()));
    }
    // Without it, it is refused: at connecting, or at sending.
    if let Ok(client) = Client::connect(&endpoint).await {
        client.send(("/who", ())).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_socket_at_hand_is_used() {
    let space = AddressSpace::new();
    space.method("/ask", || ("/answer", ())).unwrap();
    let server = Running::start(space).await;
    for anyone in [false, true] {
        let udp = Udp::bind(LOOPBACK).await.unwrap();
        let local = udp.local_addr().unwrap();
        let builder = Client::builder().hear_anyone(anyone);
        let client = builder.wrap_udp(udp, server.udp()).await.unwrap();
        assert_eq!(client.local_addr(), Some(local));
        within(client.request(("/ask", ()), "/answer")).await.unwrap();
        assert_eq!((client.stats().sent, client.stats().received), (1, 1));
    }
    let udp = Udp::bind(LOOPBACK).await.unwrap();
    let client = Client::from_udp(udp, server.udp()).await.unwrap();
    within(client.request(("/ask", ()), "/answer")).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn hooks_see_both_ways_on_every_kind() {
    let space = AddressSpace::new();
    space.method("/ask", || ("/answer", ())).unwrap();
    let server = Running::start(space).await;
    let endpoints = [
        (format!("osc.udp://{}", server.udp()), false),
        (format!("osc.tcp://{}", server.tcp()), false),
        (format!("osc.tcp://{}", server.tcp()), true),
    ];
    for (endpoint, reconnect) in endpoints {
        let refuse = |packet: &[u8], _: &PeerAddr| match packet.starts_with(b"/secret") {
            true => Verdict::Refuse("secret".into()),
            false => Verdict::Pass,
        };
        let builder = Client::builder()
            .hook(hook::outbound(refuse))
            .hook(hook::inbound(|_, _| Verdict::Refuse("deaf".into())))
            .timeout(Duration::from_millis(50))
            .reconnect(reconnect);
        let mut client = builder.connect(&endpoint).await.unwrap();
        let error = match client.queue(("/secret", ())).await {
            Ok(sent) => within(sent).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, ClientError::Send(SendError::Refused { .. })), "{error:?}");
        client.send(("/ask", ())).await.unwrap();
        let bad = within(client.recv_any()).await.unwrap().unwrap_err();
        assert_eq!(bad.to_string(), "refused: deaf", "{endpoint}");
        client.request(("/ask", ()), "/answer").await.unwrap_err();
    }
    server.stop().await;
}

#[tokio::test]
async fn what_decoding_accepts_can_be_set() {
    let peer = raw_udp().await;
    let endpoint = format!("osc.udp://{}", peer.local_addr().unwrap());
    // No type tags: an old sender. The strict profile wants them.
    let old = b"/old\0\0\0\0";
    for (profile, good) in [(Profile::Spec, true), (Profile::Strict, false)] {
        let builder = Client::builder().decode_options(DecodeOptions::new().profile(profile));
        let mut client = builder.connect(&endpoint).await.unwrap();
        client.send(("/q", ())).await.unwrap();
        let (_, from) = within(peer.recv_from(&mut [0; 64])).await.unwrap();
        peer.send_to(old, from).await.unwrap();
        assert_eq!(within(client.recv_any()).await.unwrap().is_ok(), good, "{profile:?}");
    }
}

#[tokio::test]
async fn one_packet_can_be_sent_without_a_client() {
    let (pen, mut log) = crate::common::log::log();
    let space = AddressSpace::new();
    space.method("/once", pen.handler("once")).unwrap();
    let server = Running::start(space).await;
    for endpoint in [format!("osc.udp://{}", server.udp()), format!("osc.tcp://{}", server.tcp())] {
        within(oscine::send(&endpoint, ("/once", 1))).await.unwrap();
        assert_eq!(log.next().await, "once");
        let error = oscine::send(&endpoint, ("no slash", 1)).await.unwrap_err();
        assert!(matches!(error, ClientError::Encode(_)), "{error:?}");
    }
    assert!(matches!(oscine::send("nonsense", ("/a", 1)).await, Err(ClientError::Endpoint { .. })));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn connecting_does_not_take_for_ever() {
    // A listener that is full: the system lets further peers wait.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(LOOPBACK.parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let error = loop {
        let builder = Client::builder().connect_timeout(Duration::from_secs(30));
        match builder.connect(format!("osc.tcp://{address}")).await {
            Ok(client) => waiting.push(client),
            Err(error) => break error,
        }
        assert!(waiting.len() < 100);
    };
    let ClientError::Connect { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(source.to_string(), "no answer within 30s");
}
