//! Derived types there and back.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::error::read::ReadError;
use crate::owned::message::Message;
use crate::serde_args::wrapper::Serde;
use crate::time_tag::TimeTag;
use crate::value::blob::Blob;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::symbol::Symbol;
use crate::value::unit::{Impulse, Nil};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    flag: bool,
    small: i8,
    byte: u8,
    wide: u32,
    long: i64,
    unsigned: u64,
    float: f32,
    double: f64,
    letter: char,
    text: String,
    point: (f32, f32),
    fixed: [i32; 2],
    nested: Vec<Vec<Point>>,
    none: Option<i32>,
    some: Option<Point>,
    unit: (),
    wrapped: Wrapped,
    table: BTreeMap<String, i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(i32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(f32),
    Line(i32, i32),
    Rect { at: Point, size: f32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ours {
    time: TimeTag,
    color: Color,
    midi: Midi,
    char: Char,
    symbol: Symbol<String>,
    blob: Blob<Vec<u8>>,
    nil: Nil,
    impulse: Impulse,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Borrowed<'a> {
    text: &'a str,
    #[serde(borrow)]
    symbol: Symbol<&'a str>,
    #[serde(borrow)]
    blob: Blob<&'a [u8]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

/// There and back, with `text` in the middle.
#[track_caller]
fn check<T: Serialize + for<'de> Deserialize<'de> + PartialEq + Debug>(value: &T, text: &str) {
    let message = Message::from_serialize("/a", value).unwrap();
    assert_eq!(message.to_string(), text);
    assert_eq!(message.args().deserialize::<T>().as_ref(), Ok(value));
    assert_eq!(message.args().deserialize_coercing::<T>().as_ref(), Ok(value));
}

#[test]
fn a_struct_is_a_list_of_arguments() {
    let value = Everything {
        flag: true,
        small: -1,
        byte: 255,
        wide: u32::MAX,
        long: i64::MIN,
        unsigned: 7,
        float: 0.5,
        double: 0.1,
        letter: 'é',
        text: "t".into(),
        point: (1.0, 2.0),
        fixed: [3, 4],
        nested: vec![vec![], vec![Point { x: 5, y: 6 }]],
        none: None,
        some: Some(Point { x: 7, y: 8 }),
        unit: (),
        wrapped: Wrapped(9),
        table: [("k".into(), 10)].into(),
    };
    check(
        &value,
        "/a ,Tiihhhfdcs[ff][ii][[][[ii]]]N[ii]Ni[si] true -1 255 4294967295 -9223372036854775808 7 \
         0.5 0.1 'é' \"t\" [1.0 2.0] [3 4] [[] [[5 6]]] nil [7 8] nil 9 [\"k\" 10]",
    );
}

#[test]
fn anything_may_be_outermost() {
    check(&(), "/a ,");
    check(&Unit, "/a ,");
    check(&5_i32, "/a ,i 5");
    check(&"x".to_string(), "/a ,s \"x\"");
    check(&Wrapped(5), "/a ,i 5");
    check(&(1, 2.5_f32), "/a ,if 1 2.5");
    check(&vec![1, 2], "/a ,ii 1 2");
    check(&(vec![1, 2],), "/a ,[ii] [1 2]");
    check(&None::<i32>, "/a ,N nil");
    check(&Some(Point { x: 1, y: 2 }), "/a ,ii 1 2");
    check(&Some((None::<i32>, 1)), "/a ,Ni nil 1");
    check(&TimeTag(7), "/a ,t 0000000000000007");
    check(&Impulse, "/a ,I inf");
    check(&Symbol("x".to_string()), "/a ,S \"x\"");
    check(&BTreeMap::from([(1, 2), (3, 4)]), "/a ,iiii 1 2 3 4");
}

#[test]
fn enums_go_by_name() {
    let rect = Shape::Rect { at: Point { x: 1, y: 2 }, size: 0.5 };
    check(&Shape::Empty, "/a ,s \"Empty\"");
    check(&Shape::Circle(0.5), "/a ,sf \"Circle\" 0.5");
    check(&Shape::Line(1, 2), "/a ,sii \"Line\" 1 2");
    check(&rect, "/a ,s[ii]f \"Rect\" [1 2] 0.5");
    check(
        &(Shape::Empty, vec![Shape::Line(3, 4), Shape::Circle(1.0)], rect),
        "/a ,s[[sii][sf]][s[ii]f] \"Empty\" [[\"Line\" 3 4] [\"Circle\" 1.0]] [\"Rect\" [1 2] 0.5]",
    );
    let unknown = Message::new("/a", "Cube").unwrap();
    let error = unknown.args().deserialize::<Shape>().unwrap_err();
    assert!(error.to_string().starts_with("argument 0: unknown variant `Cube`"), "{error}");
}

#[test]
fn our_own_types_have_their_tags_and_are_plain_elsewhere() {
    let value = Ours {
        time: TimeTag(0x83aa_7e80_0000_0001),
        color: Color::from(0xff80_40ff),
        midi: Midi::from_bytes([0, 0x90, 60, 127]),
        char: Char(0x6100_0000),
        symbol: Symbol("sym".into()),
        blob: Blob(vec![1, 2]),
        nil: Nil,
        impulse: Impulse,
    };
    check(
        &value,
        "/a ,trmcSbNI 83aa7e8000000001 #ff8040ff midi:00903c7f 0x61000000 \"sym\" 0x0102 nil inf",
    );
    let json = serde_json::to_string(&value).unwrap();
    let right = r#"{"time":9487534653230284801,"color":4286595327,"midi":9452671,"char":1627389952,"symbol":"sym","blob":[1,2],"nil":null,"impulse":null}"#;
    assert_eq!(json, right);
    assert_eq!(serde_json::from_str::<Ours>(&json).unwrap(), value);

    let borrowed = Borrowed { text: "t", symbol: Symbol("s"), blob: Blob(b"b") };
    let message = Message::from_serialize("/a", &borrowed).unwrap();
    let read = message.args().deserialize::<Borrowed<'_>>().unwrap();
    assert_eq!(read, borrowed);
    assert!(message.as_bytes().as_ptr_range().contains(&read.text.as_ptr()), "not copied");
}

#[test]
fn errors_are_those_of_typed_reading() {
    #[track_caller]
    fn fails<T: for<'de> Deserialize<'de> + Debug>(args: impl ToArgs, right: &str) {
        let message = Message::new("/a", args).unwrap();
        assert_eq!(message.args().deserialize::<T>().unwrap_err().to_string(), right);
    }
    fails::<Point>(1, "argument 1 missing: expected int64");
    fails::<Point>((1, 2, 3), "argument 2 not expected: found type tag 'i'");
    fails::<Point>((1, "x"), "argument 1: expected int64, found type tag 's'");
    fails::<(f64,)>(0.5_f32, "argument 0: expected float64, found type tag 'f'");
    fails::<(i32, u8)>((1, -1), "argument 1: invalid value: integer `-1`, expected u8");
    fails::<(i32, Point)>((1, 2), "argument 1: expected array, found type tag 'i'");
    fails::<(Point,)>([1, 2, 3], "argument 2 not expected: found type tag 'i'");
    fails::<()>(1, "argument 0 not expected: found type tag 'i'");
    fails::<(TimeTag,)>(1_i64, "argument 0: expected time tag, found type tag 'h'");
    fails::<BTreeMap<i32, i32>>((1, 2, 3), "argument 3 missing: expected int64");
    fails::<Vec<()>>(1, "argument 0: expected nil, found type tag 'i'");

    let message = Message::new("/a", (1.5, true)).unwrap();
    assert_eq!(message.args().deserialize_coercing::<(u8, f32)>(), Ok((1, 1.0)));
    assert_eq!(Message::new("/a", 1).unwrap().args().deserialize(), Ok((1, None::<i32>)));
    let bytes = Message::new("/a", *b"ab").unwrap();
    assert_eq!(bytes.args().deserialize(), Ok((vec![b'a', b'b'],)));

    let error = Message::from_serialize("/a", &u64::MAX);
    assert_eq!(error, Err(EncodeError::OutOfRange { tag: 'h' }));
    assert!(Message::from_serialize("no slash", &()).is_err());
    assert!(Message::from_serialize("/a", "nul\0").is_err());
    let unsupported = EncodeError::Unsupported { reason: "i128 is not supported".into() };
    assert_eq!(Message::from_serialize("/a", &1_i128), Err(unsupported));
}

#[test]
fn nesting_is_bounded() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Chain(Option<Box<(Self,)>>);

    let chain =
        |links: usize| (0..links).fold(Chain(None), |chain, _| Chain(Some(Box::new((chain,)))));
    let deepest = Message::from_serialize("/a", &(chain(32),)).unwrap();
    assert!(deepest.args().deserialize::<(Chain,)>().is_ok());
    let error = Message::from_serialize("/a", &(chain(33),));
    assert_eq!(error.unwrap_err(), EncodeError::TooDeep { limit: 32 });

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never constructed: it cannot be read")]
    enum Link {
        Next(Box<Self>),
    }
    let names = (0..10_000).fold(Message::builder("/a"), |builder, _| builder.arg("Next"));
    let names = names.build().unwrap();
    assert!(names.args().deserialize::<Link>().is_err());
    assert!(names.args().deserialize::<Vec<Link>>().is_err());

    // A type that takes anything, and a receiver with raised limits.
    let deep = [b"/a\0\0,".to_vec(), b"[".repeat(50_000), b"]".repeat(50_000)].concat();
    let deep = [deep, vec![0; 3]].concat();
    let limits = crate::Limits::new().array_depth(60_000).arguments(200_000);
    let options = crate::DecodeOptions::new().limits(limits);
    let packet = crate::PacketRef::decode_with(&deep, &options).unwrap();
    let args = packet.message().unwrap().args();
    let reason = "nested deeper than the limit of 32".to_string();
    let error = Err(ReadError::Value { index: 0, reason });
    assert_eq!(args.deserialize::<serde_json::Value>(), error);
    assert_eq!(args.deserialize(), Ok(serde::de::IgnoredAny));
}

#[test]
fn types_that_take_anything() {
    let message = Message::new("/a", (1, "x", [0.5, 1.5], true, Nil)).unwrap();
    let json = message.args().deserialize::<serde_json::Value>().unwrap();
    assert_eq!(json.to_string(), r#"[1,"x",[0.5,1.5],true,null]"#);
    let (first, Serde(rest)) =
        message.args().parse::<(i32, Serde<Vec<serde_json::Value>>)>().unwrap();
    assert_eq!((first, rest.len()), (1, 4));
}
