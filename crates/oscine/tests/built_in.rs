//! What a server answers about itself, and what a client makes of its time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::{Duration, Instant};

use common::wire::packet;
use common::{FRAMINGS, LOOPBACK, Running, within};
use oscine::{
    AddressSpace, Bind, BindError, Bundle, Client, Clock, Message, Packet, RequestError, Server,
    TimeOffset, TimeTag,
};
use tokio::net::UdpSocket;

fn space(addresses: &[&str]) -> AddressSpace {
    let space = AddressSpace::new();
    for address in addresses {
        space.method(*address, || {}).unwrap();
    }
    space
}

async fn ask(client: &Client, question: &str, args: impl oscine::ToArgs) -> String {
    let answer = format!("/oscine/{question}/answer");
    let asked = client.request((format!("/oscine/{question}"), args), &answer);
    within(asked).await.unwrap().to_string()
}

#[tokio::test]
async fn questions_are_answered() {
    let other = Bind::new(LOOPBACK).address_space(space(&["/light/1", "/light/2", "/x"]));
    let builder = Server::builder().udp(LOOPBACK).tcp(other).address_space(space(&["/a", "/b/*"]));
    let server = Running::bind(builder.built_in("/oscine")).await;
    let (udp, tcp) = (server.udp_client().await, server.tcp_client(FRAMINGS[0]).await);

    let version = format!(r#"/oscine/version/answer ,ss "oscine" "{}""#, env!("CARGO_PKG_VERSION"));
    assert_eq!(ask(&udp, "version", ()).await, version);
    assert_eq!(ask(&tcp, "version", 9).await, version, "a connection has one way back");
    let all = ask(&udp, "routes", ()).await;
    assert_eq!(all, r#"/oscine/routes/answer ,ssi "/a" "/b/*" 0"#);
    let lights = ask(&tcp, "routes", "/light").await;
    assert_eq!(lights, r#"/oscine/routes/answer ,ssi "/light/1" "/light/2" 0"#);
    let stats = ask(&udp, "stats", ()).await;
    assert!(stats.contains(r#""received" 5 "#) && stats.contains(r#""unmatched" 0 "#), "{stats}");
    let question = "/oscine/clock";
    for (question, begin) in [
        (packet(question, 7), "/oscine/clock/answer ,it 7 "),
        (packet(question, 70_000_000_000_i64), "/oscine/clock/answer ,ht 70000000000 "),
    ] {
        let answer = within(udp.request(question, "/oscine/clock/answer")).await.unwrap();
        assert!(answer.to_string().starts_with(begin), "{answer}");
    }
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.calls, stats.unmatched, stats.misfits), (7, 7, 0, 0));
    assert_eq!((stats.sent, stats.unanswered), (7, 0));
}

#[tokio::test]
async fn answers_go_to_the_port_that_was_named() {
    let server = Running::bind(Server::builder().udp(LOOPBACK).built_in("/")).await;
    let client = server.udp_client().await;
    let elsewhere = UdpSocket::bind(LOOPBACK).await.unwrap();
    let port = i32::from(elsewhere.local_addr().unwrap().port());
    let now = TimeTag::from_unix(1_700_000_000, 0);
    for question in [
        packet("/version", port),
        packet("/routes", (port, "/")),
        packet("/stats", i64::from(port)),
        packet("/clock", (port, now)),
    ] {
        client.send(question).await.unwrap();
        let mut bytes = [0; 2048];
        let (length, from) = within(elsewhere.recv_from(&mut bytes)).await.unwrap();
        assert_eq!(from, server.udp());
        let answer = Packet::decode(bytes[..length].to_vec()).unwrap();
        let Packet::Message(answer) = answer else { panic!("{answer}") };
        assert!(answer.address().ends_with("/answer"), "{answer}");
    }
    // None of these is a question.
    for wrong in [
        packet("/version", 0),
        packet("/version", 65_536),
        packet("/version", -1_i64),
        packet("/version", "text"),
        packet("/routes", (port, 3)),
        packet("/clock", ()),
        packet("/clock", "text"),
        packet("/clock", (0, 5)),
        packet("/clock", (port, 5, 6)),
    ] {
        let dispatched = server.handle.dispatch(wrong.clone()).await.unwrap();
        assert_eq!((dispatched.calls, dispatched.unmatched), (0, 1), "{wrong}");
    }
    // It is one, and its argument is none.
    let dispatched = server.handle.dispatch(packet("/routes", "no address")).await.unwrap();
    assert_eq!((dispatched.calls, dispatched.errors), (1, 1));
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_built_in_by_itself() {
    let server = Running::bind(Server::builder().udp(LOOPBACK)).await;
    let dispatched = server.handle.dispatch(("/oscine/version", ())).await.unwrap();
    assert_eq!((dispatched.calls, dispatched.unmatched), (0, 1));
    server.stop().await;
    let refused = Server::builder().udp(LOOPBACK).built_in("no/slash").bind().await;
    assert!(matches!(refused, Err(BindError::Prefix { prefix, .. }) if prefix == "no/slash"));
}

#[tokio::test]
async fn there_are_no_more_answers_than_may_be() {
    const QUESTIONS: u64 = 400;
    let server = Running::bind(Server::builder().udp(LOOPBACK).built_in("/oscine")).await;
    let asking = UdpSocket::bind(LOOPBACK).await.unwrap();
    let begin = Instant::now();
    let questions = (0..QUESTIONS).map(|_| packet("/oscine/version", ()));
    let bundle = Bundle::new(TimeTag::IMMEDIATE, questions).unwrap();
    asking.send_to(bundle.as_bytes(), server.udp()).await.unwrap();
    while server.handle.stats().calls < QUESTIONS {
        tokio::task::yield_now().await;
    }
    let (stats, passed) = (server.stop().await, begin.elapsed());
    let at_most = 20.0 + passed.as_secs_f64() * 10.0;
    assert_eq!(stats.sent + stats.unanswered, QUESTIONS);
    assert!(stats.sent >= 20 && stats.sent as f64 <= at_most, "{} in {passed:?}", stats.sent);
}

#[tokio::test]
async fn the_offset_of_a_server_is_found() {
    let second = Duration::from_secs(1);
    for offset in [TimeOffset::ahead(2 * second), TimeOffset::behind(3600 * second)] {
        let clock = Clock::system().with_offset(offset);
        let builder = Server::builder().udp(LOOPBACK).built_in("/oscine").clock(clock);
        let server = Running::bind(builder).await;
        let client = server.udp_client().await;
        let estimate = within(client.estimate_offset("/oscine/clock", 4)).await.unwrap();
        let off = (estimate.offset - offset).abs();
        // The server looks whether the wall clock has stepped, and passes over a tenth of this.
        let exact = estimate.error() + Duration::from_millis(1);
        assert!(off <= exact, "{off:?} off, by {estimate:?}");
        assert!(estimate.delay < 10 * second, "{estimate:?}");
        assert_eq!(server.stop().await.calls, 4);
    }
}

#[tokio::test]
async fn answers_to_somebody_else_are_not_taken_for_ours() {
    let space = AddressSpace::new();
    // Each question is answered four times: with nonsense, about another moment, and twice well.
    space
        .method("/clock", |asked: TimeTag| {
            let answer = |args: (TimeTag, TimeTag)| Message::new("/clock/answer", args);
            let right = asked + Duration::from_secs(5);
            let wrong = answer((right, asked + Duration::from_secs(99)));
            vec![
                Message::new("/clock/answer", "what?"),
                wrong,
                answer((asked, right)),
                answer((asked, right)),
            ]
        })
        .unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let estimate = within(client.estimate_offset("/clock", 3)).await.unwrap();
    let off = (estimate.offset + TimeOffset::ahead(Duration::from_secs(5))).abs();
    assert!(off <= estimate.error() + Duration::from_micros(1), "{estimate:?}");
    server.stop().await;
}

#[tokio::test]
async fn what_says_nothing_about_time_is_an_error() {
    let space = AddressSpace::new();
    space.method("/bad", |asked: TimeTag| ("/bad/answer", (asked, TimeTag::IMMEDIATE))).unwrap();
    space.method("/never", |_: TimeTag| ()).unwrap();
    let server = Running::start(space).await;
    let limit = Duration::from_millis(200);
    let endpoint = server.handle.endpoints()[0].clone();
    let client = Client::builder().timeout(limit).connect(endpoint).await.unwrap();
    let asked = client.estimate_offset("/bad", 2).await;
    assert!(matches!(asked, Err(RequestError::Sample(oscine::BadSample::NoTime))), "{asked:?}");
    let asked = client.estimate_offset("/never", 0).await;
    assert!(
        matches!(asked, Err(RequestError::Timeout { timeout }) if timeout == limit),
        "{asked:?}"
    );
    let asked = client.estimate_offset("never", 1).await;
    assert!(
        matches!(asked, Err(RequestError::Send(_) | RequestError::Pattern { .. })),
        "{asked:?}"
    );
    server.stop().await;
}
