//! A listener whose process has no file descriptor left.
//!
//! The limit is that of the whole process, so this test is alone in its program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs::File, pin::pin, time::Duration};

use futures::poll;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use oscine_transport::tcp::Listener;
use tokio::{
    net::TcpSocket,
    time::{Instant, advance},
};

/// How many attempts have failed so far.
fn failed(listener: &Listener) -> u64 {
    listener.stats().connections.failed
}

#[tokio::test(start_paused = true)]
async fn accepting_waits_for_descriptors_and_does_not_spin() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    // It has its descriptor already; only the listener's side lacks one.
    let client = TcpSocket::new_v4().unwrap();

    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
        assert!(taken.len() < 100, "the limit does not hold");
    }
    let address = listener.local_addr().unwrap();
    let _client = client.connect(address).await.unwrap();

    let mut accept = pin!(listener.accept());
    // The runtime learns of the connection when it gets round to it.
    for _ in 0..1000 {
        assert!(poll!(accept.as_mut()).is_pending());
        if failed(&listener) > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(failed(&listener), 1);
    // Asking again at the same moment does not make it try again.
    for _ in 0..100 {
        assert!(poll!(accept.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(failed(&listener), 1);

    // 10 ms, then twice as long each time, up to a second.
    let start = Instant::now();
    for _ in 0..60_000 {
        advance(Duration::from_millis(1)).await;
        assert!(poll!(accept.as_mut()).is_pending());
    }
    assert_eq!(start.elapsed(), Duration::from_secs(60));
    let attempts = failed(&listener);
    assert!((50..80).contains(&attempts), "{attempts} attempts in a minute");

    drop(taken);
    let (connection, peer) = accept.await;
    assert_eq!(connection.peer_addr().unwrap(), peer);
    assert_eq!(listener.stats().connections.opened, 1);
}
