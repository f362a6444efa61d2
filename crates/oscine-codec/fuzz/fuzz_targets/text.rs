//! Any text as a packet, a pattern and arguments; and packets as text and back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oscine_codec::{Address, Message, Packet, PacketRef, Pattern};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(packet) = PacketRef::decode(bytes) {
        let printed = packet.to_string();
        assert_eq!(printed.parse::<Packet>(), Ok(packet.into()), "{printed}");
    }
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    match text.parse::<Packet>() {
        Ok(packet) => {
            let printed = packet.to_string();
            assert_eq!(printed.parse::<Packet>().as_ref(), Ok(&packet), "{printed}");
            assert_eq!(Packet::decode(packet.bytes().clone()).as_ref(), Ok(&packet));
        }
        Err(error) => assert!(error.offset() <= text.len(), "{error}"),
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    if let Ok(built) = Message::builder("/a").arg_text(rest) {
        if let Ok(message) = built.build() {
            assert_eq!(message.to_string().parse(), Ok(message));
        }
    }
    if let (Some(tag), Ok(pattern)) = (first.chars().next(), Pattern::new(first)) {
        let _ = Message::builder("/a").arg_text_as(tag, rest).map(|built| built.build());
        let _ = pattern.matches(rest);
        assert!(Pattern::is_pattern(first) || pattern.matches(first));
    }
    if let Ok(address) = Address::new(first) {
        assert!(Pattern::new(first).is_ok_and(|pattern| pattern.matches(address.as_str())));
    }
});
