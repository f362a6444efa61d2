//! Bundles written straight into a buffer.

use bytes::{BufMut, BytesMut};

use crate::encode::bundle::check_element;
use crate::encode::measure::check_size;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::limits::Limits;
use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::time_tag::TimeTag;
use crate::view::bundle_ref::MARK;

impl Bundle {
    /// Appends a bundle to `out`; `fill` adds its elements. Allocates nothing when `out` has the room.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use oscine_codec::{Bundle, PacketRef, TimeTag};
    ///
    /// let mut out = BytesMut::with_capacity(1024);
    /// Bundle::encode_into(TimeTag::IMMEDIATE, &mut out, |bundle| {
    ///     bundle.message("/note", (60, 0.8_f32))?;
    ///     bundle.bundle(TimeTag(9 << 32), |later| later.message("/off", 60))
    /// })?;
    /// let text = PacketRef::decode(&out).expect("as it was built").to_string();
    /// let inner = "#bundle 0000000900000000 {/off ,i 60}";
    /// assert_eq!(text, format!("#bundle 0000000000000001 {{/note ,if 60 0.8; {inner}}}"));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EncodeError`] of an element, or when bundles are nested too deep. `out` is then as it was.
    pub fn encode_into(
        time_tag: TimeTag,
        out: &mut BytesMut,
        fill: impl FnOnce(&mut BundleEncoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        BundleEncoder::run(time_tag, out, 1, fill)
    }
}

/// A bundle that is being written into a buffer: see [`Bundle::encode_into`].
#[derive(Debug)]
pub struct BundleEncoder<'b> {
    out: &'b mut BytesMut,
    /// How many bundles are open, this one among them.
    depth: u32,
}

impl BundleEncoder<'_> {
    /// Appends a message.
    ///
    /// # Errors
    ///
    /// As [`Message::new`]. The bundle is then as it was.
    pub fn message(
        &mut self,
        address: impl AsRef<str>,
        args: impl ToArgs,
    ) -> Result<(), EncodeError> {
        element(self.out, |out| Message::encode_into(address, args, out))
    }

    /// Appends a bundle; `fill` adds its elements.
    ///
    /// # Errors
    ///
    /// As [`Bundle::encode_into`]. The bundle is then as it was.
    pub fn bundle(
        &mut self,
        time_tag: TimeTag,
        fill: impl FnOnce(&mut BundleEncoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let depth = self.depth + 1;
        element(self.out, |out| BundleEncoder::run(time_tag, out, depth, fill))
    }

    /// Appends a packet that is built already: its bytes are copied.
    ///
    /// # Errors
    ///
    /// As [`Bundle::new`]. The bundle is then as it was.
    pub fn packet(&mut self, packet: &Packet) -> Result<(), EncodeError> {
        check_element(packet, self.depth as usize)?;
        element(self.out, |out| {
            out.extend_from_slice(packet.as_bytes());
            Ok(())
        })
    }

    fn run(
        time_tag: TimeTag,
        out: &mut BytesMut,
        depth: u32,
        fill: impl FnOnce(&mut BundleEncoder<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let limit = Limits::new().depth;
        if depth > limit {
            return Err(EncodeError::TooDeep { limit });
        }
        let start = out.len();
        out.put_slice(MARK);
        out.put_u64(time_tag.0);
        fill(&mut BundleEncoder { out, depth }).inspect_err(|_| out.truncate(start))
    }
}

/// Appends what `write` does, behind its size. On an error `out` is as it was.
#[inline]
fn element(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.put_u32(0);
    let written = write(out).and_then(|()| {
        let size = out.len() - start - 4;
        check_size(size)?;
        let place = out.get_mut(start..).and_then(|element| element.first_chunk_mut());
        if let (Some(place), Ok(size)) = (place, u32::try_from(size)) {
            *place = size.to_be_bytes();
        }
        Ok(())
    });
    written.inspect_err(|_| out.truncate(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_builder_builds() {
        let (tag, later) = (TimeTag(5 << 32), TimeTag(6 << 32));
        let message = || Message::new("/a", (1, "x")).unwrap();
        let inner = Bundle::new(later, [message()]).unwrap();
        let built =
            Bundle::builder(tag).element(message()).element(inner).element(message()).build();
        let mut out = BytesMut::new();
        Bundle::encode_into(tag, &mut out, |bundle| {
            bundle.message("/a", (1, "x"))?;
            bundle.bundle(later, |inner| inner.message("/a", (1, "x")))?;
            bundle.packet(&message().into())
        })
        .unwrap();
        assert_eq!(&out[..], built.unwrap().as_bytes());
    }

    #[test]
    fn an_error_leaves_the_buffer_as_it_was() {
        fn deep(bundle: &mut BundleEncoder<'_>, levels: u32) -> Result<(), EncodeError> {
            if levels == 0 {
                return bundle.message("/a", ());
            }
            bundle.bundle(TimeTag::IMMEDIATE, |inner| deep(inner, levels - 1))
        }
        let mut out = BytesMut::from(&b"before"[..]);
        let mut encode = |levels| {
            let result = Bundle::encode_into(TimeTag::IMMEDIATE, &mut out, |b| deep(b, levels));
            (result, out.len())
        };
        assert_eq!(encode(32), (Err(EncodeError::TooDeep { limit: 32 }), 6));
        assert!(matches!(encode(31), (Ok(()), 7..)));

        let mut out = BytesMut::new();
        let result = Bundle::encode_into(TimeTag::IMMEDIATE, &mut out, |bundle| {
            bundle.message("/a", 1)?;
            assert!(bundle.message("no slash", 2).is_err(), "and it can go on");
            bundle.message("/b", 3)
        });
        assert_eq!((result, out.len()), (Ok(()), 16 + 2 * 16));
    }
}
