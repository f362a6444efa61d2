//! The text form: what is printed reads back, and nothing that is read panics.

use oscine_codec::{Message, MessageBuilder, Packet, TextError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::arbitrary::{message, packet, text};
use crate::try_all;

#[test]
fn what_a_message_prints_reads_back() {
    let long = try_all(4_000, &message(), |model| {
        let Packet::Message(message) = model.build().unwrap() else { return false };
        let text = message.to_string();
        assert_eq!(text.parse::<Message>().as_ref(), Ok(&message), "{text}");
        assert!(!text.contains('\n'), "{text}");
        message.args().count() > 2
    });
    assert!(long > 400, "{long}");
}

#[test]
fn what_a_packet_prints_reads_back() {
    let bundles = try_all(1_000, &packet(), |model| {
        let packet = model.build().unwrap();
        let text = packet.to_string();
        assert_eq!(text.parse::<Packet>().as_ref(), Ok(&packet), "{text}");
        assert!(!text.contains('\n'), "{text}");
        packet.view().bundle().is_some()
    });
    assert!(bundles > 100, "{bundles}");
}

/// Words of the grammar, whole and broken, in any order.
fn scribble() -> impl Strategy<Value = String> {
    let words = [
        "/a",
        "/a ",
        ",",
        ",i",
        ",ifsbhtdScrmTFNI",
        ",[i]",
        " ",
        "\t",
        "[",
        "]",
        "\"",
        "'",
        "\\",
        "\"x\"",
        "'c'",
        "\\u00",
        "\\ud83d\\ude00",
        "\\ud800",
        "1",
        "-1",
        "+",
        ".5",
        "1e999",
        "9223372036854775808",
        "inf",
        "-inf",
        "NaN",
        "nan:",
        "nan:7fc00001",
        "0x",
        "0x0",
        "0x00ff",
        "#01020304",
        "#é",
        "midi:00903c7f",
        "midi:",
        "now",
        "e3088e8040000000",
        "true",
        "nil",
        "untyped:",
        "untyped:00000001",
        "untyped:2c000000",
        "é",
        "\u{2028}",
        "\0",
        "{",
        "}",
        ";",
    ];
    let word = prop_oneof![4 => select(words.to_vec()).prop_map(String::from), 1 => text()];
    (vec(word, 0..12), 0..4).prop_map(|(words, frame)| {
        let words = words.concat();
        match frame {
            0 => words,
            1 => format!("#bundle now {{/a {words}}}"),
            _ => format!("/a {words}"),
        }
    })
}

#[test]
fn any_text_is_a_packet_or_an_error_with_a_place() {
    let accepted = try_all(20_000, &scribble(), |text| match text.parse::<Packet>() {
        Ok(packet) => {
            let printed = packet.to_string();
            assert_eq!(printed.parse::<Packet>().as_ref(), Ok(&packet), "{text} is {printed}");
            assert_eq!(Packet::decode(packet.bytes().clone()).as_ref(), Ok(&packet));
            true
        }
        Err(error) => {
            check_place(&error, &text);
            false
        }
    });
    assert!((1_000..19_000).contains(&accepted), "{accepted}");
}

#[test]
fn any_text_is_an_argument_or_an_error_with_a_place() {
    let tag = prop_oneof![
        4 => select("ifsbhtdScrmTFNI[]".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    let accepted = try_all(10_000, &(scribble(), tag), |(text, tag)| {
        let builder = || Message::builder("/a").open_array();
        let guessed = read_back(builder().arg_text(&text), &text);
        let typed = read_back(builder().arg_text_as(tag, &text), &text);
        guessed && typed
    });
    assert!(accepted > 100, "{accepted}");
}

fn read_back(built: Result<MessageBuilder, TextError>, text: &str) -> bool {
    let message = match built {
        // An error such as a NUL is kept until the end.
        Ok(builder) => builder.close_array().build(),
        Err(error) => {
            check_place(&error, text);
            return false;
        }
    };
    let Ok(message) = message else { return false };
    assert_eq!(message.to_string().parse::<Message>().as_ref(), Ok(&message), "{text}");
    true
}

fn check_place(error: &TextError, text: &str) {
    assert!(error.offset() <= text.len(), "{error} in {text:?}");
    assert!(!error.reason().is_empty());
}
