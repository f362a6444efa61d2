//! Address spaces that messages are offered to before the others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::log::{Log, Pen, log};
use common::wire::packet;
use common::{LOOPBACK, Running};
use oscine::{AddressSpace, Bundle, Next, Packet, Server, Stats, TimeTag};

/// Sends `packets` to a server with both spaces, and says what was noted and counted. The message that marks the end is
/// one of those counted.
async fn run(
    space: &AddressSpace,
    admin: AddressSpace,
    log: Log,
    packets: &[Packet],
) -> (Vec<String>, Stats) {
    let builder = Server::builder().udp(LOOPBACK).address_space(space.clone()).admin_space(admin);
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    let noted = log.of(&client, space, packets).await;
    let stats = server.stop().await;
    (noted, stats)
}

/// A space with these addresses, whose handlers note `name` and the address.
fn noting(pen: &Pen, name: &str, addresses: &[&str]) -> AddressSpace {
    let space = AddressSpace::new();
    for address in addresses {
        space.method(*address, pen.handler(&format!("{name} {address}"))).unwrap();
    }
    space
}

#[tokio::test]
async fn what_is_taken_goes_no_further_and_the_rest_leaves_no_trace() {
    let (pen, log) = log();
    let space = noting(&pen, "own", &["/a", "/b", "/c", "/d"]);
    let admin = noting(&pen, "admin", &["/a", "/only"]);
    let noting_pen = pen.clone();
    let leave = move |_: i32| {
        noting_pen.note("admin left /b");
        Next
    };
    admin.method("/b", leave).unwrap();
    admin.method("/c", |_: String| ()).unwrap();
    admin.exact(true);
    admin.error_replies(true);
    admin.list_replies(true);
    let sent =
        ["/a", "/b", "/c", "/d", "/only", "/nothing", "/nothing/", "/broken[", "/a*", "/on*"];
    let sent = sent.map(|address| packet(address, 1));
    let (noted, stats) = run(&space, admin, log, &sent).await;
    assert_eq!(
        noted,
        [
            "admin /a",
            "admin left /b",
            "own /b",
            "own /c",
            "own /d",
            "admin /only",
            "admin /a",
            "own /a",
            "admin /only"
        ]
    );
    // With the message at the end.
    assert_eq!((stats.messages, stats.calls), (11, 10));
    // Two to nothing, and the broken one.
    assert_eq!((stats.unmatched, stats.bad_patterns, stats.misfits), (3, 1, 0));
    assert_eq!((stats.handler_errors, stats.sent), (0, 0));
}

#[tokio::test]
async fn a_fallback_takes_all_that_it_does_not_leave() {
    let (pen, log) = log();
    let space = noting(&pen, "own", &["/a", "/b"]);
    let admin = AddressSpace::new();
    let noting_pen = pen.clone();
    admin.fallback(move |message: oscine::Message| {
        noting_pen.note(format!("fallback {}", message.address()));
        // Else the end would never be seen.
        (message.address() != "/a").then_some(Next)
    });
    let sent = [packet("/a", 1), packet("/b", 1), packet("/broken[", 1)];
    let (noted, stats) = run(&space, admin, log, &sent).await;
    let expected =
        ["fallback /a", "fallback /b", "own /b", "fallback /broken[", "fallback /end/of/log"];
    assert_eq!(noted, expected);
    assert_eq!((stats.messages, stats.calls), (4, 6));
    assert_eq!((stats.unmatched, stats.bad_patterns), (2, 1));
}

#[tokio::test]
async fn async_handlers_are_waited_for_and_bundles_stay_whole() {
    let (pen, log) = log();
    let space = noting(&pen, "own", &["/a", "/b"]);
    let admin = AddressSpace::new();
    let noting_pen = pen.clone();
    let slow = move |_: i32| {
        let pen = noting_pen.clone();
        async move {
            pen.note("begun");
            tokio::task::yield_now().await;
            pen.note("through");
            Next
        }
    };
    admin.method("/a", slow).unwrap();
    let bundle = Bundle::new(TimeTag::IMMEDIATE, [packet("/a", 1), packet("/b", 1)]).unwrap();
    let (noted, stats) = run(&space, admin, log, &[bundle.into()]).await;
    assert_eq!(noted, ["begun", "through", "own /a", "own /b"]);
    assert_eq!((stats.messages, stats.calls), (3, 4));
}

#[tokio::test]
async fn it_is_there_for_every_endpoint() {
    let (pen, mut log) = log();
    let admin = noting(&pen, "admin", &["/a"]);
    let other = oscine::Bind::new(LOOPBACK).address_space(noting(&pen, "other", &["/a", "/b"]));
    let builder = Server::builder().tcp(LOOPBACK).udp(other).admin_space(admin);
    let server = Running::bind(builder).await;
    let (tcp, udp) = (server.tcp_client(common::FRAMINGS[0]).await, server.udp_client().await);
    tcp.send(("/a", 1)).await.unwrap();
    assert_eq!(log.next().await, "admin /a");
    udp.send(("/a", 1)).await.unwrap();
    udp.send(("/b", 1)).await.unwrap();
    assert_eq!(log.take(2).await, ["admin /a", "other /b"]);
    let dispatched = server.handle.dispatch(("/a", 1)).await.unwrap();
    assert_eq!((dispatched.messages, dispatched.calls, dispatched.unmatched), (1, 1, 0));
    let dispatched = server.handle.dispatch(("/none", 1)).await.unwrap();
    assert_eq!((dispatched.messages, dispatched.calls, dispatched.unmatched), (1, 0, 1));
    server.stop().await;
}
