//! What UDP sockets tell the log.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use futures::StreamExt;
use oscine_codec::{Message, Packet};
use oscine_transport::{
    Udp,
    hook::{self, Verdict},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps the events of this crate, a line each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("oscine_transport")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

#[tokio::test(start_paused = true)]
async fn long_datagrams_are_told_of_once_a_minute() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let to = udp.local_addr().unwrap();
    let packet_of = |size: usize| -> Packet {
        let packet: Packet = Message::new("/b", (vec![0_u8; size - 12],)).unwrap().into();
        assert_eq!(packet.as_bytes().len(), size);
        packet
    };
    let told = || {
        let lines = lines.0.lock().unwrap();
        lines.iter().filter(|line| line.contains("pieces")).cloned().collect::<Vec<_>>()
    };
    udp.send_to(&packet_of(1_472), to).await.unwrap();
    assert_eq!(told(), [""; 0]);
    for _ in 0..3 {
        udp.send_to(&packet_of(1_476), to).await.unwrap();
    }
    udp.send_all_to(&[packet_of(2_000)], to).await.unwrap();
    assert_eq!(told().len(), 1);
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    udp.send_to(&packet_of(60_000), to).await.unwrap();
    let told = told();
    assert_eq!(told.len(), 2);
    for (line, facts) in told.iter().zip(["bytes=1476 held_back=0", "bytes=60000 held_back=3"]) {
        assert!(line.starts_with(Level::DEBUG.as_str()) && line.contains(facts), "{line}");
    }
}

/// It is for whoever sends them to say how many there are.
#[tokio::test]
async fn packets_that_hooks_refuse_are_told_as_traces_alone() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let refuse = hook::inbound(|_, _| Verdict::Refuse("no".into()));
    let mut udp = Udp::builder().hook(refuse).bind("127.0.0.1:0").await.unwrap();
    for _ in 0..3 {
        udp.sender().send_bytes_to(b"/a\0\0,\0\0\0", udp.local_addr().unwrap()).await.unwrap();
        udp.next().await.unwrap().packet.unwrap_err();
    }
    let lines = lines.0.lock().unwrap();
    let refused: Vec<_> = lines.iter().filter(|line| line.contains("refused")).collect();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|line| line.starts_with(Level::TRACE.as_str())), "{refused:?}");
}
