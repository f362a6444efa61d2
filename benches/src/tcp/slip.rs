//! SLIP by itself: frames out of 64 KiB that are in memory.
//!
//! The bytes are where a read would have put them: for us at the end of a `BytesMut`, for the
//! others in a slice. Putting them there is off the clock. A side cuts all frames out and looks at
//! the length and the first and last byte of each. Times are those of a frame.
//!
//! * `slip/24`: messages `/synth/1/freq ,f`, 24 bytes.
//! * `slip/1k`: messages `/meter/left` with 202 floats, 1 KiB.
//!
//! The floats are random from 1 to 2, in all of their bits, and END and ESC come up in them as
//! often as other bytes. So a byte is escaped in 3 of 100 small frames, and about 6 in each large
//! one.
//!
//! Sides: our framing; `bytewise`, the loop of RFC 1055, a byte at a time into a buffer; and
//! `memcpy`, which copies everything as it is, and finds no frames.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use oscine::Message;
use oscine::transport::framing::slip::{END, ESC, ESC_END, ESC_ESC};
use oscine::transport::framing::{Found, Framing, Slip};

use crate::contest::{Contest, Outcome, Pace, Side, per};

/// How many bytes the frames have together, without their marks.
const SIZE: usize = 64 * 1024;
/// How often they are read in a turn.
const TIMES: u64 = 8;

pub(crate) fn contests() -> Vec<Contest> {
    let kinds = [("slip/24", "/synth/1/freq", 1, 24), ("slip/1k", "/meter/left", 202, 1024)];
    let contest = |(measure, address, floats, size): (&str, _, _, _)| {
        let stream = Stream::new(address, floats, size);
        Contest {
            measure: measure.to_owned(),
            pace: Pace::Fixed(TIMES),
            ours: side(&stream, Ours { slip: Slip::new(), received: BytesMut::new() }),
            peers: vec![
                side(&stream, Bytewise { frame: vec![0; size].into_boxed_slice() }),
                side(&stream, Memcpy { copy: vec![0; stream.wire.len()].into_boxed_slice() }),
            ],
        }
    };
    kinds.into_iter().map(contest).collect()
}

fn side(stream: &Stream, cutter: impl Cutter + 'static) -> Box<dyn Side> {
    Box::new(Cuts { stream: stream.clone(), cutter, last: 0 })
}

/// Frames as they are on the wire.
#[derive(Clone)]
struct Stream {
    wire: Box<[u8]>,
    frames: u64,
}

impl Stream {
    /// Messages of `size` bytes to `address`, with so many random floats.
    fn new(address: &str, floats: usize, size: usize) -> Self {
        let mut random = Random(0x9e37_79b9);
        let mut wire = BytesMut::new();
        let frames = SIZE / size;
        for _ in 0..frames {
            let message = Message::builder(address);
            let message = (0..floats).fold(message, |message, _| message.arg(random.float()));
            let message = message.build().expect("a valid address");
            assert_eq!(message.as_bytes().len(), size);
            Slip::new().encode(message.as_bytes(), &mut wire).expect("a short packet");
        }
        Self { wire: wire.to_vec().into(), frames: frames as u64 }
    }
}

/// Numbers that look random, the same each time (xorshift).
struct Random(u32);

impl Random {
    /// From 1 to 2, all 23 bits random.
    fn float(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        f32::from_bits(0x3f80_0000 | self.0 >> 9)
    }
}

/// A way to cut frames out.
trait Cutter {
    fn name(&self) -> &'static str;

    /// Puts the bytes where a read would have put them.
    fn receive(&mut self, _: &[u8]) {}

    /// Cuts out all frames; the sum of what is seen of them.
    fn cut(&mut self, wire: &[u8]) -> u64;

    /// The sum, once more, from one that has not seen the frames.
    fn sum(&self, last: u64) -> u64 {
        last
    }
}

/// What is seen of a frame.
#[inline]
fn look(frame: &[u8]) -> u64 {
    match frame {
        [] => 0,
        [only] => u64::from(*only),
        [first, .., last] => frame.len() as u64 + u64::from(*first) + u64::from(*last),
    }
}

/// Our framing.
struct Ours {
    slip: Slip,
    received: BytesMut,
}

impl Cutter for Ours {
    fn name(&self) -> &'static str {
        "oscine"
    }

    fn receive(&mut self, wire: &[u8]) {
        self.received.extend_from_slice(wire);
    }

    fn cut(&mut self, _: &[u8]) -> u64 {
        let (mut sum, mut done) = (0, 0);
        loop {
            // As a connection does it.
            let rest = self.received.get_mut(done..).unwrap_or_default();
            let cut = self.slip.cut(rest).expect("it cuts in place").expect("it is never broken");
            done += cut.consumed;
            match cut.found {
                Found::Frame(place) => sum += look(rest.get(place).unwrap_or_default()),
                _ => break,
            }
        }
        self.received.advance(done);
        sum
    }
}

/// The loop of RFC 1055, with the noise dropped that is longer than a frame can be.
struct Bytewise {
    frame: Box<[u8]>,
}

impl Cutter for Bytewise {
    fn name(&self) -> &'static str {
        "bytewise"
    }

    fn cut(&mut self, wire: &[u8]) -> u64 {
        bytewise(wire, &mut self.frame)
    }
}

fn bytewise(wire: &[u8], frame: &mut [u8]) -> u64 {
    let (mut sum, mut received) = (0, 0);
    let mut bytes = wire.iter();
    while let Some(&byte) = bytes.next() {
        let byte = match byte {
            END => {
                if received > 0 {
                    sum += look(frame.get(..received).unwrap_or_default());
                    received = 0;
                }
                continue;
            }
            ESC => match bytes.next() {
                Some(&ESC_END) => END,
                Some(&ESC_ESC) => ESC,
                Some(&other) => other,
                None => break,
            },
            byte => byte,
        };
        if let Some(place) = frame.get_mut(received) {
            *place = byte;
            received += 1;
        }
    }
    sum
}

/// A copy, for comparison: no more than a read does.
struct Memcpy {
    copy: Box<[u8]>,
}

impl Cutter for Memcpy {
    fn name(&self) -> &'static str {
        "memcpy"
    }

    fn cut(&mut self, wire: &[u8]) -> u64 {
        self.copy.copy_from_slice(wire);
        black_box(&self.copy).len() as u64
    }

    fn sum(&self, _: u64) -> u64 {
        bytewise(&self.copy, &mut vec![0; SIZE])
    }
}

/// A side that cuts frames out.
struct Cuts<C> {
    stream: Stream,
    cutter: C,
    last: u64,
}

impl<C: Cutter> Cuts<C> {
    /// Cuts out all frames of the stream once; how long it took.
    fn cut(&mut self) -> Duration {
        let wire = black_box(&self.stream.wire);
        self.cutter.receive(wire);
        let start = Instant::now();
        self.last = black_box(self.cutter.cut(wire));
        start.elapsed()
    }
}

impl<C: Cutter> Side for Cuts<C> {
    fn name(&self) -> &'static str {
        self.cutter.name()
    }

    fn run(&mut self, n: u64) {
        for _ in 0..n {
            self.cut();
        }
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.cutter.sum(self.last))
    }

    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        let elapsed = (0..n).map(|_| self.cut()).sum();
        times.push(per(elapsed, n * self.stream.frames));
    }
}
