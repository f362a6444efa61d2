//! Whatever is given up half way, at whatever moment: nothing is lost, torn, or comes twice.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use oscine::transport::framing::FramingKind;
use oscine::transport::reconnect::Reconnecting;
use oscine::{AddressSpace, Client, Message, Packet};
use tokio::task::yield_now;

use crate::common::wire::{Random, packet};
use crate::common::{Running, until, within};
use crate::line::{Line, pipe};

/// Polls a future so often, with turns for others in between, and drops it unless it is through.
async fn give_up<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

/// The number that a packet holds, in a message or in a bundle of one.
fn number(packet: &Packet) -> i32 {
    let message = packet.messages().next().unwrap().message;
    message.args().parse::<(i32,)>().map_or_else(|_| panic!("{packet}"), |(number,)| number)
}

#[tokio::test(start_paused = true)]
async fn readers_lose_nothing() {
    // The pipe holds less than a packet, so each comes in pieces.
    let (mut client, mut far) = pipe(10);
    let sending = tokio::spawn(async move {
        for number in 0..300 {
            far.send(packet("/n", number)).await;
        }
        far
    });
    let limit = Duration::from_secs(1);
    let mut expected = 0;
    let mut given_up = 0;
    while expected < 300 {
        let polls = 1 + given_up % 3;
        let read = match given_up % 7 {
            0 => give_up(polls, client.recv()).await.flatten(),
            1 => give_up(polls, client.recv_timeout(limit)).await.map(Result::unwrap),
            2 => give_up(polls, client.recv_any()).await.flatten().map(Result::unwrap),
            3 => give_up(polls, client.next()).await.flatten(),
            4 => frame(give_up(polls, client.recv_frame()).await.flatten()),
            5 => frame(give_up(polls, client.frames().next()).await.flatten()),
            _ => client.try_recv().ok(),
        };
        given_up += 1;
        match read {
            Some(packet) => {
                assert_eq!(number(&packet), expected);
                expected += 1;
            }
            None => yield_now().await,
        }
    }
    assert!(given_up > 400, "hardly anything was given up: {given_up}");
    drop(within(sending).await.unwrap());
    assert_eq!(within(client.recv()).await, None);
}

fn frame(bytes: Option<bytes::Bytes>) -> Option<Packet> {
    bytes.map(|bytes| Packet::decode(bytes).unwrap())
}

#[tokio::test(start_paused = true)]
async fn senders_tear_nothing_and_send_nothing_twice() {
    let (client, mut far) = pipe(10);
    let reading = tokio::spawn(async move {
        let mut numbers = Vec::new();
        loop {
            let number = number(&far.next().await);
            if number < 0 {
                return numbers;
            }
            numbers.push(number);
        }
    });
    let mut done = BTreeSet::new();
    let long = Duration::from_secs(3600);
    for number in 0..700 {
        let polls = usize::try_from(number % 5).unwrap();
        let asking = ("/n", number);
        let sent = match number % 7 {
            0 => give_up(polls, client.send(asking)).await.is_some(),
            1 => give_up(polls, client.send_all(&[packet("/n", number)])).await.is_some(),
            2 => give_up(polls, client.queue(asking)).await.is_some(),
            3 => give_up(polls, client.urgent(asking)).await.is_some(),
            4 => give_up(polls, client.send_within(long, asking)).await.is_some(),
            5 => {
                let message = Message::new("/n", number).unwrap();
                give_up(polls, client.send_bundle(Duration::ZERO, [message])).await.is_some()
            }
            // Nobody answers.
            _ => give_up(polls, client.request(asking, "/r")).await.is_some(),
        };
        if sent {
            done.insert(number);
        }
    }
    within(client.send(("/n", -1))).await.unwrap();
    let numbers = within(reading).await.unwrap();
    // In order, so none twice; and all that were through.
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    let arrived: BTreeSet<_> = numbers.iter().copied().collect();
    assert!(done.is_subset(&arrived));
    assert!(done.len() > 50 && done.len() < arrived.len());
    assert_eq!(client.stats().sent, numbers.len() as u64 + 1);
}

#[tokio::test(start_paused = true)]
async fn closing_can_be_given_up_and_done_again() {
    for polls in 0..8 {
        let (mut client, mut far) = pipe(10);
        client.try_send(("/last", vec![1_u8; 50])).unwrap();
        let latest = client.latest_wins(Duration::from_secs(1));
        latest.send("/latest", 1).unwrap();
        latest.send("/latest", 2).unwrap();
        give_up(polls, client.close()).await;
        let closing = tokio::spawn(async move {
            client.close().await.unwrap();
            client.close().await.unwrap();
        });
        assert_eq!(far.next().await, packet("/last", vec![1_u8; 50]));
        // The first may have been replaced before it had its turn, the second never is.
        let mut packet_ = far.next().await;
        if packet_ == packet("/latest", 1) {
            packet_ = far.next().await;
        }
        assert_eq!(packet_, packet("/latest", 2), "{polls}");
        far.end().await;
        within(closing).await.unwrap();
    }
}

/// Many at once, answered in any order, some of them given up: each reply goes to who asked, or to
/// the stream, once.
#[tokio::test]
async fn requests_in_flight_have_their_own_replies() {
    for seed in 0..20 {
        let (mut client, mut far) = pipe(1 << 16);
        let mut random = Random(seed);
        let peer = tokio::spawn(async move {
            let (mut waiting, mut random) = (Vec::new(), Random(seed + 1000));
            let mut asked = 0;
            let mut over = false;
            while !over || !waiting.is_empty() {
                let patience = Duration::from_millis(1);
                // Some wait, to be answered out of order.
                if !over && waiting.len() < 30 {
                    if let Ok(packet) = tokio::time::timeout(patience, far.try_next()).await {
                        let number = number(&packet.unwrap());
                        over = number < 0;
                        if !over {
                            waiting.push(number);
                            asked += 1;
                        }
                        continue;
                    }
                }
                if !waiting.is_empty() {
                    let place = usize::try_from(random.next() % waiting.len() as u64).unwrap();
                    let number = waiting.swap_remove(place);
                    let reply = Message::new(format!("/r/{number}"), number).unwrap();
                    far.send(reply.into()).await;
                }
            }
            (asked, far)
        });
        let sender = client.sender();
        let requests: FuturesUnordered<_> = (0..100)
            .map(|number| {
                let (sender, polls) = (sender.clone(), random.next() % 50);
                async move {
                    let pattern = format!("/r/{number}");
                    let asking = sender.request(("/q", number), &pattern);
                    // A tenth is given up, before or after it is sent.
                    let polls = if polls < 5 { polls } else { 1_000_000 };
                    let reply = give_up(usize::try_from(polls).unwrap(), asking).await;
                    reply.map(|reply| assert_eq!(reply.unwrap().args().parse(), Ok(number)))
                }
            })
            .collect();
        let replied: Vec<_> = within(requests.collect()).await;
        let replied = replied.into_iter().flatten().count();
        assert!((50..100).contains(&replied), "{replied}");
        client.send(("/q", -1)).await.unwrap();
        let (asked, far) = within(peer).await.unwrap();
        drop(far);
        // The others come out of the stream, once.
        let mut rest = BTreeSet::new();
        while let Some(packet) = within(client.recv()).await {
            assert!(rest.insert(number(&packet)), "{packet} came twice");
        }
        assert_eq!(replied + rest.len(), asked);
        assert_eq!(client.missed(), 0);
    }
}

/// Connections that break at any moment: every packet that was taken is told as sent or as dropped,
/// those that are told as sent arrive unless their connection broke, and none comes twice.
#[tokio::test(start_paused = true)]
async fn what_is_lost_across_connections_is_told_exactly() {
    for seed in 0..30 {
        let mut random = Random(seed);
        let policy = Reconnecting::builder().queue(4).max_age(Duration::from_millis(300));
        let (mut client, line) = Line::new(policy);
        let mut fates = Vec::new();
        let mut readers = Vec::new();
        for number in 0..200 {
            match random.next() % 8 {
                0 => line.refuse(),
                1 => {
                    let mut far = line.accept();
                    let lasts = Duration::from_millis(random.next() % 400);
                    readers.push(tokio::spawn(async move {
                        let mut numbers = Vec::new();
                        let reading = async {
                            loop {
                                match far.try_next().await {
                                    Some(packet) => numbers.push(self::number(&packet)),
                                    None => return,
                                }
                            }
                        };
                        let _ = tokio::time::timeout(lasts, reading).await;
                        numbers
                    }));
                }
                2 => tokio::time::sleep(Duration::from_millis(random.next() % 400)).await,
                3 => drop(
                    give_up(2, client.queue(("/n", -1)))
                        .await
                        .map(|sent| fates.push(sent.unwrap())),
                ),
                _ => {}
            }
            let queued =
                tokio::time::timeout(Duration::from_millis(50), client.queue(("/n", number)));
            if let Ok(sent) = queued.await {
                fates.push(sent.unwrap());
            }
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        let _ = tokio::time::timeout(Duration::from_secs(60), client.close()).await;
        let taken = fates.len();
        let mut sent = 0_u64;
        for fate in fates {
            sent += u64::from(within(fate).await.is_ok());
        }
        let stats = client.stats();
        drop(client);
        let mut arrived = BTreeSet::new();
        for reader in readers {
            reader.abort();
            for number in reader.await.unwrap_or_default() {
                assert!(number < 0 || arrived.insert(number), "{number} came twice");
            }
        }
        assert_eq!(sent + stats.drops.total(), taken as u64, "seed {seed}: {stats:?}");
        assert!(arrived.len() as u64 <= taken as u64);
    }
}

/// A client that is dropped takes everything along: nothing of it goes on.
#[tokio::test]
async fn nothing_outlives_a_client() {
    let server = Running::start(AddressSpace::new()).await;
    for framing in [None, Some(FramingKind::Slip)] {
        let mut client = match framing {
            Some(framing) => server.tcp_client(framing).await,
            None => server.udp_client().await,
        };
        let kept = client.keep_alive(("/alive", ()), Duration::from_millis(1)).unwrap();
        let latest = client.latest_wins(Duration::from_millis(1));
        let (sender, asking) = (client.sender(), client.sender());
        let asking = tokio::spawn(async move { asking.request(("/q", ()), "/r").await });
        let before = server.handle.stats().received;
        until(|| server.handle.stats().received > before + 5).await;
        drop(client);
        within(asking).await.unwrap().unwrap_err();
        latest.send("/late", 1).unwrap_err();
        sender.send(("/late", ())).await.unwrap_err();
        sender.try_send(("/late", ())).unwrap_err();
        sender.request(("/late", ()), "/r").await.unwrap_err();
        if framing.is_some() {
            until(|| server.handle.connections().is_empty()).await;
        }
        kept.stop();
        // What was on its way has arrived, and nothing comes after it.
        let sent = sender.stats().sent;
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(sender.stats().sent, sent);
    }
    server.stop().await;
}

/// Connecting that is given up leaves nothing behind.
#[tokio::test]
async fn connecting_can_be_given_up() {
    let server = Running::start(AddressSpace::new()).await;
    for polls in 0..4 {
        let tcp = server.tcp().to_string();
        drop(give_up(polls, Client::tcp(tcp)).await);
        drop(give_up(polls, Client::udp(server.udp())).await);
    }
    until(|| server.handle.connections().is_empty()).await;
    server.stop().await;
}
