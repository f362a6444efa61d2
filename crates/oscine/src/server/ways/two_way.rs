//! Both directions of a task, as the state of its endpoint allows.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::sleep;

use crate::server::endpoint::port::{Port, PortState};

/// Sends and receives at the same time.
pub(crate) trait TwoWay {
    /// How it ends.
    type End;

    /// Carries both directions.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Self::End>;

    /// Gives back what it holds for receiving, as only [`poll_out`](Self::poll_out) is polled from here on.
    fn pause(&mut self);

    /// Carries what is to be sent alone.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Self::End>;
}

/// Carries packets; nothing if the endpoint was closed before the end.
pub(crate) async fn talk<T: TwoWay>(line: &mut T, port: &Port) -> Option<T::End> {
    loop {
        return match port.state() {
            PortState::Open => tokio::select! {
                end = poll_fn(|cx| line.poll(cx)) => Some(end),
                () = port.stays_open() => continue,
            },
            PortState::Paused => {
                line.pause();
                tokio::select! {
                    end = poll_fn(|cx| line.poll_out(cx)) => Some(end),
                    _ = port.is_open() => continue,
                }
            }
            PortState::Closed => None,
        };
    }
}

/// Sees `run` through, but when `left` is no longer than [`FAREWELL`] ago; says whether it was.
pub(crate) async fn leave(run: impl Future<Output = ()>, left: impl Future<Output = ()>) -> bool {
    let late = async {
        left.await;
        sleep(FAREWELL).await;
    };
    tokio::select! {
        () = run => true,
        () = late => false,
    }
}

/// How long what is queued for a peer has to go out when its connection, or its endpoint, is closed from here.
const FAREWELL: Duration = Duration::from_secs(1);
