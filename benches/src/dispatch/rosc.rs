//! rosc: it decodes and has a `Matcher`; the loop over all methods and the calls are what its users write.

use std::hint::black_box;

use bytes::Bytes;
use rosc::address::{Matcher, OscAddress};
use rosc::{OscMessage, OscPacket, OscType};

use crate::contest::{Outcome, Side};
use crate::dispatch::case::Case;

struct Dispatches {
    /// Addresses of methods, or patterns.
    methods: Methods,
    messages: Vec<Bytes>,
    next: usize,
    /// The matcher of the last message, if it may be used again.
    known: Option<Matcher>,
    keep: bool,
    last: u64,
}

enum Methods {
    Addresses(Vec<OscAddress>),
    Patterns(Vec<Matcher>),
}

pub(crate) fn side(case: Case, count: usize, first: bool) -> Box<dyn Side> {
    let places = case.methods(count).into_iter();
    let methods = if case == Case::Registered {
        Methods::Patterns(places.map(|p| Matcher::new(&p).expect("it is a pattern")).collect())
    } else {
        Methods::Addresses(places.map(|p| OscAddress::new(p).expect("it is an address")).collect())
    };
    let keep = case.can_be_cached() && !first;
    Box::new(Dispatches {
        methods,
        messages: case.messages(count),
        next: 0,
        known: None,
        keep,
        last: 0,
    })
}

impl Dispatches {
    fn dispatch(&mut self) -> u64 {
        let message = self.messages.get(self.next).expect("it is one of them");
        self.next = (self.next + 1) % self.messages.len();
        let Ok((_, OscPacket::Message(message))) = rosc::decoder::decode_udp(black_box(message))
        else {
            panic!("the packet is sound");
        };
        match &self.methods {
            Methods::Addresses(addresses) => {
                let known = self.known.take().filter(|_| self.keep);
                let matcher =
                    known.unwrap_or_else(|| Matcher::new(&message.addr).expect("it is a pattern"));
                let hits = addresses.iter().filter(|address| matcher.match_address(address));
                let sum = hits.map(|_| call(&message)).sum();
                self.known = Some(matcher);
                sum
            }
            Methods::Patterns(patterns) => {
                let address = OscAddress::new(message.addr.clone()).expect("it is an address");
                let hits = patterns.iter().filter(|pattern| pattern.match_address(&address));
                hits.map(|_| call(&message)).sum()
            }
        }
    }
}

fn call(message: &OscMessage) -> u64 {
    match *message.args {
        [OscType::Float(value)] => u64::from(value.to_bits()),
        _ => 0,
    }
}

impl Side for Dispatches {
    fn name(&self) -> &'static str {
        "rosc"
    }

    fn run(&mut self, n: u64) {
        for _ in 0..n {
            self.last = black_box(self.dispatch());
        }
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}
