//! Sending without waiting, and sending that is given up.

use std::time::Duration;

use oscine::transport::framing::FramingKind;
use oscine::transport::reconnect::{Reconnecting, WhileDown};
use oscine::{AddressSpace, Client, ClientError, Message};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::common::log::log;
use crate::common::wire::{packet, raw_udp};
use crate::common::{FRAMINGS, LOOPBACK, Running, within};
use crate::line::{Line, pipe};

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_new_client_sends_at_once_without_waiting() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let server = Running::start(space).await;
    for kind in 0..=FRAMINGS.len() {
        // The runtime has had no turn since, and knows nothing of the socket yet.
        let client = match FRAMINGS.get(kind) {
            Some(&framing) => server.tcp_client(framing).await,
            None => server.udp_client().await,
        };
        // More than a task does in one turn, and none of them fills a buffer.
        for number in 0..200 {
            client.try_send(("/n", number)).unwrap();
        }
        let expected: Vec<_> = (0..200).map(|number| format!("/n ,i {number}")).collect();
        assert_eq!(log.take(200).await, expected);
        let error = client.try_send(("no slash", 1)).unwrap_err();
        assert!(matches!(error, ClientError::Encode(_)) && !error.is_full(), "{error:?}");
        let sender = client.sender();
        drop(client);
        let error = sender.try_send(("/late", ())).unwrap_err();
        assert!(matches!(error, ClientError::Send(_)) && !error.is_full(), "{error:?}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_full_refuses_and_never_tears_a_packet() {
    let (client, mut far) = pipe(100);
    let blob = vec![7_u8; 300];
    // The pipe takes a third of the first, and there is no room before the rest is through.
    client.try_send(("/0", &blob[..])).unwrap();
    tokio::task::yield_now().await;
    for number in 1..20 {
        let message = Message::new(format!("/{number}"), &blob[..]).unwrap();
        let mut refused = 0;
        while let Err(error) = client.try_send(&message) {
            assert!(error.is_full(), "{error:?}");
            refused += 1;
            assert!(refused < 1000, "there never is room");
            if refused == 10 {
                let whole = far.next().await;
                assert_eq!(whole, packet(&format!("/{}", number - 1), &blob[..]));
            }
            tokio::task::yield_now().await;
        }
        assert!(refused >= 10, "packet {number} had room after {refused} times");
    }
    assert_eq!(far.next().await, packet("/19", &blob[..]));
}

/// Nothing more is sent, and nobody reads: what was taken goes out all the same.
#[tokio::test(start_paused = true)]
async fn what_was_given_up_half_way_goes_out_by_itself() {
    let blob = vec![7_u8; 300];
    for how in 0..4 {
        let (client, mut far) = pipe(100);
        match how {
            0 => client.try_send(("/a", &blob[..])).unwrap(),
            1 => {
                let error = client.send_within(SHORT, ("/a", &blob[..])).await.unwrap_err();
                assert!(matches!(error, ClientError::Timeout { timeout } if timeout == SHORT));
            }
            2 => {
                let packets = [packet("/a", &blob[..])];
                tokio::time::timeout(SHORT, client.send_all(&packets)).await.unwrap_err();
            }
            _ => {
                let asking = client.request_within(SHORT, ("/a", &blob[..]), "/r");
                asking.await.unwrap_err();
            }
        }
        assert_eq!(far.next().await, packet("/a", &blob[..]), "{how}");
        client.send(("/b", 1)).await.unwrap();
        assert_eq!(far.next().await, packet("/b", 1), "{how}");
        drop(client);
        far.end().await;
    }
}

/// Senders that are given up at every moment, beside one that is not: all that arrives is whole.
#[tokio::test]
async fn nothing_is_torn_whoever_gives_up() {
    let (client, mut far) = pipe(64);
    let blob = vec![7_u8; 200];
    let senders = (0..4_u64).map(|task| {
        let (sender, blob) = (client.sender(), blob.clone());
        tokio::spawn(async move {
            for number in 0..50_u64 {
                let limit = Duration::from_micros((task * 7 + number * 13) % 200);
                let _ = sender.send_within(limit, ("/given/up", &blob[..])).await;
                let _ = sender.try_send(("/tried", &blob[..]));
                tokio::task::yield_now().await;
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let reading = tokio::spawn(async move {
        let mut counted = (0, 0);
        loop {
            let packet = far.next().await;
            match packet.to_string().split(' ').next() {
                Some("/given/up" | "/tried") => counted.0 += 1,
                Some("/kept") => counted.1 += 1,
                Some("/end") => return counted,
                other => panic!("{other:?}"),
            }
        }
    });
    for _ in 0..50 {
        within(client.send(("/kept", &blob[..]))).await.unwrap();
    }
    for sender in senders {
        within(sender).await.unwrap();
    }
    within(client.send(("/end", ()))).await.unwrap();
    let (others, kept) = within(reading).await.unwrap();
    assert_eq!(kept, 50);
    assert!(others <= 400);
    // All that was counted as sent has arrived.
    assert_eq!(client.stats().sent, others + kept + 1);
}

#[tokio::test]
async fn a_peer_that_hangs_is_not_waited_for() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    for framing in [FramingKind::Slip, FramingKind::LengthPrefix] {
        let endpoint = format!("osc.tcp://{}?framing={framing}", listener.local_addr().unwrap());
        let client = Client::connect(endpoint).await.unwrap();
        let (mut peer, _) = within(listener.accept()).await.unwrap();
        let big = Message::new("/big", vec![0_u8; 1 << 16]).unwrap();
        let mut taken = 0_usize;
        let error = loop {
            match client.try_send(&big) {
                Ok(()) => taken += 1,
                Err(error) => break error,
            }
            assert!(taken < 10_000);
        };
        assert!(error.is_full() && taken > 0, "{error:?}");
        // The peer takes everything, and the message that was refused is as good as ever.
        let mut read = 0;
        let mut bytes = vec![0; 1 << 16];
        let wanted = taken * big.as_bytes().len();
        while read < wanted {
            read += within(peer.read(&mut bytes)).await.unwrap();
        }
        within(async {
            while client.try_send(&big).is_err_and(|error| error.is_full()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_queue_of_one_that_reconnects_refuses_as_it_was_told() {
    let policy = Reconnecting::builder().queue(2).while_down(WhileDown::DropNewest);
    let (client, line) = Line::new(policy);
    client.try_send(("/a", 1)).unwrap();
    client.try_send(("/b", 2)).unwrap();
    assert!(client.try_send(("/c", 3)).unwrap_err().is_full());
    let mut far = line.accept();
    assert_eq!(far.next().await, packet("/a", 1));
    assert_eq!(far.next().await, packet("/b", 2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_peer_that_takes_nothing_is_full() {
    use oscine::transport::unix::Datagrams;

    let folder = crate::common::folder::Folder::new();
    let path = folder.path("synth");
    let mut peer = Datagrams::builder().bind(&path).unwrap();
    let client = Client::connect(format!("osc.unix://{}", path.display())).await.unwrap();
    let taken = (0..100_000).take_while(|&number| match client.try_send(("/n", number)) {
        Ok(()) => true,
        Err(error) => {
            assert!(error.is_full(), "{error:?}");
            false
        }
    });
    let taken = taken.count();
    assert!((1..100_000).contains(&taken));
    for number in 0..taken {
        let received = within(futures::StreamExt::next(&mut peer)).await.unwrap();
        assert_eq!(received.packet.unwrap(), packet("/n", i32::try_from(number).unwrap()));
    }
    client.try_send(("/n", 0)).unwrap();
}

#[tokio::test]
async fn datagrams_need_no_limit() {
    let peer = raw_udp().await;
    let client = Client::udp(peer.local_addr().unwrap()).await.unwrap();
    client.send_within(SHORT, ("/a", 1)).await.unwrap();
    within(peer.recv_from(&mut [0; 64])).await.unwrap();
}

#[tokio::test]
async fn a_socket_that_the_runtime_does_not_know_yet_is_not_full() {
    use oscine::transport::Udp;

    let peer = raw_udp().await;
    for anyone in [false, true] {
        let socket = std::net::UdpSocket::bind(LOOPBACK).unwrap();
        let socket = Udp::from_std(socket).unwrap();
        let builder = Client::builder().hear_anyone(anyone);
        let client = builder.wrap_udp(socket, peer.local_addr().unwrap()).await.unwrap();
        client.try_send(("/a", 1)).unwrap();
        within(peer.recv_from(&mut [0; 64])).await.unwrap();
    }
}
