//! Clients that connect again.

use std::time::Duration;

use futures::StreamExt;
use oscine::transport::SendError;
use oscine::transport::reconnect::{Reconnecting, State, States};
use oscine::transport::stats::DropCause;
use oscine::{AddressSpace, Client, ClientError, Server};
use tokio::time::sleep;

use crate::common::wire::packet;
use crate::common::{LOOPBACK, Running, within};
use crate::line::{Line, pipe};

/// Waits for a state.
async fn until(states: &mut States, wanted: impl Fn(&State) -> bool) -> State {
    loop {
        let state = within(states.next()).await.unwrap();
        if wanted(&state) {
            return state;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_before_there_is_a_connection_goes_out_with_it() {
    let (client, line) = Line::standard();
    assert!(matches!(client.state(), Some(State::Connecting { .. })));
    client.send(("/a", 1)).await.unwrap();
    let sent = client.queue(("/b", 2)).await.unwrap();
    let urgent = client.urgent(("/now", 3)).await.unwrap();
    client.send_all(&[packet("/c", 4), packet("/d", 5)]).await.unwrap();
    line.refuse();
    let mut far = line.accept();
    let expected = [("/now", 3), ("/a", 1), ("/b", 2), ("/c", 4), ("/d", 5)];
    for (address, number) in expected {
        assert_eq!(far.next().await, packet(address, number));
    }
    sent.await.unwrap();
    urgent.await.unwrap();
    within(client.connected()).await;
    assert!(client.state().unwrap().is_connected());
    assert_eq!(client.stats().connections.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn requests_and_the_stream_go_on_across_connections() {
    let (mut client, line) = Line::standard();
    for number in 0..3 {
        let mut far = line.accept();
        within(client.connected()).await;
        let answering = async {
            assert_eq!(far.next().await, packet("/q", number));
            far.send(packet("/unasked", number)).await;
            far.send(packet("/r", number)).await;
            far
        };
        let (reply, far) = tokio::join!(within(client.request(("/q", number), "/r")), answering);
        assert_eq!(reply.unwrap().args().parse(), Ok(number));
        assert_eq!(within(client.recv()).await.unwrap(), packet("/unasked", number));
        drop(far);
        while client.state().unwrap().is_connected() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_is_told() {
    let policy = Reconnecting::builder().queue(2).max_age(Duration::from_millis(500));
    let (client, line) = Line::new(policy);
    let mut states = client.states().unwrap();
    let mut queued = Vec::new();
    for number in 0..3 {
        queued.push(client.queue(("/n", number)).await.unwrap());
    }
    let dropped = |cause| move |result| matches!(result, Err(ClientError::Send(SendError::Dropped { cause: c })) if c == cause);
    assert!(dropped(DropCause::QueueFull)(queued.remove(0).await));
    sleep(Duration::from_secs(1)).await;
    for sent in queued {
        assert!(dropped(DropCause::Stale)(sent.await));
    }
    let _far = line.accept();
    let state = until(&mut states, State::is_connected).await;
    // Counted since the connection before, of which there was none.
    assert!(matches!(state, State::Connected { dropped: 3, .. }), "{state:?}");
    assert_eq!(client.stats().drops.total(), 3);
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_waits_and_is_the_end() {
    let (mut client, line) = Line::standard();
    let sender = client.sender();
    client.send(("/last", 1)).await.unwrap();
    let mut far = line.accept();
    within(client.close()).await.unwrap();
    assert_eq!(far.next().await, packet("/last", 1));
    far.end().await;
    assert!(matches!(client.state(), Some(State::Closed)));
    assert_eq!(within(client.recv()).await, None);
    within(client.connected()).await;
    within(client.close()).await.unwrap();
    let error = sender.send(("/late", ())).await.unwrap_err();
    assert!(matches!(error, ClientError::Send(SendError::Closed)), "{error:?}");
    drop(client);
    assert!(matches!(sender.state(), Some(State::Closed)));
}

#[tokio::test(start_paused = true)]
async fn other_clients_have_no_states_and_no_queue() {
    let (client, mut far) = pipe(4096);
    assert!(client.state().is_none() && client.states().is_none());
    within(client.connected()).await;
    client.queue(("/a", 1)).await.unwrap().await.unwrap();
    client.urgent(("/b", 2)).await.unwrap().await.unwrap();
    assert_eq!(far.next().await, packet("/a", 1));
    assert_eq!(far.next().await, packet("/b", 2));
}

#[tokio::test]
async fn over_tcp_a_server_that_is_started_again_is_found() {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let start = async |address: String| {
        let builder = Server::builder().tcp(address).address_space(space.clone());
        Running::bind(builder).await
    };
    let mut server = start(LOOPBACK.into()).await;
    let address = server.tcp();
    let policy =
        Reconnecting::builder().backoff(Duration::from_millis(5), Duration::from_millis(5));
    let endpoint = format!("osc.tcp://{address}?framing=length");
    let client = Client::builder().reconnect_with(policy).connect(endpoint).await.unwrap();
    for number in 0..3 {
        within(client.connected()).await;
        assert_eq!(client.peer().ip(), Some(address));
        let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(number));
        server.stop().await;
        let mut states = client.states().unwrap();
        until(&mut states, |state| !state.is_connected()).await;
        server = start(address.to_string()).await;
    }
    assert!(client.stats().connections.opened >= 3);
    server.stop().await;
}

#[tokio::test]
async fn nobody_has_to_be_there_yet_and_a_port_is_refused() {
    let endpoint = "osc.tcp://127.0.0.1:9";
    let client = Client::builder().reconnect(true).connect(endpoint).await.unwrap();
    client.send(("/waits", ())).await.unwrap();
    let bound = Client::builder().reconnect(true).bind(LOOPBACK).connect(endpoint).await;
    let error = bound.unwrap_err();
    assert!(matches!(error, ClientError::Bind { .. }), "{error:?}");
    // Datagrams know no connections.
    let server = Running::start(AddressSpace::new()).await;
    let endpoint = format!("osc.udp://{}", server.udp());
    let udp = Client::builder().reconnect(true).connect(endpoint).await.unwrap();
    assert!(udp.state().is_none());
    server.stop().await;
}
