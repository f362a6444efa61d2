//! Methods under patterns with wildcards inside of braces.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use futures::FutureExt;
use oscine::{
    AddressSpace, Captures, Dispatched, Dispatcher, Message, Pattern, PatternOptions, State,
};
use std::sync::{Arc, Mutex};

type Log = Mutex<Vec<String>>;

fn nested(text: &str) -> Pattern {
    Pattern::with_options(text, PatternOptions::new().nested(true)).unwrap()
}

fn run(space: &AddressSpace, address: &str) -> Dispatched {
    let message = Message::new(address, ()).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    dispatcher.dispatch(message.view().into()).now_or_never().unwrap()
}

#[test]
fn they_stay_so_where_they_are_mounted() {
    let (log, inner) = (Arc::new(Log::default()), AddressSpace::new());
    inner.set_shared_state(Arc::clone(&log));
    let noting = |log: State<Log>, c: Captures<Vec<String>>| {
        log.lock().unwrap().push(format!("{:?}", c.0));
    };
    inner.method(nested("/{ch*,main}/gain"), noting).unwrap();
    inner.method(nested("//{eq[0-9],comp}"), noting).unwrap();
    let outer = AddressSpace::new();
    outer.mount("/desk/1", &inner).unwrap();
    for text in ["/desk/1/ch12/gain", "/desk/1/c?/g*", "/desk/1/x/y/eq4", "/desk/*//eq[1-2]"] {
        assert_eq!(run(&outer, text).calls, 1, "{text}");
    }
    let expected = [r#"["ch12"]"#, r#"["c?"]"#, r#"["x/y", "eq4"]"#, r#"["", "eq[1-2]"]"#];
    assert_eq!(*log.lock().unwrap(), expected);
    assert_eq!(run(&outer, "/desk/1/aux/gain").unmatched, 1);
}

#[test]
fn messages_never_have_them() {
    let space = AddressSpace::new();
    space.method("/ch1/gain", || {}).unwrap();
    assert_eq!(run(&space, "/{ch1,main}/gain").calls, 1);
    assert_eq!(run(&space, "/{ch*,main}/gain").unmatched, 1);
    let broken = run(&space, "/{ch{1,2},main}/gain");
    assert_eq!((broken.unmatched, broken.bad_patterns), (1, 1));
}
