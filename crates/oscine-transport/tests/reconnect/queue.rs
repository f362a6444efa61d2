//! What becomes of packets that are to be sent.

use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    SendError,
    reconnect::{State, WhileDown},
    stats::DropCause,
};
use tokio::time::{advance, timeout};

use crate::line::{Line, builder, cause, number, packet, settle};

#[tokio::test(start_paused = true)]
async fn while_down_the_oldest_is_dropped_and_told() {
    let (line, client) = Line::new(builder().queue(3));
    let mut sent = Vec::new();
    for count in 1..=5 {
        sent.push(client.send(packet(count)).await.unwrap());
    }
    assert_eq!(cause(&mut sent[0]), Some(DropCause::QueueFull));
    assert_eq!(cause(&mut sent[1]), Some(DropCause::QueueFull));
    line.refuse();
    let mut states = client.states();
    settle().await;
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { dropped: 2, .. }), "{state:?}");
    let mut far = line.accept(1024);
    for count in 3..=5 {
        assert_eq!(number(&mut far).await, count);
    }
    let state = client.state();
    assert!(matches!(state, State::Connected { dropped: 2, .. }), "{state:?}");
    for sent in sent.drain(2..) {
        assert!(sent.await.is_ok());
    }
    let stats = client.stats();
    assert_eq!((stats.sent, stats.drops.get("queue-full"), stats.drops.total()), (3, 2, 2));
    drop(far);
    settle().await;
    let state = client.state();
    assert!(matches!(state, State::Lost { dropped: 0, .. }), "counted anew: {state:?}");
}

#[tokio::test(start_paused = true)]
async fn other_policies_refuse() {
    let (line, client) = Line::new(builder().queue(2).while_down(WhileDown::DropNewest));
    for count in 1..=2 {
        client.try_send(packet(count)).unwrap();
    }
    assert!(matches!(client.send(packet(3)).await, Err(SendError::Full)));
    let mut far = line.accept(1024);
    assert_eq!([number(&mut far).await, number(&mut far).await], [1, 2]);
    assert_eq!(client.stats().drops.get("queue-full"), 1);

    let (line, client) = Line::new(builder().while_down(WhileDown::Refuse));
    assert!(matches!(client.send(packet(1)).await, Err(SendError::Offline)));
    let far = line.accept(8);
    client.connected().await;
    // The first is being written, the others wait, and then the connection breaks.
    let mut first = client.try_send(packet(2)).unwrap();
    settle().await;
    let mut second = client.try_send(packet(3)).unwrap();
    drop(far);
    settle().await;
    assert_eq!(cause(&mut first), Some(DropCause::Lost));
    assert_eq!(cause(&mut second), Some(DropCause::Offline));
    assert_eq!(client.stats().drops.get("offline"), 2);
    assert_eq!(client.stats().drops.get("lost"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_on_the_way_is_lost_and_not_sent_again() {
    let (line, client) = Line::new(builder());
    let mut far = line.accept(40);
    client.connected().await;
    let first = client.send(packet(1)).await.unwrap();
    assert_eq!(number(&mut far).await, 1);
    assert!(first.await.is_ok());
    let mut sent = Vec::new();
    for count in 2..=9 {
        sent.push(client.send(packet(count)).await.unwrap());
    }
    settle().await;
    let mut after = client.send(packet(10)).await.unwrap();
    // One of them has even arrived.
    assert_eq!(number(&mut far).await, 2);
    drop(far);
    settle().await;
    for sent in &mut sent {
        assert_eq!(cause(sent), Some(DropCause::Lost));
    }
    let state = client.state();
    assert!(matches!(state, State::Lost { dropped: 8, .. }), "{state:?}");
    assert_eq!(cause(&mut after), None);
    let mut far = line.accept(1024);
    assert_eq!(number(&mut far).await, 10);
    let stats = client.stats();
    assert_eq!((stats.sent, stats.drops.get("lost"), stats.drops.total()), (10, 8, 8));
}

#[tokio::test(start_paused = true)]
async fn a_late_cue_is_dropped_when_it_is_late() {
    let (line, client) = Line::new(builder());
    let mut early = client.send(packet(1)).await.unwrap();
    advance(Duration::from_secs(3)).await;
    let mut late = client.send(packet(2)).await.unwrap();
    advance(Duration::from_millis(1_999)).await;
    settle().await;
    assert_eq!(cause(&mut early), None);
    advance(Duration::from_millis(1)).await;
    settle().await;
    assert_eq!(cause(&mut early), Some(DropCause::Stale));
    let mut far = line.accept(1024);
    assert_eq!(number(&mut far).await, 2);
    settle().await;
    assert!(matches!((&mut late).now_or_never(), Some(Ok(()))));
    assert_eq!(client.stats().drops.get("stale"), 1);

    let (line, client) = Line::new(builder().max_age(None).connect_timeout(Duration::MAX));
    client.send(packet(3)).await.unwrap();
    advance(Duration::from_secs(100_000)).await;
    assert_eq!(number(&mut line.accept(1024)).await, 3);
}

#[tokio::test(start_paused = true)]
async fn urgent_packets_go_first_and_cut_into_none() {
    let (line, client) = Line::new(builder().queue(4));
    let mut far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    for count in 2..=5 {
        client.try_send(packet(count)).unwrap();
    }
    assert!(matches!(client.try_send(packet(6)), Err(SendError::Full)));
    client.urgent(packet(8)).unwrap();
    client.urgent(packet(9)).unwrap();
    for expected in [1, 8, 9, 2, 3, 4, 5] {
        assert_eq!(number(&mut far).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_connection_sending_waits_for_room() {
    let (line, client) = Line::new(builder().queue(2).max_age(None));
    let mut far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    client.send(packet(2)).await.unwrap();
    client.send(packet(3)).await.unwrap();
    let mut sink = client.sender();
    let later = timeout(Duration::from_secs(9), client.send(packet(4))).await;
    assert!(later.is_err(), "there was room");
    let later = timeout(Duration::from_secs(9), sink.feed(packet(4))).await;
    assert!(later.is_err(), "there was room");
    let (fourth, fifth) = tokio::join!(client.send(packet(4)), async {
        for expected in 1..=3 {
            assert_eq!(number(&mut far).await, expected);
        }
        sink.send(packet(5)).await
    });
    assert!(fourth.is_ok() && fifth.is_ok());
    let mut rest = [number(&mut far).await, number(&mut far).await];
    rest.sort_unstable();
    assert_eq!(rest, [4, 5]);
    assert_eq!(client.stats().drops.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_hears_that_the_connection_is_gone() {
    let (line, client) = Line::new(builder().queue(1).max_age(None));
    let far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    let mut second = client.send(packet(2)).await.unwrap();
    let (third, ()) = tokio::join!(client.send(packet(3)), async {
        settle().await;
        drop(far);
    });
    assert_eq!(cause(&mut second), Some(DropCause::QueueFull), "the policy decides again");
    assert_eq!(number(&mut line.accept(1024)).await, 3);
    assert!(third.unwrap().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_cannot_be_sent_harms_no_other() {
    let refuse = oscine_transport::hook::outbound(|bytes, _| {
        let odd = bytes.last().is_some_and(|last| last % 2 == 1);
        if odd {
            oscine_transport::hook::Verdict::Refuse("odd".into())
        } else {
            oscine_transport::hook::Verdict::Pass
        }
    });
    let (line, client) = Line::new(builder().hook(refuse).max_frame(64));
    let mut far = line.accept(1024);
    let mut outcomes = Vec::new();
    for count in 1..=4 {
        outcomes.push(client.send(packet(count)).await.unwrap());
    }
    let long = Message::new("/long", (oscine_codec::Blob(vec![0; 64]),)).unwrap();
    assert!(matches!(client.send(long).await, Err(SendError::TooLong(_))));
    assert_eq!([number(&mut far).await, number(&mut far).await], [2, 4]);
    for (count, outcome) in (1..).zip(outcomes) {
        let outcome = outcome.await;
        assert_eq!(matches!(outcome, Err(SendError::Refused { .. })), count % 2 == 1);
    }
    assert_eq!(client.stats().drops.get("refused-out"), 2);
}

#[tokio::test(start_paused = true)]
async fn who_only_sends_lets_the_client_connect() {
    let (line, client) = Line::new(builder().queue(3));
    let _far = line.accept(1024);
    for count in 0..10_000 {
        client.send(packet(count)).await.unwrap();
        if client.state().is_connected() {
            return;
        }
    }
    panic!("the task never had its turn");
}

#[tokio::test(start_paused = true)]
async fn what_the_connection_does_not_take_is_counted_like_any_other() {
    use oscine_transport::framing::LengthPrefix;
    use oscine_transport::hook::{self, Verdict};

    // The queue knows the limit of the builder alone, and no hooks.
    let refuse = hook::outbound(|packet, _| match packet.ends_with(b"\x02") {
        true => Verdict::Refuse("even".into()),
        false => Verdict::Pass,
    });
    let builder = builder().framing_with(|| LengthPrefix::with_max_frame(16)).hook(refuse);
    let (line, client) = Line::new(builder);
    let far = line.accept(1024);
    client.connected().await;
    let long: Packet = Message::new("/longer/than/that", (1,)).unwrap().into();
    let too_long = client.send(long).await.unwrap();
    let refused = client.send(packet(2)).await.unwrap();
    let sent = client.send(packet(3)).await.unwrap();
    assert!(matches!(too_long.await, Err(SendError::TooLong(_))));
    assert!(matches!(refused.await, Err(SendError::Refused { .. })));
    sent.await.unwrap();
    let drops = client.stats().drops;
    assert_eq!((drops.get("too-long"), drops.get("refused-out"), drops.total()), (1, 1, 2));
    drop(far);
    settle().await;
    let state = client.state();
    assert!(matches!(state, State::Lost { dropped: 2, .. }), "{state:?}");
}
