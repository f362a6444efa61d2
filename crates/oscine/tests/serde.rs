//! Structs that know serde, as parameters and as replies.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Running, within};
use oscine::codec::Serde;
use oscine::{AddressSpace, Dispatcher, Message, Peer};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    pitch: u8,
    velocity: f32,
    name: String,
    bends: Vec<f32>,
    tie: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: f32,
    y: f32,
}

fn note() -> Note {
    Note { pitch: 60, velocity: 0.5, name: "c".into(), bends: vec![0.0, 0.25], tie: Some(true) }
}

#[tokio::test]
async fn structs_go_in_and_come_back() {
    let space = AddressSpace::new();
    space
        .method("/octave", |Serde(note): Serde<Note>, _: Peer| {
            ("/octave", Serde(Note { pitch: note.pitch + 12, ..note }))
        })
        .unwrap();
    // Among other parameters, each takes as many arguments as it has fields.
    space
        .method("/between", async |a: String, Serde(p): Serde<Point>, Serde(q): Serde<Point>| {
            let middle = Point { x: p.x.midpoint(q.x), y: p.y.midpoint(q.y) };
            ("/middle", (a, Serde(middle)))
        })
        .unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let asked = Message::from_serialize("/octave", &note()).unwrap();
    let reply = within(client.request(asked, "/octave")).await.unwrap();
    assert_eq!(reply.args().deserialize::<Note>(), Ok(Note { pitch: 72, ..note() }));
    let question = ("/between", ("ab", Serde(Point { x: 0.0, y: 2.0 }), (1, 4.0)));
    let reply = within(client.request(question, "/middle")).await.unwrap();
    assert_eq!(reply.to_string(), r#"/middle ,sff "ab" 0.5 3.0"#);
    assert_eq!(server.stop().await.misfits, 0);
}

#[tokio::test]
async fn what_is_no_such_struct_is_a_misfit() {
    let space = AddressSpace::new();
    space.method("/note", |_: Serde<Note>| {}).unwrap();
    let mut dispatcher = Dispatcher::new(space);
    let good = Message::from_serialize("/note", &note()).unwrap();
    assert_eq!(dispatcher.dispatch(good.view().into()).await.calls, 1);
    let short = Message::new("/note", (60, 0.5_f32)).unwrap();
    let loud = Message::new("/note", (300, 0.5_f32, "c", [0.0_f32], true)).unwrap();
    let long = Message::new("/note", (60, 0.5_f32, "c", [0.0_f32], true, 1)).unwrap();
    for message in [short, loud, long] {
        assert_eq!(dispatcher.dispatch(message.view().into()).await.misfits, 1, "{message}");
    }
}
