//! Arguments as handler parameters.

use bytes::Bytes;
use oscine_codec::{Char, Color, FromArgs, Impulse, Midi, Nil, ReadError, Rest, Symbol, TimeTag};

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;

macro_rules! arguments {
    ($($type:ty)+) => {$(
        impl FromCall for $type {
            fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
                Self::from_args(&mut call.args)
            }
        }
    )+};
}

arguments! {
    i32 i64 f32 f64 bool char String Bytes TimeTag Color Midi Char Nil Impulse Symbol<String>
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
