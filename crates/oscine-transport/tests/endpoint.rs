//! Endpoints: their text, their mistakes, their addresses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use oscine_transport::{
    Endpoint,
    endpoint::{Host, ParseEndpointError},
    framing::FramingKind,
};

#[track_caller]
fn check(text: &str, canonical: &str, expected: &Endpoint) {
    let endpoint: Endpoint = text.parse().unwrap();
    assert_eq!(&endpoint, expected);
    assert_eq!(endpoint.to_string(), canonical);
    assert_eq!(canonical.parse().as_ref(), Ok(expected));
}

fn name(name: &str) -> Host {
    Host::Name(name.into())
}

#[test]
fn texts_are_read_and_written() {
    let udp = |host, port| Endpoint::Udp { host, port };
    let tcp = |host, port, framing| Endpoint::Tcp { host, port, framing };
    let unix = |path: &str, framing| Endpoint::Unix { path: path.into(), framing };
    let v6 = |address: &str, scope| Host::V6 { address: address.parse().unwrap(), scope };
    let v4 = Host::V4([10, 0, 0, 1].into());

    check("osc.udp://10.0.0.1:9000", "osc.udp://10.0.0.1:9000", &udp(v4, 9000));
    check("osc.udp://localhost", "osc.udp://localhost:0", &udp(name("localhost"), 0));
    check("osc.udp://mixer:7/", "osc.udp://mixer:7", &udp(name("mixer"), 7));
    check("osc.udp://*:9000", "osc.udp://*:9000", &udp(Host::Any, 9000));
    check("osc.udp://*", "osc.udp://*:0", &udp(Host::Any, 0));
    check("osc.udp://[::1]:9000", "osc.udp://[::1]:9000", &udp(v6("::1", 0), 9000));
    check("osc.udp://[::1]", "osc.udp://[::1]:0", &udp(v6("::1", 0), 0));
    check("osc.udp://[fe80::1%3]:1", "osc.udp://[fe80::1%3]:1", &udp(v6("fe80::1", 3), 1));
    check(
        "osc.tcp://qlab.local:53000?framing=slip",
        "osc.tcp://qlab.local:53000?framing=slip",
        &tcp(name("qlab.local"), 53000, FramingKind::Slip),
    );
    check(
        "osc.tcp://eos:3032/?framing=1.0",
        "osc.tcp://eos:3032?framing=length",
        &tcp(name("eos"), 3032, FramingKind::LengthPrefix),
    );
    check(
        "osc.tcp://*:65535",
        "osc.tcp://*:65535?framing=auto",
        &tcp(Host::Any, 65535, FramingKind::Auto),
    );
    check("osc.unix:///tmp/a b", "osc.unix:///tmp/a b", &unix("/tmp/a b", None));
    check(
        "osc.unix:///tmp/osc?framing=slip",
        "osc.unix:///tmp/osc?framing=slip",
        &unix("/tmp/osc", Some(FramingKind::Slip)),
    );
}

#[track_caller]
fn refused(text: &str, part: &str) {
    let error = text.parse::<Endpoint>().unwrap_err();
    assert!(error.to_string().contains(part), "{text:?} gave {error}");
}

#[test]
fn mistakes_are_named() {
    refused("", "no scheme in \"\"");
    refused("localhost:9000", "no scheme in \"localhost:9000\"");
    refused("udp://localhost:9000", "unknown scheme \"udp\"");
    refused("osc.udp://", "\"\" is not a host");
    refused("osc.udp://:9000", "\"\" is not a host");
    refused("osc.udp://9000", "\"9000\" is not a host");
    refused("osc.udp://a b:9000", "\"a b\" is not a host");
    refused("osc.udp://::1:9000", "\"::1\" is not a host");
    refused("osc.udp://[::1", "\"[::1\" is not a host");
    refused("osc.udp://[::g]:1", "\"[::g]\" is not a host");
    refused("osc.udp://[::1]9000", "\"[::1]9000\" is not a host");
    refused("osc.udp://host:", "port \"\"");
    refused("osc.udp://host:65536", "port \"65536\"");
    refused("osc.udp://host:+1", "port \"+1\"");
    refused("osc.udp://host:osc", "port \"osc\"");
    refused("osc.udp://host:1/path", "\"/path\" after host and port");
    refused("osc.udp://host:1?framing=slip", "unknown option \"framing=slip\", osc.udp has none");
    refused("osc.tcp://host:1?framing=2.0", "unknown framing \"2.0\"");
    refused("osc.tcp://host:1?frame=slip", "unknown option \"frame=slip\"");
    refused("osc.unix://tmp/osc", "path \"tmp/osc\" does not begin with a slash");
    refused("osc.unix://", "path \"\"");
}

#[test]
fn mistakes_have_a_type() {
    let error = "osc.udp://host:x".parse::<Endpoint>().unwrap_err();
    assert_eq!(error, ParseEndpointError::Port { port: "x".into() });
}

#[tokio::test]
async fn addresses_are_found() {
    for (text, expected) in [
        ("osc.udp://10.0.0.1:9000", "10.0.0.1:9000"),
        ("osc.tcp://*:9000", "0.0.0.0:9000"),
        ("osc.udp://[::1]", "[::1]:0"),
        ("osc.udp://localhost:9000", "127.0.0.1:9000"),
    ] {
        let endpoint: Endpoint = text.parse().unwrap();
        let expected: SocketAddr = expected.parse().unwrap();
        assert_eq!(endpoint.resolve().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_name_that_stands_for_nothing_is_told() {
    // A part of a name has 63 characters at most, so no name server is asked.
    let name = "x".repeat(64);
    let endpoint: Endpoint = format!("osc.udp://{name}.invalid:1").parse().unwrap();
    let error = endpoint.resolve().await.unwrap_err();
    assert!(error.to_string().contains(&name), "{error}");

    let endpoint: Endpoint = "osc.unix:///tmp/osc".parse().unwrap();
    let error = endpoint.resolve().await.unwrap_err();
    assert_eq!(error.to_string(), "osc.unix:///tmp/osc has no network address");
}
