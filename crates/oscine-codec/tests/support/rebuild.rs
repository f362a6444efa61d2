//! A packet built again from its views.

use oscine_codec::{Bundle, EncodeError, Message, MessageRef, Packet, PacketRef};

/// Builds `packet` again out of what its views say; `None` when it holds a message that no builder makes: bytes of
/// unknown type behind the address.
///
/// Recurses: for packets within the default depth only.
pub(crate) fn rebuild(packet: PacketRef<'_>) -> Option<Result<Packet, EncodeError>> {
    match packet {
        PacketRef::Message(message) => {
            rebuild_message(message).map(|built| built.map(Packet::from))
        }
        PacketRef::Bundle(bundle) => {
            let elements: Option<Result<Vec<_>, _>> = bundle.elements().map(rebuild).collect();
            Some(
                elements?.and_then(|elements| {
                    Bundle::new(bundle.time_tag(), elements).map(Packet::Bundle)
                }),
            )
        }
    }
}

/// Once with the arguments as a whole and once one by one: both must come out alike.
fn rebuild_message(message: MessageRef<'_>) -> Option<Result<Message, EncodeError>> {
    let address = message.address_text().to_str_lossy();
    if message.type_tags().is_none() {
        return message.untyped().is_empty().then(|| Message::typeless(&address));
    }
    let whole = Message::new(&address, message.args());
    let builder = Message::builder(&*address);
    let single = message.args().fold(builder, |builder, arg| builder.arg(arg)).build();
    assert_eq!(whole, single);
    Some(whole)
}
