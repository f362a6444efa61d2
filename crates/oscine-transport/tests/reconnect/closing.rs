//! How a client ends.

use std::time::Duration;

use futures::StreamExt;
use oscine_transport::{SendError, reconnect::State, stats::DropCause};
use tokio::time::Instant;

use crate::line::{Line, builder, cause, number, packet, settle};

#[tokio::test(start_paused = true)]
async fn closing_sends_what_waits_and_takes_no_longer_than_the_grace() {
    let (line, client) = Line::new(builder());
    let sender = client.sender();
    for count in 1..=3 {
        client.send(packet(count)).await.unwrap();
    }
    let mut far = line.accept(1024);
    client.close().await;
    assert!(matches!(client.state(), State::Closed));
    assert!(matches!(sender.send(packet(4)).await, Err(SendError::Closed)));
    for expected in 1..=3 {
        assert_eq!(number(&mut far).await, expected);
    }
    assert!(far.next().await.is_none(), "and the peer sees the end");
    assert_eq!(line.alive.strong_count(), 0, "the task has ended");
    client.close().await;

    // Without a connection and with nothing to send it is over at once.
    let (_line, client) = Line::new(builder());
    let before = Instant::now();
    client.close().await;
    assert_eq!(before.elapsed(), Duration::ZERO);

    for stalled in [true, false] {
        let (line, client) = Line::new(builder().max_age(None));
        let far = stalled.then(|| line.accept(8));
        let mut sent = client.send(packet(1)).await.unwrap();
        settle().await;
        let after = client.send(packet(2)).await.unwrap();
        let before = Instant::now();
        client.close().await;
        assert_eq!(before.elapsed(), Duration::from_secs(5));
        assert!(matches!(after.await, Err(SendError::Closed)));
        let drops = client.stats().drops;
        if stalled {
            assert_eq!(cause(&mut sent), Some(DropCause::Lost));
            assert_eq!((drops.get("lost"), drops.get("offline")), (1, 1));
        } else {
            assert!(matches!(sent.await, Err(SendError::Closed)));
            assert_eq!(drops.get("offline"), 2);
        }
        drop(far);
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_client_ends_its_task() {
    for connected in [true, false] {
        let (line, client) = Line::new(builder());
        let far = connected.then(|| line.accept(8));
        settle().await;
        let sender = client.sender();
        let sent = [sender.send(packet(1)).await.unwrap(), sender.try_send(packet(2)).unwrap()];
        drop(client);
        for sent in sent {
            assert!(matches!(sent.await, Err(SendError::Closed)));
        }
        assert!(matches!(sender.send(packet(3)).await, Err(SendError::Closed)));
        assert_eq!(line.alive.strong_count(), 0);
        drop(far);
    }
}
