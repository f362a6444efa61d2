//! The conformance vectors: packets of independent implementations, and what they must decode to.
//!
//! `OSC_VECTORS` names another folder with files of the same names.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use oscine_codec::text_form::Json;
use oscine_codec::{
    Bundle, Char, Color, DecodeOptions, Impulse, Message, MessageBuilder, Midi, Nil, Packet,
    PacketRef, Pattern, Profile, Symbol, TimeTag,
};
use serde_json::Value;

fn lines(file: &str) -> Vec<Value> {
    let folder = std::env::var_os("OSC_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")),
        PathBuf::from,
    );
    let path = folder.join(file).with_extension("jsonl");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty(), "{} is empty", path.display());
    lines
}

/// Runs `check` over a file, prints how many lines are right, and fails with those that are not.
fn conform(file: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let lines = lines(file);
    let mut wrong = String::new();
    let mut right = 0;
    for line in &lines {
        match check(line) {
            Ok(()) => right += 1,
            Err(why) => writeln!(wrong, "  {}: {why}", line["name"]).unwrap(),
        }
    }
    // Past the test runner's capture: the count is wanted when all is well, too.
    writeln!(std::io::stdout().lock(), "{file}: {right} of {}", lines.len()).unwrap();
    assert!(wrong.is_empty(), "{file}: lines that differ\n{wrong}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn unhex(digits: &str) -> Vec<u8> {
    assert_eq!(digits.len() % 2, 0);
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn word(value: &Value) -> u32 {
    u32::from_str_radix(text(value), 16).unwrap()
}

fn long(value: &Value) -> u64 {
    u64::from_str_radix(text(value), 16).unwrap()
}

/// Builds a packet from its neutral form.
fn build(packet: &Value) -> Packet {
    if let Some(elements) = packet["elements"].as_array() {
        let tag = TimeTag(long(&packet["timetag"]));
        return Bundle::new(tag, elements.iter().map(build)).unwrap().into();
    }
    let args = packet["args"].as_array().unwrap();
    args.iter().fold(Message::builder(text(&packet["address"])), arg).build().unwrap().into()
}

fn arg(builder: MessageBuilder, arg: &Value) -> MessageBuilder {
    let (tag, value) = arg.as_object().unwrap().iter().next().unwrap();
    match tag.as_str() {
        "i" => builder.arg(i32::try_from(value.as_i64().unwrap()).unwrap()),
        "f" => builder.arg(f32::from_bits(word(value))),
        "s" => builder.arg(text(value)),
        "b" => builder.arg(unhex(text(value))),
        "h" => builder.arg(text(value).parse::<i64>().unwrap()),
        "t" => builder.arg(TimeTag(long(value))),
        "d" => builder.arg(f64::from_bits(long(value))),
        "S" => builder.arg(Symbol(text(value))),
        "c" => builder.arg(Char(u32::try_from(value.as_u64().unwrap()).unwrap())),
        "r" => builder.arg(Color::from(word(value))),
        "m" => {
            let [port, status, data1, data2] = word(value).to_be_bytes();
            builder.arg(Midi { port, status, data1, data2 })
        }
        "T" => builder.arg(true),
        "F" => builder.arg(false),
        "N" => builder.arg(Nil),
        "I" => builder.arg(Impulse),
        "[" => value.as_array().unwrap().iter().fold(builder.open_array(), self::arg).close_array(),
        other => panic!("unknown argument {other}"),
    }
}

/// The neutral form as our own JSON says it.
fn neutral(packet: PacketRef<'_>) -> Value {
    let line = Json(packet).to_string();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, right: &T) -> Result<(), String> {
    if ours == right { Ok(()) } else { Err(format!("{what}: {ours:?} is not {right:?}")) }
}

#[test]
fn valid() {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    conform("valid", |line| {
        let bytes = unhex(text(&line["hex"]));
        for options in [DecodeOptions::new(), strict] {
            let borrowed =
                PacketRef::decode_with(&bytes, &options).map_err(|error| error.to_string())?;
            equal("decode", &neutral(borrowed), &line["packet"])?;
            let owned = Packet::decode_with(bytes.clone(), &options).unwrap();
            equal("owned", &neutral(owned.view()), &line["packet"])?;
        }
        let built = build(&line["packet"]);
        equal("encode", &built.as_bytes(), &bytes.as_slice())?;
        equal("again", &neutral(built.view()), &line["packet"])?;
        if let Packet::Message(message) = built {
            let parsed = message.to_string().parse::<Message>();
            equal("text", &parsed, &Ok(message))?;
        }
        Ok(())
    });
}

#[test]
fn invalid() {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    conform("invalid", |line| {
        let bytes = unhex(text(&line["hex"]));
        let may_decode = line["strictly_valid"] == true;
        let kinds: Vec<_> = std::iter::once(&line["kind"])
            .chain(line["also"].as_array().into_iter().flatten())
            .map(text)
            .collect();
        match PacketRef::decode_with(&bytes, &strict) {
            Ok(_) if may_decode => {}
            Ok(packet) => return Err(format!("strict: accepted as {packet}")),
            Err(error) if error.offset() > bytes.len() => {
                return Err(format!("strict: offset beyond the end: {error}"));
            }
            Err(error) if kinds.contains(&error.kind().name()) => {}
            Err(error) => return Err(format!("strict: {error} is none of {kinds:?}")),
        }
        for profile in [Profile::Spec, Profile::Field] {
            match PacketRef::decode_with(&bytes, &DecodeOptions::new().profile(profile)) {
                // An address that ends right after its NUL: `lenient` has the same as "unpadded-address".
                Ok(packet) if bytes.len() == packet_address_len(packet) + 1 => {}
                Ok(packet) if line["lenient"] == "reject" && !may_decode => {
                    return Err(format!("{profile:?}: accepted as {packet}"));
                }
                Ok(packet) => drop(neutral(packet)),
                Err(error) if error.offset() > bytes.len() => {
                    return Err(format!("{profile:?}: offset beyond the end: {error}"));
                }
                Err(_) => {}
            }
        }
        Ok(())
    });
}

fn packet_address_len(packet: PacketRef<'_>) -> usize {
    packet.message().map_or(0, |message| message.address().len())
}

#[test]
fn matching() {
    conform("match", |line| {
        let (pattern, address) = (text(&line["pattern"]), text(&line["address"]));
        let ours = Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(address));
        let right = match text(&line["status"]) {
            "ambiguous" => return Ok(()),
            "malformed" => false,
            _ => line["match"].as_bool().unwrap(),
        };
        equal(&format!("{pattern} on {address}"), &ours, &right)
    });
}

#[test]
fn time_tags() {
    let number = |value: &Value| text(value).parse::<i64>().unwrap();
    let nanos = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    conform("timetag", |line| match text(&line["op"]) {
        "from_unix" => {
            let tag = TimeTag::from_unix(number(&line["unix_sec"]), nanos(&line["unix_nanos"]));
            equal("tag", &tag.0, &long(&line["ntp_nearest"]))?;
            let back = tag.to_unix_near(number(&line["unix_sec"]));
            equal("back", &back, &(number(&line["unix_sec"]), nanos(&line["unix_nanos"])))
        }
        "to_unix" => {
            let tag = TimeTag(long(&line["ntp"]));
            equal("immediate", &tag.is_immediate(), &line["immediate"].as_bool().unwrap())?;
            if tag.is_immediate() {
                return Ok(());
            }
            let right = (number(&line["unix_sec_nearest"]), nanos(&line["unix_nanos_nearest"]));
            equal("near", &tag.to_unix_near(right.0), &right)?;
            if line["era"] == line["pivot_era"] {
                equal("alone", &tag.to_unix(), &right)?;
            }
            Ok(())
        }
        "order" => {
            let order = TimeTag(long(&line["a"])).cmp(&TimeTag(long(&line["b"])));
            equal("order", &(order as i64), &line["cmp"].as_i64().unwrap())
        }
        "diff" => {
            let (a, b) = (TimeTag(long(&line["a"])), TimeTag(long(&line["b"])));
            let (over, under) = text(&line["seconds"]).split_once('/').unwrap();
            let (over, under): (i128, i128) = (over.parse().unwrap(), under.parse().unwrap());
            let ours = i128::from(a.0) - i128::from(b.0);
            equal("steps", &(ours * under), &(over << 32))?;
            if let Ok(near) = i64::try_from(ours) {
                equal("short way", &a.steps_since(b), &near)?;
            }
            Ok(())
        }
        "add" => {
            let nanos: i64 = number(&line["nanos"]);
            let tag = TimeTag(long(&line["ntp"]));
            let by = std::time::Duration::from_nanos(nanos.unsigned_abs());
            let sum = if nanos < 0 { tag - by } else { tag + by };
            equal("sum", &sum.0, &long(&line["result"]))
        }
        other => Err(format!("unknown operation {other}")),
    });
}

/// What a lenient receiver may see in the place of a string that is not UTF-8: we give U+FFFD.
fn lossy(mut packet: Value) -> Value {
    match &mut packet {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = lossy(item.take())),
        Value::Object(object) => {
            if let Some(text) = object.remove("lossy") {
                return serde_json::json!({ "s": text });
            }
            for (_, value) in object.iter_mut() {
                *value = lossy(value.take());
            }
            if let Some(address) = object.get_mut("address").and_then(|a| a.get_mut("s")) {
                let address = address.take();
                object.insert("address".into(), address);
            }
        }
        _ => {}
    }
    packet
}

/// `c` in the layouts of the field, as the character that the sender meant.
fn meant_chars(packet: PacketRef<'_>) -> Value {
    let mut value = neutral(packet);
    let Some(args) = value.get_mut("args").and_then(Value::as_array_mut) else { return value };
    for arg in args {
        if let Some(raw) = arg.get("c").and_then(Value::as_u64) {
            let meant = Char(u32::try_from(raw).unwrap()).to_char().map(u32::from);
            arg["c"] = meant.map_or(Value::Null, Value::from);
        }
    }
    value
}

#[test]
fn lenient() {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    let field = DecodeOptions::new().profile(Profile::Field);
    conform("lenient", |line| {
        let bytes = unhex(text(&line["hex"]));
        match PacketRef::decode_with(&bytes, &strict) {
            Ok(packet) if line["strictly_valid"] == true => {
                equal("strict", &neutral(packet), &line["strict_packet"])?;
            }
            Ok(packet) => return Err(format!("strict: accepted as {packet}")),
            Err(error) => {
                let kinds = std::iter::once(&line["kind"])
                    .chain(line["also"].as_array().into_iter().flatten());
                if !kinds.map(text).any(|kind| kind == error.kind().name()) {
                    return Err(format!("strict: {error} is not of kind {}", line["kind"]));
                }
            }
        }
        let right = lossy(line["packet"].clone());
        match PacketRef::decode_with(&bytes, &field) {
            Err(_) if line["may_reject"] == true => Ok(()),
            Err(error) => Err(format!("field: {error}")),
            Ok(packet) => {
                equal("field", &meant_chars(packet), &right)?;
                let owned = Packet::decode_with(bytes.clone(), &field).unwrap();
                equal("owned", &meant_chars(owned.view()), &right)?;
                if line["strictly_valid"] != true && packet.tolerances().is_empty() {
                    return Err("no tolerance is told".into());
                }
                // Each tolerance is needed, and together they are enough.
                let exact = strict.tolerate(packet.tolerances());
                if PacketRef::decode_with(&bytes, &exact).is_err() {
                    return Err(format!("not with {:?} alone", packet.tolerances()));
                }
                for tolerance in packet.tolerances() {
                    if PacketRef::decode_with(&bytes, &field.refuse(tolerance)).is_ok() {
                        return Err(format!("also without {tolerance:?}"));
                    }
                }
                Ok(())
            }
        }
    });
}
