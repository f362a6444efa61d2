//! Arguments written as the type tags that the caller names.

use crate::encode::collect::Collect;
use crate::encode::sink::sealed::Sink;
use crate::error::encode::EncodeError;

/// A sink that writes each argument as the next of a list of type tags, converting numbers on the way.
pub(crate) struct AsTags<'a> {
    /// The type tags that are left, without the comma.
    wanted: &'a [u8],
    out: &'a mut Collect,
    /// How many arguments came, brackets included.
    index: usize,
}

/// A number of any type.
#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Float(f64),
}

impl<'a> AsTags<'a> {
    /// `tags` without the comma. Unknown type tags and odd brackets are errors.
    pub(crate) fn new(tags: &'a [u8], out: &'a mut Collect) -> Result<Self, EncodeError> {
        let mut depth = 0_usize;
        for &tag in tags {
            match tag {
                b'[' => depth += 1,
                b']' => depth = depth.checked_sub(1).ok_or(EncodeError::UnbalancedArray)?,
                _ if b"ifsbhtdScrmTFNI".contains(&tag) => {}
                _ => return Err(EncodeError::UnknownTag { tag: char::from(tag) }),
            }
        }
        if depth > 0 {
            return Err(EncodeError::UnbalancedArray);
        }
        Ok(Self { wanted: tags, out, index: 0 })
    }

    /// Succeeds when each type tag has had its argument.
    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        match self.wanted.first() {
            Some(&tag) => Err(EncodeError::MissingValue { tag: char::from(tag) }),
            None => Ok(()),
        }
    }

    /// Takes the type tag that the next argument, whose own is `found`, is to be written as.
    fn next(&mut self, found: u8) -> Result<u8, EncodeError> {
        let index = self.index;
        let (wanted, rest) = match self.wanted.split_first() {
            // The list, or the array, has more values than tags.
            None | Some((b']', _)) if found != b']' => {
                return Err(EncodeError::SurplusValue { index });
            }
            Some((&wanted, _)) if found == b']' && wanted != b']' => {
                return Err(EncodeError::MissingValue { tag: char::from(wanted) });
            }
            Some((&wanted, rest)) => (wanted, rest),
            None => return Err(EncodeError::UnbalancedArray),
        };
        self.wanted = rest;
        self.index += 1;
        Ok(wanted)
    }

    /// Takes the type tag that is wanted next, which has to be `found` itself.
    fn same(&mut self, found: u8) -> Result<(), EncodeError> {
        let wanted = self.next(found)?;
        if wanted == found { Ok(()) } else { Err(misfit(wanted, found)) }
    }

    fn number(&mut self, wanted: u8, found: u8, number: Number) -> Result<(), EncodeError> {
        let out_of_range = EncodeError::OutOfRange { tag: char::from(wanted) };
        match wanted {
            b'i' => {
                let value = number.integer().and_then(|value| i32::try_from(value).ok());
                self.out.word(b'i', value.ok_or(out_of_range)?.to_be_bytes())
            }
            b'h' => self.out.long(b'h', number.integer().ok_or(out_of_range)?.to_be_bytes()),
            b'f' => self.out.word(b'f', number.float32().ok_or(out_of_range)?.to_be_bytes()),
            b'd' => self.out.long(b'd', number.float64().to_be_bytes()),
            // A character or a colour as the one number it is, too.
            b'c' | b'r' => match number {
                Number::Integer(value) => {
                    let bits = u32::try_from(value).map_err(|_| out_of_range)?;
                    self.out.word(wanted, bits.to_be_bytes())
                }
                Number::Float(_) => Err(misfit(wanted, found)),
            },
            _ => Err(misfit(wanted, found)),
        }
    }
}

impl Number {
    /// Without its fraction, if an `i64` can hold it.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked; no fraction left")]
    fn integer(self) -> Option<i64> {
        // 2^63 is a float, and the first that does not fit; NaN compares false.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Self::Integer(value) => Some(value),
            Self::Float(value) => (-LIMIT..LIMIT).contains(&value).then_some(value as i64),
        }
    }

    /// The nearest, unless a finite number would become infinite.
    #[expect(clippy::cast_possible_truncation, reason = "the caller asked for the shorter float")]
    fn float32(self) -> Option<f32> {
        let value = self.float64();
        let nearest = value as f32;
        if nearest.is_infinite() && value.is_finite() { None } else { Some(nearest) }
    }

    #[expect(clippy::cast_precision_loss, reason = "the caller asked for a float")]
    const fn float64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

fn misfit(wanted: u8, found: u8) -> EncodeError {
    EncodeError::WrongType { tag: char::from(wanted), found: char::from(found) }
}

impl Sink for AsTags<'_> {
    fn unit(&mut self, tag: u8) -> Result<(), EncodeError> {
        let wanted = self.next(tag)?;
        match tag {
            _ if wanted == tag => self.out.unit(tag),
            b'T' => self.number(wanted, tag, Number::Integer(1)),
            b'F' => self.number(wanted, tag, Number::Integer(0)),
            _ => Err(misfit(wanted, tag)),
        }
    }

    fn word(&mut self, tag: u8, data: [u8; 4]) -> Result<(), EncodeError> {
        let wanted = self.next(tag)?;
        match tag {
            _ if wanted == tag => self.out.word(tag, data),
            b'i' => self.number(wanted, tag, Number::Integer(i64::from(i32::from_be_bytes(data)))),
            b'f' => self.number(wanted, tag, Number::Float(f64::from(f32::from_be_bytes(data)))),
            _ => Err(misfit(wanted, tag)),
        }
    }

    fn long(&mut self, tag: u8, data: [u8; 8]) -> Result<(), EncodeError> {
        let wanted = self.next(tag)?;
        match tag {
            _ if wanted == tag => self.out.long(tag, data),
            b'h' => self.number(wanted, tag, Number::Integer(i64::from_be_bytes(data))),
            b'd' => self.number(wanted, tag, Number::Float(f64::from_be_bytes(data))),
            _ => Err(misfit(wanted, tag)),
        }
    }

    fn text(&mut self, tag: u8, text: &str) -> Result<(), EncodeError> {
        match self.next(tag)? {
            wanted @ (b's' | b'S') => self.out.text(wanted, text),
            wanted => Err(misfit(wanted, tag)),
        }
    }

    fn blob(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.same(b'b')?;
        self.out.blob(bytes)
    }

    fn open(&mut self) -> Result<(), EncodeError> {
        self.same(b'[')?;
        self.out.open()
    }

    fn close(&mut self) -> Result<(), EncodeError> {
        self.same(b']')?;
        self.out.close()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::encode::to_arg::ToArg;
    use crate::encode::to_args::ToArgs;
    use crate::owned::message::Message;
    use crate::time_tag::TimeTag;
    use crate::value::midi::Midi;
    use crate::value::symbol::Symbol;
    use crate::value::unit::{Impulse, Nil};

    #[test]
    fn numbers_stand_in_for_each_other_within_range() {
        fn check(tag: char, value: impl ToArg, right: &str) {
            let built = Message::builder("/a").arg_as(tag, value).build();
            let text = built.map(|message| message.to_string());
            assert_eq!(text, Ok(format!("/a ,{tag} {right}")));
        }
        check('h', 5, "5");
        check('f', 5, "5.0");
        check('d', 0.5_f32, "0.5");
        check('f', 0.1, "0.1");
        check('i', 5_i64, "5");
        check('i', -2.9, "-2");
        check('i', f64::from(i32::MAX), "2147483647");
        check('h', 1e18, "1000000000000000000");
        check('f', f64::INFINITY, "inf");
        check('f', i64::MAX, "9.223372e18");
        check('i', true, "1");
        check('d', false, "0.0");
        check('c', 0x61, "'a'");
        check('r', 0xff80_40ff_u32, "#ff8040ff");
        check('S', "x", "\"x\"");
        check('s', Symbol("x"), "\"x\"");
        check('T', true, "true");
        check('N', None::<i32>, "nil");
        check('I', Impulse, "inf");
        check('b', *b"x", "0x78");
        check('t', TimeTag(1), "0000000000000001");
        check('m', Midi::default(), "midi:00000000");
        // Bits are kept where nothing is converted.
        check('f', f32::from_bits(0x7fa0_0001), "nan:7fa00001");
    }

    #[test]
    fn what_does_not_fit_has_a_name() {
        fn check(tag: char, value: impl ToArg, right: EncodeError) {
            assert_eq!(Message::builder("/a").arg_as(tag, value).build(), Err(right));
        }
        let out_of_range = |tag| EncodeError::OutOfRange { tag };
        let wrong = |tag, found| EncodeError::WrongType { tag, found };
        check('i', 1_i64 << 31, out_of_range('i'));
        check('i', 3e9, out_of_range('i'));
        check('i', f64::NAN, out_of_range('i'));
        check('h', 9.3e18, out_of_range('h'));
        check('h', f32::INFINITY, out_of_range('h'));
        check('f', 1e39, out_of_range('f'));
        check('c', -1, out_of_range('c'));
        check('r', 1_i64 << 32, out_of_range('r'));
        check('c', 97.0, wrong('c', 'd'));
        check('i', "5", wrong('i', 's'));
        check('s', 5, wrong('s', 'i'));
        check('T', false, wrong('T', 'F'));
        check('F', Nil, wrong('F', 'N'));
        check('t', 5_i64, wrong('t', 'h'));
        check('i', [5], wrong('i', '['));
        check('m', [1, 2, 3, 4], wrong('m', '['));
        check('x', 5, EncodeError::UnknownTag { tag: 'x' });
        check('€', 5, EncodeError::UnknownTag { tag: '€' });
        check('[', vec![5], EncodeError::UnbalancedArray);
    }

    #[test]
    fn a_tag_string_has_as_many_values_as_tags() {
        fn check(tags: &str, values: impl ToArgs) -> Result<alloc::string::String, EncodeError> {
            Message::builder("/a").args_as(tags, values).build().map(|message| message.to_string())
        }
        assert_eq!(check("ifs", (1, 2, "x")).unwrap(), "/a ,ifs 1 2.0 \"x\"");
        assert_eq!(check(",[f[h]]d", ([(1, [2])], 3)).unwrap(), "/a ,[f[h]]d [1.0 [2]] 3.0");
        assert_eq!(check("[][]", ([0; 0], [0; 0])).unwrap(), "/a ,[][] [] []");
        assert_eq!(check("", ()).unwrap(), "/a ,");
        let missing = |tag| Err(EncodeError::MissingValue { tag });
        let surplus = |index| Err(EncodeError::SurplusValue { index });
        assert_eq!(check("ii", 1), missing('i'));
        assert_eq!(check("i[if]", (1, [2])), missing('f'));
        assert_eq!(check("i[]", 1), missing('['));
        assert_eq!(check("i", (1, 2)), surplus(1));
        assert_eq!(check("i[i]", (1, [2, 3])), surplus(3));
        assert_eq!(check("", [0; 0]), surplus(0));
        assert_eq!(check("ii", (1, [2])), Err(EncodeError::WrongType { tag: 'i', found: '[' }));
        assert_eq!(check("[i]", 1), Err(EncodeError::WrongType { tag: '[', found: 'i' }));
        assert_eq!(check("[i", [1]), Err(EncodeError::UnbalancedArray));
        assert_eq!(check("i]", 1), Err(EncodeError::UnbalancedArray));
        assert_eq!(check(",,", ()), Err(EncodeError::UnknownTag { tag: ',' }));
    }
}
