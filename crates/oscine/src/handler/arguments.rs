//! Arguments as handler parameters.

use bytes::Bytes;
use oscine_codec::{Char, Color, FromArgs, Impulse, Midi, Nil, ReadError, Rest, Symbol, TimeTag};

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;

macro_rules! arguments {
    ($($type:ty = $tag:literal)+) => {$(
        impl FromCall for $type {
            fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
                Self::from_args(&mut call.args)
            }

            fn type_tags(tags: &mut String) {
                tags.push_str($tag);
            }
        }
    )+};
}

arguments! {
    i32 = "i" i64 = "h" f32 = "f" f64 = "d" bool = "T" char = "c" String = "s" Bytes = "b" TimeTag = "t"
    Color = "r" Midi = "m" Char = "c" Nil = "N" Impulse = "I" Symbol<String> = "S"
}

#[cfg(feature = "serde")]
impl<T> FromCall for oscine_codec::Serde<T>
where
    Self: for<'a> FromArgs<'a>,
{
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        Self::from_args(&mut call.args)
    }
}

macro_rules! generic_arguments {
    ($([$($generics:tt)+] $type:ty;)+) => {$(
        impl<$($generics)+> FromCall for $type
        where
            Self: for<'a> FromArgs<'a>,
        {
            fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
                Self::from_args(&mut call.args)
            }
        }
    )+};
}

generic_arguments! {
    [T] Option<T>;
    [T] Vec<T>;
    [T, const N: usize] [T; N];
    [T] Rest<T>;
    [A, B] (A, B);
    [A, B, C] (A, B, C);
    [A, B, C, D] (A, B, C, D);
}
