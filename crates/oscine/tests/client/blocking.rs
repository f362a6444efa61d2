//! The client without async.

use std::thread;
use std::time::Duration;

use oscine::blocking::{self, BlockingError};
use oscine::transport::reconnect::Reconnecting;
use oscine::{Client, ClientError, Message, Packet, RecvError, RequestError};

use crate::common::wire::packet;
use crate::elsewhere::Elsewhere;

const LONG: Duration = Duration::from_secs(60);

/// A client of each kind.
fn clients(elsewhere: &Elsewhere) -> Vec<blocking::Client> {
    let length = format!("{}?framing=length", elsewhere.tcp_endpoint());
    vec![
        blocking::Client::udp(elsewhere.udp()).unwrap(),
        blocking::Client::tcp(elsewhere.tcp()).unwrap(),
        blocking::Client::connect(length).unwrap(),
    ]
}

#[test]
fn it_sends_asks_and_receives() {
    let mut elsewhere = Elsewhere::start();
    for mut client in clients(&elsewhere) {
        client.send(("/a", 1)).unwrap();
        client.send_within(LONG, ("/b", 2)).unwrap();
        client.send_bundle(Duration::ZERO, [Message::new("/c", 3).unwrap()]).unwrap();
        client.send_all(&[packet("/d", 4), packet("/e", 5)]).unwrap();
        let expected = ["/a ,i 1", "/b ,i 2", "/c ,i 3", "/d ,i 4", "/e ,i 5"];
        assert_eq!(elsewhere.noted(5), expected);

        let reply = client.request(("/ask", 6), "/answer").unwrap();
        assert_eq!(reply.args().parse(), Ok(6));
        let reply = client.request_within(LONG, ("/ask", 7), "/ans*").unwrap();
        assert_eq!(reply.args().parse(), Ok(7));

        client.send(("/count", 3)).unwrap();
        assert_eq!(client.recv_timeout(LONG).unwrap(), packet("/n", 0));
        assert_eq!(client.recv().unwrap(), packet("/n", 1));
        let third = loop {
            match client.try_recv() {
                Err(RecvError::Empty) => thread::yield_now(),
                received => break received.unwrap(),
            }
        };
        assert_eq!(third, packet("/n", 2));
        client.send(("/count", 5)).unwrap();
        let packets: Vec<Packet> = client.packets().take(3).collect();
        assert_eq!(packets, [packet("/n", 0), packet("/n", 1), packet("/n", 2)]);
        assert_eq!(client.packets_timeout(Duration::from_millis(200)).count(), 2);
        assert_eq!(client.stats().received, 10);
        assert!(client.peer().ip().is_some());
    }
}

#[test]
fn time_outs_are_errors_and_lose_nothing() {
    let elsewhere = Elsewhere::start();
    let short = Duration::from_millis(20);
    for mut client in clients(&elsewhere) {
        assert!(matches!(client.try_recv(), Err(RecvError::Empty)));
        let error = client.recv_timeout(short).unwrap_err();
        assert!(matches!(error, RecvError::Timeout { timeout } if timeout == short), "{error:?}");
        let error = client.request_within(short, ("/ask", 1), "/nothing").unwrap_err();
        assert!(matches!(error, RequestError::Timeout { .. }), "{error:?}");
        assert_eq!(client.recv_timeout(LONG).unwrap(), packet("/answer", 1));
        let error = client.request(("/ask", 1), "no pattern").unwrap_err();
        assert!(matches!(error, RequestError::Pattern { .. }), "{error:?}");
    }
}

#[test]
fn a_peer_that_takes_nothing_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = blocking::Client::tcp(listener.local_addr().unwrap()).unwrap();
    let (_peer, _) = listener.accept().unwrap();
    let short = Duration::from_millis(100);
    let blob = vec![0_u8; 1 << 19];
    let error = (0..100).find_map(|_| client.send_within(short, ("/b", &blob[..])).err()).unwrap();
    assert!(matches!(error, ClientError::Timeout { timeout } if timeout == short), "{error:?}");
}

#[test]
fn threads_share_it() {
    let elsewhere = Elsewhere::start();
    for client in clients(&elsewhere) {
        thread::scope(|scope| {
            for number in 0..4 {
                let sender = client.sender();
                scope.spawn(move || {
                    for _ in 0..25 {
                        let reply = sender.request(("/ask", number), "/answer").unwrap();
                        assert_eq!(reply.address(), "/answer");
                    }
                });
            }
        });
    }
}

#[test]
fn what_is_kept_up_goes_on_between_calls() {
    let mut elsewhere = Elsewhere::start();
    for mut client in clients(&elsewhere) {
        client.on_connect(("/hello", ())).unwrap();
        assert_eq!(elsewhere.noted(1), ["/hello ,"]);
        let kept = client.keep_alive(("/xremote", ()), Duration::from_millis(2)).unwrap();
        assert_eq!(elsewhere.noted(5), vec!["/xremote ,"; 5]);
        kept.stop();
        client.send(("/end", ())).unwrap();
        while elsewhere.noted(1) != ["/end ,"] {}
        let faders = client.latest_wins(Duration::from_millis(5));
        faders.send("/fader", 1).unwrap();
        faders.send("/fader", 2).unwrap();
        while elsewhere.noted(1) != ["/fader ,i 2"] {}
    }
}

#[test]
fn it_reconnects_between_calls() {
    let mut elsewhere = Elsewhere::start();
    let policy =
        Reconnecting::builder().backoff(Duration::from_millis(5), Duration::from_millis(5));
    let builder = Client::builder().reconnect_with(policy);
    let tcp = elsewhere.tcp_endpoint();
    let mut client = blocking::Client::with(builder, tcp).unwrap();
    assert!(client.connected(LONG).unwrap());
    client.send(("/a", 1)).unwrap();
    assert_eq!(elsewhere.noted(1), ["/a ,i 1"]);
    client.close().unwrap();
    assert!(!client.connected(LONG).unwrap());
    assert!(matches!(client.recv(), Err(RecvError::Closed)));
}

#[test]
fn the_end_of_a_connection_is_told() {
    let elsewhere = Elsewhere::start();
    let mut client = blocking::Client::tcp(elsewhere.tcp()).unwrap();
    client.send(("/count", 2)).unwrap();
    client.close().unwrap();
    assert_eq!(client.packets().count(), 2);
    assert!(matches!(client.recv(), Err(RecvError::Closed)));
    assert!(matches!(client.recv_timeout(LONG), Err(RecvError::Closed)));
}

#[test]
fn dropping_it_closes_it() {
    let elsewhere = Elsewhere::start();
    for client in clients(&elsewhere) {
        let (sender, local) = (client.sender(), client.local_addr().unwrap());
        drop(client);
        assert!(matches!(sender.send(("/late", ())), Err(ClientError::Send(_))));
        if local.ip().is_unspecified() {
            std::net::UdpSocket::bind(local).unwrap();
        }
    }
}

#[test]
fn nothing_listening_and_nonsense_are_errors() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let error = blocking::Client::tcp(closed).unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }), "{error:?}");
    let error = blocking::Client::connect("nonsense").unwrap_err();
    assert!(matches!(error, ClientError::Endpoint { .. }), "{error:?}");
}

#[test]
fn inside_of_a_runtime_all_calls_are_refused_and_none_panics() {
    let elsewhere = Elsewhere::start();
    let mut client = blocking::Client::udp(elsewhere.udp()).unwrap();
    let refused = |error: ClientError| {
        assert!(matches!(error, ClientError::Blocking(BlockingError::InsideRuntime)), "{error:?}");
    };
    let check = |client: &mut blocking::Client| {
        refused(blocking::Client::udp(elsewhere.udp()).unwrap_err());
        refused(client.send(("/a", 1)).unwrap_err());
        refused(client.send_within(LONG, ("/a", 1)).unwrap_err());
        refused(client.send_all(&[]).unwrap_err());
        refused(client.close().unwrap_err());
        let Err(RequestError::Send(error)) = client.request(("/ask", 1), "/answer") else {
            panic!("not refused")
        };
        refused(error);
        assert!(matches!(client.recv(), Err(RecvError::Blocking(_))));
        assert!(matches!(client.recv_timeout(LONG), Err(RecvError::Blocking(_))));
        assert!(matches!(client.try_recv(), Err(RecvError::Blocking(_))));
        assert!(matches!(client.connected(LONG), Err(BlockingError::InsideRuntime)));
        assert_eq!(client.packets().next(), None);
        // What does not wait may be called, and does not panic.
        client.keep_alive(("/xremote", ()), LONG).unwrap();
        assert!(client.state().is_none());
    };
    elsewhere.runtime.block_on(async { check(&mut client) });
    let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
    current.block_on(async { check(&mut client) });
    thread::scope(|scope| {
        scope.spawn(|| {
            let _entered = elsewhere.runtime.enter();
            check(&mut client);
        });
    });
    // Outside it goes on, and inside it may be dropped.
    assert_eq!(client.request(("/ask", 1), "/answer").unwrap().args().parse(), Ok(1));
    elsewhere.runtime.block_on(async { drop(client) });
}
