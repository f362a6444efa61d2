//! Talking to the tools of liblo over unix sockets.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{process::Stdio, time::Duration};

use common::Folder;
use futures::StreamExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{PeerAddr, unix::Datagrams};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

const HINT: &str = "it is in the package liblo-tools; .ci/interop-install installs it";
const LONG: Duration = Duration::from_secs(60);

fn packet(number: i32) -> Packet {
    Message::new("/from/oscine", (number, "two words")).unwrap().into()
}

#[tokio::test]
#[ignore = "needs liblo-tools"]
async fn oscsend_reaches_our_datagrams() {
    let folder = Folder::new();
    let path = folder.join("s");
    let mut socket = Datagrams::bind(&path).unwrap();
    let target = format!("osc.unix://{}", path.display());
    for number in 0..3 {
        let args = ["/from/liblo", "is", &number.to_string(), "two words"];
        let mut oscsend = Command::new("oscsend");
        let status = oscsend.arg(&target).args(args).status().await.expect(HINT);
        assert!(status.success());
        let received = timeout(LONG, socket.next()).await.unwrap().unwrap();
        let expected: Packet = Message::new("/from/liblo", (number, "two words")).unwrap().into();
        assert_eq!(received.packet, Ok(expected));
        assert!(matches!(received.peer, PeerAddr::Unnamed | PeerAddr::Unix(_)));
    }
    assert_eq!(socket.stats().received, 3);
}

#[tokio::test]
#[ignore = "needs liblo-tools"]
async fn our_datagrams_reach_oscdump() {
    let folder = Folder::new();
    let path = folder.join("d");
    let mut oscdump = Command::new("oscdump")
        .args(["-L", &format!("osc.unix://{}", path.display())])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(HINT);
    let mut lines = BufReader::new(oscdump.stdout.take().unwrap()).lines();
    let socket = Datagrams::unbound().unwrap();
    // It listens when it gets round to it.
    let mut attempts = 0;
    while let Err(error) = socket.send_to(packet(0), &path).await {
        assert!(attempts < 1000, "oscdump does not listen: {error}");
        attempts += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for number in 1..20 {
        socket.send_to(packet(number), &path).await.unwrap();
    }
    for number in 0..20 {
        let line = timeout(LONG, lines.next_line()).await.unwrap().unwrap().unwrap();
        let (_time, message) = line.split_once(' ').unwrap();
        assert_eq!(message, format!("/from/oscine is {number} \"two words\""));
    }
    oscdump.kill().await.unwrap();
}
