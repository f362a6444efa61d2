//! All that is received is counted once more by what became of it, also when the server is stopped in the middle of it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use common::carrier::line;
use common::timed::{HOUR, now};
use common::wire::{Random, Raw, frame, packet};
use common::{LOOPBACK, Running, until, within};
use oscine::transport::framing::FramingKind;
use oscine::transport::hook::{Verdict, inbound};
use oscine::transport::stats::DropCause;
use oscine::{
    AddressSpace, Bundle, OverLimit, Peer, PeerAddr, PeerOptions, PeerRules, RateLimit, Server,
    ServerHandle, Stats, TimeTag,
};

/// The equations that `Stats` names.
fn check(stats: &Stats, when: &str) {
    let drops = [
        DropCause::Refused,
        DropCause::Swallowed,
        DropCause::TooManyPeers,
        DropCause::InboxFull,
        DropCause::Stopped,
    ];
    let drops: u64 = drops.into_iter().map(|cause| stats.transport.dropped(cause)).sum();
    let kept_out = stats.denied + stats.rate_limited + stats.coalesced;
    assert_eq!(stats.received, stats.handled + stats.bad + kept_out + drops, "{when}: {stats:?}");
    let done = stats.released + stats.cancelled + stats.dropped_at_stop + stats.pending as u64;
    assert_eq!(stats.scheduled, done, "{when}: {stats:?}");
}

/// Good and bad ones, of one message or none.
fn packets() -> Vec<Vec<u8>> {
    let message = || packet("/fader", 0.5_f32);
    let bundle = |at| Bundle::new(at, [message()]).unwrap().as_bytes().to_vec();
    vec![
        message().as_bytes().to_vec(),
        packet("/nowhere", 1).as_bytes().to_vec(),
        packet("/slow", ()).as_bytes().to_vec(),
        bundle(TimeTag::IMMEDIATE),
        bundle(now() + HOUR),
        b"no packet".to_vec(),
    ]
}

/// Sends from threads of its own until it is dropped.
struct Flood {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn new() -> Self {
        Self { over: Arc::default(), threads: Vec::new() }
    }

    /// `send` says whether somebody is still there.
    fn begin(&mut self, mut send: impl FnMut(&[u8]) -> bool + Send + 'static) {
        let over = Arc::clone(&self.over);
        let packets = packets();
        self.threads.push(thread::spawn(move || {
            for packet in packets.iter().cycle() {
                if over.load(Ordering::Relaxed) || !send(packet) {
                    break;
                }
            }
        }));
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// How a server ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Stopped,
    /// By a handler, in the middle of what was read with it.
    ByHandler,
    /// With a handler that never ends.
    CutShort,
    Dropped,
}

/// The server's own handle is put into what is returned.
fn space() -> (AddressSpace, Arc<OnceLock<ServerHandle>>) {
    let (space, own) = (AddressSpace::new(), Arc::new(OnceLock::<ServerHandle>::new()));
    space.method("/fader", |_: f32| ()).unwrap();
    space.method("/slow", || thread::sleep(Duration::from_micros(20))).unwrap();
    let handle = Arc::clone(&own);
    space.method("/quit", move || handle.get().unwrap().stop()).unwrap();
    space.method("/hang", std::future::pending::<()>).unwrap();
    (space, own)
}

async fn survives(end: End, random: &mut Random) -> Stats {
    let (space, own) = space();
    let rate = RateLimit::per_second(5000).over(OverLimit::Latest);
    let rules = PeerRules::new().endpoint(0, PeerOptions::new().rate(rate));
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).tcp(LOOPBACK).peer_rules(rules);
    #[cfg(unix)]
    let folder = common::folder::Folder::new();
    #[cfg(unix)]
    let builder = builder.unix(folder.text("socket"));
    let server = builder.address_space(space).bind().await.unwrap();
    let handle = server.handle();
    own.set(handle.clone()).unwrap();
    let (near, far) = line::<PeerAddr>(16);
    handle.add_datagrams(near).unwrap();
    let serving = server.serve().grace(Duration::from_millis(30)).into_future();
    let serving = tokio::spawn(serving);

    let mut flood = Flood::new();
    for number in [0, 1] {
        let to = handle.endpoints()[number].resolve().await.unwrap();
        let socket = UdpSocket::bind(LOOPBACK).unwrap();
        flood.begin(move |packet| socket.send_to(packet, to).map_or(true, |_| true));
    }
    let to = handle.endpoints()[2].resolve().await.unwrap();
    let mut stream = TcpStream::connect(to).unwrap();
    let damaged = b"\xc0/a\xdb\0\xc0";
    flood.begin(move |packet| {
        let frames = frame(FramingKind::Slip, packet).repeat(60);
        stream.write_all(&[&frames[..], damaged].concat()).is_ok()
    });
    #[cfg(unix)]
    {
        let socket = std::os::unix::net::UnixDatagram::unbound().unwrap();
        socket.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
        let to = folder.path("socket");
        flood.begin(move |packet| socket.send_to(packet, &to).map_or(true, |_| true));
    }
    let mut left = 3000;
    flood.begin(move |packet| {
        left -= 1;
        far.bytes(packet, PeerAddr::from("far"));
        left > 0
    });

    let enough = 200 + random.next() % 4000;
    until(|| handle.stats().messages > enough).await;
    match end {
        End::Stopped => handle.stop(),
        End::Dropped => serving.abort(),
        // Over TCP, as nothing of that is lost.
        End::ByHandler | End::CutShort => {
            let address = if matches!(end, End::ByHandler) { "/quit" } else { "/hang" };
            let frame = frame(FramingKind::Slip, packet(address, ()).as_bytes());
            let mut stream = TcpStream::connect(to).unwrap();
            let fader =
                common::wire::frame(FramingKind::Slip, packet("/fader", 0.5_f32).as_bytes());
            stream.write_all(&[frame, fader.repeat(500)].concat()).unwrap();
            if matches!(end, End::CutShort) {
                let before = || (handle.stats().messages, handle.stats().received);
                let mut seen = before();
                // Until it hangs.
                within(async {
                    loop {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        let now = before();
                        if std::mem::replace(&mut seen, now).0 == now.0 {
                            break;
                        }
                    }
                })
                .await;
                handle.stop();
            }
        }
    }
    let _ = within(serving).await;
    within(handle.stopped()).await;
    let stats = handle.stats();
    drop(flood);
    stats
}

/// Each time the server is somewhere else in what it has read.
async fn adds_up(rounds: usize) {
    let mut random = Random(7);
    let mut stopped = 0;
    for round in 0..rounds {
        for end in [End::Stopped, End::ByHandler, End::CutShort, End::Dropped] {
            let stats = survives(end, &mut random).await;
            check(&stats, &format!("{end:?}, round {round}"));
            stopped += stats.transport.dropped(DropCause::Stopped);
        }
    }
    assert!(stopped > 0, "nothing was on its way");
    let _ = writeln!(std::io::stdout(), "{rounds} rounds, {stopped} packets counted as stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooded_server_that_ends_has_counted_all() {
    adds_up(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn a_flooded_server_that_ends_has_counted_all_many_times() {
    adds_up(40).await;
}

#[tokio::test]
async fn a_long_read_of_a_connection_makes_way_for_others() {
    const MESSAGES: usize = 400;
    let ran = Arc::new(Mutex::new(Vec::new()));
    let space = AddressSpace::new();
    let (sender, to) = (UdpSocket::bind(LOOPBACK).unwrap(), Arc::new(OnceLock::new()));
    let (list, addr) = (Arc::clone(&ran), Arc::clone(&to));
    let slow = move |number: i32| {
        if number == 0 {
            // It is there before the next one runs.
            sender.send_to(packet("/other", -1).as_bytes(), addr.get().unwrap()).unwrap();
        }
        thread::sleep(Duration::from_micros(200));
        list.lock().unwrap().push(number);
    };
    space.method("/slow", slow).unwrap();
    let list = Arc::clone(&ran);
    space.method("/other", move |number: i32| list.lock().unwrap().push(number)).unwrap();
    let server = Running::start(space).await;
    to.set(server.udp()).unwrap();
    let frames: Vec<u8> = (0..MESSAGES)
        .flat_map(|number| {
            let number = i32::try_from(number).unwrap();
            frame(FramingKind::Slip, packet("/slow", number).as_bytes())
        })
        .collect();
    let mut peer = Raw::connect(server.tcp()).await;
    peer.write(&frames).await;
    until(|| ran.lock().unwrap().len() == MESSAGES + 1).await;
    let ran = ran.lock().unwrap().clone();
    let place = ran.iter().position(|number| *number == -1).unwrap();
    assert!(place < MESSAGES / 2, "it ran after {place} others");
    let in_order: Vec<_> = ran.into_iter().filter(|number| *number >= 0).collect();
    assert!(in_order.is_sorted(), "{in_order:?}");
    let stats = server.stop().await;
    check(&stats, "at the end");
    assert_eq!(stats.handled, MESSAGES as u64 + 1);
}

#[tokio::test]
async fn damaged_and_refused_frames_are_their_peers() {
    let hook = inbound(|packet, _| match packet.starts_with(b"/no") {
        true => Verdict::Refuse("no".into()),
        false => Verdict::Pass,
    });
    let server = Running::bind(Server::builder().tcp(LOOPBACK).hook(hook)).await;
    let mut peer = Raw::connect(server.tcp()).await;
    let good = frame(FramingKind::Slip, packet("/yes", ()).as_bytes());
    let refused = frame(FramingKind::Slip, packet("/no", ()).as_bytes());
    let no_packet = frame(FramingKind::Slip, b"nothing");
    peer.write(&[&good, &b"\xc0/a\xdb\0\xc0"[..], &refused, &no_packet, &good].concat()).await;
    until(|| server.handle.stats().messages == 2).await;
    let views = server.handle.peers();
    assert_eq!(views.len(), 1);
    let [view] = &views[..] else { panic!("{views:?}") };
    assert!(matches!(view.peer, Peer::Tcp { .. }));
    assert_eq!((view.packets, view.bad), (5, 3));
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.handled), (5, 2, 2));
    check(&stats, "at the end");
}
