//! The system's options of UDP sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use futures::{SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    SendError, Udp,
    udp::{Family, Interface},
};
use socket2::{Domain, Socket, Type};

fn packet(address: &str) -> Packet {
    Message::new(address, (1,)).unwrap().into()
}

/// A socket on all addresses, IPv4 among them, and its address as an IPv4 and an IPv6 host sees it.
async fn dual() -> Option<(Udp, SocketAddr, SocketAddr)> {
    let Ok(udp) = Udp::builder().dual_stack(true).bind("[::]:0").await else {
        eprintln!("skipped: this host has no IPv6");
        return None;
    };
    let port = udp.local_addr().unwrap().port();
    Some((udp, ([127, 0, 0, 1], port).into(), ([0, 0, 0, 0, 0, 0, 0, 1], port).into()))
}

#[tokio::test]
async fn a_dual_stack_socket_speaks_to_both() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let Some((mut udp, by_v4, by_v6)) = dual().await else { return };
        let mut peer = Udp::bind(bind).await.unwrap();
        let from = peer.local_addr().unwrap();
        let to = if from.is_ipv4() { by_v4 } else { by_v6 };
        peer.send_to(&packet("/ping"), to).await.unwrap();
        let received = udp.next().await.unwrap();
        // An IPv4 peer is one, not an IPv6 address with another inside.
        assert_eq!((received.packet, received.peer), (Ok(packet("/ping")), from));

        let pongs = vec![packet("/pong"); 3];
        udp.send_to(&pongs[0], received.peer).await.unwrap();
        udp.send_all_to(&pongs, received.peer).await.unwrap();
        SinkExt::send(&mut udp, (packet("/pong"), received.peer)).await.unwrap();
        for _ in 0..5 {
            let reply = peer.next().await.unwrap();
            assert_eq!((reply.packet, reply.peer), (Ok(packet("/pong")), to));
        }
        udp.connect(from).await.unwrap();
        udp.send(&packet("/connected")).await.unwrap();
        udp.send_all(&pongs).await.unwrap();
        for name in ["/connected", "/pong", "/pong", "/pong"] {
            assert_eq!(peer.next().await.unwrap().packet, Ok(packet(name)));
        }
    }
}

#[tokio::test]
async fn without_dual_stack_both_families_may_have_the_port() {
    let Ok(v6) = Udp::bind("[::]:0").await else {
        eprintln!("skipped: this host has no IPv6");
        return;
    };
    let port = v6.local_addr().unwrap().port();
    let v4 = Udp::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap();
    let to = v4.local_addr().unwrap();
    for (socket, to) in [(&v6, to), (&v4, v6.local_addr().unwrap())] {
        let error = socket.send_to(&packet("/a"), to).await.unwrap_err();
        assert!(matches!(error, SendError::OtherFamily { peer } if peer == to), "{error:?}");
        let error = socket.connect(to).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    }
}

#[tokio::test]
async fn ipv6_has_no_broadcast() {
    let Ok(v6) = Udp::builder().broadcast(true).bind("[::1]:0").await else {
        eprintln!("skipped: this host has no IPv6");
        return;
    };
    let everyone = SocketAddr::from(([255, 255, 255, 255], 9));
    let error = v6.send_to(&packet("/a"), everyone).await.unwrap_err();
    assert!(error.to_string().contains("IPv6 has no broadcast"), "{error}");
}

#[tokio::test]
async fn a_name_with_both_families_binds_the_one_asked_for() {
    let both: [SocketAddr; 2] = [([0, 0, 0, 0, 0, 0, 0, 1], 0).into(), ([127, 0, 0, 1], 0).into()];
    let auto = Udp::bind(&both[..]).await.unwrap();
    assert!(auto.local_addr().unwrap().is_ipv4());
    let v4 = Udp::builder().family(Family::V4).bind(&both[..]).await.unwrap();
    assert!(v4.local_addr().unwrap().is_ipv4());
    match Udp::builder().family(Family::V6).bind(&both[..]).await {
        Ok(v6) => assert!(v6.local_addr().unwrap().is_ipv6()),
        Err(error) => eprintln!("skipped: this host has no IPv6: {error}"),
    }
    let error = Udp::builder().family(Family::V6).bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(error.to_string(), "the name stands for no IPv6 address");
}

#[tokio::test]
async fn options_reach_the_system() {
    let udp = Udp::builder()
        .send_buffer(64 * 1024)
        .ttl(7)
        .multicast_ttl(3)
        .multicast_loopback(false)
        .multicast_interface(Interface::addr(Ipv4Addr::LOCALHOST))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    assert!(udp.send_buffer().unwrap() >= 64 * 1024);
    // Only the system's own view tells, so a socket is taken over whose other end is at hand.
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let seen = socket.try_clone().unwrap();
    let mut taken = Udp::from_socket2(socket).unwrap();
    taken.set_ttl(9).unwrap();
    taken.set_multicast_ttl(4).unwrap();
    taken.set_multicast_loopback(false).unwrap();
    taken.set_multicast_interface(&Interface::addr(Ipv4Addr::LOCALHOST)).unwrap();
    taken.set_broadcast(true).unwrap();
    assert_eq!((seen.ttl_v4().unwrap(), seen.multicast_ttl_v4().unwrap()), (9, 4));
    assert!(!seen.multicast_loop_v4().unwrap() && seen.broadcast().unwrap());
    assert_eq!(seen.multicast_if_v4().unwrap(), Ipv4Addr::LOCALHOST);
    udp.send_to(&packet("/a"), taken.local_addr().unwrap()).await.unwrap();
    assert_eq!(taken.next().await.unwrap().packet, Ok(packet("/a")));
}

#[tokio::test]
async fn options_of_the_builder_reach_the_system() {
    let Some((udp, ..)) = dual().await else { return };
    // A dual-stack socket takes both kinds of each option.
    udp.set_ttl(5).unwrap();
    udp.set_multicast_ttl(2).unwrap();
    udp.set_multicast_loopback(true).unwrap();
    udp.set_multicast_interface(&Interface::Index(0)).unwrap();
    // The system refuses a TTL of 0: what is set is what it is asked for.
    assert!(Udp::builder().ttl(0).bind("127.0.0.1:0").await.is_err());
    let nowhere = Interface::name("nowhere0");
    let error = Udp::builder().multicast_interface(nowhere).bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no interface nowhere0");
}

#[tokio::test]
async fn a_device_is_bound_or_named_in_the_error() {
    let error = Udp::builder().bind_device("nowhere0").bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.to_string().contains("\"nowhere0\""), "{error}");
    if !cfg!(target_os = "linux") {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        return;
    }
    let mut udp = match Udp::builder().bind_device("lo").bind("0.0.0.0:0").await {
        Ok(udp) => udp,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            eprintln!("skipped: binding to a device needs privileges here");
            return;
        }
    };
    let to: SocketAddr = (Ipv4Addr::LOCALHOST, udp.local_addr().unwrap().port()).into();
    udp.send_to(&packet("/a"), to).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/a")));
}

#[tokio::test]
async fn a_connected_socket_receives_from_its_peer_alone() {
    let mut udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let to = udp.local_addr().unwrap();
    let peer = Udp::bind("127.0.0.1:0").await.unwrap();
    let other = Udp::bind("127.0.0.1:0").await.unwrap();
    udp.connect(peer.local_addr().unwrap()).await.unwrap();
    other.send_to(&packet("/other"), to).await.unwrap();
    peer.send_to(&packet("/peer"), to).await.unwrap();
    let received = udp.next().await.unwrap();
    assert_eq!((received.packet, received.peer), (Ok(packet("/peer")), peer.local_addr().unwrap()));
    assert!(udp.try_recv().is_none());
    assert_eq!(udp.stats().received, 1);
}

#[tokio::test]
async fn an_endpoint_is_bound() {
    let endpoint = "osc.udp://127.0.0.1:0".parse().unwrap();
    let udp = Udp::builder().bind_endpoint(&endpoint).await.unwrap();
    assert_eq!(udp.local_addr().unwrap().ip(), IpAddr::from([127, 0, 0, 1]));
    let named = "osc.udp://localhost".parse().unwrap();
    let udp = Udp::builder().bind_endpoint(&named).await.unwrap();
    assert!(udp.local_addr().unwrap().ip().is_loopback());
    let tcp = "osc.tcp://127.0.0.1:0".parse().unwrap();
    let error = Udp::builder().bind_endpoint(&tcp).await.unwrap_err();
    assert!(error.to_string().contains("osc.tcp://127.0.0.1:0"), "{error}");
}
