//! How a client ends.

use std::{
    io::{self, Cursor},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::StreamExt;
use oscine_transport::{
    SendError,
    framing::slip,
    reconnect::{LostReason, State},
    stats::DropCause,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, timeout},
};

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

/// A peer that has sent much, or sends for ever, and is gone: all that is written fails.
struct Gone(Cursor<Vec<u8>>, bool);

impl AsyncRead for Gone {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.1 {
            self.0.set_position(0);
        }
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Gone {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_peer_has_sent_before_it_went_arrives() {
    const SENT: i32 = 1_000;
    let mut arrived = Vec::new();
    for count in 0..SENT {
        arrived.extend(slip::encode(packet(count).as_bytes()));
    }
    let mut once = Some(Gone(Cursor::new(arrived), false));
    let connect = move || {
        let stream = once.take().ok_or(io::ErrorKind::ConnectionRefused.into());
        async { stream }
    };
    let mut client = builder().connect_with(connect);
    // It is written first.
    let sent = client.send(packet(-1)).await.unwrap();
    for count in 0..SENT {
        let next = timeout(Duration::from_secs(60), client.next()).await;
        assert_eq!(next.unwrap().unwrap().unwrap(), packet(count));
    }
    let cause = DropCause::Lost;
    assert!(matches!(sent.await, Err(SendError::Dropped { cause: told }) if told == cause));
    let State::Lost { reason, .. } = client.state() else { panic!("{:?}", client.state()) };
    assert!(matches!(reason, LostReason::Write(_)), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_more_is_not_read_for_ever() {
    for reads in [true, false] {
        let frame = slip::encode(packet(1).as_bytes());
        let mut once = Some(Gone(Cursor::new(frame.repeat(100)), true));
        let connect = move || {
            let stream = once.take().ok_or(io::ErrorKind::ConnectionRefused.into());
            async { stream }
        };
        let options = if reads { builder() } else { builder().send_only() };
        let mut client = options.connect_with(connect);
        let mut sent = client.send(packet(-1)).await.unwrap();
        if reads {
            let reading = async { while client.next().await.is_some() {} };
            tokio::select! {
                sent = &mut sent => assert!(sent.is_err()),
                () = reading => panic!("the client has not been closed"),
            }
        } else {
            sent.await.unwrap_err();
        }
    }
}
