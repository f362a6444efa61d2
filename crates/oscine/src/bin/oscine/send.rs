//! `oscine send`.

use std::error::Error;
use std::io::{self, BufRead as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use clap::Args;
use futures::SinkExt;
use oscine::transport::tcp;
use oscine::transport::udp::Udp;
use oscine::{Client, Endpoint, Message};

use crate::hex::unhex;

/// Send a message.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oscine send osc.udp://127.0.0.1:9000 /synth/freq 440.0 sine
  oscine send osc.udp://127.0.0.1:9000 /synth/freq --types ds 440 sine
  oscine send osc.udp://127.0.0.1:9000 '/note ,if[ss] 60 0.5 [\"a b\" \"c\"]'
  oscine send 'osc.tcp://127.0.0.1:3032?framing=length' /eos/ping
  oscine send --hex osc.udp://127.0.0.1:9000 2f610000 2c000000
  oscine dump --count 5 | oscine send osc.udp://127.0.0.1:9001 -

Without types an argument is what it looks like: 1 is i (h if it does not fit), 1.0 is f, true, false, nil and
inf are T, F, N and I, 0x00ff is b, anything else is s. Values that begin with '-' and are no numbers go behind '--'.")]
pub(crate) struct Send {
    /// Where to: osc.udp://host:port or osc.tcp://host:port?framing=slip|length (slip unless told).
    url: Endpoint,
    /// The address, or a whole message in text form, or '-' for one of these a line from standard input.
    address: String,
    /// The arguments.
    #[arg(allow_negative_numbers = true)]
    args: Vec<String>,
    /// The type tags of the arguments, e.g. ifs. T F N I [ ] take no argument.
    #[arg(long, value_name = "TAGS", conflicts_with = "hex")]
    types: Option<String>,
    /// Send raw bytes: ADDRESS and ARGS are hexadecimal digits, and nothing is checked.
    #[arg(long)]
    hex: bool,
}

impl Send {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        if self.hex {
            let digits = std::iter::once(&self.address).chain(&self.args);
            let bytes = unhex(&digits.map(String::as_str).collect::<String>())?;
            return send_raw(&self.url, bytes.into()).await;
        }
        if self.address == "-" {
            return self.send_lines().await;
        }
        let message = message(&self.address, &self.args, self.types.as_deref())?;
        let mut client = Client::connect(&self.url).await?;
        client.send(message).await?;
        Ok(client.close().await?)
    }

    /// Sends a message for each line of standard input. Empty lines and those that begin with '#' are comments.
    async fn send_lines(&self) -> Result<(), Box<dyn Error>> {
        let mut client = Client::connect(&self.url).await?;
        for (number, line) in (1..).zip(io::stdin().lock().lines()) {
            let line = line?;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let message: Message =
                line.parse().map_err(|error| format!("line {number}: {error}"))?;
            client.send(message).await?;
        }
        Ok(client.close().await?)
    }
}

/// The message that the words of the command line say.
fn message(address: &str, args: &[String], types: Option<&str>) -> Result<Message, Box<dyn Error>> {
    let whole = address.contains(' ') || args.first().is_some_and(|arg| arg.starts_with(','));
    match types {
        None if whole => {
            let words = std::iter::once(address).chain(args.iter().map(String::as_str));
            Ok(words.collect::<Vec<_>>().join(" ").parse()?)
        }
        None => {
            let builder = Message::builder(address);
            Ok(args.iter().try_fold(builder, |builder, arg| builder.arg_text(arg))?.build()?)
        }
        Some(types) => {
            let mut builder = Message::builder(address);
            let mut values = args.iter();
            for tag in types.trim_start_matches(',').chars() {
                let value = match tag {
                    'T' => "true",
                    'F' => "false",
                    'N' => "nil",
                    'I' => "inf",
                    '[' | ']' => "",
                    _ => {
                        values.next().ok_or_else(|| format!("no argument for type tag '{tag}'"))?
                    }
                };
                builder = builder
                    .arg_text_as(tag, value)
                    .map_err(|error| format!("{value:?}: {}", error.reason()))?;
            }
            match values.next() {
                Some(value) => Err(format!("no type tag for argument {value:?}").into()),
                None => Ok(builder.build()?),
            }
        }
    }
}

async fn send_raw(endpoint: &Endpoint, bytes: Bytes) -> Result<(), Box<dyn Error>> {
    let peer = endpoint.resolve().await?;
    if let Endpoint::Tcp { framing, .. } = endpoint {
        let mut connection = tcp::connect(peer, *framing).await?;
        connection.send(bytes).await?;
        return Ok(connection.close().await?);
    }
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    Ok(Udp::bind(any).await?.sender().send_bytes_to(&bytes, peer).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, args: &[&str], types: Option<&str>, expected: Result<&str, &str>) {
        let args: Vec<_> = args.iter().map(ToString::to_string).collect();
        let text = message(address, &args, types).map(|message| message.to_string());
        assert_eq!(
            text.as_deref().map_err(ToString::to_string),
            expected.map_err(ToOwned::to_owned),
            "{address} {args:?} {types:?}"
        );
    }

    #[test]
    fn words_become_messages() {
        check("/b", &["1", "2.5", "hi"], None, Ok(r#"/b ,ifs 1 2.5 "hi""#));
        check("/b", &["two words", "-7"], None, Ok(r#"/b ,si "two words" -7"#));
        check("/b", &[], None, Ok("/b ,"));
        check("/b", &[",is", "1", "\"a", "b\""], None, Ok(r#"/b ,is 1 "a b""#));
        check("/b ,T true", &[], None, Ok("/b ,T true"));
        check("/b", &["1", "2"], Some("fd"), Ok("/b ,fd 1.0 2.0"));
        check("/b", &["1", "x"], Some(",T[is]"), Ok(r#"/b ,T[is] true [1 "x"]"#));
        check("/b", &["1"], Some("ii"), Err("no argument for type tag 'i'"));
        check("/b", &["1", "2"], Some("i"), Err("no type tag for argument \"2\""));
        check("/b", &["x"], Some("i"), Err("\"x\": expected a 32-bit integer for type tag 'i'"));
        check("b", &[], None, Err("bad address \"b\""));
    }
}
