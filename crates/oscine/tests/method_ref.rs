//! Messages that are built by what they are for.

use std::sync::atomic::{AtomicI32, Ordering};

use futures::FutureExt;
use oscine::{Address, AddressSpace, Dispatcher, State, TimeTag};

#[test]
fn a_method_builds_messages_and_bundles_to_itself() {
    let space = AddressSpace::new();
    space.set_state(AtomicI32::new(0));
    let set = |level: State<AtomicI32>, n: i32| level.store(n, Ordering::Relaxed);
    let key = space.method("/lamp/1", set).unwrap();
    let lamp = space.method_ref(key).unwrap();
    assert_eq!((lamp.key(), lamp.address().as_str()), (key, "/lamp/1"));
    let message = lamp.message(7).unwrap();
    let bundle = lamp.bundle_at(TimeTag(5 << 32), 8).unwrap();
    assert_eq!(message.to_string(), "/lamp/1 ,i 7");
    assert_eq!(bundle.time_tag(), TimeTag(5 << 32));
    let mut dispatcher = Dispatcher::new(space.clone());
    for packet in [message.view().into(), bundle.view().into()] {
        assert_eq!(dispatcher.dispatch(packet).now_or_never().unwrap().calls, 1);
    }
    assert!(lamp.message("\0").is_err());
    assert!(lamp.bundle_at(TimeTag::IMMEDIATE, "\0").is_err());
}

#[test]
fn only_what_stands_at_an_address_has_one() {
    let space = AddressSpace::new();
    let tree = space.subtree("/tree", || {}).unwrap();
    assert_eq!(space.method_ref(tree).unwrap().address().as_str(), "/tree");
    let pattern = space.method("/a/*", || {}).unwrap();
    assert_eq!(space.method_ref(pattern), None);
    let key = space.method("/lamp/1", || {}).unwrap();
    let (from, to) = (Address::new("/lamp").unwrap(), Address::new("/light").unwrap());
    space.move_subtree(&from, &to).unwrap();
    assert_eq!(space.method_ref(key).unwrap().address().as_str(), "/light/1");
    assert!(space.remove(key));
    assert_eq!(space.method_ref(key), None);
}
