//! Clients that keep a connection alive, over pipes and in simulated time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{io, sync::Arc, time::Duration};

use futures::{FutureExt, SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    PacketCodec, SendError,
    connection::{Any, Builder},
    framing::{FramingKind, Slip},
    reconnect::{LostReason, Reconnect, Reconnecting, Sent, State, WhileDown},
    stats::DropCause,
    tcp::Listener,
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncWriteExt, DuplexStream, duplex},
    net::TcpStream,
    sync::{Mutex, mpsc},
    task::yield_now,
    time::{Instant, advance, timeout},
};
use tokio_util::codec::Framed;

type Far = Framed<DuplexStream, PacketCodec<Slip>>;

/// The peer's side: decides how each attempt to connect ends. Until it does, the attempt goes on.
struct Line {
    outcomes: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    /// Held by the closure of the client, and so by its task.
    alive: std::sync::Weak<()>,
}

impl Line {
    fn new(builder: Builder<Any, Reconnect>) -> (Self, Reconnecting) {
        let (outcomes, next) = mpsc::unbounded_channel();
        let (next, alive) = (Arc::new(Mutex::new(next)), Arc::new(()));
        let line = Self { outcomes, alive: Arc::downgrade(&alive) };
        let client = builder.connect_with(move || {
            let (next, _alive) = (Arc::clone(&next), &alive);
            async move { next.lock().await.recv().await.unwrap() }
        });
        (line, client)
    }

    fn refuse(&self) {
        self.outcomes.send(Err(io::ErrorKind::ConnectionRefused.into())).unwrap();
    }

    /// Accepts the next attempt; the pipe holds this many bytes.
    fn accept(&self, bytes: usize) -> Far {
        let (near, far) = duplex(bytes);
        self.outcomes.send(Ok(near)).unwrap();
        Framed::new(far, PacketCodec::default())
    }
}

fn packet(number: i32) -> Packet {
    Message::new("/n", (number,)).unwrap().into()
}

async fn number(far: &mut Far) -> i32 {
    let packet = far.next().await.unwrap().unwrap().unwrap();
    let Packet::Message(message) = packet else { panic!("messages were sent") };
    message.args().parse::<(i32,)>().unwrap().0
}

/// Lets the client do what it can without time passing.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

fn cause(sent: &mut Sent) -> Option<DropCause> {
    match sent.now_or_never()? {
        Err(SendError::Dropped { cause }) => Some(cause),
        other => panic!("{other:?}"),
    }
}

fn builder() -> Builder<Any, Reconnect> {
    Reconnecting::builder()
}

#[tokio::test(start_paused = true)]
async fn states_follow_each_other_and_waits_grow() {
    let (line, client) = Line::new(builder());
    let mut states = client.states();
    let mut waits = Vec::new();
    for expected in 1..=9 {
        let state = states.next().await.unwrap();
        assert!(
            matches!(state, State::Connecting { attempt, .. } if attempt == expected),
            "{state:?}"
        );
        let before = Instant::now();
        line.refuse();
        let State::Lost { reason, retry_in, dropped: 0, .. } = states.next().await.unwrap() else {
            panic!("no connection was made")
        };
        assert!(matches!(reason, LostReason::Connect(_)), "{reason}");
        assert_eq!(before.elapsed(), Duration::ZERO);
        waits.push(retry_in);
    }
    for (count, wait) in (0_u32..).zip(waits) {
        let longest = Duration::from_millis((100 << count).min(10_000));
        assert!(longest / 2 <= wait && wait <= longest, "{count}: {wait:?}");
    }
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connecting { attempt: 10, .. }), "{state:?}");
    let far = line.accept(1024);
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connected { dropped: 0, .. }), "{state:?}");
    drop(far);
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { reason: LostReason::Closed, .. }), "{state:?}");
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Connecting { attempt: 1, .. }), "{state:?}");
    assert_eq!(client.stats().connections.failed, 9);
    assert_eq!(client.stats().connections.opened, 1);
    assert_eq!(client.stats().connections.broken, 0);
    assert_eq!(client.stats().connections.open, 0);
    drop(client);
    assert!(matches!(states.next().await, Some(State::Closed)));
    assert!(states.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_is_given_up() {
    let (_line, client) = Line::new(builder().connect_timeout(Duration::from_secs(3)));
    let mut states = client.states();
    let before = Instant::now();
    assert!(matches!(states.next().await, Some(State::Connecting { attempt: 1, .. })));
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { reason: LostReason::NoAnswer(_), .. }), "{state:?}");
    assert_eq!(before.elapsed(), Duration::from_secs(3));
}

/// Connects, lets `then` decide what becomes of the connection, and gives the wait after it.
async fn wait_after(line: &Line, client: &Reconnecting, then: impl AsyncFnOnce(Far)) -> Duration {
    let far = line.accept(1024);
    client.connected().await;
    then(far).await;
    let mut states = client.states();
    loop {
        if let State::Lost { retry_in, .. } = states.next().await.unwrap() {
            return retry_in;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_at_once_is_not_called_every_tenth_of_a_second() {
    let first = Duration::from_millis(100);
    let (line, client) = Line::new(builder());
    for doublings in 0..5 {
        let wait = wait_after(&line, &client, async |far| drop(far)).await;
        assert!(wait >= first * (1 << doublings) / 2, "{wait:?}");
    }
    let heard = async |mut far: Far| far.send(packet(1)).await.unwrap();
    let wait = wait_after(&line, &client, heard).await;
    assert!(wait <= first, "a packet came: {wait:?}");
    for _ in 0..3 {
        wait_after(&line, &client, async |far| drop(far)).await;
    }
    let lived = async |_far: Far| tokio::time::sleep(Duration::from_secs(10)).await;
    let wait = wait_after(&line, &client, lived).await;
    assert!(wait <= first, "it lived for long: {wait:?}");
}

#[tokio::test(start_paused = true)]
async fn while_down_the_oldest_is_dropped_and_told() {
    let (line, client) = Line::new(builder().queue(3));
    let mut sent = Vec::new();
    for count in 1..=5 {
        sent.push(client.send(packet(count)).await.unwrap());
    }
    assert_eq!(cause(&mut sent[0]), Some(DropCause::QueueFull));
    assert_eq!(cause(&mut sent[1]), Some(DropCause::QueueFull));
    line.refuse();
    let mut states = client.states();
    settle().await;
    let state = states.next().await.unwrap();
    assert!(matches!(state, State::Lost { dropped: 2, .. }), "{state:?}");
    let mut far = line.accept(1024);
    for count in 3..=5 {
        assert_eq!(number(&mut far).await, count);
    }
    let state = client.state();
    assert!(matches!(state, State::Connected { dropped: 2, .. }), "{state:?}");
    for sent in sent.drain(2..) {
        assert!(sent.await.is_ok());
    }
    let stats = client.stats();
    assert_eq!((stats.sent, stats.drops.get("queue-full"), stats.drops.total()), (3, 2, 2));
    drop(far);
    settle().await;
    let state = client.state();
    assert!(matches!(state, State::Lost { dropped: 0, .. }), "counted anew: {state:?}");
}

#[tokio::test(start_paused = true)]
async fn other_policies_refuse() {
    let (line, client) = Line::new(builder().queue(2).while_down(WhileDown::DropNewest));
    for count in 1..=2 {
        client.try_send(packet(count)).unwrap();
    }
    assert!(matches!(client.send(packet(3)).await, Err(SendError::Full)));
    let mut far = line.accept(1024);
    assert_eq!([number(&mut far).await, number(&mut far).await], [1, 2]);
    assert_eq!(client.stats().drops.get("queue-full"), 1);

    let (line, client) = Line::new(builder().while_down(WhileDown::Refuse));
    assert!(matches!(client.send(packet(1)).await, Err(SendError::Offline)));
    let far = line.accept(8);
    client.connected().await;
    // The first is being written, the others wait, and then the connection breaks.
    let mut first = client.try_send(packet(2)).unwrap();
    settle().await;
    let mut second = client.try_send(packet(3)).unwrap();
    drop(far);
    settle().await;
    assert_eq!(cause(&mut first), Some(DropCause::Lost));
    assert_eq!(cause(&mut second), Some(DropCause::Offline));
    assert_eq!(client.stats().drops.get("offline"), 2);
    assert_eq!(client.stats().drops.get("lost"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_on_the_way_is_lost_and_not_sent_again() {
    let (line, client) = Line::new(builder());
    let mut far = line.accept(40);
    client.connected().await;
    let first = client.send(packet(1)).await.unwrap();
    assert_eq!(number(&mut far).await, 1);
    assert!(first.await.is_ok());
    let mut sent = Vec::new();
    for count in 2..=9 {
        sent.push(client.send(packet(count)).await.unwrap());
    }
    settle().await;
    let mut after = client.send(packet(10)).await.unwrap();
    // One of them has even arrived.
    assert_eq!(number(&mut far).await, 2);
    drop(far);
    settle().await;
    for sent in &mut sent {
        assert_eq!(cause(sent), Some(DropCause::Lost));
    }
    let state = client.state();
    assert!(matches!(state, State::Lost { dropped: 8, .. }), "{state:?}");
    assert_eq!(cause(&mut after), None);
    let mut far = line.accept(1024);
    assert_eq!(number(&mut far).await, 10);
    let stats = client.stats();
    assert_eq!((stats.sent, stats.drops.get("lost"), stats.drops.total()), (10, 8, 8));
}

#[tokio::test(start_paused = true)]
async fn a_late_cue_is_dropped_when_it_is_late() {
    let (line, client) = Line::new(builder());
    let mut early = client.send(packet(1)).await.unwrap();
    advance(Duration::from_secs(3)).await;
    let mut late = client.send(packet(2)).await.unwrap();
    advance(Duration::from_millis(1_999)).await;
    settle().await;
    assert_eq!(cause(&mut early), None);
    advance(Duration::from_millis(1)).await;
    settle().await;
    assert_eq!(cause(&mut early), Some(DropCause::Stale));
    let mut far = line.accept(1024);
    assert_eq!(number(&mut far).await, 2);
    settle().await;
    assert!(matches!((&mut late).now_or_never(), Some(Ok(()))));
    assert_eq!(client.stats().drops.get("stale"), 1);

    let (line, client) = Line::new(builder().max_age(None).connect_timeout(Duration::MAX));
    client.send(packet(3)).await.unwrap();
    advance(Duration::from_secs(100_000)).await;
    assert_eq!(number(&mut line.accept(1024)).await, 3);
}

#[tokio::test(start_paused = true)]
async fn urgent_packets_go_first_and_cut_into_none() {
    let (line, client) = Line::new(builder().queue(4));
    let mut far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    for count in 2..=5 {
        client.try_send(packet(count)).unwrap();
    }
    assert!(matches!(client.try_send(packet(6)), Err(SendError::Full)));
    client.urgent(packet(8)).unwrap();
    client.urgent(packet(9)).unwrap();
    for expected in [1, 8, 9, 2, 3, 4, 5] {
        assert_eq!(number(&mut far).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_connection_sending_waits_for_room() {
    let (line, client) = Line::new(builder().queue(2).max_age(None));
    let mut far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    client.send(packet(2)).await.unwrap();
    client.send(packet(3)).await.unwrap();
    let mut sink = client.sender();
    let later = timeout(Duration::from_secs(9), client.send(packet(4))).await;
    assert!(later.is_err(), "there was room");
    let later = timeout(Duration::from_secs(9), sink.feed(packet(4))).await;
    assert!(later.is_err(), "there was room");
    let (fourth, fifth) = tokio::join!(client.send(packet(4)), async {
        for expected in 1..=3 {
            assert_eq!(number(&mut far).await, expected);
        }
        sink.send(packet(5)).await
    });
    assert!(fourth.is_ok() && fifth.is_ok());
    let mut rest = [number(&mut far).await, number(&mut far).await];
    rest.sort_unstable();
    assert_eq!(rest, [4, 5]);
    assert_eq!(client.stats().drops.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_room_hears_that_the_connection_is_gone() {
    let (line, client) = Line::new(builder().queue(1).max_age(None));
    let far = line.accept(8);
    client.connected().await;
    client.send(packet(1)).await.unwrap();
    settle().await;
    let mut second = client.send(packet(2)).await.unwrap();
    let (third, ()) = tokio::join!(client.send(packet(3)), async {
        settle().await;
        drop(far);
    });
    assert_eq!(cause(&mut second), Some(DropCause::QueueFull), "the policy decides again");
    assert_eq!(number(&mut line.accept(1024)).await, 3);
    assert!(third.unwrap().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_stream_goes_on_across_connections() {
    let (line, mut client) = Line::new(builder());
    for count in 1..=3 {
        let mut far = line.accept(1024);
        far.send(packet(count)).await.unwrap();
        far.get_mut().write_all(b"\xc0nonsense\xc0").await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), packet(count));
        assert!(client.next().await.unwrap().is_err());
    }
    assert!(client.next().now_or_never().is_none(), "it goes on");
    client.close().await;
    assert!(client.next().await.is_none());
    assert_eq!((client.stats().received, client.stats().bad.total()), (6, 3));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_slows_the_peer_down_unless_it_only_sends() {
    for send_only in [false, true] {
        let options = if send_only { builder().send_only() } else { builder().inbox(2) };
        let (line, client) = Line::new(options);
        let mut far = line.accept(64);
        let flood = async {
            for count in 0..100 {
                far.send(packet(count)).await.unwrap();
            }
        };
        let through = timeout(Duration::from_secs(100), flood).await.is_ok();
        assert_eq!(through, send_only);
        // Sending goes on in any case.
        client.send(packet(1)).await.unwrap().await.unwrap();
        assert_eq!(client.stats().received == 100, send_only);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up() {
    let (line, client) = Line::new(builder().write_timeout(Duration::from_secs(7)));
    let _far = line.accept(8);
    client.connected().await;
    let before = Instant::now();
    let mut sent = client.send(packet(1)).await.unwrap();
    let mut states = client.states();
    let reason = loop {
        if let State::Lost { reason, dropped: 1, .. } = states.next().await.unwrap() {
            break reason;
        }
    };
    assert_eq!(before.elapsed(), Duration::from_secs(7));
    assert!(
        matches!(&reason, LostReason::Write(error) if matches!(**error, SendError::Stalled { .. }))
    );
    assert_eq!(cause(&mut sent), Some(DropCause::Lost));
    assert_eq!(client.stats().connections.broken, 1);
}

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

#[tokio::test(start_paused = true)]
async fn a_packet_that_cannot_be_sent_harms_no_other() {
    let refuse = oscine_transport::hook::outbound(|bytes, _| {
        let odd = bytes.last().is_some_and(|last| last % 2 == 1);
        if odd {
            oscine_transport::hook::Verdict::Refuse("odd".into())
        } else {
            oscine_transport::hook::Verdict::Pass
        }
    });
    let (line, client) = Line::new(builder().hook(refuse).max_frame(64));
    let mut far = line.accept(1024);
    let mut outcomes = Vec::new();
    for count in 1..=4 {
        outcomes.push(client.send(packet(count)).await.unwrap());
    }
    let long = Message::new("/long", (oscine_codec::Blob(vec![0; 64]),)).unwrap();
    assert!(matches!(client.send(long).await, Err(SendError::TooLong(_))));
    assert_eq!([number(&mut far).await, number(&mut far).await], [2, 4]);
    for (count, outcome) in (1..).zip(outcomes) {
        let outcome = outcome.await;
        assert_eq!(matches!(outcome, Err(SendError::Refused { .. })), count % 2 == 1);
    }
    assert_eq!(client.stats().drops.get("refused-out"), 2);
}

/// One thing that happens to a client.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    Urgent,
    Accept,
    Refuse,
    HangUp,
    Read,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Send),
        2 => Just(Step::Urgent),
        2 => Just(Step::Accept),
        1 => Just(Step::Refuse),
        1 => Just(Step::HangUp),
        2 => Just(Step::Read),
        2 => (1_u64..3_000).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn every_packet_is_written_or_dropped_and_told(steps in steps(), close in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(&steps, close));
    }
}

/// Runs the steps, and compares what was told about each packet with what was counted.
async fn run(steps: &[Step], close: bool) {
    let (line, client) = Line::new(builder().queue(3));
    let (mut outcomes, mut far) = (Vec::new(), None);
    let mut arrived = 0;
    for (count, step) in (0..).zip(steps) {
        match step {
            Step::Send => outcomes.extend(client.try_send(packet(count))),
            Step::Urgent => outcomes.extend(client.urgent(packet(count))),
            Step::Accept if far.is_none() => far = Some(line.accept(30)),
            Step::Refuse if far.is_none() => line.refuse(),
            Step::HangUp => far = None,
            Step::Read => {
                if let Some(far) = &mut far {
                    while let Some(Some(item)) = far.next().now_or_never() {
                        item.unwrap().unwrap();
                        arrived += 1;
                    }
                }
            }
            Step::Wait(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Step::Accept | Step::Refuse => {}
        }
        settle().await;
    }
    let (accepted, counters) = (outcomes.len() as u64, Arc::clone(client.counters()));
    if close {
        client.close().await;
    }
    drop((client, far));
    let (mut written, mut lost, mut closed) = (0, 0, 0);
    let mut others = [0; 2];
    for outcome in outcomes {
        match outcome.await {
            Ok(()) => written += 1,
            Err(SendError::Dropped { cause: DropCause::Lost }) => lost += 1,
            Err(SendError::Dropped { cause: DropCause::QueueFull }) => others[0] += 1,
            Err(SendError::Dropped { cause: DropCause::Stale }) => others[1] += 1,
            Err(SendError::Closed) => closed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    let stats = counters.read();
    let drops = |name| stats.drops.get(name);
    assert_eq!(written, stats.sent - drops("lost"));
    assert_eq!((others[0], others[1]), (drops("queue-full"), drops("stale")));
    assert_eq!((lost, closed), (drops("lost"), drops("offline")), "{stats:?}");
    assert_eq!(accepted, written + stats.drops.total());
    assert!(arrived <= written + lost, "nothing arrives twice");
}

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
