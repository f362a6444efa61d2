//! Over loopback.

use std::{io, sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use oscine_transport::{framing::FramingKind, reconnect::Reconnecting, tcp::Listener};
use tokio::net::TcpStream;

use crate::line::{builder, packet};

#[tokio::test]
async fn a_listener_that_goes_away_and_comes_back_elsewhere() {
    let mut listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = Arc::new(std::sync::Mutex::new(listener.local_addr().unwrap()));
    let looked_up = Arc::clone(&address);
    let mut client = builder()
        .backoff(Duration::from_millis(1), Duration::from_millis(10))
        .max_age(None)
        .connect_with(move || TcpStream::connect(*looked_up.lock().unwrap()));
    for round in 0..3 {
        let (mut connection, _) = listener.accept().await;
        for count in 0..3 {
            let sent = client.send(packet(round * 10 + count)).await.unwrap();
            let received = connection.next().await.unwrap().unwrap().unwrap();
            assert_eq!(received, packet(round * 10 + count));
            sent.await.unwrap();
            connection.send(received.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), received);
        }
        drop((connection, listener));
        let mut states = client.states();
        while states.next().await.unwrap().is_connected() {}
        listener = Listener::bind("127.0.0.1:0").await.unwrap();
        *address.lock().unwrap() = listener.local_addr().unwrap();
    }
    let stats = client.stats();
    assert_eq!((stats.sent, stats.received, stats.drops.total()), (9, 9, 0));
    assert!(stats.connections.opened >= 3);
}

#[tokio::test]
async fn endpoints_of_streams_and_no_others() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost"] {
        let endpoint = format!("osc.tcp://{host}:{port}?framing=length").parse().unwrap();
        let client = Reconnecting::new(&endpoint).unwrap();
        client.send(packet(1)).await.unwrap();
        let (mut connection, _) = listener.accept().await;
        assert_eq!(connection.next().await.unwrap().unwrap().unwrap(), packet(1));
        assert_eq!(connection.framing(), Some(FramingKind::LengthPrefix));
        assert!(client.state().is_connected());
    }
    for endpoint in ["osc.udp://127.0.0.1:1", "osc.tcp://*:1", "osc.unix:///tmp/none"] {
        let error = Reconnecting::new(&endpoint.parse().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
    }
}
