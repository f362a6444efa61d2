//! What an address space can do beside calling the method at an address.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use futures::{FutureExt, StreamExt};
use oscine::{
    Access, Address, AddressSpace, Captures, Change, Dispatched, Dispatcher, Info, Message,
    MethodKey, MountError, Next, State, ToArgs, TypeTags,
};

/// A list that handlers write to.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, text: impl ToString) {
        self.0.lock().unwrap().push(text.to_string());
    }

    /// A handler of whatever arguments that notes its name.
    fn noting(&self, name: &str) -> impl Fn(Message) + Send + Sync + 'static {
        let (log, name) = (self.clone(), name.to_owned());
        move |_| log.note(&name)
    }

    /// What has been noted since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Runs a message at once; nothing here waits.
fn run(space: &AddressSpace, address: &str, args: impl ToArgs) -> Dispatched {
    let message = Message::new(address, args).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    dispatcher.dispatch(message.view().into()).now_or_never().expect("no handler waits")
}

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

#[test]
fn what_wildcards_stand_for_is_handed_over_by_type() {
    let (log, space) = (Log::default(), AddressSpace::new());
    let notes = log.clone();
    space
        .method("/mixer/*/{gain,mute}", move |c: Captures<(u32, String)>, at: Address, v: f32| {
            notes.note(format!("{:?} {at} {v}", c.0));
        })
        .unwrap();
    let notes = log.clone();
    space
        .method("/mixer/*/gain", move |c: Captures<Vec<String>>, v: f32| {
            notes.note(format!("{:?} {v}", c.0))
        })
        .unwrap();
    assert_eq!(run(&space, "/mixer/3/gain", 0.5_f32).calls, 2);
    assert_eq!(log.take(), [r#"(3, "gain") /mixer/3/gain 0.5"#, r#"["3"] 0.5"#]);
    // A part that does not parse means that the method does not fit.
    assert_eq!(run(&space, "/mixer/main/gain", 1.0_f32).calls, 1);
    assert_eq!(log.take(), [r#"["main"] 1"#]);
    let only = run(&space, "/mixer/main/mute", 1.0_f32);
    assert_eq!((only.calls, only.misfits), (0, 1));
    // A pattern meets a pattern: what the sender wrote is handed over.
    assert_eq!(run(&space, "/mixer/[1-4]/gain", 1.0_f32).calls, 1);
    assert_eq!(log.take(), [r#"["[1-4]"] 1"#]);
}

#[test]
fn sub_trees_get_what_lies_below_and_never_longer_namesakes() {
    let (log, space) = (Log::default(), AddressSpace::new());
    let notes = log.clone();
    space.subtree("/a", move |Captures((rest,)): Captures<(String,)>| notes.note(rest)).unwrap();
    for text in ["/a", "/a/b", "/a/b/c", "/ab", "/b"] {
        run(&space, text, ());
    }
    assert_eq!(log.take(), ["", "b", "b/c"]);
}

#[test]
fn exact_and_pattern_registrations_run_in_one_order() {
    let (log, space) = (Log::default(), AddressSpace::new());
    for place in ["/a/*", "/a/b", "//b", "/a/b", "/{a,x}/?"] {
        space.method(place, log.noting(place)).unwrap();
    }
    let all = ["/a/*", "/a/b", "//b", "/a/b", "/{a,x}/?"];
    run(&space, "/a/b", ());
    assert_eq!(log.take(), all);
    run(&space, "/*/b", ());
    assert_eq!(log.take(), all);
}

#[test]
fn repeated_addresses_see_every_change() {
    let (log, space) = (Log::default(), AddressSpace::new());
    space.method("/*", log.noting("first")).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    let message = Message::new("/a", ()).unwrap();
    let mut calls = || dispatcher.dispatch(message.view().into()).now_or_never().unwrap().calls;
    assert_eq!((calls(), calls()), (1, 1));
    let key = space.method("/?", log.noting("second")).unwrap();
    assert_eq!((calls(), calls()), (2, 2));
    let inner = AddressSpace::new();
    space.mount("/", &inner).unwrap();
    assert_eq!(calls(), 2);
    // A change in a mounted space is a change here.
    inner.method("/a", log.noting("third")).unwrap();
    assert_eq!((calls(), space.remove(key), calls()), (3, true, 2));
}

#[test]
fn a_handler_may_take_itself_back_or_drop_the_space() {
    let space = AddressSpace::new();
    let own = space.clone();
    space.method("/once", move |key: MethodKey| assert!(own.remove(key))).unwrap();
    assert_eq!(run(&space, "/once", ()).calls, 1);
    assert_eq!(run(&space, "/once", ()).unmatched, 1);

    let slot = Arc::new(Mutex::new(None));
    let (last, alive) = (slot.clone(), Arc::new(()));
    let held = alive.clone();
    let space = AddressSpace::new();
    space.method("/drop", move || drop((last.lock().unwrap().take(), &held))).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    *slot.lock().unwrap() = Some(space);
    let message = Message::new("/drop", ()).unwrap();
    assert_eq!(dispatcher.dispatch(message.view().into()).now_or_never().unwrap().calls, 1);
    drop(dispatcher);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_registration_can_end_with_its_owner_even_one_inside_of_another() {
    let space = AddressSpace::new();
    let guard = space.guard(space.method("/inner", || {}).unwrap());
    let key = space.method("/outer", move || format!("{guard:?}").clear()).unwrap();
    assert_eq!(space.len(), 2);
    assert!(space.remove(key));
    assert!(space.is_empty());
}

#[test]
fn changes_while_dispatching_are_whole() {
    let space = AddressSpace::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = |calls: &Arc<AtomicUsize>| {
        let calls = calls.clone();
        move || {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    space.method("/stays", count(&calls)).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500 {
                    // Two at once, so that a reader sees both or neither.
                    let keys = space.edit(|edit| {
                        [(); 2].map(|()| edit.method("/comes/*", count(&calls)).unwrap())
                    });
                    space.edit(|edit| keys.map(|key| assert!(edit.remove(key))));
                }
            });
        }
        scope.spawn(|| {
            let mut dispatcher = Dispatcher::new(space.clone());
            let (stays, comes) =
                (Message::new("/stays", ()).unwrap(), Message::new("/comes/a", ()).unwrap());
            for _ in 0..5000 {
                let mut run = |message: &Message| {
                    dispatcher.dispatch(message.view().into()).now_or_never().unwrap().calls
                };
                assert_eq!(run(&stays), 1);
                assert!(run(&comes) % 2 == 0);
            }
        });
    });
    assert_eq!((space.len(), calls.load(Ordering::Relaxed) >= 5000), (1, true));
}

#[test]
fn handlers_share_state_by_type() {
    let space = AddressSpace::new();
    space.set_state(AtomicI32::new(40));
    space
        .method("/add", |sum: State<AtomicI32>, n: i32| {
            sum.fetch_add(n, Ordering::Relaxed);
        })
        .unwrap();
    space.method("/none", |_: State<String>| {}).unwrap();
    let shared = Arc::new(AtomicUsize::new(0));
    space.set_shared_state(shared.clone());
    space
        .method("/count", |n: State<AtomicUsize>| {
            n.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    assert_eq!(run(&space, "/add", 2).calls, 1);
    assert_eq!(run(&space, "/none", ()).misfits, 1);
    assert_eq!((run(&space, "/count", ()).calls, shared.load(Ordering::Relaxed)), (1, 1));
}

#[test]
fn the_first_match_may_be_the_only_one() {
    let (log, space) = (Log::default(), AddressSpace::new());
    let notes = log.clone();
    space.method("/a", move |n: i32| notes.note(format!("int {n}"))).unwrap();
    let notes = log.clone();
    space
        .method("/a", move |text: String| {
            notes.note(&text);
            (text == "on").then_some(Next)
        })
        .unwrap();
    let notes = log.clone();
    space.method("/a", move |TypeTags(tags): TypeTags, _: Message| notes.note(tags)).unwrap();
    run(&space, "/a", 1);
    assert_eq!(log.take(), ["int 1", "i"]);
    space.first_match(true);
    run(&space, "/a", 1);
    run(&space, "/a", "off");
    run(&space, "/a", "on");
    run(&space, "/a", (1, 2));
    assert_eq!(log.take(), ["int 1", "off", "on", "s", "ii"]);
    run(&space, "/?", 1);
    assert_eq!(log.take(), ["int 1", "i"], "a pattern calls all");
}

#[test]
fn arguments_may_have_to_be_exact() {
    let space = AddressSpace::new();
    space.method("/f", |_: f32| {}).unwrap();
    assert_eq!(run(&space, "/f", 1).calls, 1);
    space.exact(true);
    assert_eq!((run(&space, "/f", 1).misfits, run(&space, "/f", 1.0_f32).calls), (1, 1));
}

#[test]
fn spaces_are_mounted_in_spaces() {
    let log = Log::default();
    let channel = AddressSpace::new();
    let notes = log.clone();
    channel.method("/gain", move |at: Address, v: f32| notes.note(format!("{at} {v}"))).unwrap();
    let notes = log.clone();
    channel
        .method("/eq/*/q", move |at: Address, c: Captures<(u8,)>| {
            notes.note(format!("{at} {}", c.0.0))
        })
        .unwrap();
    channel.method("//deep", log.noting("deep")).unwrap();
    let mixer = AddressSpace::new();
    mixer.mount("/ch/1", &channel).unwrap();
    mixer.mount("/ch/2", &channel).unwrap();
    let desk = AddressSpace::new();
    desk.mount("/desk", &mixer).unwrap();
    desk.method("/desk/ch/1/gain", log.noting("desk")).unwrap();

    run(&desk, "/desk/ch/1/gain", 0.5_f32);
    assert_eq!(log.take(), ["desk", "/desk/ch/1/gain 0.5"]);
    run(&desk, "/desk/ch/*/gain", 1.0_f32);
    assert_eq!(log.take(), ["desk", "/desk/ch/1/gain 1", "/desk/ch/2/gain 1"]);
    run(&desk, "//q", ());
    run(&desk, "/desk/ch/2/eq/4/q", ());
    assert_eq!(log.take(), ["/desk/ch/2/eq/4/q 4"], "the pattern is no u8 and no address");
    run(&desk, "/desk/ch/2/x/deep", ());
    run(&desk, "/desk/*/1//deep", ());
    assert_eq!(log.take(), ["deep", "deep"]);
    assert_eq!(run(&desk, "/desk/ch/10/gain", 1.0_f32).unmatched, 1);

    // The innermost fallback gets what reaches nothing.
    desk.fallback(log.noting("desk's"));
    channel.fallback(log.noting("channel's"));
    run(&desk, "/desk/ch/1/nothing", ());
    run(&desk, "/desk/ch/9/nothing", ());
    assert_eq!(log.take(), ["channel's", "desk's"]);

    let circle = channel.mount("/desk", &desk).unwrap_err();
    assert!(matches!(circle, MountError::Circle { .. }), "{circle}");
    assert!(matches!(mixer.mount("/ch/1", &channel), Err(MountError::Taken { .. })));
    assert!(mixer.unmount("/ch/1") && !mixer.unmount("/ch/1"));
    assert_eq!(run(&desk, "/desk/ch/1/gain", 1.0_f32).calls, 1);
}

#[test]
fn an_observer_sees_every_message_and_what_it_reaches() {
    let (log, space) = (Log::default(), AddressSpace::new());
    space.method("/a", || {}).unwrap();
    space.method("/*", || {}).unwrap();
    let notes = log.clone();
    space.on_message(move |seen| {
        notes.note(format!("{} {:?}", seen.message.address(), seen.places))
    });
    space.on_message(|seen| assert!(seen.places.len() != 1, "an observer that panics"));
    for text in ["/a", "/b", "/x/y", "/[ab]"] {
        run(&space, text, ());
    }
    let expected = [r#"/a ["/a", "/*"]"#, r#"/b ["/*"]"#, "/x/y []", r#"/[ab] ["/a", "/*"]"#];
    assert_eq!(log.take(), expected);
}

#[tokio::test]
async fn changes_are_told_as_they_happen() {
    let space = AddressSpace::new();
    space.method("/before", || {}).unwrap();
    let mut changes = space.changes();
    let key = space.method("/a/x", || {}).unwrap();
    space.describe("/a/x", Info::new().with_unit("dB")).unwrap();
    space.move_subtree(&address("/a"), &address("/b")).unwrap();
    space.remove(key);
    space.mount("/m", &AddressSpace::new()).unwrap();
    let mut told = Vec::new();
    while told.len() < 5 {
        told.push(match changes.next().await.unwrap() {
            Change::Added { place, .. } => format!("+{place}"),
            Change::Removed { key: gone, place } if gone == key => format!("-{place}"),
            Change::Moved { from, to } => format!("{from}>{to}"),
            Change::Described { place } => format!("?{place}"),
            Change::Mounts { at } => format!("={at}"),
            other => format!("{other:?}"),
        });
    }
    assert_eq!(told, ["+/a/x", "?/a/x", "/a>/b", "-/b/x", "=/m"]);
    for _ in 0..2000 {
        let key = space.method("/flood", || {}).unwrap();
        space.remove(key);
    }
    assert!(matches!(changes.next().await, Some(Change::Missed(missed)) if missed > 2000));
    drop(space);
    assert_eq!(changes.count().await, 1024);
}

#[test]
fn methods_describe_themselves() {
    let space = AddressSpace::new();
    space.method("/gain", |_: f32, _: String, _: TypeTags| {}).unwrap();
    let info =
        Info::new().with_description("Gain").with_range(-90.0, 10.0).with_access(Access::Write);
    assert_eq!(space.info("/gain"), Some(Info::new().with_type_tags("fs")));
    space.describe("/gain", info.clone()).unwrap();
    assert_eq!(space.info("/gain"), Some(info.with_type_tags("fs")));
    assert_eq!(space.info("/pan"), None);
    space.move_subtree(&address("/gain"), &address("/level")).unwrap();
    assert_eq!(space.info("/level").and_then(|info| info.range()), Some((-90.0, 10.0)));
    assert_eq!(space.info("/gain"), None);
}

#[test]
fn sub_trees_move_between_spaces() {
    let (one, two) = (AddressSpace::new(), AddressSpace::new());
    for place in ["/a/x", "/a/*/y", "/b"] {
        one.method(place, || {}).unwrap();
    }
    assert_eq!(one.move_to(&address("/a"), &two, &address("/n")), 2);
    assert_eq!(
        (one.list(), two.list()),
        (vec!["/b".to_owned()], vec!["/n/x".into(), "/n/*/y".into()])
    );
    assert_eq!(two.children(&address("/n")), ["x"]);
    assert_eq!(two.remove_subtree("/n"), Ok(2));
}

#[test]
fn a_hundred_thousand_methods_are_quickly_there() {
    // One by one, each a change of its own that leaves the others' snapshots alone: it would take minutes if the tree
    // were copied.
    let space = AddressSpace::new();
    let mut snapshots = Vec::new();
    for n in 0..100_000 {
        space.method(format!("/{}/{}/{n}", n % 10, n % 100), || {}).unwrap();
        if n % 25_000 == 0 {
            snapshots.push(space.walk());
        }
    }
    assert_eq!(space.len(), 100_000);
    let counts: Vec<_> = snapshots.into_iter().map(Iterator::count).collect();
    assert_eq!(counts, [1, 25_001, 50_001, 75_001]);
    assert_eq!(run(&space, "/7/97/55597", ()).calls, 1);
}

#[test]
fn what_is_mounted_in_place_of_another_is_reached() {
    let (log, space) = (Log::default(), AddressSpace::new());
    let (one, two) = (AddressSpace::new(), AddressSpace::new());
    for (inner, name) in [(&one, "one"), (&two, "two")] {
        inner.method("/x", log.noting(name)).unwrap();
    }
    one.method("/y", || {}).unwrap();
    one.method("/", log.noting("root")).unwrap();
    space.mount("/m", &one).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    let message = Message::new("/m/x", ()).unwrap();
    let mut calls = || dispatcher.dispatch(message.view().into()).now_or_never().unwrap().calls;
    assert_eq!(calls(), 1);
    space.unmount("/m");
    space.mount("/m", &two).unwrap();
    assert_eq!((calls(), log.take()), (1, vec!["one".to_owned(), "two".to_owned()]));
    // A slash at the end is another address.
    space.unmount("/m");
    space.mount("/m", &one).unwrap();
    assert_eq!((run(&space, "/m", ()).calls, run(&space, "/m/", ()).calls), (1, 0));
}

#[test]
fn handlers_that_are_dropped_may_change_the_space() {
    let space = AddressSpace::new();
    let guard = || space.guard(space.method("/guarded", || {}).unwrap());
    // One that is refused, one that comes and goes in one edit, one whose edit panics.
    let held = guard();
    assert!(space.method("no address", move || format!("{held:?}").clear()).is_err());
    let held = guard();
    space.edit(|edit| {
        let key = edit.method("/short", move || format!("{held:?}").clear()).unwrap();
        assert!(edit.remove(key));
    });
    let held = guard();
    let panics = std::panic::AssertUnwindSafe(|| {
        space.edit(|edit| {
            edit.method("/lost", move || format!("{held:?}").clear()).unwrap();
            panic!("in the middle of an edit");
        })
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    assert!(space.is_empty(), "{:?}", space.list());
}

#[test]
fn what_is_registered_no_longer_is_let_go_with_the_next_message() {
    let (space, alive) = (AddressSpace::new(), Arc::new(()));
    let held = alive.clone();
    let key = space.method("/a/*", move || drop(Arc::clone(&held))).unwrap();
    space.method("/b", || {}).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    let mut run = |address: &str| {
        let message = Message::new(address, ()).unwrap();
        dispatcher.dispatch(message.view().into()).now_or_never().unwrap().calls
    };
    assert_eq!((run("/a/x"), run("/a/?")), (1, 1));
    space.remove(key);
    assert_eq!((run("/b"), Arc::strong_count(&alive)), (1, 1));
}

#[tokio::test]
async fn descriptions_go_with_what_they_describe() {
    let (one, two) = (AddressSpace::new(), AddressSpace::new());
    let mut changes = two.changes();
    let key = one.method("/a/x", || {}).unwrap();
    one.describe("/a/x", Info::new().with_unit("dB")).unwrap();
    assert_eq!(one.move_to(&address("/a"), &two, &address("/b")), 1);
    assert_eq!((one.info("/a/x"), one.remove(key)), (None, false));
    assert_eq!(two.info("/b/x").and_then(|info| info.unit().map(str::to_owned)), Some("dB".into()));
    assert!(
        matches!(changes.next().await, Some(Change::Added { place, .. }) if place.as_str() == "/b/x")
    );
    assert_eq!(two.remove_address("/b/x"), 1);
    assert_eq!(two.info("/b/x"), None);
}

#[test]
fn sub_trees_hand_over_what_the_sender_wrote() {
    let (log, space) = (Log::default(), AddressSpace::new());
    let notes = log.clone();
    space
        .subtree("/mixer", move |Captures((rest,)): Captures<(String,)>| notes.note(rest))
        .unwrap();
    for text in ["/mixer*/x/?", "/{mixer,a}/x", "/m*", "//x"] {
        assert_eq!(run(&space, text, ()).calls, 1, "{text}");
    }
    assert_eq!(log.take(), ["x/?", "x", "", "/x"]);
}
