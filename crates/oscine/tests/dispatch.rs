//! Which handlers a message reaches, and in which order.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::log::log;
use common::wire::packet;
use common::{Running, run};
use oscine::{AddressSpace, Message, Packet, Stats, ToArgs};

/// Sends a message to each of `addresses`, in order, and says what the handlers noted.
async fn reached(methods: &[&str], addresses: &[&str]) -> (Vec<String>, Stats) {
    let (pen, log) = log();
    let space = AddressSpace::new();
    for method in methods {
        space.method(method, pen.handler(method)).unwrap();
    }
    let fallback = pen.clone();
    space.fallback(move |message: Message| fallback.note(format!("none: {}", message.address())));
    let packets: Vec<_> = addresses.iter().map(|address| packet(address, ())).collect();
    run(&space, log, &packets).await
}

#[tokio::test]
async fn a_literal_address_is_itself_and_nothing_else() {
    let methods = ["/test", "/test/x", "/a.b", "/a+b", "/(c)$", "/"];
    let none = ["/testing", "/tes", "/Test", "/test/", "/test/x/y", "/axb", "/aab", "/a"];
    let (noted, stats) = reached(&methods, &[&methods[..], &none[..]].concat()).await;
    let mut expected: Vec<_> = methods.map(str::to_owned).into();
    expected.extend(none.map(|address| format!("none: {address}")));
    assert_eq!(noted, expected);
    assert_eq!(stats.unmatched, none.len() as u64);
}

#[tokio::test]
async fn a_pattern_reaches_every_method_it_matches_in_the_order_of_registration() {
    let methods =
        ["/m/2/gain", "/m/1/gain", "/m/1", "/m/10/gain", "/m/1/pan-l", "/m", "/m/a.b", "/gain"];
    let table: &[(&str, &[&str])] = &[
        ("/m/?/gain", &["/m/2/gain", "/m/1/gain"]),
        ("/m/*/gain", &["/m/2/gain", "/m/1/gain", "/m/10/gain"]),
        ("/m/[1-2]/gain", &["/m/2/gain", "/m/1/gain"]),
        ("/m/[!1]/gain", &["/m/2/gain"]),
        ("/m/{10,2}/gain", &["/m/2/gain", "/m/10/gain"]),
        ("/m/{1,10}/g*n", &["/m/1/gain", "/m/10/gain"]),
        ("/m/1/pan*", &["/m/1/pan-l"]),
        ("/m/*", &["/m/1", "/m/a.b"]),
        ("/m/a?b", &["/m/a.b"]),
        ("/*", &["/m", "/gain"]),
        ("//gain", &["/m/2/gain", "/m/1/gain", "/m/10/gain", "/gain"]),
        ("/m//gain", &["/m/2/gain", "/m/1/gain", "/m/10/gain"]),
        ("/?/*/*", &["/m/2/gain", "/m/1/gain", "/m/10/gain", "/m/1/pan-l"]),
        ("/m/?/gai", &["none: /m/?/gai"]),
        ("/m?1", &["none: /m?1"]),
    ];
    for (pattern, expected) in table {
        let (noted, stats) = reached(&methods, &[pattern]).await;
        assert_eq!(noted, *expected, "{pattern}");
        assert_eq!(stats.bad_patterns, 0, "{pattern}");
    }
}

#[tokio::test]
async fn a_broken_pattern_is_counted_and_goes_to_the_fallback() {
    let broken = ["/a[", "/a[b", "/{a", "/{a,b"];
    let (noted, stats) = reached(&["/a", "/b", "/a/b"], &broken).await;
    assert_eq!(noted, broken.map(|address| format!("none: {address}")));
    assert_eq!((stats.bad_patterns, stats.unmatched), (4, 4));
}

#[tokio::test]
async fn without_a_fallback_what_is_unmatched_is_only_counted() {
    let (_, log) = log();
    let packets = [packet("/nothing", ()), packet("/*/nothing", 1), packet("/a[", ())];
    let (noted, stats) = run(&AddressSpace::new(), log, &packets).await;
    assert_eq!(noted, [""; 0]);
    // The message that marks the end is the one that is called.
    assert_eq!((stats.unmatched, stats.messages, stats.calls), (3, 4, 1));
}

#[tokio::test]
async fn several_handlers_at_an_address_run_in_the_order_of_registration() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    for (address, name) in [("/b", "1"), ("/a", "2"), ("/b", "3"), ("/a", "4"), ("/b", "5")] {
        space.method(address, pen.handler(name)).unwrap();
    }
    let packets = [packet("/b", ()), packet("/a", ()), packet("/[ab]", ())];
    let (noted, stats) = run(&space, log, &packets).await;
    assert_eq!(noted.concat(), ["135", "24", "12345"].concat());
    assert_eq!((stats.messages, stats.calls), (4, 11));
}

/// Sends `args` to handlers that want an integer, text, and two floats; compares who ran, and how
/// many messages fitted none.
async fn check_misfit(args: impl ToArgs, expected: &[&str], misfits: u64) {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let (int, text, pair) = (pen.clone(), pen.clone(), pen.clone());
    space.method("/a", move |value: i32| int.note(format!("int {value}"))).unwrap();
    space.method("/a", move |value: String| text.note(format!("text {value}"))).unwrap();
    let pair = move |x: f32, y: f32| {
        let pair = pair.clone();
        async move { pair.note(format!("pair {x} {y}")) }
    };
    space.method("/a", pair).unwrap();
    let fallback = pen.clone();
    space.fallback(move |_: Message| fallback.note("fallback"));
    let message = Message::new("/a", args).unwrap();
    let (noted, stats) = run(&space, log, &[message.clone().into()]).await;
    assert_eq!(noted, expected, "{message}");
    assert_eq!((stats.misfits, stats.unmatched), (misfits, 0), "{message}");
    assert_eq!(stats.calls, 1 + expected.len() as u64, "{message}");
}

#[tokio::test]
async fn a_handler_that_wants_other_arguments_is_passed_over() {
    check_misfit(5, &["int 5"], 0).await;
    check_misfit("five", &["text five"], 0).await;
    check_misfit((1.5_f32, 2), &["pair 1.5 2"], 0).await;
    check_misfit((), &[], 1).await;
    check_misfit((1, 2, 3), &[], 1).await;
    check_misfit(("a", 1), &[], 1).await;
    check_misfit(*b"blob", &[], 1).await;
}

#[tokio::test]
async fn a_fallback_that_does_not_fit_is_a_misfit() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    space.fallback(move |value: i32| pen.note(value));
    let (noted, stats) = run(&space, log, &[packet("/a", "x"), packet("/b", 2)]).await;
    assert_eq!(noted, ["2"]);
    assert_eq!((stats.unmatched, stats.misfits), (2, 1));
}

#[tokio::test]
async fn after_the_last_handler_is_removed_the_fallback_gets_the_address_again() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.fallback(pen.handler("fallback"));
    let server = Running::start(space.clone()).await;
    let client = server.udp_client().await;
    let first = space.method("/a", pen.handler("1")).unwrap();
    let second = space.method("/a", pen.handler("2")).unwrap();

    client.send(("/a", ())).await.unwrap();
    assert_eq!(log.take(2).await, ["1", "2"]);
    assert!(space.remove(first) && !space.remove(first));
    client.send(("/a", ())).await.unwrap();
    assert_eq!(log.next().await, "2");
    assert!(space.remove(second));
    client.send(("/a", ())).await.unwrap();
    client.send(("/?", ())).await.unwrap();
    assert_eq!(log.take(2).await, ["fallback", "fallback"]);

    // The same through the server's handle, and by address.
    for name in ["3", "4"] {
        server.handle.space().method("/a", pen.handler(name)).unwrap();
    }
    client.send(("/a", ())).await.unwrap();
    assert_eq!(log.take(2).await, ["3", "4"]);
    assert_eq!(space.remove_address("/a"), 2);
    client.send(("/a", ())).await.unwrap();
    assert_eq!(log.next().await, "fallback");
    assert_eq!(server.stop().await.unmatched, 3);
}

#[tokio::test]
async fn a_handler_may_remove_itself_and_add_others() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let (inner, once) = (space.clone(), pen.clone());
    space
        .method("/grow", move |name: String| {
            once.note("grow");
            inner.remove_address("/grow");
            inner.method("/grow", once.handler(&format!("grown {name}"))).unwrap();
            inner.method("/grow/leaf", once.handler("leaf")).unwrap();
        })
        .unwrap();
    // It stands behind the other; it is removed while the message that reaches both is under way.
    space.method("/grow", pen.handler("second")).unwrap();
    space.fallback(pen.handler("fallback"));

    let leaf = || packet("/grow/leaf", ());
    let grow = |name| packet("/grow", name);
    let packets: [Packet; 5] = [leaf(), grow("a"), grow("b"), leaf(), packet("//leaf", ())];
    let (noted, stats) = run(&space, log, &packets).await;
    assert_eq!(noted, ["fallback", "grow", "second", "grown a", "leaf", "leaf"]);
    assert_eq!(stats.unmatched, 1);
    assert_eq!(space.list(), ["/end/of/log", "/grow", "/grow/leaf"]);
}

#[tokio::test]
async fn servers_share_an_address_space_or_have_their_own() {
    let (pen, mut log) = log();
    let shared = AddressSpace::new();
    shared.method("/a", pen.handler("shared")).unwrap();
    let own = AddressSpace::new();
    own.method("/a", pen.handler("own")).unwrap();
    let servers = [shared.clone(), shared, own];
    for (space, expected) in servers.into_iter().zip(["shared", "shared", "own"]) {
        let server = Running::start(space).await;
        server.udp_client().await.send(("/a", ())).await.unwrap();
        assert_eq!(log.next().await, expected);
        assert_eq!(server.stop().await.calls, 1);
    }
}

#[test]
fn only_addresses_and_patterns_can_be_registered() {
    let space = AddressSpace::new();
    for address in ["", "a", "/a b", "/a#", "/a,b", "/a/", "/[a", "/{a", "/a]", "a*", "/{a{b}}"] {
        let error = space.method(address, || {});
        assert!(error.is_err(), "{address:?} was registered");
    }
    assert!(space.is_empty());
}
