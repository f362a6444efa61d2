//! Named endpoints: names, groups, look-ups, and every kind of socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::StreamExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{
    Endpoint, SendError, Udp,
    endpoints::{ALL, Endpoints, NameError, Outcome, Target, TargetError},
    tcp::Listener,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, advance},
};

fn packet(number: i32) -> Packet {
    Message::new("/n", (number,)).unwrap().into()
}

async fn receiver() -> (Udp, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let addr = udp.local_addr().unwrap();
    (udp, addr)
}

async fn received(udp: &mut Udp) -> Packet {
    udp.next().await.unwrap().packet.unwrap()
}

/// Who got it, and whether.
fn told(outcomes: &[Outcome]) -> Vec<(String, bool)> {
    outcomes.iter().map(|o| (o.target.to_string(), o.result.is_ok())).collect()
}

#[tokio::test]
async fn names_are_given_once_and_some_never() {
    let (_udp, addr) = receiver().await;
    let endpoints = Endpoints::new();
    endpoints.add("a", addr).unwrap();
    endpoints.add_group("g", ["a"]).unwrap();
    let taken = |name: &str| Err(NameError::Taken { name: name.into() });
    assert_eq!(endpoints.add("a", addr), taken("a"));
    assert_eq!(endpoints.add("g", addr), taken("g"));
    assert_eq!(endpoints.add_group("a", ["g"]), taken("a"));
    for name in [ALL, "_", "_mine"] {
        let reserved = Err(NameError::Reserved { name: name.into() });
        assert_eq!(endpoints.add(name, addr), reserved);
        assert_eq!(endpoints.add_group(name, ["a"]), reserved);
    }
    assert_eq!(endpoints.add("", addr), Err(NameError::Empty));
    assert!(endpoints.remove("a"));
    assert!(!endpoints.remove("a"));
    assert_eq!(endpoints.add("a", addr), Ok(()));
}

#[tokio::test]
async fn everything_is_looked_up_when_it_is_used() {
    let endpoints = Endpoints::new();
    let same = endpoints.clone();
    // Groups before their members, in one another, and in a circle.
    endpoints.add_group("inner", ["b", "outer"]).unwrap();
    endpoints.add_group("outer", ["a", "inner", "b", "gone"]).unwrap();
    let ((mut a, a_addr), (mut b, b_addr)) = (receiver().await, receiver().await);
    let outcomes = endpoints.send("outer", &packet(1)).await;
    assert!(outcomes.iter().all(|o| matches!(o.result, Err(TargetError::Unknown { .. }))));
    assert_eq!(outcomes.len(), 3);

    same.add("b", b_addr).unwrap();
    same.add("a", a_addr).unwrap();
    let expected = [("a", true), ("b", true), ("gone", false)].map(|(n, ok)| (n.to_string(), ok));
    assert_eq!(told(&endpoints.send("outer", &packet(2)).await), expected);
    assert_eq!((received(&mut a).await, received(&mut b).await), (packet(2), packet(2)));
    // Each once, however it was named.
    assert_eq!(told(&endpoints.send(["a", "outer", "gone", "a"], &packet(3)).await), expected);
    assert_eq!(told(&endpoints.send(ALL, &packet(4)).await), expected[..2]);
    assert_eq!(told(&endpoints.send(["b", ALL], &packet(5)).await).len(), 2);
    for number in 3..=5 {
        assert_eq!(
            (received(&mut a).await, received(&mut b).await),
            (packet(number), packet(number))
        );
    }
    assert!(endpoints.send(Vec::<String>::new(), &packet(6)).await.is_empty());

    let url: Endpoint = format!("osc.udp://127.0.0.1:{}", a_addr.port()).parse().unwrap();
    let outcomes = endpoints.send(&url, &packet(7)).await;
    assert_eq!(outcomes[0].target, Target::Endpoint(Arc::new(url)));
    assert_eq!(told(&endpoints.send([a_addr, b_addr], &packet(8)).await).len(), 2);
    let again: Vec<_> = outcomes.into_iter().map(|outcome| outcome.target).collect();
    assert!(endpoints.send(&again, &packet(9)).await[0].result.is_ok());
    for number in [7, 8, 9] {
        assert_eq!(received(&mut a).await, packet(number));
    }
    assert_eq!(received(&mut b).await, packet(8));
    assert!(endpoints.remove("b"));
    assert!(matches!(
        endpoints.send("b", &packet(10)).await[0].result,
        Err(TargetError::Unknown { .. })
    ));
}

#[tokio::test]
async fn datagrams_leave_from_the_socket_that_was_given() {
    let (mut a, a_addr) = receiver().await;
    let (own, own_addr) = receiver().await;
    let endpoints = Endpoints::builder().udp(own.sender()).build();
    endpoints.send(a_addr, &packet(1)).await;
    assert_eq!(a.next().await.unwrap().peer, own_addr);
    assert_eq!(own.stats().sent, 1);
    // An IPv4 address that is written as one of IPv6 is still IPv4.
    let mapped = format!("[::ffff:127.0.0.1]:{}", a_addr.port()).parse::<SocketAddr>().unwrap();
    assert!(endpoints.send(mapped, &packet(2)).await[0].result.is_ok());
    assert_eq!(a.next().await.unwrap().peer, own_addr);
    // IPv6 has its own socket, where the system has IPv6.
    if let Ok(mut six) = Udp::bind("[::1]:0").await {
        let outcomes = endpoints.send(six.local_addr().unwrap(), &packet(3)).await;
        assert!(outcomes[0].result.is_ok(), "{outcomes:?}");
        assert_eq!(received(&mut six).await, packet(3));
        assert_eq!(endpoints.stats().sent, 1);
    }
}

#[tokio::test]
async fn streams_have_a_client_each() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let (mut udp, udp_addr) = receiver().await;
    let endpoints = Endpoints::new();
    let url = format!("osc.tcp://{}?framing=length", listener.local_addr().unwrap());
    endpoints.add("console", url.parse::<Endpoint>().unwrap()).unwrap();
    endpoints.add("lights", udp_addr).unwrap();
    assert!(endpoints.state("console").is_none(), "nothing is begun before it is used");
    endpoints.open("console").await;
    assert!(endpoints.state("console").is_some());
    let (mut connection, _) = listener.accept().await;
    for number in 1..=3 {
        let outcomes = endpoints.send(ALL, &packet(number)).await;
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{outcomes:?}");
        assert_eq!(connection.next().await.unwrap().unwrap().unwrap(), packet(number));
        assert_eq!(received(&mut udp).await, packet(number));
    }
    assert!(endpoints.state("console").unwrap().is_connected());
    assert!(endpoints.state("lights").is_none() && endpoints.state("none").is_none());
    endpoints.send("console", &packet(4)).await;
    endpoints.close().await;
    assert_eq!(connection.next().await.unwrap().unwrap().unwrap(), packet(4));
    assert!(connection.next().await.is_none());
    let outcomes = endpoints.send(ALL, &packet(5)).await;
    assert!(matches!(outcomes[0].result, Err(TargetError::Send(SendError::Closed))));
    assert!(outcomes[1].result.is_ok());
    assert_eq!(endpoints.stats().sent, 4 + 4);
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_of_both_kinds() {
    use oscine_transport::unix;

    let folder = std::env::temp_dir().join(format!("oscine-endpoints-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut datagrams = unix::Datagrams::bind(folder.join("datagrams")).unwrap();
    let listener = unix::Listener::bind(folder.join("stream")).unwrap();
    let endpoints = Endpoints::new();
    for (name, query) in [("datagrams", ""), ("stream", "?framing=slip"), ("none", "")] {
        let url = format!("osc.unix://{}{query}", folder.join(name).display());
        endpoints.add(name, url.parse::<Endpoint>().unwrap()).unwrap();
    }
    let outcomes = endpoints.send(ALL, &packet(1)).await;
    assert_eq!(outcomes.iter().map(|o| o.result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(datagrams.next().await.unwrap().packet.unwrap(), packet(1));
    let (mut connection, _) = listener.accept().await;
    assert_eq!(connection.next().await.unwrap().unwrap().unwrap(), packet(1));
    drop((datagrams, listener));
    std::fs::remove_dir(&folder).unwrap();
}

#[tokio::test]
async fn what_is_nothing_to_send_to_is_said() {
    let endpoints = Endpoints::new();
    for url in ["osc.udp://*:9000", "osc.udp://127.0.0.1", "osc.tcp://*:9000"] {
        let url = url.parse::<Endpoint>().unwrap();
        let outcomes = endpoints.send(&url, &packet(1)).await;
        assert!(matches!(outcomes[0].result, Err(TargetError::Unsupported { .. })), "{url}");
    }
    for port in 1..1_030 {
        endpoints.open(format!("osc.udp://*:{port}").parse::<Endpoint>().unwrap()).await;
    }
    let url = "osc.udp://*:9999".parse::<Endpoint>().unwrap();
    let outcomes = endpoints.open(&url).await;
    assert!(matches!(outcomes[0].result, Err(TargetError::TooMany { limit: 1_024 })));
}

/// A resolver of which a test says what it finds, and when.
#[derive(Debug, Clone)]
struct Names {
    found: Arc<Mutex<Option<SocketAddr>>>,
    asked: Arc<AtomicUsize>,
    /// A look-up takes one permit.
    permits: Arc<Semaphore>,
}

impl Names {
    fn new() -> Self {
        let permits = Arc::new(Semaphore::new(0));
        Self { found: Arc::default(), asked: Arc::default(), permits }
    }

    fn endpoints(&self) -> Endpoints {
        let names = self.clone();
        let endpoints = Endpoints::builder().resolver(move |_endpoint| {
            let names = names.clone();
            async move {
                names.asked.fetch_add(1, SeqCst);
                names.permits.acquire().await.unwrap().forget();
                let found = *names.found.lock().unwrap();
                found.ok_or(io::ErrorKind::NotFound.into())
            }
        });
        let endpoints = endpoints.build();
        endpoints.add("named", "osc.udp://synth.local:9".parse::<Endpoint>().unwrap()).unwrap();
        endpoints
    }

    fn find(&self, addr: Option<SocketAddr>) {
        *self.found.lock().unwrap() = addr;
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_looked_up_once_and_others_do_not_wait_for_it() {
    let ((mut a, a_addr), (mut b, b_addr)) = (receiver().await, receiver().await);
    let names = Names::new();
    let endpoints = names.endpoints();
    endpoints.add("b", b_addr).unwrap();
    names.find(Some(a_addr));
    let (done, mut waiting) = oneshot::channel();
    let sending = endpoints.clone();
    tokio::spawn(async move {
        let both = tokio::join!(async { sending.send(["named", "b"], &packet(1)).await }, async {
            sending.send("named", &packet(2)).await
        },);
        done.send(both).unwrap();
    });
    assert_eq!(received(&mut b).await, packet(1));
    settle().await;
    assert!(waiting.try_recv().is_err());
    names.permits.add_permits(1);
    let (first, second) = waiting.await.unwrap();
    assert_eq!(told(&first), [("named".into(), true), ("b".into(), true)]);
    assert!(second[0].result.is_ok());
    let mut got = [received(&mut a).await, received(&mut a).await];
    got.sort_by_key(|packet| packet.as_bytes().to_vec());
    assert_eq!(got, [packet(1), packet(2)]);
    assert_eq!(names.asked.load(SeqCst), 1);
    for _ in 0..100 {
        assert!(endpoints.send("named", &packet(3)).await[0].result.is_ok());
    }
    assert_eq!(names.asked.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_address_serves_until_there_is_a_new_one() {
    let ((mut a, a_addr), (mut b, b_addr)) = (receiver().await, receiver().await);
    let names = Names::new();
    let endpoints = names.endpoints();
    names.find(Some(a_addr));
    names.permits.add_permits(1);
    endpoints.open("named").await;
    advance(Duration::from_secs(59)).await;
    endpoints.send("named", &packet(1)).await;
    assert_eq!((names.asked.load(SeqCst), received(&mut a).await), (1, packet(1)));

    // It has expired, and looking it up takes a while.
    advance(Duration::from_secs(1)).await;
    names.find(Some(b_addr));
    let before = Instant::now();
    for number in 2..=3 {
        endpoints.send("named", &packet(number)).await;
        assert_eq!(received(&mut a).await, packet(number));
        settle().await;
    }
    assert_eq!((names.asked.load(SeqCst), before.elapsed()), (2, Duration::ZERO));
    names.permits.add_permits(1);
    settle().await;
    endpoints.send("named", &packet(4)).await;
    assert_eq!(received(&mut b).await, packet(4));

    // A look-up that fails leaves the address as it is, and is made again after 5 s.
    advance(Duration::from_secs(60)).await;
    names.find(None);
    names.permits.add_permits(1);
    for number in 5..=7 {
        endpoints.send("named", &packet(number)).await;
        assert_eq!(received(&mut b).await, packet(number));
        settle().await;
    }
    assert_eq!(names.asked.load(SeqCst), 3);
    assert_eq!(endpoints.stats().transient_errors, 1);
    advance(Duration::from_secs(5)).await;
    endpoints.send("named", &packet(8)).await;
    settle().await;
    assert_eq!((names.asked.load(SeqCst), received(&mut b).await), (4, packet(8)));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_found_is_not_asked_for_with_each_packet() {
    let (mut a, a_addr) = receiver().await;
    let names = Names::new();
    let endpoints = names.endpoints();
    names.permits.add_permits(1);
    for _ in 0..10 {
        let outcomes = endpoints.send("named", &packet(1)).await;
        let Err(TargetError::Unresolved { source, .. }) = &outcomes[0].result else {
            panic!("{outcomes:?}")
        };
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
    }
    assert_eq!(names.asked.load(SeqCst), 1);
    advance(Duration::from_secs(5)).await;
    names.find(Some(a_addr));
    names.permits.add_permits(1);
    assert!(endpoints.send("named", &packet(2)).await[0].result.is_ok());
    assert_eq!(received(&mut a).await, packet(2));

    // One that never ends is given up.
    let names = Names::new();
    let before = Instant::now();
    let outcomes = names.endpoints().send("named", &packet(1)).await;
    assert!(matches!(outcomes[0].result, Err(TargetError::Unresolved { .. })));
    assert_eq!(before.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_resolver_that_panics_is_one_that_finds_nothing() {
    let endpoints = Endpoints::builder().resolver(|_| async { panic!("a test of panics") }).build();
    endpoints.add("named", "osc.udp://synth.local:9".parse::<Endpoint>().unwrap()).unwrap();
    for _ in 0..2 {
        let outcomes = endpoints.send("named", &packet(1)).await;
        assert!(matches!(outcomes[0].result, Err(TargetError::Unresolved { .. })));
    }
}
