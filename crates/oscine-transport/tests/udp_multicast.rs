//! Multicast over loopback: nothing leaves the host.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use futures::StreamExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{
    Endpoint, Udp,
    udp::{GroupError, Interface},
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1,)).unwrap().into()
}

fn local() -> Interface {
    Interface::addr(Ipv4Addr::LOCALHOST)
}

/// One of the groups set apart for programs of one site, and for each test.
fn group(test: u8) -> IpAddr {
    [239, 255, 77, test].into()
}

/// A socket that sends to groups over loopback.
async fn sender() -> Udp {
    Udp::builder().multicast_interface(local()).bind("127.0.0.1:0").await.unwrap()
}

/// Joins, or tells that this host has no multicast on loopback.
fn joined(outcome: Result<(), GroupError>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(GroupError::Io(error)) if error.kind() != io::ErrorKind::InvalidInput => {
            eprintln!("skipped: no multicast on loopback here: {error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_group_is_joined_and_left() {
    let mut udp = Udp::bind("0.0.0.0:0").await.unwrap();
    let port = udp.local_addr().unwrap().port();
    if !joined(udp.join(group(1), &local())) {
        return;
    }
    let sender = sender().await;
    sender.send_to(&packet("/joined"), (group(1), port).into()).await.unwrap();
    let received = udp.next().await.unwrap();
    assert_eq!(received.packet, Ok(packet("/joined")));
    assert_eq!(received.peer, sender.local_addr().unwrap());

    // Another group on the same port does not arrive, nor does this one when it was left.
    sender.send_to(&packet("/other"), (group(2), port).into()).await.unwrap();
    udp.leave(group(1), &local()).unwrap();
    sender.send_to(&packet("/left"), (group(1), port).into()).await.unwrap();
    sender.send_to(&packet("/direct"), ([127, 0, 0, 1], port).into()).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/direct")));

    // To join twice, or to leave what was not joined, is an error.
    udp.join(group(1), &local()).unwrap();
    assert!(matches!(udp.join(group(1), &local()), Err(GroupError::Io(_))));
    assert!(matches!(udp.leave(group(3), &local()), Err(GroupError::Io(_))));
}

#[tokio::test]
async fn interfaces_are_told_by_name_and_number_too() {
    let by_name = if cfg!(target_os = "linux") { "lo" } else { "lo0" };
    let by_number = Interface::Index(1);
    for interface in [Interface::name(by_name), by_number] {
        let mut udp = Udp::bind("0.0.0.0:0").await.unwrap();
        let to = (group(4), udp.local_addr().unwrap().port()).into();
        if !joined(udp.join(group(4), &interface)) {
            return;
        }
        let sender =
            Udp::builder().multicast_interface(interface).bind("127.0.0.1:0").await.unwrap();
        sender.send_all_to(&vec![packet("/a"); 3], to).await.unwrap();
        for _ in 0..3 {
            assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/a")));
        }
    }
    let udp = Udp::bind("0.0.0.0:0").await.unwrap();
    let error = udp.join(group(4), &Interface::name("nowhere0")).unwrap_err();
    assert!(matches!(error, GroupError::Interface(_)), "{error:?}");
}

#[tokio::test]
async fn a_builder_joins_and_an_endpoint_may_be_a_group() {
    let joining = Udp::builder().join(group(5), local());
    let mut by_builder = match joining.bind("0.0.0.0:0").await {
        Ok(udp) => udp,
        Err(error) => {
            eprintln!("skipped: no multicast on loopback here: {error}");
            return;
        }
    };
    let port = by_builder.local_addr().unwrap().port();
    let sender = sender().await;
    sender.send_to(&packet("/a"), (group(5), port).into()).await.unwrap();
    assert_eq!(by_builder.next().await.unwrap().packet, Ok(packet("/a")));
    drop(by_builder);

    // All who listen to a group share its port, and each gets everything.
    let first: Endpoint = format!("osc.udp://{}:0", group(6)).parse().unwrap();
    let builder = Udp::builder().multicast_interface(local());
    let mut one = builder.clone().bind_endpoint(&first).await.unwrap();
    let bound = one.local_addr().unwrap();
    assert!(bound.ip().is_unspecified());
    let second: Endpoint = format!("osc.udp://{}:{}", group(6), bound.port()).parse().unwrap();
    let mut two = builder.bind_endpoint(&second).await.unwrap();
    sender.send_to(&packet("/b"), (group(6), bound.port()).into()).await.unwrap();
    for udp in [&mut one, &mut two] {
        assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/b")));
    }
}

#[tokio::test]
async fn one_source_of_a_group_is_joined() {
    let mut udp = Udp::bind("0.0.0.0:0").await.unwrap();
    let port = udp.local_addr().unwrap().port();
    let ssm: IpAddr = [232, 1, 2, 3].into();
    if !joined(udp.join_source(ssm, [127, 0, 0, 9], &local())) {
        return;
    }
    let wrong = sender().await;
    let right = Udp::builder().multicast_interface(local()).bind("127.0.0.9:0").await.unwrap();
    wrong.send_to(&packet("/wrong"), (ssm, port).into()).await.unwrap();
    right.send_to(&packet("/right"), (ssm, port).into()).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/right")));
    udp.leave_source(ssm, [127, 0, 0, 9], &local()).unwrap();
    right.send_to(&packet("/left"), (ssm, port).into()).await.unwrap();
    wrong.send_to(&packet("/direct"), ([127, 0, 0, 1], port).into()).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/direct")));
}

#[tokio::test]
async fn ipv6_groups_work_on_loopback() {
    let Ok(mut udp) = Udp::bind("[::]:0").await else {
        eprintln!("skipped: this host has no IPv6");
        return;
    };
    let port = udp.local_addr().unwrap().port();
    // Of this host alone.
    let group: Ipv6Addr = "ff01::4d".parse().unwrap();
    let loopback = Interface::addr(Ipv6Addr::LOCALHOST);
    if !joined(udp.join(group, &loopback)) {
        return;
    }
    let sender =
        Udp::builder().multicast_interface(loopback.clone()).bind("[::1]:0").await.unwrap();
    let to: SocketAddr = (group, port).into();
    if let Err(error) = sender.send_to(&packet("/v6"), to).await {
        eprintln!("skipped: no route to IPv6 groups on loopback here: {error}");
        return;
    }
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/v6")));
    udp.leave(group, &loopback).unwrap();

    let endpoint: Endpoint = "osc.udp://[ff01::4e%1]:0".parse().unwrap();
    let mut udp = Udp::builder().bind_endpoint(&endpoint).await.unwrap();
    let to: SocketAddr =
        ("ff01::4e".parse::<Ipv6Addr>().unwrap(), udp.local_addr().unwrap().port()).into();
    sender.send_to(&packet("/scoped"), to).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/scoped")));
}

#[tokio::test]
async fn what_is_no_group_is_refused() {
    let udp = Udp::bind("0.0.0.0:0").await.unwrap();
    let host = [127, 0, 0, 1];
    let error = udp.join(host, &Interface::Any).unwrap_err();
    assert!(matches!(error, GroupError::NotMulticast { .. }), "{error:?}");
    assert!(matches!(udp.leave(host, &local()), Err(GroupError::NotMulticast { .. })));
    assert!(matches!(udp.join_source(host, host, &local()), Err(GroupError::NotMulticast { .. })));
    let v6: Ipv6Addr = "ff02::1".parse().unwrap();
    let error = udp.join_source(v6, Ipv6Addr::LOCALHOST, &local()).unwrap_err();
    assert!(matches!(error, GroupError::SourceV6 { .. }), "{error:?}");
    let error = udp.leave_source(v6, host, &local()).unwrap_err();
    assert!(matches!(error, GroupError::OtherFamily { .. }), "{error:?}");
    let error = Udp::builder().join(host, local()).bind("0.0.0.0:0").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "127.0.0.1 is not a multicast address");
}
