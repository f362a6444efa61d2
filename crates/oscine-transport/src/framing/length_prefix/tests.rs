//! Tests of framing by lengths.

use bytes::BytesMut;
use proptest::prelude::*;
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use super::*;
use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};

#[test]
fn a_long_frame_takes_memory_as_it_arrives() {
    let mut framing = LengthPrefix::with_max_frame(1 << 30);
    let mut src = BytesMut::from(&[0x3f, 0xff, 0xff, 0xff, 1, 2, 3][..]);
    assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
    assert!(src.capacity() < 4096, "{} bytes were taken", src.capacity());
}

#[test]
fn an_error_is_final_until_the_stream_is_finished() {
    let mut framing = LengthPrefix::with_max_frame(16);
    let mut src = BytesMut::from(&b"\0\0\0\x04good\0\0\0\x11"[..]);
    assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("good".into())));
    let error = FrameError::TooLong { length: 17, limit: 16, offset: 8 };
    assert_eq!(framing.decode(&mut src), Err(error.clone()));
    assert!(src.is_empty());
    assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
    src.extend_from_slice(b"\0\0\0\x04more");
    assert_eq!(framing.decode(&mut src), Err(error));
    assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
    src.extend_from_slice(b"\0\0\0\x04more");
    assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("more".into())));
}

#[test]
fn an_unfinished_frame_is_one_fault() {
    let mut framing = LengthPrefix::new();
    let mut src = BytesMut::from(&b"\0\0\0\x04good\0\0\0\x09half"[..]);
    assert_eq!(framing.finish(&mut src), Ok(Decoded::Frame("good".into())));
    let fault = FrameFault::new(FrameFaultKind::Unfinished { length: 8 }, 8);
    assert_eq!(framing.finish(&mut src), Ok(Decoded::Fault(fault)));
    assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
}

#[test]
fn a_frame_above_the_limit_leaves_the_buffer_as_it_was() {
    let mut framing = LengthPrefix::with_max_frame(3);
    let mut dst = BytesMut::from(&b"before"[..]);
    let error = framing.encode(b"four", &mut dst).unwrap_err();
    assert_eq!(error, FrameTooLong::new(4, 3));
    assert_eq!(&dst[..], b"before");
}

#[track_caller]
fn check(builder: LengthPrefixBuilder, frame: &[u8], wire: &[u8]) {
    let mut dst = BytesMut::new();
    builder.build().encode(frame, &mut dst).unwrap();
    assert_eq!(&dst[..], wire);
    // By byte: nothing before the last one, and the frame then.
    let (mut framing, mut src) = (builder.build(), BytesMut::new());
    for (count, &byte) in wire.iter().enumerate() {
        src.extend_from_slice(&[byte]);
        let decoded = framing.decode(&mut src).unwrap();
        let whole = Decoded::Frame(frame.to_vec().into());
        assert_eq!(decoded, if count + 1 < wire.len() { Decoded::More } else { whole });
    }
}

#[test]
fn headers_of_every_kind_are_written_and_read() {
    let builder = LengthPrefix::builder;
    check(builder(), b"abc", b"\0\0\0\x03abc");
    check(builder().little_endian(true), b"abc", b"\x03\0\0\0abc");
    check(builder().width(1), b"abc", b"\x03abc");
    check(builder().width(2).surplus(2), b"abc", b"\0\x05abc");
    check(builder().width(3).surplus(-1), b"abc", b"\0\0\x02abc");
    check(builder().width(8), b"abc", b"\0\0\0\0\0\0\0\x03abc");
    check(builder().width(8).little_endian(true), b"abc", b"\x03\0\0\0\0\0\0\0abc");
    let rich = builder().width(2).bytes_before(1).bytes_after(2).surplus(5);
    check(rich, b"abc", b"\0\0\x08\0\0abc");
}

#[test]
fn what_a_header_cannot_tell_is_refused() {
    let mut dst = BytesMut::new();
    for (builder, greatest) in [
        (LengthPrefix::builder().width(1), 255),
        (LengthPrefix::builder().width(1).surplus(5), 250),
        (LengthPrefix::builder().width(2).surplus(-5), 65_540),
        (LengthPrefix::builder().width(8).max_frame(100), 100),
    ] {
        let mut framing = builder.build();
        framing.encode(&vec![0; greatest], &mut dst).unwrap();
        let error = framing.encode(&vec![0; greatest + 1], &mut dst).unwrap_err();
        assert_eq!(error, FrameTooLong::new(greatest + 1, greatest));
    }
}

#[test]
fn lengths_that_cannot_be_break_the_stream() {
    let mut framing = LengthPrefix::builder().width(8).build();
    let error = framing.decode(&mut BytesMut::from(&[0xff; 9][..])).unwrap_err();
    let limit = 1 << 20;
    assert_eq!(error, FrameError::TooLong { length: u64::MAX, limit, offset: 0 });
    let mut framing = LengthPrefix::builder().surplus(4).build();
    let mut src = BytesMut::from(&b"\0\0\0\x05x\0\0\0\x04\0\0\0\x03"[..]);
    assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("x".into())));
    // A length that counts the header alone is an empty frame, and skipped.
    let error = framing.decode(&mut src).unwrap_err();
    assert_eq!(error, FrameError::TooShort { length: 3, surplus: 4, offset: 9 });
    // The greatest lengths of all overflow nothing.
    let mut framing = LengthPrefix::builder().width(8).surplus(i32::MIN).build();
    framing.decode(&mut BytesMut::from(&[0xff; 9][..])).unwrap_err();
}

#[test]
#[should_panic(expected = "1 to 8 bytes")]
fn a_length_has_a_width() {
    let _ = LengthPrefix::builder().width(9);
}

proptest! {
    /// Tokio-util's codec is the reference.
    #[test]
    fn frames_are_those_of_the_reference(
        width in 1_usize..=8,
        little_endian: bool,
        before in 0_u8..4,
        after in 0_u8..4,
        surplus in -3_i32..12,
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 3..60), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let builder = LengthPrefix::builder().width(width).little_endian(little_endian);
        let mut framing =
            builder.bytes_before(before).bytes_after(after).surplus(surplus).build();
        let mut stream = BytesMut::new();
        for frame in &frames {
            framing.encode(frame, &mut stream).unwrap();
        }
        stream.truncate(cut.index(stream.len() + 1));

        let header = usize::from(before) + width + usize::from(after);
        let mut reference = LengthDelimitedCodec::builder();
        reference.length_field_offset(before.into()).length_field_length(width);
        reference.length_adjustment(-isize::try_from(surplus).unwrap());
        reference.num_skip(header);
        let mut reference =
            if little_endian { reference.little_endian() } else { reference.big_endian() }
                .new_codec();
        let mut copy = stream.clone();
        for _ in 0..=frames.len() {
            let expected = reference.decode(&mut copy).unwrap().map(BytesMut::freeze);
            let found = match framing.decode(&mut stream).unwrap() {
                Decoded::Frame(frame) => Some(frame),
                other => { prop_assert_eq!(other, Decoded::More); None }
            };
            prop_assert_eq!(&found, &expected);
        }
    }
}
