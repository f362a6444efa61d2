//! How a client stands, and what arrives.

use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use oscine_transport::{
    SendError,
    reconnect::{LostReason, Reconnecting, State},
    stats::DropCause,
};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};

use crate::line::{Far, Line, builder, cause, packet};

#[tokio::test(start_paused = true)]
async fn states_follow_each_other_and_waits_grow() {
    let (line, client) = Line::new(builder());
    let mut states = client.states();
    let mut waits = Vec::new();
    for expected in 1..=9 {
        let state = states.next().await.unwrap();
        assert!(
            matches!(state, State::Connecting { attempt, .. } if attempt == expected),
            "{state:?}"
        );
        let before = Instant::now();
        line.refuse();
        let State::Lost { reason, retry_in, dropped: 0, .. } = states.next().await.unwrap() else {
            panic!("no connection was made")
        };
        assert!(matches!(reason, LostReason::Connect(_)), "{reason}");
        assert_eq!(before.elapsed(), Duration::ZERO);
        waits.push(retry_in);
    }
    for (count, wait) in (0_u32..).zip(waits) {
        let longest = Duration::from_millis((100 << count).min(10_000));
        assert!(longest / 2 <= wait && wait <= longest, "{count}: {wait:?}");
    }
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connecting { attempt: 10, .. }), "{state:?}");
    let far = line.accept(1024);
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connected { dropped: 0, .. }), "{state:?}");
    drop(far);
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { reason: LostReason::Closed, .. }), "{state:?}");
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connecting { attempt: 1, .. }), "{state:?}");
    assert_eq!(client.stats().connections.failed, 9);
    assert_eq!(client.stats().connections.opened, 1);
    assert_eq!(client.stats().connections.broken, 0);
    assert_eq!(client.stats().connections.open, 0);
    drop(client);
    assert!(matches!(states.next().await, Some(State::Closed)));
    assert!(states.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_is_given_up() {
    let (_line, client) = Line::new(builder().connect_timeout(Duration::from_secs(3)));
    let mut states = client.states();
    let before = Instant::now();
    assert!(matches!(states.next().await, Some(State::Connecting { attempt: 1, .. })));
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { reason: LostReason::NoAnswer(_), .. }), "{state:?}");
    assert_eq!(before.elapsed(), Duration::from_secs(3));
}

/// Connects, lets `then` decide what becomes of the connection, and gives the wait after it.
async fn wait_after(line: &Line, client: &Reconnecting, then: impl AsyncFnOnce(Far)) -> Duration {
    let far = line.accept(1024);
    client.connected().await;
    then(far).await;
    let mut states = client.states();
    loop {
        if let State::Lost { retry_in, .. } = states.next().await.unwrap() {
            return retry_in;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_at_once_is_not_called_every_tenth_of_a_second() {
    let first = Duration::from_millis(100);
    let (line, client) = Line::new(builder());
    for doublings in 0..5 {
        let wait = wait_after(&line, &client, async |far| drop(far)).await;
        assert!(wait >= first * (1 << doublings) / 2, "{wait:?}");
    }
    let heard = async |mut far: Far| far.send(packet(1)).await.unwrap();
    let wait = wait_after(&line, &client, heard).await;
    assert!(wait <= first, "a packet came: {wait:?}");
    for _ in 0..3 {
        wait_after(&line, &client, async |far| drop(far)).await;
    }
    let lived = async |_far: Far| tokio::time::sleep(Duration::from_secs(10)).await;
    let wait = wait_after(&line, &client, lived).await;
    assert!(wait <= first, "it lived for long: {wait:?}");
}

#[tokio::test(start_paused = true)]
async fn the_stream_goes_on_across_connections() {
    let (line, mut client) = Line::new(builder());
    for count in 1..=3 {
        let mut far = line.accept(1024);
        far.send(packet(count)).await.unwrap();
        far.get_mut().write_all(b"\xc0nonsense\xc0").await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), packet(count));
        assert!(client.next().await.unwrap().is_err());
    }
    assert!(client.next().now_or_never().is_none(), "it goes on");
    client.close().await;
    assert!(client.next().await.is_none());
    assert_eq!((client.stats().received, client.stats().bad.total()), (6, 3));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_slows_the_peer_down_unless_it_only_sends() {
    for send_only in [false, true] {
        let options = if send_only { builder().send_only() } else { builder().inbox(2) };
        let (line, client) = Line::new(options);
        let mut far = line.accept(64);
        let flood = async {
            for count in 0..100 {
                far.send(packet(count)).await.unwrap();
            }
        };
        let through = timeout(Duration::from_secs(100), flood).await.is_ok();
        assert_eq!(through, send_only);
        // Sending goes on in any case.
        client.send(packet(1)).await.unwrap().await.unwrap();
        assert_eq!(client.stats().received == 100, send_only);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up() {
    let (line, client) = Line::new(builder().write_timeout(Duration::from_secs(7)));
    let _far = line.accept(8);
    client.connected().await;
    let before = Instant::now();
    let mut sent = client.send(packet(1)).await.unwrap();
    let mut states = client.states();
    let reason = loop {
        if let State::Lost { reason, dropped: 1, .. } = states.next().await.unwrap() {
            break reason;
        }
    };
    assert_eq!(before.elapsed(), Duration::from_secs(7));
    assert!(
        matches!(&reason, LostReason::Write(error) if matches!(**error, SendError::Stalled { .. }))
    );
    assert_eq!(cause(&mut sent), Some(DropCause::Lost));
    assert_eq!(client.stats().connections.broken, 1);
}
