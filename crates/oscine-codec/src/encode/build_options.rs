//! What a message may hold, beyond what the wire form can.

use crate::encode::collect::Collect;
use crate::encode::measure::check_address;
use crate::error::encode::EncodeError;
use crate::tag_set::TagSet;

/// What a builder is told about the message as a whole.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BuildOptions {
    pub(crate) any_address: bool,
    pub(crate) only_tags: Option<TagSet>,
    pub(crate) ascii_only: bool,
}

impl BuildOptions {
    /// Checks a message that is complete.
    pub(crate) fn check(&self, address: &str, collected: &Collect) -> Result<(), EncodeError> {
        if !(self.any_address && is_any_address(address)) {
            check_address(address)?;
        }
        let beyond_ascii = || address.chars().find(|c| !c.is_ascii()).or(collected.beyond_ascii);
        if let Some(character) = self.ascii_only.then(beyond_ascii).flatten() {
            return Err(EncodeError::NotAscii { character });
        }
        let Some(allowed) = self.only_tags else { return Ok(()) };
        match collected.tags.iter().find(|&&tag| !allowed.contains(tag)) {
            Some(&tag) => Err(EncodeError::TagNotAllowed { tag: char::from(tag) }),
            None => Ok(()),
        }
    }
}

/// Whether a receiver that tolerates any address would read this one: not empty, and `#` only in liblo's `#reply`.
fn is_any_address(address: &str) -> bool {
    let special = address.starts_with('#') && address != "#reply";
    !address.is_empty() && !special && !address.contains('\0')
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::address::AddressError;
    use crate::options::{DecodeOptions, Profile};
    use crate::owned::bundle::Bundle;
    use crate::owned::message::Message;
    use crate::time_tag::TimeTag;
    use crate::tolerances::Tolerances;
    use crate::value::char::Char;
    use crate::view::packet_ref::PacketRef;

    #[test]
    fn addresses_without_a_slash_are_read_where_they_are_tolerated() {
        let strict = DecodeOptions::new().profile(Profile::Strict);
        let tolerant = strict.tolerate(Tolerances::ANY_ADDRESS);
        for address in ["foo", ",x", "#reply", " ", "é", "/a"] {
            let built = Message::builder(address).any_address().arg(7).build().unwrap();
            assert_eq!(built.address(), address);
            let decoded = PacketRef::decode_with(built.as_bytes(), &tolerant).unwrap();
            assert_eq!(decoded.tolerances(), built.tolerances(), "{address}");
            // Also inside bundles: a view of one that was built is that of one that was decoded.
            let bundle = Bundle::new(TimeTag(9), [built.clone(), built.clone()]).unwrap();
            let decoded = PacketRef::decode_with(bundle.as_bytes(), &tolerant).unwrap();
            assert_eq!(decoded.bundle().unwrap().elements().count(), 2, "{address}");
            assert_eq!(bundle.elements().count(), 2, "{address}");
            assert_eq!(bundle.to_string(), decoded.to_string());
            if address != "/a" {
                assert!(Message::builder(address).arg(7).build().is_err());
                assert!(PacketRef::decode_with(built.as_bytes(), &strict).is_err());
            }
        }
        let bad = [
            ("", AddressError::NoSlash),
            ("#bundle", AddressError::NoSlash),
            ("#replies", AddressError::NoSlash),
            ("a\0", AddressError::NoSlash),
            ("/a\0", AddressError::Character { character: '\0', offset: 2 }),
        ];
        for (address, source) in bad {
            let error = EncodeError::Address { address: address.into(), source };
            assert_eq!(Message::builder(address).any_address().build(), Err(error));
        }
    }

    #[test]
    fn an_allow_list_concerns_arguments_wherever_it_is_given() {
        let numbers = TagSet::new("if");
        let build = |builder: crate::MessageBuilder| builder.build().map(|m| m.to_string());
        let good = Message::builder("/a").only_tags(numbers).arg((1, 2.5_f32));
        assert_eq!(build(good).unwrap(), "/a ,if 1 2.5");
        let refused = |tag| Err(EncodeError::TagNotAllowed { tag });
        assert_eq!(build(Message::builder("/a").only_tags(numbers).arg((1, "x"))), refused('s'));
        assert_eq!(build(Message::builder("/a").arg([1]).only_tags(numbers)), refused('['));
        assert_eq!(build(Message::builder("/a").only_tags(numbers).arg_as('h', 1)), refused('h'));
    }

    #[test]
    fn ascii_only_looks_at_addresses_text_and_characters() {
        let build =
            |address: &str, arg: &dyn Fn(crate::MessageBuilder) -> crate::MessageBuilder| {
                arg(Message::builder(address)).ascii_only().build().map(|m| m.to_string())
            };
        assert_eq!(
            build("/a", &|b| b.arg(("x", 'y', *b"\xff"))).unwrap(),
            "/a ,scb \"x\" 'y' 0xff"
        );
        let refused = |character| Err(EncodeError::NotAscii { character });
        assert_eq!(build("/ä", &|b| b), refused('ä'));
        assert_eq!(build("/a", &|b| b.arg((1, "xé"))), refused('é'));
        assert_eq!(build("/a", &|b| b.arg(['€'])), refused('€'));
        assert_eq!(build("/a", &|b| b.arg(Char(0x8000_0000))), refused('\u{80}'));
        assert_eq!(build("/a", &|b| b.arg(Char(0x8765_4321))), refused('\u{fffd}'));
    }
}
