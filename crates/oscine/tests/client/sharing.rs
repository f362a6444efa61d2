//! One client and many tasks.

use std::time::Duration;

use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use oscine::transport::SendError;
use oscine::{AddressSpace, Bundle, ClientError, Message, RequestError, TimeTag};

use crate::common::wire::packet;
use crate::common::{FRAMINGS, Running, within};
use crate::line::pipe;

/// A server that answers `/ask/name` with `/answer/name`.
async fn server() -> Running {
    let space = AddressSpace::new();
    let answer = |message: Message| (message.address().replace("ask", "answer"), ());
    space.method("/ask/*", answer).unwrap();
    Running::start(space).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_send_and_ask_while_one_reads() {
    let server = server().await;
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    for mut client in clients {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let sender = client.sender();
                tokio::spawn(async move {
                    for number in 0..50 {
                        let name = format!("{task}-{number}");
                        let ask = format!("/ask/{name}");
                        // Now and then one that nobody waits for.
                        if number % 10 == 0 {
                            sender.send((&ask, ())).await.unwrap();
                            continue;
                        }
                        let answer = format!("/answer/{name}");
                        let reply = within(sender.request((&ask, ()), &answer)).await.unwrap();
                        assert_eq!(reply.address(), answer);
                    }
                })
            })
            .collect();
        let mut unasked = 0;
        while unasked < 8 * 5 {
            let packet = within(client.next()).await.unwrap();
            assert!(packet.to_string().ends_with("0 ,"), "{packet}");
            unasked += 1;
        }
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert!(matches!(client.try_recv(), Err(oscine::RecvError::Empty)));
        assert_eq!(client.missed(), 0);
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_of_one_task_go_on_at_the_same_time_and_nobody_has_to_read() {
    let server = server().await;
    let client = server.udp_client().await;
    let names: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let replies = names.iter().map(async |name| {
        client.request((format!("/ask/{name}"), ()), &format!("/answer/{name}")).await
    });
    for (reply, name) in within(join_all(replies)).await.into_iter().zip(&names) {
        assert_eq!(reply.unwrap().address(), format!("/answer/{name}"));
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn replies_go_to_those_who_asked_and_the_rest_to_the_stream() {
    let (mut client, mut far) = pipe(4096);
    let sender = client.sender();
    let (mut one, mut two) =
        (Box::pin(sender.request(("/q", 1), "/r")), Box::pin(sender.request(("/q", 2), "/r")));
    assert!((&mut one).now_or_never().is_none() && (&mut two).now_or_never().is_none());
    for number in 1..=2 {
        assert_eq!(far.next().await, packet("/q", number));
    }
    far.send(packet("/other", 0)).await;
    far.send(packet("/r", 1)).await;
    // The stream reads for them.
    assert_eq!(within(client.recv()).await.unwrap(), packet("/other", 0));
    assert!(client.recv().now_or_never().is_none());
    let messages = [("/r", 2), ("/x", 3)].map(|(name, number)| Message::new(name, number).unwrap());
    let bundle = Bundle::new(TimeTag::IMMEDIATE, messages).unwrap();
    far.send(bundle.clone().into()).await;
    assert_eq!(within(two).await.unwrap(), Message::new("/r", 2).unwrap());
    assert_eq!(within(one).await.unwrap(), Message::new("/r", 1).unwrap());
    // A bundle has more to say.
    assert_eq!(within(client.recv()).await.unwrap(), bundle.into());
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_too_late_goes_to_the_stream() {
    let (mut client, mut far) = pipe(4096);
    let limit = Duration::from_secs(1);
    let error = client.request_within(limit, ("/q", 1), "/r").await.unwrap_err();
    assert!(matches!(error, RequestError::Timeout { timeout } if timeout == limit), "{error:?}");
    assert_eq!(far.next().await, packet("/q", 1));
    far.send(packet("/r", 1)).await;
    assert_eq!(within(client.recv()).await.unwrap(), packet("/r", 1));

    // It has been read for a request that is then given up.
    let sender = client.sender();
    let mut request = Box::pin(sender.request(("/q", 2), "/r"));
    assert!((&mut request).now_or_never().is_none());
    far.send(packet("/r", 2)).await;
    assert!(client.recv().now_or_never().is_none());
    drop(request);
    assert_eq!(within(client.recv()).await.unwrap(), packet("/r", 2));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_leaves_others_to_read() {
    let (client, mut far) = pipe(4096);
    let sender = client.sender();
    let waiting = tokio::spawn({
        let sender = sender.clone();
        async move { sender.request(("/q", 1), "/r").await }
    });
    assert_eq!(far.next().await, packet("/q", 1));
    // Polled last, so what is read from would wake this one alone.
    let mut last = Box::pin(sender.request(("/q", 2), "/never"));
    assert!((&mut last).now_or_never().is_none());
    drop(last);
    far.send(packet("/r", 1)).await;
    assert_eq!(within(waiting).await.unwrap().unwrap(), Message::new("/r", 1).unwrap());
}

#[tokio::test(start_paused = true)]
async fn only_so_many_requests_may_wait() {
    let (client, _far) = pipe(1 << 20);
    let asked: Vec<_> = (0..256)
        .map(|_| {
            let mut request = Box::pin(client.request(("/q", ()), "/r"));
            assert!((&mut request).now_or_never().is_none());
            request
        })
        .collect();
    let error = client.request(("/q", ()), "/r").await.unwrap_err();
    assert!(matches!(error, RequestError::TooMany { limit: 256 }), "{error:?}");
    drop(asked);
    assert!(client.request(("/q", ()), "/r").now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn dropping_a_client_closes_it_whoever_holds_a_sender() {
    let (client, mut far) = pipe(256);
    let sender = client.sender();
    // One that waits for a peer that takes nothing, one that waits for a reply.
    let stuck = tokio::spawn({
        let sender = sender.clone();
        async move { sender.send(("/stuck", vec![0_u8; 60_000])).await }
    });
    let asking = tokio::spawn({
        let sender = sender.clone();
        async move { sender.request(("/q", 1), "/r").await }
    });
    tokio::task::yield_now().await;
    drop(client);
    let error = within(stuck).await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Send(SendError::Closed)), "{error:?}");
    let error = within(asking).await.unwrap().unwrap_err();
    assert!(matches!(error, RequestError::Send(_) | RequestError::Closed), "{error:?}");
    let error = sender.send(("/late", ())).await.unwrap_err();
    assert!(matches!(error, ClientError::Send(SendError::Closed)), "{error:?}");
    let error = sender.request(("/late", ()), "/r").await.unwrap_err();
    assert!(matches!(error, RequestError::Send(ClientError::Send(SendError::Closed))), "{error:?}");
    assert!(sender.states().is_none());
    far.end_broken().await;
}

#[tokio::test]
async fn a_port_is_free_when_the_client_is_dropped() {
    let server = server().await;
    let client = server.udp_client().await;
    let (sender, port) = (client.sender(), client.local_addr().unwrap());
    std::net::UdpSocket::bind(port).unwrap_err();
    drop(client);
    std::net::UdpSocket::bind(port).unwrap();
    assert!(sender.send(("/late", ())).await.is_err());
    server.stop().await;
}

#[test]
fn clients_go_from_task_to_task() {
    fn both<T: Send + Sync>() {}
    both::<oscine::Client>();
    both::<oscine::ClientSender>();
    both::<oscine::ClientBuilder>();
    both::<oscine::LatestSender>();
    both::<oscine::blocking::Client>();
    both::<oscine::blocking::Sender>();
}
