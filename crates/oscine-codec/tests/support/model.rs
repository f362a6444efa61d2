//! A packet as plain data: what a generator makes up, and what decoding must give back.

use oscine_codec::{
    Arg, Args, Bundle, Char, Color, EncodeError, Impulse, Message, MessageBuilder, Midi, Nil,
    Packet, PacketRef, Symbol, Text, TimeTag,
};

/// One argument. Floats are their bits, so that a NaN equals itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Int(i32),
    Float(u32),
    Text(String),
    Blob(Vec<u8>),
    Long(i64),
    Time(u64),
    Double(u64),
    Symbol(String),
    Char(u32),
    Color(u32),
    Midi([u8; 4]),
    Bool(bool),
    Nil,
    Impulse,
    Array(Vec<Self>),
}

/// One packet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Model {
    /// Without `args` there is no type tag string.
    Message {
        address: String,
        args: Option<Vec<Value>>,
    },
    Bundle {
        time: u64,
        elements: Vec<Self>,
    },
}

impl Model {
    /// Builds the packet, argument by argument.
    pub(crate) fn build(&self) -> Result<Packet, EncodeError> {
        match self {
            Self::Message { address, args: Some(args) } => {
                let builder = Message::builder(address.as_str());
                args.iter().fold(builder, append).build().map(Packet::Message)
            }
            Self::Message { address, args: None } => Message::typeless(address).map(Packet::from),
            Self::Bundle { time, elements } => {
                let elements: Result<Vec<_>, _> = elements.iter().map(Self::build).collect();
                Bundle::new(TimeTag(*time), elements?).map(Packet::Bundle)
            }
        }
    }

    /// What a decoded packet says it holds. Text must be UTF-8.
    pub(crate) fn read(packet: PacketRef<'_>) -> Self {
        match packet {
            PacketRef::Message(message) => Self::Message {
                address: text(message.address_text()),
                args: message.type_tags().map(|_| values(message.args())),
            },
            PacketRef::Bundle(bundle) => Self::Bundle {
                time: bundle.time_tag().0,
                elements: bundle.elements().map(Self::read).collect(),
            },
        }
    }

    /// Sets the time tag of each bundle to at least that of the bundle around it, as OSC 1.0 wants it.
    #[must_use]
    pub(crate) fn in_order(self, earliest: u64) -> Self {
        match self {
            Self::Bundle { time, elements } => {
                let time = time.max(earliest);
                let elements = elements.into_iter().map(|element| element.in_order(time)).collect();
                Self::Bundle { time, elements }
            }
            message @ Self::Message { .. } => message,
        }
    }

    /// Gives messages without a type tag string an empty one.
    #[must_use]
    pub(crate) fn with_tags(self) -> Self {
        match self {
            Self::Message { address, args } => {
                Self::Message { address, args: Some(args.unwrap_or_default()) }
            }
            Self::Bundle { time, elements } => {
                let elements = elements.into_iter().map(Self::with_tags).collect();
                Self::Bundle { time, elements }
            }
        }
    }
}

fn append(builder: MessageBuilder, value: &Value) -> MessageBuilder {
    match value {
        Value::Int(value) => builder.arg(*value),
        Value::Float(bits) => builder.arg(f32::from_bits(*bits)),
        Value::Text(text) => builder.arg(text),
        Value::Blob(bytes) => builder.arg(bytes),
        Value::Long(value) => builder.arg(*value),
        Value::Time(bits) => builder.arg(TimeTag(*bits)),
        Value::Double(bits) => builder.arg(f64::from_bits(*bits)),
        Value::Symbol(text) => builder.arg(Symbol(text)),
        Value::Char(bits) => builder.arg(Char(*bits)),
        Value::Color(rgba) => builder.arg(Color::from(*rgba)),
        &Value::Midi([port, status, data1, data2]) => {
            builder.arg(Midi { port, status, data1, data2 })
        }
        Value::Bool(value) => builder.arg(*value),
        Value::Nil => builder.arg(Nil),
        Value::Impulse => builder.arg(Impulse),
        Value::Array(values) => values.iter().fold(builder.open_array(), append).close_array(),
    }
}

fn values(args: Args<'_>) -> Vec<Value> {
    args.map(|arg| match arg {
        Arg::Int(value) => Value::Int(value),
        Arg::Float(value) => Value::Float(value.to_bits()),
        Arg::String(content) => Value::Text(text(content)),
        Arg::Blob(bytes) => Value::Blob(bytes.to_vec()),
        Arg::Long(value) => Value::Long(value),
        Arg::Time(tag) => Value::Time(tag.0),
        Arg::Double(value) => Value::Double(value.to_bits()),
        Arg::Symbol(content) => Value::Symbol(text(content)),
        Arg::Char(char) => Value::Char(char.0),
        Arg::Color(color) => Value::Color(color.into()),
        Arg::Midi(midi) => Value::Midi([midi.port, midi.status, midi.data1, midi.data2]),
        Arg::Bool(value) => Value::Bool(value),
        Arg::Nil => Value::Nil,
        Arg::Impulse => Value::Impulse,
        Arg::Array(array) => Value::Array(values(array.iter())),
        other => panic!("a new kind of argument: {other:?}"),
    })
    .collect()
}

fn text(text: Text<'_>) -> String {
    text.as_str().expect("decoding refused what is not UTF-8").to_owned()
}
